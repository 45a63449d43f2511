package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

// crowded is a world with customers who bought, were given access, and did
// nothing, made by the methods that the service uses.
type crowded struct {
	*world
	products map[string]int64
	people   []buyer // by id, from 1 on
}

// buyer is a customer as the oracle knows them.
type buyer struct {
	id                 int64
	first, last, email string
	joined             time.Time
	bought             []string // products
	courses            []int64  // open
	byHand             bool
}

var crowdNames = []string{"Ann", "José", "Anna-Lena", "Zoë", "O'Neil", "Lee", "Li", "Łukasz", "", "De la Cruz"}

func newCrowd(t *testing.T, n int) *crowded {
	c := &crowded{world: newWorld(t), products: map[string]int64{}}
	for _, name := range []string{"ink", "wash", "clay"} {
		_, err := c.db.MapProduct(t.Context(), c.mapped(name, int64(10+len(c.products))))
		c.check(err)
		c.products[name] = c.id("SELECT id FROM enrolld_products WHERE product_key = '" + name + "'")
	}
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		b := buyer{
			first: crowdNames[chance.IntN(len(crowdNames))], last: crowdNames[chance.IntN(len(crowdNames))],
			email: fmt.Sprintf("p%d.q%d@%s.example", i, i%7, []string{"ink", "wash"}[i%2]), byHand: chance.IntN(5) == 0,
		}
		for j, name := range []string{"ink", "wash", "clay"} {
			if chance.IntN(3) == 0 {
				b.bought = append(b.bought, name)
				if chance.IntN(2) == 0 {
					b.courses = append(b.courses, int64(10+j))
				}
			}
		}
		if b.byHand && !slices.Contains(b.courses, 12) {
			b.courses = append(b.courses, 12)
		}
		c.add(b)
		c.clock.Advance(time.Hour)
	}
	return c
}

func (c *crowded) id(query string) int64 {
	c.t.Helper()
	var id int64
	c.check(c.db.Conn().QueryRowContext(c.t.Context(), query).Scan(&id))
	return id
}

func (c *crowded) add(b buyer) {
	c.t.Helper()
	c.inTx(func(ctx context.Context, tx *store.Tx) error {
		b.joined = tx.Now()
		_, key, err := enrolld.ParseEmail(b.email)
		if err != nil {
			return err
		}
		list, err := tx.LockCustomers(ctx, c.account.ID, []enrolld.Customer{{Key: key, Email: b.email, First: b.first, Last: b.last}})
		if err != nil {
			return err
		}
		b.id = list[0].ID
		if len(b.bought) > 0 {
			o := c.order(b)
			if err := tx.SaveOrders(ctx, []*store.Order{o}); err != nil {
				return err
			}
			var lines []store.OrderLine
			for _, name := range b.bought {
				lines = append(lines, store.OrderLine{
					OrderID: o.ID, Key: name, AccountID: c.account.ID, Platform: "stripe", Product: enrolld.ProductRef{ID: name, Variant: "v"},
				})
			}
			if err := tx.SaveLines(ctx, lines); err != nil {
				return err
			}
		}
		return tx.SaveGrants(ctx, c.grants(b, tx.Now()))
	})
	c.people = append(c.people, b)
}

func (c *crowded) order(b buyer) *store.Order {
	at := c.clock.Now()
	o := &store.Order{
		AccountID: c.account.ID, IntegrationID: c.source.ID, Platform: "stripe", CustomerID: b.id, FirstRef: fmt.Sprint("order:", b.id),
		Record: enrolld.Order{Lines: map[string]enrolld.Line{}},
	}
	for _, name := range b.bought {
		o.Record.Lines[name] = enrolld.Line{Product: enrolld.Latest[enrolld.ProductRef]{At: at, Value: enrolld.ProductRef{ID: name, Variant: "v"}}}
	}
	return o
}

func (c *crowded) grants(b buyer, now time.Time) []store.Grant {
	var out []store.Grant
	for i, name := range b.bought {
		g := store.Grant{CustomerID: b.id, AccountID: c.account.ID, Grant: enrolld.Grant{
			Course: enrolld.CourseRef{LMS: "page", ID: int64(10 + slices.Index([]string{"ink", "wash", "clay"}, name))},
			Cause:  enrolld.Cause{Kind: enrolld.CauseOrder, ID: b.id, Line: name}, State: enrolld.GrantEnded, Reason: enrolld.ReasonRefunded, From: now,
		}}
		if slices.Contains(b.courses, g.Course.ID) && (!b.byHand || g.Course.ID != 12 || i == 0) {
			g.State, g.Reason = enrolld.GrantLive, enrolld.ReasonPaid
		}
		out = append(out, g)
	}
	if b.byHand {
		out = append(out, store.Grant{CustomerID: b.id, AccountID: c.account.ID, Grant: enrolld.Grant{
			Course: enrolld.CourseRef{LMS: "page", ID: 12}, Cause: enrolld.Cause{Kind: enrolld.CausePerson, ID: 1},
			State: enrolld.GrantLive, Reason: enrolld.ReasonKept, From: now,
		}})
	}
	return out
}

// member is a member who was given some products.
func (c *crowded) member(id int64, products ...string) store.ProductScope {
	c.t.Helper()
	for _, p := range products {
		c.exec("INSERT INTO enrolld_member_products (member_id, product_id) VALUES (?, ?)", id, c.products[p])
	}
	return store.ScopeOf(enrolld.Member{ID: id})
}

// walk reads a whole list page by page.
func (c *crowded) walk(scope store.ProductScope, f store.CustomerFilter) []store.CustomerRow {
	c.t.Helper()
	var out []store.CustomerRow
	for range 1000 {
		p, err := c.db.CustomerPage(c.t.Context(), c.account.ID, scope, f)
		c.check(err)
		if len(p.Rows) > f.Limit {
			c.t.Fatalf("a page has %d rows, at most %d are asked for", len(p.Rows), f.Limit)
		}
		out = append(out, p.Rows...)
		if p.Next == 0 {
			return out
		}
		f.After = p.Next
	}
	c.t.Fatal("the list has no end")
	return nil
}

func rowIDs(rows []store.CustomerRow) []int64 {
	out := []int64{}
	for _, r := range rows {
		out = append(out, r.ID)
	}
	return out
}

// oracle is who a filter leaves, worked out by hand.
func (c *crowded) oracle(products []string, f store.CustomerFilter) []int64 {
	out := []int64{}
	for _, b := range slices.Backward(c.people) {
		in := products == nil || slices.ContainsFunc(products, func(p string) bool { return slices.Contains(b.bought, p) })
		open := b.courses
		if products != nil {
			open = slices.DeleteFunc(slices.Clone(open), func(id int64) bool {
				return !slices.Contains(products, []string{"ink", "wash", "clay"}[id-10])
			})
		}
		in = in && (!f.NoAccess || len(open) == 0)
		in = in && (f.Course.ID == 0 || f.Course.LMS == "page" && slices.Contains(open, f.Course.ID))
		in = in && (f.Product == 0 || slices.ContainsFunc(b.bought, func(p string) bool { return c.products[p] == f.Product }))
		in = in && (f.Source != fmt.Sprint(c.source.ID) || len(b.bought) > 0) && (f.Source != store.SourcePerson || b.byHand)
		in = in && f.Source != store.SourceImport
		in = in && (f.From.IsZero() || !b.joined.Before(f.From)) && (f.To.IsZero() || b.joined.Before(f.To))
		words := strings.ToLower(strings.NewReplacer("é", "e", "ë", "e", "Ł", "l", "'", "", "-", "").Replace(b.first+" "+b.last)) + " " +
			b.email + " " + b.email[max(0, strings.Index(b.email, "q")):] + " " + domainOf(b.email)
		for typed := range strings.FieldsSeq(f.Words) {
			in = in && slices.ContainsFunc(strings.Fields(words), func(w string) bool { return strings.HasPrefix(w, typed) })
		}
		if in {
			out = append(out, b.id)
		}
	}
	return out
}

func domainOf(email string) string {
	_, domain, _ := strings.Cut(email, "@")
	return domain
}

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
