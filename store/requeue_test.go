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

// TestTakeIn stores what a platform's API told, under the keys of deliveries: what
// came already is not stored twice, but looked at again unless it is waiting or
// was never proven.
func TestTakeIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.receive(w.delivery("dead"), w.delivery("done"), w.delivery("waiting"))
	lease, list := w.claim(2)
	w.check(w.db.Release(t.Context(), lease, []store.Verdict{{DeliveryID: list[0].ID, State: enrolld.DeliveryDead, Note: "broken"}}))
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		return tx.Finish(ctx, lease, []store.Verdict{{DeliveryID: list[1].ID, State: enrolld.DeliveryDone}})
	})
	w.check(w.db.Rejected(t.Context(), w.delivery("forged")))
	w.clock.Advance(time.Minute)
	all := []store.Delivery{w.delivery("dead"), w.delivery("done"), w.delivery("waiting"), w.delivery("fresh"), w.delivery("forged")}
	for range 2 {
		w.check(w.db.TakeIn(t.Context(), all))
	}
	w.want(`SELECT body, state, duplicates, note FROM enrolld_deliveries ORDER BY body, state`,
		`{"key":"dead"}|queued|2|`, `{"key":"done"}|queued|2|`, `{"key":"forged"}|queued|1|`, `{"key":"forged"}|rejected|0|`,
		`{"key":"fresh"}|queued|1|`, `{"key":"waiting"}|queued|2|`)
	if _, got := w.claim(10); len(got) != 5 {
		t.Errorf("%d are claimed, want 5", len(got))
	}
}

// TestCatalogueAndPages: products of a catalogue keep what is known of them, and
// others' orders and customers are not to be had.
func TestCatalogueAndPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mapProduct(w.mapped("known", 12))
	list := []enrolld.Product{w.product("known"), w.product("fresh")}
	list[0].Name, list[1].Name, list[0].Bundle = "Known", "Fresh", true
	for _, want := range []int{1, 0} {
		if n, err := w.db.AddProducts(t.Context(), w.account.ID, list); n != want || err != nil {
			t.Errorf("AddProducts = %d, %v, want %d", n, err, want)
		}
	}
	w.want(`SELECT product_key, mapped_at IS NOT NULL FROM enrolld_products ORDER BY 1`, "fresh|0", "known|1")
	stored, err := w.db.Products(t.Context(), w.account.ID)
	w.check(err)
	if len(stored) != 2 || stored[0].Bundle || !stored[1].Bundle {
		t.Errorf("got %+v, want the known one a bundle", stored)
	}

	w.crowd(7)
	stranger := w.addAccount("Somebody else")
	var pages [][]int64
	for after := int64(0); ; {
		ids, err := w.db.CustomersAfter(t.Context(), w.account.ID, after, 3)
		w.check(err)
		if len(ids) == 0 {
			break
		}
		pages, after = append(pages, ids), ids[len(ids)-1]
	}
	if len(pages) != 3 || len(pages[2]) != 1 {
		t.Errorf("got pages %v, want 7 customers on 3", pages)
	}
	if ids, err := w.db.CustomersAfter(t.Context(), stranger.ID, 0, 3); len(ids) != 0 || err != nil {
		t.Errorf("another account has %v, %v", ids, err)
	}
	order := w.addOrder("order:x", pages[0][0])
	if got, err := w.db.Order(t.Context(), w.account.ID, order.ID); err != nil || got.FirstRef != "order:x" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := w.db.Order(t.Context(), stranger.ID, order.ID); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("another account's order: %v, want not found", err)
	}
}
