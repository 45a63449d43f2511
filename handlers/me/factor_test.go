package me_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

// An owner without a second factor can do nothing else; with forms alone they come
// through.
func TestFactor_owed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann := r.AddLogin("ann@example.org")
	r.Join(ann.ID, r.Account.ID, enrolld.OwnerTerms())
	b := r.As(ann)
	for _, path := range []string{"/me", "/me/security", "/me/sessions", "/me/emails", "/me/second-factor/app/remove", "/a/1"} {
		goes(t, path, b.Get(path), "/me/second-factor")
	}
	has(t, "the set-up", b.Get("/me/second-factor"), http.StatusOK, "You need one before you can go on.",
		"You are the owner of Ink &amp; Wash", `href="/me/second-factor/app"`, `data-passkey="create"`)

	page := b.Get("/me/second-factor/app")
	secret := shownSecret(t, page.Body)
	has(t, "the link for an app on the same device", page, http.StatusOK, `href="otpauth://totp/Enrolld:ann@example.org?`)
	a := b.Post("/me/second-factor/app", form("code", "000000"))
	has(t, "a wrong code", a, http.StatusUnprocessableEntity, "This code is not right")
	if got := shownSecret(t, a.Body); got != secret {
		t.Errorf("the secret changed from %q to %q: a phone that has scanned it is lost", secret, got)
	}
	code := codeOf(t, r, secret)
	goes(t, "the right code", b.Post("/me/second-factor/app", form("code", code[:3]+" "+code[3:])), "/me/recovery-codes")
	a = b.Get("/me/recovery-codes")
	has(t, "the codes", a, http.StatusOK, "One step is left", "I have kept them", "ann@example.org")
	if codes := shownCodes(a.Body); len(codes) != 10 {
		t.Errorf("%d codes, want 10: %q", len(codes), codes)
	}
	goes(t, "kept", b.Post("/me/recovery-codes/kept", nil), "/")
	has(t, "then", b.Get("/me/security"), http.StatusOK, "10 are left")
	has(t, "the account", b.Get("/a/1"), http.StatusOK, "in Ink & Wash")
}

func TestFactor_reasons(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	soon, now, plain := r.AddAccount("Soon", 0), r.AddAccount("Now", 0), r.AddLogin("ann@example.org")
	r.Join(plain.ID, r.Account.ID, user())
	b := r.As(plain)
	if a := b.Get("/me/second-factor"); a.Status != http.StatusOK || contains(a.Body, "asks it of everybody") || contains(a.Body, "before you can go on") {
		t.Errorf("nobody asks for one: %d %s", a.Status, brief(a.Body))
	}
	r.Join(plain.ID, soon.ID, user())
	r.Exec(`UPDATE enrolld_accounts SET second_factor_from = ? WHERE id = ?`, r.Clock.Now().Add(48*time.Hour), soon.ID)
	a := b.Get("/me/second-factor")
	has(t, "from a day to come", a, http.StatusOK, "Soon asks it of everybody from "+r.Clock.Now().Add(48*time.Hour).Format("2 January 2006"))
	if contains(a.Body, "before you can go on") {
		t.Error("it is not owed yet")
	}
	r.Join(plain.ID, now.ID, user())
	r.Exec(`UPDATE enrolld_accounts SET second_factor_from = ? WHERE id = ?`, r.Clock.Now(), now.ID)
	has(t, "now", b.Get("/me/second-factor"), http.StatusOK, "Now asks it of everybody.", "before you can go on")
}

func TestFactor_replaceAndRemoveApp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann := r.AddLogin("ann@example.org")
	b := r.As(ann)
	first := setUpApp(t, r, b)
	kept := shownCodes(b.Get("/me/recovery-codes").Body)
	b.Post("/me/recovery-codes/kept", nil)
	r.Clock.Advance(time.Minute)

	has(t, "replacing", b.Get("/me/second-factor/app"), http.StatusOK, "Replace the authenticator app")
	second := setUpApp(t, r, b)
	has(t, "then", b.Get("/me/security"), http.StatusOK, "the one before works no more")
	r.Clock.Advance(time.Minute)
	for secret, want := range map[string]bool{first: false, second: true} {
		if ok, err := r.Team.CheckTOTP(t.Context(), ann.ID, codeOf(t, r, secret)); ok != want || err != nil {
			t.Errorf("a code of %s counts: %v, %v; want %v", secret[:4], ok, err, want)
		}
	}
	if left, err := r.Team.RecoveryCodesLeft(t.Context(), ann.ID); left != len(kept) || left != 10 || err != nil {
		t.Errorf("%d recovery codes after replacing, %v; want the 10 from before", left, err)
	}
	has(t, "the question", b.Get("/me/second-factor/app/remove"), http.StatusOK, "the password alone opens your login", "data-dialog-body")
	goes(t, "remove", b.Post("/me/second-factor/app/remove", nil), "/me/security")
	if left, err := r.Team.RecoveryCodesLeft(t.Context(), ann.ID); left != 0 || err != nil {
		t.Errorf("%d recovery codes without a factor, %v; want 0", left, err)
	}
	has(t, "again", b.Post("/me/second-factor/app/remove", nil), http.StatusNotFound)
	has(t, "the question, again", b.Get("/me/second-factor/app/remove"), http.StatusNotFound)
}

// The last second factor stays while it is owed, and the reason is told.
func TestFactor_lastIsOwed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann := r.AddLogin("ann@example.org")
	r.Join(ann.ID, r.Account.ID, enrolld.OwnerTerms())
	b := r.As(ann)
	setUpApp(t, r, b)
	has(t, "security", b.Get("/me/security"), http.StatusOK, "add another first")
	for what, a := range map[string]func() string{
		"GET":  func() string { return b.Get("/me/second-factor/app/remove").Location },
		"POST": func() string { return b.Post("/me/second-factor/app/remove", nil).Location },
	} {
		if got := a(); got != "/me/security" {
			t.Errorf("%s leads to %q, want /me/security", what, got)
		}
		has(t, what, b.Get("/me/security"), http.StatusOK, "This is your only second factor, and you need one.")
	}
	if l, err := r.Team.Login(t.Context(), ann.ID); err != nil || l.TOTPAt == nil {
		t.Errorf("the app is gone: %v", err)
	}
	addKey(t, r, b, "Phone")
	has(t, "with another one", b.Get("/me/second-factor/app/remove"), http.StatusOK, "go on working")
	goes(t, "remove", b.Post("/me/second-factor/app/remove", nil), "/me/security")
}

// The secret waits for the login and for a while: whoever knew it must not be able
// to make it somebody else's.
func TestApp_secretIsTheLogins(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.As(r.AddLogin("ann@example.org"))
	anns := shownSecret(t, b.Get("/me/second-factor/app").Body)
	ben := r.AddLogin("ben@example.org")
	r.SignInAgain(b, ben)
	goes(t, "Ann's code", b.Post("/me/second-factor/app", form("code", codeOf(t, r, anns))), "/me/second-factor/app")
	a := b.Get("/me/second-factor/app")
	has(t, "then", a, http.StatusOK, "That took a while")
	if shownSecret(t, a.Body) == anns {
		t.Error("Ben is shown Ann's secret")
	}
	if l, err := r.Team.Login(t.Context(), ben.ID); err != nil || l.TOTPAt != nil {
		t.Errorf("Ben has Ann's app: %v, %v", l.TOTPAt, err)
	}
}

func TestApp_secretDoesNotWaitForever(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann := r.AddLogin("ann@example.org")
	b := r.As(ann)
	secret := shownSecret(t, b.Get("/me/second-factor/app").Body)
	r.Clock.Advance(freshFor)
	r.SignInAgain(b, ann)
	goes(t, "too late", b.Post("/me/second-factor/app", form("code", codeOf(t, r, secret))), "/me/second-factor/app")
	if got := shownSecret(t, b.Get("/me/second-factor/app").Body); got == secret {
		t.Error("the secret is the same as before")
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann := r.AddLogin("ann@example.org")
	b := r.As(ann)
	has(t, "without a factor", b.Get("/me/recovery-codes"), http.StatusOK, "There is nothing to recover yet")
	has(t, "making some all the same", b.Post("/me/recovery-codes", nil), http.StatusConflict, "Add an authenticator app or a passkey first")
	setUpApp(t, r, b)
	first := shownCodes(b.Get("/me/recovery-codes").Body)
	goes(t, "kept", b.Post("/me/recovery-codes/kept", nil), "/me/security")

	a := b.Get("/me/recovery-codes")
	has(t, "afterwards", a, http.StatusOK, "Codes left: 10", "All codes that you have now stop working")
	if got := shownCodes(a.Body); len(got) > 0 {
		t.Errorf("codes are shown again: %q", got)
	}
	goes(t, "a download then", b.Post("/me/recovery-codes/download", nil), "/me/recovery-codes")
	has(t, "says", b.Get("/me/recovery-codes"), http.StatusOK, "The codes are not shown any more")

	goes(t, "new ones", b.Post("/me/recovery-codes", nil), "/me/recovery-codes")
	second := shownCodes(b.Get("/me/recovery-codes").Body)
	file := b.Post("/me/recovery-codes/download", nil)
	has(t, "the file", file, http.StatusOK, "ann@example.org", "admin.example", "\r\n")
	lines := strings.Split(strings.TrimSpace(file.Body), "\r\n")
	if diff := cmp.Diff(second, lines[len(lines)-10:]); diff != "" {
		t.Errorf("codes on the page and in the file: %s", diff)
	}
	if got := file.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") || file.Header.Get("Cache-Control") != "no-store" ||
		!strings.HasPrefix(file.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("the file's header: %v", file.Header)
	}
	for _, test := range []struct {
		code string
		want bool
	}{{first[0], false}, {second[0], true}, {second[0], false}} {
		if _, ok, err := r.Team.UseRecoveryCode(t.Context(), enrolld.Actor{}, ann.ID, test.code); ok != test.want || err != nil {
			t.Errorf("code %s works: %v, %v; want %v", test.code, ok, err, test.want)
		}
	}
}

// Codes that were not said to be kept disappear by themselves, and with the login.
func TestCodes_shownForAWhile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann, ben := r.AddLogin("ann@example.org"), r.AddLogin("ben@example.org")
	r.GiveFactor(ben.ID)
	b := r.As(ann)
	setUpApp(t, r, b)
	r.SignInAgain(b, ben)
	if a := b.Get("/me/recovery-codes"); a.Status != http.StatusOK || len(shownCodes(a.Body)) > 0 {
		t.Errorf("Ben: %d with codes %q, want none", a.Status, shownCodes(a.Body))
	}
	goes(t, "new ones", b.Post("/me/recovery-codes", nil), "/me/recovery-codes")
	r.Clock.Advance(freshFor)
	r.SignInAgain(b, ben)
	if a := b.Get("/me/recovery-codes"); a.Status != http.StatusOK || len(shownCodes(a.Body)) > 0 {
		t.Errorf("after a while: %d with codes %q, want none", a.Status, shownCodes(a.Body))
	}
	goes(t, "kept, then", b.Post("/me/recovery-codes/kept", nil), "/me/security")
}

func TestCodes_few(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann := r.AddLogin("ann@example.org")
	b := r.As(ann)
	setUpApp(t, r, b)
	for _, test := range []struct {
		left int
		want string
	}{{4, "4 are left"}, {3, "Few recovery codes are left"}, {0, "You have no recovery codes left"}} {
		r.Exec(`UPDATE enrolld_recovery_codes SET used_at = ? WHERE login_id = ? AND used_at IS NULL ORDER BY id LIMIT ?`,
			r.DB.Now(), ann.ID, r.Number(`SELECT COUNT(*) FROM enrolld_recovery_codes WHERE used_at IS NULL`)-int64(test.left))
		a := b.Get("/me/security")
		has(t, test.want, a, http.StatusOK, test.want)
		if warned := contains(a.Body, "Make recovery codes"); warned != (test.left <= 3) {
			t.Errorf("%d left: warned %v", test.left, warned)
		}
	}
}

func TestFactors_needProof(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ann := r.AddLogin("ann@example.org")
	b := r.As(ann)
	key := addKey(t, r, b, "Phone")
	r.Clock.Advance(freshFor)
	for _, path := range []string{"/me/second-factor/app", "/me/second-factor/app/remove", "/me/recovery-codes", key + "/remove"} {
		if a := b.Get(path); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/sign-in/confirm?next=") {
			t.Errorf("GET %s: %d to %q, want the page that asks to confirm", path, a.Status, a.Location)
		}
	}
	for _, path := range []string{
		"/me/second-factor/app", "/me/second-factor/app/remove", "/me/recovery-codes", "/me/recovery-codes/download", key + "/remove",
		"/me/passkeys/begin", "/me/passkeys/finish",
	} {
		if a := b.Post(path, nil); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/sign-in/confirm?next=") {
			t.Errorf("POST %s: %d to %q, want the page that asks to confirm", path, a.Status, a.Location)
		}
	}
}
