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
	"enrolld/store/jobs"
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

// take reads a batch of rows and takes it in, part by part; ended behind the last
// row. What cannot be taken beside the others, is taken by itself.
func (w *Worker) take(ctx context.Context, h *work) (ended bool, err error) {
	if h.rows == nil {
		r, err := w.x.rows(ctx, h.Import, h.At)
		if err != nil {
			return false, w.unreadable(ctx, h, err)
		}
		h.rows = &r
	}
	side, reading := w.convoy(h), h.reading()
	for n := 0; n < w.opt.Batch && !ended && !side.fails.Load(); n += w.opt.Part {
		var lines []line
		if lines, ended, err = reading.lines(min(w.opt.Part, w.opt.Batch-n)); err != nil {
			break
		}
		side.start(ctx, lines, ended)
	}
	rest, failed := side.wait()
	if errors.Is(failed, jobs.ErrLost) || enrolld.CodeOf(failed) == enrolld.Unavailable {
		return false, failed
	}
	for _, p := range rest {
		if err := w.apply(ctx, h, p.lines, p.last); err != nil || h.Ended() {
			return false, err
		}
	}
	if err != nil {
		return false, w.unreadable(ctx, h, err)
	}
	return ended, nil
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
	if err := w.x.stop(ctx, h.Import, h.Lease, why); err != nil {
		return err
	}
	h.End()
	return nil
}

// reading is the reading of one batch.
type reading struct {
	rows   *rows
	seen   map[enrolld.EmailKey]bool
	grants []enrolld.Grant
	terms  Terms
}

func (h *work) reading() *reading {
	return &reading{h.rows, map[enrolld.EmailKey]bool{}, h.grants(), h.Terms}
}

// lines reads up to n rows; ended behind the last one.
func (r *reading) lines(n int) (lines []line, ended bool, err error) {
	lines = make([]line, 0, n)
	for len(lines) < n {
		row, err := r.rows.Next()
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
		case r.seen[row.Key]:
			l.verdict = Same
		default:
			r.seen[row.Key] = true
			l.gift = provision.Gift{
				Email: row.Email, Key: row.Key, First: row.First, Last: row.Last, Grants: r.grants, Notify: r.terms.Notify,
				Template: r.terms.Template, Rank: enrolld.RankMany,
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
	err := w.commit(ctx, h, lines, last, nil)
	switch {
	case err == nil || errors.Is(err, jobs.ErrLost) || enrolld.CodeOf(err) == enrolld.Unavailable:
		return err
	case len(lines) > 1:
		half := len(lines) / 2
		if err := w.apply(ctx, h, lines[:half], false); err != nil || h.Ended() {
			return err
		}
		return w.apply(ctx, h, lines[half:], last)
	case len(lines) == 0 || lines[0].problem != "":
		return err
	}
	w.opt.Log.WarnContext(ctx, "row of an import refused", "import", h.ID, "account", h.AccountID, "row", lines[0].number, "error", err)
	lines[0].verdict, lines[0].problem = Refused, refusal(err)
	if err := w.commit(ctx, h, lines, last, nil); err != nil {
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
// import still is ours and where we think it is. Part p, one of several side by
// side, waits for its turn; nil is by itself.
func (w *Worker) commit(ctx context.Context, h *work, lines []line, last bool, p *part) error {
	var at importer.At
	var counts Counts
	err := w.x.db.InTx(ctx, func(tx *store.Tx) error {
		batch, err := give(ctx, tx, h, lines, p)
		if err != nil {
			return err
		}
		if err := p.turn(ctx); err != nil {
			return err
		}
		at, counts = h.At, h.Counts.add(batch)
		if len(lines) > 0 {
			at = lines[len(lines)-1].end
		}
		return w.noteTaken(ctx, tx, h, at, counts, last)
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

// noteTaken notes how far the file is read.
func (w *Worker) noteTaken(ctx context.Context, tx *store.Tx, h *work, at importer.At, counts Counts, last bool) error {
	state, due, ended := Running, new(w.Until()), (*time.Time)(nil)
	if last {
		state, due, ended = Done, nil, new(w.x.db.Now())
		i := h.Import
		i.Counts = counts
		if err := audit(ctx, tx, h.By, i, "import.done"); err != nil {
			return err
		}
		if err := tell(ctx, tx, i, enrolld.EventImportDone); err != nil {
			return err
		}
	}
	res, err := tx.ExecContext(ctx, `UPDATE enrolld_imports SET position = ?, counts = ?, state = ?, due_at = ?, finished_at = ?
		WHERE id = ? AND lease = ? AND state = 'running' AND position = ?`,
		encode(at), encode(counts), string(state), due, ended, h.ID, h.Lease[:], h.position())
	if err != nil {
		return fmt.Errorf("note how far an import is: %w", err)
	}
	return jobs.WantOne(res)
}

// position is what the column has.
func (h *work) position() string {
	if h.At == (importer.At{}) {
		return "{}"
	}
	return encode(h.At)
}

// give gives what lines say and counts them; what was refused is noted.
func give(ctx context.Context, tx *store.Tx, h *work, lines []line, p *part) (counts Counts, err error) {
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
		beside := provision.Beside{Locked: func() {}}
		if p != nil {
			beside = p.beside
		}
		given, err := provision.GiveBeside(ctx, tx, h.Place(), h.By, gifts, beside)
		if err != nil {
			return counts, err
		}
		for _, g := range given {
			v := verdictOf(g)
			counts.note(v)
			if v == Same && g.Changed {
				counts.More++
			}
		}
	}
	return counts, noteRows(ctx, tx, refused)
}

// verdictOf is what a gift came to for its customer: known are those who notice.
func verdictOf(g provision.Given) Verdict {
	switch {
	case g.New:
		return New
	case g.Adds:
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
