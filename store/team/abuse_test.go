package team_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/team"
)

// What somebody would try who may do a little, and wants more or wants to harm.

func often(err error) bool {
	_, ok := errors.AsType[*store.TooOftenError](err)
	return ok
}

// TestAddressBudgetIsNotOneTenants: one account cannot use up how often others may
// invite an address.
func TestAddressBudgetIsNotOneTenants(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token, sent := h.invite(h.other.ID, h.eve, "victim@example.org", userTerms()), 1
	o, err := h.team.Offer(t.Context(), token)
	h.check(err)
	for range 30 {
		h.clock.Advance(time.Minute)
		switch err := h.team.Resend(t.Context(), by(h.eve), h.other.ID, o.ID); {
		case err == nil:
			sent++
		case !often(err):
			t.Fatal(err)
		}
	}
	if sent > 6 {
		t.Errorf("one account mailed one address %d times within half an hour", sent)
	}
	got := h.verdicts(h.ann, "victim@example.org", userTerms())
	if diff := cmp.Diff([]string{"victim@example.org invited"}, got); diff != "" {
		t.Errorf("invited by another account after that (-want +got):\n%s", diff)
	}
}

// TestByHandIsNoProbe: a try that finds an address or a user name taken counts as
// one that makes a login.
func TestByHandIsNoProbe(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	probe := func(n team.ByHand) error {
		n.Name, n.Hash, n.Terms = "X", "h", userTerms()
		_, err := h.team.AddByHand(t.Context(), by(h.bob), h.account.ID, n)
		return err
	}
	for i := range 50 {
		n := team.ByHand{Email: "eve@example.org"}
		if i%2 == 0 {
			n = team.ByHand{Email: fmt.Sprintf("n%d@example.org", i), Username: "ann.lee"}
		}
		h.wantCode("probe", probe(n), enrolld.Conflict)
	}
	for what, n := range map[string]team.ByHand{"taken": {Email: "eve@example.org"}, "free": {Email: "free@example.org"}} {
		if err := probe(n); !often(err) {
			t.Errorf("after 50 tries, an address that is %s: %v, want a wait", what, err)
		}
	}
	h.want(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'member.made_by_hand'`, "0")
	h.wantCode("somebody without the right learns nothing of the budget", probeAs(h, h.uma), enrolld.Forbidden)
}

func probeAs(h *house, who enrolld.Login) error {
	_, err := h.team.AddByHand(h.t.Context(), by(who), h.account.ID, team.ByHand{Name: "X", Email: "eve@example.org", Hash: "h", Terms: userTerms()})
	return err
}

// TestAcceptAfterTheInviterLost: what an inviter may no longer give is not taken,
// also when their right ended by itself.
func TestAcceptAfterTheInviterLost(t *testing.T) {
	t.Parallel()
	h := prepared(t)
	ends := h.clock.Now().Add(time.Hour)
	support := managerTerms()
	support.Rights[enrolld.PermUsers] = ends
	h.check(h.team.SetTerms(t.Context(), by(h.ann), h.account.ID, h.members[h.bob.ID], 1, support))
	asEve, asNew := h.invite(h.account.ID, h.bob, "eve@example.org", userTerms()), h.invite(h.account.ID, h.bob, "new@example.org", userTerms())
	inTime := h.invite(h.account.ID, h.bob, "quick@example.org", userTerms())
	_, _, err := h.team.AcceptNew(t.Context(), stranger, inTime, team.NewLogin{Name: "Quick", Hash: "h"})
	h.check(err)
	h.clock.Set(ends)
	before := h.everything()
	_, err = h.team.AcceptAs(t.Context(), by(h.eve), asEve, h.eve.ID)
	h.wantCode("accept with a login", err, enrolld.Forbidden)
	_, _, err = h.team.AcceptNew(t.Context(), stranger, asNew, team.NewLogin{Name: "New", Hash: "h"})
	h.wantCode("accept with a new one", err, enrolld.Forbidden)
	if diff := cmp.Diff(before, h.everything()); diff != "" {
		t.Errorf("refused, but it changed (-before +after):\n%s", diff)
	}
	o, err := h.team.Offer(t.Context(), asEve)
	h.check(err)
	h.check(h.team.Resend(t.Context(), by(h.ann), h.account.ID, o.ID)) // Ann answers for it from here on
	_, err = h.team.AcceptAs(t.Context(), by(h.eve), h.token(enrolld.EventInvitation, "eve@example.org"), h.eve.ID)
	h.check(err)
}

// TestAcceptLeavesOutWhatIsGone: a product that was deleted since is not given.
func TestAcceptLeavesOutWhatIsGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var ids []int64
	for _, key := range []string{"stays", "goes"} {
		_, err := h.db.AddProducts(t.Context(), h.account.ID, []enrolld.Product{{AccountID: h.account.ID, Platform: "stripe", Key: key, Name: key}})
		h.check(err)
		list, err := h.db.ProductOptions(t.Context(), []int64{h.account.ID}, store.AllProducts())
		h.check(err)
		for _, p := range list {
			if p.Key == key {
				ids = append(ids, p.ID)
			}
		}
	}
	terms := userTerms()
	terms.Scope = enrolld.Scope{AllAccounts: true, Products: ids}
	token := h.invite(h.account.ID, h.ann, "eve@example.org", terms)
	h.check(h.db.ForgetProduct(t.Context(), by(h.ann), h.account.ID, ids[1], store.AllProducts()))
	_, err := h.team.AcceptAs(t.Context(), by(h.eve), token, h.eve.ID)
	h.check(err)
	if diff := cmp.Diff(ids[:1], h.view(h.eve).Scope.Products); diff != "" {
		t.Errorf("products after accepting (-want +got):\n%s", diff)
	}
}

// TestFirstPasswordIsDistrustedAfterRemoval: that the login is no longer in the
// account whose manager chose its first password does not make it good.
func TestFirstPasswordIsDistrustedAfterRemoval(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(h *house, hal enrolld.Login, member int64) error{
		"removed": func(h *house, _ enrolld.Login, member int64) error {
			return h.team.Remove(t.Context(), by(h.ann), h.account.ID, member)
		},
		"left": func(h *house, hal enrolld.Login, _ int64) error {
			return h.team.Leave(t.Context(), by(hal), h.account.ID)
		},
	} {
		h := newHouse(t)
		member, err := h.team.AddByHand(t.Context(), by(h.ann), h.account.ID, team.ByHand{Name: "Hal", Email: "hal@example.org", Hash: "hash", Terms: userTerms()})
		h.check(err)
		creds, _, err := h.team.Credentials(t.Context(), "hal@example.org")
		h.check(err)
		h.check(end(h, creds.Login, member))
		h.join(h.other.ID, h.eve, creds.Login, userTerms())
		if !h.login(creds.Login.ID).MustChange {
			t.Errorf("%s: a first password that others know opens another account", name)
		}
	}
}

// TestChangesOfOneMemberAreLimited: each is a mail to them, and a login made by
// hand has asked for none.
func TestChangesOfOneMemberAreLimited(t *testing.T) {
	t.Parallel()
	h := prepared(t)
	h.forget()
	uma, n := h.members[h.uma.ID], 0
	for range 60 {
		err := h.team.Deactivate(t.Context(), by(h.bob), h.account.ID, uma)
		if err == nil {
			n++
			err = h.team.Reactivate(t.Context(), by(h.bob), h.account.ID, uma)
		}
		if err == nil {
			n++
		} else if !often(err) {
			t.Fatal(err)
		}
	}
	h.want(`SELECT COUNT(*) FROM enrolld_messages WHERE recipient = 'uma@example.org'`, fmt.Sprint(n))
	if n != 50 {
		t.Errorf("%d mails in a row, want 50 in a day", n)
	}
	h.check(h.team.Deactivate(t.Context(), by(h.bob), h.account.ID, h.memberByHand("other@example.org"))) // others are not in the way
	h.clock.Advance(24 * time.Hour)
	if err := h.team.Remove(t.Context(), by(h.ann), h.account.ID, uma); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

func (h *house) memberByHand(address string) int64 {
	h.t.Helper()
	id, err := h.team.AddByHand(h.t.Context(), by(h.ann), h.account.ID, team.ByHand{Name: "X", Email: address, Hash: "h", Terms: userTerms()})
	h.check(err)
	return id
}

// TestOfferIsOfAnAccountThatIsReached: who enters sub-accounts alone cannot answer
// in the client account.
func TestOfferIsOfAnAccountThatIsReached(t *testing.T) {
	t.Parallel()
	h := prepared(t)
	sub, err := h.team.AddSubAccount(t.Context(), by(h.ann), h.account.ID, "Brand")
	h.check(err)
	terms := managerTerms()
	terms.Scope = enrolld.Scope{Accounts: []int64{sub}, AllProducts: true}
	h.check(h.team.SetTerms(t.Context(), by(h.ann), h.account.ID, h.members[h.bob.ID], 1, terms))
	offer := func() error { return h.team.OfferTransfer(t.Context(), by(h.ann), h.account.ID, h.members[h.bob.ID]) }
	h.wantCode("offer to who reaches a sub-account alone", offer(), enrolld.Invalid)
	terms.Scope.Accounts = []int64{sub, h.account.ID}
	h.check(h.team.SetTerms(t.Context(), by(h.ann), h.account.ID, h.members[h.bob.ID], 2, terms))
	h.check(offer())
}

// TestNewMembersBeginWithTheOwnersMail: whichever way they come (S4).
func TestNewMembersBeginWithTheOwnersMail(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.check(h.team.SetTopics(t.Context(), by(h.ann), h.account.ID, h.ann.ID, []enrolld.Topic{enrolld.TopicExpired}))
	h.check(h.team.SetTopics(t.Context(), by(h.bob), h.account.ID, h.bob.ID, nil))
	h.check(h.team.Remove(t.Context(), by(h.ann), h.account.ID, h.member(h.account.ID, h.bob)))
	h.join(h.account.ID, h.ann, h.bob, managerTerms())
	for how, member := range map[string]int64{"by hand": h.memberByHand("hal@example.org"), "removed and invited again": h.member(h.account.ID, h.bob)} {
		got, err := h.team.Topics(t.Context(), member)
		h.check(err)
		if diff := cmp.Diff(map[enrolld.Topic]bool{enrolld.TopicExpired: true}, got); diff != "" {
			t.Errorf("%s: topics (-want +got):\n%s", how, diff)
		}
	}
	own, err := h.team.Topics(t.Context(), h.member(h.account.ID, h.ann))
	h.check(err)
	if diff := cmp.Diff(map[enrolld.Topic]bool{enrolld.TopicExpired: true}, own); diff != "" {
		t.Errorf("the owner's own (-want +got):\n%s", diff)
	}
}

// TestMaxInviteesAtOnce: as many as a paste may have are invited in one go (P1).
func TestMaxInviteesAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := team.Batch{Terms: userTerms()}
	for i := range enrolld.MaxInvitees {
		b.Invitees = append(b.Invitees, invitee(fmt.Sprintf("p%d@example.org", i)))
	}
	_, err := h.team.Invite(t.Context(), by(h.ann), h.account.ID, b)
	h.check(err)
	h.want(`SELECT COUNT(*), COUNT(DISTINCT token) FROM enrolld_invitations WHERE state = 'open' AND terms LIKE '%products.view%'`, "500|500")
	h.want(`SELECT COUNT(*) FROM enrolld_messages WHERE kind = 'team'`, "500")
}
