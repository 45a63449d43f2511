package bulk

import (
	"context"
	"fmt"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
)

// gather puts the next of those who match into the set, with what would be done
// with them; ended behind the last.
func (w *Worker) gather(ctx context.Context, h *work) (ended bool, err error) {
	f := h.Selection.Filter
	f.After, f.Limit = h.gathered, w.opt.Batch
	// Who starts these may use every product: the routes see to it.
	ids, next, err := w.x.db.CustomerIDs(ctx, h.AccountID, store.AllProducts(), f)
	if enrolld.CodeOf(err) == enrolld.NotFound { // a product of the filter is gone: nobody bought it
		ids, next, err = nil, 0, nil
	}
	if err != nil {
		return false, err
	}
	after := h.Bulk
	err = w.x.db.InTx(ctx, func(tx *store.Tx) error {
		list, err := h.foresee(ctx, tx, h.Place(), ids)
		if err != nil {
			return err
		}
		after = h.Bulk
		after.Foreseen = h.Foreseen.add(count(list))
		after.Foreseen.Members += int64(len(list))
		if err := writeTargets(ctx, tx, h.ID, "waits", list); err != nil {
			return err
		}
		if after.gathered = next; next == 0 {
			after.State, after.ReadyAt = Ready, new(tx.Now())
		}
		return w.keep(ctx, tx, h, after)
	})
	if err == nil {
		h.Bulk = after
	}
	return after.State == Ready, err
}

// foresee says what would be done with customers, and locks nobody.
func (h *work) foresee(ctx context.Context, tx *store.Tx, at provision.Place, ids []int64) ([]verdict, error) {
	if h.Action == Welcome {
		linked, err := provision.Linkable(ctx, tx, at, ids, true)
		return linkedVerdicts(linked), err
	}
	return h.plans(ctx, tx, ids)
}

// plans works out what the action comes to for customers as they are now.
func (h *work) plans(ctx context.Context, tx *store.Tx, ids []int64) ([]verdict, error) {
	ledgers, err := ledgers(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	standings, err := standings(ctx, tx, h.AccountID, ids)
	if err != nil {
		return nil, err
	}
	out := make([]verdict, len(ids))
	for i, id := range ids {
		if why := h.bars(standings[id]); why != "" {
			out[i] = verdict{outcome: Refused, why: why, gift: provision.Gift{CustomerID: id}}
			continue
		}
		out[i] = h.plan(id, ledgers[id], tx.Now())
	}
	return out, nil
}

// standings are what the team decided about customers.
func standings(ctx context.Context, tx *store.Tx, accountID int64, ids []int64) (map[int64]enrolld.Standing, error) {
	found, err := tx.CustomersByID(ctx, accountID, ids)
	out := make(map[int64]enrolld.Standing, len(found))
	for _, c := range found {
		out[c.ID] = c.Standing
	}
	return out, err
}

func ledgers(ctx context.Context, tx *store.Tx, ids []int64) (map[int64][]enrolld.Grant, error) {
	grants, err := tx.GrantsOf(ctx, ids)
	out := make(map[int64][]enrolld.Grant, len(ids))
	for _, g := range grants {
		out[g.CustomerID] = append(out[g.CustomerID], g.Grant)
	}
	return out, err
}

func linkedVerdicts(list []provision.Linked) []verdict {
	out := make([]verdict, len(list))
	for i, l := range list {
		v := verdict{outcome: Change, mail: true, why: l.Refused, gift: provision.Gift{CustomerID: l.CustomerID}}
		switch {
		case l.HasPassword:
			v.outcome, v.mail = Same, false
		case l.Refused != "":
			v.outcome, v.mail = Refused, false
		}
		out[i] = v
	}
	return out
}

func count(list []verdict) (c Counts) {
	for _, v := range list {
		switch v.outcome {
		case Change:
			c.Change++
			if v.orders {
				c.Orders++
			}
			if v.mail {
				c.Mails++
			}
		case Same:
			c.Same++
			if v.more() {
				c.More++
			}
		case Refused:
			c.Refused++
		case Failed:
			c.Failed++
		}
	}
	return c
}

const maxWhy = 300

// writeTargets notes what becomes, or became, of customers.
func writeTargets(ctx context.Context, tx *store.Tx, bulkID int64, state string, list []verdict) error {
	rows := make([][]any, len(list))
	for i, v := range list {
		var effect any
		if state == "done" && len(v.effect) > 0 {
			effect = encode(v.effect)
		}
		rows[i] = []any{bulkID, v.gift.CustomerID, string(v.outcome), state, cut(v.why, maxWhy), effect}
	}
	err := store.InsertRows(ctx, tx, `INSERT INTO enrolld_bulk_targets (bulk_id, customer_id, outcome, state, why, effect) VALUES `, rows,
		` ON DUPLICATE KEY UPDATE outcome = VALUES(outcome), state = VALUES(state), why = VALUES(why), effect = VALUES(effect)`)
	if err != nil {
		return fmt.Errorf("write whom a bulk action is about: %w", err)
	}
	return nil
}
