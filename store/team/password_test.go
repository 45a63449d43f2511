package team_test

import (
	"context"
	"strings"
	"testing"

	"github.com/alexedwards/argon2id"
	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store/team"
)

func TestHashPassword(t *testing.T) {
	t.Parallel()
	tm := team.New(nil)
	const password = enrolld.Secret("correct horse battery")
	hash, err := tm.HashPassword(t.Context(), password)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("HashPassword = %q, %v, want argon2id of 19 MiB", hash, err)
	}
	for _, c := range []struct {
		hash     string
		password enrolld.Secret
		want     bool
	}{
		{hash, password, true},
		{hash, "correct horse batterz", false},
		{hash, "", false},
		{"", password, false},
		{"", "", false},
	} {
		got, err := tm.VerifyPassword(t.Context(), c.hash, c.password)
		if err != nil || got != c.want {
			t.Errorf("VerifyPassword(%.12q, %q) = %v, %v, want %v", c.hash, c.password.Reveal(), got, err, c.want)
		}
	}
	if again, err := tm.HashPassword(t.Context(), password); err != nil || again == hash {
		t.Errorf("a second hash is %q, %v, want another one", again, err)
	}
	if _, err := tm.VerifyPassword(t.Context(), "no hash", password); err == nil {
		t.Error("a hash that cannot be read is no error, want one")
	}
}

// Who does not exist takes as long as who does: the same parameters and lengths.
func TestNobodysHash(t *testing.T) {
	t.Parallel()
	params, salt, key, err := argon2id.DecodeHash(team.NobodysHash)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(team.ArgonParams, params); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	if len(salt) != 16 || len(key) != 32 {
		t.Errorf("salt and key have %d and %d bytes, want 16 and 32", len(salt), len(key))
	}
}

func TestHashPasswordWaitsItsTurn(t *testing.T) {
	t.Parallel()
	tm := team.New(nil)
	done := tm.Busy()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tm.HashPassword(ctx, "x"); enrolld.CodeOf(err) != enrolld.Unavailable {
		t.Errorf("HashPassword when all are busy = %v, want Unavailable", err)
	}
	if _, err := tm.VerifyPassword(ctx, "", "x"); enrolld.CodeOf(err) != enrolld.Unavailable {
		t.Errorf("VerifyPassword when all are busy = %v, want Unavailable", err)
	}
	done()
	if _, err := tm.VerifyPassword(t.Context(), "", "x"); err != nil {
		t.Errorf("VerifyPassword afterwards = %v, want none", err)
	}
}

// A crowd is told to come back: nobody waits behind more than some seconds' work.
func TestHashPasswordCrowd(t *testing.T) {
	t.Parallel()
	tm := team.New(nil)
	leave := tm.Crowd()
	if _, err := tm.VerifyPassword(t.Context(), "", "x"); enrolld.CodeOf(err) != enrolld.Unavailable {
		t.Errorf("VerifyPassword behind a crowd = %v, want Unavailable at once", err)
	}
	leave()
	if _, err := tm.VerifyPassword(t.Context(), "", "x"); err != nil {
		t.Errorf("VerifyPassword afterwards = %v, want none", err)
	}
}

func TestIsPassword(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	hash, err := d.team.HashPassword(t.Context(), "correct horse battery")
	d.check(err)
	d.exec(`UPDATE enrolld_logins SET password_hash = ? WHERE id = ?`, hash, d.ann.ID)
	for _, c := range []struct {
		login    int64
		password enrolld.Secret
		want     bool
		code     enrolld.Code
	}{
		{d.ann.ID, "correct horse battery", true, ""},
		{d.ann.ID, "wrong", false, ""},
		{d.bob.ID, "correct horse battery", false, ""},
		{d.bob.ID, "", false, ""},
		{999, "correct horse battery", false, enrolld.NotFound},
	} {
		got, err := d.team.IsPassword(t.Context(), c.login, c.password)
		if got != c.want || enrolld.CodeOf(err) != c.code {
			t.Errorf("IsPassword(%d, %q) = %v, %v, want %v, %q", c.login, c.password.Reveal(), got, err, c.want, c.code)
		}
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.exec(`UPDATE enrolld_logins SET must_change = TRUE`)
	here, there := d.browse(d.ann, "here"), d.browse(d.ann, "there")
	elsewhere := d.browse(d.bob, "elsewhere")
	d.forget()
	d.check(d.team.ChangePassword(here.ctx(), by(d.ann), d.ann.ID, "the hash", "here"))
	here.wantOpen("the session that changed the password", true)
	there.wantOpen("another session", false)
	elsewhere.wantOpen("somebody else's session", true)
	c, ok, err := d.team.Credentials(t.Context(), "ann@example.org")
	if err != nil || !ok || c.Hash != "the hash" || c.Login.MustChange || c.Login.PasswordAt == nil || !c.Login.PasswordAt.Equal(deskTime) {
		t.Errorf("credentials = %+v, %v, %v, want the new hash, set now", c, ok, err)
	}
	_, err = d.team.Link(t.Context(), team.KindFirstPassword, d.annLink)
	d.wantCode("a link of before", err, enrolld.NotFound)
	d.wantActions("Ann Lee login.password_changed")
	d.want(`SELECT account_id, login_id = subject_login_id, remote_addr, request_id, detail FROM enrolld_audit`,
		`0|1|192.0.2.7|req|{"sessions_ended":1}`)
	d.wantMail("password_changed to Ann@example.org")
}
