package mailer

import (
	"net/mail"
	"strings"
	"time"

	"enrolld"
)

// Outgoing is one email as it goes to the relay. Its addresses are checked and its
// texts are clean when it comes from [Compose]; a Sender checks the addresses of
// the envelope again.
type Outgoing struct {
	MessageID string // without angle brackets
	Date      time.Time
	From      mail.Address
	ReplyTo   *mail.Address // nil: answers go to From
	To        mail.Address  // the only recipient
	Subject   string
	HTML      string
	Text      string

	// Unsubscribe is where one click ends mail of this topic (RFC 8058), https; empty:
	// the message is transactional and has no such header.
	Unsubscribe string
}

// maxDisplayName is the longest name in From, Reply-To and To, in runes.
const maxDisplayName = 100

// Compose addresses a rendered message. domain is the right side of the Message-ID:
// a name that is ours, and the same on every replica.
//
// Errors: Invalid when the recipient's address is none, so no attempt can succeed;
// Unavailable when the sender's address is none, which a person can mend.
func Compose(m *enrolld.Message, r Rendered, domain string, now time.Time) (*Outgoing, error) {
	to, _, err := enrolld.ParseEmail(m.To)
	if err != nil {
		return nil, enrolld.Wrap(enrolld.Invalid, err, "the recipient's address is not valid")
	}
	from, _, err := enrolld.ParseEmail(m.FromAddress)
	if err != nil {
		mend := "the account has no valid sender address; set it in the account's settings"
		if m.Kind == enrolld.MessageTeam {
			mend = "mail to the team has no valid sender address; set --mail-from"
		}
		return nil, enrolld.Wrap(enrolld.Unavailable, err, "%s", mend)
	}
	name := headerText(m.FromName, maxDisplayName)
	if name == "" {
		name = headerText(m.Data.SiteName, maxDisplayName)
	}
	out := &Outgoing{
		MessageID: enrolld.MessageID(m.ID, m.Mark, domain),
		Date:      now.UTC(),
		From:      mail.Address{Name: name, Address: from},
		To:        mail.Address{Name: recipientName(m.ToName), Address: to},
		Subject:   r.Subject,
		HTML:      r.HTML,
		Text:      r.Text,
	}
	if strings.HasPrefix(m.UnsubscribeURL, "https://") { // no other can be clicked by a mailbox (RFC 8058)
		out.Unsubscribe = m.UnsubscribeURL
	}
	if reply, _, err := enrolld.ParseEmail(m.ReplyTo); err == nil && reply != from {
		out.ReplyTo = &mail.Address{Name: name, Address: reply}
	}
	return out, nil
}

// recipientName is the name shown beside the address, or nothing when it looks like
// an address itself: "support@bank.example" <x@y> is what deceivers send.
func recipientName(s string) string {
	s = headerText(s, maxDisplayName)
	if hostLike.MatchString(s) {
		return ""
	}
	return s
}
