package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"enrolld"
	"enrolld/store"
)

// An order that finds its product unmapped is committed before the mapping looks
// for orders that wait: whether the product has been met before or not, and
// whether it or one of its variants is mapped.
func TestMapProductWaitsForOrders(t *testing.T) {
	t.Parallel()
	for _, met := range []bool{true, false} {
		for _, key := range []string{"prod", "prod/price"} {
			t.Run(fmt.Sprintf("%s met %t", key, met), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				if met {
					w.discover(w.product("prod"))
				}
				other := w.replica(1)
				id := connection(t, other)
				done := make(chan error, 1)
				var n int64
				w.inTx(func(ctx context.Context, tx *store.Tx) error {
					if err := w.work(ctx, tx, "order:1", "ann"); err != nil {
						return err
					}
					go func() {
						var err error
						n, err = other.MapProduct(ctx, w.mapped(key, 12))
						done <- err
					}()
					w.awaitBlocked(id)
					return nil
				})
				w.check(w.receiveErr(done))
				if n != 1 {
					t.Errorf("the mapping found %d customers, want the one whose order it waited for", n)
				}
				w.want("SELECT COUNT(*) FROM enrolld_customers WHERE due_at IS NOT NULL", "1")
			})
		}
	}
}

// work does what a worker does with a new order of product prod, variant price.
func (w *world) work(ctx context.Context, tx *store.Tx, ref, name string) error {
	if _, err := meetOrders(ctx, tx, w.source, []string{ref}); err != nil {
		return err
	}
	locked, err := tx.LockCustomers(ctx, w.account.ID, []enrolld.Customer{person(name)})
	if err != nil {
		return err
	}
	ids, err := tx.OrderIDs(ctx, w.source.ID, []string{ref})
	if err != nil {
		return err
	}
	orders, err := tx.LockOrders(ctx, []int64{ids[ref]})
	if err != nil {
		return err
	}
	orders[0].CustomerID = locked[0].ID
	if err := tx.SaveOrders(ctx, []*store.Order{&orders[0]}); err != nil {
		return err
	}
	products, err := tx.LockProducts(ctx, w.account.ID, []store.ProductID{
		{Platform: "stripe", Key: "prod/price"}, {Platform: "stripe", Key: "prod"},
	})
	if err != nil {
		return err
	}
	line := store.OrderLine{
		OrderID: orders[0].ID, Key: "a", AccountID: w.account.ID, Platform: "stripe",
		Product: enrolld.ProductRef{ID: "prod", Variant: "price"}, Parked: true,
	}
	for _, p := range products {
		line.Parked = line.Parked && p.MappedAt == nil
	}
	if err := tx.SaveLines(ctx, []store.OrderLine{line}); err != nil {
		return err
	}
	return tx.DiscoverProducts(ctx, []enrolld.Product{w.product("prod")})
}

// Looking for a product's customers waits for nobody who works on other things.
func TestMapProductLocksNoOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sell("ann", "prod", "", true)
	other := w.replica(1)
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.LockOrders(ctx, []int64{1}); err != nil {
			return err
		}
		if _, err := other.Conn().ExecContext(ctx, "SET innodb_lock_wait_timeout = 1"); err != nil {
			return err
		}
		n, err := other.MapProduct(ctx, w.mapped("prod", 12))
		if n != 1 {
			t.Errorf("the mapping found %d customers, want 1", n)
		}
		return err
	})
}

// A product is mapped while sales of it rush in: no order that waits for the
// mapping is missed, and neither side gives up.
func TestMapProductUnderLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	replicas := []*store.DB{w.db, w.replica(0)}
	const workers, orders, people, maps = 6, 25, 10, 15
	var errs [workers + 1]error
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for n := range orders {
				ref, name := fmt.Sprintf("order:%d:%d", i, n), fmt.Sprint("p", (i+n)%people)
				errs[i] = errors.Join(errs[i], replicas[i%2].InTx(t.Context(), func(tx *store.Tx) error {
					return w.work(t.Context(), tx, ref, name)
				}))
			}
		})
	}
	all.Go(func() {
		for range maps {
			_, err := replicas[1].MapProduct(t.Context(), w.mapped("prod/price", 12))
			errs[workers] = errors.Join(errs[workers], err)
		}
	})
	all.Wait()
	w.check(errors.Join(errs[:]...))
	w.want(`SELECT COUNT(*) FROM enrolld_order_lines l JOIN enrolld_orders o ON o.id = l.order_id
		JOIN enrolld_customers c ON c.id = o.customer_id WHERE l.parked AND c.due_at IS NULL`, "0")
	w.want("SELECT COUNT(*) FROM enrolld_orders", fmt.Sprint(workers*orders))
}
