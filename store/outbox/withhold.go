package outbox

import (
	"context"
	"errors"
	"strings"

	"enrolld"
	"enrolld/store"
)

// withhold finishes the messages that must not go out, since their address takes no
// mail or their recipient wants none of this kind, and returns the others. It is
// asked at every attempt: a bounce may come between two.
func (q *Messages) withhold(ctx context.Context, claimed []*enrolld.Message) ([]*enrolld.Message, error) {
	why, err := q.db.Withheld(ctx, claimed)
	if err != nil {
		return nil, errors.Join(err, q.putOff(ctx, claimed, err))
	}
	if len(why) == 0 {
		return claimed, nil
	}
	var rest []*enrolld.Message
	var ended []enrolld.SendResult
	for _, m := range claimed {
		reason, withheld := why[m.ID]
		if !withheld {
			rest = append(rest, m)
			continue
		}
		ended = append(ended, enrolld.SendResult{Message: m, State: enrolld.SendSuppressed, Response: reason})
		if q.opt.Observe != nil {
			q.opt.Observe(string(m.Kind), string(enrolld.SendSuppressed))
		}
	}
	return rest, q.Finish(ctx, ended)
}

// unsubscribeURL ends mail of a message's kind to its customer; "" when the kind is
// transactional.
func (q *Messages) unsubscribeURL(m *enrolld.Message) string {
	if m.Kind.Transactional() || m.CustomerID == 0 {
		return ""
	}
	token := q.db.Keys().UnsubscribeToken(store.Subscription{AccountID: m.AccountID, CustomerID: m.CustomerID, Kind: m.Kind})
	return strings.TrimRight(q.opt.BaseURL, "/") + store.UnsubscribePath + token
}
