package feedback

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/mailer"
)

// Request is what was posted.
type Request struct {
	Header http.Header
	Body   []byte // whole and raw
}

// Provider is one kind of source.
type Provider interface {
	// Name is the provider's in commands and metrics: "ses".
	Name() string
	// Title is what people call it.
	Title() string
	// Check says what is wrong with the secrets of a source.
	Check(secrets []enrolld.Secret) error
	// Verify proves that the source sent the request. It may ask the network for a
	// certificate. Errors: Unauthorized, or Unavailable when it cannot be told now.
	Verify(ctx context.Context, secrets []enrolld.Secret, r Request) error
	// Parse reads a request that was proven. It asks nobody. No report is no error:
	// what is said concerns nothing that we note. Errors: Invalid.
	Parse(body []byte) ([]enrolld.MailReport, error)
	// ByAddress says whether a report may be about a message that it does not name:
	// true where the source proves itself, false where anybody can write to it.
	ByAddress() bool
}

// Confirmer is a Provider that wants an address confirmed before it sends anything.
type Confirmer interface {
	// Confirm does so when that is what a proven request asks for.
	Confirm(ctx context.Context, r Request) (asked bool, err error)
}

// Providers are all of them by name. Of fetch, an *http.Client, every request of ours
// goes out; nil: one that is careful.
func Providers(fetch *http.Client) map[string]Provider {
	out := map[string]Provider{}
	for _, p := range []Provider{newSES(fetch), postmark{}, sendGrid{}, mailgun{}, brevo{}, bounceMailbox{}} {
		out[p.Name()] = p
	}
	return out
}

// maxReports is how many reports one request may hold; providers send up to a
// thousand or so.
const maxReports = 5000

var errUnproven = enrolld.Errorf(enrolld.Unauthorized, "the mail event is not proven: check the secret of this source")

// decode reads JSON that must be there.
func decode(body []byte, to any) error {
	if err := json.Unmarshal(body, to); err != nil {
		return enrolld.Wrap(enrolld.Invalid, err, "the mail event is not the JSON that its provider sends")
	}
	return nil
}

// report makes one, clean of addresses.
func report(kind enrolld.ReportKind, messageID, recipient string, at time.Time, text string) enrolld.MailReport {
	return enrolld.MailReport{
		Kind: kind, MessageID: strings.Trim(strings.TrimSpace(messageID), "<>"), Recipient: strings.TrimSpace(recipient),
		At: at.UTC(), Text: cmp.Or(mailer.Scrub(text), defaultText[kind]),
	}
}

var defaultText = map[enrolld.ReportKind]string{
	enrolld.ReportBounced: "bounced", enrolld.ReportSoft: "bounced for now", enrolld.ReportComplained: "called spam by the recipient",
}

// anyEqual compares with each secret, in a time that tells nothing.
func anyEqual(secrets []enrolld.Secret, got string) bool {
	return slices.ContainsFunc(secrets, func(s enrolld.Secret) bool {
		return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(got)) == 1
	})
}

// stamp reads an RFC 3339 time; the zero time when it is none.
func stamp(s string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return at
}

// seconds reads Unix time with a fraction; the zero time when it is none.
func seconds(s float64) time.Time {
	if !(s > 0 && s < 1e11) {
		return time.Time{}
	}
	return time.UnixMicro(int64(s * 1e6))
}

// needSecret refuses a source without one.
func needSecret(secrets []enrolld.Secret, what string) error {
	if len(secrets) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "this provider signs its events: give %s with --secret-file", what)
	}
	return nil
}
