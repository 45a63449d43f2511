package catalogue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/handlers/course"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/page"
	"enrolld/handlers/page/pagetest"
	"enrolld/store"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestTemplates(t *testing.T) {
	t.Parallel()
	pagetest.Check(t, listView, productView, editView)
}

// world is a shop with products, in a frame.
type world struct {
	*gatetest.Rig
	ids  map[string]int64
	away bool // the site cannot be read
	list []course.Course
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{ids: map[string]int64{}, list: []course.Course{
		{Ref: enrolld.CourseRef{LMS: "page", ID: 12}, Title: "Drawing", URL: "https://ink.example/drawing", Status: "publish"},
		{Ref: enrolld.CourseRef{LMS: "page", ID: 15}, Title: "Sculpture", URL: "https://ink.example/sculpture", Status: "draft"},
	}}
	courses := func(_ context.Context, accountID int64) ([]course.Course, error) {
		if w.away || accountID != w.Account.ID {
			return nil, errors.New("the site is away")
		}
		return w.list, nil
	}
	w.Rig = gatetest.New(t, func(f *gate.Frame) []gate.Route { return New(f, courses, nil).Routes() }, Nav...)
	other := w.AddAccount("Pottery Guild", 0)
	w.add(w.Account.ID, "Ink", "Wash", "Paper")
	w.add(other.ID, "Clay")
	return w
}

func (w *world) add(account int64, names ...string) {
	w.T.Helper()
	for _, name := range names {
		w.ids[name] = w.Insert(`INSERT INTO enrolld_products (account_id, platform, product_key, name, courses, created_at) VALUES (?, 'stripe', ?, ?, '[]', ?)`,
			account, strings.ToLower(name), name, w.DB.Now())
	}
}

// sell makes a customer with an order of a product.
func (w *world) sell(name string) {
	w.T.Helper()
	customer := w.Insert(`INSERT INTO enrolld_customers (account_id, email_key, email, created_at) VALUES (?, ?, 'a@example.com', ?)`,
		w.Account.ID, name, w.DB.Now())
	order := w.Insert(`INSERT INTO enrolld_orders (account_id, integration_id, first_ref, customer_id, record, created_at, updated_at)
		VALUES (?, 1, ?, ?, '{}', ?, ?)`, w.Account.ID, name, customer, w.DB.Now(), w.DB.Now())
	w.Exec(`INSERT INTO enrolld_order_lines (order_id, line_key, account_id, platform, product_key, parked) VALUES (?, 'l', ?, 'stripe', ?, TRUE)`,
		order, w.Account.ID, strings.ToLower(name))
}

func (w *world) path(name, below string) string {
	return gatetest.Path(w.Account.ID, fmt.Sprintf("/products/%d%s", w.ids[name], below))
}

// person signs in with PermProductsView and a scope.
func (w *world) person(email string, s enrolld.Scope) *gatetest.Browser {
	w.T.Helper()
	s.AllAccounts = true
	login, _ := w.Person(email, w.Account.ID, enrolld.Terms{
		Type: enrolld.TypeUser, Scope: s, Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: {}},
	})
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

// sound is a form that can be saved.
func sound(more url.Values) url.Values {
	v := url.Values{"course": {"page:12"}, "refund": {"revoke"}, "cancel": {"period_end"}, "expiry": {"revoke"}, "seen": {""}}
	maps.Copy(v, more)
	return v
}

// TestScopeIsEverywhere walks every route with a product that is out of scope,
// of another account, or not there: it is not found, and nothing happens to it.
func TestScopeIsEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ids["Nothing"] = 4711
	b := w.person("ann@example.com", enrolld.Scope{Products: []int64{w.ids["Ink"], w.ids["Clay"]}, EditProducts: true, DeleteProducts: true})
	for _, name := range []string{"Wash", "Clay", "Nothing"} {
		for _, below := range []string{"", "/edit", "/delete"} {
			want(t, "GET "+name+below, b.Get(w.path(name, below)), http.StatusNotFound)
			if below != "" {
				want(t, "POST "+name+below, b.Post(w.path(name, below), sound(nil)), http.StatusNotFound)
			}
		}
	}
	if n := w.Number("SELECT COUNT(*) FROM enrolld_products WHERE mapped_at IS NULL"); n != 4 {
		t.Errorf("got %d products without a rule, want 4: somebody changed one", n)
	}
	list := b.Get(gatetest.Path(w.Account.ID, "/products"))
	want(t, "the list", list, http.StatusOK, w.path("Ink", ""), `All <span class="count">1</span>`, `Waiting for a rule <span class="count">1</span>`)
	lacks(t, "the list", list, w.path("Wash", ""), "Paper", "Clay")
	lacks(t, "a search", b.Get(gatetest.Path(w.Account.ID, "/products?q=wash")), w.path("Wash", ""))
	w.Exec("DELETE FROM enrolld_member_products WHERE product_id = ?", w.ids["Ink"])
	want(t, "once it was taken away", b.Get(w.path("Ink", "")), http.StatusNotFound)
	want(t, "the list without any", b.Get(gatetest.Path(w.Account.ID, "/products")), http.StatusOK, "No products yet")
}

func TestRightsOfAScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := []int64{w.ids["Ink"]}
	for _, test := range []struct {
		email        string
		scope        enrolld.Scope
		edit, delete int
		buttons      []string
	}{
		{"see@example.com", enrolld.Scope{Products: ids}, http.StatusForbidden, http.StatusForbidden, nil},
		{"edit@example.com", enrolld.Scope{Products: ids, EditProducts: true}, http.StatusOK, http.StatusForbidden, []string{"/edit"}},
		{"delete@example.com", enrolld.Scope{AllProducts: true, DeleteProducts: true}, http.StatusForbidden, http.StatusOK, []string{"/delete"}},
	} {
		b := w.person(test.email, test.scope)
		show := b.Get(w.path("Ink", ""))
		for _, below := range []string{"/edit", "/delete"} {
			got, wanted := strings.Contains(show.Body, w.path("Ink", below)), strings.Contains(strings.Join(test.buttons, " "), below)
			if got != wanted {
				t.Errorf("%s: shows %s: got %v, want %v", test.email, below, got, wanted)
			}
		}
		want(t, test.email+" edit", b.Get(w.path("Ink", "/edit")), test.edit)
		want(t, test.email+" delete", b.Get(w.path("Ink", "/delete")), test.delete)
		if test.edit == http.StatusForbidden {
			want(t, test.email+" save", b.Post(w.path("Ink", "/edit"), sound(nil)), http.StatusForbidden)
		}
		if test.delete == http.StatusForbidden {
			want(t, test.email+" deletes", b.Post(w.path("Ink", "/delete"), nil), http.StatusForbidden)
		}
	}
	login, _ := w.Person("none@example.com", w.Account.ID, enrolld.Terms{Type: enrolld.TypeUser, Scope: enrolld.Everything()})
	want(t, "without the permission", w.As(login).Get(w.path("Ink", "")), http.StatusForbidden)
}

func TestSave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	w.sell("Ink")
	want(t, "the form", b.Get(w.path("Ink", "/edit")), http.StatusOK, "1 customer has an order with this product.", "Drawing", "Not published yet (draft)")
	a := b.Post(w.path("Ink", "/edit"), sound(url.Values{"course": {"page:12", "page:15"}, "days": {"30"}, "grace": {"0"}, "refund": {"keep"}}))
	if a.Status != http.StatusSeeOther || a.Location != w.path("Ink", "") {
		t.Fatalf("save: got %d to %s", a.Status, a.Location)
	}
	want(t, "after it", b.Get(a.Location), http.StatusOK, "The access of 1 customer is being derived again.", "Sculpture", "30 days", "None", "Access stays")
	if n := w.Number("SELECT COUNT(*) FROM enrolld_customers WHERE due_at IS NOT NULL"); n != 1 {
		t.Errorf("customers due: got %d, want 1", n)
	}
	if n := w.Number("SELECT COUNT(*) FROM enrolld_audit WHERE action = 'product.rule' AND subject = 'Ink' AND remote_addr = '192.0.2.7'"); n != 1 {
		t.Errorf("audit: got %d entries, want 1", n)
	}
}

func TestErrorsKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	for name, test := range map[string]struct {
		change url.Values
		errors []string
	}{
		"no course":         {url.Values{"course": nil}, []string{"Choose at least one course, or say below that it gives none."}},
		"courses and none":  {url.Values{"none": {"1"}}, []string{"not both"}},
		"a foreign course":  {url.Values{"course": {"page:99"}}, []string{"The site has no course page:99 any more", `value="page:99" checked`}},
		"no course at all":  {url.Values{"course": {"<b>"}}, []string{"One of the courses could not be read"}},
		"days in words":     {url.Values{"days": {"thirty"}}, []string{"Enter a whole number from 0 to 36600", `value="thirty"`}},
		"a negative start":  {url.Values{"start": {"-1"}}, []string{"Enter a whole number", `value="-1"`}},
		"too much grace":    {url.Values{"grace": {"99999"}}, []string{"from 0 to 8784", `value="99999"`}},
		"no choice":         {url.Values{"refund": nil}, []string{"Choose what happens after a refund."}},
		"a forged choice":   {url.Values{"refund": {"period_end"}}, []string{"Choose what happens after a refund."}},
		"several at a time": {url.Values{"days": {"x"}, "expiry": {"y"}}, []string{"2 things need to be mended"}},
	} {
		a := b.Post(w.path("Wash", "/edit"), sound(test.change))
		want(t, name, a, http.StatusUnprocessableEntity, test.errors...)
	}
	if n := w.Number("SELECT COUNT(*) FROM enrolld_products WHERE mapped_at IS NOT NULL"); n != 0 {
		t.Errorf("got %d mapped products, want 0", n)
	}
}

func TestSomebodyElseWasFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	path := w.path("Ink", "/edit")
	want(t, "the first", b.Post(path, sound(nil)), http.StatusSeeOther)
	late := b.Post(path, sound(url.Values{"course": {"page:15"}, "days": {"7"}}))
	want(t, "the second", late, http.StatusUnprocessableEntity, "Somebody changed what this product gives meanwhile", "As it is now", `value="7"`)
	seen := w.seen("Ink")
	want(t, "the second", late, http.StatusUnprocessableEntity, `name="seen" value="`+seen+`"`)
	want(t, "once more", b.Post(path, sound(url.Values{"course": {"page:15"}, "seen": {seen}})), http.StatusSeeOther)
}

func (w *world) seen(name string) string {
	w.T.Helper()
	list, err := w.DB.ProductOptions(w.T.Context(), []int64{w.Account.ID}, store.AllProducts())
	if err != nil {
		w.T.Fatal(err)
	}
	for _, p := range list {
		if p.Name == name {
			return see(page.NewForm(), p).Get("seen")
		}
	}
	w.T.Fatalf("no product %s", name)
	return ""
}

// TestSiteIsAway: nothing is lost while the courses cannot be read, and what is
// there can be changed.
func TestSiteIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	want(t, "a rule", b.Post(w.path("Ink", "/edit"), sound(nil)), http.StatusSeeOther)
	w.away = true
	want(t, "the list", b.Get(gatetest.Path(w.Account.ID, "/products")), http.StatusOK, "page:12")
	want(t, "the product", b.Get(w.path("Ink", "")), http.StatusOK, "cannot be read", "page:12")
	want(t, "the form", b.Get(w.path("Ink", "/edit")), http.StatusOK, "cannot be read", `value="page:12" checked`)
	seen := w.seen("Ink")
	want(t, "a new course", b.Post(w.path("Ink", "/edit"), sound(url.Values{"course": {"page:12", "page:15"}, "seen": {seen}})),
		http.StatusUnprocessableEntity, "save again in a minute", `value="page:15" checked`)
	want(t, "days alone", b.Post(w.path("Ink", "/edit"), sound(url.Values{"days": {"9"}, "seen": {seen}})), http.StatusSeeOther)
	if n := w.Number("SELECT duration_days FROM enrolld_products WHERE id = ?", w.ids["Ink"]); n != 9 {
		t.Errorf("days: got %d, want 9", n)
	}
	w.away, w.list = false, w.list[1:]
	want(t, "a course that is gone", b.Get(w.path("Ink", "/edit")), http.StatusOK, "Not among the site&#39;s courses at the moment", `value="page:12" checked`)
	want(t, "its product", b.Get(w.path("Ink", "")), http.StatusOK, "not among the site&#39;s courses")
}

func TestDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	w.sell("Ink")
	lacks(t, "a product with orders", b.Get(w.path("Ink", "")), w.path("Ink", "/delete"))
	for _, a := range []gatetest.Answer{b.Get(w.path("Ink", "/delete")), b.Post(w.path("Ink", "/delete"), nil)} {
		if a.Status != http.StatusSeeOther || a.Location != w.path("Ink", "") {
			t.Errorf("delete what orders name: got %d to %s", a.Status, a.Location)
		}
	}
	want(t, "the reason", b.Get(w.path("Ink", "")), http.StatusOK, "cannot be deleted")
	want(t, "the question", b.Get(w.path("Wash", "/delete")), http.StatusOK, "Delete Wash?", "nobody loses access")
	a := b.Post(w.path("Wash", "/delete"), nil)
	want(t, "the list after it", b.Get(a.Location), http.StatusOK, "Wash was deleted.")
	want(t, "the product after it", b.Get(w.path("Wash", "")), http.StatusNotFound)
	if n := w.Number("SELECT COUNT(*) FROM enrolld_audit WHERE action = 'product.forgotten' AND subject = 'Wash'"); n != 1 {
		t.Errorf("audit: got %d entries, want 1", n)
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	var names []string
	for i := range 2*perPage + 3 {
		names = append(names, fmt.Sprintf("Book %03d", i))
	}
	w.add(w.Account.ID, names...)
	list := gatetest.Path(w.Account.ID, "/products?q=book")
	next := func(a gatetest.Answer, rel string) string {
		_, rest, ok := strings.Cut(a.Body, `rel="`+rel+`" href="`)
		if !ok {
			return ""
		}
		href, _, _ := strings.Cut(rest, `"`)
		return strings.ReplaceAll(href, "&amp;", "&")
	}
	shown := func(a gatetest.Answer) string {
		first, last := strings.Index(a.Body, "<bdi>Book "), strings.LastIndex(a.Body, "<bdi>Book ")
		return a.Body[first+5:first+13] + " – " + a.Body[last+5:last+13]
	}
	one := b.Get(list)
	two := b.Get(next(one, "next"))
	three := b.Get(next(two, "next"))
	back := b.Get(next(three, "prev"))
	first := b.Get(next(back, "prev"))
	got := []string{shown(one), shown(two), shown(three), shown(back), shown(first)}
	wanted := []string{"Book 000 – Book 049", "Book 050 – Book 099", "Book 100 – Book 102", "Book 050 – Book 099", "Book 000 – Book 049"}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	for what, href := range map[string]string{"before the first": next(one, "prev"), "after the last": next(three, "next"), "back at the first": next(first, "prev")} {
		if href != "" {
			t.Errorf("%s: there is a link to %s", what, href)
		}
	}
	want(t, "nothing found", b.Get(list+"+zzz&state=mapped"), http.StatusOK, "No product is like that")
}

// TestRuleForm fills the form with rules and reads them back.
func TestRuleForm(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 891011000, time.UTC)
	ref := enrolld.CourseRef{LMS: "page", ID: 12}
	ends := func(r enrolld.Rule) enrolld.Rule {
		r.OnRefund, r.OnCancel, r.OnExpiry = enrolld.Keep, enrolld.Revoke, enrolld.Keep
		return r
	}
	for name, p := range map[string]enrolld.Product{
		"courses":   {Rule: ends(enrolld.Rule{Courses: []enrolld.CourseRef{ref, {LMS: "page", ID: 15}}}), MappedAt: &at},
		"no course": {Rule: ends(enrolld.Rule{}), MappedAt: &at},
		"times":     {Rule: ends(enrolld.Rule{Courses: []enrolld.CourseRef{ref}, Duration: 365 * day, StartDelay: day, Grace: 12 * time.Hour}), MappedAt: &at},
		"no grace":  {Rule: ends(enrolld.Rule{Courses: []enrolld.CourseRef{ref}, Grace: -time.Hour}), MappedAt: &at},
	} {
		f := fill(p)
		got := parse(f, site{}, p)
		if diff := cmp.Diff(ruleForm{p.Rule, p.MappedAt}, got); diff != "" || f.Failed() {
			t.Errorf("%s: %v (-want +got):\n%s", name, f.Errors(), diff)
		}
	}
	blank := fill(enrolld.Product{})
	got := []string{blank.Get("refund"), blank.Get("cancel"), blank.Get("expiry"), blank.Get("none"), blank.Get("seen"), blank.Get("grace")}
	if diff := cmp.Diff([]string{"revoke", "period_end", "revoke", "", "", ""}, got); diff != "" {
		t.Errorf("a product without a rule (-want +got):\n%s", diff)
	}
}
