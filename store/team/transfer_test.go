package team_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store/team"
)

func TestTransfer(t *testing.T) {
	t.Parallel()
	h := prepared(t)
	ctx, id := t.Context(), h.account.ID
	h.wantCode("offer to who lacks a second factor", h.team.OfferTransfer(ctx, by(h.ann), id, h.members[h.uma.ID]), enrolld.Invalid)
	h.wantCode("offer to who is deactivated", h.team.OfferTransfer(ctx, by(h.ann), id, h.members[h.dan.ID]), enrolld.Invalid)
	h.wantCode("accept nothing", h.team.AcceptTransfer(ctx, by(h.bob), id), enrolld.NotFound)
	h.forget()
	h.check(h.team.OfferTransfer(ctx, by(h.ann), id, h.members[h.bob.ID]))
	h.wantMail("transfer_offered to bob@example.org", "transfer_offered to Ann@example.org")
	h.wantCode("offer twice", h.team.OfferTransfer(ctx, by(h.ann), id, h.members[h.bob.ID]), enrolld.Conflict)
	h.wantCode("accept one's own offer", h.team.AcceptTransfer(ctx, by(h.ann), id), enrolld.Forbidden)
	h.wantCode("somebody else accepts", h.team.AcceptTransfer(ctx, by(h.uma), id), enrolld.NotFound)
	h.wantCode("the other side withdraws", h.team.WithdrawTransfer(ctx, by(h.bob), id), enrolld.Forbidden)
	h.wantCode("the owner declines", h.team.DeclineTransfer(ctx, by(h.ann), id), enrolld.Forbidden)
	v, err := h.team.Transfer(ctx, id)
	h.check(err)
	if v == nil || v.From.ID != h.ann.ID || v.To.ID != h.bob.ID || v.ExpiresAt.Sub(v.CreatedAt) != 72*time.Hour {
		t.Fatalf("Transfer = %+v", v)
	}
	h.check(h.team.DeclineTransfer(ctx, by(h.bob), id))
	h.check(h.team.OfferTransfer(ctx, by(h.ann), id, h.members[h.bob.ID]))
	h.check(h.team.WithdrawTransfer(ctx, by(h.ann), id))
	h.check(h.team.OfferTransfer(ctx, by(h.ann), id, h.members[h.bob.ID]))
	h.clock.Advance(72 * time.Hour)
	h.wantCode("accept after three days", h.team.AcceptTransfer(ctx, by(h.bob), id), enrolld.NotFound)
	h.check(h.team.OfferTransfer(ctx, by(h.ann), id, h.members[h.bob.ID]))
	h.exec(`DELETE FROM enrolld_passkeys WHERE login_id = ?`, h.bob.ID)
	h.wantCode("accept without a second factor", h.team.AcceptTransfer(ctx, by(h.bob), id), enrolld.Invalid)
	h.givePasskey(h.bob, "Bob's new one")

	before := h.everything()
	h.sabotage()
	if err := h.team.AcceptTransfer(ctx, by(h.bob), id); err == nil {
		t.Error("accepted without an entry in the audit log")
	}
	h.exec(`DROP TRIGGER refuse`)
	if diff := cmp.Diff(before, h.everything()); diff != "" {
		t.Errorf("failed, but it changed (-before +after):\n%s", diff)
	}
	h.forget()
	done := h.crowd(4, func() (bool, error) {
		err := h.team.AcceptTransfer(ctx, by(h.bob), id)
		if enrolld.CodeOf(err) == enrolld.NotFound {
			return false, nil
		}
		return err == nil, err
	})
	if done != 1 {
		t.Errorf("accepted %d times, want once", done)
	}
	h.wantActions("Bob Ray transfer.accepted", "Bob Ray transfer.accepted")
	h.wantMail("transfer_done to Ann@example.org", "transfer_done to bob@example.org")
	h.want(`SELECT l.name, m.type, m.owner_of IS NOT NULL FROM enrolld_members m JOIN enrolld_logins l ON l.id = m.login_id
		WHERE m.type <> 'user' AND m.account_id = (SELECT id FROM enrolld_accounts WHERE name = 'Ink & Wash') ORDER BY l.name`,
		"Ann Lee|admin|0", "Bob Ray|owner|1")
	if diff := cmp.Diff(enrolld.OwnerTerms(), h.view(h.bob).Terms); diff != "" {
		t.Errorf("terms of the new owner (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()}, h.view(h.ann).Terms); diff != "" {
		t.Errorf("terms of the owner before (-want +got):\n%s", diff)
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	h := prepared(t)
	h.forget()
	from := h.clock.Now().Add(48 * time.Hour)
	h.wantCode("an Admin sets the policy", h.team.SetPolicy(t.Context(), by(h.bob), h.account.ID, &from), enrolld.Forbidden)
	h.check(h.team.SetPolicy(t.Context(), by(h.ann), h.account.ID, &from))
	h.wantMail("factor_policy to uma@example.org")
	list, err := h.team.Lacking(t.Context(), h.account.ID)
	h.check(err)
	if len(list) != 1 || list[0].LoginID != h.uma.ID {
		t.Errorf("%d members lack a second factor, want Uma", len(list))
	}
	for after, want := range map[time.Duration]bool{0: false, 48*time.Hour - 1: false, 48 * time.Hour: true} {
		v, err := h.team.Viewer(t.Context(), h.uma.ID)
		h.check(err)
		if got := v.NeedsSecondFactor(h.clock.Now().Add(after)); got != want {
			t.Errorf("Uma needs a second factor %v after the decision: %v, want %v", after, got, want)
		}
	}
	h.check(h.team.SetPolicy(t.Context(), by(h.ann), h.account.ID, nil))
	h.wantActions("Ann Lee account.second_factor", "Ann Lee account.second_factor")
	a, err := h.db.Account(t.Context(), h.account.ID)
	h.check(err)
	if a.SecondFactorFrom != nil {
		t.Errorf("after taking the policy back it begins at %v", a.SecondFactorFrom)
	}
}

func TestTopics(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	set := func(who, whose enrolld.Login, on ...enrolld.Topic) error {
		return h.team.SetTopics(t.Context(), by(who), h.account.ID, whose.ID, on)
	}
	h.wantCode("the owner chooses for Bob", set(h.ann, h.bob, enrolld.TopicTeam), enrolld.Forbidden)
	h.wantCode("a User chooses what they may not know", set(h.uma, h.uma, enrolld.TopicTeam), enrolld.Invalid)
	h.wantCode("what is not there", set(h.ann, h.ann, "weather"), enrolld.Invalid)
	h.wantCode("a stranger", set(h.eve, h.eve, enrolld.TopicTeam), enrolld.NotFound)
	h.check(set(h.bob, h.bob, enrolld.TopicExpired))
	for who, want := range map[int64]map[enrolld.Topic]bool{
		h.member(h.account.ID, h.bob): {enrolld.TopicExpired: true},
		h.member(h.account.ID, h.ann): {
			enrolld.TopicAccepted: true, enrolld.TopicExpired: true, enrolld.TopicTeam: true, enrolld.TopicImport: true, enrolld.TopicFailures: true,
		},
	} {
		got, err := h.team.Topics(t.Context(), who)
		h.check(err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("topics (-want +got):\n%s", diff)
		}
	}
}

func TestSubAccounts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	h.check(h.db.SetCompanion(ctx, h.account.ID, "companion key"))
	id, err := h.team.AddSubAccount(ctx, by(h.bob), h.account.ID, " Brand ")
	h.check(err)
	a, err := h.db.Account(ctx, id)
	h.check(err)
	if a.Name != "Brand" || a.ParentID != h.account.ID || a.SiteID != h.account.SiteID || a.CompanionAt == nil {
		t.Errorf("the sub-account is %+v", a)
	}
	if key, err := h.db.CompanionKey(ctx, id); err != nil || key.Reveal() != "companion key" {
		t.Errorf("the key of the blog's plugin is %v, want the parent's", err)
	}
	_, err = h.team.AddSubAccount(ctx, by(h.bob), h.account.ID, "Brand")
	h.wantCode("the same name", err, enrolld.Conflict)
	_, err = h.team.AddSubAccount(ctx, by(h.bob), h.account.ID, " ")
	h.wantCode("no name", err, enrolld.Invalid)
	_, err = h.team.AddSubAccount(ctx, by(h.bob), id, "Below")
	h.wantCode("below a sub-account", err, enrolld.Invalid)
	h.check(h.team.RenameSubAccount(ctx, by(h.bob), id, "School"))
	h.wantCode("rename a client account", h.team.RenameSubAccount(ctx, by(h.bob), h.account.ID, "X"), enrolld.NotFound)
	h.wantCode("rename another's", h.team.RenameSubAccount(ctx, by(h.eve), id, "X"), enrolld.NotFound)
	terms := managerTerms()
	terms.Scope = enrolld.Scope{Accounts: []int64{h.account.ID}, AllProducts: true}
	h.check(h.team.SetTerms(ctx, by(h.ann), h.account.ID, h.member(h.account.ID, h.bob), 1, terms))
	h.wantCode("rename out of scope", h.team.RenameSubAccount(ctx, by(h.bob), id, "X"), enrolld.NotFound)
	_, err = h.team.AddSubAccount(ctx, by(h.bob), h.account.ID, "Another")
	h.wantCode("make one out of scope", err, enrolld.Forbidden)
	_, err = h.team.Invite(ctx, by(h.ann), id, team.Batch{Invitees: []enrolld.Invitee{invitee("n@example.org")}, Terms: userTerms()})
	h.wantCode("invite into a sub-account", err, enrolld.NotFound)

	h.forget()
	h.check(h.team.SaveAccount(ctx, by(h.ann), enrolld.Account{ID: id, Name: "Atelier", FromName: "A", FromAddress: "a@example.org", LinkDays: 3, ParentID: 99}))
	if a, err = h.db.Account(ctx, id); err != nil || a.Name != "Atelier" || a.LinkDays != 3 || a.FromAddress != "a@example.org" || a.ParentID != h.account.ID {
		t.Errorf("saved: %+v, %v", a, err)
	}
	h.want(`SELECT before_state, after_state FROM enrolld_audit`,
		`{"name":"School","from_name":"","from_address":"","link_days":7}|{"name":"Atelier","from_name":"A","from_address":"a@example.org","link_days":3}`)
	h.wantCode("no days", h.team.SaveAccount(ctx, by(h.ann), enrolld.Account{ID: id, Name: "Atelier"}), enrolld.Invalid)
}

func TestOwnersAreFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.wantCode("a second owner", h.team.AddOwner(t.Context(), command, h.account.ID, h.eve.ID), enrolld.Conflict)
	h.wantCode("a member again", h.team.AddAdmin(t.Context(), command, h.account.ID, h.uma.ID), enrolld.Conflict)
	h.wantCode("nobody", h.team.AddAdmin(t.Context(), command, h.account.ID, 999), enrolld.NotFound)
	h.wantCode("nowhere", h.team.AddOwner(t.Context(), command, 999, h.eve.ID), enrolld.NotFound)
}

func TestAuditLog(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	for _, address := range []string{"one@example.org", "two@example.org", "100%@example.org"} {
		h.invite(h.account.ID, h.ann, address, userTerms())
		h.clock.Advance(time.Hour)
	}
	h.check(h.team.Deactivate(ctx, by(h.bob), h.account.ID, h.member(h.account.ID, h.uma)))
	h.invite(h.other.ID, h.eve, "theirs@example.org", userTerms())
	for _, tt := range []struct {
		name string
		f    team.AuditFilter
		want []string
	}{
		{"all", team.AuditFilter{}, []string{"uma@example.org", "100%@example.org", "two@example.org", "one@example.org"}},
		{"by Bob", team.AuditFilter{Who: "bob"}, []string{"uma@example.org"}},
		{"about one", team.AuditFilter{Who: "one@"}, []string{"one@example.org"}},
		{"a sign that LIKE knows", team.AuditFilter{Who: "100%"}, []string{"100%@example.org"}},
		{"another one", team.AuditFilter{Who: "_ne@"}, nil},
		{"of a kind", team.AuditFilter{Action: "member."}, []string{"uma@example.org"}},
		{"of a time", team.AuditFilter{From: deskTime.Add(time.Hour), To: deskTime.Add(2 * time.Hour)}, []string{"two@example.org"}},
		{"a page", team.AuditFilter{Limit: 2}, []string{"uma@example.org", "100%@example.org"}},
	} {
		list, err := h.team.AuditLog(ctx, h.account.ID, tt.f)
		h.check(err)
		var got []string
		for _, r := range list {
			got = append(got, r.Subject)
			if r.AccountID != h.account.ID || r.Addr != "192.0.2.7" || r.RequestID != "req" || r.LoginID == 0 || r.After == nil {
				t.Errorf("%s: row %+v", tt.name, r)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	first, err := h.team.AuditLog(ctx, h.account.ID, team.AuditFilter{Limit: 3})
	h.check(err)
	rest, err := h.team.AuditLog(ctx, h.account.ID, team.AuditFilter{Limit: 3, Before: first[2].ID})
	h.check(err)
	if len(rest) != 1 || rest[0].Subject != "one@example.org" {
		t.Errorf("the next page has %d rows", len(rest))
	}
	n := 0
	h.check(h.team.AuditExport(ctx, h.account.ID, team.AuditFilter{}, func(team.AuditRow) error { n++; return nil }))
	if n != 4 {
		t.Errorf("exported %d rows, want 4", n)
	}
	h.check(h.team.SignInFailed(ctx, enrolld.Actor{Addr: "192.0.2.1"}, h.uma.ID, "password"))
	own, err := h.team.AuditRowsOf(ctx, h.uma.ID)
	h.check(err)
	if len(own) == 0 || own[0].AccountID != 0 {
		t.Errorf("%d rows concern Uma's login itself, want some", len(own))
	}
}
