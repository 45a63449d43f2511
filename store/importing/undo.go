package importing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"enrolld"
	"enrolld/store"
	"enrolld/store/jobs"
	"enrolld/store/provision"
)

// undo takes back from the next customers what the import gave; ended behind the
// last.
func (w *Worker) undo(ctx context.Context, h *work) (ended bool, err error) {
	ids, err := store.Collect(ctx, w.x.db.Conn(), func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
		`SELECT DISTINCT customer_id FROM enrolld_grants WHERE cause_kind = 'import' AND cause_id = ? AND customer_id > ?
		ORDER BY customer_id LIMIT ?`, h.ID, h.Undo.After, w.opt.Part)
	if err != nil {
		return false, store.Classify(fmt.Errorf("read whom an import gave something: %w", err))
	}
	if ended = len(ids) < w.opt.Part; ended {
		more, err := w.x.overlooked(ctx, h.Import, w.opt.Part)
		if err != nil {
			return false, err
		}
		ids, ended = append(ids, more...), len(more) < w.opt.Part
	}
	return ended, w.takeBack(ctx, h, ids, ended, "")
}

// overlooked are customers whose turn is over and who have something of the import
// all the same: somebody was merged into them since.
func (x *Imports) overlooked(ctx context.Context, i Import, n int) ([]int64, error) {
	ids, err := store.Collect(ctx, x.db.Conn(), func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
		`SELECT DISTINCT g.customer_id FROM enrolld_grants g WHERE g.cause_kind = 'import' AND g.cause_id = ? AND g.customer_id <= ?
		AND g.state <> ? AND NOT EXISTS (SELECT 1 FROM enrolld_import_rows r
			WHERE r.import_id = g.cause_id AND r.verdict IN ('kept', 'failed') AND r.place = g.customer_id)
		ORDER BY g.customer_id LIMIT ?`, i.ID, i.Undo.After, string(enrolld.GrantEnded), n)
	if err != nil {
		return nil, store.Classify(fmt.Errorf("read whom an undoing overlooked: %w", err))
	}
	return ids, nil
}

// takeBack takes back from some customers in one transaction or, when that fails,
// in halves, until who it fails with is alone. failed says why it failed with the
// only one of them.
func (w *Worker) takeBack(ctx context.Context, h *work, ids []int64, last bool, failed string) error {
	err := w.commitUndo(ctx, h, ids, last, failed)
	switch {
	case err == nil || errors.Is(err, jobs.ErrLost) || enrolld.CodeOf(err) == enrolld.Unavailable || len(ids) == 0 || failed != "":
		return err
	case len(ids) == 1:
		w.opt.Log.WarnContext(ctx, "not undone", "import", h.ID, "account", h.AccountID, "customer", ids[0], "error", err)
		return w.takeBack(ctx, h, ids, last, refusal(err))
	}
	half := len(ids) / 2
	if err := w.takeBack(ctx, h, ids[:half], false, ""); err != nil {
		return err
	}
	return w.takeBack(ctx, h, ids[half:], last, "")
}

func (w *Worker) commitUndo(ctx context.Context, h *work, ids []int64, last bool, failed string) error {
	var counts UndoCounts
	err := w.x.db.InTx(ctx, func(tx *store.Tx) error {
		counts = h.Undo
		rows, err := h.undoRows(ctx, tx, ids, failed)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r[1] == "kept" {
				counts.Kept++
			} else {
				counts.Failed++
			}
		}
		counts.Undone += int64(len(ids) - len(rows))
		if len(ids) > 0 {
			counts.After = max(counts.After, slices.Max(ids))
		}
		if err := noteRows(ctx, tx, rows); err != nil {
			return err
		}
		return w.noteUndo(ctx, tx, h, counts, last)
	})
	if err == nil {
		h.Undo = counts
	}
	return err
}

// noteUndo notes how far the undoing is.
func (w *Worker) noteUndo(ctx context.Context, tx *store.Tx, h *work, counts UndoCounts, last bool) error {
	set, args := `due_at = ?`, []any{w.Until()}
	if last {
		set, args = `state = 'undone', due_at = NULL, lease = '', finished_at = ?`, []any{tx.Now()}
		if err := audit(ctx, tx, h.undoer(), h.Import, "import.undone"); err != nil {
			return err
		}
	}
	args = append([]any{encode(counts)}, args...)
	res, err := tx.ExecContext(ctx, `UPDATE enrolld_imports SET undo_counts = ?, `+set+` WHERE id = ? AND lease = ? AND state = 'undoing' AND undo_counts = ?`,
		append(args, h.ID, h.Lease[:], encode(h.Undo))...)
	if err != nil {
		return fmt.Errorf("note how far an undoing is: %w", err)
	}
	return jobs.WantOne(res)
}

func (h *work) undoer() enrolld.Actor {
	return enrolld.Actor{LoginID: h.Undo.LoginID, Name: h.Undo.Name}
}

// undoRows takes back and returns the rows of those who keep something, or of the
// one with whom it failed.
func (h *work) undoRows(ctx context.Context, tx *store.Tx, ids []int64, failed string) ([][]any, error) {
	if failed != "" {
		return [][]any{{h.ID, "failed", ids[0], failed}}, nil
	}
	if _, err := tx.LockCustomersByID(ctx, h.AccountID, slices.Clone(ids)); err != nil {
		return nil, err
	}
	grants, err := tx.GrantsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	ledgers := make(map[int64][]enrolld.Grant, len(ids))
	for _, g := range grants {
		ledgers[g.CustomerID] = append(ledgers[g.CustomerID], g.Grant)
	}
	var rows [][]any
	var gifts []provision.Gift
	for _, id := range ids {
		ends, kept := h.undoing(ledgers[id])
		if len(kept) > 0 {
			rows = append(rows, []any{h.ID, "kept", id, cut(strings.Join(kept, "; "), 500)})
		}
		if len(ends) > 0 {
			gifts = append(gifts, provision.Gift{CustomerID: id, Withdraw: ends, Rank: enrolld.RankMany})
		}
	}
	_, err = provision.Give(ctx, tx, h.Place(), h.undoer(), gifts)
	return rows, err
}

// undoing decides what of a ledger ends, and says why the rest of what the import
// gave stays: it was changed since, or the course is open for another reason too.
func (i Import) undoing(ledger []enrolld.Grant) (ends []provision.Ground, kept []string) {
	for _, g := range ledger {
		if !i.gave(g) {
			continue
		}
		switch {
		case g.State == enrolld.GrantEnded:
			kept = append(kept, fmt.Sprintf("%s: it has ended already (%s)", g.Course, g.Reason.Text()))
			continue
		case !g.Same(i.given(g)):
			kept = append(kept, fmt.Sprintf("%s: it was changed since", g.Course))
			continue
		}
		ends = append(ends, provision.Ground{Course: g.Course, Cause: g.Cause})
		if j := slices.IndexFunc(ledger, func(o enrolld.Grant) bool {
			return o.Course == g.Course && !i.gave(o) && o.State == enrolld.GrantLive
		}); j >= 0 {
			kept = append(kept, fmt.Sprintf("%s: %s gives it too", g.Course, causeWords[ledger[j].Cause.Kind]))
		}
	}
	return ends, kept
}

// gave says whether the import gave a ground, to this customer or to one who was
// merged into them: such a ground may have a line.
func (i Import) gave(g enrolld.Grant) bool {
	return g.Cause.Kind == enrolld.CauseImport && g.Cause.ID == i.ID
}

// given is a ground as the import gave it.
func (i Import) given(g enrolld.Grant) enrolld.Grant {
	want := i.grant(g.Course)
	want.State, want.Reason = g.State, g.Reason
	return want
}

var causeWords = map[enrolld.CauseKind]string{
	enrolld.CauseOrder: "an order", enrolld.CausePerson: "somebody of the team", enrolld.CauseImport: "another import",
}

// Left is a customer whom an undoing left something to, or failed with.
type Left struct {
	CustomerID int64
	Failed     bool
	Why        string
}

// Left lists whom the undoing of an import left something to, by customer; after
// is the last one of the page before.
func (x *Imports) Left(ctx context.Context, accountID, id, after int64, limit int) ([]Left, error) {
	if _, err := x.Get(ctx, accountID, id); err != nil {
		return nil, err
	}
	list, err := store.Collect(ctx, x.db.Conn(), func(rows *sql.Rows, l *Left) error { return rows.Scan(&l.CustomerID, &l.Failed, &l.Why) },
		`SELECT place, verdict = 'failed', problem FROM enrolld_import_rows
		WHERE import_id = ? AND verdict IN ('kept', 'failed') AND place > ? ORDER BY place LIMIT ?`, id, after, limit)
	return list, store.Classify(err)
}
