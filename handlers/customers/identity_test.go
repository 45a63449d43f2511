package customers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

// fakeIdentity does what it is asked in our own tables, without access and WordPress.
type fakeIdentity struct {
	w        *world
	standing Standing
	profiles []Profile
	merges   []Merging
	refuses  error
}

func (f *fakeIdentity) Standing(context.Context, int64, enrolld.Customer) (Standing, error) {
	return f.standing, f.refuses
}

// with runs what changes a locked customer.
func (f *fakeIdentity) with(ctx context.Context, account, id int64, change func(*store.Tx, enrolld.Customer) error) error {
	if f.refuses != nil {
		return f.refuses
	}
	return f.w.DB.InTx(ctx, func(tx *store.Tx) error {
		list, err := tx.LockCustomersByID(ctx, account, []int64{id})
		if err != nil {
			return err
		}
		return change(tx, list[0])
	})
}

func (f *fakeIdentity) ChangeProfile(ctx context.Context, _ enrolld.Actor, p Profile) (bool, error) {
	f.profiles = append(f.profiles, p)
	return p.InWordPress, f.with(ctx, p.AccountID, p.CustomerID, func(tx *store.Tx, c enrolld.Customer) error {
		if c.Revision != p.Revision+1 {
			return enrolld.Errorf(enrolld.Conflict, "somebody changed this customer meanwhile")
		}
		_, key, _ := enrolld.ParseEmail(p.Email)
		return tx.Rename(ctx, c, p.Email, key, p.First, p.Last)
	})
}

func (f *fakeIdentity) AddAddress(ctx context.Context, _ enrolld.Actor, account, customer int64, email string) error {
	return f.with(ctx, account, customer, func(tx *store.Tx, c enrolld.Customer) error {
		_, key, _ := enrolld.ParseEmail(email)
		return tx.AddAddress(ctx, c, email, key)
	})
}

func (f *fakeIdentity) RemoveAddress(ctx context.Context, _ enrolld.Actor, account, customer, address int64) error {
	return f.with(ctx, account, customer, func(tx *store.Tx, c enrolld.Customer) error {
		_, err := tx.RemoveAddress(ctx, c, address)
		return err
	})
}

func (f *fakeIdentity) Merge(ctx context.Context, actor enrolld.Actor, m Merging) error {
	f.merges = append(f.merges, m)
	return f.with(ctx, m.AccountID, m.KeptID, func(tx *store.Tx, _ enrolld.Customer) error {
		kept, gone, err := tx.LockPair(ctx, m.AccountID, m.KeptID, m.GoneID)
		if err != nil {
			return err
		}
		merge, err := tx.Merge(ctx, actor, kept, gone, false)
		if err != nil {
			return err
		}
		return tx.Bury(ctx, merge, kept, gone)
	})
}

func (f *fakeIdentity) Unmerge(ctx context.Context, _ enrolld.Actor, account, kept, id int64) error {
	if f.refuses != nil {
		return f.refuses
	}
	return f.w.DB.InTx(ctx, func(tx *store.Tx) error {
		m, stays, gone, err := tx.LockMerge(ctx, account, kept, id)
		if err != nil {
			return err
		}
		if _, err := tx.Raise(ctx, m, stays, gone); err != nil {
			return err
		}
		return tx.IndexPair(ctx, m)
	})
}

func TestEditProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	ann := w.people["Ann"]
	path := w.path("/%d/profile", ann)
	for standing, words := range map[Standing]string{
		StandingNone: "no WordPress user yet", StandingOurs: "changes in WordPress too", StandingTheirs: `name="wordpress"`, StandingTeam: "more than a customer’s rights",
	} {
		w.access.standing = standing
		want(t, "the form, "+string(standing), b.Get(path), http.StatusOK, `value="ann@ink.example"`, `value="Lee"`, words)
	}
	form := func(email, first string) url.Values {
		return url.Values{"email": {email}, "first": {first}, "last": {"Lee"}, "revision": {w.revision(ann)}, "wordpress": {"1"}}
	}
	for name, test := range map[string]struct {
		form url.Values
		has  []string
	}{
		"no address":      {form("ann", "Ann"), []string{"This is not an email address", `value="ann"`}},
		"long name":       {form("ann@ink.example", string(make([]byte, 101))), []string{"at most 100"}},
		"somebody else's": {form("BOB@clay.example", "Ann"), []string{"another customer", "Bob Lee has this address", w.path("/%d/merge/%d", ann, w.people["Bob"])}},
		"no revision":     {url.Values{"email": {"ann@ink.example"}}, []string{"form is incomplete"}},
	} {
		want(t, name, b.Post(path, test.form), http.StatusUnprocessableEntity, test.has...)
	}
	late := form("late@ink.example", "Anna")
	w.customer(w.Account.ID, "Ann Lee", "ann@ink.example") // somebody touches her
	want(t, "somebody was first", b.Post(path, late), http.StatusUnprocessableEntity, "meanwhile", `value="late@ink.example"`, `name="revision" value="`+w.revision(ann))

	want(t, "the note", b.Get(path), http.StatusOK, "a note goes to the old one")
	w.access.profiles = nil
	saved := form("Anna@new.example", " Anna ")
	a := b.Post(path, saved)
	if a.Location != w.path("/%d", ann) {
		t.Errorf("saved: %d to %q", a.Status, a.Location)
	}
	wanted := []Profile{{AccountID: w.Account.ID, CustomerID: ann, Revision: w.access.profiles[0].Revision, Email: "Anna@new.example", First: "Anna", Last: "Lee", InWordPress: true}}
	if diff := cmp.Diff(wanted, w.access.profiles); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	want(t, "her page", b.Get(a.Location), http.StatusOK, "Anna@new.example", "ann@ink.example", "Further addresses", "in WordPress too")
	want(t, "found by the old address", b.Get(w.path("?q=ann@ink")), http.StatusOK, "Anna Lee")
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	ann := w.people["Ann"]
	path := w.path("/%d/addresses", ann)
	add := func(email string) (int, string) {
		a := b.Post(path, url.Values{"email": {email}})
		return a.Status, a.Body
	}
	want(t, "the page", b.Get(path), http.StatusOK, "ann@ink.example", "Main")
	if status, _ := add("lee@work.example"); status != http.StatusSeeOther {
		t.Errorf("added: %d", status)
	}
	for email, words := range map[string]string{
		"lee@work.example": "already", "ann@ink.example": "already", "bob@clay.example": "Bob Lee has this address", "x": "not an email address",
	} {
		a := b.Post(path, url.Values{"email": {email}})
		want(t, email, a, http.StatusUnprocessableEntity, words, `value="`+email)
	}
	id := w.Number("SELECT id FROM enrolld_customers WHERE part_of = ?", ann)
	want(t, "the page with two", b.Get(path), http.StatusOK, "lee@work.example", w.path("/%d/profile?main=%d", ann, id))
	want(t, "make main", b.Get(w.path("/%d/profile?main=%d", ann, id)), http.StatusOK, `value="lee@work.example"`)
	lacks(t, "the list", b.Get(w.path("")), "lee@work.example")
	want(t, "the list", b.Get(w.path("")), http.StatusOK, "4 customers")

	gone := fmt.Sprintf("%s/%d/remove", path, id)
	want(t, "ask", b.Get(gone), http.StatusOK, "Remove lee@work.example?", "Ann Lee keeps everything")
	other := w.path("/%d/addresses/%d/remove", w.people["Bob"], id)
	want(t, "of somebody else", b.Get(other), http.StatusNotFound)
	want(t, "of somebody else", b.Post(other, nil), http.StatusNotFound)
	if a := b.Post(gone, nil); a.Location != path {
		t.Errorf("removed: %d to %q", a.Status, a.Location)
	}
	want(t, "again", b.Get(gone), http.StatusNotFound)
	w.access.refuses = enrolld.Errorf(enrolld.Conflict, "orders came by it")
	status, body := add("new@x.example")
	if status != http.StatusUnprocessableEntity || len(body) == 0 {
		t.Errorf("refused: %d", status)
	}
}

func TestMergePages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.owner()
	ann, bob := w.people["Ann"], w.people["Bob"]
	w.Exec("UPDATE enrolld_customers SET wp_user_id = id + 70")
	find := w.path("/%d/merge", ann)
	want(t, "choose", b.Get(find), http.StatusOK, "Merge <bdi>Ann Lee</bdi>")
	for email, words := range map[string]string{
		"bob": "not an email address", "nobody@x.example": "No customer has this address", "ann@ink.example": "the same customer",
	} {
		want(t, email, b.Post(find, url.Values{"email": {email}}), http.StatusUnprocessableEntity, words)
	}
	path := w.path("/%d/merge/%d", ann, bob)
	if a := b.Post(find, url.Values{"email": {"Bob@clay.example"}}); a.Location != path {
		t.Errorf("found: %d to %q, want %q", a.Status, a.Location, path)
	}
	want(t, "the preview", b.Get(path), http.StatusOK, "Merge <bdi>Bob Lee</bdi> into <bdi>Ann Lee</bdi>?", "Drawing", "Sculpture",
		fmt.Sprintf("User no. %d, Bob Lee, stays", bob+70), "progress stays with user no.", "refunded by bob@clay.example is about Ann Lee", w.path("/%d/merge/%d", bob, ann))
	want(t, "with oneself", b.Get(w.path("/%d/merge/%d", ann, ann)), http.StatusNotFound)
	stranger := w.customer(w.AddAccount("Pottery Guild", 0).ID, "Zed Else", "zed@x.example")
	want(t, "with another account's", b.Get(w.path("/%d/merge/%d", ann, stranger)), http.StatusNotFound)
	want(t, "with another account's", b.Post(w.path("/%d/merge/%d", ann, stranger), nil), http.StatusNotFound)
	want(t, "without revisions", b.Post(path, nil), http.StatusUnprocessableEntity)

	form := url.Values{"kept": {w.revision(ann)}, "gone": {w.revision(bob)}}
	w.access.refuses = enrolld.Errorf(enrolld.Conflict, "something changed meanwhile")
	want(t, "not the first", b.Post(path, form), http.StatusUnprocessableEntity, "Something changed meanwhile")
	w.access.refuses = nil
	if a := b.Post(path, form); a.Location != w.path("/%d", ann) {
		t.Fatalf("merged: %d to %q", a.Status, a.Location)
	}
	want(t, "ann's page", b.Get(w.path("/%d", ann)), http.StatusOK, "bob@clay.example", "Bob Lee, ", ": undo", "2 courses", "15143"+fmt.Sprint(bob))
	for _, below := range []string{"", "/access", "/profile", "/merge"} {
		if a := b.Get(w.path("/%d%s", bob, below)); a.Location != w.path("/%d", ann) {
			t.Errorf("bob's page %s: %d to %q, want ann's", below, a.Status, a.Location)
		}
	}
	list := b.Get(w.path(""))
	want(t, "the list", list, http.StatusOK, "3 customers")
	lacks(t, "the list", list, "Bob Lee")
	want(t, "found by bob's address", b.Get(w.path("?q=bob@clay.example")), http.StatusOK, "Ann Lee")

	undo := w.path("/%d/merges/%d/undo", ann, w.Number("SELECT id FROM enrolld_merges"))
	want(t, "ask", b.Get(undo), http.StatusOK, "Undo the merge with Bob Lee?")
	want(t, "of somebody else", b.Get(w.path("/%d/merges/1/undo", w.people["Dora"])), http.StatusNotFound)
	w.access.refuses = enrolld.Errorf(enrolld.Conflict, "it cannot be taken back")
	b.Post(undo, nil)
	want(t, "refused", b.Get(w.path("/%d", ann)), http.StatusOK, "It cannot be taken back")
	w.access.refuses = nil
	if a := b.Post(undo, nil); a.Location != w.path("/%d", ann) {
		t.Errorf("undone: %d to %q", a.Status, a.Location)
	}
	want(t, "bob's page", b.Get(w.path("/%d", bob)), http.StatusOK, "Bob Lee")
	want(t, "undone twice", b.Post(undo, nil), http.StatusNotFound)
}

// Who was given some products only may change nobody's identity, nor learn whom a
// customer out of reach was merged into.
func TestIdentityNarrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.people["Ann"], w.people["Bob"]
	ink := enrolld.Scope{Products: []int64{w.products["Ink"]}}
	b := w.person("narrow@example.com", ink, enrolld.PermCustomersBrowse)
	want(t, "ann", b.Get(w.path("/%d", ann)), http.StatusOK)
	lacks(t, "ann", b.Get(w.path("/%d", ann)), "/profile", "/merge")
	for _, below := range []string{"/profile", "/addresses", "/merge", fmt.Sprintf("/merge/%d", w.people["Dora"]), "/merges/1/undo", "/addresses/1/remove"} {
		want(t, below, b.Get(w.path("/%d%s", ann, below)), http.StatusForbidden)
		want(t, "post "+below, b.Post(w.path("/%d%s", ann, below), nil), http.StatusForbidden)
	}
	w.check(w.access.Merge(t.Context(), enrolld.Actor{}, Merging{AccountID: w.Account.ID, KeptID: bob, GoneID: w.people["Cleo"]}))
	want(t, "who was merged into bob", b.Get(w.path("/%d", w.people["Cleo"])), http.StatusNotFound)
}
