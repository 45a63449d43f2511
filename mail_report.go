package enrolld

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ReportKind is what came back about a message after the relay had taken it.
type ReportKind string

// The kinds of reports.
const (
	ReportBounced    ReportKind = "bounced"    // the address does not exist, or takes no mail for good
	ReportSoft       ReportKind = "soft"       // it could not be delivered, which may have been the day's fault
	ReportComplained ReportKind = "complained" // the recipient called it spam
)

// MailReport is what a mail provider or a mail server says became of one message
// to one recipient.
type MailReport struct {
	Kind      ReportKind
	MessageID string // of the message as we sent it, without angle brackets; empty: not told
	Recipient string // a bare address; empty: not told
	At        time.Time
	Text      string // the reason in their words: one line without addresses
}

// idHash is how many bytes of the hash stand in a Message-ID.
const idHash = 8

// MessageID returns the Message-ID of a message without angle brackets. It is the
// same at every attempt and for every replica, so that receivers can drop a copy;
// the hash makes it differ between installations that share a domain only by mistake.
func MessageID(id, accountID int64, cause, domain string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d/%s/%s", id, accountID, cause, domain))
	return fmt.Sprintf("m%d.%s@%s", id, hex.EncodeToString(sum[:idHash]), domain)
}

// ParseMessageID finds the message's number in a Message-ID that looks like one of
// ours, and its domain. Whether it is ours, MessageID of that message says.
func ParseMessageID(s string) (id int64, domain string, ok bool) {
	local, domain, ok := strings.Cut(s, "@")
	number, hash, dot := strings.Cut(strings.TrimPrefix(local, "m"), ".")
	if !ok || !dot || !strings.HasPrefix(local, "m") || len(hash) != 2*idHash {
		return 0, "", false
	}
	id, err := strconv.ParseInt(number, 10, 64)
	return id, domain, err == nil && id > 0
}
