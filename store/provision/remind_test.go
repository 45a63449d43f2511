package provision_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
	pt "enrolld/store/provision/provisiontest"
)

const kinds = `SELECT kind, JSON_EXTRACT(data, '$.courses[*].title'), JSON_VALUE(data, '$.until') FROM enrolld_messages WHERE kind <> 'welcome' ORDER BY id`

func settings(w *pt.World, s enrolld.MailSettings) {
	w.T.Helper()
	w.Check(w.DB.InTx(w.T.Context(), func(tx *store.Tx) error { return tx.SaveMailSettings(w.T.Context(), w.Account.ID, s) }))
	w.Clock.Advance(10 * time.Second) // the processor's memory of the account is over
}

func replay(w *pt.World) {
	w.T.Helper()
	_, err := w.DB.Replay(w.T.Context(), w.Account.ID, delivered)
	w.Check(err)
	w.Work()
}

func failure(order string, after time.Duration, id string) enrolld.Event {
	e := pt.Event(order, after, enrolld.EventPaymentFailed)
	e.Failure = &enrolld.EventPart[enrolld.Failure]{ID: id, Value: enrolld.Failure{Subscription: "s1"}}
	return e
}

// TestTermEnds lets a bought term come to its end: the member is reminded once and
// told once, and replaying it tells nobody anew.
func TestTermEnds(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{Duration: 30 * day}, 12)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	w.Pass(22 * day)
	w.Want(kinds)
	w.Pass(day)
	reminded := `expiring|["Painting"]|2026-04-03T04:06:07.891011Z`
	w.Want(kinds, reminded)
	replay(w)
	w.Exec(`UPDATE enrolld_customers SET due_at = ?`, w.Clock.Now())
	w.Work()
	w.Want(kinds, reminded)
	w.Pass(7 * day)
	ended := `expired|["Painting"]|2026-04-03T04:06:07.891011Z`
	w.Want(kinds, reminded, ended)
	replay(w)
	w.Want(kinds, reminded, ended)
}

// TestWhoIsNotReminded looks 24 days after terms of 30 days were bought.
func TestWhoIsNotReminded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		settings enrolld.MailSettings
		want     []string // who was reminded
	}{
		"usually":                      {enrolld.DefaultMailSettings(), []string{"ann@example.org", "eve@example.org"}},
		"the account does not want it": {enrolld.MailSettings{RemindDays: 0}, nil},
		"the kind is off":              {enrolld.MailSettings{RemindDays: 7, Off: []enrolld.MessageKind{enrolld.MessageExpiring}}, nil},
		"the notice is longer":         {enrolld.MailSettings{RemindDays: 40}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := pt.New(t)
			settings(w, tt.settings)
			w.Map("month", enrolld.Rule{Duration: 30 * day}, 12)
			w.Map("ever", enrolld.Rule{}, 12)
			w.Receive("a term", pt.Buy("1", "ann@example.org", "month"))
			w.Receive("a term and what has no end", pt.Buy("2", "bob@example.org", "month"), pt.Buy("3", "bob@example.org", "ever"))
			w.Receive("what renews", pt.Subscribe("4", "cleo@example.org", "ever", pt.Start.Add(27*day)))
			w.Receive("what was cancelled", pt.Subscribe("5", "eve@example.org", "ever", pt.Start.Add(30*day)), cancelled("5"))
			for _, wait := range []time.Duration{12 * day, 11*day + time.Hour, day} { // so that no reminder is found late
				w.Pass(wait)
			}
			got := w.Rows(`SELECT recipient FROM enrolld_messages WHERE kind = 'expiring' ORDER BY recipient`)
			if !equal(got, tt.want) {
				t.Errorf("reminded %q, want %q", got, tt.want)
			}
			w.Want(`SELECT COUNT(*) FROM enrolld_customers`, "4")
		})
	}
}

func cancelled(order string) enrolld.Event {
	e := pt.Event(order, day, enrolld.EventSubscription)
	e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: "s1", Value: enrolld.SubscriptionStatus{
		State: enrolld.SubscriptionCancelled, PaidUntil: pt.Start.Add(30 * day),
	}}
	return e
}

// TestPaymentFails tells of a payment that failed once, however often it is tried,
// and never of one that failed long ago.
func TestPaymentFails(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("club", enrolld.Rule{Grace: 5 * day}, 18)
	w.Receive("sale", pt.Subscribe("1", "ann@example.org", "club", pt.Start.Add(30*day)))
	w.Pass(30*day + time.Hour)
	w.Want(kinds)
	w.Receive("failed", failure("1", 30*day+2*time.Hour, "f1"))
	told := `payment_failed|["Weaving"]|2026-04-08T06:06:07.891011Z`
	w.Want(kinds, told)
	w.Receive("again", failure("1", 30*day+3*time.Hour, "f2"))
	replay(w)
	w.Want(kinds, told)
	w.Pass(6 * day)
	w.Want(kinds, told, `expired|["Weaving"]|2026-04-08T06:06:07.891011Z`)
}

func TestOldFailureIsNotTold(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("club", enrolld.Rule{Grace: 60 * day}, 18)
	w.Receive("sale", pt.Subscribe("1", "ann@example.org", "club", pt.Start.Add(10*day)))
	w.Pass(20 * day)
	w.Receive("failed", failure("1", 12*day, "f1"))
	w.Want(`SELECT state, reason FROM enrolld_grants`, "live|grace")
	w.Want(kinds)
}

// TestWakeFindsWhoIsToBeReminded: whose date was worked out before the account
// wanted reminders, or while it did not send them.
func TestWakeFindsWhoIsToBeReminded(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	settings(w, enrolld.MailSettings{RemindDays: 0})
	w.Map("paint", enrolld.Rule{Duration: 30 * day}, 12)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	wake(t, w, 1)
	wake(t, w, 0)
	w.Work()
	settings(w, enrolld.MailSettings{RemindDays: 7, Revision: 1})
	w.Want(`SELECT due_at FROM enrolld_customers`, "2026-04-03T04:06:07.891011Z")
	wake(t, w, 1)
	wake(t, w, 0)
	w.Work()
	w.Want(`SELECT due_at FROM enrolld_customers`, "2026-03-27T04:06:07.891011Z")
	settings(w, enrolld.MailSettings{RemindDays: 7, Off: []enrolld.MessageKind{enrolld.MessageExpiring}, Revision: 2})
	wake(t, w, 1)
	w.Work()
	w.Want(`SELECT due_at FROM enrolld_customers`, "2026-04-03T04:06:07.891011Z")
	settings(w, enrolld.MailSettings{RemindDays: 7, Revision: 3})
	wake(t, w, 1)
	w.Work()
	w.Want(`SELECT due_at FROM enrolld_customers`, "2026-03-27T04:06:07.891011Z")
}

func wake(t *testing.T, w *pt.World, want int) {
	t.Helper()
	got, err := w.DB.Wake(context.Background())
	if err != nil || got != want {
		t.Errorf("Wake: %d, %v, want %d", got, err, want)
	}
}

// TestNoticeChanges: an account has its members reminded earlier, or later, than it
// did. Each of those whose terms end on thirty days in a row is reminded once all the
// same.
func TestNoticeChanges(t *testing.T) {
	t.Parallel()
	const terms, first = 30, 42
	tests := []struct{ before, after int }{{7, 14}, {1, 7}, {14, 7}}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d to %d", tt.before, tt.after), func(t *testing.T) {
			t.Parallel()
			w := pt.New(t)
			settings(w, enrolld.MailSettings{RemindDays: tt.before})
			for i := range terms {
				n := strconv.Itoa(i)
				w.Map("p"+n, enrolld.Rule{Duration: time.Duration(first+i) * day}, 12)
				w.Put("sale "+n, pt.Buy(n, "u"+n+"@example.org", "p"+n))
			}
			w.Work()
			days := func(n int) {
				for range n {
					_, err := w.DB.Wake(t.Context())
					w.Check(err)
					w.Work()
					w.Pass(day)
				}
			}
			days(first - 2)
			settings(w, enrolld.MailSettings{RemindDays: tt.after, Revision: 1})
			days(terms + 1)
			w.Want(`SELECT COUNT(*), COUNT(DISTINCT customer_id) FROM enrolld_messages WHERE kind = 'expiring'`, fmt.Sprintf("%d|%[1]d", terms))
		})
	}
}

// TestOneOfTwoEnds: of two courses that end together one is refunded after the
// member was reminded of both; they are not reminded of the other again.
func TestOneOfTwoEnds(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{Duration: 30 * day}, 12)
	w.Map("sculpt", enrolld.Rule{Duration: 30 * day}, 15)
	w.Receive("sales", pt.Buy("1", "ann@example.org", "paint"), pt.Buy("2", "ann@example.org", "sculpt"))
	w.Pass(23 * day)
	w.Receive("refund", pt.Refund("2", 23*day))
	w.Pass(day)
	w.Want(`SELECT kind, JSON_EXTRACT(data, '$.courses[*].title') FROM enrolld_messages WHERE kind = 'expiring'`, `expiring|["Painting", "Sculpture"]`)
}
