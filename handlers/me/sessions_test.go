package me_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"enrolld/handlers/gate/gatetest"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann, ben := r.AddLogin("ann@example.org"), r.AddLogin("ben@example.org")
	phone := r.As(ann)
	phone.Agent, phone.Addr = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1", "198.51.100.4:99"
	has(t, "the phone", phone.Get("/me/security"), http.StatusOK)
	third, bens := r.As(ann), r.As(ben)
	r.Clock.Advance(2 * time.Hour)
	b := r.As(ann)

	a := b.Get("/me/sessions")
	has(t, "the list", a, http.StatusOK, "Safari on an iPhone", "198.51.100.4", "Firefox on Linux", "This one", "2 hours ago", "End all other sessions")
	if n := strings.Count(a.Body, `/end"`); n != 2 {
		t.Errorf("%d sessions can be ended, want the 2 others", n)
	}
	has(t, "the overview", b.Get("/me/security"), http.StatusOK, "signed in on 3 browsers")

	id := func(l int64, addr string) string {
		return strconv.FormatInt(r.Number(`SELECT id FROM enrolld_sessions WHERE login_id = ? AND remote_addr = ? ORDER BY id LIMIT 1`, l, addr), 10)
	}
	has(t, "somebody else's", b.Post("/me/sessions/"+id(ben.ID, "192.0.2.7")+"/end", nil), http.StatusNotFound)
	goes(t, "the phone's", b.Post("/me/sessions/"+id(ann.ID, "198.51.100.4")+"/end", nil), "/me/sessions")
	open := func(what string, who *gatetest.Browser, want bool) {
		t.Helper()
		if got := who.Get("/me/security").Status == http.StatusOK; got != want {
			t.Errorf("%s is signed in: %v, want %v", what, got, want)
		}
	}
	open("the phone", phone, false)
	open("the third", third, true)
	has(t, "it says so", b.Get("/me/sessions"), http.StatusOK, "The session has ended")
	goes(t, "all others", b.Post("/me/sessions/end-others", nil), "/me/sessions")
	a = b.Get("/me/sessions")
	has(t, "then", a, http.StatusOK, "1 other session has ended.")
	if contains(a.Body, "End all other sessions") {
		t.Error("there are none to end")
	}
	open("the third", third, false)
	open("Ben", bens, true)
}

func TestSecurity_activity(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann, ben := r.AddLogin("ann@example.org"), r.AddLogin("ben@example.org")
	b := r.As(ann)
	r.As(ben).Post("/me", typed("1", "username", "ben"))
	for i := range 9 {
		b.Post("/me", typed(strconv.Itoa(i+1), "city", "Berlin "+strconv.Itoa(i)))
	}
	a := b.Get("/me/security")
	has(t, "at first", a, http.StatusOK, "The profile was changed", "192.0.2.7", "Show more")
	if contains(a.Body, "You signed in") {
		t.Error("the oldest entry is among the eight newest")
	}
	a = b.Get("/me/security?activity=all")
	has(t, "all of it", a, http.StatusOK, "You signed in", "Firefox on Linux, by password")
	if n := strings.Count(a.Body, "The profile was changed"); n != 9 {
		t.Errorf("%d changes of the profile, want Ann's 9", n)
	}
}
