package provision

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"enrolld"
	"enrolld/store"
)

// dueRetry is how long a customer waits after a failed settlement.
const dueRetry = time.Minute

// Due settles customers whose access starts or ends by the clock, or whose
// product was mapped or changed. It returns how many it found due.
func (p *Processor) Due(ctx context.Context) (int, error) {
	due, err := p.db.DueCustomers(ctx, p.opt.Batch)
	if err != nil {
		return 0, err
	}
	byAccount := map[int64][]int64{}
	for _, d := range due {
		byAccount[d.AccountID] = append(byAccount[d.AccountID], d.ID)
	}
	var errs []error
	for _, account := range slices.Sorted(maps.Keys(byAccount)) {
		errs = append(errs, p.settleDue(ctx, account, byAccount[account]))
	}
	return len(due), errors.Join(errs...)
}

// settleDue settles customers of one account together or, when that fails, one
// by one; who fails alone is put off.
func (p *Processor) settleDue(ctx context.Context, accountID int64, ids []int64) error {
	err := survive(func() error { return p.settle(ctx, accountID, ids) })
	if err == nil {
		return nil
	}
	if len(ids) > 1 && enrolld.CodeOf(err) != enrolld.Unavailable {
		for _, id := range ids {
			if err := p.settleDue(ctx, accountID, []int64{id}); err != nil {
				return err
			}
		}
		return nil
	}
	p.opt.Log.ErrorContext(ctx, "customers not settled", "account", accountID, "customers", len(ids), "error", err)
	return p.db.PutOffDue(ctx, ids, p.db.Now().Add(dueRetry))
}

func (p *Processor) settle(ctx context.Context, accountID int64, ids []int64) error {
	at, err := p.place(ctx, accountID)
	if err != nil {
		return notTheirs(err)
	}
	defer p.opt.Queued()
	return p.db.InTx(ctx, func(tx *store.Tx) error {
		customers, err := tx.LockCustomersByID(ctx, accountID, slices.Clone(ids))
		if err != nil {
			return err
		}
		var members []*member
		for _, c := range customers {
			// Another replica may have settled the customer while we waited.
			if c.DueAt != nil && !c.DueAt.After(tx.Now()) {
				members = append(members, &member{customer: c, rank: enrolld.RankSoon})
			}
		}
		if len(members) == 0 {
			return nil
		}
		s := &settlement{tx: tx, at: at, by: enrolld.Actor{Name: "clock"}, members: members}
		return s.run(ctx)
	})
}

// DueAll settles until nobody is due, and returns how many were.
func (p *Processor) DueAll(ctx context.Context) (int, error) {
	total := 0
	for {
		n, err := p.Due(ctx)
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}
