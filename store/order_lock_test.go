package store_test

import (
	"context"
	"testing"

	"enrolld"
	"enrolld/store"
)

// Two workers change two orders of one integration at the same time: neither
// waits for the other.
func TestLockOrdersLeavesIntegrationFree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.addOrder("order:1", 0), w.addOrder("order:2", 0)
	other := w.replica(1)
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.LockOrders(ctx, []int64{a.ID}); err != nil {
			return err
		}
		err := other.InTx(ctx, func(tx *store.Tx) error {
			if err := impatient(ctx, tx); err != nil {
				return err
			}
			_, err := tx.LockOrders(ctx, []int64{b.ID})
			return err
		})
		wantCode(t, "lock another order of the integration", err, "")
		w.source.Name = "Renamed"
		return other.UpdateIntegration(ctx, w.source)
	})
}

// addOrder stores an order with one reference.
func (w *world) addOrder(ref string, customer int64) store.Order {
	w.t.Helper()
	o := store.Order{
		AccountID: w.account.ID, IntegrationID: w.source.ID, FirstRef: ref, CustomerID: customer,
		Record: enrolld.Order{Refs: enrolld.NewRefSet(ref)},
	}
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SaveOrders(ctx, []*store.Order{&o}); err != nil {
			return err
		}
		return tx.AddRefs(ctx, []store.OrderRef{{IntegrationID: o.IntegrationID, Ref: ref, OrderID: o.ID}})
	})
	return o
}
