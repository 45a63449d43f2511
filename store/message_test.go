package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

func (w *world) message(customer int64, cause string) enrolld.Message {
	return enrolld.Message{
		AccountID: w.account.ID, CustomerID: customer, Kind: enrolld.MessageWelcome, Cause: cause,
		To: "zoë@example.com", ToName: "Zoë 🎓", Data: enrolld.MessageData{SiteName: "Example Academy", Login: "zoe"},
	}
}

func (w *world) queueMessages(list ...enrolld.Message) {
	w.t.Helper()
	w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.QueueMessages(ctx, list) })
}

func (w *world) claimMessages(n int) []*enrolld.Message {
	w.t.Helper()
	list, err := w.db.ClaimMessages(w.t.Context(), n, enrolld.RankMany, store.NewLease(), term)
	w.check(err)
	return list
}

func (w *world) finishMessages(results ...enrolld.SendResult) {
	w.t.Helper()
	w.check(w.db.FinishMessages(w.t.Context(), results))
}

// One cause, one message.
func TestQueueMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.message(1, "welcome 1")
	first.Data.SetPasswordURL = "https://example.com/secret"
	w.queueMessages(first, w.message(2, "welcome 2"), w.message(1, "welcome 1"))
	again, foreign := w.message(9, "welcome 2"), w.message(3, "welcome 1")
	foreign.AccountID++
	foreign.ToName = strings.Repeat("é", 600)
	w.queueMessages(again, foreign)
	const query = "SELECT account_id, customer_id, cause, state, attempts, LENGTH(recipient_name) FROM enrolld_messages"
	w.want(query+" ORDER BY id",
		"1|1|welcome 1|queued|0|9", "1|2|welcome 2|queued|0|9", "2|3|welcome 1|queued|0|500")
	w.want("SELECT COUNT(*) FROM enrolld_messages WHERE data LIKE '%secret%'", "0")
	got := w.claimMessages(1)
	want := w.message(1, "welcome 1")
	want.ID, want.FirstAt, want.Lease, want.Mark = 1, w.clock.Now(), got[0].Lease, w.db.Keys().MessageMark(got[0])
	if diff := cmp.Diff([]*enrolld.Message{&want}, got); diff != "" {
		t.Errorf("claimed (-want +got):\n%s", diff)
	}
	long := w.message(1, strings.Repeat("c", 101))
	err := w.db.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.QueueMessages(t.Context(), []enrolld.Message{long})
	})
	wantCode(t, "a cause that is too long", err, enrolld.Invalid)
}

func TestClaimMessagesOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var list []enrolld.Message
	for _, cause := range names("cause ", 120) {
		list = append(list, w.message(1, cause))
	}
	w.queueMessages(list...)
	replicas := []*store.DB{w.db, w.replica(0)}
	var mu sync.Mutex
	var got []int64
	var errs []error
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for {
				list, err := replicas[i%2].ClaimMessages(t.Context(), 7, enrolld.RankMany, store.NewLease(), term)
				mu.Lock()
				got = append(got, idsOf(list, func(m *enrolld.Message) int64 { return m.ID })...)
				errs = append(errs, err)
				mu.Unlock()
				if err != nil || len(list) == 0 {
					return
				}
			}
		})
	}
	all.Wait()
	w.check(errors.Join(errs...))
	slices.Sort(got)
	if n := len(slices.Compact(slices.Clone(got))); n != 120 || len(got) != 120 {
		t.Errorf("%d messages were handed out %d times, want each of 120 once", n, len(got))
	}
}

func TestFinishMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, cause := range names("cause ", 5) {
		w.queueMessages(w.message(7, cause))
	}
	m := w.claimMessages(4)
	retry := w.clock.Now().Add(time.Minute / 2)
	w.finishMessages(
		enrolld.SendResult{Message: m[0], State: enrolld.SendSent, Response: "250 ok"},
		enrolld.SendResult{Message: m[1], State: enrolld.SendSent, Response: "250 ok"},
		enrolld.SendResult{Message: m[2], State: enrolld.SendRetry, Response: "451 sp\xe4ter", RetryAt: retry},
		enrolld.SendResult{Message: m[3], State: enrolld.SendDead, Response: "550 " + strings.Repeat("é", 400)},
	)
	const query = "SELECT id, state, LEFT(response, 12), attempts, sent_at FROM enrolld_messages ORDER BY id"
	w.want(query, "1|sent|250 ok|1|2026-03-04T05:06:07.891011Z", "2|sent|250 ok|1|2026-03-04T05:06:07.891011Z",
		"3|queued|451 sp\uFFFDter|1|NULL", "4|dead|550 éééééééé|1|NULL", "5|queued||0|NULL")
	w.clock.Set(retry)
	again := w.claimMessages(10)
	if len(again) != 2 || again[0].ID != 3 || again[0].Attempts != 1 || again[1].ID != 5 || again[1].Attempts != 0 {
		t.Errorf("claimed %+v, want message 3 after one attempt and message 5 after none", again)
	}
	if first := m[2].FirstAt; !again[0].FirstAt.Equal(first) {
		t.Errorf("the first attempt was at %v, want %v", again[0].FirstAt, first)
	}

	foreign, err := w.db.MessagesOf(t.Context(), w.account.ID+1, 7)
	w.check(err)
	if len(foreign) != 0 {
		t.Errorf("another account sees %d messages of the customer, want none", len(foreign))
	}
	history, err := w.db.MessagesOf(t.Context(), w.account.ID, 7)
	w.check(err)
	sent := m[0].FirstAt
	want := store.MessageRecord{
		ID: 1, Kind: "welcome", State: "sent", Attempts: 1, Response: "250 ok", CreatedAt: sent, SentAt: &sent,
	}
	if diff := cmp.Diff(want, history[len(history)-1]); diff != "" || len(history) != 5 || history[0].ID != 5 {
		t.Errorf("the history has %d messages, %d first; the oldest (-want +got):\n%s", len(history), history[0].ID, diff)
	}
}

// Whoever comes late with a sent message tells the truth; with anything else he
// is not heard.
func TestFinishMessagesLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.queueMessages(w.message(1, "a"), w.message(1, "b"), w.message(1, "c"))
	late := w.claimMessages(3)
	w.clock.Advance(term)
	now := w.claimMessages(3)
	w.finishMessages(
		enrolld.SendResult{Message: late[0], State: enrolld.SendSent, Response: "250 late"},
		enrolld.SendResult{Message: late[1], State: enrolld.SendDead, Response: "550 late"},
		enrolld.SendResult{Message: late[2], State: enrolld.SendRetry, Response: "451 late", RetryAt: w.clock.Now()},
	)
	const query = "SELECT id, state, response FROM enrolld_messages ORDER BY id"
	w.want(query, "1|sent|250 late", "2|queued|", "3|queued|")
	w.finishMessages(
		enrolld.SendResult{Message: now[0], State: enrolld.SendDead, Response: "550 now"}, // it is in the world already
		enrolld.SendResult{Message: now[1], State: enrolld.SendSent, Response: "250 now"},
		enrolld.SendResult{Message: now[2], State: enrolld.SendDead, Response: "550 now"},
	)
	w.want(query, "1|sent|250 late", "2|sent|250 now", "3|dead|550 now")
}

func TestMessageUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := w.lockCustomers(person("ann"), person("bob"))
	list[0].WPUserID = 42
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SaveCustomers(ctx, list); err != nil {
			return err
		}
		messages := []*enrolld.Message{{CustomerID: 1}, {CustomerID: 2}, {CustomerID: 1}, {CustomerID: 9}}
		got, err := tx.MessageUsers(ctx, messages)
		want := map[int64]store.MessageUser{1: {CustomerID: 1, WPUserID: 42}, 2: {CustomerID: 2}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("MessageUsers (-want +got):\n%s", diff)
		}
		return err
	})
}

func TestMessageLinkKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b, again := w.db.LinkKey(1), w.db.LinkKey(2), w.replica(0).LinkKey(1)
	if a == b || a != again {
		t.Errorf("link keys %q, %q and again %q: want two, the same on every replica", a, b, again)
	}
	if strings.Contains(fmt.Sprint(w.rows("SELECT * FROM enrolld_messages")), a) {
		t.Error("the key is stored")
	}
}

// TestClaimMessagesInTurn: what somebody waits for goes before a large list that was
// there earlier, and part of the list goes with it.
func TestClaimMessagesInTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var list []enrolld.Message
	for i, cause := range names("cause ", 60) {
		m := w.message(int64(i+1), cause)
		m.Rank = enrolld.RankMany
		if i >= 40 {
			m.Rank = enrolld.RankWaited
		}
		list = append(list, m)
	}
	w.queueMessages(list[:40]...)
	w.clock.Advance(time.Second)
	w.queueMessages(list[40:]...)
	reminder := w.message(61, "reminder")
	reminder.Kind = enrolld.MessageExpiring
	w.queueMessages(reminder)
	var got []string
	for _, m := range w.claimMessages(20) {
		got = append(got, fmt.Sprint(m.Rank, " ", m.Cause))
	}
	var want []string
	for n := range 15 {
		want = append(want, fmt.Sprint("0 cause ", 41+n))
	}
	want = append(want, "1 reminder", "2 cause 1", "2 cause 2", "2 cause 3", "2 cause 4")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claimed (-want +got):\n%s", diff)
	}
	waited, err := w.db.ClaimMessages(t.Context(), 20, enrolld.RankWaited, store.NewLease(), term)
	if err != nil || len(waited) != 5 {
		t.Errorf("claimed %d that somebody waits for (%v), want the other five", len(waited), err)
	}
}

// TestWelcomeGoesWithPurchase: who buys while an import's welcome waits for its turn
// gets that one first, at once: it has the link without which nobody can log in.
func TestWelcomeGoesWithPurchase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, cause := range []string{"imported", "tried", "sending", "another's"} {
		m := w.message([]int64{1, 1, 1, 2}[i], cause)
		m.Rank = enrolld.RankMany
		w.queueMessages(m)
	}
	list := w.claimMessages(4)
	now := w.clock.Now()
	later := func(m *enrolld.Message, held bool) enrolld.SendResult {
		return enrolld.SendResult{Message: m, State: enrolld.SendRetry, RetryAt: now.Add(time.Hour), Held: held}
	}
	w.finishMessages(later(list[0], true), later(list[1], false), later(list[3], true))
	w.clock.Advance(time.Minute)
	w.queueMessages(w.message(1, "purchase"))
	const query = `SELECT cause, 2 - urgency, TIMESTAMPDIFF(SECOND, '2026-03-04 05:06:07.891011', due_at) FROM enrolld_messages ORDER BY id`
	w.want(query, "imported|0|60", "tried|0|3600", "sending|0|"+fmt.Sprint(int(term.Seconds())), "another's|2|3600", "purchase|0|60")
	w.finishMessages(later(list[2], true))
	w.want(query, "imported|0|60", "tried|0|3600", "sending|0|60", "another's|2|3600", "purchase|0|60")
}
