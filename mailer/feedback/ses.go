package feedback

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"enrolld"
)

// ses is Amazon SES, which tells through a topic of Amazon SNS. The secret of a
// source is the topic's ARN: SNS signs everybody's topics with the same keys.
type ses struct {
	*amazon
	now func() time.Time
}

func newSES(client *http.Client) *ses { return &ses{newAmazon(client), time.Now} }

func (*ses) Name() string    { return "ses" }
func (*ses) Title() string   { return "Amazon SES" }
func (*ses) ByAddress() bool { return true }

func (*ses) Check(secrets []enrolld.Secret) error {
	for _, s := range secrets {
		if !strings.HasPrefix(s.Reveal(), "arn:aws") || strings.Count(s.Reveal(), ":") != 5 {
			return enrolld.Errorf(enrolld.Invalid, "the secret of Amazon SES is its topic's ARN, such as arn:aws:sns:eu-west-1:123456789012:bounces")
		}
	}
	return needSecret(secrets, "the ARN of the SNS topic")
}

func (s *ses) Verify(ctx context.Context, secrets []enrolld.Secret, r Request) error {
	var e envelope
	if err := decode(r.Body, &e); err != nil {
		return err
	}
	if !anyEqual(secrets, e.TopicARN) {
		return enrolld.Errorf(enrolld.Unauthorized, "the mail event is of another SNS topic than this source's")
	}
	key, err := s.key(ctx, e.SigningCertURL, s.now())
	if err != nil {
		return err
	}
	if !e.proves(key) {
		return errUnproven
	}
	return nil
}

// Confirm subscribes to the topic that asks for it.
func (s *ses) Confirm(ctx context.Context, r Request) (bool, error) {
	var e envelope
	if err := decode(r.Body, &e); err != nil || e.Type != snsSubscribe {
		return false, err
	}
	u, ok := ofAmazon(e.SubscribeURL)
	if !ok {
		return false, enrolld.Errorf(enrolld.Invalid, "the subscription leads to a host that is not Amazon's")
	}
	_, err := s.get(ctx, u)
	return err == nil, err
}

// sesEvent is what SES says: of its notifications and, beside, of its event
// publishing, which differ in one name.
type sesEvent struct {
	NotificationType string `json:"notificationType"`
	EventType        string `json:"eventType"`
	Mail             struct {
		Headers []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"headers"`
	} `json:"mail"`
	Bounce struct {
		Type       string         `json:"bounceType"`
		SubType    string         `json:"bounceSubType"`
		Recipients []sesRecipient `json:"bouncedRecipients"`
		Timestamp  string         `json:"timestamp"`
	} `json:"bounce"`
	Complaint struct {
		Recipients []sesRecipient `json:"complainedRecipients"`
		Type       string         `json:"complaintFeedbackType"`
		SubType    string         `json:"complaintSubType"`
		Timestamp  string         `json:"timestamp"`
	} `json:"complaint"`
}

type sesRecipient struct {
	Address    string `json:"emailAddress"`
	Diagnostic string `json:"diagnosticCode"`
}

func (*ses) Parse(body []byte) ([]enrolld.MailReport, error) {
	var e envelope
	if err := decode(body, &e); err != nil || e.Type != snsNotification {
		return nil, err
	}
	if !strings.HasPrefix(strings.TrimSpace(e.Message), "{") {
		return nil, nil // SES says hello to a new topic in plain words
	}
	var event sesEvent
	if err := decode([]byte(e.Message), &event); err != nil {
		return nil, err
	}
	switch event.NotificationType + event.EventType {
	case "Bounce":
		return event.bounces(), nil
	case "Complaint":
		return event.complaints(), nil
	}
	return nil, nil
}

// messageID is the one that we gave: SES sends under its own.
func (e sesEvent) messageID() string {
	for _, h := range e.Mail.Headers {
		if strings.EqualFold(h.Name, "Message-ID") {
			return h.Value
		}
	}
	return ""
}

// aboutContent are the kinds of transient bounces that say nothing of the address.
var aboutContent = []string{"ContentRejected", "AttachmentRejected", "MessageTooLarge"}

func (e sesEvent) bounces() []enrolld.MailReport {
	kind := enrolld.ReportSoft
	if e.Bounce.Type == "Permanent" {
		kind = enrolld.ReportBounced
	} else if slices.Contains(aboutContent, e.Bounce.SubType) {
		return nil
	}
	var out []enrolld.MailReport
	for _, r := range e.Bounce.Recipients {
		text := r.Diagnostic
		if text == "" {
			text = e.Bounce.Type + " bounce, " + e.Bounce.SubType
		}
		out = append(out, report(kind, e.messageID(), r.Address, stamp(e.Bounce.Timestamp), text))
	}
	return out
}

// complaints leaves out those of people who say that it is no spam.
func (e sesEvent) complaints() []enrolld.MailReport {
	if e.Complaint.Type == "not-spam" {
		return nil
	}
	var out []enrolld.MailReport
	for _, r := range e.Complaint.Recipients {
		text := ""
		if e.Complaint.Type != "" {
			text = "complaint: " + e.Complaint.Type
		}
		out = append(out, report(enrolld.ReportComplained, e.messageID(), r.Address, stamp(e.Complaint.Timestamp), text))
	}
	return out
}
