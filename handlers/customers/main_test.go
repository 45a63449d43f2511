package customers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/handlers/course"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/page/pagetest"
	"enrolld/store"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestTemplates(t *testing.T) {
	t.Parallel()
	pagetest.Check(t, listView, findView, customerView, accessView, newView, enterView, goView, profileView, addressesView, mergeFormView, mergeView, blockView, eraseView)
}

// world is an academy with customers, in a frame.
type world struct {
	*gatetest.Rig
	products map[string]int64
	people   map[string]int64
	source   store.Integration
	access   *fakeAccess
	away     bool // the site cannot be read
}

// fakeAccess notes what was asked of it.
type fakeAccess struct {
	fakeIdentity
	fakeDecider
	changes []Change
	added   []Newcomer
	links   []int64
	users   map[enrolld.EmailKey]bool
	answer  Added
	err     error
	door    error // why nobody gets onto the site
}

func (f *fakeAccess) Change(_ context.Context, _ enrolld.Actor, c Change) error {
	if f.err == nil {
		f.changes = append(f.changes, c)
	}
	return f.err
}

func (f *fakeAccess) Add(_ context.Context, _ enrolld.Actor, n Newcomer) (Added, error) {
	if f.err == nil {
		f.added = append(f.added, n)
	}
	return f.answer, f.err
}

func (f *fakeAccess) SendLink(_ context.Context, _ enrolld.Actor, _, id int64) error {
	if f.err == nil {
		f.links = append(f.links, id)
	}
	return f.err
}

func (*fakeAccess) SiteURL(context.Context, int64) (string, error) {
	return "https://ink.example/", nil
}

func (f *fakeAccess) User(_ context.Context, _ int64, key enrolld.EmailKey) (bool, error) {
	return f.users[key], nil
}

var (
	drawing   = enrolld.CourseRef{LMS: "page", ID: 12}
	sculpture = enrolld.CourseRef{LMS: "page", ID: 15}
	secret    = enrolld.CourseRef{LMS: "page", ID: 99} // of no product
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{products: map[string]int64{}, people: map[string]int64{}, access: &fakeAccess{users: map[enrolld.EmailKey]bool{}}}
	w.access.w = w
	courses := func(context.Context, int64) ([]course.Course, error) {
		if w.away {
			return nil, errors.New("the site is away")
		}
		return []course.Course{
			{Ref: drawing, Title: "Drawing", Status: "publish"}, {Ref: sculpture, Title: "Sculpture", Status: "publish"},
			{Ref: secret, Title: "Secret course", Status: "publish"},
		}, nil
	}
	w.Rig = gatetest.New(t, func(f *gate.Frame) []gate.Route { return New(f, courses, nil, w.access).Routes() }, Nav...)
	var err error
	w.source, err = w.DB.AddIntegration(t.Context(), store.Integration{AccountID: w.Account.ID, Platform: "stripe", Name: "Shop"})
	w.check(err)
	for name, course := range map[string]enrolld.CourseRef{"Ink": drawing, "Clay": sculpture} {
		_, err := w.DB.MapProduct(t.Context(), enrolld.Product{
			AccountID: w.Account.ID, Platform: "stripe", Key: name, Name: name, Rule: enrolld.Rule{Courses: []enrolld.CourseRef{course}},
		})
		w.check(err)
		w.products[name] = w.Number("SELECT id FROM enrolld_products WHERE name = ?", name)
	}
	w.customer(w.Account.ID, "Ann Lee", "ann@ink.example", "Ink")
	w.customer(w.Account.ID, "Bob Lee", "bob@clay.example", "Clay")
	w.customer(w.Account.ID, "Cleo Stone", "cleo@none.example")
	w.customer(w.Account.ID, "Dora Both", "dora@both.example", "Ink", "Clay")
	return w
}

func (w *world) check(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// customer adds somebody with an order of products, each of which gives its course.
func (w *world) customer(account int64, name, email string, products ...string) int64 {
	w.T.Helper()
	first, last, _ := strings.Cut(name, " ")
	var id int64
	w.check(w.DB.InTx(w.T.Context(), func(tx *store.Tx) error {
		ctx := w.T.Context()
		list, err := tx.LockCustomers(ctx, account, []enrolld.Customer{{Key: enrolld.EmailKey(email), Email: email, First: first, Last: last}})
		if err != nil {
			return err
		}
		id = list[0].ID
		if len(products) == 0 {
			return nil
		}
		o := w.order(id, products)
		if err := tx.SaveOrders(ctx, []*store.Order{o}); err != nil {
			return err
		}
		for _, p := range products {
			line := store.OrderLine{OrderID: o.ID, Key: p, AccountID: account, Platform: "stripe", Product: enrolld.ProductRef{ID: p}}
			if err := tx.SaveLines(ctx, []store.OrderLine{line}); err != nil {
				return err
			}
			if err := tx.SaveGrants(ctx, []store.Grant{w.grant(id, map[string]enrolld.CourseRef{"Ink": drawing, "Clay": sculpture}[p],
				enrolld.Cause{Kind: enrolld.CauseOrder, ID: o.ID, Line: p})}); err != nil {
				return err
			}
		}
		return nil
	}))
	w.people[first] = id
	return id
}

func (w *world) order(customer int64, products []string) *store.Order {
	at := w.DB.Now()
	lines := map[string]enrolld.Line{}
	for _, p := range products {
		lines[p] = enrolld.Line{
			Product: enrolld.Latest[enrolld.ProductRef]{At: at, Value: enrolld.ProductRef{ID: p, Name: p + " for everybody"}},
			Sale:    enrolld.Latest[enrolld.Sale]{At: at, Value: enrolld.Sale{Paid: true, SoldAt: at, Amount: enrolld.Money{Minor: 4900, Currency: "USD"}}},
		}
	}
	return &store.Order{
		AccountID: w.Account.ID, IntegrationID: w.source.ID, Platform: "stripe", CustomerID: customer, FirstRef: fmt.Sprint("order:", customer),
		Record: enrolld.Order{Number: enrolld.Latest[string]{At: at, Value: fmt.Sprint("15143", customer)}, Lines: lines},
	}
}

func (w *world) grant(customer int64, course enrolld.CourseRef, cause enrolld.Cause) store.Grant {
	return store.Grant{CustomerID: customer, AccountID: w.Account.ID, Grant: enrolld.Grant{
		Course: course, Cause: cause, State: enrolld.GrantLive, Reason: enrolld.ReasonPaid, From: w.DB.Now(),
	}}
}

// give gives a course by hand.
func (w *world) give(customer int64, course enrolld.CourseRef, until *time.Time, login int64) {
	w.T.Helper()
	g := w.grant(customer, course, enrolld.Cause{Kind: enrolld.CausePerson, ID: login})
	g.Until = until
	w.check(w.DB.InTx(w.T.Context(), func(tx *store.Tx) error { return tx.SaveGrants(w.T.Context(), []store.Grant{g}) }))
}

func (w *world) path(below string, args ...any) string {
	return gatetest.Path(w.Account.ID, "/customers"+fmt.Sprintf(below, args...))
}

// person signs in as type User with some permissions and a scope.
func (w *world) person(email string, s enrolld.Scope, permissions ...enrolld.Permission) *gatetest.Browser {
	w.T.Helper()
	s.AllAccounts = true
	rights := map[enrolld.Permission]time.Time{}
	for _, p := range permissions {
		rights[p] = time.Time{}
	}
	login, _ := w.Person(email, w.Account.ID, enrolld.Terms{Type: enrolld.TypeUser, Scope: s, Rights: rights})
	return w.As(login)
}

func (w *world) owner() *gatetest.Browser {
	w.T.Helper()
	login, _ := w.Owner("owner@example.com", w.Account.ID)
	return w.As(login)
}

var (
	want  = gatetest.Want
	lacks = gatetest.Lacks
)
