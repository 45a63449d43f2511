package team_test

import (
	"testing"
	"time"

	"enrolld"
	"enrolld/store/team"
)

func TestCredentials(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.check(d.team.ChangePassword(t.Context(), command, d.ann.ID, "hash", ""))
	for _, c := range []struct {
		name string
		hash string
		ok   bool
	}{
		{"Ann@example.org", "hash", true},
		{" aNN@EXAMPLE.org ", "hash", true},
		{"ann.lee", "hash", true},
		{"ANN.Lee", "hash", true},
		{"bob@example.org", "", true},
		{"ann@example.com", "", false},
		{"nobody", "", false},
		{"", "", false},
		{"@", "", false},
		{"ann.lee' OR 1=1", "", false},
		{"ann%", "", false},
	} {
		got, ok, err := d.team.Credentials(t.Context(), c.name)
		if err != nil || ok != c.ok || got.Hash != c.hash || ok != (got.Login.ID != 0) {
			t.Errorf("Credentials(%q) = %+v, %v, %v, want %q, %v", c.name, got, ok, err, c.hash, c.ok)
		}
	}
}

func TestSignedIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.forget()
	in := team.SignIn{LoginID: d.ann.ID, Epoch: d.ann.Epoch, How: "password and app code", Agent: "Firefox on Linux"}
	for _, step := range []struct {
		what  string
		known bool
		mail  []string
	}{
		{"the first time", false, nil},
		{"from a known browser", true, nil},
		{"from another one", false, []string{"new_sign_in to Ann@example.org"}},
	} {
		d.clock.Advance(time.Hour)
		in.KnownBrowser = step.known
		visit := &team.Visit{}
		d.check(d.team.SignedIn(team.WithVisit(t.Context(), visit), stranger, in))
		if visit.LoginID != d.ann.ID || visit.Epoch != d.ann.Epoch {
			t.Errorf("%s: the visit is %+v, want Ann's", step.what, visit)
		}
		if got := d.login(d.ann.ID).LastSignInAt; got == nil || !got.Equal(d.clock.Now()) {
			t.Errorf("%s: last sign-in %v, want now", step.what, got)
		}
		d.wantMail(step.mail...)
	}
	d.want(`SELECT actor, action, login_id = subject_login_id, remote_addr, detail FROM enrolld_audit ORDER BY id LIMIT 1`,
		`Ann Lee|login.signed_in|1|192.0.2.9|{"browser":"Firefox on Linux","how":"password and app code","known":false}`)
	team := d.mail()[0].Data.Team
	if team.Detail != "password and app code" || team.Agent != "Firefox on Linux" || team.Addr != "192.0.2.9" || !team.At.Equal(d.clock.Now()) || team.Link.Path != "/me/security" {
		t.Errorf("the mail says %+v, want how, browser, address, time and where to look", team)
	}
}

// A password was proven, then it was changed, then the second factor was given.
func TestSignedInTooLate(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.check(d.team.ChangePassword(t.Context(), by(d.ann), d.ann.ID, "new", ""))
	d.forget()
	visit := &team.Visit{}
	err := d.team.SignedIn(team.WithVisit(t.Context(), visit), stranger, team.SignIn{LoginID: d.ann.ID, Epoch: d.ann.Epoch})
	d.wantCode("SignedIn with what was proven before", err, enrolld.Unauthorized)
	if visit.LoginID != 0 || d.login(d.ann.ID).LastSignInAt != nil {
		t.Errorf("the visit is %+v, want nobody's", visit)
	}
	d.wantActions()
	d.wantCode("nobody signs in", d.team.SignedIn(t.Context(), stranger, team.SignIn{LoginID: 999}), enrolld.NotFound)
}

func TestSignInFailed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.forget()
	d.check(d.team.SignInFailed(t.Context(), stranger, d.ann.ID, "password"))
	d.check(d.team.SignInFailed(t.Context(), stranger, 0, "password"))
	d.want(`SELECT account_id, action, COALESCE(login_id, 0), COALESCE(subject_login_id, 0), subject, remote_addr, detail
		FROM enrolld_audit ORDER BY id`,
		`0|login.failed|0|1||192.0.2.9|{"why":"password"}`,
		`0|login.failed|0|0||192.0.2.9|{"why":"password"}`)
}
