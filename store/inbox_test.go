package store_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

func TestInboxKeepsWhatCame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.delivery("evt_1")
	d.Header = http.Header{"Stripe-Signature": {"t=1,v1=a", "b"}, "X-Odd": {"\"'\\ü"}}
	d.Body = []byte("\x00\xff'\\\"; DROP TABLE\n\x1a")
	d.Note = "a note"
	w.receive(d)
	_, got := w.claim(10)
	want := d
	now := w.clock.Now()
	want.ID, want.Key, want.Attempts, want.FirstAttempt = 1, "", 1, &now
	want.DueAt = now.Add(term)
	if diff := cmp.Diff([]store.Delivery{want}, got); diff != "" {
		t.Errorf("what was stored (-want +got):\n%s", diff)
	}
}

// A column holds less than a platform may send: what is for people is cut.
func TestInboxCutsWhatIsTooLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := map[string]struct {
		change func(*store.Delivery)
		want   string
	}{
		"long event":     {func(d *store.Delivery) { d.Event = strings.Repeat("x", 99) + "üü" }, strings.Repeat("x", 99)},
		"odd bytes":      {func(d *store.Delivery) { d.Event = "order\xff\xfe.paid\xc3" }, "order\uFFFD.paid\uFFFD"},
		"emoji":          {func(d *store.Delivery) { d.Event = "sold 🎉" }, "sold 🎉"},
		"long request":   {func(d *store.Delivery) { d.RequestID = strings.Repeat("r", 50) }, "order.paid"},
		"long address":   {func(d *store.Delivery) { d.RemoteAddr = strings.Repeat("f", 60) }, "order.paid"},
		"long note":      {func(d *store.Delivery) { d.Note = strings.Repeat("é", 400) }, "order.paid"},
		"no body at all": {func(d *store.Delivery) { d.Body, d.Header = []byte{}, nil }, "order.paid"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := w.delivery(name)
			test.change(&d)
			w.receive(d)
			_, got := w.claim(1)
			if len(got) != 1 || got[0].Event != test.want {
				t.Errorf("got %+v, want one delivery with event %q", got, test.want)
			}
		})
	}
}

func TestInboxCountsDuplicates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inbox := store.NewInbox(w.db)
	defer inbox.Close()
	const senders = 50
	errs := make([]error, senders)
	var all sync.WaitGroup
	for i := range senders {
		all.Go(func() { errs[i] = inbox.Put(t.Context(), w.delivery("evt_1")) })
	}
	all.Wait()
	w.check(errors.Join(errs...))
	w.want("SELECT COUNT(*), MAX(duplicates), MAX(attempts), MAX(state) FROM enrolld_deliveries", "1|49|0|queued")

	// The same key of another source is another delivery.
	d := w.delivery("evt_1")
	d.IntegrationID = w.addSource(w.account.ID).ID
	w.check(inbox.Put(t.Context(), d))
	w.want("SELECT duplicates FROM enrolld_deliveries ORDER BY id", "49", "0")
}

// A duplicate does not bring back to work what is done.
func TestInboxDuplicateOfDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.receive(w.delivery("evt_1"))
	lease, claimed := w.claim(1)
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		return tx.Finish(ctx, lease, []store.Verdict{{DeliveryID: claimed[0].ID, State: enrolld.DeliveryDone}})
	})
	again := w.delivery("evt_1")
	again.Body = []byte("another body")
	w.receive(again)
	w.want("SELECT state, duplicates, body FROM enrolld_deliveries", `done|1|{"key":"evt_1"}`)
}

// While one batch is held up the next ones gather; each is one statement.
func TestInboxSharesCommits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.replica(1) // so that the session's counters are the inbox's
	const senders = 200
	inserts := func() int {
		t.Helper()
		var name string
		var n int
		row := one.Conn().QueryRowContext(t.Context(), "SHOW SESSION STATUS LIKE 'Com_insert'")
		if err := row.Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := inserts()
	inbox := store.NewInbox(one)
	defer inbox.Close()
	held, err := one.Conn().Conn(t.Context()) // nobody else gets the connection meanwhile
	w.check(err)
	errs := make([]error, senders)
	var all sync.WaitGroup
	for i := range senders {
		all.Go(func() { errs[i] = inbox.Put(t.Context(), w.delivery(fmt.Sprint("evt_", i))) })
	}
	w.check(held.Close())
	all.Wait()
	w.check(errors.Join(errs...))
	w.want("SELECT COUNT(*), SUM(duplicates) FROM enrolld_deliveries", "200|0")
	if got := inserts() - before; got >= senders/2 {
		t.Errorf("%d deliveries took %d INSERTs, want far fewer", senders, got)
	}
}

// What the server refuses fails alone.
func TestInboxFailsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.replica(1)
	inbox := store.NewInbox(one)
	defer inbox.Close()
	held, err := one.Conn().Conn(t.Context())
	w.check(err)
	const senders = 40
	errs := make([]error, senders)
	var all sync.WaitGroup
	for i := range senders {
		d := w.delivery(fmt.Sprint("evt_", i))
		if i%10 == 3 { // more headers than their column holds
			d.Header = http.Header{"X-Long": {strings.Repeat("x", 70000)}}
		}
		all.Go(func() { errs[i] = inbox.Put(t.Context(), d) })
	}
	w.check(held.Close())
	all.Wait()
	for i, err := range errs {
		want := enrolld.Code("")
		if i%10 == 3 {
			want = enrolld.Invalid
		}
		wantCode(t, fmt.Sprint("delivery ", i), err, want)
	}
	w.want("SELECT COUNT(*), SUM(duplicates) FROM enrolld_deliveries", "36|0")
}

// Bodies that are too much for one statement are still stored together.
func TestInboxLargeBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inbox := store.NewInbox(w.db)
	defer inbox.Close()
	body := []byte(strings.Repeat("\x00'\\", 300<<10)) // every byte is escaped on its way
	errs := make([]error, 12)
	var all sync.WaitGroup
	for i := range errs {
		d := w.delivery(fmt.Sprint("evt_", i))
		d.Body = body
		all.Go(func() { errs[i] = inbox.Put(t.Context(), d) })
	}
	all.Wait()
	w.check(errors.Join(errs...))
	w.want("SELECT COUNT(*), MIN(LENGTH(body)), MAX(LENGTH(body)) FROM enrolld_deliveries",
		fmt.Sprintf("12|%d|%d", len(body), len(body)))
}

func TestInboxClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inbox := store.NewInbox(w.db)
	const senders = 100
	errs := make([]error, senders)
	var all, begun sync.WaitGroup
	for i := range senders {
		begun.Add(1)
		all.Go(func() {
			begun.Done()
			errs[i] = inbox.Put(t.Context(), w.delivery(fmt.Sprint("evt_", i)))
		})
	}
	begun.Wait()
	inbox.Close()
	all.Wait()
	stored := 0
	for i, err := range errs {
		if err == nil {
			stored++
			continue
		}
		wantCode(t, fmt.Sprint("delivery ", i), err, enrolld.Unavailable)
	}
	w.want("SELECT COUNT(*) FROM enrolld_deliveries", fmt.Sprint(stored))
	for range 20 {
		wantCode(t, "Put after Close", inbox.Put(t.Context(), w.delivery("late")), enrolld.Unavailable)
	}
}

func TestInboxCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inbox := store.NewInbox(w.db)
	defer inbox.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := inbox.Put(ctx, w.delivery("evt_1")); err != nil {
		wantCode(t, "Put of a sender that went away", err, enrolld.Unavailable)
	}
}

func TestRejected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.delivery("evt_1")
	for range 2 {
		w.check(w.db.Rejected(t.Context(), d))
	}
	if _, got := w.claim(10); len(got) != 0 {
		t.Errorf("a rejected delivery was handed out: %+v", got)
	}
	// Once the secret is mended the same delivery is proven and stored.
	w.receive(d)
	w.want("SELECT state, duplicates FROM enrolld_deliveries ORDER BY id", "rejected|1", "queued|0")
	d.Header = http.Header{"X-Long": {strings.Repeat("x", 70000)}}
	wantCode(t, "rejected with long headers", w.db.Rejected(t.Context(), d), enrolld.Invalid)
}
