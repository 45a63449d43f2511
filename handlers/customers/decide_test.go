package customers

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/handlers/gate/gatetest"
	"enrolld/store"
)

// fakeDecider notes what was decided.
type fakeDecider struct {
	decisions []Decision
	erasures  []Erasure
	failure   error
}

func (f *fakeDecider) Decide(_ context.Context, _ enrolld.Actor, d Decision) error {
	if f.failure == nil {
		f.decisions = append(f.decisions, d)
	}
	return f.failure
}

func (f *fakeDecider) Erase(_ context.Context, _ enrolld.Actor, e Erasure) error {
	if f.failure == nil {
		f.erasures = append(f.erasures, e)
	}
	return f.failure
}

func (*fakeDecider) Made(_ context.Context, c enrolld.Customer) (bool, error) {
	return c.WPCreated, nil
}

// stand sets what the team decided about a customer.
func (w *world) stand(id int64, set string) {
	w.T.Helper()
	w.Exec("UPDATE enrolld_customers SET "+set+" WHERE id = ?", id)
	w.check(w.DB.InTx(w.T.Context(), func(tx *store.Tx) error { return tx.Reindex(w.T.Context(), []int64{id}) }))
}

const (
	isBlocked = "blocked_at = '2026-01-02', blocked_by = 'Maya Lind', block_reason = 'Shares <the> login'"
	isRemoved = "removed_at = '2026-01-03', removed_by = 'Otto', gone = TRUE"
	isBack    = "removed_at = '2026-01-03', removed_by = 'Otto', gone = FALSE"
	isErased  = isRemoved + ", erased_at = '2026-01-04', email = 'erased-1@invalid.', email_key = 'erased-1@invalid.', first_name = '', last_name = ''"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	ann := w.people["Ann"]
	w.Exec(`UPDATE enrolld_orders SET record = JSON_SET(record, '$.subscriptions', JSON_OBJECT('s1', JSON_OBJECT('at', '2026-01-02T03:04:05Z', 'v', JSON_OBJECT('state', 'active')))) WHERE customer_id = ?`, ann)
	w.Exec("UPDATE enrolld_customers SET wp_user_id = 77 WHERE id = ?", ann)
	at := func(below string) string { return w.path("/%d", ann) + below }
	want(t, "the page", b.Get(at("")), http.StatusOK, at("/block"), at("/remove"), at("/erase"))
	want(t, "block", b.Get(at("/block")), http.StatusOK, "Block <bdi>Ann Lee", "logged out of the site", "subscriptions go on charging", `name="reason"`)
	want(t, "remove", b.Get(at("/remove")), http.StatusOK, "Remove Ann Lee from the academy?", "can no longer enter Drawing.", "make refunds in your checkout tool",
		"goes on charging them: cancel it in stripe", "they are a customer again", "Take back", `name="revision" value="`+w.revision(ann)+`"`)
	lacks(t, "remove", b.Get(w.path("/%d/remove", w.people["Bob"])), "charging")
	want(t, "no reason", b.Post(at("/block"), url.Values{"reason": {" "}, "revision": {"1"}}), http.StatusUnprocessableEntity, "Say why")
	long := strings.Repeat("é", 300)
	want(t, "a long reason", b.Post(at("/block"), url.Values{"reason": {long}, "revision": {"1"}}), http.StatusUnprocessableEntity, "at most 500", long)
	if len(w.access.decisions) != 0 {
		t.Fatalf("something was decided: %+v", w.access.decisions)
	}
	for _, test := range []struct {
		path string
		act  Act
		form url.Values
	}{
		{"/block", Block, url.Values{"reason": {" Shares the login "}}}, {"/unblock", Unblock, url.Values{}}, {"/remove", Remove, url.Values{}}, {"/take-back", TakeBack, url.Values{}},
	} {
		w.access.decisions = nil
		test.form.Set("revision", "3")
		if a := b.Post(at(test.path), test.form); a.Status != http.StatusSeeOther || a.Location != at("") {
			t.Errorf("%s: got %d to %s", test.path, a.Status, a.Location)
		}
		d := Decision{AccountID: w.Account.ID, CustomerID: ann, Revision: 3, Act: test.act, Reason: strings.TrimSpace(test.form.Get("reason"))}
		if diff := cmp.Diff([]Decision{d}, w.access.decisions); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.path, diff)
		}
		b.Post(at(test.path), url.Values{"reason": {"x"}, "revision": {"x"}})
		if got := w.access.decisions[1].Revision; got != -1 {
			t.Errorf("%s: a form without a revision decides about revision %d, want -1, which is nobody's", test.path, got)
		}
	}
	w.access.failure = enrolld.Errorf(enrolld.Conflict, "somebody was first")
	want(t, "blocking, somebody was first", b.Post(at("/block"), url.Values{"reason": {"my reason"}, "revision": {"1"}}), http.StatusUnprocessableEntity,
		"Somebody was first", "my reason", `value="`+w.revision(ann)+`"`)
	want(t, "removing, somebody was first", b.Post(at("/remove"), url.Values{"revision": {"1"}}), http.StatusConflict, "omebody was first")
}

func TestStandings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	want(t, "Ann, while nothing is decided", b.Get(w.path("/%d", w.people["Ann"])), http.StatusOK, "/merge\"")
	w.Exec(`INSERT INTO enrolld_merges (account_id, kept_id, gone_id, moved, actor, merged_at) VALUES (?, ?, ?, '{}', 'Maya', '2026-01-01')`,
		w.Account.ID, w.people["Ann"], w.people["Dora"])
	want(t, "Ann, merged", b.Get(w.path("/%d", w.people["Ann"])), http.StatusOK, "/undo\"")
	w.stand(w.people["Ann"], isBlocked)
	w.stand(w.people["Bob"], isRemoved)
	w.stand(w.people["Dora"], isBack)
	w.stand(w.people["Cleo"], isErased)
	cleo := fmt.Sprint("Erased customer ", w.people["Cleo"])
	for query, names := range map[string][]string{
		"": {"Ann Lee", "Dora Both"}, "?access=blocked": {"Ann Lee"}, "?access=removed": {"Bob Lee", cleo}, "?access=removed&q=bob": {"Bob Lee"}, "?access=none": nil,
		"?q=lee": {"Ann Lee"}, "?sort=name": {"Ann Lee", "Dora Both"}, "?sort=email": {"Ann Lee", "Dora Both"},
		"?access=removed&source=" + fmt.Sprint(w.source.ID): {"Bob Lee"}, "?access=removed&product=" + fmt.Sprint(w.products["Clay"]): {"Bob Lee"},
	} {
		a := b.Get(w.path("") + query)
		for _, name := range []string{"Ann Lee", "Bob Lee", cleo, "Dora Both"} {
			if got := strings.Contains(a.Body, "<bdi>"+name); got != slices.Contains(names, name) {
				t.Errorf("%q lists %s: %t", query, name, got)
			}
		}
		csv := b.Get(w.path(".csv") + query)
		if got := strings.Count(csv.Body, "\n") - 1; got != len(names) {
			t.Errorf("%q: exported %d rows, want %d", query, got, len(names))
		}
	}
	list := b.Get(w.path(""))
	want(t, "the list", list, http.StatusOK, "Blocked</span>")
	for _, test := range []struct {
		who        string
		has, lacks []string
	}{
		{"Ann", []string{"Blocked on 2 January 2026 by Maya Lind", "Shares &lt;the&gt; login", "/unblock", "/remove", "/erase"}, []string{"/block\"", "/take-back", "/merge\"", "/undo\""}},
		{"Bob", []string{"Removed from the academy on 3 January 2026 by Otto", "/take-back", "/block", "/erase"}, []string{"/remove\"", "/merge\""}},
		{"Dora", []string{"and back since", "/take-back", "/remove"}, []string{"Removed</span>", "/merge\""}},
		{"Cleo", []string{cleo, "Erased on 4 January 2026 by Otto"}, []string{"/block", "/erase", "/take-back", "/access", "invalid."}},
	} {
		a := b.Get(w.path("/%d", w.people[test.who]))
		want(t, test.who, a, http.StatusOK, test.has...)
		lacks(t, test.who, a, test.lacks...)
	}
	want(t, "merged with somebody removed", b.Post(w.path("/%d/merge", w.people["Ann"]), url.Values{"email": {"bob@clay.example"}}),
		http.StatusUnprocessableEntity, "The team has blocked or removed this customer", "bob@clay.example")
	for _, below := range []string{"/access", "/block", "/remove", "/erase"} {
		want(t, "erased"+below, b.Get(w.path("/%d", w.people["Cleo"])+below), http.StatusConflict, "was erased")
	}
	want(t, "a copy", b.Post(w.path("/%d/export", w.people["Cleo"]), nil), http.StatusConflict)

	// Who was given some products only is not told why, and closes nothing.
	narrow := w.person("ink@example.com", enrolld.Scope{Products: []int64{w.products["Ink"]}}, enrolld.PermCustomersBrowse)
	page := narrow.Get(w.path("/%d", w.people["Ann"]))
	want(t, "Ann for some products", page, http.StatusOK, "Blocked on")
	lacks(t, "Ann for some products", page, "Shares", "/unblock", "/remove", "/erase")
	for _, below := range []string{"/block", "/unblock", "/remove", "/take-back", "/erase"} {
		want(t, "some products"+below, narrow.Get(w.path("/%d", w.people["Ann"])+below), http.StatusForbidden)
	}
	// Nor does a helper hand out or erase.
	helper := w.person("help@example.com", enrolld.Everything(), enrolld.PermCustomersBrowse)
	page = helper.Get(w.path("/%d", w.people["Ann"]))
	want(t, "Ann for a helper", page, http.StatusOK, "/unblock", "Shares")
	lacks(t, "Ann for a helper", page, "/erase")
	want(t, "a helper erases", helper.Get(w.path("/%d/erase", w.people["Ann"])), http.StatusForbidden, "nly the owner or an admin")
	want(t, "a helper erases", helper.Post(w.path("/%d/erase", w.people["Ann"]), nil), http.StatusForbidden)
	want(t, "a helper's copy", helper.Post(w.path("/%d/export", w.people["Ann"]), nil), http.StatusForbidden)
}

func TestErase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	ann := w.people["Ann"]
	w.Exec("UPDATE enrolld_customers SET wp_user_id = 77, wp_created = TRUE WHERE id = ?", ann)
	path := w.path("/%d/erase", ann)
	want(t, "the page", b.Get(path), http.StatusOK, "Download the copy", "They asked for no copy", "https://ink.example/wp-admin/erase-personal-data.php",
		"Enrolld made this WordPress user", "can no longer enter <bdi>Drawing</bdi>")
	form := func(email, nocopy string) url.Values {
		v := url.Values{"email": {email}, "revision": {w.revision(ann)}}
		if nocopy != "" {
			v.Set("nocopy", nocopy)
		}
		return v
	}
	want(t, "somebody else's address", b.Post(path, form("bob@clay.example", "1")), http.StatusUnprocessableEntity, "as it stands above", "bob@clay.example")
	want(t, "no copy", b.Post(path, form("ann@ink.example", "")), http.StatusUnprocessableEntity, "Download the copy first")
	if len(w.access.erasures) != 0 {
		t.Fatalf("somebody was erased: %+v", w.access.erasures)
	}
	files := unzip(t, b.Post(w.path("/%d/export", ann), nil))
	want(t, "with the copy", b.Get(path), http.StatusOK, "nothing has changed since")
	var profile struct{ Email string }
	if err := json.Unmarshal(files["profile.json"], &profile); err != nil || profile.Email != "ann@ink.example" {
		t.Errorf("the profile is %s, %v", files["profile.json"], err)
	}
	for file, has := range map[string]string{
		"README.txt": "Export Personal Data", "access.json": `"course": "page:12"`, "orders.json": "Ink for everybody", "emails.json": "[]", "history.json": "[]",
	} {
		if !strings.Contains(string(files[file]), has) {
			t.Errorf("%s lacks %q: %s", file, has, files[file])
		}
	}
	want(t, "erased", b.Post(path, form("ANN@ink.example", "")), http.StatusSeeOther)
	e := Erasure{AccountID: w.Account.ID, CustomerID: ann, Revision: w.Number("SELECT revision FROM enrolld_customers WHERE id = ?", ann)}
	if diff := cmp.Diff([]Erasure{e}, w.access.erasures); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	w.Exec("UPDATE enrolld_customers SET revision = revision + 1 WHERE id = ?", ann)
	want(t, "with an old copy", b.Get(path), http.StatusOK, "They asked for no copy")
	want(t, "with an old copy", b.Post(path, form("ann@ink.example", "")), http.StatusUnprocessableEntity, "Download the copy first")
	w.access.failure = enrolld.Errorf(enrolld.Conflict, "an import names them")
	want(t, "while an import runs", b.Post(path, form("ann@ink.example", "1")), http.StatusUnprocessableEntity, "An import names them")
	w.Clock.Advance(time.Hour)
	a := b.Get(path)
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/sign-in/confirm") {
		t.Errorf("long after signing in: got %d to %s, want a new proof", a.Status, a.Location)
	}
}

func unzip(t *testing.T, a gatetest.Answer) map[string][]byte {
	t.Helper()
	if got := a.Header.Get("Content-Type"); a.Status != http.StatusOK || got != "application/zip" {
		t.Fatalf("got %d %s, want a file", a.Status, got)
	}
	z, err := zip.NewReader(bytes.NewReader([]byte(a.Body)), int64(len(a.Body)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
