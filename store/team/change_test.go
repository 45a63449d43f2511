package team_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/team"
)

// TestDeactivationEndsEverything: sessions, links, invitations to and from, and
// offers of the ownership end with the access (CVE-2023-22492 is what happens
// otherwise), and the viewer enters nothing from then on.
func TestDeactivationEndsEverything(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(h *house, member int64) error{
		"deactivate": func(h *house, member int64) error {
			return h.team.Deactivate(h.t.Context(), by(h.ann), h.account.ID, member)
		},
		"remove": func(h *house, member int64) error {
			return h.team.Remove(h.t.Context(), by(h.ann), h.account.ID, member)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := prepared(t)
			open := h.browse(h.login(h.bob.ID), "bob")
			sent := h.invite(h.account.ID, h.bob, "friend@example.org", userTerms())
			elsewhere := h.invite(h.other.ID, h.eve, "bob@example.org", userTerms())
			h.check(h.team.OfferTransfer(t.Context(), by(h.ann), h.account.ID, h.members[h.bob.ID]))
			bobsLink := h.token(enrolld.EventInvitation, "bob@example.org")
			h.forget()

			h.check(end(h, h.members[h.bob.ID]))
			open.wantOpen("after the end", false)
			if _, err := h.team.AcceptAs(t.Context(), by(h.eve), sent, h.eve.ID); enrolld.CodeOf(err) != enrolld.Conflict {
				t.Errorf("accept what they sent: %v, want a conflict", err)
			}
			if w, err := h.team.Transfer(t.Context(), h.account.ID); w != nil || err != nil {
				t.Errorf("Transfer = %+v, %v, want none", w, err)
			}
			h.want(`SELECT COUNT(*) FROM enrolld_tokens WHERE used_at IS NULL AND login_id = (SELECT id FROM enrolld_logins WHERE name = 'Bob Ray')`, "0")
			v, err := h.team.Viewer(t.Context(), h.bob.ID)
			h.check(err)
			if len(v.Memberships) != 0 {
				t.Errorf("the viewer still has %d memberships", len(v.Memberships))
			}
			if o, err := h.team.Offer(t.Context(), elsewhere); err != nil || o.State != enrolld.InvitationOpen || elsewhere != bobsLink {
				t.Errorf("the invitation to another account is %q, %v, want open", o.State, err)
			}
			h.want(`SELECT detail FROM enrolld_audit WHERE action LIKE 'member.%'`, `{"sessions":1,"invitations":1,"transfers":1}`)
		})
	}
}

func TestDeactivateAndReactivate(t *testing.T) {
	t.Parallel()
	h := prepared(t)
	h.forget()
	uma := h.members[h.uma.ID]
	before := h.view(h.uma)
	h.check(h.team.Deactivate(t.Context(), by(h.bob), h.account.ID, uma))
	h.wantCode("again", h.team.Deactivate(t.Context(), by(h.bob), h.account.ID, uma), enrolld.Conflict)
	h.check(h.team.Reactivate(t.Context(), by(h.bob), h.account.ID, uma))
	h.wantCode("again", h.team.Reactivate(t.Context(), by(h.bob), h.account.ID, uma), enrolld.Conflict)
	after := h.view(h.uma)
	if diff := cmp.Diff(before.Terms, after.Terms); diff != "" {
		t.Errorf("terms after a deactivation (-want +got):\n%s", diff)
	}
	h.wantActions("Bob Ray member.deactivated", "Bob Ray member.reactivated")
	h.wantMail("deactivated to uma@example.org", "team_changed to Ann@example.org", "reactivated to uma@example.org", "team_changed to Ann@example.org")
}

func TestSetTerms(t *testing.T) {
	t.Parallel()
	h := prepared(t)
	_, err := h.db.AddProducts(t.Context(), h.account.ID, []enrolld.Product{{AccountID: h.account.ID, Platform: "stripe", Key: "p", Name: "P"}})
	h.check(err)
	products, err := h.db.ProductOptions(t.Context(), []int64{h.account.ID}, store.AllProducts())
	h.check(err)
	h.forget()
	until := deskTime.Add(48 * time.Hour)
	terms := enrolld.Terms{
		Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProfile: until, enrolld.PermProductsView: {}},
		Scope: enrolld.Scope{Accounts: []int64{h.account.ID}, Products: []int64{products[0].ID}, EditProducts: true},
	}
	h.check(h.team.SetTerms(t.Context(), by(h.ann), h.account.ID, h.members[h.uma.ID], 1, terms))
	if diff := cmp.Diff(terms, h.view(h.uma).Terms); diff != "" {
		t.Errorf("terms that were set (-want +got):\n%s", diff)
	}
	err = h.team.SetTerms(t.Context(), by(h.ann), h.account.ID, h.members[h.uma.ID], 1, userTerms())
	h.wantCode("save what was shown before", err, enrolld.Conflict)
	h.wantMail("terms_changed to uma@example.org", "team_changed to bob@example.org")
	h.want(`SELECT subject, before_state LIKE '%products.view%', after_state LIKE '%account.profile%' FROM enrolld_audit`, "uma@example.org|1|1")
}

// TestSetTermsTakesBackWhatWasOffered: an Admin whose rights shrink no longer
// gives what they lost.
func TestSetTermsTakesBackWhatWasOffered(t *testing.T) {
	t.Parallel()
	h := prepared(t)
	beyond := userTerms()
	beyond.Rights[enrolld.PermProfile] = time.Time{}
	lost, kept := h.invite(h.account.ID, h.bob, "lost@example.org", beyond), h.invite(h.account.ID, h.bob, "kept@example.org", userTerms())
	h.check(h.team.SetTerms(t.Context(), by(h.ann), h.account.ID, h.members[h.bob.ID], 1, managerTerms()))
	for token, want := range map[string]enrolld.InvitationState{lost: enrolld.InvitationRemoved, kept: enrolld.InvitationOpen} {
		o, err := h.team.Offer(t.Context(), token)
		h.check(err)
		if o.State != want {
			t.Errorf("the invitation of %s is %q, want %q", o.Email, o.State, want)
		}
	}
}

// TestNoSuperAdmin: a manager of users makes nobody more than they are
// themselves, in any way.
func TestNoSuperAdmin(t *testing.T) {
	t.Parallel()
	h := prepared(t)
	h.check(h.team.SetTerms(t.Context(), by(h.ann), h.account.ID, h.members[h.bob.ID], 1, managerTerms()))
	all := enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()}
	owner := enrolld.OwnerTerms()
	for name, terms := range map[string]enrolld.Terms{"an Admin with everything": all, "an owner": owner} {
		if err := h.team.SetTerms(t.Context(), by(h.bob), h.account.ID, h.members[h.uma.ID], 1, terms); err == nil {
			t.Errorf("a manager made a User %s", name)
		}
		if err := h.team.SetTerms(t.Context(), by(h.bob), h.account.ID, h.members[h.bob.ID], 2, terms); err == nil {
			t.Errorf("a manager made themselves %s", name)
		}
		_, err := h.team.Invite(t.Context(), by(h.bob), h.account.ID, team.Batch{Invitees: []enrolld.Invitee{invitee("accomplice@example.org")}, Terms: terms})
		if err == nil {
			t.Errorf("a manager invited %s", name)
		}
		_, err = h.team.AddByHand(t.Context(), by(h.bob), h.account.ID, team.ByHand{Name: "A", Email: "a@example.org", Hash: "h", Terms: terms})
		if err == nil {
			t.Errorf("a manager made %s by hand", name)
		}
	}
	for name, err := range map[string]error{
		"deactivate":   h.team.Deactivate(t.Context(), by(h.bob), h.account.ID, h.members[h.ann.ID]),
		"remove":       h.team.Remove(t.Context(), by(h.bob), h.account.ID, h.members[h.ann.ID]),
		"reset factor": h.team.ResetSecondFactor(t.Context(), by(h.bob), h.account.ID, h.members[h.ann.ID]),
		"set terms":    h.team.SetTerms(t.Context(), by(h.bob), h.account.ID, h.members[h.ann.ID], 1, userTerms()),
	} {
		h.wantCode(name+" the owner", err, enrolld.Forbidden)
	}
}

// TestTwoAdminsDeactivateEachOther at once: one is left, every time.
func TestTwoAdminsDeactivateEachOther(t *testing.T) {
	t.Parallel()
	h := prepared(t)
	h.join(h.account.ID, h.ann, h.eve, enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()})
	h.members[h.eve.ID] = h.member(h.account.ID, h.eve)
	pair := [2]enrolld.Login{h.bob, h.eve}
	turn := make(chan int, 2)
	turn <- 0
	turn <- 1
	done := h.crowd(2, func() (bool, error) {
		i := <-turn
		err := h.team.Deactivate(t.Context(), by(pair[i]), h.account.ID, h.members[pair[1-i].ID])
		if enrolld.CodeOf(err) == enrolld.Forbidden {
			return false, nil
		}
		return err == nil, err
	})
	if done != 1 {
		t.Errorf("%d of two admins deactivated the other, want 1", done)
	}
	h.want(`SELECT COUNT(*) FROM enrolld_members WHERE type = 'admin' AND deactivated_at IS NULL`, "1")
}

func TestLeave(t *testing.T) {
	t.Parallel()
	h := prepared(t)
	h.wantCode("the owner leaves", h.team.Leave(t.Context(), by(h.ann), h.account.ID), enrolld.Forbidden)
	h.wantCode("a stranger leaves", h.team.Leave(t.Context(), by(h.eve), h.account.ID), enrolld.NotFound)
	h.wantCode("a deactivated user leaves", h.team.Leave(t.Context(), by(h.dan), h.account.ID), enrolld.NotFound)
	b := h.browse(h.login(h.uma.ID), "uma")
	h.forget()
	h.check(h.team.Leave(t.Context(), by(h.uma), h.account.ID))
	b.wantOpen("after leaving", true)
	h.wantActions("Uma Ix member.left")
	h.wantMail("team_changed to Ann@example.org", "team_changed to bob@example.org")
	h.want(`SELECT COUNT(*) FROM enrolld_members WHERE login_id = (SELECT id FROM enrolld_logins WHERE name = 'Uma Ix')`, "0")
}

// TestResetSecondFactor: only who may manage the login everywhere it is a member
// takes its second factor away.
func TestResetSecondFactor(t *testing.T) {
	t.Parallel()
	h := prepared(t)
	h.givePasskey(h.uma, "Uma's")
	h.giveApp(h.uma)
	b := h.browse(h.login(h.uma.ID), "uma")
	reset := func(actor enrolld.Login) error {
		return h.team.ResetSecondFactor(t.Context(), by(actor), h.account.ID, h.members[h.uma.ID])
	}
	h.wantCode("one's own", h.team.ResetSecondFactor(t.Context(), by(h.bob), h.account.ID, h.members[h.bob.ID]), enrolld.Forbidden)
	h.join(h.other.ID, h.eve, h.uma, userTerms())
	h.wantCode("of a login that opens another account", reset(h.ann), enrolld.Forbidden)
	h.join(h.other.ID, h.eve, h.ann, enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()})
	b.wantOpen("after refusals", true)
	h.forget()
	h.check(reset(h.ann))
	if l := h.login(h.uma.ID); l.SecondFactor() {
		t.Errorf("after the reset there is a second factor: %+v", l)
	}
	b.wantOpen("after the reset", false)
	h.wantMail("factor_reset to uma@example.org", "factor_reset to Ann@example.org")
	h.want(`SELECT action, before_state, after_state FROM enrolld_audit`, `member.factor_reset|{"app":true,"passkeys":1}|{"app":false,"passkeys":0}`)
}

// TestViewer: what somebody who is signed in reaches, in one place.
func TestViewer(t *testing.T) {
	t.Parallel()
	h := prepared(t)
	brand, err := h.team.AddSubAccount(t.Context(), by(h.ann), h.account.ID, "Brand")
	h.check(err)
	school, err := h.team.AddSubAccount(t.Context(), by(h.ann), h.account.ID, "School")
	h.check(err)
	terms := userTerms()
	terms.Scope = enrolld.Scope{Accounts: []int64{school}, AllProducts: true}
	h.check(h.team.SetTerms(t.Context(), by(h.ann), h.account.ID, h.members[h.uma.ID], 1, terms))
	h.join(h.other.ID, h.eve, h.ann, userTerms())
	for _, tt := range []struct {
		who   enrolld.Login
		reach []int64
	}{
		{h.ann, []int64{h.account.ID, h.other.ID, brand, school}},
		{h.bob, []int64{h.account.ID, brand, school}},
		{h.uma, []int64{school}},
		{h.dan, nil},
		{h.eve, []int64{h.other.ID}},
	} {
		v, err := h.team.Viewer(t.Context(), tt.who.ID)
		h.check(err)
		var got []int64
		for _, id := range []int64{h.account.ID, h.other.ID, brand, school, 999} {
			m, a, ok := v.Reach(id)
			if !ok {
				continue
			}
			got = append(got, id)
			if a.ID != id || m.AccountID != a.RootID() || m.LoginID != tt.who.ID {
				t.Errorf("%s reaches account %d as %d through member %+v", tt.who.Name, id, a.ID, m.Member)
			}
		}
		if diff := cmp.Diff(tt.reach, got); diff != "" {
			t.Errorf("%s reaches (-want +got):\n%s", tt.who.Name, diff)
		}
		wantFactor := tt.who.ID != h.uma.ID && tt.who.ID != h.dan.ID
		if got := v.NeedsSecondFactor(h.clock.Now()); got != wantFactor {
			t.Errorf("%s needs a second factor: %v, want %v", tt.who.Name, got, wantFactor)
		}
	}
	_, err = h.team.Viewer(t.Context(), 999)
	h.wantCode("nobody", err, enrolld.NotFound)
}

func TestMembers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for active, want := range map[bool][]string{true: {"Ann Lee", "Bob Ray", "Uma Ix"}, false: {"Dan Po"}} {
		list, err := h.team.Members(t.Context(), h.account.ID, active)
		h.check(err)
		var got []string
		for _, m := range list {
			got = append(got, m.Login.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("members, active %v (-want +got):\n%s", active, diff)
		}
	}
	_, err := h.team.Member(t.Context(), h.other.ID, h.member(h.account.ID, h.uma))
	h.wantCode("another account's member", err, enrolld.NotFound)
}
