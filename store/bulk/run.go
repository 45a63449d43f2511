package bulk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"enrolld"
	"enrolld/store"
	"enrolld/store/jobs"
	"enrolld/store/provision"
)

// batch is customers who are next, on their way through halves.
type batch struct {
	ids  []int64
	last bool
	// failed says why it failed with the only one of them; empty: it is to be tried.
	failed string
}

// run does the action with the next customers of the set; ended behind the last.
func (w *Worker) run(ctx context.Context, h *work) (ended bool, err error) {
	ids, err := w.next(ctx, h, `state = 'waits'`)
	if err != nil {
		return false, err
	}
	err = w.halve(ctx, h, batch{ids: ids, last: len(ids) < w.opt.Batch}, func(b batch) error { return w.commit(ctx, h, b) })
	return h.State != Running, err
}

// next are the next customers of the set behind the position. They are read by the
// key from there on: by the index of states each batch would begin at its beginning.
func (w *Worker) next(ctx context.Context, h *work, which string) ([]int64, error) {
	ids, err := store.Collect(ctx, w.x.db.Conn(), scanID, `SELECT customer_id FROM enrolld_bulk_targets FORCE INDEX (PRIMARY)
		WHERE bulk_id = ? AND `+which+` AND customer_id > ? ORDER BY customer_id LIMIT ?`, h.ID, h.position, w.opt.Batch)
	if err != nil {
		return nil, store.Classify(fmt.Errorf("read whom a bulk action is about: %w", err))
	}
	return ids, nil
}

// halve commits a batch in one transaction or, when that fails, in halves, until
// who it fails with is alone.
func (w *Worker) halve(ctx context.Context, h *work, b batch, commit func(batch) error) error {
	if !h.State.Waits() {
		return nil // it stopped between two halves
	}
	err := commit(b)
	switch {
	case err == nil || errors.Is(err, jobs.ErrLost) || enrolld.CodeOf(err) == enrolld.Unavailable || len(b.ids) == 0 || b.failed != "":
		return err
	case len(b.ids) == 1:
		w.opt.Log.WarnContext(ctx, "bulk action failed with a customer", "bulk", h.ID, "account", h.AccountID, "customer", b.ids[0], "error", err)
		h.failed++
		b.failed = failure(err)
		return commit(b)
	}
	half := len(b.ids) / 2
	if err := w.halve(ctx, h, batch{ids: b.ids[:half]}, commit); err != nil {
		return err
	}
	return w.halve(ctx, h, batch{ids: b.ids[half:], last: b.last}, commit)
}

// failure is an error for people. Causes stay in the log: they may quote people's data.
func failure(err error) string {
	if enrolld.CodeOf(err) == enrolld.Internal {
		return "the database refused it; the service's log says why"
	}
	return enrolld.MessageOf(err)
}

// commit does the action with some customers and notes how far it is.
func (w *Worker) commit(ctx context.Context, h *work, b batch) error {
	after := h.Bulk
	err := w.x.db.InTx(ctx, func(tx *store.Tx) error {
		list, err := h.do(ctx, tx, h.Place(), b)
		if err != nil {
			return err
		}
		after = h.Bulk
		after.Done = h.Done.add(count(list))
		if len(b.ids) > 0 {
			after.position = b.ids[len(b.ids)-1]
		}
		if err := writeTargets(ctx, tx, h.ID, "done", list); err != nil {
			return err
		}
		switch {
		case b.last:
			after.State, after.EndedAt = Done, new(tx.Now())
			if err := audit(ctx, tx, h.By, after, "bulk.done"); err != nil {
				return err
			}
		case h.failed >= maxFailed:
			after.State, after.EndedAt = Cancelled, new(tx.Now())
			after.Note = fmt.Sprintf("It stopped, since it failed with the last %d customers (%s). Mend the cause, then do it again.", h.failed, b.failed)
			if err := audit(ctx, tx, h.By, after, "bulk.cancelled"); err != nil {
				return err
			}
		}
		return w.keep(ctx, tx, h, after)
	})
	if err != nil {
		return err
	}
	if h.Bulk = after; b.failed == "" && len(b.ids) > 0 {
		h.failed = 0
	}
	return nil
}

// do does the action with customers, in the transaction of what becomes of them.
func (h *work) do(ctx context.Context, tx *store.Tx, at provision.Place, b batch) ([]verdict, error) {
	if b.failed != "" {
		return []verdict{{outcome: Failed, why: b.failed, gift: provision.Gift{CustomerID: b.ids[0]}}}, nil
	}
	found, err := tx.LockCustomersByID(ctx, h.AccountID, slices.Clone(b.ids))
	if err != nil {
		return nil, err
	}
	there := make(map[int64]bool, len(found))
	for _, c := range found {
		there[c.ID] = true
	}
	var here []int64
	var out []verdict
	for _, id := range b.ids {
		if there[id] {
			here = append(here, id)
		} else {
			out = append(out, verdict{outcome: Refused, why: "is no customer any more", gift: provision.Gift{CustomerID: id}})
		}
	}
	done, err := h.doWith(ctx, tx, at, here)
	return append(out, done...), err
}

// doWith does it with customers who are locked.
func (h *work) doWith(ctx context.Context, tx *store.Tx, at provision.Place, ids []int64) ([]verdict, error) {
	if h.Action == Welcome {
		linked, err := provision.SendLinks(ctx, tx, at, h.By, provision.Links{CustomerIDs: ids, Reason: fmt.Sprintf("bulk:%d", h.ID), Unset: true, Rank: enrolld.RankMany})
		return linkedVerdicts(linked), err
	}
	list, err := h.plans(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	var gifts []provision.Gift
	var of []int
	for i, v := range list {
		if v.outcome == Change || v.more() {
			gifts, of = append(gifts, v.gift), append(of, i)
		}
	}
	given, err := provision.Give(ctx, tx, at, h.By, gifts)
	if err != nil {
		return nil, err
	}
	for n, g := range given {
		if g.Problem != "" {
			list[of[n]].why = g.Problem
		}
	}
	return list, nil
}
