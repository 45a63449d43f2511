package feedback

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/emersion/go-message"

	"enrolld"
)

// bounceMailbox takes mail: what came back to the address that our mail comes from,
// piped here by whoever keeps that mailbox. Anybody can write to it, so that only
// what names one of our messages counts.
type bounceMailbox struct{}

func (bounceMailbox) Name() string                 { return "mailbox" }
func (bounceMailbox) Title() string                { return "A bounce mailbox" }
func (bounceMailbox) ByAddress() bool              { return false }
func (bounceMailbox) Check([]enrolld.Secret) error { return nil }

// Verify looks at nothing: who may pipe knows the address.
func (bounceMailbox) Verify(context.Context, []enrolld.Secret, Request) error { return nil }

const (
	maxParts = 20
	maxPart  = 256 << 10
)

// Parse reads a delivery status notification (RFC 3464) or a complaint in the abuse
// reporting format (RFC 5965). Other mail is no report.
func (bounceMailbox) Parse(body []byte) ([]enrolld.MailReport, error) {
	entity, err := message.Read(bytes.NewReader(body))
	if entity == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return nil, enrolld.Wrap(enrolld.Invalid, err, "this is not an email")
	}
	if kind, _, _ := entity.Header.ContentType(); !strings.EqualFold(kind, "multipart/report") {
		return nil, nil
	}
	var got returnedMail
	parts := entity.MultipartReader()
	for n := 0; parts != nil && n < maxParts; n++ {
		part, err := parts.NextPart()
		if part == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			break // what was read before counts
		}
		text, _ := io.ReadAll(io.LimitReader(part.Body, maxPart)) // as far as it is whole
		kind, _, _ := part.Header.ContentType()
		got.read(strings.ToLower(kind), text)
	}
	sent, _ := entity.Header.Text("Date")
	at, _ := mail.ParseDate(sent) // the zero time when it tells none
	return got.reports(at), nil
}

// returnedMail is what a report consists of.
type returnedMail struct {
	recipients []textproto.MIMEHeader // of a status notification
	complaint  textproto.MIMEHeader
	messageID  string
}

func (m *returnedMail) read(kind string, text []byte) {
	switch kind {
	case "message/delivery-status", "message/global-delivery-status":
		r := fields(text)
		_, _ = r.ReadMIMEHeader() // about the whole message
		for len(m.recipients) < maxParts {
			h, err := r.ReadMIMEHeader()
			if len(h) > 0 {
				m.recipients = append(m.recipients, h)
			}
			if err != nil {
				return
			}
		}
	case "message/feedback-report":
		m.complaint, _ = fields(text).ReadMIMEHeader()
	case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
		h, _ := fields(text).ReadMIMEHeader() // as far as it is whole
		m.messageID = h.Get("Message-Id")
	}
}

func fields(text []byte) *textproto.Reader {
	return textproto.NewReader(bufio.NewReader(bytes.NewReader(append(bytes.TrimLeft(text, "\r\n"), "\r\n\r\n"...))))
}

func (m *returnedMail) reports(at time.Time) []enrolld.MailReport {
	if m.complaint != nil {
		kind := strings.ToLower(m.complaint.Get("Feedback-Type"))
		if kind != "abuse" && kind != "fraud" && kind != "virus" && kind != "other" {
			return nil // "not-spam", an opt-out, or a report about authentication
		}
		to := typed(m.complaint.Get("Original-Rcpt-To"))
		return []enrolld.MailReport{report(enrolld.ReportComplained, m.messageID, strings.Trim(to, "<>"), at, "complaint: "+kind)}
	}
	var out []enrolld.MailReport
	for _, h := range m.recipients {
		if !strings.EqualFold(h.Get("Action"), "failed") {
			continue // delayed, relayed, delivered, expanded
		}
		kind := enrolld.ReportSoft
		if status := h.Get("Status"); strings.HasPrefix(status, "5.") && !aboutUs(status) && !strings.HasPrefix(status, "5.2.2") {
			kind = enrolld.ReportBounced
		}
		to := h.Get("Original-Recipient")
		if to == "" {
			to = h.Get("Final-Recipient")
		}
		text := typed(h.Get("Diagnostic-Code"))
		if text == "" {
			text = h.Get("Status")
		}
		out = append(out, report(kind, m.messageID, typed(to), at, text))
	}
	return out
}

// typed is the value of a field such as "rfc822; ann@example.com".
func typed(s string) string {
	if _, value, ok := strings.Cut(s, ";"); ok {
		return strings.TrimSpace(value)
	}
	return strings.TrimSpace(s)
}

// aboutUs says whether a status is about the sender, the way or a policy, and not
// about the recipient: 5.3 to 5.7, and what of 5.1 is about the sender.
func aboutUs(status string) bool {
	return len(status) >= 3 && status[2] >= '3' && status[2] <= '7' ||
		strings.HasPrefix(status, "5.1.7") || strings.HasPrefix(status, "5.1.8") || strings.HasPrefix(status, "5.0.")
}
