package signin

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/handlers/gate/gatetest"
)

func TestPassword(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	rig.Exec(`UPDATE enrolld_logins SET username = 'Annie', username_key = 'annie' WHERE id = ?`, login.ID)
	for _, name := range []string{"ann@ink.example", " ANN@Ink.Example ", "annie", "ANNIE"} {
		b := rig.Browser()
		leads(t, name, signIn(b, name, gatetest.Password), "/")
		if got := inside(b); got != "ann@ink.example" {
			t.Errorf("%q: inside is %q", name, got)
		}
	}
	if n := rig.Number(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'login.signed_in' AND login_id = ? AND account_id = 0`, login.ID); n != 4 {
		t.Errorf("%d sign-ins noted, want 4", n)
	}
	if n := len(rig.Mails("ann@ink.example")); n != 3 {
		t.Errorf("%d mails about unknown browsers, want 3: all but the first sign-in", n)
	}
}

func TestPassword_knownBrowserIsNoNews(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	withUser(rig, "ann@ink.example")
	b := rig.Browser()
	for range 3 {
		leads(t, "sign in", signIn(b, "ann@ink.example", gatetest.Password), "/")
		leads(t, "sign out", b.Post("/sign-out", nil), "/sign-in")
	}
	if got := rig.Mails("ann@ink.example"); len(got) != 0 {
		t.Errorf("%d mails, want none", len(got))
	}
}

// What is known and what is not get the same answer.
func TestPassword_tellsNothing(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	withUser(rig, "ann@ink.example")
	none := withUser(rig, "bob@ink.example")
	rig.Exec(`UPDATE enrolld_logins SET password_hash = '', password_at = NULL WHERE id = ?`, none.ID)
	const typed = "@ink.example"
	want := strings.ReplaceAll(signIn(rig.Browser(), "zoe"+typed, "wrong password").Body, "zoe"+typed, "")
	for _, name := range []string{"ann" + typed, "bob" + typed, "not-a-name@", "somebody"} {
		got := signIn(rig.Browser(), name, "wrong password")
		if body := strings.ReplaceAll(got.Body, name, ""); got.Status != http.StatusUnprocessableEntity || body != want {
			t.Errorf("%s: %d, another page than for an unknown name", name, got.Status)
		}
		if !strings.Contains(got.Body, name) || strings.Contains(got.Body, "wrong password") {
			t.Errorf("%s: the name should be kept, the password not", name)
		}
	}
	if n := rig.Number(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'login.failed'`); n != 5 {
		t.Errorf("%d failures noted, want 5: unknown names are as much work", n)
	}
}

func TestPassword_missing(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	b := rig.Browser()
	wants(t, "nothing", signIn(b, "", ""), http.StatusUnprocessableEntity, "2 things need to be mended")
	got := signIn(b, "ann@ink.example", "")
	wants(t, "no password", got, http.StatusUnprocessableEntity, "Enter your password.")
	if !strings.Contains(got.Body, `value="ann@ink.example"`) {
		t.Error("the name that was typed is gone")
	}
}

func TestPassword_next(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	withUser(rig, "ann@ink.example")
	tests := map[string]string{
		"": "/", "/a/1/users?tab=2": "/a/1/users?tab=2",
		"https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/", `\\evil.example`: "/", "/\t/evil.example": "/",
		"javascript:alert(1)": "/", "evil.example": "/", "/%2f%2fevil.example": "/%2f%2fevil.example", "http:/evil": "/", "https:evil": "/",
		"/\r\nSet-Cookie: a=b": "/", "///evil.example": "/", "@evil.example": "/",
	}
	for next, want := range tests {
		b := rig.Browser()
		page := b.Get("/sign-in?next=" + url.QueryEscape(next))
		if strings.Contains(page.Body, "evil.example") && want == "/" {
			t.Errorf("next %q is in the page", next)
		}
		form := credentials("ann@ink.example", gatetest.Password)
		form.Set("next", next)
		leads(t, fmt.Sprintf("next %q", next), b.Post("/sign-in", form), want)
		leads(t, "signed in already", b.Get("/sign-in?next="+url.QueryEscape(next)), want)
		rig.Clock.Advance(time.Hour) // budgets are not what is tested
	}
}

// Nobody can lay a session under somebody: each step has a token of its own.
func TestPassword_newTokenAtEachStep(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	code := giveApp(rig, login)
	b := rig.Browser()
	b.SetCookie(sessionCookie, "laid-by-somebody-else")
	b.PostJSON("/sign-in/passkey", "{}") // a stranger's session
	seen := []string{"laid-by-somebody-else", b.Cookie(sessionCookie)}
	signIn(b, "ann@ink.example", gatetest.Password)
	seen = append(seen, b.Cookie(sessionCookie))
	leads(t, "the code", b.Post("/sign-in/code", url.Values{"code": {code.code()}}), "/")
	last := b.Cookie(sessionCookie)
	for i, token := range seen {
		for _, later := range append(seen[i+1:], last) {
			if token == "" || token == later {
				t.Errorf("token %d is empty, or that of a later step", i)
			}
		}
		thief := rig.Browser()
		thief.SetCookie(sessionCookie, token)
		if who := inside(thief); who != "" {
			t.Errorf("the token of step %d opens %s's session", i, who)
		}
	}
	if inside(b) != "ann@ink.example" {
		t.Error("the last token opens nothing")
	}
}

func TestPassword_deactivated(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := rig.AddLogin("ann@ink.example")
	other := rig.AddAccount("Paper", 0)
	here, there := rig.Join(login.ID, rig.Account.ID, user), rig.Join(login.ID, other.ID, user)
	off := `UPDATE enrolld_members SET deactivated_at = ? WHERE id = ?`
	rig.Exec(off, rig.DB.Now(), here.ID)
	leads(t, "one of two accounts", signIn(rig.Browser(), "ann@ink.example", gatetest.Password), "/")
	rig.Exec(off, rig.DB.Now(), there.ID)
	wants(t, "a wrong password", signIn(rig.Browser(), "ann@ink.example", "wrong password"), http.StatusUnprocessableEntity, "not right")
	b := rig.Browser()
	wants(t, "both accounts", signIn(b, "ann@ink.example", gatetest.Password), http.StatusForbidden, "deactivated")
	if inside(b) != "" {
		t.Error("a session was begun")
	}
	code := giveApp(rig, login)
	leads(t, "with a second factor", signIn(b, "ann@ink.example", gatetest.Password), "/sign-in/code")
	wants(t, "after it", b.Post("/sign-in/code", url.Values{"code": {code.code()}}), http.StatusForbidden, "deactivated")
	if inside(b) != "" || b.Get("/sign-in/code").Status != http.StatusSeeOther {
		t.Error("a session goes on")
	}
}

func TestPassword_deactivatedButInvited(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	rig.Exec(`UPDATE enrolld_members SET deactivated_at = ? WHERE login_id = ?`, rig.DB.Now(), login.ID)
	other := rig.AddAccount("Paper", 0)
	owner, _ := rig.Owner("olga@paper.example", other.ID)
	link := invite(rig, owner, other.ID, user, "ann@ink.example")
	b := rig.Browser()
	form := credentials("ann@ink.example", gatetest.Password)
	form.Set("next", link)
	leads(t, "sign in", b.Post("/sign-in", form), link)
	leads(t, "join", b.Post(link+"/join", nil), gatetest.Path(other.ID, ""))
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	b := rig.As(withUser(rig, "ann@ink.example"))
	token := b.Cookie(sessionCookie)
	leads(t, "sign out", b.Post("/sign-out", nil), "/sign-in")
	b.SetCookie(sessionCookie, token)
	if who := inside(b); who != "" {
		t.Errorf("the old token still opens %s's session", who)
	}
	b = rig.As(withUser(rig, "bob@ink.example"))
	leads(t, "back to an invitation", b.Post("/sign-out", url.Values{"next": {"/invitations/abc"}}), "/invitations/abc")
	b = rig.As(withUser(rig, "cat@ink.example"))
	leads(t, "elsewhere", b.Post("/sign-out", url.Values{"next": {"//evil.example"}}), "/")
	if got := b.Get("/sign-out").Status; got != http.StatusMethodNotAllowed {
		t.Errorf("GET /sign-out: %d, want 405", got)
	}
}

func TestBudget_tryingPasswordsLocksNobodyOut(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	home := rig.Browser()
	leads(t, "at home", signIn(home, "ann@ink.example", gatetest.Password), "/")
	home.Post("/sign-out", nil)

	for i := range 12 {
		thief := rig.Browser()
		thief.Addr = fmt.Sprintf("198.51.100.%d:99", i)
		got := signIn(thief, "ann@ink.example", fmt.Sprintf("guess number %d", i))
		if i < 9 && got.Status != http.StatusUnprocessableEntity { // one was spent by signing in at home
			t.Fatalf("guess %d: %d", i, got.Status)
		}
		if i >= 10 {
			wants(t, "one guess too many", got, http.StatusTooManyRequests, "Too many tries: wait")
			if got.Header.Get("Retry-After") == "" || !strings.Contains(got.Body, `value="ann@ink.example"`) {
				t.Error("no Retry-After, or what was typed is gone")
			}
		}
	}
	elsewhere := rig.Browser()
	wants(t, "she herself, in a new browser", signIn(elsewhere, "ann@ink.example", gatetest.Password), http.StatusTooManyRequests, "")
	leads(t, "at home", signIn(home, "ann@ink.example", gatetest.Password), "/")

	// A link by mail makes a browser known.
	elsewhere.Post("/forgot", url.Values{"login": {"ann@ink.example"}})
	link := mailed(t, rig, "ann@ink.example", enrolld.EventPasswordReset)
	leads(t, "reset", elsewhere.Post(link, url.Values{"password": {newPassword}}), "/sign-in?set=1")
	leads(t, "after the reset", signIn(elsewhere, "ann@ink.example", newPassword), "/")

	d := givePasskey(rig, login)
	other := rig.Browser()
	if got := other.PostJSON("/sign-in/passkey/finish", d.Sign(other.PostJSON("/sign-in/passkey", "{}").Body)); got.Status != http.StatusOK {
		t.Errorf("a passkey: %d %s", got.Status, got.Body)
	}
}

// Names that nobody has run out as others do, and at their own pace.
func TestBudget_tellsNothing(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	rig.Exec(`UPDATE enrolld_logins SET username = 'annie', username_key = 'annie' WHERE id = ?`, login.ID)
	for _, name := range []string{"ann@ink.example", "zoe@ink.example", "annie", "zoezoe", "no name at all"} {
		var got []int
		for i := range 12 {
			b := rig.Browser()
			b.Addr = fmt.Sprintf("198.51.100.%d:99", i)
			typed := name
			if i%2 == 1 {
				typed = strings.ToUpper(name) + " "
			}
			got = append(got, signIn(b, typed, "wrong password").Status)
		}
		for i, status := range got {
			if want := map[bool]int{true: http.StatusUnprocessableEntity, false: http.StatusTooManyRequests}[i < 10]; status != want {
				t.Errorf("%s: try %d got %d, want %d", name, i, status, want)
			}
		}
		rig.Clock.Advance(time.Minute) // an address gets some tries back, a name none
	}
	rig.Clock.Advance(5 * time.Minute)
	leads(t, "one try later", signIn(rig.Browser(), "ann@ink.example", gatetest.Password), "/")
}

func TestBudget_perPlace(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		addr func(i int) string
		want int // status of the 31st
	}{
		"one address":         {func(int) string { return "198.51.100.7:99" }, http.StatusTooManyRequests},
		"one network of IPv6": {func(i int) string { return fmt.Sprintf("[2001:db8::%x]:99", i+1) }, http.StatusTooManyRequests},
		"many addresses":      {func(i int) string { return fmt.Sprintf("198.51.100.%d:99", i) }, http.StatusUnprocessableEntity},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rig := newRig(t)
			var got int
			for i := range 31 {
				b := rig.Browser()
				b.Addr = tt.addr(i)
				got = signIn(b, fmt.Sprintf("nobody%d@ink.example", i), "wrong password").Status
			}
			if got != tt.want {
				t.Errorf("the 31st try: %d, want %d", got, tt.want)
			}
		})
	}
}
