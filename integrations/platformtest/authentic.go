package platformtest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"enrolld"
	"enrolld/integrations"
)

// stranger is a secret that nobody configured.
const stranger = enrolld.Secret("whsec_c3RyYW5nZXIgc3RyYW5nZXIgc3RyYW5nZXIh")

func (s Suite) config(t *testing.T) {
	name, title := s.Platform.Name(), s.Platform.Title()
	if name == "" || name != strings.ToLower(name) || title == "" {
		t.Errorf("name %q and title %q, want both, the name in lower case", name, title)
	}
	if err := s.Platform.CheckConfig(s.Config); err != nil {
		t.Errorf("the suite's config is refused: %v", err)
	}
	for _, secrets := range [][]enrolld.Secret{nil, {""}} {
		if s.Unsigned {
			break
		}
		c := s.Config
		c.Secrets = secrets
		if err := s.Platform.CheckConfig(c); enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("config with secrets %d: got error %v, want code invalid", len(secrets), err)
		}
	}
	c := s.Config
	c.Settings = []byte(`{"auth":`)
	if err := s.Platform.Verify(c, s.signed(s.Samples[0])); err != nil {
		s.refused(t, "broken settings", c, s.signed(s.Samples[0]))
	}
}

func (s Suite) verify(t *testing.T) {
	for _, sample := range s.Samples {
		if err := s.Platform.Verify(s.Config, s.signed(sample)); err != nil {
			t.Errorf("%s: %v", sample.Name, err)
		}
	}
}

// rotation is two live secrets, either of which may have signed, until one is
// taken away.
func (s Suite) rotation(t *testing.T) {
	if s.lacks(t, "rotation") {
		return
	}
	if len(s.Config.Secrets) != 2 {
		t.Fatal("the config has no two secrets")
	}
	half := s.Config
	half.Secrets = s.Config.Secrets[:1]
	for _, sample := range s.Samples {
		for i, secret := range s.Config.Secrets {
			if err := s.Platform.Verify(s.Config, s.Sign(secret, sample, Received)); err != nil {
				t.Errorf("%s, signed with secret %d: %v", sample.Name, i, err)
			}
		}
		if s.Unsigned {
			continue
		}
		s.refused(t, sample.Name+", a secret that was taken away", half, s.Sign(s.Config.Secrets[1], sample, Received))
	}
}

// refused expects that a request is not taken for authentic, and that the reason
// gives no secret away.
func (s Suite) refused(t *testing.T, what string, c integrations.Config, r integrations.Request) {
	t.Helper()
	err := s.Platform.Verify(c, r)
	if got := enrolld.CodeOf(err); got != enrolld.Unauthorized {
		t.Errorf("%s: got code %q (%v), want unauthorized", what, got, err)
		return
	}
	for _, secret := range append([]enrolld.Secret{stranger}, c.Secrets...) {
		if secret != "" && strings.Contains(err.Error(), secret.Reveal()) {
			t.Errorf("%s: the error gives a secret away", what)
		}
	}
}

func (s Suite) forged(t *testing.T) {
	if s.Unsigned {
		s.denied(t)
		return
	}
	for _, sample := range s.Samples {
		s.refused(t, sample.Name+", another secret", s.Config, s.Sign(stranger, sample, Received))
		s.refused(t, sample.Name+", no proof", s.Config, s.Sign("", sample, Received))
		for _, secrets := range [][]enrolld.Secret{nil, {""}, {"", ""}} {
			c := s.Config
			c.Secrets = secrets
			s.refused(t, sample.Name+", no secret configured", c, s.signed(sample))
			s.refused(t, sample.Name+", no secret on either side", c, s.Sign("", sample, Received))
		}
		if !s.SignsBody {
			continue
		}
		bare := s.signed(sample)
		bare.Header = http.Header{"Content-Type": {sample.Type}}
		s.refused(t, sample.Name+", no headers", s.Config, bare)
		for i := 0; i < len(sample.Body); i += 1 + len(sample.Body)/100 {
			r := clone(s.signed(sample))
			r.Body[i] ^= 1
			s.refused(t, sample.Name+", a bit of the body flipped", s.Config, r)
		}
		longer := clone(s.signed(sample))
		longer.Body = append(longer.Body, ' ')
		s.refused(t, sample.Name+", a blank added", s.Config, longer)
	}
}

func (s Suite) time(t *testing.T) {
	if !s.SignsTime {
		t.Skip("the platform does not sign the time")
	}
	for age, ok := range map[time.Duration]bool{
		4 * time.Minute: true, -4 * time.Minute: true, 6 * time.Minute: false, -6 * time.Minute: false,
		24 * time.Hour: false,
	} {
		r := s.Sign(s.Config.Secrets[0], s.Samples[0], Received.Add(-age))
		r.ReceivedAt = Received
		if !ok {
			s.refused(t, "signed "+age.String()+" ago", s.Config, r)
		} else if err := s.Platform.Verify(s.Config, r); err != nil {
			t.Errorf("signed %s ago: %v", age, err)
		}
	}
}

func (s Suite) redact(t *testing.T) {
	for _, sample := range s.Samples {
		for _, secret := range append([]enrolld.Secret{stranger}, s.Config.Secrets...) {
			r := s.Sign(secret, sample, Received)
			before := clone(r)
			got := s.Platform.Redact(s.Config, r)
			if diff := cmp.Diff(before, r, cmpopts.IgnoreUnexported(r)); diff != "" {
				t.Errorf("%s: Redact changed the request it was given (-was +is):\n%s", sample.Name, diff)
			}
			if left := text(got); strings.Contains(left, secret.Reveal()) ||
				strings.Contains(left, url.QueryEscape(secret.Reveal())) {
				t.Errorf("%s: a secret is left after Redact", sample.Name)
			}
			if s.SignsBody && string(got.Body) != string(r.Body) {
				t.Errorf("%s: Redact changed a body without a secret", sample.Name)
			}
			want, wantErr := s.Platform.Parse(s.Config, r)
			after, err := s.Platform.Parse(s.Config, got)
			if diff := cmp.Diff(want, after); diff != "" || (err == nil) != (wantErr == nil) {
				t.Errorf("%s: Parse after Redact (-before +after, %v, %v):\n%s", sample.Name, wantErr, err, diff)
			}
		}
	}
}

// text is all that is kept of a request.
func text(r integrations.Request) string {
	var b strings.Builder
	for _, values := range r.Header {
		b.WriteString(strings.Join(values, "\n"))
	}
	b.Write(r.Body)
	return b.String()
}

func (s Suite) identify(t *testing.T) {
	seen := map[string]string{}
	for _, sample := range s.Samples {
		id := s.Platform.Identify(s.Config, s.signed(sample))
		if id.Key == "" || id.Ping {
			t.Errorf("%s: got identity %+v, want a key and no ping", sample.Name, id)
		}
		if other, ok := seen[id.Key]; ok {
			t.Errorf("%s and %s have one key %q", sample.Name, other, id.Key)
		}
		seen[id.Key] = sample.Name
		again := s.Platform.Identify(s.Config, s.Sign(s.Config.Secrets[0], sample, Received.Add(time.Hour)))
		if diff := cmp.Diff(id, again); diff != "" {
			t.Errorf("%s: a retry has another identity (-first +retry):\n%s", sample.Name, diff)
		}
		if s.Platform.IsPing(s.signed(sample)) {
			t.Errorf("%s is taken for a ping", sample.Name)
		}
	}
	if !s.Platform.IsPing(integrations.Request{Header: http.Header{}, ReceivedAt: Received}) {
		t.Error("an empty body is not taken for a ping")
	}
}
