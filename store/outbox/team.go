package outbox

import (
	"cmp"
	"context"
	"strings"

	"enrolld"
)

// Options are what mail to the team takes from the service, since there is no
// site that it could come from.
type Options struct {
	BaseURL  string // where the admin is, "https://enrolld.example.com"
	From     string // sender, a bare address
	FromName string // default "Enrolld"

	// Observe, if set, is called with the kind of each message that was suppressed and
	// "suppressed".
	Observe func(kind, outcome string)
}

const defaultFromName = "Enrolld"

// lateReason is what is recorded about a message whose link is of no use.
const lateReason = "the link expired before the mail could be sent"

// takeTeam completes what goes to the team among claimed messages, with nothing
// but the keyring, so that neither an account nor its site can keep it. It
// returns what may go out and the messages to members. A message whose link has
// expired is finished.
func (q *Messages) takeTeam(ctx context.Context, claimed []*enrolld.Message) (ready, members []*enrolld.Message, err error) {
	var late []enrolld.SendResult
	for _, m := range claimed {
		switch {
		case m.Kind != enrolld.MessageTeam:
			members = append(members, m)
		case q.late(m.Data.Team):
			late = append(late, enrolld.SendResult{Message: m, State: enrolld.SendDead, Response: lateReason})
		default:
			q.completeTeam(m)
			ready = append(ready, m)
		}
	}
	if len(late) > 0 {
		err = q.Finish(ctx, late)
	}
	return ready, members, err
}

// late says whether a message would lead to what is over. Until is the end of a
// secret link and of an offer; to other events it is a date to tell.
func (q *Messages) late(d *enrolld.TeamData) bool {
	if d == nil || d.Until == nil || d.Link.Purpose == "" && d.Event != enrolld.EventTransferOffered {
		return false
	}
	return !q.db.Now().Before(*d.Until)
}

// completeTeam fills in the sender and the link, always the same for the same
// purpose. One without data is left to the mailer, which says what is wrong.
func (q *Messages) completeTeam(m *enrolld.Message) {
	m.FromName, m.FromAddress = cmp.Or(q.opt.FromName, defaultFromName), q.opt.From
	d := m.Data.Team
	if d != nil {
		for i, line := range d.Lines {
			d.Lines[i].URL = strings.TrimRight(q.opt.BaseURL, "/") + line.Path
		}
	}
	if d == nil || d.Link.Path == "" {
		return
	}
	d.URL = strings.TrimRight(q.opt.BaseURL, "/") + d.Link.Path
	if d.Link.Purpose != "" {
		d.URL += q.db.Keys().Token(d.Link.Purpose)
	}
}
