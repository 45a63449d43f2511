package team_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/team"
)

func TestNewTOTP(t *testing.T) {
	t.Parallel()
	secret, address, err := team.NewTOTP(enrolld.Login{Email: "ann@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address.Reveal())
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Enrolld:ann@example.org" ||
		u.Query().Get("secret") != secret.Reveal() || u.Query().Get("issuer") != "Enrolld" || u.Query().Get("digits") != "6" {
		t.Errorf("NewTOTP = %q, %v, want an otpauth address with the secret", address.Reveal(), err)
	}
	if len(secret.Reveal()) < 32 {
		t.Errorf("the secret has %d characters, want 160 bits", len(secret.Reveal()))
	}
}

func TestConfirmTOTP(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	secret, _, err := team.NewTOTP(d.ann)
	d.check(err)
	d.forget()
	for _, wrong := range []string{"", "12345", "000000x", d.code(secret, 2*time.Minute), d.code(secret, -time.Minute)} {
		err := d.team.ConfirmTOTP(t.Context(), by(d.ann), d.ann.ID, secret, wrong)
		d.wantCode("code "+wrong, err, enrolld.Invalid)
	}
	if d.login(d.ann.ID).SecondFactor() {
		t.Error("there is a second factor after wrong codes")
	}
	d.check(d.team.ConfirmTOTP(t.Context(), by(d.ann), d.ann.ID, secret, d.code(secret, 0)))
	if got := d.login(d.ann.ID).TOTPAt; got == nil || !got.Equal(deskTime) {
		t.Errorf("the app was confirmed at %v, want now", got)
	}
	d.want(`SELECT COUNT(*) FROM enrolld_logins WHERE INSTR(totp_secret, '`+secret.Reveal()+`')`, "0")
	ok, err := d.team.CheckTOTP(t.Context(), d.ann.ID, d.code(secret, 0))
	if ok || err != nil {
		t.Errorf("the code that confirmed the app: %v, %v, want false", ok, err)
	}
	d.wantActions("Ann Lee login.factor_added")
	d.wantMail("factor_added to Ann@example.org")
	if got := d.mail()[0].Data.Team.Subject; got != "an authenticator app" {
		t.Errorf("the mail is about %q, want an authenticator app", got)
	}

	other, _, err := team.NewTOTP(d.ann) // a new phone
	d.check(err)
	d.check(d.team.ConfirmTOTP(t.Context(), by(d.ann), d.ann.ID, other, d.code(other, 0)))
	d.clock.Advance(time.Minute)
	if ok, err := d.team.CheckTOTP(t.Context(), d.ann.ID, d.code(secret, 0)); ok || err != nil {
		t.Errorf("a code of the app of before: %v, %v, want false", ok, err)
	}
	if ok, err := d.team.CheckTOTP(t.Context(), d.ann.ID, d.code(other, 0)); !ok || err != nil {
		t.Errorf("a code of the new app: %v, %v, want true", ok, err)
	}
}

func TestCheckTOTP(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	secret := d.giveApp(d.ann)
	for _, c := range []struct {
		what string
		code string
		want bool
	}{
		{"two steps ahead", d.code(secret, time.Minute), false},
		{"two steps ago", d.code(secret, -time.Minute), false},
		{"empty", "", false},
		{"too short", d.code(secret, 0)[:5], false},
		{"too long", d.code(secret, 0) + "0", false},
		{"of the step before, with a space", d.code(secret, -30*time.Second)[:3] + " " + d.code(secret, -30*time.Second)[3:], true},
		{"of the step before, again", d.code(secret, -30*time.Second), false},
		{"of the next step", d.code(secret, 30*time.Second), true},
		{"of this step, after the next", d.code(secret, 0), false},
	} {
		if got, err := d.team.CheckTOTP(t.Context(), d.ann.ID, c.code); err != nil || got != c.want {
			t.Errorf("%s: CheckTOTP = %v, %v, want %v", c.what, got, err, c.want)
		}
	}
	d.clock.Advance(time.Minute)
	if ok, err := d.team.CheckTOTP(t.Context(), d.bob.ID, d.code(secret, 0)); ok || err != nil {
		t.Errorf("a login without an app: %v, %v, want false", ok, err)
	}
	d.exec(`UPDATE enrolld_logins a, enrolld_logins b SET b.totp_secret = a.totp_secret, b.totp_at = a.totp_at
		WHERE a.id = ? AND b.id = ?`, d.ann.ID, d.bob.ID)
	if ok, err := d.team.CheckTOTP(t.Context(), d.bob.ID, d.code(secret, 0)); ok || err == nil {
		t.Errorf("a secret moved to another login: %v, %v, want an error", ok, err)
	}
}

// One code lets one in, however many send it at once.
func TestCheckTOTPOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	code := d.code(d.giveApp(d.ann), 0)
	got := d.crowd(20, func() (bool, error) { return d.team.CheckTOTP(t.Context(), d.ann.ID, code) })
	if got != 1 {
		t.Errorf("one code was right %d times, want once", got)
	}
}

// Removing a factor: whether it may go, and what goes with it.
func TestRemoveFactors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what          string
		app           bool
		passkeys      int
		removeApp     bool
		required      bool
		want          enrolld.Code
		recoveryCodes int
	}{
		{"the app, the last one", true, 0, true, false, "", 0},
		{"the app, the last one, required", true, 0, true, true, enrolld.Forbidden, 10},
		{"the app, beside a passkey", true, 1, true, true, "", 10},
		{"no app", false, 1, true, false, enrolld.NotFound, 10},
		{"the passkey, the last one", false, 1, false, false, "", 0},
		{"the passkey, the last one, required", false, 1, false, true, enrolld.Forbidden, 10},
		{"a passkey, beside another", false, 2, false, true, "", 10},
		{"a passkey, beside the app", true, 1, false, true, "", 10},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			if c.app {
				d.giveApp(d.ann)
			}
			var last team.Passkey
			for i := range c.passkeys {
				last = d.givePasskey(d.ann, fmt.Sprint("Key ", i+1))
			}
			_, err := d.team.MakeRecoveryCodes(t.Context(), by(d.ann), d.ann.ID)
			d.check(err)
			d.forget()
			if c.removeApp {
				err = d.team.RemoveTOTP(t.Context(), by(d.ann), d.ann.ID, c.required)
			} else {
				err = d.team.RemovePasskey(t.Context(), by(d.ann), d.ann.ID, last.ID, c.required)
			}
			d.wantCode("remove", err, c.want)
			left, err := d.team.RecoveryCodesLeft(t.Context(), d.ann.ID)
			if err != nil || left != c.recoveryCodes {
				t.Errorf("RecoveryCodesLeft = %d, %v, want %d", left, err, c.recoveryCodes)
			}
			after := d.login(d.ann.ID)
			if c.want != "" {
				if (after.TOTPAt != nil) != c.app || after.Passkeys != c.passkeys {
					t.Errorf("after a refusal: %+v, want nothing changed", after)
				}
				d.wantMail()
				return
			}
			if c.removeApp && after.TOTPAt != nil || !c.removeApp && after.Passkeys != c.passkeys-1 {
				t.Errorf("afterwards: %+v, want it gone", after)
			}
			d.wantMail("factor_removed to Ann@example.org")
			d.wantActions("Ann Lee login.factor_removed")
		})
	}
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.team.MakeRecoveryCodes(t.Context(), by(d.ann), d.ann.ID)
	d.wantCode("without a second factor", err, enrolld.Conflict)
	d.giveApp(d.ann)
	d.giveApp(d.bob)
	d.forget()
	old, err := d.team.MakeRecoveryCodes(t.Context(), by(d.ann), d.ann.ID)
	d.check(err)
	codes, err := d.team.MakeRecoveryCodes(t.Context(), by(d.ann), d.ann.ID)
	d.check(err)
	shape := regexp.MustCompile(`^([2-9a-km-np-z]{4}-){2}[2-9a-km-np-z]{4}$`)
	seen := map[string]bool{}
	for _, c := range codes {
		if !shape.MatchString(c) || seen[c] {
			t.Errorf("code %q: want groups of unambiguous letters, each code once", c)
		}
		seen[c] = true
	}
	d.wantActions("Ann Lee login.codes_made", "Ann Lee login.codes_made")
	d.wantMail("codes_made to Ann@example.org", "codes_made to Ann@example.org")
	d.forget()
	for _, c := range []struct {
		what string
		id   int64
		code string
		ok   bool
		left int
	}{
		{"of before", d.ann.ID, old[0], false, 0},
		{"somebody else's", d.bob.ID, codes[0], false, 0},
		{"empty", d.ann.ID, "", false, 0},
		{"right", d.ann.ID, codes[0], true, 9},
		{"again", d.ann.ID, codes[0], false, 0},
		{"typed otherwise", d.ann.ID, " " + strings.ToUpper(strings.ReplaceAll(codes[1], "-", " – ")) + "\n", true, 8},
	} {
		left, ok, err := d.team.UseRecoveryCode(t.Context(), stranger, c.id, c.code)
		if err != nil || ok != c.ok || left != c.left {
			t.Errorf("%s: UseRecoveryCode = %d, %v, %v, want %d, %v", c.what, left, ok, err, c.left, c.ok)
		}
	}
	if left, err := d.team.RecoveryCodesLeft(t.Context(), d.ann.ID); left != 8 || err != nil {
		t.Errorf("RecoveryCodesLeft = %d, %v, want 8", left, err)
	}
	d.wantActions("Ann Lee login.code_used", "Ann Lee login.code_used")
	d.wantMail("code_used to Ann@example.org", "code_used to Ann@example.org")
	if got := d.mail()[0].Data.Team.Detail; got != "9 codes are left." {
		t.Errorf("the mail says %q, want how many are left", got)
	}
}

// Without the secret key file a stored hash says nothing: it is none of the code
// alone, nor of the code and the login.
func TestRecoveryCodesAreKeyed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.giveApp(d.ann)
	codes, err := d.team.MakeRecoveryCodes(t.Context(), by(d.ann), d.ann.ID)
	d.check(err)
	for _, c := range codes {
		bare := strings.ReplaceAll(c, "-", "")
		for _, guess := range []string{c, bare, fmt.Sprintf("recovery %d %s", d.ann.ID, bare)} {
			if n := len(d.rows(`SELECT id FROM enrolld_recovery_codes WHERE hash = ?`, store.HashToken(guess))); n > 0 {
				t.Errorf("a stored hash is that of %q", guess)
			}
		}
	}
}

func TestRecoveryCodeOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.giveApp(d.ann)
	codes, err := d.team.MakeRecoveryCodes(t.Context(), by(d.ann), d.ann.ID)
	d.check(err)
	got := d.crowd(20, func() (bool, error) {
		_, ok, err := d.team.UseRecoveryCode(t.Context(), stranger, d.ann.ID, codes[0])
		return ok, err
	})
	if got != 1 {
		t.Errorf("one code was right %d times, want once", got)
	}
}

func TestPasskeys(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.forget()
	ctx := t.Context()
	long := []byte(strings.Repeat("x", 1023))
	d.check(d.team.AddPasskey(ctx, by(d.ann), d.ann.ID, " My   phone ", long, []byte(`{"n":1}`)))
	d.wantActions("Ann Lee login.factor_added")
	d.wantMail("factor_added to Ann@example.org")
	if got := d.mail()[0].Data.Team.Subject; got != "the passkey 'My phone'" {
		t.Errorf("the mail is about %q, want the passkey by its name", got)
	}
	d.wantCode("the same again", d.team.AddPasskey(ctx, by(d.ann), d.ann.ID, "x", long, []byte(`{}`)), enrolld.Conflict)
	d.wantCode("the same elsewhere", d.team.AddPasskey(ctx, by(d.bob), d.bob.ID, "x", long, []byte(`{}`)), enrolld.Conflict)
	d.wantCode("no name", d.team.AddPasskey(ctx, by(d.ann), d.ann.ID, " ", []byte("b"), nil), enrolld.Invalid)
	d.wantCode("a long name", d.team.AddPasskey(ctx, by(d.ann), d.ann.ID, strings.Repeat("n", 61), []byte("b"), nil), enrolld.Invalid)
	d.clock.Advance(time.Hour)
	d.check(d.team.UsedPasskey(ctx, d.ann.ID, long, []byte(`{"n":2}`)))
	d.wantCode("used by another login", d.team.UsedPasskey(ctx, d.bob.ID, long, nil), enrolld.NotFound)
	used := d.clock.Now()
	list, err := d.team.Passkeys(ctx, d.ann.ID)
	d.check(err)
	want := []team.Passkey{{ID: 1, LoginID: d.ann.ID, Name: "My phone", Data: []byte(`{"n":2}`), CreatedAt: deskTime, UsedAt: &used}}
	if len(list) == 1 {
		want[0].ID = list[0].ID
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("Passkeys (-want +got):\n%s", diff)
	}
	id := list[0].ID
	d.check(d.team.RenamePasskey(ctx, by(d.ann), d.ann.ID, id, "Phone"))
	d.want(`SELECT action, before_state, after_state FROM enrolld_audit ORDER BY id DESC LIMIT 1`,
		`login.passkey_renamed|{"name":"My phone"}|{"name":"Phone"}`)
	d.wantCode("rename another's", d.team.RenamePasskey(ctx, by(d.bob), d.bob.ID, id, "Mine"), enrolld.NotFound)
	d.wantCode("remove another's", d.team.RemovePasskey(ctx, by(d.bob), d.bob.ID, id, false), enrolld.NotFound)
	d.check(d.team.RemovePasskey(ctx, by(d.ann), d.ann.ID, id, false))
	d.wantCode("remove twice", d.team.RemovePasskey(ctx, by(d.ann), d.ann.ID, id, false), enrolld.NotFound)
}

// Ten, also when many are added at once.
func TestPasskeyLimit(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	numbers := make(chan int, 15)
	for i := range 15 {
		numbers <- i
	}
	got := d.crowd(15, func() (bool, error) {
		err := d.team.AddPasskey(t.Context(), by(d.ann), d.ann.ID, "Key", fmt.Append(nil, <-numbers), []byte(`{}`))
		if enrolld.CodeOf(err) == enrolld.Conflict {
			return false, nil
		}
		return err == nil, err
	})
	if list, err := d.team.Passkeys(t.Context(), d.ann.ID); got != 10 || len(list) != 10 || err != nil {
		t.Errorf("%d were added and %d are there (%v), want 10", got, len(list), err)
	}
}

func TestHandle(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ann, err := d.team.Handle(t.Context(), d.ann.ID)
	d.check(err)
	bob, err := d.team.Handle(t.Context(), d.bob.ID)
	d.check(err)
	if len(ann) != 32 || string(ann) == string(bob) {
		t.Errorf("handles %x and %x, want 32 bytes each of its own", ann, bob)
	}
	got, err := d.team.LoginByHandle(t.Context(), ann)
	if err != nil || got.ID != d.ann.ID {
		t.Errorf("LoginByHandle = %d, %v, want Ann", got.ID, err)
	}
	_, err = d.team.LoginByHandle(t.Context(), ann[:31])
	d.wantCode("another handle", err, enrolld.NotFound)
	_, err = d.team.Handle(t.Context(), 999)
	d.wantCode("no login", err, enrolld.NotFound)
}
