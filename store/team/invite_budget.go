package team

import (
	"context"
	"fmt"
	"slices"
	"time"

	"enrolld"
	"enrolld/store"
)

// Budgets of invitations: a whole paste at once, and twice that from an account. An
// address is spared from many accounts by one budget, and by another one no single
// account can use that up, so that nobody keeps others from inviting the address.
var (
	perInviter   = store.Budget{Every: 24 * time.Hour / enrolld.MaxInvitees, Burst: enrolld.MaxInvitees}
	perAccount   = store.Budget{Every: 24 * time.Hour / (2 * enrolld.MaxInvitees), Burst: 2 * enrolld.MaxInvitees}
	perAddressIn = store.Budget{Every: 24 * time.Hour / 5, Burst: 5}
	perAddress   = store.Budget{Every: 24 * time.Hour / 25, Burst: 25}
)

// purse is what may be sent now by one inviter in one account, and to each of some
// addresses, in their order.
type purse struct {
	inviter, account  *store.HeldBudget
	fromHere, fromAll []*store.HeldBudget // to the addresses: from this account, from every one
}

// openPurse holds the budgets of mail to some addresses.
func (a *act) openPurse(ctx context.Context, keys ...enrolld.EmailKey) (p purse, err error) {
	fromHere, fromAll := make([]string, len(keys)), make([]string, len(keys))
	for i, key := range keys {
		fromHere[i], fromAll[i] = fmt.Sprintf("invitations of %s to account %d", key, a.account.ID), "invitations of "+string(key)
	}
	inviter, err := a.tx.HoldBudgets(ctx, perInviter, fmt.Sprintf("invitations by %d", a.actor.LoginID))
	if err != nil {
		return p, err
	}
	account, err := a.tx.HoldBudgets(ctx, perAccount, fmt.Sprintf("invitations to account %d", a.account.ID))
	if err != nil {
		return p, err
	}
	p.inviter, p.account = inviter[0], account[0]
	if p.fromHere, err = a.tx.HoldBudgets(ctx, perAddressIn, fromHere...); err != nil {
		return p, err
	}
	p.fromAll, err = a.tx.HoldBudgets(ctx, perAddress, fromAll...)
	return p, err
}

// spend takes one of each for the address at i, or none when one of them is spent.
func (p purse) spend(i int) (wait time.Duration) {
	needed := []*store.HeldBudget{p.inviter, p.account, p.fromHere[i], p.fromAll[i]}
	for _, b := range needed {
		wait = max(wait, b.Wait())
	}
	if wait > 0 {
		return wait
	}
	for _, b := range needed {
		b.Spend()
	}
	return 0
}

func (a *act) closePurse(ctx context.Context, p purse) error {
	return a.tx.SaveBudgets(ctx, slices.Concat([]*store.HeldBudget{p.inviter, p.account}, p.fromHere, p.fromAll))
}

// ration leaves out those for whom a budget is spent.
func (a *act) ration(ctx context.Context, out []Outcome) error {
	var left []*Outcome
	var keys []enrolld.EmailKey
	for i := range out {
		if out[i].Verdict == VerdictInvited {
			left, keys = append(left, &out[i]), append(keys, out[i].Invitee.Key)
		}
	}
	p, err := a.openPurse(ctx, keys...)
	if err != nil {
		return err
	}
	for i, o := range left {
		if wait := p.spend(i); wait > 0 {
			o.leave(VerdictTooMany, enrolld.MessageOf(store.TooOften(wait)))
		}
	}
	return a.closePurse(ctx, p)
}
