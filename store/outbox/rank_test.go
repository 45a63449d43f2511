package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"enrolld/mailer"
	"enrolld/store/outbox"
	pt "enrolld/store/provision/provisiontest"
)

// relay takes everything and notes when.
type relay struct {
	w  *pt.World
	mu sync.Mutex
	at map[string][]time.Time // by recipient
}

func (r *relay) Send(_ context.Context, out *mailer.Outgoing) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at[out.To.Address] = append(r.at[out.To.Address], r.w.Clock.Now())
	return "250 ok", nil
}

// TestPurchaseBehindImport: 20,000 emails of an import wait for one provider, most of
// them with a turn that they were given, when somebody buys: their welcome is next,
// whichever replica it comes to, and the provider gets no more than before.
func TestPurchaseBehindImport(t *testing.T) {
	t.Parallel()
	const rate, seconds = 20, 10
	w := newWorld(t)
	start := w.Clock.Now()
	w.Exec(`INSERT INTO enrolld_messages (account_id, customer_id, kind, cause, recipient, data, state, due_at, created_at, urgency)
		SELECT ?, 0, 'access', seq, 'member@gmail.com', '{"site_name":"Academy","site_url":"https://example.com","courses":[{"title":"Painting","url":"https://example.com"}]}', 'queued',
			? + INTERVAL (GREATEST(seq, 100) - 100) * 50000 MICROSECOND, ?, 0 FROM seq_1_to_20000`, w.Account.ID, start, start)
	r := &relay{w: w, at: map[string][]time.Time{}}
	var replicas []*mailer.Worker
	for range 2 {
		replicas = append(replicas, mailer.NewWorker(outbox.NewMessages(w.DB, admin), r, mailer.Options{
			Log: slog.New(slog.DiscardHandler), Now: w.Clock.Now, Limits: mailer.Limits{"gmail": rate}, Lease: outbox.MessageLease,
		}))
	}
	round := func(replica int, express bool) {
		step := replicas[replica].Step
		if express {
			step = replicas[replica].Express
		}
		if _, err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for second := range seconds {
		if second == 2 {
			for buyer := range 6 {
				w.Receive(fmt.Sprint("sale ", buyer), pt.Buy(fmt.Sprint(buyer), fmt.Sprintf("buyer%d@gmail.com", buyer), "paint"))
			}
			w.Want(`SELECT COUNT(*) FROM enrolld_messages WHERE urgency = 2`, "6")
		}
		for replica := range replicas {
			round(replica, true)
			round(replica, false)
		}
		w.Clock.Advance(time.Second)
	}
	for buyer := range 6 {
		at := r.at[fmt.Sprintf("buyer%d@gmail.com", buyer)]
		if len(at) != 1 || at[0].Sub(start) > 3*time.Second {
			t.Errorf("buyer %d: mail after %v, want one, a second later at most", buyer, at)
		}
	}
	all := len(r.at["member@gmail.com"]) + 6
	if all < rate*seconds/2 || all > len(replicas)*rate*seconds {
		t.Errorf("%d went in %d s, want at most %d a second from each replica", all, seconds, rate)
	}
	w.Want(`SELECT COUNT(*) FROM enrolld_messages WHERE state = 'queued' AND urgency = 0 AND lease <> REPEAT(CHAR(0), 16)`, "0")
}

// TestTurnOfNow: what may go now goes, although the worker looks at the clock later
// than the queue did.
func TestTurnOfNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ticking := func() time.Time { return w.Clock.Advance(time.Microsecond) }
	w.DB.SetClock(ticking)
	w.Exec(`INSERT INTO enrolld_messages (account_id, customer_id, kind, cause, recipient, data, state, due_at, created_at, urgency)
		SELECT ?, 0, 'access', seq, CONCAT('member', seq, '@example.org'), '{"site_name":"Academy","site_url":"https://example.com","courses":[{"title":"Painting","url":"https://example.com"}]}', 'queued', ?, ?, 2
		FROM seq_1_to_3`, w.Account.ID, w.Clock.Now(), w.Clock.Now())
	r := &relay{w: w, at: map[string][]time.Time{}}
	worker := mailer.NewWorker(outbox.NewMessages(w.DB, admin), r, mailer.Options{Log: slog.New(slog.DiscardHandler), Now: ticking, Lease: outbox.MessageLease})
	if n, err := worker.Step(t.Context()); n != 3 || err != nil || len(r.at) != 3 {
		t.Errorf("Step = %d, %v, and %d were sent; want all 3", n, err, len(r.at))
	}
}
