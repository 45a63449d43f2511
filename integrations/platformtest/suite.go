// Package platformtest is the conformance suite of checkout tools: what every
// adapter must do, tried on the adapter's own sample deliveries. An adapter joins
// by calling Run from a test and the Bench functions from benchmarks.
package platformtest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// SecretMark stands in a sample's body where the sender puts the secret.
const SecretMark = "{{secret}}"

// Sample is a delivery as the platform sends it, but for its proof.
type Sample struct {
	Name string
	Type string // the Content-Type
	Body []byte
	// Want are the kinds of the events it becomes; none if it is ignored.
	Want []enrolld.EventKind
}

// Suite is an adapter under test.
type Suite struct {
	Platform integrations.Platform
	// Config has two secrets, as while one is being changed for another.
	Config  integrations.Config
	Samples []Sample
	Lives   []Life
	// Sign makes a request of a sample as the platform would with this secret at
	// this time. With an empty secret it leaves the proof out.
	Sign func(secret enrolld.Secret, s Sample, at time.Time) integrations.Request
	// SignsBody says that the proof covers every byte of the body.
	SignsBody bool
	// SignsTime says that the proof covers the time.
	SignsTime bool
	// Unsigned says that a delivery has no proof that can be checked on receipt:
	// the platform itself is asked whether it is true, by Complete, and there may
	// be no secrets.
	Unsigned bool

	// API stands in for the platform's API, speaking its protocol about what the
	// samples tell; nil where the adapter asks nothing.
	API http.Handler
	// Denies stands in for the API as it answers about deliveries that it never
	// sent: it knows nothing of them. For Unsigned platforms.
	Denies http.Handler
	// Connect makes the platform with its API at another address. It must be set
	// where API is; Platform is then what it returns.
	Connect func(apiURL string) integrations.Platform
	// Catalogue are the keys that listing the products of API must give, sorted; of
	// those that are sold as several with " (bundle)" behind them.
	Catalogue []string
	// Refund is a refund to ask for, and Refunded the calls that API must see,
	// each "METHOD /path body-part"; the last is the one that gives money back.
	Refund   *integrations.Refund
	Refunded []string

	// Crypto does with a request the cryptography of verifying it and nothing
	// else, for benchmarks. nil: an HMAC-SHA256 over the body for each secret
	// where SignsBody says that there is a signature, none elsewhere.
	Crypto func(integrations.Request)

	// Sandbox is the Config under which every delivery is a test, for platforms
	// whose test mode is an account of its own.
	Sandbox *integrations.Config

	// Lacks says, by fact or aspect, why there is nothing to show: a limit of the
	// platform's own. What is neither shown nor lacking fails the suite.
	Lacks map[string]string
}

// Received is when samples come in.
var Received = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// Load reads the samples of a directory: files in JSON (.json) and forms
// (.form), which have one field per line. want says, by file name without its
// ending, what they become; every file must be in it. JSON is sent without the
// blanks that make the files readable; see LoadIndented.
func Load(tb testing.TB, dir string, want map[string][]enrolld.EventKind) []Sample {
	tb.Helper()
	out := LoadIndented(tb, dir, want)
	for i, s := range out {
		var compact bytes.Buffer
		if strings.HasSuffix(s.Type, "json") && json.Compact(&compact, s.Body) == nil {
			out[i].Body = compact.Bytes()
		}
	}
	return out
}

// LoadIndented is Load for platforms that send JSON as it is in the files, over
// many lines.
func LoadIndented(tb testing.TB, dir string, want map[string][]enrolld.EventKind) []Sample {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.*"))
	if err != nil {
		tb.Fatal(err)
	}
	var out []Sample
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		ext := filepath.Ext(file)
		s := Sample{
			Name: strings.TrimSuffix(filepath.Base(file), ext), Type: "application/json", Body: bytes.TrimSpace(body),
		}
		if ext == ".form" {
			s.Type = "application/x-www-form-urlencoded"
			s.Body = bytes.ReplaceAll(s.Body, []byte("\n"), []byte("&"))
		}
		kinds, ok := want[s.Name]
		if !ok {
			tb.Errorf("%s: nothing says what it becomes", file)
		}
		s.Want = kinds
		out = append(out, s)
	}
	if len(out) != len(want) {
		tb.Fatalf("%s has %d samples, want %d", dir, len(out), len(want))
	}
	return out
}

// InBody is the Sign of platforms that send the secret in the body.
func InBody(secret enrolld.Secret, s Sample, at time.Time) integrations.Request {
	return integrations.Request{
		Header: http.Header{"Content-Type": {s.Type}}, ReceivedAt: at,
		Body: bytes.ReplaceAll(s.Body, []byte(SecretMark), []byte(secret.Reveal())),
	}
}

// Run tries everything.
func Run(t *testing.T, s Suite) {
	t.Helper()
	if s.API != nil {
		s.Platform = s.Connect(serve(t, s.API))
	}
	t.Attr("platform", s.Platform.Title())
	if len(s.Config.Secrets) != 2 && !s.Unsigned {
		t.Fatalf("the suite wants two secrets, got %d", len(s.Config.Secrets))
	}
	t.Run("config", s.config)
	t.Run("verify", s.verify)
	t.Run("forged", s.forged)
	t.Run("rotation", s.rotation)
	t.Run("time", s.time)
	t.Run("redact", s.redact)
	t.Run("identify", s.identify)
	t.Run("parse", s.parse)
	t.Run("test_mode", s.testMode)
	t.Run("garbage", s.garbage)
	lived := true
	for _, l := range s.Lives {
		lived = t.Run("life/"+l.Name, func(t *testing.T) { s.live(t, l) }) && lived
	}
	lived = t.Run("life/everything at once", s.everything) && lived
	t.Run("confirmation", s.confirmation)
	t.Run("catalogue", s.catalogue)
	t.Run("refund", s.refund)
	if lived {
		t.Run("facts", s.facts)
	}
}

// understand reads a request as the worker does: Parse and, for what is
// incomplete, the platform's API where there is a stand-in of it.
func (s Suite) understand(t *testing.T, r integrations.Request) (integrations.Parsed, error) {
	t.Helper()
	p, err := s.Platform.Parse(s.Config, r)
	if err != nil || !p.Incomplete || s.API == nil {
		return p, err
	}
	completer, ok := s.Platform.(integrations.Completer)
	if !ok {
		t.Fatal("a delivery is incomplete, but the platform has no Complete")
	}
	p, err = completer.Complete(t.Context(), s.Config, r, p)
	if err == nil && p.Incomplete {
		t.Error("Complete says that it went well, and that the delivery is still incomplete")
	}
	return p, err
}

// signed is a sample as it comes in at its usual time.
func (s Suite) signed(sample Sample) integrations.Request {
	r := s.Sign(s.Config.Secrets[0], sample, Received)
	return integrations.NewRequest(r.Header, r.Body, r.ReceivedAt)
}

func (s Suite) sample(tb testing.TB, name string) Sample {
	tb.Helper()
	i := slices.IndexFunc(s.Samples, func(c Sample) bool { return c.Name == name })
	if i < 0 {
		tb.Fatalf("there is no sample %q", name)
	}
	return s.Samples[i]
}

func clone(r integrations.Request) integrations.Request {
	r.Header, r.Body = r.Header.Clone(), slices.Clone(r.Body)
	return r
}
