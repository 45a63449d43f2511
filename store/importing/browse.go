package importing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"enrolld"
	"enrolld/importer"
	"enrolld/store"
)

// Shown is a row of a file with what was said of it when the file was counted.
type Shown struct {
	Number, Line       int64 // as in importer.Row
	Email, First, Last string
	Cell               string // of an Invalid row: what stands where the address should be, cut
	Verdict            Verdict
	Problems           []string // sentences without capital and full stop, each with its column
}

// RowPage is a part of the rows of a file.
type RowPage struct {
	Rows []Shown
	Next int64 // the from of the next page; 0: there is none
}

const (
	maxCell     = 80 // characters of a cell that a page shows
	sheetsAhead = 8  // sheets that are read at a time
)

// Rows lists up to n rows of a file with one verdict, or all with an empty one,
// behind the first from rows. It is what the last count said, so an import that was
// not counted since the last decision has none. It reads at most sheetRows of the
// file for each row that it returns. Errors: NotFound when the file is not kept.
func (x *Imports) Rows(ctx context.Context, accountID, id int64, v Verdict, from int64, n int) (RowPage, error) {
	var p RowPage
	i, err := x.withFile(ctx, accountID, id)
	if err != nil || i.Preview == nil {
		return p, err
	}
	for next := from / sheetRows; len(p.Rows) <= n; {
		list, err := x.sheets(ctx, id, next, v)
		if err != nil {
			return p, err
		}
		for _, s := range list {
			rows, err := x.rowsOf(ctx, i, s, s.wanted(v, from, n+1-len(p.Rows)))
			if err != nil {
				return p, err
			}
			p.Rows = append(p.Rows, rows...)
			next = s.number + 1
		}
		if len(list) < sheetsAhead {
			break
		}
	}
	if len(p.Rows) > n {
		p.Rows = p.Rows[:n]
		p.Next = p.Rows[n-1].Number
	}
	return p, nil
}

// withFile is an import whose file is there.
func (x *Imports) withFile(ctx context.Context, accountID, id int64) (Import, error) {
	i, err := x.Get(ctx, accountID, id)
	if err == nil && i.Size == 0 {
		err = enrolld.Errorf(enrolld.NotFound, "the file of this import is not kept any more")
	}
	return i, err
}

// sheet is what was said of some rows that follow each other.
type sheet struct {
	number   int64
	position string
	marks    []byte
}

func (x *Imports) sheets(ctx context.Context, id, from int64, v Verdict) ([]sheet, error) {
	where, args := "", []any{id, from}
	for _, m := range marksOf(v) {
		where += ` OR LOCATE(?, marks) > 0`
		args = append(args, []byte{byte(m)})
	}
	if where != "" {
		where = ` AND (FALSE` + where + `)`
	}
	list, err := store.Collect(ctx, x.db.Conn(), func(rows *sql.Rows, s *sheet) error { return rows.Scan(&s.number, &s.position, &s.marks) },
		`SELECT sheet, position, marks FROM enrolld_import_sheets WHERE import_id = ? AND sheet >= ?`+where+` ORDER BY sheet LIMIT ?`,
		append(args, sheetsAhead)...)
	if err != nil {
		return nil, store.Classify(fmt.Errorf("read what was said of rows: %w", err))
	}
	return list, nil
}

// wanted are up to n rows of the sheet with a verdict behind the first from rows of
// the file, by their place in the sheet.
func (s sheet) wanted(v Verdict, from int64, n int) (out []int) {
	marks := marksOf(v)
	for k, m := range s.marks {
		if len(out) < n && s.number*sheetRows+int64(k) >= from && (marks == nil || slices.Contains(marks, mark(m))) {
			out = append(out, k)
		}
	}
	return out
}

// rowsOf reads rows of a sheet from the file, which has not changed since.
func (x *Imports) rowsOf(ctx context.Context, i Import, s sheet, wanted []int) ([]Shown, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	at, err := decodeAt(s.position)
	if err != nil {
		return nil, err
	}
	rows, err := x.rows(ctx, i, at)
	if err != nil {
		return nil, err
	}
	out := make([]Shown, 0, len(wanted))
	for k := 0; len(out) < len(wanted); k++ {
		row, err := rows.Next()
		if err != nil {
			return nil, fmt.Errorf("read row %d of import %d once more: %w", s.number*sheetRows+int64(k)+1, i.ID, err)
		}
		if k == wanted[len(out)] {
			out = append(out, i.shown(row, mark(s.marks[k])))
		}
	}
	return out, nil
}

func (i Import) shown(row importer.Row, m mark) Shown {
	s := Shown{
		Number: row.Number, Line: row.Line, Email: row.Email, First: row.First, Last: row.Last, Verdict: m.verdict(),
	}
	for _, p := range row.Problems {
		if m != markInvalid || p.Code.Fatal() {
			s.Problems = append(s.Problems, i.Plan.Words(p))
		}
	}
	switch m {
	case markMore:
		s.Problems = append(s.Problems, "has it already: this list is one more reason")
	case markRepeated:
		s.Problems = append(s.Problems, "the same address came before in this file")
	case markAgain:
		s.Problems = append(s.Problems, "the same customer came before in this file, by another address")
	case markInvalid:
		s.Cell = cut(firstCell(row, i.Plan), maxCell)
	}
	return s
}

// firstCell is what stands where the address should be, or the first cell that says
// anything.
func firstCell(row importer.Row, plan importer.Plan) string {
	if c := slices.Index(plan.Roles, importer.Email); c >= 0 && c < len(row.Cells) {
		if text := strings.TrimSpace(row.Cells[c]); text != "" {
			return text
		}
	}
	for _, cell := range row.Cells {
		if text := strings.TrimSpace(cell); text != "" {
			return text
		}
	}
	return ""
}

// Look reads the first n rows by the import's plan, which may be one that people
// have yet to complete, for the page where they do. Cells are cut.
func (x *Imports) Look(ctx context.Context, accountID, id int64, n int) ([]importer.Row, error) {
	i, err := x.withFile(ctx, accountID, id)
	if err != nil {
		return nil, err
	}
	i.Plan = i.Plan.Completed()
	rows, err := x.rows(ctx, i, importer.At{})
	if err != nil {
		return nil, err
	}
	var out []importer.Row
	for len(out) < n {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for k, cell := range row.Cells {
			row.Cells[k] = cut(cell, maxCell)
		}
		out = append(out, row)
	}
	return out, nil
}
