package signin

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"enrolld"
	"enrolld/handlers/gate/gatetest"
)

// One address is often that of many people: who tries names there keeps nobody out
// of a browser that is known, and nobody with a passkey.
func TestBudget_guessesFromOneNetwork(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	ann, bob := withUser(rig, "ann@ink.example"), withUser(rig, "bob@ink.example")
	d, home := givePasskey(rig, bob), rig.Browser()
	leads(t, "at home", signIn(home, "ann@ink.example", gatetest.Password), "/")
	home.Post("/sign-out", nil)
	for i := range 31 {
		signIn(rig.Browser(), fmt.Sprintf("nobody%d@ink.example", i), "wrong password")
	}
	wants(t, "a browser that is not known", signIn(rig.Browser(), "ann@ink.example", gatetest.Password), http.StatusTooManyRequests, "Too many tries")
	leads(t, "one that is", signIn(home, "ann@ink.example", gatetest.Password), "/")
	b := rig.Browser()
	if got := b.PostJSON("/sign-in/passkey/finish", d.Sign(b.PostJSON("/sign-in/passkey", "{}").Body)); got.Status != http.StatusOK {
		t.Errorf("a passkey: %d %s", got.Status, got.Body)
	}
	if n := rig.Number(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'login.signed_in' AND login_id = ?`, ann.ID); n != 2 {
		t.Errorf("%d sign-ins of Ann noted, want 2", n)
	}
}

// Known browsers have a limit too.
func TestBudget_knownBrowser(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	withUser(rig, "ann@ink.example")
	b := rig.Browser()
	leads(t, "sign in", signIn(b, "ann@ink.example", gatetest.Password), "/")
	b.Post("/sign-out", nil)
	for i := range 10 {
		wants(t, fmt.Sprintf("guess %d", i), signIn(b, "ann@ink.example", "wrong password"), http.StatusUnprocessableEntity, "not right")
	}
	wants(t, "one too many", signIn(b, "ann@ink.example", gatetest.Password), http.StatusTooManyRequests, "Too many tries")
}

// Whoever got in with a password that was changed since is news again.
func TestKnown_endsWithThePassword(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	withUser(rig, "ann@ink.example")
	thief, home := rig.Browser(), rig.Browser()
	signIn(home, "ann@ink.example", gatetest.Password)
	signIn(thief, "ann@ink.example", gatetest.Password)
	rig.Clock.Advance(time.Minute)
	forgot(home, "ann@ink.example")
	link := mailed(t, rig, "ann@ink.example", enrolld.EventPasswordReset)
	leads(t, "reset", home.Post(link, url.Values{"password": {newPassword}}), "/sign-in?set=1")
	news := func() int { return notices(rig, "ann@ink.example", enrolld.EventNewSignIn) }
	before := news()
	leads(t, "at home", signIn(home, "ann@ink.example", newPassword), "/")
	if n := news() - before; n != 0 {
		t.Errorf("%d mails about the browser that the password was chosen in, want none", n)
	}
	leads(t, "the thief", signIn(thief, "ann@ink.example", newPassword), "/")
	if n := news() - before; n != 1 {
		t.Errorf("%d mails about the thief's browser, want 1", n)
	}
}

// notices counts the mails about something to an address.
func notices(rig *gatetest.Rig, to string, event enrolld.TeamEvent) (n int) {
	for _, m := range rig.Mails(to) {
		if m.Data.Team.Event == event {
			n++
		}
	}
	return n
}

func TestSignOut_isNoted(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	ann := withUser(rig, "ann@ink.example")
	b, window := rig.As(ann), rig.Browser()
	window.SetCookie(sessionCookie, b.Cookie(sessionCookie)) // of the same browser
	leads(t, "sign out", b.Post("/sign-out", nil), "/sign-in")
	leads(t, "in another window, then", window.Post("/sign-out", nil), "/sign-in")
	leads(t, "as a stranger", rig.Browser().Post("/sign-out", nil), "/sign-in")
	if n := rig.Number(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'login.signed_out'`); n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
	if n := rig.Number(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'login.signed_out' AND login_id = ? AND subject_login_id = ?`,
		ann.ID, ann.ID); n != 1 {
		t.Error("the entry is not about Ann")
	}
}

// Halfway in, signing out forgets the password that was right.
func TestSignOut_halfway(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	app := giveApp(rig, withUser(rig, "ann@ink.example"))
	b := rig.Browser()
	leads(t, "the password", signIn(b, "ann@ink.example", gatetest.Password), "/sign-in/code")
	leads(t, "sign out", b.Post("/sign-out", nil), "/sign-in")
	leads(t, "the code", b.Post("/sign-in/code", url.Values{"code": {app.code()}}), "/sign-in")
}

// Somebody else is signed in where a link from mail is followed: they stay, and the
// page says for whom the password is.
func TestReset_whereSomebodyElseIsSignedIn(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	withUser(rig, "ann@ink.example")
	b := rig.As(withUser(rig, "bob@ink.example"))
	forgot(b, "ann@ink.example")
	link := mailed(t, rig, "ann@ink.example", enrolld.EventPasswordReset)
	leads(t, "reset", b.Post(link, url.Values{"password": {newPassword}}), "/")
	wants(t, "then", b.Get("/make-page"), http.StatusOK, "The password of ann@ink.example is set. You are signed in here as bob@ink.example")
	if who := inside(b); who != "bob@ink.example" {
		t.Errorf("inside is %q, want Bob", who)
	}
}

// A session that had its time leaves nothing to whoever signs in next.
func TestPassword_afterAnotherSessionExpired(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	ann, bob := withUser(rig, "ann@ink.example"), withUser(rig, "bob@ink.example")
	giveApp(rig, bob)
	b := rig.As(ann)
	rig.Clock.Advance(9 * time.Hour)
	leads(t, "Bob's password", signIn(b, "bob@ink.example", gatetest.Password), "/sign-in/code")
	if n := rig.Number(`SELECT COUNT(*) FROM enrolld_sessions WHERE login_id = ? AND ended_at IS NULL`, ann.ID); n != 0 {
		t.Errorf("%d open sessions of Ann, want none", n)
	}
}
