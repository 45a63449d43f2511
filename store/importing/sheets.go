package importing

import (
	"context"
	"fmt"

	"enrolld/importer"
	"enrolld/store"
	"enrolld/store/jobs"
)

// sheetRows is how many rows share a sheet: at most so many are read of the file to
// show one of them.
const sheetRows = 500

// mark is what was said of a row, as a sheet has it.
type mark byte

const (
	markNew      mark = 'n'
	markKnown    mark = 'k'
	markSame     mark = 's' // of imports of before: has everything already, and the list gave nothing
	markMore     mark = 'm' // Same: has everything already, and now for one more reason
	markRepeated mark = 'r' // Same: the address came before in the file
	markAgain    mark = 'a' // Same: its customer came before in the file, by another address
	markInvalid  mark = 'i'
)

func markOf(row importer.Row, j judged) mark {
	switch {
	case j.verdict == New:
		return markNew
	case j.verdict == Known:
		return markKnown
	case j.verdict == Invalid:
		return markInvalid
	case row.Verdict == importer.Same:
		return markRepeated
	case j.again:
		return markAgain
	case j.more:
		return markMore
	}
	return markSame
}

// verdict is the other way round.
func (m mark) verdict() Verdict {
	switch m {
	case markNew:
		return New
	case markKnown:
		return Known
	case markInvalid:
		return Invalid
	}
	return Same
}

// marksOf are the marks of a verdict; none of an empty one.
func marksOf(v Verdict) []mark {
	switch v {
	case New:
		return []mark{markNew}
	case Known:
		return []mark{markKnown}
	case Same:
		return []mark{markSame, markMore, markRepeated, markAgain}
	case Invalid:
		return []mark{markInvalid}
	}
	return nil
}

// sheets collects what is said of rows while they are counted. The zero sheets
// begin with the first row of the file.
type sheets struct {
	number int64       // of the sheet being filled, from 0
	begin  importer.At // of its first row
	marks  []byte
	full   [][]any // to be stored: sheet, position, marks
	stored bool    // some were
}

// add notes what was said of the next rows.
func (s *sheets) add(rows []importer.Row, list []judged) {
	for k, row := range rows {
		s.marks = append(s.marks, byte(markOf(row, list[k])))
		if len(s.marks) == sheetRows {
			s.turn(row.End)
		}
	}
}

// turn ends the sheet; the next one begins there.
func (s *sheets) turn(next importer.At) {
	if len(s.marks) > 0 {
		s.full = append(s.full, []any{s.number, encode(s.begin), s.marks})
		s.number++
	}
	s.begin, s.marks = next, nil
}

// holdSheets changes an import that the lease holds, and stores with it the sheets
// that are full: a count that was overtaken leaves none behind. Those of an earlier
// count go with the first ones.
func (x *Imports) holdSheets(ctx context.Context, id int64, lease store.Lease, s *sheets, set string, args ...any) error {
	err := x.db.InTx(ctx, func(tx *store.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE enrolld_imports SET `+set+` WHERE id = ? AND lease = ?`, append(args, id, lease[:])...)
		if err != nil {
			return fmt.Errorf("hold an import: %w", err)
		}
		if err := jobs.WantOne(res); err != nil {
			return err
		}
		if !s.stored {
			if err := dropSheets(ctx, tx, id); err != nil {
				return err
			}
		}
		rows := make([][]any, len(s.full))
		for k, sheet := range s.full {
			rows[k] = append([]any{id}, sheet...)
		}
		return store.InsertRows(ctx, tx, `INSERT INTO enrolld_import_sheets (import_id, sheet, position, marks) VALUES `, rows, "")
	})
	if err == nil {
		s.full, s.stored = nil, true
	}
	return err
}

func dropSheets(ctx context.Context, tx *store.Tx, id int64) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM enrolld_import_sheets WHERE import_id = ?`, id); err != nil {
		return fmt.Errorf("drop what was said of the rows of an import: %w", err)
	}
	return nil
}
