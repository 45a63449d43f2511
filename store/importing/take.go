package importing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"enrolld"
	"enrolld/importer"
	"enrolld/store"
	"enrolld/store/provision"
)

// maxRefused is how many rows may be refused one after the other before the
// import is paused: then it is not the rows that are wrong.
const maxRefused = 50

// line is a row on its way into the database. It has no cells, which may be large.
type line struct {
	number  int64
	end     importer.At
	verdict Verdict // Invalid or Same; empty: gift decides
	gift    provision.Gift
	problem string // why it was refused
}

// take reads a batch of rows and takes it in; ended behind the last row.
func (w *Worker) take(ctx context.Context, h *work) (ended bool, err error) {
	if h.rows == nil {
		r, err := w.x.rows(ctx, h.Import, h.At)
		if err != nil {
			return false, w.unreadable(ctx, h, err)
		}
		h.rows = &r
	}
	lines, ended, err := h.read(w.opt.Batch)
	if err != nil {
		return false, w.unreadable(ctx, h, err)
	}
	return ended, w.apply(ctx, h, lines, ended)
}

// unreadable pauses an import whose file cannot be read any further.
func (w *Worker) unreadable(ctx context.Context, h *work, err error) error {
	if enrolld.CodeOf(err) != enrolld.Invalid {
		return err
	}
	return w.pause(ctx, h, enrolld.MessageOf(err))
}

func (w *Worker) pause(ctx context.Context, h *work, why string) error {
	w.opt.Log.WarnContext(ctx, "import paused", "import", h.ID, "account", h.AccountID, "rows", h.Counts.Rows)
	if err := w.x.hold(ctx, h.ID, h.lease, `state = 'paused', note = ?, lease = '', due_at = NULL`, cut(why, 500)); err != nil {
		return err
	}
	w.held = nil
	return nil
}

// read reads up to n rows.
func (h *work) read(n int) (lines []line, ended bool, err error) {
	lines = make([]line, 0, n)
	seen := make(map[enrolld.EmailKey]bool, n)
	grants := h.grants()
	for len(lines) < n {
		row, err := h.rows.Next()
		if errors.Is(err, io.EOF) {
			return lines, true, nil
		}
		if err != nil {
			return nil, false, err
		}
		l := line{number: row.Number, end: row.End}
		switch {
		case row.Verdict != importer.Ready:
			l.verdict = Invalid
		case seen[row.Key]:
			l.verdict = Same
		default:
			seen[row.Key] = true
			l.gift = provision.Gift{
				Email: row.Email, Key: row.Key, First: row.First, Last: row.Last, Grants: grants, Notify: h.Terms.Notify,
			}
		}
		lines = append(lines, l)
	}
	return lines, false, nil
}

// grants are what everybody is given; nobody changes them.
func (i Import) grants() []enrolld.Grant {
	out := make([]enrolld.Grant, len(i.Terms.Courses))
	for k, c := range i.Terms.Courses {
		out[k] = i.grant(c)
	}
	return out
}

// apply commits lines, all of them in one transaction or, when that fails, in
// halves, until the row that fails is alone: it is left out.
func (w *Worker) apply(ctx context.Context, h *work, lines []line, last bool) error {
	err := w.commit(ctx, h, lines, last)
	switch {
	case err == nil || errors.Is(err, errLost) || enrolld.CodeOf(err) == enrolld.Unavailable:
		return err
	case len(lines) > 1:
		half := len(lines) / 2
		if err := w.apply(ctx, h, lines[:half], false); err != nil || w.held == nil {
			return err
		}
		return w.apply(ctx, h, lines[half:], last)
	case len(lines) == 0 || lines[0].problem != "":
		return err
	}
	w.opt.Log.WarnContext(ctx, "row of an import refused", "import", h.ID, "account", h.AccountID, "row", lines[0].number, "error", err)
	lines[0].verdict, lines[0].problem = Refused, refusal(err)
	if err := w.commit(ctx, h, lines, last); err != nil {
		return err
	}
	if h.refused++; h.refused < maxRefused || last {
		return nil
	}
	return w.pause(ctx, h, fmt.Sprintf("the last %d rows were all refused (%s): mend the cause, then resume", h.refused, lines[0].problem))
}

// refusal is an error for people. Causes stay in the log: they may quote people's data.
func refusal(err error) string {
	if enrolld.CodeOf(err) == enrolld.Internal {
		return "the database refused this row; the service's log says why"
	}
	return cut(enrolld.MessageOf(err), 500)
}

// commit takes lines in with how far the file is read, in one transaction, if the
// import still is ours and where we think it is.
func (w *Worker) commit(ctx context.Context, h *work, lines []line, last bool) error {
	at, state, due, ended := h.At, Running, new(w.x.db.Now().Add(w.opt.Lease)), (*time.Time)(nil)
	if len(lines) > 0 {
		at = lines[len(lines)-1].end
	}
	if last {
		state, due, ended = Done, nil, new(w.x.db.Now())
	}
	var counts Counts
	err := w.x.db.InTx(ctx, func(tx *store.Tx) error {
		batch, err := give(ctx, tx, h, lines)
		if err != nil {
			return err
		}
		counts = h.Counts.add(batch)
		if last {
			i := h.Import
			i.Counts = counts
			if err := audit(ctx, tx, h.By, i, "import.done"); err != nil {
				return err
			}
		}
		res, err := tx.ExecContext(ctx, `UPDATE enrolld_imports SET position = ?, counts = ?, state = ?, due_at = ?, finished_at = ?
			WHERE id = ? AND lease = ? AND state = 'running' AND position = ?`,
			encode(at), encode(counts), string(state), due, ended, h.ID, h.lease[:], h.position())
		if err != nil {
			return fmt.Errorf("note how far an import is: %w", err)
		}
		return wantOne(res)
	})
	if err != nil {
		return err
	}
	h.At, h.Counts = at, counts
	if len(lines) > 0 && lines[0].problem == "" {
		h.refused = 0
	}
	return nil
}

// position is what the column has.
func (h *work) position() string {
	if h.At == (importer.At{}) {
		return "{}"
	}
	return encode(h.At)
}

// give gives what lines say and counts them; what was refused is noted.
func give(ctx context.Context, tx *store.Tx, h *work, lines []line) (counts Counts, err error) {
	gifts := make([]provision.Gift, 0, len(lines))
	var refused [][]any
	for _, l := range lines {
		switch l.verdict {
		case "":
			gifts = append(gifts, l.gift)
			continue
		case Refused:
			refused = append(refused, []any{h.ID, string(Refused), l.number, l.problem})
		}
		counts.note(l.verdict)
	}
	if len(gifts) > 0 {
		given, err := provision.Give(ctx, tx, h.place, h.By, gifts)
		if err != nil {
			return counts, err
		}
		for _, g := range given {
			counts.note(verdictOf(g))
		}
	}
	return counts, noteRows(ctx, tx, refused)
}

func verdictOf(g provision.Given) Verdict {
	switch {
	case g.New:
		return New
	case g.Changed:
		return Known
	}
	return Same
}

// noteRows notes what went otherwise: import, verdict, row or customer, why.
func noteRows(ctx context.Context, tx *store.Tx, rows [][]any) error {
	err := store.InsertRows(ctx, tx, `INSERT INTO enrolld_import_rows (import_id, verdict, place, problem) VALUES `, rows,
		` ON DUPLICATE KEY UPDATE problem = VALUES(problem)`)
	if err != nil {
		return fmt.Errorf("note rows of an import: %w", err)
	}
	return nil
}
