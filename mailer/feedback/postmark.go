package feedback

import (
	"context"
	"net/http"

	"enrolld"
)

// postmark signs nothing: its events are proven by the address that they come to
// and, where the source has a secret, by the password in it (HTTP basic).
type postmark struct{}

func (postmark) Name() string                 { return "postmark" }
func (postmark) Title() string                { return "Postmark" }
func (postmark) ByAddress() bool              { return true }
func (postmark) Check([]enrolld.Secret) error { return nil }

func (postmark) Verify(_ context.Context, secrets []enrolld.Secret, r Request) error {
	if len(secrets) == 0 {
		return nil // the address is secret
	}
	_, password, ok := (&http.Request{Header: r.Header}).BasicAuth()
	if !ok || !anyEqual(secrets, password) {
		return errUnproven
	}
	return nil
}

type postmarkEvent struct {
	RecordType  string
	Type        string
	Email       string
	Description string
	Details     string
	BouncedAt   string
}

// postmarkKinds are the types of bounces that are about the address; Blocked and
// the like are about us.
var postmarkKinds = map[string]enrolld.ReportKind{
	"HardBounce": enrolld.ReportBounced, "BadEmailAddress": enrolld.ReportBounced,
	"SoftBounce": enrolld.ReportSoft, "DnsError": enrolld.ReportSoft, "Unknown": enrolld.ReportSoft,
	"SpamComplaint": enrolld.ReportComplained,
}

func (postmark) Parse(body []byte) ([]enrolld.MailReport, error) {
	var e postmarkEvent
	if err := decode(body, &e); err != nil {
		return nil, err
	}
	kind, ok := postmarkKinds[e.Type]
	if e.RecordType == "SpamComplaint" {
		kind, ok = enrolld.ReportComplained, true
	}
	if !ok || e.RecordType != "Bounce" && e.RecordType != "SpamComplaint" {
		return nil, nil
	}
	text := e.Details
	if text == "" {
		text = e.Description
	}
	if kind == enrolld.ReportComplained {
		text = "" // the words are Postmark's, about what a complaint is
	}
	return []enrolld.MailReport{report(kind, "", e.Email, stamp(e.BouncedAt), text)}, nil
}
