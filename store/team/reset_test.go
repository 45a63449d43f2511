package team_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/storetest"
	"enrolld/store/team"
)

func TestRequestReset(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct {
		name string
		code enrolld.Code
		mail []string
	}{
		{"ann@EXAMPLE.org", "", []string{"password_reset to Ann@example.org"}},
		{"Ann.Lee", "", []string{"password_reset to Ann@example.org"}},
		{"Carl@example.org", "", []string{"no_login to Carl@example.org"}},
		{"zoe.kay", "", nil},
		{"not an address@", enrolld.Invalid, nil},
	} {
		d.forget()
		d.wantCode(c.name, d.team.RequestReset(t.Context(), stranger, c.name), c.code)
		d.wantMail(c.mail...)
		if c.code == "" {
			d.want(`SELECT action, account_id, login_id FROM enrolld_audit`, "login.reset_requested|0|NULL")
		}
	}
	d.forget()
	d.check(d.team.RequestReset(t.Context(), stranger, "carl@example.org"))
	d.wantMail() // told today
	d.clock.Advance(25 * time.Hour)
	d.check(d.team.RequestReset(t.Context(), stranger, "carl@example.org"))
	d.wantMail("no_login to carl@example.org")
}

// Whether there is a login shows neither in the answer nor in the work done.
func TestRequestResetTellsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	one := storetest.Open(t, d.db.Name(), 1) // all on one connection, which counts
	one.SetClock(d.clock.Now)
	tm := team.New(one)
	questions := func() int {
		list, err := store.Collect(t.Context(), one.Conn(), joinRow, `SHOW SESSION STATUS LIKE 'Questions'`)
		d.check(err)
		n, err := strconv.Atoi(strings.TrimPrefix(list[0], "Questions|"))
		d.check(err)
		return n
	}
	cost := func(name string) int {
		before := questions()
		d.check(tm.RequestReset(t.Context(), stranger, name))
		return questions() - before
	}
	cost("warm@example.org") // the connection is made
	for _, pair := range [][2]string{
		{"ann@example.org", "zoe@example.org"}, {"ann.lee", "zoe.kay"},
		{"ann@example.org", "zoe@example.org"}, // who was told already
	} {
		if known, unknown := cost(pair[0]), cost(pair[1]); known != unknown {
			t.Errorf("%s takes %d statements, want the %d of %s", pair[1], unknown, known, pair[0])
		}
	}
}

func TestRequestResetBudgets(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.forget()
	for i := range 10 {
		d.check(d.team.RequestReset(t.Context(), stranger, "ann@example.org"))
		if i == 2 {
			d.forget() // from here on silence
		}
	}
	d.wantMail()
	d.wantActions()
	err := d.team.RequestReset(t.Context(), stranger, "bob@example.org")
	d.wantCode("the eleventh from one place", err, enrolld.Unavailable)
	if often, ok := errors.AsType[*store.TooOftenError](err); !ok || often.Wait != time.Minute {
		t.Errorf("the eleventh from one place = %+v, want to wait a minute", err)
	}
	other := enrolld.Actor{Addr: "198.51.100.1"}
	d.check(d.team.RequestReset(t.Context(), other, "bob@example.org"))
	d.wantMail("password_reset to bob@example.org")
	d.clock.Advance(20 * time.Minute)
	d.check(d.team.RequestReset(t.Context(), other, "ann@example.org"))
	d.wantMail("password_reset to bob@example.org", "password_reset to Ann@example.org")
}

// Whoever has one address of IPv6 has 2^64: they share a budget.
func TestRequestResetFromANetwork(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var err error
	for i := range 11 {
		d.check(err)
		from := enrolld.Actor{Addr: fmt.Sprintf("2001:db8::%x", i+1)}
		err = d.team.RequestReset(t.Context(), from, fmt.Sprintf("nobody%d@example.org", i))
	}
	d.wantCode("the eleventh from one network", err, enrolld.Unavailable)
	d.check(d.team.RequestReset(t.Context(), enrolld.Actor{Addr: "2001:db8:0:1::1"}, "zoe@example.org"))
}

func TestResetPassword(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	secret := d.giveApp(d.ann)
	d.givePasskey(d.ann, "Phone")
	session := d.browse(d.ann, "one")
	d.check(d.team.RequestReset(t.Context(), stranger, "ann@example.org"))
	d.check(d.team.RequestReset(t.Context(), stranger, "ann@example.org"))
	token := d.token(enrolld.EventPasswordReset, "Ann@example.org")
	link, err := d.team.Link(t.Context(), team.KindReset, token)
	d.check(err)
	if diff := cmp.Diff(team.LinkToken{ID: link.ID, LoginID: d.ann.ID, Kind: team.KindReset, ExpiresAt: d.clock.Now().Add(time.Hour)}, link); diff != "" {
		t.Errorf("Link (-want +got):\n%s", diff)
	}
	d.forget()
	visit := &team.Visit{}
	id, err := d.team.ResetPassword(team.WithVisit(t.Context(), visit), stranger, team.KindReset, token, "the hash")
	if id != d.ann.ID || err != nil {
		t.Fatalf("ResetPassword = %d, %v, want Ann", id, err)
	}
	if visit.LoginID != 0 {
		t.Errorf("ResetPassword signed %d in, want nobody", visit.LoginID)
	}
	session.wantOpen("a session of before", false)
	after := d.login(d.ann.ID)
	if after.TOTPAt == nil || after.Passkeys != 1 {
		t.Errorf("second factors afterwards: %+v, want both as before", after)
	}
	if ok, err := d.team.CheckTOTP(t.Context(), d.ann.ID, d.code(secret, 0)); !ok || err != nil {
		t.Errorf("the app's code afterwards: %v, %v, want true", ok, err)
	}
	d.want(`SELECT password_hash FROM enrolld_logins WHERE id = 1`, "the hash")
	d.want(`SELECT COUNT(*) FROM enrolld_tokens WHERE login_id = 1 AND used_at IS NULL`, "0")
	d.want(`SELECT COUNT(*) FROM enrolld_tokens WHERE login_id = 2 AND used_at IS NULL`, "1")
	d.wantActions("Ann Lee login.password_reset")
	d.wantMail("password_changed to Ann@example.org")
	_, err = d.team.ResetPassword(t.Context(), stranger, team.KindReset, token, "again")
	d.wantCode("the same link again", err, enrolld.NotFound)
}

func TestResetPasswordRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.check(d.team.RequestReset(t.Context(), stranger, "ann@example.org"))
	d.check(d.team.RequestReset(t.Context(), stranger, "zoe@example.org")) // leaves a row that is nobody's
	token := d.token(enrolld.EventPasswordReset, "Ann@example.org")
	d.check(d.team.RequestEmailChange(t.Context(), by(d.ann), d.ann.ID, "new@example.org"))
	change := d.token(enrolld.EventEmailChangeOld, "Ann@example.org")
	before := d.rows(`SELECT password_hash, session_epoch FROM enrolld_logins`)
	for what, c := range map[string]struct{ kind, token string }{
		"unknown":              {team.KindReset, "unknown"},
		"empty":                {team.KindReset, ""},
		"of another kind":      {team.KindFirstPassword, token},
		"of a change":          {"email_old", change},
		"of a change as reset": {team.KindReset, change},
	} {
		_, err := d.team.ResetPassword(t.Context(), stranger, c.kind, c.token, "hash")
		d.wantCode(what, err, enrolld.NotFound)
		if got, want := enrolld.MessageOf(err), "this link is not valid any more: ask for a new one"; got != want {
			t.Errorf("%s: the message is %q, want %q", what, got, want)
		}
	}
	d.clock.Advance(time.Hour)
	_, err := d.team.ResetPassword(t.Context(), stranger, team.KindReset, token, "hash")
	d.wantCode("expired", err, enrolld.NotFound)
	if diff := cmp.Diff(before, d.rows(`SELECT password_hash, session_epoch FROM enrolld_logins`)); diff != "" {
		t.Errorf("logins (-want +got):\n%s", diff)
	}
}

// The row that asking for nobody leaves behind opens nothing.
func TestNobodysLink(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	token := "of nobody"
	d.exec(`INSERT INTO enrolld_tokens (kind, login_id, hash, data, created_at, expires_at) VALUES ('reset', 0, ?, '', ?, ?)`,
		store.HashToken(token), d.db.Now(), d.db.Now().Add(time.Hour))
	_, err := d.team.ResetPassword(t.Context(), stranger, team.KindReset, token, "hash")
	d.wantCode("a link of no login", err, enrolld.NotFound)
}

func TestResetPasswordOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.check(d.team.RequestReset(t.Context(), stranger, "ann@example.org"))
	token := d.token(enrolld.EventPasswordReset, "Ann@example.org")
	d.forget()
	got := d.crowd(20, func() (bool, error) {
		_, err := d.team.ResetPassword(t.Context(), stranger, team.KindReset, token, "hash")
		if enrolld.CodeOf(err) == enrolld.NotFound {
			return false, nil
		}
		return err == nil, err
	})
	if got != 1 {
		t.Errorf("one link was used %d times, want once", got)
	}
	d.wantActions("Ann Lee login.password_reset")
	d.want(`SELECT session_epoch FROM enrolld_logins WHERE id = 1`, "2")
}

func TestFirstPassword(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if got := d.token(enrolld.EventSetPassword, "Ann@example.org"); got != d.annLink {
		t.Error("the token for the command line is not that of the mail")
	}
	link, err := d.team.Link(t.Context(), team.KindFirstPassword, d.annLink)
	if err != nil || !link.ExpiresAt.Equal(deskTime.Add(7*24*time.Hour)) {
		t.Errorf("Link = %+v, %v, want seven days", link, err)
	}
	again, err := d.team.FirstPassword(t.Context(), command, d.ann.ID)
	d.check(err)
	d.forget()
	_, err = d.team.ResetPassword(t.Context(), stranger, team.KindFirstPassword, again.Reveal(), "hash")
	d.check(err)
	d.wantActions("Ann Lee login.password_reset")
	_, err = d.team.Link(t.Context(), team.KindFirstPassword, d.annLink)
	d.wantCode("the first link", err, enrolld.NotFound)
	_, err = d.team.FirstPassword(t.Context(), command, d.ann.ID)
	d.wantCode("another link when there is a password", err, enrolld.Conflict)
	_, err = d.team.FirstPassword(t.Context(), by(d.bob), d.ann.ID)
	d.wantCode("by somebody else", err, enrolld.NotFound)
}

func TestAddLogin(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for what, c := range map[string]struct {
		login enrolld.Login
		want  enrolld.Code
	}{
		"an address that is taken":  {enrolld.Login{Email: "ANN@example.org", Name: "X"}, enrolld.Conflict},
		"a user name that is taken": {enrolld.Login{Email: "x@example.org", Name: "X", Username: "ANN.lee"}, enrolld.Conflict},
		"no address":                {enrolld.Login{Email: "x", Name: "X"}, enrolld.Invalid},
		"no name":                   {enrolld.Login{Email: "x@example.org"}, enrolld.Invalid},
	} {
		_, _, err := d.team.AddLogin(t.Context(), command, c.login)
		d.wantCode(what, err, c.want)
	}
	want := enrolld.Login{
		ID: d.bob.ID, Email: "bob@example.org", Key: "bob@example.org", Name: "Bob Ray", CreatedAt: deskTime, Revision: 1, Epoch: 1,
	}
	if diff := cmp.Diff(want, d.bob); diff != "" {
		t.Errorf("AddLogin (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, d.login(d.bob.ID)); diff != "" {
		t.Errorf("Login (-want +got):\n%s", diff)
	}
	d.want(`SELECT COUNT(*) FROM enrolld_logins`, "2")
}

func TestSweepTokens(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.check(d.team.RequestReset(t.Context(), stranger, "ann@example.org"))
	d.clock.Advance(25*time.Hour + time.Second)
	if n, err := d.team.SweepTokens(t.Context()); n != 1 || err != nil {
		t.Errorf("SweepTokens = %d, %v, want 1", n, err)
	}
	d.want(`SELECT DISTINCT kind FROM enrolld_tokens`, "set_password")
}

// What a link's token is does not stand in the database.
func TestTokensAreHashed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for table, rows := range d.snapshot() {
		for _, row := range rows {
			if strings.Contains(row, d.annLink) {
				t.Errorf("%s holds a link's token", table)
			}
		}
	}
}
