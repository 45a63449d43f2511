package mailer

import (
	"net/textproto"
	"regexp"
	"strings"
)

// enhanced is the status code of RFC 3463 at the beginning of an answer.
var enhanced = regexp.MustCompile(`^([245])\.(\d{1,3})\.(\d{1,3})\b`)

// statusOf is the enhanced status code of an answer, "" when it has none.
func statusOf(answer *textproto.Error) string {
	return enhanced.FindString(strings.TrimSpace(answer.Msg))
}

// goneStatus are the codes that are about a recipient who is not there (RFC 3463,
// and RFC 7505 for domains without mail). Codes about the sender, a full mailbox or a
// policy are not among them: these pass, or are about us.
var goneStatus = regexp.MustCompile(`^5\.(1\.(1|2|3|6|10)|2\.1)$`)

// goneWords recognise the same where a server gives no code, or only a vague one.
var goneWords = regexp.MustCompile(`(?i)(user|recipient|mailbox|account|address)\b[^.;]{0,40}\b(unknown|not found|not exist|disabled|no longer)|` +
	`(unknown|no such|invalid) (user|recipient|mailbox|account|address)|does not exist|no mailbox here`)

// recipientGone says whether an answer to a recipient, or to the content, means that
// the address does not exist: nothing sent there later would arrive either.
func recipientGone(at stage, answer *textproto.Error) bool {
	if at != stageRcpt && at != stageContent || answer.Code < 500 {
		return false
	}
	status := statusOf(answer)
	if status != "" && status != "5.0.0" {
		return goneStatus.MatchString(status)
	}
	return at == stageRcpt && (answer.Code == 550 || answer.Code == 551 || answer.Code == 553) && goneWords.MatchString(answer.Msg)
}

var greylist = regexp.MustCompile(`(?i)gr[ea]y-?\s?list`)

// slowDown says whether an answer asks us to send less to this provider: 421 in the
// middle of a conversation, or a temporary refusal by policy or load. Greylisting and
// a full mailbox are about one recipient.
func slowDown(at stage, answer *textproto.Error) bool {
	if at < stageRcpt || greylist.MatchString(answer.Msg) {
		return false
	}
	status := statusOf(answer)
	switch answer.Code {
	case 421:
		return !strings.HasPrefix(status, "4.2.")
	case 450, 451, 452:
		return strings.HasPrefix(status, "4.7.") || status == "4.3.2"
	}
	return false
}
