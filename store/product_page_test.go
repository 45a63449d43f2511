package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

// shelf is products of both accounts, some mapped, named so that names and keys
// sort differently.
func (w *world) shelf() (other enrolld.Account, ids map[string]int64) {
	w.t.Helper()
	other = w.addAccount("Other")
	for name, key := range map[string]string{"Ink": "z", "ash": "y", "Wash 100%": "x", "Zinc": "w", "Birch": "v"} {
		p := w.product(key)
		p.Name = name
		if name == "Zinc" {
			p.Platform = "paddle"
		}
		w.discover(p)
		if name == "Ink" || name == "Birch" {
			w.mapProduct(p)
		}
	}
	w.discover(enrolld.Product{AccountID: other.ID, Platform: "stripe", Key: "theirs", Name: "Ink of others"})
	ids = map[string]int64{}
	all, err := w.db.ProductOptions(w.t.Context(), []int64{w.account.ID, other.ID}, store.AllProducts())
	w.check(err)
	for _, p := range all {
		ids[p.Name] = p.ID
	}
	return other, ids
}

// scopeOf is the scope of a member who was given products by choice.
func (w *world) scopeOf(products ...int64) store.ProductScope {
	w.t.Helper()
	const member = 77
	for _, id := range products {
		w.exec("INSERT INTO enrolld_member_products (member_id, product_id) VALUES (?,?)", member, id)
	}
	return store.ScopeOf(enrolld.Member{ID: member})
}

func (w *world) page(scope store.ProductScope, f store.ProductFilter) string {
	w.t.Helper()
	if f.Limit == 0 {
		f.Limit = 100
	}
	list, err := w.db.ProductPage(w.t.Context(), w.account.ID, scope, f)
	w.check(err)
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}

func TestProductPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ids := w.shelf()
	all, some := store.AllProducts(), w.scopeOf(ids["ash"], ids["Birch"], ids["Ink of others"])
	for _, test := range []struct {
		name   string
		scope  store.ProductScope
		filter store.ProductFilter
		want   string
	}{
		{"everything", all, store.ProductFilter{}, "ash, Wash 100%, Zinc, Birch, Ink"},
		{"waiting", all, store.ProductFilter{State: store.ProductsWaiting}, "ash, Wash 100%, Zinc"},
		{"mapped", all, store.ProductFilter{State: store.ProductsMapped}, "Birch, Ink"},
		{"of a platform", all, store.ProductFilter{Platform: "paddle"}, "Zinc"},
		{"by words", all, store.ProductFilter{Words: "INK"}, "Ink"},
		{"by all words", all, store.ProductFilter{Words: "as wa"}, "Wash 100%"},
		{"by key", all, store.ProductFilter{Words: "y"}, "ash"},
		{"a wildcard is none", all, store.ProductFilter{Words: "0%"}, "Wash 100%"},
		{"another wildcard is none", all, store.ProductFilter{Words: "_"}, ""},
		{"the first page", all, store.ProductFilter{Limit: 2}, "ash, Wash 100%"},
		{"the next", all, store.ProductFilter{Limit: 2, After: ids["Wash 100%"]}, "Zinc, Birch"},
		{"the last", all, store.ProductFilter{Limit: 2, After: ids["Birch"]}, "Ink"},
		{"back", all, store.ProductFilter{Limit: 2, Before: ids["Ink"]}, "Zinc, Birch"},
		{"after one that is gone", all, store.ProductFilter{Limit: 1, After: 4711}, "ash"},
		{"after another account's", all, store.ProductFilter{Limit: 1, After: ids["Ink of others"]}, "ash"},
		{"in scope", some, store.ProductFilter{}, "ash, Birch"},
		{"in scope by words", some, store.ProductFilter{Words: "ink"}, ""},
		{"the zero scope", store.ProductScope{}, store.ProductFilter{}, ""},
	} {
		if got := w.page(test.scope, test.filter); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}

	for name, want := range map[string]struct {
		scope     store.ProductScope
		counts    store.ProductCounts
		platforms []string
	}{
		"all":  {all, store.ProductCounts{All: 5, Waiting: 3}, []string{"paddle", "stripe"}},
		"some": {some, store.ProductCounts{All: 2, Waiting: 1}, []string{"stripe"}},
	} {
		counts, err := w.db.CountProducts(t.Context(), w.account.ID, want.scope)
		w.check(err)
		platforms, err := w.db.ProductPlatforms(t.Context(), w.account.ID, want.scope)
		w.check(err)
		if counts != want.counts || !cmp.Equal(platforms, want.platforms) {
			t.Errorf("%s: got %+v on %v, want %+v on %v", name, counts, platforms, want.counts, want.platforms)
		}
	}
}

// TestProductScopeHolds: what is out of scope or another account's is not found,
// whatever one tries with it.
func TestProductScopeHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, ids := w.shelf()
	some, actor := w.scopeOf(ids["ash"], ids["Ink of others"]), enrolld.Actor{LoginID: 5, Name: "Ann"}
	options, err := w.db.ProductOptions(t.Context(), []int64{w.account.ID}, some)
	w.check(err)
	if len(options) != 1 || options[0].ID != ids["ash"] {
		t.Errorf("ProductOptions within the scope: got %d, want the one that is in it", len(options))
	}
	for name, at := range map[string]struct {
		account, id int64
		want        enrolld.Code
	}{
		"in scope":          {w.account.ID, ids["ash"], ""},
		"out of scope":      {w.account.ID, ids["Ink"], enrolld.NotFound},
		"another account's": {w.account.ID, ids["Ink of others"], enrolld.NotFound},
		"asked elsewhere":   {other.ID, ids["ash"], enrolld.NotFound},
		"nothing":           {w.account.ID, 4711, enrolld.NotFound},
	} {
		_, err := w.db.Product(t.Context(), at.account, at.id, some)
		wantCode(t, name+": Product", err, at.want)
		_, err = w.db.SaveRule(t.Context(), actor, at.account, at.id, some, nil, enrolld.Rule{})
		wantCode(t, name+": SaveRule", err, at.want)
		err = w.db.ForgetProduct(t.Context(), actor, at.account, at.id, some)
		wantCode(t, name+": ForgetProduct", err, at.want)
	}
	w.want("SELECT name FROM enrolld_products WHERE mapped_at IS NOT NULL ORDER BY name", "Birch", "Ink")
	w.want("SELECT action, subject, login_id FROM enrolld_audit ORDER BY id", "product.rule|ash|5", "product.forgotten|ash|5")
}

func TestSaveRuleNoticesOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ids := w.shelf()
	actor, first := enrolld.Actor{LoginID: 5, Name: "Ann", Addr: "192.0.2.9"}, w.clock.Now()
	rule := enrolld.Rule{Courses: []enrolld.CourseRef{{LMS: "page", ID: 12}}, Duration: 48 * time.Hour, Grace: -time.Hour, OnRefund: enrolld.Keep}
	save := func(seen *time.Time) error {
		_, err := w.db.SaveRule(t.Context(), actor, w.account.ID, ids["ash"], store.AllProducts(), seen, rule)
		return err
	}
	wantCode(t, "a rule where none was seen nor is", save(nil), "")
	w.clock.Advance(time.Minute)
	wantCode(t, "a rule where none was seen but is", save(nil), enrolld.Conflict)
	rule.Duration = 0
	wantCode(t, "over the rule that was seen", save(&first), "")
	wantCode(t, "over a rule that is gone", save(&first), enrolld.Conflict)
	rule.OnRefund = "maybe"
	wantCode(t, "a rule that is wrong", save(nil), enrolld.Invalid)
	w.want("SELECT before_state, after_state, remote_addr FROM enrolld_audit WHERE action = 'product.rule' ORDER BY id",
		`NULL|{"courses":["page:12"],"days":2,"grace_hours":-1,"on_refund":"keep"}|192.0.2.9`,
		`{"courses":["page:12"],"days":2,"grace_hours":-1,"on_refund":"keep"}|{"courses":["page:12"],"grace_hours":-1,"on_refund":"keep"}|192.0.2.9`)
}

func TestProductUseKeepsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ids := w.shelf()
	for i, key := range []string{"y", "y", "other"} {
		w.exec(`INSERT INTO enrolld_orders (id, account_id, integration_id, first_ref, customer_id, record, created_at, updated_at)
			VALUES (?, ?, 1, ?, ?, '{}', ?, ?)`, i+1, w.account.ID, fmt.Sprint(i), 40+i/2, w.clock.Now(), w.clock.Now())
		w.exec(`INSERT INTO enrolld_order_lines (order_id, line_key, account_id, platform, product_key, parked) VALUES (?, 'l', ?, 'stripe', ?, ?)`,
			i+1, w.account.ID, key, i == 0)
	}
	p, err := w.db.Product(t.Context(), w.account.ID, ids["ash"], store.AllProducts())
	w.check(err)
	use, err := w.db.ProductUse(t.Context(), p)
	if want := (store.ProductUse{Customers: 1, Lines: 2, Parked: 1}); err != nil || use != want {
		t.Errorf("use: got %+v, %v, want %+v", use, err, want)
	}
	err = w.db.ForgetProduct(t.Context(), enrolld.Actor{}, w.account.ID, p.ID, store.AllProducts())
	wantCode(t, "forget a product that orders name", err, enrolld.Conflict)
	w.scopeOf(ids["Zinc"], ids["Ink"])
	w.check(w.db.ForgetProduct(t.Context(), enrolld.Actor{}, w.account.ID, ids["Zinc"], store.AllProducts()))
	w.want("SELECT COUNT(*) FROM enrolld_products WHERE name IN ('Zinc','ash')", "1")
	w.want("SELECT product_id FROM enrolld_member_products", fmt.Sprint(ids["Ink"]))
}

func TestCountSources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	off := w.addSource(w.account.ID)
	w.addSource(w.addAccount("Other").ID)
	w.exec("UPDATE enrolld_integrations SET disabled_at = ? WHERE id = ?", w.clock.Now(), off.ID)
	if got, err := w.db.CountSources(t.Context(), w.account.ID); err != nil || got != 1 {
		t.Errorf("got %d, %v, want 1", got, err)
	}
}
