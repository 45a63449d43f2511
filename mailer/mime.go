package mailer

import (
	"bytes"
	"fmt"
	netmail "net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"enrolld"
)

// envelope is what the relay is told apart from the message.
type envelope struct {
	from, to  string // as in MAIL FROM and RCPT TO, without angle brackets
	utf8      bool   // an address that only SMTPUTF8 can carry
	messageID string
	wire      []byte // headers and body, lines end in \r\n
}

// newEnvelope checks the addresses and builds the MIME message. Addresses that
// break out of their command cannot pass ParseEmail.
func newEnvelope(o *Outgoing) (*envelope, error) {
	from, err := wireAddress(o.From.Address)
	if err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	to, err := wireAddress(o.To.Address)
	if err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	wire, err := buildMIME(o)
	if err != nil {
		return nil, fmt.Errorf("build the MIME message: %w", err)
	}
	return &envelope{from: from, to: to, utf8: !isASCII(from + to), messageID: o.MessageID, wire: wire}, nil
}

// wireAddress returns addr with its domain in ASCII.
func wireAddress(addr string) (string, error) {
	addr, key, err := enrolld.ParseEmail(addr)
	if err != nil {
		return "", err
	}
	return addr[:strings.LastIndexByte(addr, '@')+1] + key.Domain(), nil
}

// buildMIME returns the message with both bodies, quoted-printable, so that it
// needs nothing of the relay. Only what is not transactional has a List-Unsubscribe:
// there is no list to leave for who gets what they bought.
func buildMIME(o *Outgoing) ([]byte, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.SetMessageIDWithValue(o.MessageID)
	m.SetDateWithValue(o.Date)
	m.FromMailAddress(&netmail.Address{Name: headerText(o.From.Name, maxDisplayName), Address: o.From.Address})
	m.ToMailAddress(&netmail.Address{Name: headerText(o.To.Name, maxDisplayName), Address: o.To.Address})
	if o.ReplyTo != nil {
		m.ReplyToMailAddress(&netmail.Address{
			Name: headerText(o.ReplyTo.Name, maxDisplayName), Address: o.ReplyTo.Address})
	}
	m.Subject(headerText(o.Subject, maxSubject))
	// RFC 3834: keeps vacation notes and ticket systems from answering.
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	if o.Unsubscribe != "" {
		m.SetGenHeader("List-Unsubscribe", "<"+o.Unsubscribe+">")
		m.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	m.SetBodyString(gomail.TypeTextPlain, o.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, o.HTML)
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
