package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

// history stores five deliveries a minute apart: 1 done (Ann's), 2 parked
// (Bob's), 3 dead, 4 rejected, 5 queued and leased; and one of another account.
func (w *world) history() {
	w.t.Helper()
	for _, key := range names("evt_", 5) {
		w.receive(w.delivery(key))
		w.clock.Advance(time.Minute)
	}
	people := w.lockCustomers(person("ann"), person("bob"))
	lease, _ := w.claim(5)
	effect := func(customer int64) []store.Effect {
		return []store.Effect{{OrderID: customer, CustomerID: customer, Changes: []string{"order added"}}}
	}
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		return tx.Finish(ctx, lease, []store.Verdict{
			{DeliveryID: 1, State: enrolld.DeliveryDone, Effects: effect(people[0].ID)},
			{DeliveryID: 2, State: enrolld.DeliveryParked, Note: "map it", Effects: effect(people[1].ID)},
		})
	})
	w.check(w.db.Release(w.t.Context(), lease, []store.Verdict{
		{DeliveryID: 3, State: enrolld.DeliveryDead, Note: "no JSON"}, {DeliveryID: 4, State: enrolld.DeliveryRejected},
	}))
	foreign := w.delivery("evt_1")
	foreign.AccountID, foreign.IntegrationID = w.account.ID+1, w.source.ID+1
	w.receive(foreign)
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	start := w.clock.Now()
	w.history()
	tests := map[string]struct {
		filter store.DeliveryFilter
		want   []int64
	}{
		"all":           {store.DeliveryFilter{Limit: 10}, []int64{5, 4, 3, 2, 1}},
		"a page":        {store.DeliveryFilter{Limit: 2}, []int64{5, 4}},
		"the next page": {store.DeliveryFilter{Limit: 2, Before: 4}, []int64{3, 2}},
		"by state":      {store.DeliveryFilter{Limit: 10, State: enrolld.DeliveryDead}, []int64{3}},
		"since":         {store.DeliveryFilter{Limit: 10, Since: start.Add(3 * time.Minute)}, []int64{5, 4}},
		"by customer":   {store.DeliveryFilter{Limit: 10, Email: person("bob").Key}, []int64{2}},
		"nobody's":      {store.DeliveryFilter{Limit: 10, Email: "x@example.com"}, []int64{}},
		"by both":       {store.DeliveryFilter{Limit: 10, Email: person("ann").Key, State: enrolld.DeliveryDone}, []int64{1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := w.db.Deliveries(t.Context(), w.account.ID, test.filter)
			w.check(err)
			if diff := cmp.Diff(test.want, deliveryIDs(got)); diff != "" {
				t.Errorf("deliveries (-want +got):\n%s", diff)
			}
		})
	}
	d, effects, err := w.db.Delivery(t.Context(), w.account.ID, 2)
	w.check(err)
	want := []store.Effect{{OrderID: 2, CustomerID: 2, Changes: []string{"order added"}}}
	if diff := cmp.Diff(want, effects); diff != "" || d.ID != 2 || d.Note != "map it" {
		t.Errorf("delivery %d, %q; its effects (-want +got):\n%s", d.ID, d.Note, diff)
	}
	_, _, err = w.db.Delivery(t.Context(), w.account.ID+1, 2)
	wantCode(t, "another account's delivery", err, enrolld.NotFound)
}

// Replaying queues what is over, never what was rejected or is worked on.
func TestReplay(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		replay func(context.Context, *world) (int64, error)
		want   []int64
	}{
		"all": {func(ctx context.Context, w *world) (int64, error) {
			return w.db.Replay(ctx, w.account.ID, store.DeliveryFilter{})
		}, []int64{1, 2, 3}},
		"dead": {func(ctx context.Context, w *world) (int64, error) {
			return w.db.Replay(ctx, w.account.ID, store.DeliveryFilter{State: enrolld.DeliveryDead})
		}, []int64{3}},
		"rejected": {func(ctx context.Context, w *world) (int64, error) {
			return w.db.Replay(ctx, w.account.ID, store.DeliveryFilter{State: enrolld.DeliveryRejected})
		}, []int64{}},
		"a customer's": {func(ctx context.Context, w *world) (int64, error) {
			return w.db.Replay(ctx, w.account.ID, store.DeliveryFilter{Email: person("ann").Key})
		}, []int64{1}},
		"one": {func(ctx context.Context, w *world) (int64, error) {
			return w.db.ReplayOne(ctx, w.account.ID, 2)
		}, []int64{2}},
		"one that is worked on": {func(ctx context.Context, w *world) (int64, error) {
			return w.db.ReplayOne(ctx, w.account.ID, 5)
		}, []int64{}},
		"another account's": {func(ctx context.Context, w *world) (int64, error) {
			return w.db.ReplayOne(ctx, w.account.ID+1, 2)
		}, []int64{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.history()
			w.exec("DELETE FROM enrolld_deliveries WHERE account_id <> ?", w.account.ID)
			n, err := test.replay(t.Context(), w)
			w.check(err)
			if n != int64(len(test.want)) {
				t.Errorf("%d deliveries are replayed, want %d", n, len(test.want))
			}
			_, got := w.claim(10)
			if diff := cmp.Diff(test.want, deliveryIDs(got)); diff != "" {
				t.Errorf("claimed (-want +got):\n%s", diff)
			}
			for _, d := range got {
				if now := w.clock.Now(); d.Attempts != 1 || !d.FirstAttempt.Equal(now) || d.FinishedAt != nil || d.Note != "" {
					t.Errorf("replayed %+v, want it as on its first attempt", d)
				}
			}
		})
	}
}
