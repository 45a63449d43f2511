package bulk

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"enrolld/store"
	"enrolld/store/provision"
)

func scanID(rows *sql.Rows, id *int64) error { return rows.Scan(id) }

// touched picks those with whom something was done that was not looked at again.
const touched = `state = 'done' AND effect IS NOT NULL`

// undo takes back what was done with the next customers; ended behind the last.
func (w *Worker) undo(ctx context.Context, h *work) (ended bool, err error) {
	ids, err := w.next(ctx, h, touched)
	if err != nil {
		return false, err
	}
	err = w.halve(ctx, h, batch{ids: ids, last: len(ids) < w.opt.Batch}, func(b batch) error { return w.commitUndo(ctx, h, b) })
	return h.State != Undoing, err
}

func (w *Worker) commitUndo(ctx context.Context, h *work, b batch) error {
	after := h.Bulk
	err := w.x.db.InTx(ctx, func(tx *store.Tx) error {
		after = h.Bulk
		if len(b.ids) > 0 {
			after.position = b.ids[len(b.ids)-1]
		}
		if err := h.undoAll(ctx, tx, h.Place(), b, &after.Done); err != nil {
			return err
		}
		if b.last {
			after.State, after.EndedAt = Undone, new(tx.Now())
			if err := audit(ctx, tx, h.UndoneBy, after, "bulk.undone"); err != nil {
				return err
			}
		}
		return w.keep(ctx, tx, h, after)
	})
	if err == nil {
		h.Bulk = after
	}
	return err
}

// undoAll takes back what was done with customers, and counts.
func (h *work) undoAll(ctx context.Context, tx *store.Tx, at provision.Place, b batch, counts *Counts) error {
	if b.failed != "" {
		counts.Stuck++
		return setUndone(ctx, tx, h.ID, []undone{{b.ids[0], "stuck", b.failed}})
	}
	now, err := stayed(ctx, tx, h.AccountID, b.ids)
	if err != nil {
		return err
	}
	who := slices.Compact(slices.Sorted(maps.Values(now)))
	standings, err := standings(ctx, tx, h.AccountID, who)
	if err != nil {
		return err
	}
	ledgers, err := ledgers(ctx, tx, who)
	if err != nil {
		return err
	}
	effects, err := effectsOf(ctx, tx, h.ID, b.ids)
	if err != nil {
		return err
	}
	var gifts []provision.Gift
	list := make([]undone, len(b.ids))
	for i, id := range b.ids {
		gift, kept := takeBack(now[id], standings[now[id]], effects[id], ledgers[now[id]])
		if len(gift.Withdraw)+len(gift.Restore) > 0 {
			gifts = append(gifts, gift)
		}
		list[i] = undone{id, "undone", kept}
		if kept != "" {
			list[i].state = "kept"
			counts.Kept++
		} else {
			counts.Undone++
		}
	}
	if err := setUndone(ctx, tx, h.ID, list); err != nil {
		return err
	}
	_, err = provision.Give(ctx, tx, at, h.UndoneBy, gifts)
	return err
}

// undone is what undoing came to for a customer.
type undone struct {
	id         int64
	state, why string
}

// setUndone notes it of customers with whom something was done: their rows are there.
func setUndone(ctx context.Context, tx *store.Tx, bulkID int64, list []undone) error {
	rows := make([][]any, len(list))
	for i, u := range list {
		rows[i] = []any{bulkID, u.id, string(Change), u.state, cut(u.why, maxWhy)}
	}
	err := store.InsertRows(ctx, tx, `INSERT INTO enrolld_bulk_targets (bulk_id, customer_id, outcome, state, why) VALUES `, rows,
		` ON DUPLICATE KEY UPDATE state = VALUES(state), why = VALUES(why)`)
	if err != nil {
		return fmt.Errorf("note what was undone: %w", err)
	}
	return nil
}

func effectsOf(ctx context.Context, tx *store.Tx, bulkID int64, ids []int64) (map[int64][]ground, error) {
	out := make(map[int64][]ground, len(ids))
	for part := range slices.Chunk(ids, DefaultBatch) {
		in, args := store.In(part, bulkID)
		_, err := store.Collect(ctx, tx, func(rows *sql.Rows, _ *struct{}) error {
			var id int64
			var text *string
			if err := rows.Scan(&id, &text); err != nil || text == nil {
				return err
			}
			var list []ground
			err := json.Unmarshal([]byte(*text), &list)
			out[id] = list
			return err
		}, `SELECT customer_id, effect FROM enrolld_bulk_targets WHERE bulk_id = ? AND customer_id IN `+in, args...)
		if err != nil {
			return nil, fmt.Errorf("read what a bulk action did: %w", err)
		}
	}
	return out, nil
}
