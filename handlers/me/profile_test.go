package me_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

// typed is a whole profile as the form posts it.
func typed(revision string, pairs ...string) url.Values {
	v := form("revision", revision, "name", "Ann O'Neil", "username", "ann.oneil", "phone", "+49 30 901820", "line1", "Lindenallee 3",
		"line2", "", "city", "Berlin", "region", "", "postal_code", "10178", "country", "DE")
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func TestProfile_saved(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann := r.AddLogin("ann@example.org")
	b := r.As(ann)
	has(t, "the profile", b.Get("/me"), http.StatusOK, "sales tax", `name="revision" value="1"`, "Germany", "ann@example.org")
	goes(t, "save", b.Post("/me", typed("1")), "/me")
	has(t, "then", b.Get("/me"), http.StatusOK, "Your profile is saved.", "Lindenallee 3", `value="DE" selected`)
	got, err := r.Team.Login(t.Context(), ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := enrolld.PostalAddress{Line1: "Lindenallee 3", City: "Berlin", PostalCode: "10178", Country: "DE"}
	if diff := cmp.Diff(want, got.Address); diff != "" || got.Name != "Ann O'Neil" || got.Username != "ann.oneil" || got.Phone != "+49 30 901820" {
		t.Errorf("stored %+v; address %s", got, diff)
	}
	if n := r.Number(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'login.profile_changed' AND login_id = ?`, ann.ID); n != 1 {
		t.Errorf("%d entries in the audit log, want 1", n)
	}
}

func TestProfile_mended(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann := r.AddLogin("ann@example.org")
	r.Exec(`UPDATE enrolld_logins SET username = 'taken', username_key = 'taken' WHERE id = ?`, r.AddLogin("ben@example.org").ID)
	b := r.As(ann)
	for _, test := range []struct{ name, field, value, want string }{
		{"no name", "name", " ", "Enter a name."},
		{"a user name that is an address", "username", "a@b", "A username has no @"},
		{"somebody's user name", "username", "Taken", "choose another"},
		{"a phone number in words", "phone", "none", "Write the phone number in digits"},
		{"no street", "line1", "", "Write the street and the house number."},
		{"no country", "country", "", "Choose a country from the list."},
		{"a postal code of another country", "postal_code", "SW1A 1AA", "10115"},
	} {
		a := b.Post("/me", typed("1", test.field, test.value))
		has(t, test.name, a, http.StatusUnprocessableEntity, test.want, `href="#field-`+test.field+`"`, "Berlin")
	}
	a := b.Post("/me", typed("1", "name", "", "phone", "none", "city", ""))
	has(t, "all at once", a, http.StatusUnprocessableEntity, "3 things need to be mended")
	if l, err := r.Team.Login(t.Context(), ann.ID); err != nil || l.Revision != 1 {
		t.Errorf("the profile changed: revision %d, %v", l.Revision, err)
	}
}

// Two windows: the second one sees what the first saved and keeps what it typed.
func TestProfile_changedMeanwhile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.As(r.AddLogin("ann@example.org"))
	goes(t, "the first", b.Post("/me", typed("1", "city", "Potsdam")), "/me")
	a := b.Post("/me", typed("1", "city", "Bonn"))
	has(t, "the second", a, http.StatusUnprocessableEntity, "changed meanwhile", "‘Potsdam’ is saved here now", `value="Bonn"`,
		`name="revision" value="2"`)
	goes(t, "once more", b.Post("/me", typed("2", "city", "Bonn")), "/me")
}

// The form's fields are the caller's own login's, whatever else is posted.
func TestProfile_ownOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ben := r.AddLogin("ben@example.org")
	b := r.As(r.AddLogin("ann@example.org"))
	goes(t, "save", b.Post("/me", typed("1", "id", "1", "login_id", "1", "email", "x@example.org", "must_change", "1")), "/me")
	if l, err := r.Team.Login(t.Context(), ben.ID); err != nil || l.Revision != 1 || l.Email != "ben@example.org" {
		t.Errorf("somebody else's login changed: %+v, %v", l, err)
	}
}
