package outbox_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/outbox"
	pt "enrolld/store/provision/provisiontest"
)

// TestSuppressedMail is not sent, and says why; what is not transactional has a link
// that ends it, and mail to others goes out.
func TestSuppressedMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queue := func(kind enrolld.MessageKind, cause string) {
		w.T.Helper()
		w.Check(w.DB.InTx(t.Context(), func(tx *store.Tx) error {
			return tx.QueueMessages(t.Context(), []enrolld.Message{{
				AccountID: 1, CustomerID: 1, Kind: kind, Cause: cause, To: "ann@example.org", Data: enrolld.MessageData{SiteURL: "https://school.example"},
			}})
		}))
	}
	w.Receive("sale", pt.Buy("77", "ann@example.org", "paint"))
	finish(w, claim(w), enrolld.SendSent, 0)

	queue("expiring", "a")
	list := claim(w)
	if len(list) != 1 || !strings.HasPrefix(list[0].UnsubscribeURL, "https://admin.example/unsubscribe/1.1.expiring.") {
		t.Fatalf("claimed %+v, want one with the link to end it", list)
	}
	s, err := w.DB.Keys().OpenUnsubscribe(strings.TrimPrefix(list[0].UnsubscribeURL, "https://admin.example"+store.UnsubscribePath))
	w.Check(err)
	finish(w, list, enrolld.SendSent, 0)

	w.Check(w.DB.Unsubscribe(t.Context(), s, enrolld.Actor{}, true))
	queue("expiring", "b")
	queue(enrolld.MessageRefunded, "c")
	list = claim(w)
	if len(list) != 1 || list[0].Kind != enrolld.MessageRefunded || list[0].UnsubscribeURL != "" {
		t.Errorf("claimed %+v, want what is transactional, without a link", list)
	}
	w.Check(outbox.NewMessages(w.DB, admin).Finish(t.Context(), []enrolld.SendResult{
		{Message: list[0], State: enrolld.SendDead, Gone: true, Response: "550 5.1.1 no such user"},
	}))
	queue(enrolld.MessageRefunded, "d")
	w.Receive("sale2", pt.Buy("78", "bob@example.org", "sculpt"))
	counted := map[string]int{}
	opt := admin
	opt.Observe = func(kind, outcome string) { counted[kind+" "+outcome]++ }
	list, _, err = outbox.NewMessages(w.DB, opt).Claim(context.WithoutCancel(t.Context()), 100, enrolld.RankMany, nil)
	w.Check(err)
	if len(list) != 1 || list[0].To != "bob@example.org" {
		t.Errorf("claimed %+v, want the other's", list)
	}
	if diff := cmp.Diff(map[string]int{"refunded suppressed": 1}, counted); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
	want := []string{
		"b|suppressed|not sent, since the customer unsubscribed from reminders before access ends",
		"c|dead|550 5.1.1 no such user",
		"d|suppressed|not sent, since mail to this address bounces: 550 5.1.1 no such user",
	}
	if diff := cmp.Diff(want, w.Rows(`SELECT CONCAT_WS('|', cause, state, response) FROM enrolld_messages WHERE cause IN ('b','c','d') ORDER BY id`)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}
