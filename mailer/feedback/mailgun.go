package feedback

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"enrolld"
)

// mailgun signs a timestamp and a random token with the account's signing key, and
// not what it says: that is proven by the address alone.
type mailgun struct{}

func (mailgun) Name() string    { return "mailgun" }
func (mailgun) Title() string   { return "Mailgun" }
func (mailgun) ByAddress() bool { return true }

func (mailgun) Check(secrets []enrolld.Secret) error {
	return needSecret(secrets, "the HTTP webhook signing key")
}

type mailgunBody struct {
	Signature struct {
		Timestamp string `json:"timestamp"`
		Token     string `json:"token"`
		Signature string `json:"signature"`
	} `json:"signature"`
	Event struct {
		Event     string  `json:"event"`
		Severity  string  `json:"severity"`
		Reason    string  `json:"reason"`
		Recipient string  `json:"recipient"`
		Timestamp float64 `json:"timestamp"`
		Message   struct {
			Headers struct {
				MessageID string `json:"message-id"`
			} `json:"headers"`
		} `json:"message"`
		Status struct {
			Description string `json:"description"`
			Message     string `json:"message"`
			Code        int    `json:"code"`
			Enhanced    string `json:"enhanced-code"`
		} `json:"delivery-status"`
	} `json:"event-data"`
}

func (mailgun) Verify(_ context.Context, secrets []enrolld.Secret, r Request) error {
	var b mailgunBody
	if err := decode(r.Body, &b); err != nil {
		return err
	}
	got, err := hex.DecodeString(b.Signature.Signature)
	if err != nil || b.Signature.Token == "" {
		return errUnproven
	}
	for _, s := range secrets {
		mac := hmac.New(sha256.New, []byte(s.Reveal()))
		mac.Write([]byte(b.Signature.Timestamp + b.Signature.Token))
		if hmac.Equal(got, mac.Sum(nil)) {
			return nil
		}
	}
	return errUnproven
}

func (mailgun) Parse(body []byte) ([]enrolld.MailReport, error) {
	var b mailgunBody
	if err := decode(body, &b); err != nil {
		return nil, err
	}
	e := b.Event
	var kind enrolld.ReportKind
	switch {
	case e.Event == "complained":
		kind = enrolld.ReportComplained
	case e.Event != "failed" || e.Severity != "permanent":
		return nil, nil // Mailgun tries again after a temporary failure
	case e.Reason == "bounce" || e.Reason == "suppress-bounce":
		kind = enrolld.ReportBounced
	case e.Reason == "suppress-complaint":
		kind = enrolld.ReportComplained
	default: // "old": it was tried for long enough; "generic" and "espblock"
		kind = enrolld.ReportSoft
	}
	if kind == enrolld.ReportBounced && aboutUs(e.Status.Enhanced) {
		kind = enrolld.ReportSoft
	}
	text := cmp.Or(e.Status.Message, e.Status.Description)
	return []enrolld.MailReport{report(kind, e.Message.Headers.MessageID, e.Recipient, seconds(e.Timestamp), text)}, nil
}
