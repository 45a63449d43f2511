package customers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

func TestList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	all := b.Get(w.path(""))
	want(t, "the list", all, http.StatusOK, "Ann Lee", "Bob Lee", "Cleo Stone", "Dora Both", "4 customers", "stripe · Shop", `data-live="#customers"`)
	if strings.Index(all.Body, "Dora Both") > strings.Index(all.Body, "Ann Lee") {
		t.Error("the list does not begin with the newest")
	}
	ink := fmt.Sprint(w.products["Ink"])
	for query, names := range map[string]string{
		"q=lee": "Ann Bob", "q=ann+lee": "Ann", "q=clay.ex": "Bob", "access=none": "Cleo", "course=page:15": "Bob Dora",
		"product=" + ink: "Ann Dora", "product=" + ink + "&course=page:15": "Dora", "source=" + fmt.Sprint(w.source.ID): "Ann Bob Dora",
		"source=person": "", "q=nobody": "", "q=%3F": "", "from=2000-01-01&to=2000-01-02": "", "source=%27+OR+1": "Ann Bob Cleo Dora",
	} {
		a := b.Get(w.path("") + "?" + query)
		want(t, query, a, http.StatusOK, `class="chip`)
		for _, name := range []string{"Ann", "Bob", "Cleo", "Dora"} {
			if got := strings.Contains(a.Body, w.path("/%d", w.people[name])+`"`); got != strings.Contains(names, name) {
				t.Errorf("%s: %s is there: %t, want %t", query, name, got, !got)
			}
		}
		csv := b.Get(w.path(".csv") + "?" + query)
		if got, want := strings.Count(csv.Body, "\n"), len(strings.Fields(names))+1; csv.Status != http.StatusOK || got != want {
			t.Errorf("%s: exported %d lines (%d), want %d", query, got, csv.Status, want)
		}
	}
	for query, message := range map[string]string{
		"from=tomorrow": "Enter a date", "from=2026-02-02&to=2026-02-01": "before the first", "course=x": "Choose a course", "product=-1": "Choose a product",
	} {
		want(t, query, b.Get(w.path("")+"?"+query), http.StatusUnprocessableEntity, message)
		want(t, query, b.Get(w.path(".csv")+"?"+query), http.StatusUnprocessableEntity, "cannot be read")
	}
	want(t, "a product that is gone", b.Get(w.path("?product=4711")), http.StatusNotFound)
}

func TestPaging(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	for i := range 41 {
		w.customer(w.Account.ID, fmt.Sprintf("Page%02d Turner", i), fmt.Sprintf("page%02d@x.example", i))
	}
	for _, query := range []string{"?n=20", "?n=20&sort=name", "?n=20&sort=email", "?n=20&q=turner&sort=name"} {
		seen := map[string]int{}
		address := w.path("") + query
		for range 4 {
			a := b.Get(address)
			want(t, address, a, http.StatusOK)
			for i := range 41 {
				if name := fmt.Sprintf("Page%02d Turner", i); strings.Contains(a.Body, name) {
					seen[name]++
				}
			}
			_, rest, more := strings.Cut(a.Body, `rel="next" href="`)
			if !more {
				break
			}
			address, _, _ = strings.Cut(rest, `"`)
			address = strings.ReplaceAll(address, "&amp;", "&")
		}
		if len(seen) != 41 {
			t.Errorf("%s: %d people were seen, want 41", query, len(seen))
		}
		for name, n := range seen {
			if n != 1 {
				t.Errorf("%s: %s was seen %d times", query, name, n)
			}
		}
	}
}

func TestEmptyList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec("DELETE FROM enrolld_customers")
	a := w.owner().Get(w.path(""))
	want(t, "without customers", a, http.StatusOK, "No customers yet", w.path("/new"))
}

func TestExportIsSafe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec("DELETE FROM enrolld_customers WHERE first_name <> 'Ann'")
	w.Exec("UPDATE enrolld_customers SET first_name = '=1+1', last_name = 'O\"Neil,\nJr'")
	a := w.owner().Get(w.path(".csv"))
	at := w.DB.Now().Format(time.DateTime)
	wanted := "Email,First name,Last name,Joined (UTC),Last order (UTC),Courses,Sources\n" +
		"ann@ink.example,'=1+1,\"O\"\"Neil,\nJr\"," + at + "," + at + ",1,stripe · Shop\n"
	if diff := cmp.Diff(wanted, a.Body); diff != "" || a.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("%s (-want +got):\n%s", a.Header.Get("Content-Type"), diff)
	}
}

// TestScope: who was given one product sees its customers, and of them what is
// about it (T4).
func TestScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.give(w.people["Ann"], secret, nil, 1)
	b := w.person("ink@example.com", enrolld.Scope{Products: []int64{w.products["Ink"]}}, enrolld.PermCustomersBrowse, enrolld.PermCustomersSearch)
	hidden := []string{"Bob Lee", "Cleo Stone", "Clay for", "Secret course", ">Clay<", ">Sculpture<"}
	for _, query := range []string{"", "?q=lee", "?q=e", "?access=none", "?course=page:12", "?course=page:15", "?course=page:99", "?sort=name", "?source=" + fmt.Sprint(w.source.ID)} {
		a := b.Get(w.path("") + query)
		want(t, "list"+query, a, http.StatusOK)
		lacks(t, "list"+query, a, hidden...)
		csv := b.Get(w.path(".csv") + query)
		want(t, "export"+query, csv, http.StatusOK)
		lacks(t, "export"+query, csv, "bob@", "cleo@")
	}
	want(t, "the list", b.Get(w.path("")), http.StatusOK, "Ann Lee", "Dora Both", "2 customers")
	lacks(t, "another course", b.Get(w.path("?course=page:15")), w.path("/%d", w.people["Dora"])+`"`)
	want(t, "another product", b.Get(w.path("?product=%d", w.products["Clay"])), http.StatusNotFound)
	lacks(t, "courses", b.Get(w.path(".csv")), ",2,")
	for _, name := range []string{"Ann", "Dora"} {
		a := b.Get(w.path("/%d", w.people[name]))
		want(t, name, a, http.StatusOK, "Ink for everybody", "Drawing")
		lacks(t, name, a, hidden...)
		edit := b.Get(w.path("/%d/access", w.people[name]))
		want(t, name+"'s access", edit, http.StatusOK, "Drawing")
		lacks(t, name+"'s access", edit, hidden...)
		post := b.Post(w.path("/%d/access", w.people[name]), url.Values{"give": {"page:99"}, "revision": {"1"}})
		want(t, "a course out of scope", post, http.StatusUnprocessableEntity)
	}
	for _, name := range []string{"Bob", "Cleo"} {
		for _, below := range []string{"", "/access"} {
			want(t, name+below, b.Get(w.path("/%d", w.people[name])+below), http.StatusNotFound)
		}
		want(t, name, b.Post(w.path("/%d/access", w.people[name]), url.Values{"give": {"page:12"}, "revision": {"1"}}), http.StatusNotFound)
		want(t, "search "+name, b.Post(w.path("/find"), url.Values{"who": {name}}), http.StatusSeeOther)
		lacks(t, "found "+name, b.Get(w.path("/find")), w.path("/found"))
	}
	want(t, "adding", b.Get(w.path("/new")), http.StatusForbidden, "some products only")
	want(t, "adding", b.Post(w.path("/new"), url.Values{"email": {"x@y.example"}}), http.StatusForbidden)
	if len(w.access.changes)+len(w.access.added) != 0 {
		t.Errorf("something was changed: %+v %+v", w.access.changes, w.access.added)
	}
	w.Exec("DELETE FROM enrolld_member_products")
	want(t, "once it was taken away", b.Get(w.path("/%d", w.people["Ann"])), http.StatusNotFound)
	lacks(t, "the list without any", b.Get(w.path("")), "Ann Lee")
}

// TestBySearchOnly: without the permission to browse, nothing tells of a customer
// who was not searched for by name or address (T3).
func TestBySearchOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.person("help@example.com", enrolld.Everything(), enrolld.PermCustomersSearch)
	ann := w.people["Ann"]
	for _, path := range []string{"", ".csv", "?q=ann", "/new", fmt.Sprintf("/%d", ann), fmt.Sprintf("/%d/access", ann)} {
		want(t, path, b.Get(w.path("")+path), http.StatusForbidden)
	}
	want(t, "changing access", b.Post(w.path("/%d/access", ann), url.Values{"revision": {"1"}}), http.StatusForbidden)
	for _, id := range w.people {
		want(t, "a guessed id", b.Get(w.path("/found/%d", id)), http.StatusNotFound)
	}
	for _, who := range []string{"", "an", "..a@", "   ", "Le%", "Le_", strings.Repeat("x", 400)} {
		want(t, "too little: "+who, b.Post(w.path("/find"), url.Values{"who": {who}}), http.StatusUnprocessableEntity, "Enter a")
	}
	for _, who := range []string{"ann@", "ink.example", "ink.ex", "example", "ANN@ink.exampl", "%%%", "Nobody"} {
		b.Post(w.path("/find"), url.Values{"who": {who}})
		want(t, "search "+who, b.Get(w.path("/find")), http.StatusOK, "Nobody was found")
	}
	a := b.Post(w.path("/find"), url.Values{"who": {"ANN@ink.example"}})
	if a.Status != http.StatusSeeOther || a.Location != w.path("/find") {
		t.Fatalf("a search: got %d to %s, want the page again, without what was typed in its address", a.Status, a.Location)
	}
	found := b.Get(a.Location)
	want(t, "found", found, http.StatusOK, w.path("/found/%d", ann), "Ann Lee")
	lacks(t, "found", found, "Bob", "customers</p>")
	page := b.Get(w.path("/found/%d", ann))
	want(t, "the page", page, http.StatusOK, "Ann Lee", "Ink for everybody", "Order #")
	lacks(t, "the page", page, "Edit access", w.path("/%d", ann)+`"`)
	want(t, "somebody else's", b.Get(w.path("/found/%d", w.people["Bob"])), http.StatusNotFound)
	b.Post(w.path("/find"), url.Values{"who": {"lee"}})
	want(t, "by a word of the name", b.Get(w.path("/find")), http.StatusOK, "Ann Lee", "Bob Lee")
	want(t, "now found", b.Get(w.path("/found/%d", w.people["Bob"])), http.StatusOK)
	want(t, "found before", b.Get(w.path("/found/%d", ann)), http.StatusOK)
	fresh := w.person("other@example.com", enrolld.Everything(), enrolld.PermCustomersSearch)
	want(t, "another session", fresh.Get(w.path("/found/%d", ann)), http.StatusNotFound)
	none := w.person("none@example.com", enrolld.Everything())
	want(t, "without the permission", none.Post(w.path("/find"), url.Values{"who": {"lee"}}), http.StatusForbidden)
}

func TestSearchIsBudgeted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.person("help@example.com", enrolld.Everything(), enrolld.PermCustomersSearch)
	for i := range perHour.Burst {
		want(t, fmt.Sprint("search ", i), b.Post(w.path("/find"), url.Values{"who": {"lee"}}), http.StatusSeeOther)
	}
	want(t, "one too many", b.Post(w.path("/find"), url.Values{"who": {"lee"}}), http.StatusTooManyRequests)
	w.Clock.Advance(perHour.Every)
	want(t, "a minute later", b.Post(w.path("/find"), url.Values{"who": {"lee"}}), http.StatusSeeOther)
}

func TestSessionForgets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.person("help@example.com", enrolld.Everything(), enrolld.PermCustomersSearch)
	var first int64
	for i := range mostKnown + 1 {
		name := fmt.Sprintf("Unique%c%c Name", 'a'+i/26, 'a'+i%26)
		id := w.customer(w.Account.ID, name, fmt.Sprintf("u%d@x.example", i))
		if i == 0 {
			first = id
		}
		want(t, name, b.Post(w.path("/find"), url.Values{"who": {strings.Fields(name)[0]}}), http.StatusSeeOther)
		w.Clock.Advance(time.Minute)
	}
	want(t, "the first of more than are remembered", b.Get(w.path("/found/%d", first)), http.StatusNotFound)
}

// The timeline says what a change was, not just that there was one.
func TestEventsSayWhatChanged(t *testing.T) {
	t.Parallel()
	profile := store.CustomerEvent{
		Action: "customer.changed", Before: []byte(`{"email":"a@x.example","first_name":"","last_name":""}`),
		After: []byte(`{"email":"b@x.example","first_name":"Ann","last_name":"Lee","in_wordpress":true}`),
	}
	for _, tt := range []struct {
		event       store.CustomerEvent
		title, text string
	}{
		{profile, "The profile was changed", "a@x.example → b@x.example · none → Ann Lee"},
		{store.CustomerEvent{Action: "customer.address_added", After: []byte(`{"address":"c@x.example"}`)}, "A further address was added", "c@x.example"},
		{store.CustomerEvent{Action: "customer.address_removed", Before: []byte(`{"address":"c@x.example"}`)}, "A further address was removed", "c@x.example"},
		{store.CustomerEvent{Action: "customer.merged", Subject: "d@x.example", After: []byte(`[{}]`)}, "Another customer was merged into this one", "d@x.example"},
		{store.CustomerEvent{Action: "customer.blocked", After: []byte(`{"reason":"shared"}`)}, "Blocked", "shared"},
		{store.CustomerEvent{Action: "customer.changed"}, "The profile was changed", ""}, // the words were erased
		{store.CustomerEvent{Action: "access.granted", Detail: []byte(`{"course":"page:12","until":"2027-07-01T00:00:00Z"}`)}, "Access was opened to page:12, until 30 June 2027", ""},
		{store.CustomerEvent{Action: "access.granted", Detail: []byte(`{"course":"page:12"}`)}, "Access was opened to page:12", ""},
		{store.CustomerEvent{Action: "access.changed", Detail: []byte(`{"course":"page:12"}`)}, "The end of access was changed for page:12, without end", ""},
	} {
		got := eventEntry(site{}, tt.event)
		if diff := cmp.Diff([]string{tt.title, tt.text}, []string{got.Title, got.Text}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.event.Action, diff)
		}
	}
}

// What settlement notes is told in words.
func TestEventsHaveWords(t *testing.T) {
	t.Parallel()
	for _, action := range []string{
		"access.granted", "access.revoked", "access.changed", "access.restored", "access.removed", "ground.given", "ground.withdrawn",
	} {
		if e := eventEntry(site{}, store.CustomerEvent{Action: action}); e.Title == action {
			t.Errorf("%s has no words", action)
		}
	}
}
