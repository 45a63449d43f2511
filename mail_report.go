package enrolld

import (
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

// MessageMark is how many bytes the mark in a Message-ID has, as twice so many hex
// digits.
const MessageMark = 8

// MessageID returns the Message-ID of a message without angle brackets. It is the
// same at every attempt and for every replica, so that receivers can drop a copy.
// The mark is a keyed hash: nobody can name a message that they have not seen.
func MessageID(id int64, mark, domain string) string {
	return fmt.Sprintf("m%d.%s@%s", id, mark, domain)
}

// ParseMessageID finds the message's number and its mark, in small letters, in a
// Message-ID that looks like one of ours. Whether it is ours, the mark says.
func ParseMessageID(s string) (id int64, mark string, ok bool) {
	local, _, ok := strings.Cut(s, "@")
	number, mark, dot := strings.Cut(strings.TrimPrefix(local, "m"), ".")
	if !ok || !dot || !strings.HasPrefix(local, "m") || len(mark) != 2*MessageMark {
		return 0, "", false
	}
	id, err := strconv.ParseInt(number, 10, 64)
	return id, strings.ToLower(mark), err == nil && id > 0
}
