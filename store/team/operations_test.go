package team_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/team"
)

// operation is one call that changes something in the account of a house.
type operation struct {
	name string
	do   func(ctx context.Context, h *house, actor enrolld.Actor, account int64) error
}

// operations are all that need a right in the account; each succeeds for its owner
// in a prepared house.
var operations = []operation{
	{"terms", func(ctx context.Context, h *house, actor enrolld.Actor, account int64) error {
		return h.team.SetTerms(ctx, actor, account, h.members[h.uma.ID], 1, managerTerms())
	}},
	{"deactivate", func(ctx context.Context, h *house, actor enrolld.Actor, account int64) error {
		return h.team.Deactivate(ctx, actor, account, h.members[h.uma.ID])
	}},
	{"reactivate", func(ctx context.Context, h *house, actor enrolld.Actor, account int64) error {
		return h.team.Reactivate(ctx, actor, account, h.members[h.dan.ID])
	}},
	{"remove", func(ctx context.Context, h *house, actor enrolld.Actor, account int64) error {
		return h.team.Remove(ctx, actor, account, h.members[h.uma.ID])
	}},
	{"end sessions", func(ctx context.Context, h *house, actor enrolld.Actor, account int64) error {
		_, err := h.team.EndSessionsOf(ctx, actor, account, h.members[h.uma.ID])
		return err
	}},
	{"reset factor", func(ctx context.Context, h *house, actor enrolld.Actor, account int64) error {
		return h.team.ResetSecondFactor(ctx, actor, account, h.members[h.uma.ID])
	}},
	{"invite", func(ctx context.Context, h *house, actor enrolld.Actor, account int64) error {
		_, err := h.team.Invite(ctx, actor, account, team.Batch{Invitees: []enrolld.Invitee{invitee("new@example.org")}, Terms: userTerms()})
		return err
	}},
	{"resend", func(ctx context.Context, h *house, actor enrolld.Actor, account int64) error {
		return h.team.Resend(ctx, actor, account, h.invitation())
	}},
	{"take back", func(ctx context.Context, h *house, actor enrolld.Actor, account int64) error {
		return h.team.RemoveInvitation(ctx, actor, account, h.invitation())
	}},
	{"by hand", func(ctx context.Context, h *house, actor enrolld.Actor, account int64) error {
		_, err := h.team.AddByHand(ctx, actor, account, team.ByHand{Name: "Hal", Email: "hal@example.org", Hash: "hash", Terms: userTerms()})
		return err
	}},
	{"policy", func(ctx context.Context, h *house, actor enrolld.Actor, account int64) error {
		at := deskTime
		return h.team.SetPolicy(ctx, actor, account, &at)
	}},
	{"sub-account", func(ctx context.Context, h *house, actor enrolld.Actor, account int64) error {
		_, err := h.team.AddSubAccount(ctx, actor, account, "Brand")
		return err
	}},
	{"profile", func(ctx context.Context, h *house, actor enrolld.Actor, account int64) error {
		return h.team.SaveAccount(ctx, actor, enrolld.Account{ID: account, Name: "Renamed", LinkDays: 3})
	}},
	{"offer ownership", func(ctx context.Context, h *house, actor enrolld.Actor, account int64) error {
		return h.team.OfferTransfer(ctx, actor, account, h.members[h.bob.ID])
	}},
}

func (h *house) invitation() int64 {
	list, err := h.team.Invitations(h.t.Context(), h.account.ID)
	h.check(err)
	return list[0].ID
}

// prepared is a house in which every operation of the owner succeeds.
func prepared(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.givePasskey(h.ann, "Ann's")
	h.givePasskey(h.bob, "Bob's")
	h.invite(h.account.ID, h.ann, "open@example.org", userTerms())
	h.clock.Advance(2 * time.Minute)
	h.members = map[int64]int64{}
	for _, l := range []enrolld.Login{h.ann, h.bob, h.uma, h.dan} {
		h.members[l.ID] = h.member(h.account.ID, l)
	}
	return h
}

// TestOperations has everybody try every operation: strangers to the account find
// none, who lacks the right is refused, and what is refused leaves nothing behind.
// The owner succeeds last, and not when the audit log cannot be written.
func TestOperations(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			h := prepared(t)
			before := h.everything()
			unchanged := func(who string) {
				t.Helper()
				if diff := cmp.Diff(before, h.everything()); diff != "" {
					t.Errorf("refused to %s, but it changed (-before +after):\n%s", who, diff)
				}
			}
			for _, try := range []struct {
				who     string
				actor   enrolld.Actor
				account int64
				want    enrolld.Code
			}{
				{"the owner of another account", by(h.eve), h.account.ID, enrolld.NotFound},
				{"nobody", stranger, h.account.ID, enrolld.NotFound},
				{"a program", command, h.account.ID, enrolld.NotFound},
				{"the owner, of no account", by(h.ann), 999, enrolld.NotFound},
				{"a User", by(h.uma), h.account.ID, enrolld.Forbidden},
			} {
				h.wantCode(try.who, op.do(t.Context(), h, try.actor, try.account), try.want)
				unchanged(try.who)
			}
			if err := op.do(t.Context(), h, by(h.dan), h.account.ID); err == nil {
				t.Error("somebody who is deactivated succeeded")
			}
			unchanged("somebody who is deactivated")

			h.sabotage()
			if err := op.do(t.Context(), h, by(h.ann), h.account.ID); err == nil {
				t.Error("the owner succeeded without an entry in the audit log")
			}
			unchanged("the owner, for want of an audit log")
			h.exec(`DROP TRIGGER refuse`)
			h.check(op.do(t.Context(), h, by(h.ann), h.account.ID))
			if got := h.rows(`SELECT id FROM enrolld_audit WHERE login_id = ? AND remote_addr <> '' AND request_id <> ''`, h.ann.ID); len(got) < 2 {
				t.Errorf("the audit log has %d entries of the owner, want the invitation's and this one", len(got))
			}
		})
	}
}

// TestOperationsOnForeignIDs has the owner of another account name this one's
// members, invitations and products in their own account: there are none.
func TestOperationsOnForeignIDs(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		switch op.name {
		case "invite", "by hand", "policy", "sub-account", "profile":
			continue // name nothing
		}
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			h := prepared(t)
			h.givePasskey(h.eve, "Eve's")
			h.forget()
			before := h.everything()
			h.wantCode(op.name, op.do(t.Context(), h, by(h.eve), h.other.ID), enrolld.NotFound)
			if diff := cmp.Diff(before, h.everything()); diff != "" {
				t.Errorf("refused, but it changed (-before +after):\n%s", diff)
			}
		})
	}
}

// TestScopeIsTheAccounts refuses products and accounts of somebody else.
func TestScopeIsTheAccounts(t *testing.T) {
	t.Parallel()
	h := prepared(t)
	_, err := h.db.AddProducts(t.Context(), h.other.ID, []enrolld.Product{{AccountID: h.other.ID, Platform: "stripe", Key: "theirs", Name: "Theirs"}})
	h.check(err)
	theirs, err := h.db.ProductOptions(t.Context(), []int64{h.other.ID}, store.AllProducts())
	h.check(err)
	for name, scope := range map[string]enrolld.Scope{
		"product":         {AllAccounts: true, Products: []int64{theirs[0].ID}},
		"account":         {AllProducts: true, Accounts: []int64{h.other.ID}},
		"unknown product": {AllAccounts: true, Products: []int64{999}},
	} {
		terms := userTerms()
		terms.Scope = scope
		_, err := h.team.Invite(t.Context(), by(h.ann), h.account.ID, team.Batch{Invitees: []enrolld.Invitee{invitee("n@example.org")}, Terms: terms})
		h.wantCode("invite with the scope of a foreign "+name, err, enrolld.Invalid)
		err = h.team.SetTerms(t.Context(), by(h.ann), h.account.ID, h.members[h.uma.ID], 1, terms)
		h.wantCode("set terms with the scope of a foreign "+name, err, enrolld.Invalid)
		_, err = h.team.AddByHand(t.Context(), by(h.ann), h.account.ID, team.ByHand{Name: "Hal", Email: "hal@example.org", Hash: "h", Terms: terms})
		h.wantCode("make by hand with the scope of a foreign "+name, err, enrolld.Invalid)
	}
}

// TestNotAfterSessionsEnded refuses a request of a login whose sessions were ended
// while it was under way.
func TestNotAfterSessionsEnded(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		h := prepared(t)
		b := h.browse(h.login(h.ann.ID), "token")
		_, err := h.team.EndOtherSessions(t.Context(), by(h.ann), h.ann.ID, "")
		h.check(err)
		h.wantCode(op.name, op.do(b.ctx(), h, by(h.ann), h.account.ID), enrolld.Unauthorized)
	}
}
