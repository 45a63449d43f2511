package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

func TestCustomerPageIsExact(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 45)
	scopes := map[string]struct {
		scope    store.ProductScope
		products []string
	}{
		"all":     {store.AllProducts(), nil},
		"ink":     {c.member(71, "ink"), []string{"ink"}},
		"two":     {c.member(72, "wash", "clay"), []string{"wash", "clay"}},
		"nothing": {c.member(73), []string{}},
	}
	from, to := c.people[10].joined, c.people[30].joined
	filters := map[string]store.CustomerFilter{
		"nobody is left out": {}, "no access": {NoAccess: true}, "course": {Course: enrolld.CourseRef{LMS: "page", ID: 12}},
		"no such course": {Course: enrolld.CourseRef{LMS: "page", ID: 99}}, "another LMS": {Course: enrolld.CourseRef{LMS: "tutor", ID: 12}},
		"source": {Source: fmt.Sprint(c.source.ID)}, "by hand": {Source: store.SourcePerson}, "imported": {Source: store.SourceImport},
		"since": {From: from}, "until": {To: to}, "between": {From: from, To: to}, "never": {From: to, To: from},
		"a name": {Words: "ann"}, "two words": {Words: "lee jos"}, "an address": {Words: "p1"}, "a whole address": {Words: "p12.q5@ink.example"},
		"a domain": {Words: "ink.ex"}, "signs": {Words: "?!"}, "a stroke": {Words: "lukasz"},
		"much together":     {Words: "a", NoAccess: true, From: from, Source: fmt.Sprint(c.source.ID)},
		"course and source": {Course: enrolld.CourseRef{LMS: "page", ID: 10}, Source: fmt.Sprint(c.source.ID), Words: "wash.example"},
	}
	for name, p := range c.products {
		filters["bought "+name] = store.CustomerFilter{Product: p}
		filters["bought "+name+", no access"] = store.CustomerFilter{Product: p, NoAccess: true}
	}
	for who, s := range scopes {
		for name, f := range filters {
			want := c.oracle(s.products, f)
			switch {
			case f.Product != 0 && s.products != nil && !slices.ContainsFunc(s.products, func(p string) bool { return c.products[p] == f.Product }):
				_, err := c.db.CustomerPage(t.Context(), c.account.ID, s.scope, f)
				wantCode(t, who+": "+name, err, enrolld.NotFound)
				continue
			case f.Source == store.SourcePerson && s.products != nil:
				continue // not offered to them
			case f.Words == "?!":
				want = []int64{}
			}
			for _, limit := range []int{9, 50} {
				f.Limit = limit
				if diff := gocmp.Diff(want, rowIDs(c.walk(s.scope, f))); diff != "" {
					t.Errorf("%s: %s, %d a page (-want +got):\n%s", who, name, limit, diff)
				}
			}
			exported := []int64{}
			c.check(c.db.ExportCustomers(t.Context(), c.account.ID, s.scope, f, func(r store.CustomerRow) error {
				exported = append(exported, r.ID)
				return nil
			}))
			if !slices.Equal(exported, want) {
				t.Errorf("%s: %s: exported %v, want %v", who, name, exported, want)
			}
			for _, order := range []store.CustomerOrder{store.CustomersNewest, store.CustomersByName} {
				f.Limit, f.Count, f.Order = 9, true, order
				p, err := c.db.CustomerPage(t.Context(), c.account.ID, s.scope, f)
				c.check(err)
				if p.Total != len(want) || !p.Exact {
					t.Errorf("%s: %s: counted %d (exact %t), want %d", who, name, p.Total, p.Exact, len(want))
				}
			}
		}
	}
}

// Sorted by name or address the pages join without a gap, and a list that is too
// long to sort says so.
func TestCustomerPageOrders(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 30)
	key := map[store.CustomerOrder]func(store.CustomerRow) string{
		store.CustomersByEmail: func(r store.CustomerRow) string { return string(r.Key) },
		store.CustomersByName: func(r store.CustomerRow) string {
			return strings.ToLower(strings.NewReplacer("é", "e", "ë", "e", "Ł", "l").Replace(r.Last + "\x00" + r.First))
		},
	}
	for order, of := range key {
		for _, f := range []store.CustomerFilter{{}, {Source: fmt.Sprint(c.source.ID)}, {Words: "nobody"}} {
			want := c.oracle(nil, f)
			f.Order, f.Limit = order, 4
			rows := c.walk(store.AllProducts(), f)
			got := rowIDs(rows)
			slices.Sort(got)
			slices.Sort(want)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("by %s (-want +got):\n%s", order, diff)
			}
			for i := 1; i < len(rows) && order == store.CustomersByEmail; i++ {
				if of(rows[i-1]) > of(rows[i]) {
					t.Errorf("by %s: %q comes before %q", order, of(rows[i-1]), of(rows[i]))
				}
			}
		}
	}
	rows := c.walk(store.AllProducts(), store.CustomerFilter{Order: store.CustomersByName, Limit: 100})
	sorted := slices.IsSortedFunc(rows, func(a, b store.CustomerRow) int { return strings.Compare(a.Last, b.Last) })
	if !sorted && rows[0].Last != "" {
		t.Errorf("by name begins with %q, want those without a name", rows[0].Last)
	}
}

func TestCustomerRows(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 40)
	source := fmt.Sprint(c.source.ID)
	for _, r := range c.walk(store.AllProducts(), store.CustomerFilter{Limit: 50}) {
		b := c.people[r.ID-1]
		var sources []string
		if len(b.bought) > 0 {
			sources = append(sources, source)
		}
		if b.byHand {
			sources = append(sources, store.SourcePerson)
		}
		if diff := gocmp.Diff(sources, r.Sources); diff != "" || r.Courses != len(b.courses) || (r.LastOrder != nil) != (len(b.bought) > 0) {
			t.Errorf("%+v: got %d courses, last order %v, sources (-want +got):\n%s", b, r.Courses, r.LastOrder, diff)
		}
	}
	for _, r := range c.walk(c.member(71, "clay"), store.CustomerFilter{Limit: 50}) {
		b := c.people[r.ID-1]
		want := 0
		if slices.Contains(b.courses, 12) {
			want = 1
		}
		if !slices.Contains(b.bought, "clay") || r.Courses != want {
			t.Errorf("%+v within clay: got %d courses, want %d", b, r.Courses, want)
		}
	}
}

func TestCustomerIsInScope(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 20)
	other := c.addAccount("Another academy")
	ink := c.member(71, "ink")
	for _, b := range c.people {
		_, err := c.db.Customer(t.Context(), c.account.ID, b.id, ink)
		want := enrolld.NotFound
		if slices.Contains(b.bought, "ink") {
			want = ""
		}
		wantCode(t, fmt.Sprintf("%+v", b), err, want)
		_, err = c.db.Customer(t.Context(), other.ID, b.id, store.AllProducts())
		wantCode(t, "in another account", err, enrolld.NotFound)
	}
}

func TestFindCustomers(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 0)
	c.add(buyer{first: "Ann", last: "O'Neil", email: "ann@ink.example", bought: []string{"ink"}})
	c.add(buyer{first: "Anna", last: "Neil", email: "neil@ann.example", bought: []string{"wash"}})
	c.add(buyer{first: "Ann", last: "Lee", email: "lee@ink.example"})
	ink := c.member(71, "ink")
	for typed, want := range map[string][]int64{
		"ann": {3, 1}, "Ann ONeil": {1}, "o'neil": {1}, "neil": {2, 1}, "ANN@ink.example": {1}, "lee@ink.example": {3},
		"ink.example": {}, "@ink.example": {}, "example": {}, "an": {}, "nei": {}, "neil@": {}, "%": {}, "": {}, "ann lee": {3},
		"\x01s" + fmt.Sprint(c.source.ID): {}, "\x01sperson": {},
	} {
		got, err := c.db.FindCustomers(t.Context(), c.account.ID, store.AllProducts(), typed, 10)
		c.check(err)
		if diff := gocmp.Diff(want, rowIDs(got)); diff != "" {
			t.Errorf("find %q (-want +got):\n%s", typed, diff)
		}
		want = slices.DeleteFunc(slices.Clone(want), func(id int64) bool { return id != 1 })
		got, err = c.db.FindCustomers(t.Context(), c.account.ID, ink, typed, 10)
		c.check(err)
		if diff := gocmp.Diff(want, rowIDs(got)); diff != "" {
			t.Errorf("find %q with ink alone (-want +got):\n%s", typed, diff)
		}
	}
	if got, err := c.db.FindCustomers(t.Context(), c.account.ID, store.AllProducts(), "ann", 1); err != nil || len(got) != 1 {
		t.Errorf("at most one: got %d, %v", len(got), err)
	}
}

// Customers of before the index are indexed in steps, and whoever is touched
// meanwhile is too; a name that is filled in is found.
func TestIndexCustomers(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 25)
	const words = "SELECT customer_id, HEX(word) FROM enrolld_customer_words ORDER BY 1, 2"
	const courses = "SELECT id, courses FROM enrolld_customers ORDER BY id"
	before, counts := c.rows(words), c.rows(courses)
	c.exec("DELETE FROM enrolld_customer_words")
	c.exec("UPDATE enrolld_customers SET courses = NULL")
	c.inTx(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.LockCustomers(ctx, c.account.ID, []enrolld.Customer{{Key: enrolld.EmailKey(c.people[3].email), Email: "x"}})
		return err
	})
	var steps []int
	for {
		n, err := c.db.IndexCustomers(t.Context(), 10)
		c.check(err)
		if steps = append(steps, n); n == 0 {
			break
		}
	}
	if diff := gocmp.Diff([]int{10, 10, 4, 0}, steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff(before, c.rows(words)); diff != "" {
		t.Errorf("words (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff(counts, c.rows(courses)); diff != "" {
		t.Errorf("courses (-want +got):\n%s", diff)
	}
	p := enrolld.Customer{Key: "new@x.example", Email: "new@x.example"}
	c.lockCustomers(p)
	p.First, p.Last = "Thekla", "Nova"
	c.lockCustomers(p)
	got, err := c.db.FindCustomers(t.Context(), c.account.ID, store.AllProducts(), "thekla nova", 10)
	c.check(err)
	if len(got) != 1 || len(c.rows("SELECT id FROM enrolld_customers WHERE courses IS NULL")) != 0 {
		t.Errorf("a name that was filled in: found %d, want 1", len(got))
	}
}

// An order that turns out to be somebody else's is not found with who had it.
func TestCustomerPageForgetsOrders(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 0)
	c.add(buyer{email: "a@x.example", bought: []string{"ink"}})
	c.add(buyer{email: "b@x.example"})
	c.exec("UPDATE enrolld_orders SET customer_id = 2")
	for name, f := range map[string]store.CustomerFilter{
		"product": {Product: c.products["ink"]}, "source": {Source: fmt.Sprint(c.source.ID)},
	} {
		f.Limit = 10
		if got := rowIDs(c.walk(store.AllProducts(), f)); len(got) != 0 {
			t.Errorf("%s: got %v, want nobody of before", name, got)
		}
	}
	c.exec("UPDATE enrolld_customers SET courses = NULL")
	if _, err := c.db.IndexCustomers(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]int64{2}, rowIDs(c.walk(c.member(71, "ink"), store.CustomerFilter{Limit: 10}))); diff != "" {
		t.Errorf("after indexing (-want +got):\n%s", diff)
	}
}
