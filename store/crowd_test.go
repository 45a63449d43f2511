package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

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
