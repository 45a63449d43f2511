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

func TestCustomerPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maya, _ := w.Person("maya@example.com", w.Account.ID, enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()})
	ann := w.people["Ann"]
	until := time.Date(2031, 4, 1, 0, 0, 0, 0, time.UTC)
	w.give(ann, sculpture, &until, maya.ID)
	w.Exec("UPDATE enrolld_customers SET wp_user_id = 77, problem = '<b>sad</b>' WHERE id = ?", ann)
	w.Exec(`INSERT INTO enrolld_messages (account_id, customer_id, kind, cause, recipient, data, state, response, due_at, created_at, sent_at)
		VALUES (?, ?, 'welcome', 'c', 'ann@ink.example', '{}', 'sent', '250 2.0.0 Ok: queued', ?, ?, ?)`, w.Account.ID, ann, w.DB.Now(), w.DB.Now(), w.DB.Now())
	w.check(w.DB.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.Audit(t.Context(), []store.AuditEntry{{
			AccountID: w.Account.ID, Actor: "delivery", Action: "access.granted", CustomerID: ann, Detail: `{"course":"page:12"}`,
		}})
	}))
	a := w.As(maya).Get(w.path("/%d", ann))
	day := w.DB.Now().Format("2 January 2006")
	want(t, "the page", a, http.StatusOK, "Ann Lee", "2 courses", "Order #15143"+fmt.Sprint(ann)+", stripe, "+day, "Given by Maya, "+day, "Ink for everybody",
		"49.00", "&lt;b&gt;sad&lt;/b&gt;", "https://ink.example/wp-admin/user-edit.php?user_id=77", "250 2.0.0 Ok: queued", "Access was opened to Drawing",
		"A delivery", ">31 March 2031</time>", "Became a customer", "Email sent: Welcome", "stripe · Shop, By hand", w.path("/%d/access", ann))
	w.Exec("UPDATE enrolld_grants SET state = 'ended', reason = 'refunded' WHERE course_id = 12")
	a = w.As(maya).Get(w.path("/%d", ann))
	want(t, "after a refund", a, http.StatusOK, "1 course", "Not open", "refunded")
	w.away = true
	want(t, "while the site is away", w.As(maya).Get(w.path("/%d", ann)), http.StatusOK, "cannot be read", "page:15")
	other := w.AddAccount("Pottery Guild", 0)
	w.Exec("UPDATE enrolld_customers SET account_id = ? WHERE id = ?", other.ID, ann)
	want(t, "in another account", w.As(maya).Get(w.path("/%d", ann)), http.StatusNotFound)
}

// revision is the customer's, as the form keeps it.
func (w *world) revision(id int64) string {
	return fmt.Sprint(w.Number("SELECT revision FROM enrolld_customers WHERE id = ?", id))
}

func TestEditAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	ann := w.people["Ann"]
	ends := time.Date(2031, 4, 1, 0, 0, 0, 0, time.UTC)
	w.give(ann, sculpture, &ends, 1)
	path := w.path("/%d/access", ann)
	want(t, "the form", b.Get(path), http.StatusOK, `value="page:15" checked`, `value="2031-03-31"`, "Order #15143", `value="page:12">`, "No email is sent")
	w.customer(w.Account.ID, "Ann Lee", "ann@ink.example") // somebody touches her
	kept := url.Values{"give": {"page:15"}, "until-page:15": {"2031-03-31"}}
	last := time.Date(2032, 2, 1, 0, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		form url.Values
		want Change
	}{
		"nothing":        {kept, Change{}},
		"take back":      {url.Values{}, Change{Take: []enrolld.CourseRef{sculpture}}},
		"without end":    {url.Values{"give": {"page:15"}}, Change{Give: []Gift{{Course: sculpture}}}},
		"another end":    {url.Values{"give": {"page:15"}, "until-page:15": {"2032-01-31"}}, Change{Give: []Gift{{sculpture, &last}}}},
		"beside orders":  {url.Values{"give": {"page:15", "page:12"}, "until-page:15": {"2031-03-31"}}, Change{Give: []Gift{{Course: drawing}}}},
		"one for other":  {url.Values{"give": {"page:99"}, "until-page:99": {" 2032-01-31 "}}, Change{Give: []Gift{{secret, &last}}, Take: []enrolld.CourseRef{sculpture}}},
		"ends untouched": {url.Values{"give": {"page:15"}, "until-page:15": {"2031-03-31"}, "until-page:12": {" "}}, Change{}},
	} {
		w.access.changes = nil
		test.form.Set("revision", w.revision(ann))
		a := b.Post(path, test.form)
		if a.Status != http.StatusSeeOther || a.Location != w.path("/%d", ann) {
			t.Errorf("%s: got %d to %s", name, a.Status, a.Location)
		}
		var wanted []Change
		if len(test.want.Give)+len(test.want.Take) > 0 {
			test.want.AccountID, test.want.CustomerID = w.Account.ID, ann
			test.want.Revision = w.Number("SELECT revision FROM enrolld_customers WHERE id = ?", ann)
			wanted = append(wanted, test.want)
		}
		if diff := cmp.Diff(wanted, w.access.changes); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestEditAccessErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	path := w.path("/%d/access", w.people["Ann"])
	for name, test := range map[string]struct {
		form url.Values
		has  []string
	}{
		"a day alone":        {url.Values{"give": {"page:15"}, "until-page:15": {"2031-03-31"}, "until-page:12": {"2032-01-31"}}, []string{"Tick the course", `value="2032-01-31"`}},
		"a day that is over": {url.Values{"give": {"page:15"}, "until-page:15": {"2001-01-01"}}, []string{"This day is over", `value="2001-01-01"`, `value="page:15" checked`}},
		"no day":             {url.Values{"give": {"page:15"}, "until-page:15": {"soon"}}, []string{"Enter the last day", `value="soon"`}},
		"no such course":     {url.Values{"give": {"page:4711"}}, []string{"not there any more"}},
		"no revision":        {url.Values{"give": {"page:15"}, "revision": {"x"}}, []string{"load the page again"}},
	} {
		if test.form.Get("revision") == "" {
			test.form.Set("revision", "1")
		}
		want(t, name, b.Post(path, test.form), http.StatusUnprocessableEntity, test.has...)
	}
	w.access.err = enrolld.Errorf(enrolld.Conflict, "somebody was first")
	w.give(w.people["Ann"], secret, nil, 0)
	a := b.Post(path, url.Values{"give": {"page:15"}, "revision": {"1"}})
	want(t, "somebody was first", a, http.StatusUnprocessableEntity, "Somebody was first", `value="page:15" checked`, "Given by the command line",
		`name="revision" value="`+w.revision(w.people["Ann"])+`"`)
	w.access.err = enrolld.Errorf(enrolld.Unavailable, "the site is away")
	want(t, "the site is away", b.Post(path, url.Values{"give": {"page:15"}, "revision": {"1"}}), http.StatusServiceUnavailable)
	if len(w.access.changes) != 0 {
		t.Errorf("something was changed: %+v", w.access.changes)
	}
}

func TestAdd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	w.access.answer = Added{CustomerID: 4711, New: true}
	want(t, "the form", b.Get(w.path("/new")), http.StatusOK, "Drawing", `name="notify" value="1" checked`)
	form := func(email string, more ...string) url.Values {
		v := url.Values{"email": {email}, "first": {" Eva  Maria "}, "last": {"Ray"}, "course": {"page:12", "page:12", "page:15"}, "until": {"2031-12-31"}, "notify": {"1"}}
		for i := 0; i+1 < len(more); i += 2 {
			v[more[i]] = strings.Fields(more[i+1])
		}
		return v
	}
	until := time.Date(2032, 1, 1, 0, 0, 0, 0, time.UTC)
	wanted := Newcomer{
		AccountID: w.Account.ID, Email: "Eva@x.example", First: "Eva Maria", Last: "Ray", Give: []Gift{{drawing, &until}, {sculpture, &until}}, Notify: true,
	}
	for name, test := range map[string]struct {
		form url.Values
		has  []string
	}{
		"no address":       {form(""), []string{"The email address is empty", `value="page:12" checked`, `value="2031-12-31"`}},
		"a wrong one":      {form("eva@"), []string{"not an email address", `value="eva@"`}},
		"no course":        {form("eva@x.example", "course", ""), []string{"Choose at least one course"}},
		"a foreign course": {form("eva@x.example", "course", "page:4711"), []string{"not there any more"}},
		"a day of before":  {form("eva@x.example", "until", "2001-01-01"), []string{"This day is over"}},
		"a long name":      {form("eva@x.example", "last", strings.Repeat("x", 101)), []string{"at most 100 characters"}},
		"a customer":       {form("ANN@ink.example"), []string{"Ann Lee is a customer already", "They have Drawing.", w.path("/%d", w.people["Ann"])}},
	} {
		want(t, name, b.Post(w.path("/new"), test.form), http.StatusUnprocessableEntity, test.has...)
	}
	if len(w.access.added) != 0 {
		t.Fatalf("somebody was added: %+v", w.access.added)
	}
	a := b.Post(w.path("/new"), form("Eva@x.example"))
	if a.Status != http.StatusSeeOther || a.Location != w.path("/4711") {
		t.Errorf("adding: got %d to %s", a.Status, a.Location)
	}
	if diff := cmp.Diff([]Newcomer{wanted}, w.access.added); diff != "" {
		t.Errorf("added (-want +got):\n%s", diff)
	}
}

// Somebody who is there already is told of before anything happens, and reused.
func TestAddSomebodyKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	w.access.users["user@x.example"] = true
	w.access.answer = Added{CustomerID: w.people["Ann"]}
	for email, told := range map[string]string{"ann@ink.example": "is a customer already", "user@x.example": "has a WordPress user with this address"} {
		w.access.added = nil
		form := url.Values{"email": {email}, "course": {"page:15"}}
		first := b.Post(w.path("/new"), form)
		want(t, email, first, http.StatusUnprocessableEntity, told, "Save once more", `name="known" value="`+email+`"`)
		if len(w.access.added) != 0 {
			t.Errorf("%s: added before it was said", email)
		}
		form.Set("known", "other@x.example")
		want(t, email+" after another", b.Post(w.path("/new"), form), http.StatusUnprocessableEntity, told)
		form.Set("known", email)
		a := b.Post(w.path("/new"), form)
		if a.Status != http.StatusSeeOther || len(w.access.added) != 1 {
			t.Errorf("%s: got %d, added %d", email, a.Status, len(w.access.added))
		}
		want(t, "after it", b.Get(a.Location), http.StatusOK, "has the courses now")
	}
	for set, told := range map[string][2]string{
		isBlocked: {"Nothing opens, and no email is sent, while they are blocked.", "Ann Lee is blocked: what was given opens once they are unblocked."},
		isRemoved: {"They were removed from the academy: with these courses they are a customer again.", "has the courses now"},
	} {
		w.stand(w.people["Ann"], "blocked_at = NULL, removed_at = NULL, gone = FALSE")
		w.stand(w.people["Ann"], set)
		form := url.Values{"email": {"ann@ink.example"}, "course": {"page:15"}}
		want(t, "shut out", b.Post(w.path("/new"), form), http.StatusUnprocessableEntity, told[0])
		form.Set("known", "ann@ink.example")
		want(t, "shut out, after it", b.Get(b.Post(w.path("/new"), form).Location), http.StatusOK, told[1])
	}
	w.access.answer.Problem = "the address belongs to an administrator"
	a := b.Post(w.path("/new"), url.Values{"email": {"new@x.example"}, "course": {"page:15"}})
	want(t, "a problem", b.Get(a.Location), http.StatusOK, "no WordPress user: the address belongs to an administrator.")
}
