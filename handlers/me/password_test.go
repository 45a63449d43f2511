package me_test

import (
	"net/http"
	"testing"

	"enrolld"
	"enrolld/handlers/gate/gatetest"
)

const better = "seven otters juggle lanterns"

func TestPassword(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann := r.AddLogin("ann@example.org")
	b, other := r.As(ann), r.As(ann)
	has(t, "the form", b.Get("/me/password"), http.StatusOK, "Every other session", "At least 10 characters", `name="current"`)
	for _, test := range []struct{ name, current, next, want string }{
		{"none typed", "", "", "Enter your current password."},
		{"the wrong one", "no idea at all", better, "This is not your current password."},
		{"too short", gatetest.Password, "short", "Use at least 10 characters"},
		{"a common one", gatetest.Password, "password123", "Many people use this password"},
		{"one's own address", gatetest.Password, "example.org", "mostly a name"},
		{"the account's name", gatetest.Password, "ink & wash ink", "mostly a name"},
		{"the same", gatetest.Password, gatetest.Password, "that you have now"},
	} {
		if test.name == "the account's name" {
			r.Join(ann.ID, r.Account.ID, user())
		}
		a := b.Post("/me/password", form("current", test.current, "new", test.next))
		has(t, test.name, a, http.StatusUnprocessableEntity, test.want)
		if test.next != "" && contains(a.Body, `"`+test.next) || test.current != "" && contains(a.Body, `"`+test.current) {
			t.Errorf("%s: a password is shown again", test.name)
		}
	}
	if n := r.Number(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'login.failed' AND subject_login_id = ?`, ann.ID); n != 1 {
		t.Errorf("%d wrong tries in the audit log, want 1", n)
	}
	goes(t, "change", b.Post("/me/password", form("current", gatetest.Password, "new", better)), "/me/security")
	if b.Cookie("__Host-enrolld-known") == "" {
		t.Error("the browser that the password was chosen in is not known under it")
	}
	has(t, "this session", b.Get("/me/security"), http.StatusOK, "Your password is changed, and every other session has ended.")
	if a := other.Get("/me/security"); a.Status != http.StatusSeeOther {
		t.Errorf("another session: %d, want 303 to sign in", a.Status)
	}
	for password, want := range map[string]bool{gatetest.Password: false, better: true} {
		if got := works(t, r, ann, password); got != want {
			t.Errorf("password %q works: %v, want %v", password, got, want)
		}
	}
}

func works(t *testing.T, r *rig, l enrolld.Login, password string) bool {
	t.Helper()
	c, _, err := r.Team.Credentials(t.Context(), l.Email)
	if err != nil {
		t.Fatal(err)
	}
	ok, err := r.Team.VerifyPassword(t.Context(), c.Hash, enrolld.Secret(password))
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// Somebody else made the login and knows its password: nothing else can be done
// before there is another one.
func TestPassword_mustChange(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann := r.AddLogin("ann@example.org")
	r.Join(ann.ID, r.Account.ID, user())
	r.Exec(`UPDATE enrolld_logins SET must_change = TRUE WHERE id = ?`, ann.ID)
	b := r.As(ann)
	goes(t, "elsewhere", b.Get("/me/security"), "/me/password")
	for _, path := range []string{"/me/second-factor", "/me/second-factor/app", "/me/recovery-codes"} {
		goes(t, "a second factor of who knows the first password", b.Get(path), "/me/password")
	}
	for _, path := range []string{"/me/second-factor/app", "/me/passkeys/begin", "/me/passkeys/finish", "/me/recovery-codes"} {
		goes(t, path, b.Post(path, nil), "/me/password")
	}
	a := b.Get("/me/password")
	has(t, "the form", a, http.StatusOK, "Choose your own password")
	if contains(a.Body, `name="current"`) {
		t.Error("it asks for the password that was just used")
	}
	has(t, "the same", b.Post("/me/password", form("new", gatetest.Password)), http.StatusUnprocessableEntity, "that you have now")
	has(t, "none", b.Post("/me/password", form("new", "")), http.StatusUnprocessableEntity, "Use at least 10 characters")
	goes(t, "change", b.Post("/me/password", form("new", better)), "/")
	has(t, "elsewhere, then", b.Get("/me/security"), http.StatusOK, "Your password is set.")
	has(t, "from then on", b.Post("/me/password", form("new", "eight otters juggle lanterns")), http.StatusUnprocessableEntity,
		"Enter your current password.")
}

func TestPassword_tooOften(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.As(r.AddLogin("ann@example.org"))
	for range 10 {
		has(t, "a try", b.Post("/me/password", form("current", "no idea at all", "new", better)), http.StatusUnprocessableEntity)
	}
	a := b.Post("/me/password", form("current", gatetest.Password, "new", better))
	has(t, "the eleventh", a, http.StatusTooManyRequests)
	if a.Header.Get("Retry-After") == "" {
		t.Error("it does not say when to try again")
	}
	has(t, "the session", b.Get("/me/security"), http.StatusOK)
}
