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
)

// renewEvery is how many rows are counted before the lease is renewed and the
// progress told and noted.
const renewEvery = 20_000

// Preview counts what would come of the import, by reading all of its file with
// the validators that the import itself uses, and comparing it with the database.
// It writes nothing but the counts. progress is told now and then how far it is.
// Errors: those of Start, and Conflict when somebody decided anew meanwhile.
func (x *Imports) Preview(ctx context.Context, accountID, id int64, progress func(Import)) (Import, error) {
	i, err := x.move(ctx, enrolld.Actor{}, accountID, id, move{
		from: []State{Draft, Checking, Ready}, to: Checking, set: `preview = '', counted = 0, note = '', due_at = ?`, args: []any{x.db.Now()},
	}, startable)
	if err != nil {
		return i, err
	}
	lease := store.NewLease()
	_, err = x.db.Conn().ExecContext(ctx, `UPDATE enrolld_imports SET lease = ?, due_at = ? WHERE id = ? AND state = 'checking'`,
		lease[:], x.db.Now().Add(jobs.Term), id)
	if err != nil {
		return i, store.Classify(fmt.Errorf("begin to count an import: %w", err))
	}
	if err := x.check(ctx, i, lease, jobs.Term, progress); err != nil {
		return i, err
	}
	return x.Get(ctx, accountID, id)
}

// check counts an import that the lease holds, and stores the counts.
func (x *Imports) check(ctx context.Context, i Import, lease store.Lease, term time.Duration, progress func(Import)) error {
	var said sheets
	renew := func(at importer.At, counts Counts) error {
		i.At, i.Preview = at, &counts
		progress(i)
		return x.holdSheets(ctx, i.ID, lease, &said, `due_at = ?, counted = ?`, x.db.Now().Add(term), at.Offset)
	}
	counts, err := x.count(ctx, i, &said, renew)
	if enrolld.CodeOf(err) == enrolld.Invalid { // the file cannot be read by this plan
		return errors.Join(err, x.hold(ctx, i.ID, lease, `state = 'draft', note = ?, lease = '', due_at = NULL`, cut(enrolld.MessageOf(err), 500)))
	}
	if err != nil {
		return err
	}
	said.turn(importer.At{})
	return x.holdSheets(ctx, i.ID, lease, &said, `state = 'ready', preview = ?, counted = size, lease = '', due_at = NULL`, encode(counts))
}

// hold changes an import that the lease holds; jobs.ErrLost when it does not any more.
func (x *Imports) hold(ctx context.Context, id int64, lease store.Lease, set string, args ...any) error {
	res, err := x.db.Conn().ExecContext(ctx, `UPDATE enrolld_imports SET `+set+` WHERE id = ? AND lease = ?`, append(args, id, lease[:])...)
	if err != nil {
		return store.Classify(fmt.Errorf("hold an import: %w", err))
	}
	return jobs.WantOne(res)
}

// count reads the whole file. Memory is that of importer.Seen, one chunk of rows, and
// the ids of customers with several addresses.
func (x *Imports) count(ctx context.Context, i Import, said *sheets, renew func(importer.At, Counts) error) (Counts, error) {
	var total Counts
	rows, err := x.rows(ctx, i, importer.At{})
	if err != nil {
		return total, err
	}
	seen, judging := importer.NewSeen(importer.MaxSeen), x.judging(i)
	chunk := make([]importer.Row, 0, judgeRows)
	for next, ended := int64(renewEvery), false; !ended; {
		if chunk, ended, err = rows.chunk(chunk[:0], seen); err != nil {
			return total, err
		}
		list, err := judging.rows(ctx, chunk)
		if err != nil {
			return total, err
		}
		said.add(chunk, list)
		for _, j := range list {
			j.count(&total)
		}
		if total.Rows >= next {
			next += renewEvery
			if err := renew(rows.At(), total); err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

// chunk reads up to cap(list) rows, without their cells; ended behind the last.
func (r rows) chunk(list []importer.Row, seen *importer.Seen) (_ []importer.Row, ended bool, err error) {
	for len(list) < cap(list) {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list, true, nil
		}
		if err != nil {
			return list, false, err
		}
		seen.Judge(&row)
		row.Cells = nil // up to 128 kB each
		list = append(list, row)
	}
	return list, false, nil
}

// Sampled is a row as a preview shows it.
type Sampled struct {
	importer.Row
	Verdict Verdict
}

// Sample returns the first rows of the file with what would become of them; n is
// at most a few hundred.
func (x *Imports) Sample(ctx context.Context, accountID, id int64, n int) ([]Sampled, error) {
	i, err := x.Get(ctx, accountID, id)
	if err != nil {
		return nil, err
	}
	rows, err := x.rows(ctx, i, importer.At{})
	if err != nil {
		return nil, err
	}
	list, _, err := rows.chunk(make([]importer.Row, 0, min(n, judgeRows)), importer.NewSeen(n))
	if err != nil {
		return nil, err
	}
	verdicts, err := x.judging(i).rows(ctx, list)
	if err != nil {
		return nil, err
	}
	out := make([]Sampled, len(list))
	for k, r := range list {
		out[k] = Sampled{r, verdicts[k].verdict}
	}
	return out, nil
}
