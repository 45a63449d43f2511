package signin

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"enrolld"
	"enrolld/handlers/gate/gatetest"
	"enrolld/store"
)

const newPassword = "seven violet lanterns hum"

// mailed is the link of the newest mail about something to an address.
func mailed(t *testing.T, rig *gatetest.Rig, to string, event enrolld.TeamEvent) string {
	t.Helper()
	link := ""
	for _, m := range rig.Mails(to) {
		if m.Data.Team.Event == event {
			link = rig.LinkOf(m)
		}
	}
	if link == "" {
		t.Fatalf("no mail %s to %s", event, to)
	}
	return link
}

func forgot(b *gatetest.Browser, name string) gatetest.Answer {
	return b.Post("/forgot", url.Values{"login": {name}})
}

// Who has a login and who has none get the same answers, as often.
func TestForgot_tellsNothing(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	withUser(rig, "ann@ink.example")
	for _, name := range []string{"ann@ink.example", "zoe@ink.example"} {
		b := rig.Browser()
		for i := range 5 {
			leads(t, name, forgot(b, name), "/forgot?sent=1")
			if b.Cookie(sessionCookie) != "" {
				t.Errorf("%s: ask %d made a session", name, i)
			}
		}
		wants(t, name, b.Get("/forgot?sent=1"), http.StatusOK, "If there is a login of that name")
		rig.Clock.Advance(time.Hour)
	}
	wants(t, "nothing", forgot(rig.Browser(), ""), http.StatusUnprocessableEntity, "Enter your email address")
	got := forgot(rig.Browser(), "not an address@")
	wants(t, "no name", got, http.StatusUnprocessableEntity, "check how it is written")
	if !strings.Contains(got.Body, "not an address@") {
		t.Error("what was typed is gone")
	}
}

func TestForgot_budgetTellsNothing(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ann@ink.example", "zoe@ink.example"} {
		rig := newRig(t)
		withUser(rig, "ann@ink.example")
		b := rig.Browser()
		for i := range 11 {
			if got, want := forgot(b, name).Status, map[bool]int{true: http.StatusSeeOther, false: http.StatusTooManyRequests}[i < 10]; got != want {
				t.Errorf("%s: ask %d got %d, want %d", name, i, got, want)
			}
		}
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	ann := giveApp(rig, login)
	old := rig.As(login)
	b := rig.Browser()
	forgot(b, "ann@ink.example")
	link := mailed(t, rig, "ann@ink.example", enrolld.EventPasswordReset)
	page := b.Get(link)
	wants(t, "the page", page, http.StatusOK, "Choose a new password")
	if page.Header.Get("Referrer-Policy") != "same-origin" {
		t.Error("the link's token may leave by the Referer")
	}
	for password, text := range map[string]string{
		"": "Enter a password.", "short": "Use at least 10 characters", "password123": "tried first", "ann@ink.example!": "others know",
		"ink-wash-ink-wash": "others know",
	} {
		got := b.Post(link, url.Values{"password": {password}})
		wants(t, "password "+password, got, http.StatusUnprocessableEntity, text)
		if password != "" && strings.Contains(got.Body, `value="`+password+`"`) {
			t.Errorf("the password %q is in the page", password)
		}
	}
	leads(t, "a good one", b.Post(link, url.Values{"password": {newPassword}}), "/sign-in?set=1")
	wants(t, "afterwards", b.Get("/sign-in?set=1"), http.StatusOK, "Your password is set.")
	if inside(b) != "" || inside(old) != "" {
		t.Error("a reset signs nobody in, and ends every session")
	}
	wants(t, "the old password", signIn(b, "ann@ink.example", gatetest.Password), http.StatusUnprocessableEntity, "not right")
	leads(t, "the new one", signIn(b, "ann@ink.example", newPassword), "/sign-in/code")
	if inside(b) != "" {
		t.Error("the second factor was skipped")
	}
	leads(t, "the second factor", enter(b, "/sign-in/code", ann.code()), "/inside")
	wants(t, "the link again", b.Get(link), http.StatusNotFound, "not valid any more")
	wants(t, "posted again", b.Post(link, url.Values{"password": {newPassword}}), http.StatusNotFound, "not valid any more")
}

func TestReset_ownSession(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	b := rig.As(login)
	forgot(b, "ann@ink.example")
	link := mailed(t, rig, "ann@ink.example", enrolld.EventPasswordReset)
	leads(t, "save", b.Post(link, url.Values{"password": {newPassword}}), "/sign-in?set=1")
	wants(t, "signed out", b.Get("/sign-in?set=1"), http.StatusOK, "Your password is set.")
}

func TestReset_once(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	withUser(rig, "ann@ink.example")
	forgot(rig.Browser(), "ann@ink.example")
	link := mailed(t, rig, "ann@ink.example", enrolld.EventPasswordReset)
	statuses := make([]int, 6)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() { statuses[i] = rig.Browser().Post(link, url.Values{"password": {newPassword}}).Status })
	}
	wg.Wait()
	saved := 0
	for _, status := range statuses {
		switch status {
		case http.StatusSeeOther:
			saved++
		case http.StatusNotFound:
		default:
			t.Errorf("status %d", status)
		}
	}
	if saved != 1 {
		t.Errorf("one link was used %d times", saved)
	}
}

func TestReset_dead(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	withUser(rig, "ann@ink.example")
	forgot(rig.Browser(), "ann@ink.example")
	link := mailed(t, rig, "ann@ink.example", enrolld.EventPasswordReset)
	wants(t, "of another kind", rig.Browser().Get("/set-password/"+strings.TrimPrefix(link, "/reset/")), http.StatusNotFound, "not valid")
	rig.Clock.Advance(61 * time.Minute)
	for _, path := range []string{link, "/reset/nonsense", "/set-password/nonsense"} {
		got := rig.Browser().Get(path)
		wants(t, path, got, http.StatusNotFound, "This link is not valid any more")
		if !strings.Contains(got.Body, `href="/forgot"`) {
			t.Errorf("%s: no way to a new link", path)
		}
	}
}

func TestSetPassword(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login, token, err := rig.Team.AddLogin(t.Context(), enrolld.Actor{Name: "command"}, enrolld.Login{Email: "new@ink.example", Name: "New"})
	if err != nil {
		t.Fatal(err)
	}
	link := "/set-password/" + token.Reveal()
	b := rig.Browser()
	wants(t, "the page", b.Get(link), http.StatusOK, "Choose a password")
	leads(t, "save", b.Post(link, url.Values{"password": {newPassword}}), "/sign-in?set=1")
	leads(t, "sign in", signIn(b, login.Email, newPassword), "/")
	wants(t, "again", b.Get(link), http.StatusNotFound, "not valid any more")
}

func TestEmail(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	if err := rig.Team.RequestEmailChange(t.Context(), enrolld.Actor{LoginID: login.ID}, login.ID, "ann@paper.example"); err != nil {
		t.Fatal(err)
	}
	list, err := rig.DB.ClaimMessages(t.Context(), 10, enrolld.RankMany, store.NewLease(), 0)
	if err != nil || len(list) != 2 || list[0].To == list[1].To {
		t.Fatalf("%d mails, %v, want one to each address", len(list), err)
	}
	links := []string{rig.LinkOf(list[0]), rig.LinkOf(list[1])}
	stranger, herself := rig.Browser(), rig.As(login)
	wants(t, "the page", stranger.Get(links[0]), http.StatusOK, "ann@paper.example")
	if n := rig.Number(`SELECT COUNT(*) FROM enrolld_tokens WHERE used_at IS NOT NULL`); n != 0 {
		t.Error("looking at the page used the link up")
	}
	leads(t, "the first", stranger.Post(links[0], nil), "/sign-in")
	wants(t, "says what is missing", stranger.Get("/sign-in"), http.StatusOK, "once the link in the other mail is confirmed too")
	leads(t, "the second", herself.Post(links[1], nil), "/me")
	wants(t, "used", stranger.Get(links[0]), http.StatusNotFound, "not valid any more")
	leads(t, "the new address", signIn(rig.Browser(), "ann@paper.example", gatetest.Password), "/")
}
