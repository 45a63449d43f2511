package customers

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/handlers/gate/gatetest"
	"enrolld/store"
)

func (f *fakeAccess) Entrance(context.Context, int64, int64) (Entrance, error) {
	if f.door != nil {
		return Entrance{}, f.door
	}
	return Entrance{Site: "ink.example", Address: "https://ink.example/index.php?enrolld=enter", Origin: "https://ink.example", Field: "enrolld_token"}, nil
}

// user gives a customer a WordPress user.
func (w *world) user(first string) int64 {
	w.T.Helper()
	id := w.people[first]
	w.Exec(`UPDATE enrolld_customers SET wp_user_id = ? WHERE id = ?`, 100+id, id)
	return id
}

var why = url.Values{"reason": {"ticket\n 9"}, "course": {"page:12"}}

// helper is somebody who may log in as customers, and what else is said.
func (w *world) helper(email string, s enrolld.Scope, more ...enrolld.Permission) *gatetest.Browser {
	w.T.Helper()
	return w.person(email, s, append(more, enrolld.PermLogInAs)...)
}

// TestLogInAs: the page says what will happen; the answer takes a token to the site
// and nowhere else; the log knows who, whom and why.
func TestLogInAs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.user("Ann")
	b := w.owner()
	want(t, "the customer", b.Get(w.path("/%d", ann)), http.StatusOK, "Log in as this customer")
	ask := b.Get(w.path("/%d/log-in-as", ann))
	want(t, "the question", ask, http.StatusOK, "Log in as <bdi>Ann Lee</bdi>?", "Your own WordPress session on <bdi>ink.example</bdi>", "after 30 minutes",
		"It is logged", "Open to this customer", "Not open to them")
	got := b.Post(w.path("/%d/log-in-as", ann), why)
	want(t, "the answer", got, http.StatusOK, `action="https://ink.example/index.php?enrolld=enter"`, "data-onward", "Go to ink.example")
	if csp := got.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https://ink.example;") {
		t.Errorf("the policy does not let the form go there, or more than there: %s", csp)
	}
	if csp := ask.Header.Get("Content-Security-Policy"); strings.Contains(csp, "ink.example") {
		t.Errorf("the policy of the question: %s", csp)
	}
	m := regexp.MustCompile(`name="enrolld_token" value="([A-Za-z0-9_-]{43})"`).FindStringSubmatch(got.Body)
	if m == nil {
		t.Fatal("there is no token")
	}
	if n := w.Number(`SELECT COUNT(*) FROM enrolld_entries WHERE token_hash = UNHEX(SHA2(?, 256)) AND customer_id = ? AND user_id = ? AND course_id = 12
		AND reason = 'ticket 9' AND back_url = CONCAT('https://admin.example', ?)`, m[1], ann, 100+ann, w.path("/%d", ann)); n != 1 {
		t.Error("no entry with this token's hash, the user, the course, the reason and the way back")
	}
	if n := w.Number(`SELECT COUNT(*) FROM enrolld_audit a JOIN enrolld_audit_personal p ON p.id = a.personal_id
		WHERE a.action = ? AND a.customer_id = ? AND a.login_id IS NOT NULL AND p.detail LIKE '%ticket 9%' AND p.detail NOT LIKE CONCAT('%', ?, '%')`, store.AuditEntryAsked, ann, m[1]); n != 1 {
		t.Error("the log does not say who asked and why, or it has the token")
	}
	want(t, "the customer then", b.Get(w.path("/%d", ann)), http.StatusOK, "Asked to log in as this customer", "ticket 9")
}

func TestLogInAsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, dora := w.user("Ann"), w.user("Dora")
	ink := enrolld.Scope{Products: []int64{w.products["Ink"]}}
	every := enrolld.Scope{AllProducts: true}
	narrowed := w.helper("narrow@example.com", ink, enrolld.PermCustomersBrowse)
	browser, searcher := w.helper("browse@example.com", every, enrolld.PermCustomersBrowse), w.helper("search@example.com", every, enrolld.PermCustomersSearch)
	without := w.person("without@example.com", every, enrolld.PermCustomersBrowse)
	tests := []struct {
		name   string
		who    *gatetest.Browser
		id     int64
		form   url.Values
		door   error
		status int
		says   string
	}{
		{"no WordPress user", browser, w.people["Bob"], why, nil, http.StatusUnprocessableEntity, "no WordPress user yet"},
		{"no reason", browser, ann, url.Values{"reason": {" \n"}}, nil, http.StatusUnprocessableEntity, "Say why"},
		{"a long reason", browser, ann, url.Values{"reason": {strings.Repeat("x", 301)}}, nil, http.StatusUnprocessableEntity, "at most 300"},
		{"another course", browser, ann, url.Values{"reason": {"because"}, "course": {"page:77"}}, nil, http.StatusUnprocessableEntity, "not there any more"},
		{"too many rights", browser, ann, why, enrolld.Errorf(enrolld.Forbidden, "more rights on the site"), http.StatusUnprocessableEntity, "More rights on the site."},
		{"an old companion", browser, ann, why, enrolld.Errorf(enrolld.Conflict, "install the companion again"), http.StatusUnprocessableEntity, "Install the companion again."},
		{"not permitted", without, ann, why, nil, http.StatusForbidden, "Log in as a customer"},
		{"out of scope", narrowed, w.user("Cleo"), why, nil, http.StatusNotFound, ""},
		{"partly out of scope", narrowed, dora, why, nil, http.StatusUnprocessableEntity, "shows more than these"},
		{"not searched for", searcher, ann, why, nil, http.StatusNotFound, "among those whom you searched for"},
	}
	for _, tt := range tests {
		w.access.door = tt.door
		want(t, tt.name, tt.who.Post(w.path("/%d/log-in-as", tt.id), tt.form), tt.status, tt.says)
		if tt.status == http.StatusUnprocessableEntity && tt.form.Get("reason") == why.Get("reason") {
			page := tt.who.Get(w.path("/%d/log-in-as", tt.id))
			want(t, tt.name+", asking", page, http.StatusOK, tt.says)
			lacks(t, tt.name+", asking", page, `name="reason"`)
		}
	}
	w.access.door = nil
	if n := w.Number(`SELECT COUNT(*) FROM enrolld_entries`); n != 0 {
		t.Errorf("%d entries were made", n)
	}
	lacks(t, "without the permission", without.Get(w.path("/%d", ann)), "Log in as this customer")
	lacks(t, "partly out of scope", narrowed.Get(w.path("/%d", dora)), "Log in as this customer")
	w.Exec(`UPDATE enrolld_customers SET wp_user_id = ? WHERE id = ?`, 100+ann, w.people["Bob"])
	want(t, "a user who is somebody out of scope too", narrowed.Post(w.path("/%d/log-in-as", ann), why), http.StatusUnprocessableEntity, "shows more than these")
	w.Exec(`UPDATE enrolld_customers SET wp_user_id = NULL WHERE id = ?`, w.people["Bob"])
	want(t, "in scope", narrowed.Post(w.path("/%d/log-in-as", ann), why), http.StatusOK, "enrolld_token")
	searcher.Post(w.path("/find"), url.Values{"who": {"ann@ink.example"}})
	want(t, "searched for", searcher.Post(w.path("/%d/log-in-as", ann), why), http.StatusOK, "enrolld_token")
}

// TestLogInAsAsksForAProof: an old session has to prove again who it is, before the
// question and before the act.
func TestLogInAsAsksForAProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.user("Ann")
	b := w.owner()
	w.Clock.Advance(16 * time.Minute)
	for what, got := range map[string]gatetest.Answer{
		"the question": b.Get(w.path("/%d/log-in-as", ann)), "the act": b.Post(w.path("/%d/log-in-as", ann), why),
	} {
		if got.Status != http.StatusSeeOther || !strings.HasPrefix(got.Location, "/sign-in/confirm?next=") {
			t.Errorf("%s: %d to %q, want the way to a new proof", what, got.Status, got.Location)
		}
	}
}

// TestLogInAsBudget: nobody makes tokens without end.
func TestLogInAsBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.user("Ann")
	b := w.owner()
	statuses := map[int]int{}
	for range 22 {
		statuses[b.Post(w.path("/%d/log-in-as", ann), why).Status]++
	}
	if diff := cmp.Diff(map[int]int{http.StatusOK: 20, http.StatusTooManyRequests: 2}, statuses); diff != "" {
		t.Errorf("22 at once (-want +got):\n%s", diff)
	}
}

// TestVisits: who is on the site as a customer is listed and ended from here; who was
// given some products only sees and ends their own.
func TestVisits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.user("Ann")
	owner := w.owner()
	narrowed := w.helper("narrow@example.com", enrolld.Scope{Products: []int64{w.products["Ink"]}}, enrolld.PermCustomersBrowse)
	without := w.person("without@example.com", enrolld.Scope{AllProducts: true}, enrolld.PermCustomersBrowse)
	owner.Post(w.path("/%d/log-in-as", ann), url.Values{"reason": {"owner's reason"}})
	narrowed.Post(w.path("/%d/log-in-as", ann), url.Values{"reason": {"narrow reason"}})
	lacks(t, "nobody is there yet", owner.Get(w.path("/%d", ann)), "On the site as this customer now")
	w.Exec(`UPDATE enrolld_entries SET taken_at = created_at, until_at = ?`, w.DB.Now().Add(enrolld.EntryTerm))
	want(t, "two are there", owner.Get(w.path("/%d", ann)), http.StatusOK, "On the site as this customer now", "owner&#39;s reason", "narrow reason")
	own := narrowed.Get(w.path("/%d", ann))
	want(t, "some products", own, http.StatusOK, "narrow reason")
	lacks(t, "some products", own, "owner&#39;s reason")
	lacks(t, "without the permission", without.Get(w.path("/%d", ann)), "On the site as this customer now")
	theirs := w.Number(`SELECT MIN(id) FROM enrolld_entries`)
	want(t, "somebody else's", narrowed.Post(w.path("/%d/visits/%d/end", ann, theirs), nil), http.StatusNotFound)
	for _, id := range []int64{theirs, theirs + 1} {
		want(t, "the owner ends it", owner.Post(w.path("/%d/visits/%d/end", ann, id), nil), http.StatusSeeOther)
	}
	want(t, "again", owner.Post(w.path("/%d/visits/%d/end", ann, theirs), nil), http.StatusNotFound, "is over already")
	then := owner.Get(w.path("/%d", ann))
	lacks(t, "all have ended", then, "On the site as this customer now")
	want(t, "all have ended", then, http.StatusOK, "Logged in on the site as this customer", "Stopped being logged in as this customer", "Ended here.")
}
