package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

func deliveryIDs(list []store.Delivery) []int64 {
	return idsOf(list, func(d store.Delivery) int64 { return d.ID })
}

// Eight workers on two replicas: every delivery is handed out once.
func TestClaimOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const deliveries = 400
	w.many(deliveries)
	replicas := []*store.DB{w.db, w.replica(0)}
	var mu sync.Mutex
	var got []int64
	var errs []error
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for {
				list, err := replicas[i%2].Claim(t.Context(), 7, store.NewLease(), term)
				mu.Lock()
				got, errs = append(got, deliveryIDs(list)...), append(errs, err)
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
	want := make([]int64, deliveries)
	for i := range want {
		want[i] = int64(i + 1)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what was handed out (-want +got):\n%s", diff)
	}
	w.want("SELECT MIN(attempts), MAX(attempts) FROM enrolld_deliveries", "1|1")
}

// many stores n deliveries with ids from 1 on, all due now.
func (w *world) many(n int) {
	w.t.Helper()
	w.exec(`INSERT INTO enrolld_deliveries (id, account_id, integration_id, delivery_key, event, state,
		received_at, headers, body, due_at) SELECT seq, ?, ?, UNHEX(SHA2(seq, 256)), 'e', 'queued', ?,
		'', '{}', ? FROM seq_1_to_`+fmt.Sprint(n), w.account.ID, w.source.ID, w.clock.Now(), w.clock.Now())
}

func TestClaimOrderAndLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	start := w.clock.Now()
	for i, minutes := range []int{3, 1, 2, 5} {
		d := w.delivery(fmt.Sprint("evt_", i))
		d.ReceivedAt = start.Add(time.Duration(minutes) * time.Minute)
		w.receive(d)
	}
	if _, got := w.claim(10); len(got) != 0 {
		t.Errorf("claimed %d deliveries that are not due", len(got))
	}
	w.clock.Advance(3 * time.Minute)
	var order [][]int64
	for range 3 {
		_, got := w.claim(2)
		order = append(order, deliveryIDs(got))
	}
	if diff := cmp.Diff([][]int64{{2, 3}, {1}, {}}, order); diff != "" {
		t.Errorf("claimed (-want +got):\n%s", diff)
	}
}

// A lease that runs out makes the delivery due again; it counts as an attempt.
func TestClaimLeaseRunsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.receive(w.delivery("evt_1"))
	_, first := w.claim(1)
	w.clock.Advance(term - time.Microsecond)
	if _, got := w.claim(1); len(got) != 0 {
		t.Fatal("a leased delivery was handed out")
	}
	now := w.clock.Advance(time.Microsecond)
	_, second := w.claim(1)
	want := slices.Clone(first)
	want[0].Attempts, want[0].DueAt = 2, now.Add(term)
	if diff := cmp.Diff(want, second); diff != "" {
		t.Errorf("second claim (-want +got):\n%s", diff)
	}
}

func TestFinish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, key := range names("evt_", 4) {
		w.receive(w.delivery(key))
	}
	lease, claimed := w.claim(4)
	ids := deliveryIDs(claimed)
	verdicts := []store.Verdict{
		{DeliveryID: ids[0], State: enrolld.DeliveryDone, Effects: []store.Effect{
			{OrderID: 5, CustomerID: 6, Changes: []string{"order added", `"quoted"`}}, {OrderID: 7},
		}},
		{DeliveryID: ids[1], State: enrolld.DeliveryDone},
		{DeliveryID: ids[2], State: enrolld.DeliveryParked, Note: "map product \xff 1"},
		{DeliveryID: ids[3], State: enrolld.DeliveryIgnored, Note: "a cart was left"},
	}
	w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.Finish(ctx, lease, verdicts) })
	w.want("SELECT id, state, note, finished_at FROM enrolld_deliveries ORDER BY id",
		"1|done||2026-03-04T05:06:07.891011Z", "2|done||2026-03-04T05:06:07.891011Z",
		"3|parked|map product \uFFFD 1|2026-03-04T05:06:07.891011Z", "4|ignored|a cart was left|2026-03-04T05:06:07.891011Z")
	w.want("SELECT delivery_id, order_id, customer_id, changes FROM enrolld_delivery_effects ORDER BY order_id",
		`1|5|6|["order added","\"quoted\""]`, "1|7|NULL|null")
	err := w.db.InTx(t.Context(), func(tx *store.Tx) error { return tx.Finish(t.Context(), lease, verdicts) })
	wantCode(t, "finish what is finished", err, enrolld.Conflict)
	w.clock.Advance(time.Hour)
	if _, got := w.claim(10); len(got) != 0 {
		t.Errorf("finished deliveries were handed out: %v", deliveryIDs(got))
	}
}

// Who has lost a lease must not commit anything of what he did.
func TestFinishLostLease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.receive(w.delivery("evt_1"), w.delivery("evt_2"))
	slow, claimed := w.claim(2)
	w.clock.Advance(term)
	quick, again := w.claim(1)
	verdict := func(id int64) store.Verdict { return store.Verdict{DeliveryID: id, State: enrolld.DeliveryDone} }
	tries := 0
	err := w.db.InTx(t.Context(), func(tx *store.Tx) error {
		tries++
		if err := tx.Audit(t.Context(), []store.AuditEntry{{Actor: "slow", Action: "test", Detail: "{}"}}); err != nil {
			return err
		}
		return tx.Finish(t.Context(), slow, []store.Verdict{verdict(claimed[0].ID), verdict(claimed[1].ID)})
	})
	wantCode(t, "finish with a lost lease", err, enrolld.Conflict)
	if tries != 1 {
		t.Errorf("the transaction ran %d times, want once: the lease does not come back", tries)
	}
	w.want("SELECT COUNT(*) FROM enrolld_audit", "0")
	w.want("SELECT COUNT(*) FROM enrolld_deliveries WHERE state = 'queued'", "2")
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		return tx.Finish(ctx, quick, []store.Verdict{verdict(again[0].ID)})
	})
	// The other one was not claimed by anybody else: its work stands.
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		other := claimed[0].ID + claimed[1].ID - again[0].ID
		return tx.Finish(ctx, slow, []store.Verdict{verdict(other)})
	})
	w.want("SELECT COUNT(*) FROM enrolld_deliveries WHERE state = 'done'", "2")
}

func TestRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, key := range names("evt_", 4) {
		w.receive(w.delivery(key))
	}
	lease, _ := w.claim(4)
	retry := w.clock.Now().Add(2 * time.Second)
	w.check(w.db.Release(t.Context(), lease, []store.Verdict{
		{DeliveryID: 1, State: enrolld.DeliveryQueued, Note: "the site does not answer", RetryAt: retry},
		{DeliveryID: 2, State: enrolld.DeliveryParked, Note: "mend the key", RetryAt: w.clock.Now()},
		{DeliveryID: 3, State: enrolld.DeliveryDead, Note: "no JSON", RetryAt: w.clock.Now()},
	}))
	const query = "SELECT id, state, note, due_at = '2026-03-04 05:06:09.891011', finished_at IS NULL, " +
		"HEX(lease) = REPEAT('0', 32) FROM enrolld_deliveries ORDER BY id"
	want := []string{
		"1|queued|the site does not answer|1|1|1", "2|parked|mend the key|0|0|1", "3|dead|no JSON|0|0|1", "4|queued||0|1|0",
	}
	w.want(query, want...)
	// A lease that is over changes nothing any more.
	w.check(w.db.Release(t.Context(), lease, []store.Verdict{{DeliveryID: 1, State: enrolld.DeliveryDead}}))
	w.want(query, want...)
	w.clock.Set(retry)
	_, got := w.claim(10)
	if len(got) != 1 || got[0].ID != 1 || got[0].Attempts != 2 {
		t.Errorf("claimed %+v, want delivery 1 for the second time", got)
	}
}

// Waiting for a paused account is no attempt.
func TestHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.receive(w.delivery("evt_1"), w.delivery("evt_2"))
	until := w.clock.Now().Add(10 * time.Minute)
	for range 3 {
		lease, claimed := w.claim(1)
		w.check(w.db.Hold(t.Context(), lease, deliveryIDs(claimed), w.clock.Now()))
	}
	lease, claimed := w.claim(2)
	w.check(w.db.Hold(t.Context(), lease, nil, until))
	w.check(w.db.Hold(t.Context(), store.NewLease(), deliveryIDs(claimed), until)) // somebody else's lease
	w.check(w.db.Hold(t.Context(), lease, deliveryIDs(claimed), until))
	w.check(w.db.Hold(t.Context(), lease, deliveryIDs(claimed), until)) // the second time: not ours any more
	w.want("SELECT id, state, attempts, first_attempt_at, due_at = '2026-03-04 05:16:07.891011' FROM enrolld_deliveries",
		"1|queued|0|NULL|1", "2|queued|0|NULL|1")

	// A delivery that failed before keeps its history.
	w.clock.Set(until)
	lease, _ = w.claim(1)
	w.check(w.db.Release(t.Context(), lease,
		[]store.Verdict{{DeliveryID: 1, State: enrolld.DeliveryQueued, RetryAt: w.clock.Now()}}))
	lease, _ = w.claim(2)
	w.check(w.db.Hold(t.Context(), lease, []int64{1, 2}, until))
	w.want("SELECT id, attempts, first_attempt_at FROM enrolld_deliveries ORDER BY id",
		"1|1|2026-03-04T05:16:07.891011Z", "2|0|NULL")
}

func TestUnpark(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, key := range names("evt_", 4) {
		w.receive(w.delivery(key))
	}
	lease, _ := w.claim(4)
	ref := enrolld.ProductRef{ID: "prod"}
	line := func(order int64, parked bool) store.OrderLine {
		return store.OrderLine{OrderID: order, Key: "a", AccountID: 1, Platform: "stripe", Product: ref, Parked: parked}
	}
	on := func(orders ...int64) (out []store.Effect) {
		for _, o := range orders {
			out = append(out, store.Effect{OrderID: o})
		}
		return out
	}
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			tx.SaveLines(ctx, []store.OrderLine{line(1, false), line(2, true), line(3, false)}),
			tx.Finish(ctx, lease, []store.Verdict{
				{DeliveryID: 1, State: enrolld.DeliveryParked, Note: "map it", Effects: on(1)},
				{DeliveryID: 2, State: enrolld.DeliveryParked, Note: "map it", Effects: on(1, 2)}, // order 2 waits still
				{DeliveryID: 3, State: enrolld.DeliveryParked, Note: "map it", Effects: on(9)},    // another order
				{DeliveryID: 4, State: enrolld.DeliveryIgnored, Note: "nothing", Effects: on(1)},
			}))
	})
	w.clock.Advance(time.Hour)
	const query = "SELECT state, note, finished_at FROM enrolld_deliveries ORDER BY id"
	others := []string{"parked|map it|2026-03-04T05:06:07.891011Z", "ignored|nothing|2026-03-04T05:06:07.891011Z"}
	unpark := func(orders ...int64) {
		w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.Unpark(ctx, orders) })
	}
	unpark(1, 3)
	const done, waits = "done||2026-03-04T06:06:07.891011Z", "parked|map it|2026-03-04T05:06:07.891011Z"
	w.want(query, append([]string{done, waits}, others...)...)
	w.exec("UPDATE enrolld_order_lines SET parked = FALSE")
	unpark(2)
	unpark()
	w.want(query, append([]string{done, done}, others...)...)
}
