package customers

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"enrolld"
	"enrolld/store/bulk"
)

// TestSelect takes those who were ticked, or who match, to where it is asked what
// to do with them.
func TestSelect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	ann, bob := fmt.Sprint(w.people["Ann"]), fmt.Sprint(w.people["Bob"])
	want(t, "list", b.Get(w.path("")), http.StatusOK, `name="id" value="`+ann+`"`, "Change all 4", "Change ticked", w.path("/bulk"))
	a := b.Get(w.path("?course=%s", drawing))
	want(t, "filtered", a, http.StatusOK, `type="hidden" name="course" value="page:12"`, "Change all 2")
	for _, tt := range []struct {
		form  url.Values
		ids   int
		words string
	}{
		{url.Values{"for": {"ticked"}, "id": {ann, bob}, "course": {"page:12"}}, 2, ""},
		{url.Values{"for": {"all"}, "id": {ann}, "course": {"page:12"}}, 0, "in Drawing"},
		{url.Values{"for": {"all"}, "course": {"page:12"}, "q": {"ann"}}, 0, "found by a search, in Drawing"},
		{url.Values{"for": {"all"}}, 0, ""},
	} {
		a := b.Post(w.path("/select"), tt.form)
		id, err := strconv.ParseInt(a.Location[strings.LastIndex(a.Location, "/")+1:], 10, 64)
		if a.Status != http.StatusSeeOther || err != nil {
			t.Fatalf("%v: got %d to %q", tt.form, a.Status, a.Location)
		}
		got, err := bulk.On(w.DB).Get(t.Context(), w.Account.ID, id)
		w.check(err)
		if got.State != bulk.Choosing || len(got.Selection.Filter.IDs) != tt.ids || got.Selection.Words != tt.words ||
			got.Chosen != (tt.ids > 0) || (got.Selection.Filter.Course == drawing) != (tt.words != "") {
			t.Errorf("%v: got %+v", tt.form, got)
		}
	}
	a = b.Post(w.path("/select"), url.Values{"for": {"ticked"}, "course": {"page:12"}})
	if a.Status != http.StatusSeeOther || a.Location != w.path("?course=page%%3A12") {
		t.Errorf("nobody ticked: got %d to %q, want back to the list as it was", a.Status, a.Location)
	}
	want(t, "nobody ticked", b.Get(a.Location), http.StatusOK, "Nobody is ticked.")
	want(t, "nonsense", b.Post(w.path("/select"), url.Values{"for": {"ticked"}, "id": {"x"}}), http.StatusUnprocessableEntity)
}

// TestSelectNarrow: who was given some products only exports whom they ticked, as
// far as they may see them, and changes nobody.
func TestSelectNarrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.person("tomas@example.org", enrolld.Scope{Products: []int64{w.products["Ink"]}}, enrolld.PermCustomersBrowse)
	ann, bob := fmt.Sprint(w.people["Ann"]), fmt.Sprint(w.people["Bob"])
	lacks(t, "list", b.Get(w.path("")), "Change ticked", "Change all", w.path("/bulk"))
	a := b.Post(w.path("/select"), url.Values{"for": {"export"}, "id": {ann, bob}})
	want(t, "export", a, http.StatusOK, "ann@ink.example")
	lacks(t, "export", a, "bob@clay.example")
	for _, what := range []string{"ticked", "all"} {
		want(t, what, b.Post(w.path("/select"), url.Values{"for": {what}, "id": {ann}}), http.StatusForbidden)
	}
	if n := w.Number(`SELECT COUNT(*) FROM enrolld_bulks`); n != 0 {
		t.Errorf("%d bulk actions, want none", n)
	}
}

// TestLink sends a link to set a password, for who may and to whom they may see.
func TestLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.people["Ann"], w.people["Bob"]
	lacks(t, "without a user", w.owner().Get(w.path("/%d", ann)), "/password")
	w.Exec(`UPDATE enrolld_customers SET wp_user_id = 900 + id`)
	helper := w.person("ben@example.org", enrolld.Everything(), enrolld.PermCustomersBrowse, enrolld.PermPasswords)
	link := w.path("/%d/password", ann)
	want(t, "page", helper.Get(w.path("/%d", ann)), http.StatusOK, link)
	lacks(t, "without the permission", w.person("no@example.org", enrolld.Everything(), enrolld.PermCustomersBrowse).Get(w.path("/%d", ann)), link)
	want(t, "asked", helper.Get(link), http.StatusOK, "Send Ann Lee a link", "You will not see the link")
	want(t, "sent", helper.Post(link, nil), http.StatusSeeOther)
	w.access.err = enrolld.Errorf(enrolld.Invalid, "the WordPress user has more than a customer's rights")
	want(t, "refused", helper.Post(link, nil), http.StatusSeeOther)
	want(t, "refused", helper.Get(w.path("/%d", ann)), http.StatusOK, "No link was sent. The WordPress user has more than")
	w.access.err = nil
	want(t, "the third", helper.Post(link, nil), http.StatusSeeOther)
	want(t, "too often", helper.Post(link, nil), http.StatusTooManyRequests)
	if len(w.access.links) != 2 {
		t.Errorf("%d links were sent, want 2", len(w.access.links))
	}

	search := w.person("search@example.org", enrolld.Everything(), enrolld.PermCustomersSearch, enrolld.PermPasswords)
	want(t, "not searched for", search.Get(w.path("/%d/password", bob)), http.StatusNotFound)
	want(t, "not searched for", search.Post(w.path("/%d/password", bob), nil), http.StatusNotFound)
	search.Post(w.path("/find"), url.Values{"who": {"bob@clay.example"}})
	want(t, "searched for", search.Get(w.path("/%d/password", bob)), http.StatusOK, w.path("/found/%d", bob))
	some := w.person("some@example.org", enrolld.Scope{Products: []int64{w.products["Ink"]}}, enrolld.PermCustomersBrowse, enrolld.PermPasswords)
	want(t, "out of scope", some.Get(w.path("/%d/password", bob)), http.StatusNotFound)
}

// TestEmailsOfACustomer: what servers answered, and the way to what an email says,
// are for who may view emails.
func TestEmailsOfACustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.people["Ann"]
	id := w.Insert(`INSERT INTO enrolld_messages (account_id, customer_id, kind, cause, recipient, data, state, response, due_at, created_at)
		VALUES (?, ?, 'access', 'c', 'ann@ink.example', '{}', 'dead', '550 no such user', ?, ?)`, w.Account.ID, ann, w.DB.Now(), w.DB.Now())
	w.Insert(`INSERT INTO enrolld_messages (account_id, customer_id, kind, cause, recipient, data, state, response, due_at, created_at)
		VALUES (?, ?, 'access', 'd', 'ann@ink.example', '{}', 'queued', '', ?, ?)`, w.Account.ID, ann, w.DB.Now(), w.DB.Now())
	message := w.path("/%d/emails/%d", ann, id)
	a := w.person("a@example.org", enrolld.Everything(), enrolld.PermCustomersBrowse, enrolld.PermEmails).Get(w.path("/%d", ann))
	want(t, "with the permission", a, http.StatusOK, message, "550 no such user", "Given up", "Waits")
	a = w.person("b@example.org", enrolld.Everything(), enrolld.PermCustomersBrowse).Get(w.path("/%d", ann))
	want(t, "without", a, http.StatusOK, "New courses", "Given up")
	lacks(t, "without", a, message, "550 no such user")
}
