package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"enrolld"
	"enrolld/store"
)

func (w *world) product(key string) enrolld.Product {
	return enrolld.Product{AccountID: w.account.ID, Platform: "stripe", Key: key}
}

func (w *world) discover(products ...enrolld.Product) {
	w.t.Helper()
	w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.DiscoverProducts(ctx, products) })
}

// mapped is a product with a rule.
func (w *world) mapped(key string, courses ...int64) enrolld.Product {
	p := w.product(key)
	for _, c := range courses {
		p.Rule.Courses = append(p.Rule.Courses, enrolld.CourseRef{LMS: "page", ID: c})
	}
	return p
}

func (w *world) mapProduct(p enrolld.Product) int64 {
	w.t.Helper()
	n, err := w.db.MapProduct(w.t.Context(), p)
	w.check(err)
	return n
}

func TestProducts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	named := w.product("prod_1")
	named.Name = "Water\xffcolours"
	w.discover(named, w.product("prod_2"))
	rule := w.mapped("prod_1", 12, 15)
	rule.Rule.Duration, rule.Rule.StartDelay, rule.Rule.Grace = 365*24*time.Hour, 48*time.Hour, -time.Hour
	rule.Rule.OnRefund, rule.Rule.OnCancel, rule.Rule.OnExpiry = enrolld.Keep, enrolld.PeriodEnd, enrolld.Revoke
	at := w.clock.Now()
	w.mapProduct(rule)
	w.mapProduct(w.mapped("prod_3/price_1", 7)) // not met yet

	// What is known keeps its rule; a name comes where there was none.
	renamed := w.product("prod_1")
	renamed.Name = "Other"
	late := w.product("prod_2")
	late.Name = strings.Repeat("n", 300)
	w.discover(renamed, late)

	want := []enrolld.Product{
		{ID: 2, AccountID: w.account.ID, Platform: "stripe", Key: "prod_2", Name: strings.Repeat("n", 250)},
		rule,
		w.mapped("prod_3/price_1", 7),
	}
	want[1].ID, want[1].Name, want[1].MappedAt = 1, "Water\uFFFDcolours", &at
	want[2].MappedAt = &at
	sameRow := cmp.Options{cmpopts.EquateEmpty(), cmp.FilterPath(func(p cmp.Path) bool {
		return p.String() == "ID" // ids have gaps after an upsert
	}, cmp.Ignore())}
	got, err := w.db.Products(t.Context(), w.account.ID)
	w.check(err)
	if diff := cmp.Diff(want, got, sameRow); diff != "" {
		t.Errorf("products (-want +got):\n%s", diff)
	}

	var locked []enrolld.Product
	w.inTx(func(ctx context.Context, tx *store.Tx) (err error) {
		locked, err = tx.LockProducts(ctx, w.account.ID, []store.ProductID{
			{Platform: "stripe", Key: "prod_3/price_1"}, {Platform: "stripe", Key: "prod_1"},
			{Platform: "stripe", Key: "prod_1"}, {Platform: "thrivecart", Key: "prod_2"}, {Platform: "stripe", Key: "none"},
		})
		return err
	})
	if diff := cmp.Diff(want[1:], locked, sameRow); diff != "" {
		t.Errorf("locked (-want +got):\n%s", diff)
	}
	others, err := w.db.Products(t.Context(), w.account.ID+1)
	w.check(err)
	if len(others) != 0 {
		t.Errorf("another account has %+v", others)
	}

	// A new mapping replaces the rule and keeps the name unless it brings one.
	w.clock.Advance(time.Hour)
	again := w.mapped("prod_1", 3)
	again.Name = "Oil"
	w.mapProduct(again)
	w.mapProduct(w.mapped("prod_1", 4))
	w.want("SELECT name, courses, duration_days, start_delay_days, grace_hours, on_refund, mapped_at "+
		"FROM enrolld_products WHERE product_key = 'prod_1'",
		`Oil|[{"lms":"page","id":4}]|0|0|0||2026-03-04T06:06:07.891011Z`)
}

// Mapping makes exactly those customers due who have the product.
func TestMapProductMakesDue(t *testing.T) {
	t.Parallel()
	tests := []struct {
		key  string
		want []string
	}{
		{"prod", []string{"plain", "priced", "other price", "two"}},
		{"prod/price", []string{"priced", "slash"}},
		{"prod/price2", []string{"other price"}},
		{"prod/", nil},
		{"Prod", []string{"capital"}},
		{"nobody's", nil},
	}
	for _, test := range tests {
		t.Run(test.key, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.sell("plain", "prod", "", true)
			w.sell("priced", "prod", "price", true)
			w.sell("other price", "prod", "price2", false)
			w.sell("slash", "prod/price", "", true)
			w.sell("capital", "Prod", "", true)
			w.sell("another", "prod2", "price", true)
			w.sell("two", "prod", "", false)
			w.sell("two", "prod", "", false)
			w.sellAs("elsewhere", "prod", "", true, store.OrderLine{AccountID: w.account.ID + 1, Platform: "stripe"})
			w.sellAs("tool", "prod", "", true, store.OrderLine{AccountID: w.account.ID, Platform: "thrivecart"})
			nobody := w.addOrder("nobody", 0)
			w.addLine(nobody.ID, "prod", "", true, store.OrderLine{AccountID: w.account.ID, Platform: "stripe"})
			n := w.mapProduct(w.mapped(test.key, 12))
			if n != int64(len(test.want)) {
				t.Errorf("MapProduct = %d customers, want %d", n, len(test.want))
			}
			got := w.rows("SELECT first_name FROM enrolld_customers WHERE due_at = ? ORDER BY id", w.clock.Now())
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("who is due (-want +got):\n%s", diff)
			}
		})
	}
}

// sell gives a customer of that first name an order with one line.
func (w *world) sell(name, product, variant string, parked bool) {
	w.t.Helper()
	w.sellAs(name, product, variant, parked, store.OrderLine{AccountID: w.account.ID, Platform: "stripe"})
}

func (w *world) sellAs(name, product, variant string, parked bool, line store.OrderLine) {
	w.t.Helper()
	p := person(strings.ReplaceAll(name, " ", "."))
	p.First = name
	c := w.lockCustomers(p)[0]
	n := w.rows("SELECT COUNT(*) FROM enrolld_orders")[0]
	w.addLine(w.addOrder("order:"+n, c.ID).ID, product, variant, parked, line)
}

func (w *world) addLine(order int64, product, variant string, parked bool, line store.OrderLine) {
	w.t.Helper()
	line.OrderID, line.Key, line.Parked = order, "a", parked
	line.Product = enrolld.ProductRef{ID: product, Variant: variant}
	w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.SaveLines(ctx, []store.OrderLine{line}) })
}

// More customers than one statement takes.
func TestMapProductMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crowd(1200)
	if n := w.mapProduct(w.mapped("prod_1", 12)); n != 1200 {
		t.Errorf("MapProduct = %d customers, want 1200", n)
	}
	w.want("SELECT COUNT(*) FROM enrolld_customers WHERE due_at IS NOT NULL", "1200")
}

// crowd adds n customers, each with one order of a parked product; customer i's
// product is prod_1 if i is at most 1200, else one of a hundred others.
func (w *world) crowd(n int) {
	w.t.Helper()
	seq := fmt.Sprint(" FROM seq_1_to_", n)
	now := w.clock.Now()
	w.exec(`INSERT INTO enrolld_customers (id, account_id, email_key, email, created_at)
		SELECT seq, ?, CONCAT(seq, '@example.com'), CONCAT(seq, '@example.com'), ?`+seq, w.account.ID, now)
	w.exec(`INSERT INTO enrolld_orders (id, account_id, integration_id, first_ref, customer_id, record,
		created_at, updated_at)
		SELECT seq, ?, ?, CONCAT('order:', seq), seq, '{}', ?, ?`+seq, w.account.ID, w.source.ID, now, now)
	w.exec(`INSERT INTO enrolld_order_refs (integration_id, ref, order_id)
		SELECT ?, CONCAT('order:', seq), seq`+seq, w.source.ID)
	w.exec(`INSERT INTO enrolld_order_lines (order_id, line_key, account_id, platform, product_key, parked)
		SELECT seq, 'a', ?, 'stripe', IF(seq <= 1200, 'prod_1', CONCAT('prod_', 2 + MOD(seq, 100))), seq <= 50`+seq,
		w.account.ID)
}

func TestSweepParked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mapProduct(w.mapped("prod", 12))
	w.mapProduct(w.mapped("other/price", 12))
	w.discover(w.product("met"))
	w.sell("late", "prod", "price", true)
	w.sell("variant", "other", "price", true)
	w.sell("other variant", "other", "price2", true)
	w.sell("served", "prod", "", false)
	w.sell("unmapped", "met", "", true)
	n, err := w.db.SweepParked(t.Context())
	w.check(err)
	if n != 2 {
		t.Errorf("SweepParked = %d, want 2", n)
	}
	w.want("SELECT first_name FROM enrolld_customers WHERE due_at IS NOT NULL ORDER BY id", "late", "variant")
}

func TestParkedCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sell("a", "prod", "price", true)
	w.sell("b", "prod", "", true)
	w.sell("c", "prod", "", false)
	w.sell("d", "other", "", true)
	w.sellAs("e", "prod", "", true, store.OrderLine{AccountID: w.account.ID + 1, Platform: "stripe"})
	got, err := w.db.ParkedCounts(t.Context(), w.account.ID)
	w.check(err)
	want := map[store.ProductID]int{{Platform: "stripe", Key: "prod"}: 2, {Platform: "stripe", Key: "other"}: 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ParkedCounts (-want +got):\n%s", diff)
	}
}
