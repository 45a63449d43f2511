package me_test

import (
	"net/http"
	"strings"
	"testing"

	"enrolld"
)

func TestEmail(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann := r.AddLogin("ann@example.org")
	b := r.As(ann)
	has(t, "the form", b.Get("/me/email"), http.StatusOK, "ann@example.org", "both are confirmed")
	has(t, "no address", b.Post("/me/email", form("email", "ann@")), http.StatusUnprocessableEntity, `value="ann@"`, "This is not an email address.")
	has(t, "the same", b.Post("/me/email", form("email", "ann@example.org")), http.StatusUnprocessableEntity, "This is your address already.")

	goes(t, "ask", b.Post("/me/email", form("email", "new@example.org")), "/me/email")
	has(t, "then", b.Get("/me/email"), http.StatusOK, "Two mails are on their way", "new@example.org waits to be confirmed")
	old, fresh := r.Mails("ann@example.org"), r.Mails("new@example.org")
	if len(old) != 1 || len(fresh) != 1 {
		t.Fatalf("%d mails to the old address, %d to the new one; want one each", len(old), len(fresh))
	}
	if l, err := r.Team.Login(t.Context(), ann.ID); err != nil || l.Email != "ann@example.org" {
		t.Errorf("the address changed at once: %q, %v", l.Email, err)
	}
	has(t, "in another browser", r.As(ann).Get("/me/email"), http.StatusOK, "new@example.org waits to be confirmed")
	for _, mail := range append(old, fresh...) {
		if _, err := r.Team.ConfirmEmailChange(t.Context(), enrolld.Actor{}, strings.TrimPrefix(r.LinkOf(mail), "/email/")); err != nil {
			t.Fatal(err)
		}
	}
	if a := b.Get("/me/email"); a.Status != http.StatusOK || contains(a.Body, "waits to be confirmed") {
		t.Errorf("a change that was made still waits: %s", brief(a.Body))
	}
}

// The page says no more about an address that has a login than about another.
func TestEmail_ofSomebodyElse(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.AddLogin("ben@example.org")
	b := r.As(r.AddLogin("ann@example.org"))
	goes(t, "ask", b.Post("/me/email", form("email", "ben@example.org")), "/me/email")
	has(t, "then", b.Get("/me/email"), http.StatusOK, "ben@example.org waits to be confirmed")
}

// What waits in a session is for the login that left it there.
func TestEmail_notForWhoSignsInNext(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.As(r.AddLogin("ann@example.org"))
	goes(t, "ask", b.Post("/me/email", form("email", "new@example.org")), "/me/email")
	has(t, "Ann", b.Get("/me/email"), http.StatusOK, "new@example.org waits")
	r.SignInAgain(b, r.AddLogin("ben@example.org"))
	if a := b.Get("/me/email"); a.Status != http.StatusOK || !contains(a.Body, "ben@example.org") || contains(a.Body, "new@example.org") {
		t.Errorf("Ben reads of Ann's change: %s", brief(a.Body))
	}
}

func TestEmail_tooOften(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.As(r.AddLogin("ann@example.org"))
	for range 5 {
		b.Post("/me/email", form("email", "new@example.org"))
	}
	a := b.Post("/me/email", form("email", "new@example.org"))
	has(t, "the sixth", a, http.StatusTooManyRequests)
	if a.Header.Get("Retry-After") == "" {
		t.Error("it does not say when to try again")
	}
}

func TestEmail_needsProof(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.As(r.AddLogin("ann@example.org"))
	r.Clock.Advance(freshFor)
	for what, a := range map[string]int{"GET": b.Get("/me/email").Status, "POST": b.Post("/me/email", form("email", "new@example.org")).Status} {
		if a != http.StatusSeeOther {
			t.Errorf("%s long after the sign-in: %d, want 303", what, a)
		}
	}
	if n := r.Number(`SELECT COUNT(*) FROM enrolld_tokens`); n != 0 {
		t.Errorf("%d links were made, want none", n)
	}
}
