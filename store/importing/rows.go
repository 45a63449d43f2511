package importing

import (
	"context"

	"enrolld"
	"enrolld/importer"
	"enrolld/store/wordpress"
)

// rows are those of an import's file, in their order.
type rows struct{ *importer.Reader }

// rows opens an import's file behind a place.
func (x *Imports) rows(ctx context.Context, i Import, at importer.At) (rows, error) {
	r, err := importer.Open(x.open(ctx, i), i.Plan, at)
	return rows{r}, err
}

// Next is the next row, judged also by what WordPress can hold: nobody whom we
// could not give a WordPress user becomes a customer by an import.
func (r rows) Next() (importer.Row, error) {
	row, err := r.Reader.Next()
	if err != nil || row.Verdict != importer.Ready {
		return row, err
	}
	if _, _, err := wordpress.Address(row.Email); err != nil {
		row.Verdict = importer.Invalid
		row.Problems = append(row.Problems, importer.Problem{Code: importer.BadEmail, Message: enrolld.MessageOf(err)})
	}
	return row, nil
}
