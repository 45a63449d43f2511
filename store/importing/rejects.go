package importing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"enrolld"
	"enrolld/importer"
	"enrolld/store"
)

// refusedPage is how many refused rows are read at a time.
const refusedPage = 1000

// Rejects writes the rows that cannot be taken, and those that the database
// refused, as a file that can be mended and imported as it is. It reads the file
// anew: before the import is started it tells what would be rejected. A file
// without such rows is empty.
func (x *Imports) Rejects(ctx context.Context, accountID, id int64, to io.Writer) error {
	i, err := x.Get(ctx, accountID, id)
	if err != nil {
		return err
	}
	if i.Size == 0 {
		return enrolld.Errorf(enrolld.NotFound, "the file of this import is not kept any more")
	}
	rows, err := x.rows(ctx, i, importer.At{})
	if err != nil {
		return err
	}
	out := importer.NewRejectWriter(to, i.Plan)
	refused := refusals{ctx: ctx, x: x, id: id}
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return out.Flush()
		}
		if err != nil {
			return err
		}
		why, err := refused.why(row.Number)
		if err != nil {
			return err
		}
		if row.Verdict == importer.Invalid {
			err = out.Write(row)
		} else if why != "" {
			err = out.Write(row, why)
		}
		if err != nil {
			return err
		}
	}
}

// refusals goes through the refused rows of an import in their order.
type refusals struct {
	ctx   context.Context //nolint:containedctx // lives as long as one call of Rejects
	x     *Imports
	id    int64
	page  []refusedRow
	after int64
	ended bool
}

type refusedRow struct {
	number  int64
	problem string
}

// why is why a row was refused, or nothing. Numbers are asked in rising order.
func (r *refusals) why(number int64) (string, error) {
	for len(r.page) > 0 && r.page[0].number < number {
		r.page = r.page[1:]
	}
	if len(r.page) == 0 && !r.ended && number > r.after {
		if err := r.load(number); err != nil {
			return "", err
		}
	}
	if len(r.page) > 0 && r.page[0].number == number {
		return r.page[0].problem, nil
	}
	return "", nil
}

func (r *refusals) load(from int64) (err error) {
	r.page, err = store.Collect(r.ctx, r.x.db.Conn(), func(rows *sql.Rows, f *refusedRow) error { return rows.Scan(&f.number, &f.problem) },
		`SELECT place, problem FROM enrolld_import_rows WHERE import_id = ? AND verdict = 'refused' AND place >= ? ORDER BY place LIMIT ?`,
		r.id, from, refusedPage)
	if err != nil {
		return store.Classify(fmt.Errorf("read refused rows: %w", err))
	}
	if r.ended = len(r.page) < refusedPage; !r.ended {
		r.after = r.page[len(r.page)-1].number
	}
	return nil
}
