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
)

func enter(b *gatetest.Browser, path, code string) gatetest.Answer {
	return b.Post(path, url.Values{"code": {code}, "next": {"/inside"}})
}

func TestCode(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	ann := giveApp(rig, login)
	b := rig.Browser()
	form := credentials("ann@ink.example", gatetest.Password)
	form.Set("next", "/inside")
	leads(t, "password", b.Post("/sign-in", form), "/sign-in/code?next=%2Finside")
	if who := inside(b); who != "" {
		t.Fatalf("the password alone lets %s in", who)
	}
	if got := b.Get("/partial"); got.Status != http.StatusSeeOther {
		t.Fatalf("the password alone opens a page: %d", got.Status)
	}
	page := b.Get("/sign-in/code?next=%2Finside")
	wants(t, "the page", page, http.StatusOK, "authenticator app shows")
	if strings.Contains(page.Body, "passkey") || !strings.Contains(page.Body, "/sign-in/recovery?next=%2Finside") {
		t.Error("the page should offer recovery codes and no passkey")
	}
	wants(t, "nothing", enter(b, "/sign-in/code", ""), http.StatusUnprocessableEntity, "Enter the code.")
	wants(t, "a wrong code", enter(b, "/sign-in/code", "000000"), http.StatusUnprocessableEntity, "This code is not right")
	used := ann.code()
	leads(t, "the code", enter(b, "/sign-in/code", used[:3]+" "+used[3:]), "/inside")
	if who := inside(b); who != "ann@ink.example" {
		t.Errorf("inside is %q", who)
	}
	again := rig.Browser()
	signIn(again, "ann@ink.example", gatetest.Password)
	wants(t, "the same code again", enter(again, "/sign-in/code", used), http.StatusUnprocessableEntity, "used already")
}

func TestCode_once(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	ann := giveApp(rig, withUser(rig, "ann@ink.example"))
	browsers := make([]*gatetest.Browser, 6)
	for i := range browsers {
		browsers[i] = rig.Browser()
		leads(t, "password", signIn(browsers[i], "ann@ink.example", gatetest.Password), "/sign-in/code")
	}
	code := ann.code()
	var wg sync.WaitGroup
	for _, b := range browsers {
		wg.Go(func() { enter(b, "/sign-in/code", code) })
	}
	wg.Wait()
	in := 0
	for _, b := range browsers {
		if inside(b) != "" {
			in++
		}
	}
	if in != 1 {
		t.Errorf("one code let %d browsers in, want 1", in)
	}
}

func TestCode_withoutPassword(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	ann := giveApp(rig, withUser(rig, "ann@ink.example"))
	for _, path := range []string{"/sign-in/code", "/sign-in/recovery"} {
		b := rig.Browser()
		leads(t, "GET "+path, b.Get(path+"?next=/inside"), "/sign-in?next=%2Finside")
		leads(t, "POST "+path, enter(b, path, ann.code()), "/sign-in?next=%2Finside")
	}
	b := rig.Browser()
	signIn(b, "ann@ink.example", gatetest.Password)
	rig.Clock.Advance(11 * time.Minute)
	leads(t, "too late", enter(b, "/sign-in/code", ann.code()), "/sign-in?next=%2Finside")
}

// What ends a login's sessions ends half a sign-in too.
func TestCode_endedMeanwhile(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	ann := giveApp(rig, login)
	b := rig.Browser()
	leads(t, "password", signIn(b, "ann@ink.example", gatetest.Password), "/sign-in/code")
	if _, err := rig.Team.EndOtherSessions(t.Context(), enrolld.Actor{LoginID: login.ID}, login.ID, ""); err != nil {
		t.Fatal(err)
	}
	leads(t, "the code", enter(b, "/sign-in/code", ann.code()), "/sign-in?next=%2Finside")
	wants(t, "says why", b.Get("/sign-in"), http.StatusOK, "changed meanwhile: sign in again")
	if who := inside(b); who != "" {
		t.Errorf("%s is let in", who)
	}
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	giveApp(rig, login)
	codes, err := rig.Team.MakeRecoveryCodes(t.Context(), enrolld.Actor{LoginID: login.ID}, login.ID)
	if err != nil {
		t.Fatal(err)
	}
	b := rig.Browser()
	signIn(b, "ann@ink.example", gatetest.Password)
	wants(t, "the page", b.Get("/sign-in/recovery"), http.StatusOK, "Each works once.")
	wants(t, "a wrong one", enter(b, "/sign-in/recovery", "aaaa-bbbb-cccc"), http.StatusUnprocessableEntity, "not one of your recovery codes")
	leads(t, "a right one", enter(b, "/sign-in/recovery", strings.ToUpper(strings.ReplaceAll(codes[0], "-", ""))), "/inside")
	if who := inside(b); who != "ann@ink.example" {
		t.Errorf("inside is %q", who)
	}
	again := rig.Browser()
	signIn(again, "ann@ink.example", gatetest.Password)
	wants(t, "once more", enter(again, "/sign-in/recovery", codes[0]), http.StatusUnprocessableEntity, "used already")
}

// Codes run out together with recovery codes; who is signed in does not notice.
func TestBudget_codes(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	ann := giveApp(rig, login)
	home := rig.As(login)
	thief := rig.Browser()
	signIn(thief, "ann@ink.example", gatetest.Password)
	for i := range 10 {
		path := []string{"/sign-in/code", "/sign-in/recovery"}[i%2]
		if got := enter(thief, path, "000000"); got.Status != http.StatusUnprocessableEntity {
			t.Fatalf("try %d: %d", i, got.Status)
		}
	}
	for _, path := range []string{"/sign-in/code", "/sign-in/recovery"} {
		got := enter(thief, path, ann.code())
		wants(t, path, got, http.StatusTooManyRequests, "Too many tries: wait")
		if got.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	if who := inside(home); who != "ann@ink.example" {
		t.Error("who is signed in is locked out")
	}
	leads(t, "confirm", confirmBy(home, gatetest.Password, ann.code()), "/fresh")
	rig.Clock.Advance(2*time.Minute + time.Second)
	leads(t, "two minutes later", enter(thief, "/sign-in/code", ann.code()), "/inside")
}

func confirmBy(b *gatetest.Browser, password, code string) gatetest.Answer {
	return b.Post("/sign-in/confirm", url.Values{"password": {password}, "code": {code}, "next": {"/fresh"}})
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	b := rig.As(login)
	wants(t, "just signed in", b.Get("/fresh"), http.StatusOK, "inside")
	rig.Clock.Advance(16 * time.Minute)
	leads(t, "later", b.Get("/fresh"), "/sign-in/confirm?next=%2Ffresh")
	page := b.Get("/sign-in/confirm?next=%2Ffresh")
	wants(t, "the page", page, http.StatusOK, "Confirm that it is you")
	if strings.Contains(page.Body, "one-time-code") || !strings.Contains(page.Body, `name="next" value="/fresh"`) {
		t.Error("the page should ask for no code, and keep where it leads")
	}
	wants(t, "nothing", confirmBy(b, "", ""), http.StatusUnprocessableEntity, "Enter your password.")
	wants(t, "a wrong password", confirmBy(b, "wrong password", ""), http.StatusUnprocessableEntity, "The password is not right.")
	leads(t, "still", b.Get("/fresh"), "/sign-in/confirm?next=%2Ffresh")
	leads(t, "the password", confirmBy(b, gatetest.Password, ""), "/fresh")
	wants(t, "confirmed", b.Get("/fresh"), http.StatusOK, "inside")
	leads(t, "a stranger", rig.Browser().Get("/sign-in/confirm?next=/fresh"), "/sign-in?next=%2Fsign-in%2Fconfirm%3Fnext%3D%2Ffresh")
}

func TestConfirm_secondFactor(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	ann := giveApp(rig, login)
	b := rig.As(login)
	rig.Clock.Advance(16 * time.Minute)
	if got := b.Get("/sign-in/confirm"); !strings.Contains(got.Body, "one-time-code") {
		t.Error("the page asks for no code")
	}
	wants(t, "without the code", confirmBy(b, gatetest.Password, ""), http.StatusUnprocessableEntity, "Enter the code.")
	wants(t, "a wrong code", confirmBy(b, gatetest.Password, "000000"), http.StatusUnprocessableEntity, "This code is not right")
	wants(t, "a wrong password", confirmBy(b, "wrong password", ann.code()), http.StatusUnprocessableEntity, "The password is not right.")
	leads(t, "both", confirmBy(b, gatetest.Password, ann.code()), "/fresh")
	for range 9 {
		confirmBy(b, "wrong password", "000000")
	}
	wants(t, "too often", confirmBy(b, gatetest.Password, "000000"), http.StatusTooManyRequests, "Too many tries")
	if inside(b) != "ann@ink.example" {
		t.Error("the session is over")
	}
}

func TestConfirm_passkey(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	d := givePasskey(rig, login)
	b := rig.As(login)
	rig.Clock.Advance(16 * time.Minute)
	page := b.Get("/sign-in/confirm?next=%2Ffresh")
	if strings.Contains(page.Body, `type="password"`) || !strings.Contains(page.Body, `data-finish="/sign-in/passkey/finish?next=%2Ffresh&amp;step=again"`) {
		t.Errorf("the page should ask for the passkey alone: %s", page.Body)
	}
	wants(t, "the password alone", confirmBy(b, gatetest.Password, ""), http.StatusUnprocessableEntity, "Confirm with a passkey.")
	got := b.PostJSON("/sign-in/passkey/finish?next=%2Ffresh&step=again", d.Sign(b.PostJSON("/sign-in/passkey?step=again", "{}").Body))
	if got.Body != `{"location":"/fresh"}` {
		t.Fatalf("the passkey: %d %s", got.Status, got.Body)
	}
	wants(t, "confirmed", b.Get("/fresh"), http.StatusOK, "inside")
}

func TestPasskey(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	d := givePasskey(rig, login)
	b := rig.Browser()
	before := b.PostJSON("/sign-in/passkey", "{}")
	token := b.Cookie(sessionCookie)
	got := b.PostJSON("/sign-in/passkey/finish?next=%2Finside", d.Sign(before.Body))
	if got.Body != `{"location":"/inside"}` || inside(b) != "ann@ink.example" {
		t.Fatalf("by a passkey alone: %d %s", got.Status, got.Body)
	}
	if b.Cookie(sessionCookie) == token {
		t.Error("the session keeps its token")
	}
	b = rig.Browser()
	got = b.PostJSON("/sign-in/passkey/finish?next=//evil.example", d.Sign(b.PostJSON("/sign-in/passkey", "{}").Body))
	if got.Body != `{"location":"/"}` {
		t.Errorf("elsewhere: %s", got.Body)
	}
}

func TestPasskey_afterThePassword(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	ann, bob := withUser(rig, "ann@ink.example"), withUser(rig, "bob@ink.example")
	annsKey, bobsKey := givePasskey(rig, ann), givePasskey(rig, bob)
	b := rig.Browser()
	leads(t, "password", signIn(b, "ann@ink.example", gatetest.Password), "/sign-in/code")
	page := b.Get("/sign-in/code")
	if strings.Contains(page.Body, "one-time-code") || !strings.Contains(page.Body, `data-begin="/sign-in/passkey?step=second"`) {
		t.Error("the page should ask for the passkey alone")
	}
	const begin, finish = "/sign-in/passkey?step=second", "/sign-in/passkey/finish?step=second"
	options := b.PostJSON(begin, "{}").Body
	if !annsKey.Knows(options) || bobsKey.Knows(options) {
		t.Error("only her passkeys should be allowed")
	}
	if got := b.PostJSON(finish, bobsKey.Sign(options)); got.Status != http.StatusUnprocessableEntity || inside(b) != "" {
		t.Errorf("somebody else's: %d %s", got.Status, got.Body)
	}
	if got := b.PostJSON(finish, annsKey.Sign(b.PostJSON(begin, "{}").Body)); got.Status != http.StatusOK || inside(b) != "ann@ink.example" {
		t.Errorf("hers: %d %s", got.Status, got.Body)
	}
	for _, step := range []string{"second", "again", "other"} {
		if got := rig.Browser().PostJSON("/sign-in/passkey?step="+step, "{}"); got.Status != http.StatusConflict {
			t.Errorf("a stranger's step %q: %d %s, want 409", step, got.Status, got.Body)
		}
	}
}

func TestPasskey_deactivated(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	d := givePasskey(rig, login)
	rig.Exec(`UPDATE enrolld_members SET deactivated_at = ? WHERE login_id = ?`, rig.DB.Now(), login.ID)
	b := rig.Browser()
	got := b.PostJSON("/sign-in/passkey/finish", d.Sign(b.PostJSON("/sign-in/passkey", "{}").Body))
	if got.Status != http.StatusForbidden || !strings.Contains(got.Body, "deactivated") || inside(b) != "" {
		t.Errorf("%d %s", got.Status, got.Body)
	}
}
