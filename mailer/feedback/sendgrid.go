package feedback

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"strings"

	"enrolld"
)

// sendGrid signs with a key whose public half is the source's secret, as its
// settings show it: DER in base64. When it was signed is not looked at: who sends an
// event again changes nothing.
type sendGrid struct{}

func (sendGrid) Name() string    { return "sendgrid" }
func (sendGrid) Title() string   { return "SendGrid" }
func (sendGrid) ByAddress() bool { return true }

func (sendGrid) Check(secrets []enrolld.Secret) error {
	for _, s := range secrets {
		if _, err := ecdsaKey(s); err != nil {
			return err
		}
	}
	return needSecret(secrets, "the verification key of the event webhook")
}

func ecdsaKey(s enrolld.Secret) (*ecdsa.PublicKey, error) {
	wrong := enrolld.Errorf(enrolld.Invalid, "this is not SendGrid's verification key: copy the one line under 'Signature verification'")
	der, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s.Reveal()))
	if err != nil {
		return nil, wrong
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, wrong
	}
	if k, ok := key.(*ecdsa.PublicKey); ok {
		return k, nil
	}
	return nil, wrong
}

func (sendGrid) Verify(_ context.Context, secrets []enrolld.Secret, r Request) error {
	signature, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Twilio-Email-Event-Webhook-Signature"))
	if err != nil {
		return errUnproven
	}
	h := sha256.New()
	h.Write([]byte(r.Header.Get("X-Twilio-Email-Event-Webhook-Timestamp")))
	h.Write(r.Body)
	sum := h.Sum(nil)
	for _, s := range secrets {
		if key, err := ecdsaKey(s); err == nil && ecdsa.VerifyASN1(key, sum, signature) {
			return nil
		}
	}
	return errUnproven
}

type sendGridEvent struct {
	Event     string  `json:"event"`
	Type      string  `json:"type"`
	Email     string  `json:"email"`
	SMTPID    string  `json:"smtp-id"`
	Timestamp float64 `json:"timestamp"`
	Reason    string  `json:"reason"`
	Status    string  `json:"status"`
}

// kind is what an event means; "" when nothing.
func (e sendGridEvent) kind() enrolld.ReportKind {
	switch e.Event {
	case "bounce":
		if e.Type == "blocked" {
			return enrolld.ReportSoft
		}
		return enrolld.ReportBounced
	case "spamreport":
		return enrolld.ReportComplained
	case "dropped": // SendGrid's own list keeps the address back
		if strings.EqualFold(e.Reason, "Bounced Address") || strings.EqualFold(e.Reason, "Invalid") {
			return enrolld.ReportBounced
		}
	}
	return ""
}

func (sendGrid) Parse(body []byte) ([]enrolld.MailReport, error) {
	var list []sendGridEvent
	if err := decode(body, &list); err != nil {
		return nil, err
	}
	if len(list) > maxReports {
		return nil, enrolld.Errorf(enrolld.TooLarge, "more than %d mail events at once", maxReports)
	}
	var out []enrolld.MailReport
	for _, e := range list {
		if kind := e.kind(); kind != "" {
			out = append(out, report(kind, e.SMTPID, e.Email, seconds(e.Timestamp), e.Reason))
		}
	}
	return out, nil
}
