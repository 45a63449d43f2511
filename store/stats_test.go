package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

func TestQueues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queues := func() []store.Queue {
		t.Helper()
		got, err := w.db.Queues(t.Context())
		w.check(err)
		return got
	}
	want := []store.Queue{
		{Name: "deliveries", Depth: map[string]int64{}},
		{Name: "messages", Depth: map[string]int64{}},
		{Name: "signals", Depth: map[string]int64{"queued": 0}},
		{Name: "customers", Depth: map[string]int64{"queued": 0}},
	}
	if diff := cmp.Diff(want, queues()); diff != "" {
		t.Errorf("empty queues (-want +got):\n%s", diff)
	}

	for _, key := range names("evt_", 5) {
		w.receive(w.delivery(key))
	}
	lease, _ := w.claim(4) // the fifth is due now, one of the four later
	w.check(w.db.Release(t.Context(), lease, []store.Verdict{
		{DeliveryID: 1, State: enrolld.DeliveryParked}, {DeliveryID: 2, State: enrolld.DeliveryDead},
		{DeliveryID: 3, State: enrolld.DeliveryIgnored},
	}))
	w.check(w.db.Rejected(t.Context(), w.delivery("rejected")))
	w.queueMessages(w.message(1, "a"), w.message(1, "b"), w.message(1, "c"), w.message(1, "d"))
	m := w.claimMessages(2)
	w.finishMessages(enrolld.SendResult{Message: m[0], State: enrolld.SendSent},
		enrolld.SendResult{Message: m[1], State: enrolld.SendDead})
	due := w.clock.Now().Add(time.Minute)
	people := w.lockCustomers(person("ann"), person("bob"), person("eve"))
	later := due.Add(time.Hour)
	people[0].DueAt, people[1].DueAt = &due, &later
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		purge := store.Signal{AccountID: 1, Kind: store.SignalPurge}
		return errors.Join(tx.SaveCustomers(ctx, people), tx.QueueSignals(ctx, []store.Signal{purge}))
	})
	w.clock.Advance(time.Minute / 2)
	want[0].Depth, want[0].Lag = map[string]int64{"queued": 2, "parked": 1, "dead": 1}, time.Minute/2
	want[1].Depth, want[1].Lag = map[string]int64{"queued": 2, "dead": 1}, time.Minute/2
	want[2].Depth, want[2].Lag = map[string]int64{"queued": 1}, time.Minute/2
	if diff := cmp.Diff(want, queues()); diff != "" {
		t.Errorf("queues (-want +got):\n%s", diff)
	}
	w.clock.Advance(time.Minute)
	want[0].Lag, want[1].Lag, want[2].Lag = 3*time.Minute/2, 3*time.Minute/2, 3*time.Minute/2
	want[3].Depth, want[3].Lag = map[string]int64{"queued": 1}, time.Minute/2
	if diff := cmp.Diff(want, queues()); diff != "" {
		t.Errorf("queues after a minute (-want +got):\n%s", diff)
	}
}
