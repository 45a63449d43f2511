package feedback

import (
	"context"
	"strings"

	"enrolld"
)

// brevo signs nothing: its events are proven by the address that they come to and,
// where the source has a secret, by that as a bearer token.
type brevo struct{}

func (brevo) Name() string                 { return "brevo" }
func (brevo) Title() string                { return "Brevo" }
func (brevo) ByAddress() bool              { return true }
func (brevo) Check([]enrolld.Secret) error { return nil }

func (brevo) Verify(_ context.Context, secrets []enrolld.Secret, r Request) error {
	if len(secrets) == 0 {
		return nil // the address is secret
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || !anyEqual(secrets, strings.TrimSpace(token)) {
		return errUnproven
	}
	return nil
}

var brevoKinds = map[string]enrolld.ReportKind{
	"hard_bounce": enrolld.ReportBounced, "invalid_email": enrolld.ReportBounced, "soft_bounce": enrolld.ReportSoft,
	"spam": enrolld.ReportComplained, "complaint": enrolld.ReportComplained,
}

func (brevo) Parse(body []byte) ([]enrolld.MailReport, error) {
	var e struct {
		Event     string  `json:"event"`
		Email     string  `json:"email"`
		MessageID string  `json:"message-id"`
		At        float64 `json:"ts_event"`
		Reason    string  `json:"reason"`
	}
	if err := decode(body, &e); err != nil {
		return nil, err
	}
	kind, ok := brevoKinds[e.Event]
	if !ok {
		return nil, nil
	}
	return []enrolld.MailReport{report(kind, e.MessageID, e.Email, seconds(e.At), e.Reason)}, nil
}
