package team_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store/team"
)

// changing has asked for Ann's change to new@example.org and returns the tokens.
func (d *desk) changing() (old, fresh string) {
	d.t.Helper()
	d.check(d.team.RequestEmailChange(d.t.Context(), by(d.ann), d.ann.ID, "New@example.org"))
	return d.token(enrolld.EventEmailChangeOld, "Ann@example.org"), d.token(enrolld.EventEmailChangeNew, "New@example.org")
}

func TestEmailChange(t *testing.T) {
	t.Parallel()
	for _, newFirst := range []bool{false, true} {
		d := newDesk(t)
		d.forget()
		first, second := d.changing()
		d.wantMail("email_change_old to Ann@example.org", "email_change_new to New@example.org")
		if newFirst {
			first, second = second, first
		}
		d.check(d.team.RequestReset(t.Context(), stranger, "ann@example.org"))
		reset := d.token(enrolld.EventPasswordReset, "Ann@example.org")
		_, address, err := d.team.EmailLink(t.Context(), first)
		if err != nil || address != "New@example.org" {
			t.Errorf("EmailLink = %q, %v, want the new address", address, err)
		}
		d.forget()
		// Bob happens to be signed in at the browser that follows the link.
		if done, err := d.team.ConfirmEmailChange(t.Context(), by(d.bob), first); done || err != nil {
			t.Errorf("the first link = %v, %v, want not done", done, err)
		}
		_, err = d.team.ConfirmEmailChange(t.Context(), stranger, first)
		d.wantCode("the first link again", err, enrolld.NotFound)
		if got := d.login(d.ann.ID).Email; got != "Ann@example.org" {
			t.Errorf("after one link the address is %q, want the old one", got)
		}
		if done, err := d.team.ConfirmEmailChange(t.Context(), stranger, second); !done || err != nil {
			t.Errorf("the second link = %v, %v, want done", done, err)
		}
		if got := d.login(d.ann.ID); got.Email != "New@example.org" || got.Key != "new@example.org" {
			t.Errorf("after both links the address is %q, key %q, want the new one", got.Email, got.Key)
		}
		d.wantActions("Ann Lee login.email_change_confirmed", "Ann Lee login.email_changed")
		d.want(`SELECT before_state, after_state FROM enrolld_audit WHERE action = 'login.email_changed'`,
			`{"email":"Ann@example.org"}|{"email":"New@example.org"}`)
		d.wantMail("email_changed to Ann@example.org", "email_changed to New@example.org")
		_, err = d.team.Link(t.Context(), team.KindReset, reset)
		d.wantCode("a link in the old mailbox", err, enrolld.NotFound)
	}
}

func TestPendingEmail(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	want := func(what, address string) {
		t.Helper()
		got, ok, err := d.team.PendingEmail(t.Context(), d.ann.ID)
		if got.Email != address || ok != (address != "") || err != nil {
			t.Errorf("%s: PendingEmail = %+v, %v, %v, want %q", what, got, ok, err, address)
		}
	}
	want("at first", "")
	d.changing()
	want("asked", "New@example.org")
	d.clock.Advance(time.Hour)
	asked := d.clock.Now()
	old, fresh := d.changing()
	if got, _, _ := d.team.PendingEmail(t.Context(), d.ann.ID); !got.At.Equal(asked) {
		t.Errorf("asked again: at %v, want %v", got.At, asked)
	}
	if _, ok, err := d.team.PendingEmail(t.Context(), d.bob.ID); ok || err != nil {
		t.Errorf("Bob's: %v, %v, want none", ok, err)
	}
	for i, token := range []string{fresh, old} {
		_, err := d.team.ConfirmEmailChange(t.Context(), stranger, token)
		d.check(err)
		want("confirmed", []string{"New@example.org", ""}[i])
	}
	d.check(d.team.RequestEmailChange(t.Context(), by(d.ann), d.ann.ID, "bob@example.org"))
	want("an address that has a login, as any other", "bob@example.org")
	d.clock.Advance(24 * time.Hour)
	want("a day later", "")
}

func TestEmailChangeRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.wantCode("no address", d.team.RequestEmailChange(t.Context(), by(d.ann), d.ann.ID, "new"), enrolld.Invalid)
	d.wantCode("the same", d.team.RequestEmailChange(t.Context(), by(d.ann), d.ann.ID, "Ann@example.org"), enrolld.Invalid)
	old, fresh := d.changing()
	d.clock.Advance(time.Hour)
	_, newest := d.changing()
	for what, token := range map[string]string{"old link of an earlier change": old, "new link of it": fresh, "unknown": "x", "no change": d.annLink} {
		_, err := d.team.ConfirmEmailChange(t.Context(), stranger, token)
		d.wantCode(what, err, enrolld.NotFound)
	}
	d.check(d.team.ChangePassword(t.Context(), by(d.ann), d.ann.ID, "hash", ""))
	_, err := d.team.ConfirmEmailChange(t.Context(), stranger, newest)
	d.wantCode("after the password was changed", err, enrolld.NotFound)
	old, fresh = d.changing()
	_, err = d.team.ConfirmEmailChange(t.Context(), stranger, old)
	d.check(err)
	d.clock.Advance(24 * time.Hour)
	_, err = d.team.ConfirmEmailChange(t.Context(), stranger, fresh)
	d.wantCode("expired", err, enrolld.NotFound)
	if got := d.login(d.ann.ID).Email; got != "Ann@example.org" {
		t.Errorf("the address is %q, want the old one", got)
	}
}

// A link that ended was not followed: one of each of two changes makes none.
func TestEmailChangeNeedsBothOfOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	old, _ := d.changing()
	_, err := d.team.ConfirmEmailChange(t.Context(), stranger, old)
	d.check(err)
	_, fresh := d.changing()
	if done, err := d.team.ConfirmEmailChange(t.Context(), stranger, fresh); done || err != nil {
		t.Errorf("new link of a second change = %v, %v, want not done", done, err)
	}
}

// Whoever asks cannot tell that an address has a login: neither by the answer nor
// in the mailbox that they read.
func TestEmailChangeToTakenAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.forget()
	d.check(d.team.RequestEmailChange(t.Context(), by(d.ann), d.ann.ID, "zoe@example.org"))
	free := d.mail()
	d.forget()
	d.check(d.team.RequestEmailChange(t.Context(), by(d.ann), d.ann.ID, "BOB@example.org"))
	taken := d.mail()
	d.wantMail("email_change_old to Ann@example.org", "email_change_new to bob@example.org")
	f, k := *free[0].Data.Team, *taken[0].Data.Team
	f.Link.Purpose, f.Subject, k.Link.Purpose, k.Subject = "", "", "", ""
	if diff := cmp.Diff(f, k); diff != "" {
		t.Errorf("what the old address reads differs (-free +taken):\n%s", diff)
	}
	note := taken[1]
	if note.LoginID != d.bob.ID || note.ToName != "Bob Ray" || note.Data.Team.Link != (enrolld.Link{}) {
		t.Errorf("the note is %+v, want Bob's, without a link", note)
	}
	old := d.token(enrolld.EventEmailChangeOld, "Ann@example.org")
	if done, err := d.team.ConfirmEmailChange(t.Context(), stranger, old); done || err != nil {
		t.Errorf("the old address confirms = %v, %v, want not done", done, err)
	}
}

func TestEmailChangeAddressTakenMeanwhile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	old, fresh := d.changing()
	_, err := d.team.ConfirmEmailChange(t.Context(), stranger, old)
	d.check(err)
	d.add(enrolld.Login{Email: "new@example.org", Name: "Newcomer"})
	before := d.snapshot()
	_, err = d.team.ConfirmEmailChange(t.Context(), stranger, fresh)
	d.wantCode("taken meanwhile", err, enrolld.Conflict)
	if diff := cmp.Diff(before, d.snapshot()); diff != "" {
		t.Errorf("what changed (-before +after):\n%s", diff)
	}
}

// Both links at once: the change is made once, by whoever is second.
func TestEmailChangeAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	old, fresh := d.changing()
	tokens := make(chan string, 2)
	tokens <- old
	tokens <- fresh
	got := d.crowd(2, func() (bool, error) { return d.team.ConfirmEmailChange(t.Context(), stranger, <-tokens) })
	if email := d.login(d.ann.ID).Email; got != 1 || email != "New@example.org" {
		t.Errorf("%d were second and the address is %q, want one and the new one", got, email)
	}
}

func TestEmailChangeBudgets(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var codes []enrolld.Code
	for _, to := range []string{"a", "a", "a", "a", "b", "c", "d"} {
		codes = append(codes, enrolld.CodeOf(d.team.RequestEmailChange(t.Context(), by(d.ann), d.ann.ID, to+"@example.org")))
	}
	// The fourth to one address, and the sixth that was let through or tried.
	if !slices.Contains(codes[3:4], enrolld.Unavailable) || codes[6] != enrolld.Unavailable || codes[2] != "" || codes[4] != "" {
		t.Errorf("codes %q, want the fourth to one address and the last refused", codes)
	}
}

func TestSaveProfile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.forget()
	address := enrolld.PostalAddress{Line1: "1 Long Lane", City: "London", PostalCode: "sw1a1aa", Country: "GB"}
	p := team.Profile{Name: " Ann  B. Lee", Username: "Ann_Lee", Phone: "+44 20 7946 0018", Address: address}
	d.check(d.team.SaveProfile(t.Context(), by(d.ann), d.ann.ID, p, 1))
	got := d.login(d.ann.ID)
	want := d.ann
	want.Name, want.Username, want.Phone, want.Address, want.Revision = "Ann B. Lee", "Ann_Lee", p.Phone, address.Normalized(), 2
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the login (-want +got):\n%s", diff)
	}
	d.want(`SELECT action, before_state, after_state FROM enrolld_audit`,
		`login.profile_changed|{"email":"Ann@example.org","name":"Ann Lee","username":"ann.lee"}|`+
			`{"city":"London","country":"GB","email":"Ann@example.org","line1":"1 Long Lane","name":"Ann B. Lee","phone":"+44 20 7946 0018","postal_code":"SW1A 1AA","username":"Ann_Lee"}`)
	d.forget()
	d.check(d.team.SaveProfile(t.Context(), by(d.ann), d.ann.ID, team.Profile{
		Name: got.Name, Username: got.Username, Phone: got.Phone, Address: got.Address,
	}, 2))
	d.wantActions() // nothing changed
	for what, c := range map[string]struct {
		p        team.Profile
		revision int64
		want     enrolld.Code
	}{
		"changed meanwhile":    {team.Profile{Name: "X"}, 1, enrolld.Conflict},
		"no name":              {team.Profile{}, 2, enrolld.Invalid},
		"no user name":         {team.Profile{Name: "X", Username: "a b"}, 2, enrolld.Invalid},
		"no phone":             {team.Profile{Name: "X", Phone: "call me"}, 2, enrolld.Invalid},
		"half an address":      {team.Profile{Name: "X", Address: enrolld.PostalAddress{Line1: "1 Long Lane"}}, 2, enrolld.Invalid},
		"a user name of Ann's": {team.Profile{Name: "X", Username: "ANN_lee"}, 1, enrolld.Conflict},
	} {
		who := d.ann
		if what == "a user name of Ann's" {
			who = d.bob
		}
		d.wantCode(what, d.team.SaveProfile(t.Context(), by(who), who.ID, c.p, c.revision), c.want)
	}
	d.check(d.team.SaveProfile(t.Context(), by(d.ann), d.ann.ID, team.Profile{Name: "Ann"}, 2)) // the user name is free again
	d.check(d.team.SaveProfile(t.Context(), by(d.bob), d.bob.ID, team.Profile{Name: "Bob", Username: "ann_lee"}, 1))
}
