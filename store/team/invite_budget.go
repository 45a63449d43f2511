package team

import (
	"context"
	"fmt"
	"slices"
	"time"

	"enrolld"
	"enrolld/store"
)

// Budgets of invitations.
var (
	perInviter = store.Budget{Every: 24 * time.Hour / 100, Burst: 100}
	perAccount = store.Budget{Every: 24 * time.Hour / 200, Burst: 200}
	perAddress = store.Budget{Every: 24 * time.Hour / 10, Burst: 10}
)

// purse is what may be sent now by one inviter in one account.
type purse struct{ inviter, account *store.HeldBudget }

func (a *act) openPurse(ctx context.Context) (p purse, err error) {
	inviter, err := a.tx.HoldBudgets(ctx, perInviter, fmt.Sprintf("invitations by %d", a.actor.LoginID))
	if err != nil {
		return p, err
	}
	account, err := a.tx.HoldBudgets(ctx, perAccount, fmt.Sprintf("invitations to account %d", a.account.ID))
	if err != nil {
		return p, err
	}
	return purse{inviter[0], account[0]}, nil
}

// spend takes one of each, or none when one of them is spent.
func (p purse) spend(address *store.HeldBudget) (wait time.Duration) {
	if wait = max(p.inviter.Wait(), p.account.Wait(), address.Wait()); wait > 0 {
		return wait
	}
	for _, b := range []*store.HeldBudget{p.inviter, p.account, address} {
		b.Spend()
	}
	return 0
}

func (a *act) closePurse(ctx context.Context, p purse, addresses []*store.HeldBudget) error {
	return a.tx.SaveBudgets(ctx, append([]*store.HeldBudget{p.inviter, p.account}, addresses...))
}

// ration leaves out those for whom a budget is spent.
func (a *act) ration(ctx context.Context, out []Outcome) error {
	var left []*Outcome
	var names []string
	for i := range out {
		if out[i].Verdict == VerdictInvited {
			left, names = append(left, &out[i]), append(names, addressBudget(out[i].Invitee.Key))
		}
	}
	p, err := a.openPurse(ctx)
	if err != nil {
		return err
	}
	addresses, err := a.tx.HoldBudgets(ctx, perAddress, names...)
	if err != nil {
		return err
	}
	for i, o := range left {
		if wait := p.spend(addresses[i]); wait > 0 {
			o.leave(VerdictTooMany, enrolld.MessageOf(store.TooOften(wait)))
		}
	}
	return a.closePurse(ctx, p, slices.Clone(addresses))
}

func addressBudget(key enrolld.EmailKey) string { return "invitations of " + string(key) }
