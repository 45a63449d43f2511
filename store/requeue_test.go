package store_test

import (
	"context"
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
)

// TestRequeueParked queues what was parked before it had an effect, of one
// integration, as if it had just come.
func TestRequeueParked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.addSource(w.account.ID)
	foreign := w.delivery("foreign")
	foreign.IntegrationID = other.ID
	w.receive(w.delivery("keyless"), w.delivery("merged"), w.delivery("dead"), w.delivery("done"), foreign)
	lease, list := w.claim(10)
	ids := map[string]int64{}
	for _, d := range list {
		ids[string(d.Body)] = d.ID
	}
	id := func(key string) int64 { return ids[string(w.delivery(key).Body)] }
	parked := func(key string) store.Verdict {
		return store.Verdict{DeliveryID: id(key), State: enrolld.DeliveryParked, Note: "no API key", RetryAt: w.clock.Now()}
	}
	w.check(w.db.Release(t.Context(), lease, []store.Verdict{
		parked("keyless"), parked("foreign"), {DeliveryID: id("dead"), State: enrolld.DeliveryDead, RetryAt: w.clock.Now()},
	}))
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		merged := store.Verdict{DeliveryID: id("merged"), State: enrolld.DeliveryParked, Effects: []store.Effect{{OrderID: 1}}}
		return tx.Finish(ctx, lease, []store.Verdict{merged, {DeliveryID: id("done"), State: enrolld.DeliveryDone}})
	})

	w.clock.Advance(time.Hour)
	n, err := w.db.RequeueParked(t.Context(), w.source.ID)
	if n != 1 || err != nil {
		t.Errorf("RequeueParked = %d, %v, want 1", n, err)
	}
	w.want(`SELECT body, state FROM enrolld_deliveries ORDER BY body`, `{"key":"dead"}|dead`, `{"key":"done"}|done`,
		`{"key":"foreign"}|parked`, `{"key":"keyless"}|queued`, `{"key":"merged"}|parked`)
	w.want(`SELECT attempts, first_attempt_at IS NULL, finished_at IS NULL, lease = REPEAT(CHAR(0), 16), note
		FROM enrolld_deliveries WHERE state = 'queued'`, "0|1|1|1|")
	if _, list := w.claim(10); len(list) != 1 || list[0].ID != id("keyless") || list[0].Attempts != 1 {
		t.Errorf("claimed %+v, want the one that was queued again", list)
	}
	if n, err := w.db.RequeueParked(t.Context(), w.source.ID); n != 0 || err != nil {
		t.Errorf("again: %d, %v, want none", n, err)
	}
}
