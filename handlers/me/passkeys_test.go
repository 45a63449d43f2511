package me_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"

	"enrolld"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/passkey/passkeytest"
)

// makeKey adds a passkey as the script does and returns where the browser goes.
func makeKey(t *testing.T, b *gatetest.Browser, name string) string {
	t.Helper()
	d := passkeytest.New(t, gatetest.BaseURL)
	a := b.PostJSON("/me/passkeys/finish", d.Make(b.PostJSON("/me/passkeys/begin", "{}").Body, name))
	var answer struct{ Location, Error string }
	if err := json.Unmarshal([]byte(a.Body), &answer); err != nil || a.Status != http.StatusOK {
		t.Fatalf("make a passkey: %d %s", a.Status, a.Body)
	}
	return answer.Location
}

// addKey adds a passkey and returns its address.
func addKey(t *testing.T, r *rig, b *gatetest.Browser, name string) string {
	t.Helper()
	makeKey(t, b, name)
	return "/me/passkeys/" + strconv.FormatInt(r.Number(`SELECT MAX(id) FROM enrolld_passkeys`), 10)
}

// A passkey settles what is owed, and the first factor comes with recovery codes.
func TestPasskey_first(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann := r.AddLogin("ann@example.org")
	r.Join(ann.ID, r.Account.ID, enrolld.OwnerTerms())
	b := r.As(ann)
	if got := makeKey(t, b, ""); got != "/me/recovery-codes" {
		t.Errorf("the first passkey leads to %q, want the recovery codes", got)
	}
	if codes := shownCodes(b.Get("/me/recovery-codes").Body); len(codes) != 10 {
		t.Errorf("%d codes, want 10", len(codes))
	}
	goes(t, "kept", b.Post("/me/recovery-codes/kept", nil), "/")
	if got := makeKey(t, b, "Phone"); got != "/me/security" {
		t.Errorf("the second passkey leads to %q, want /me/security", got)
	}
	has(t, "then", b.Get("/me/security"), http.StatusOK, "The passkey ‘Phone’ is added.", "Firefox on Linux", "10 are left")
}

func TestPasskey_nonsense(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.As(r.AddLogin("ann@example.org"))
	b.PostJSON("/me/passkeys/begin", "{}")
	has(t, "no credential", b.PostJSON("/me/passkeys/finish", `{"credential":{}}`), http.StatusUnprocessableEntity, `"error"`)
	if n := r.Number(`SELECT COUNT(*) FROM enrolld_passkeys`) + r.Number(`SELECT COUNT(*) FROM enrolld_recovery_codes`); n != 0 {
		t.Errorf("%d rows were made, want none", n)
	}
}

func TestPasskey_renameAndRemove(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.As(r.AddLogin("ann@example.org"))
	key := addKey(t, r, b, "Phone")
	has(t, "the form", b.Get(key), http.StatusOK, `value="Phone"`)
	has(t, "no name", b.Post(key, form("name", " ")), http.StatusUnprocessableEntity, "Enter a name.")
	goes(t, "rename", b.Post(key, form("name", "Office laptop")), "/me/security")
	has(t, "then", b.Get("/me/security"), http.StatusOK, "Office laptop", "The passkey has its new name.")

	has(t, "the question", b.Get(key+"/remove"), http.StatusOK, "Remove the passkey ‘Office laptop’?", "the password alone opens your login")
	goes(t, "remove", b.Post(key+"/remove", nil), "/me/security")
	if n := r.Number(`SELECT COUNT(*) FROM enrolld_passkeys`) + r.Number(`SELECT COUNT(*) FROM enrolld_recovery_codes`); n != 0 {
		t.Errorf("%d passkeys and codes are left, want none", n)
	}
}

func TestPasskey_lastIsOwed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann := r.AddLogin("ann@example.org")
	r.Join(ann.ID, r.Account.ID, enrolld.OwnerTerms())
	b := r.As(ann)
	key := addKey(t, r, b, "Phone")
	goes(t, "the question", b.Get(key+"/remove"), "/me/security")
	goes(t, "remove", b.Post(key+"/remove", nil), "/me/security")
	has(t, "then", b.Get("/me/security"), http.StatusOK, "This is your only second factor, and you need one.", "Phone")
	addKey(t, r, b, "Laptop")
	goes(t, "with another one", b.Post(key+"/remove", nil), "/me/security")
	if n := r.Number(`SELECT COUNT(*) FROM enrolld_passkeys`); n != 1 {
		t.Errorf("%d passkeys, want 1", n)
	}
}

func TestPasskey_ofSomebodyElse(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	key := addKey(t, r, r.As(r.AddLogin("ann@example.org")), "Phone")
	b := r.As(r.AddLogin("ben@example.org"))
	for what, a := range map[string]gatetest.Answer{
		"look": b.Get(key), "rename": b.Post(key, form("name", "Mine")), "ask": b.Get(key + "/remove"), "remove": b.Post(key+"/remove", nil),
		"no number": b.Get("/me/passkeys/x"),
	} {
		has(t, what, a, http.StatusNotFound)
	}
	if n := r.Number(`SELECT COUNT(*) FROM enrolld_passkeys WHERE name = 'Phone'`); n != 1 {
		t.Errorf("%d passkeys, want Ann's", n)
	}
}
