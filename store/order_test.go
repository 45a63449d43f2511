package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

func TestSaveOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.clock.Now()
	record := enrolld.Order{
		Refs:   enrolld.NewRefSet("order:1", "pi_1"),
		Number: enrolld.Latest[string]{At: at, Value: strings.Repeat("9", 99) + "é"},
		Buyer:  enrolld.Earliest[enrolld.Buyer]{At: at, Value: enrolld.Buyer{Email: "Zoë@example.com", First: "Zoë 🎓"}},
		Test:   true,
	}
	long := "order:" + strings.Repeat("x", 300)
	fresh := []*store.Order{
		{AccountID: w.account.ID, IntegrationID: w.source.ID, FirstRef: "order:1", CustomerID: 9, Record: record},
		{AccountID: w.account.ID, IntegrationID: w.source.ID, FirstRef: long},
		{AccountID: w.account.ID, IntegrationID: w.source.ID, FirstRef: long + "y"},
	}
	w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.SaveOrders(ctx, fresh) })
	if got := idsOf(fresh, func(o *store.Order) int64 { return o.ID }); !slices.Equal(got, []int64{1, 2, 3}) {
		t.Fatalf("the ids are %v, want 1, 2, 3", got)
	}

	created := w.clock.Now()
	changed := w.clock.Advance(time.Hour)
	fresh[0].CustomerID, fresh[0].Record.Number = 11, enrolld.Latest[string]{At: at, Value: "7"}
	w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.SaveOrders(ctx, fresh[:1]) })
	var got []store.Order
	w.inTx(func(ctx context.Context, tx *store.Tx) (err error) {
		got, err = tx.LockOrders(ctx, []int64{2, 1, 99})
		return err
	})
	want := []store.Order{*fresh[0], *fresh[1]}
	want[0].CreatedAt, want[0].UpdatedAt, want[1].FirstRef = created, changed, store.RefKey(long)
	want[1].Record.Refs = enrolld.NewRefSet()
	for i := range want {
		want[i].Platform, want[i].AcceptTest = "stripe", true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the orders (-want +got):\n%s", diff)
	}
	w.want("SELECT id, number, test, revision FROM enrolld_orders ORDER BY id", "1|7|1|2", "2||0|1", "3||0|1")

	for _, read := range []func() ([]store.Order, error){
		func() ([]store.Order, error) { return w.db.OrdersOf(t.Context(), w.account.ID, 11) },
		func() (list []store.Order, err error) {
			w.inTx(func(ctx context.Context, tx *store.Tx) error {
				list, err = tx.OrdersOf(ctx, []int64{11, 9})
				return err
			})
			return list, err
		},
	} {
		list, err := read()
		w.check(err)
		if diff := cmp.Diff(want[:1], list); diff != "" {
			t.Errorf("the customer's orders (-want +got):\n%s", diff)
		}
	}
	foreign, err := w.db.OrdersOf(t.Context(), w.account.ID+1, 11)
	w.check(err)
	if len(foreign) != 0 {
		t.Errorf("another account sees %d orders of the customer, want none", len(foreign))
	}
	// A reference that is taken makes the transaction run again.
	runs := 0
	err = w.db.InTx(t.Context(), func(tx *store.Tx) error {
		runs++
		return tx.SaveOrders(t.Context(), []*store.Order{{IntegrationID: w.source.ID, FirstRef: "order:1"}})
	})
	wantCode(t, "an order that is there already", err, enrolld.Internal)
	if runs != store.TxAttempts {
		t.Errorf("it ran %d times, want %d", runs, store.TxAttempts)
	}
}

// More orders than one statement takes, of two integrations.
func TestSaveOrdersMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.addSource(w.account.ID)
	var orders []*store.Order
	for _, ref := range names("order:", 600) {
		for _, source := range []int64{w.source.ID, other.ID} {
			orders = append(orders, &store.Order{AccountID: w.account.ID, IntegrationID: source, FirstRef: ref})
		}
	}
	w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.SaveOrders(ctx, orders) })
	byID := map[int64]*store.Order{}
	for _, o := range orders {
		byID[o.ID] = o
	}
	var got []store.Order
	w.inTx(func(ctx context.Context, tx *store.Tx) (err error) {
		ids := idsOf(orders, func(o *store.Order) int64 { return o.ID })
		slices.Reverse(ids)
		got, err = tx.LockOrders(ctx, ids)
		return err
	})
	if len(byID) != 1200 || len(got) != 1200 {
		t.Fatalf("there are %d ids and %d orders, want 1200", len(byID), len(got))
	}
	if !slices.IsSortedFunc(got, func(a, b store.Order) int { return int(a.ID - b.ID) }) {
		t.Error("the orders do not come in the order in which they are locked")
	}
	for _, o := range got {
		if want := byID[o.ID]; o.FirstRef != want.FirstRef || o.IntegrationID != want.IntegrationID {
			t.Errorf("order %d is %s of %d, want %s of %d",
				o.ID, o.FirstRef, o.IntegrationID, want.FirstRef, want.IntegrationID)
		}
	}
}

func TestRefKey(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 191)
	if got := store.RefKey(long); got != long {
		t.Errorf("a reference that fits became %q", got)
	}
	a, b := store.RefKey(long+"a"), store.RefKey(long+"b")
	if len(a) != 191 || len(b) != 191 || a == b || a[:127] != long[:127] {
		t.Errorf("long references became %q and %q, want two of 191 bytes that begin as they did", a, b)
	}
}

func TestOrderIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.addSource(w.account.ID)
	long := strings.Repeat("long", 100)
	ref := func(source int64, ref string, order int64) store.OrderRef {
		return store.OrderRef{IntegrationID: source, Ref: ref, OrderID: order}
	}
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddRefs(ctx, []store.OrderRef{
			ref(w.source.ID, "order:1", 1), ref(w.source.ID, "pi_1", 1), ref(w.source.ID, long, 2),
			ref(w.source.ID, "Order:1", 3), ref(other.ID, "order:1", 4),
		})
	})
	var got map[string]int64
	w.inTx(func(ctx context.Context, tx *store.Tx) (err error) {
		got, err = tx.OrderIDs(ctx, w.source.ID, []string{"pi_1", "order:1", "none", long, "Order:1", long + "x"})
		return err
	})
	want := map[string]int64{"pi_1": 1, "order:1": 1, long: 2, "Order:1": 3}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("OrderIDs (-want +got):\n%s", diff)
	}
	runs := 0
	err := w.db.InTx(t.Context(), func(tx *store.Tx) error {
		if runs++; runs == 3 {
			return nil // by now somebody would have found it
		}
		return tx.AddRefs(t.Context(), []store.OrderRef{ref(w.source.ID, "new", 5), ref(w.source.ID, "pi_1", 5)})
	})
	w.check(err)
	w.want("SELECT COUNT(*) FROM enrolld_order_refs", "5")
}

// Many workers meet the same new orders at the same moment: one row each.
func TestNewOrdersMetTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	replicas := []*store.DB{w.db, w.replica(0)}
	const workers = 8
	got := make([]map[string]int64, workers)
	errs := make([]error, workers)
	var all, begun sync.WaitGroup
	begun.Add(workers)
	refs := names("order:", 5)
	for i := range workers {
		all.Go(func() {
			begun.Done()
			begun.Wait()
			errs[i] = replicas[i%2].InTx(t.Context(), func(tx *store.Tx) error {
				var err error
				got[i], err = meetOrders(t.Context(), tx, w.source, refs)
				return err
			})
		})
	}
	all.Wait()
	w.check(errors.Join(errs...))
	for i := range workers {
		if diff := cmp.Diff(got[0], got[i]); diff != "" || len(got[i]) != len(refs) {
			t.Errorf("worker %d has other orders than the first (-first +this):\n%s", i, diff)
		}
	}
	w.want("SELECT COUNT(*), MIN(revision), MAX(revision) FROM enrolld_orders", "5|8|8")
	w.want("SELECT COUNT(DISTINCT order_id), COUNT(*) FROM enrolld_order_refs", "5|5")
}

// meetOrders does what a worker does with deliveries about orders: it finds them
// or adds them, locks them and writes them.
func meetOrders(ctx context.Context, tx *store.Tx, source store.Integration, refs []string) (map[string]int64, error) {
	found, err := tx.OrderIDs(ctx, source.ID, refs)
	if err != nil {
		return nil, err
	}
	ids := map[string]int64{}
	var known []int64
	var orders []*store.Order
	for _, ref := range refs {
		if id := found[ref]; id != 0 {
			known = append(known, id)
			continue
		}
		orders = append(orders, &store.Order{AccountID: source.AccountID, IntegrationID: source.ID, FirstRef: ref})
	}
	fresh := slices.Clone(orders)
	locked, err := tx.LockOrders(ctx, known)
	if err != nil {
		return nil, err
	}
	for i := range locked {
		orders = append(orders, &locked[i])
	}
	if err := tx.SaveOrders(ctx, orders); err != nil {
		return nil, err
	}
	var added []store.OrderRef
	for _, o := range fresh {
		added = append(added, store.OrderRef{IntegrationID: source.ID, Ref: o.FirstRef, OrderID: o.ID})
	}
	for _, o := range orders {
		ids[o.FirstRef] = o.ID
	}
	return ids, tx.AddRefs(ctx, added)
}

func TestJoinOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, ref := range names("order:", 4) {
		w.addOrder(ref, 1)
	}
	grant := func(customer, order int64, line string) store.Grant {
		return store.Grant{CustomerID: customer, AccountID: w.account.ID, Grant: enrolld.Grant{
			Course: enrolld.CourseRef{LMS: "page", ID: 12},
			Cause:  enrolld.Cause{Kind: enrolld.CauseOrder, ID: order, Line: line},
			State:  enrolld.GrantLive, Reason: enrolld.ReasonPaid, From: w.clock.Now(),
		}}
	}
	person := grant(1, 2, "")
	person.Cause.Kind = enrolld.CausePerson
	line := func(order int64) store.OrderLine {
		return store.OrderLine{OrderID: order, Key: "a", Platform: "stripe", Product: enrolld.ProductRef{ID: "p"}}
	}
	w.exec("INSERT INTO enrolld_delivery_effects (delivery_id, order_id, changes, at) VALUES " +
		"(1, 1, 'own', NOW()), (1, 2, 'double', NOW()), (2, 2, 'moves', NOW()), (3, 3, 'moves', NOW()), " +
		"(4, 4, 'stays', NOW())")
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			tx.SaveGrants(ctx, []store.Grant{
				grant(1, 1, "a"), grant(1, 2, "a"), grant(1, 2, "b"), grant(2, 3, "a"), grant(1, 4, "c"), person,
			}),
			tx.SaveLines(ctx, []store.OrderLine{line(1), line(2), line(3), line(4)}),
			tx.JoinOrders(ctx, 1, []int64{2, 3}),
			tx.JoinOrders(ctx, 1, nil),
		)
	})
	w.want("SELECT id FROM enrolld_orders ORDER BY id", "1", "4")
	w.want("SELECT ref, order_id FROM enrolld_order_refs ORDER BY ref",
		"order:1|1", "order:2|1", "order:3|1", "order:4|4")
	w.want("SELECT delivery_id, order_id, changes FROM enrolld_delivery_effects ORDER BY 1, 2",
		"1|1|own", "2|1|moves", "3|1|moves", "4|4|stays")
	w.want("SELECT customer_id, cause_kind, cause_id, cause_line FROM enrolld_grants ORDER BY 1, 2, 3, 4",
		"1|order|1|a", "1|order|1|b", "1|order|4|c", "1|person|2|", "2|order|1|a")
	w.want("SELECT order_id FROM enrolld_order_lines ORDER BY 1", "1", "4")
}

func TestSaveLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	line := store.OrderLine{
		OrderID: 1, Key: strings.Repeat("k", 200), AccountID: w.account.ID, Platform: "stripe",
		Product: enrolld.ProductRef{ID: strings.Repeat("p", 300), Variant: "v"}, Parked: true,
	}
	save := func() {
		w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.SaveLines(ctx, []store.OrderLine{line}) })
	}
	const query = "SELECT order_id, LENGTH(line_key), account_id, platform, product_key, variant_key, parked " +
		"FROM enrolld_order_lines"
	save()
	w.want(query, fmt.Sprintf("1|191|1|stripe|%s|v|1", strings.Repeat("p", 255)))
	line.Product, line.Parked = enrolld.ProductRef{ID: "q"}, false
	save()
	w.want(query, "1|191|1|stripe|q||0")
}
