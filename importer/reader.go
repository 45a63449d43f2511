package importer

import (
	"errors"
	"fmt"
	"io"

	"enrolld"
)

// How many rows are read at a time, and how many bytes of them: memory that a
// Reader holds whatever the file is.
const (
	batchRows  = 256
	batchBytes = 1 << 20
)

// Reader gives the rows of a file in their order. It belongs to one goroutine.
type Reader struct {
	plan  Plan
	scan  *scanner
	cells cellReader
	rows  []Row // that were read ahead
	given int   // of rows
	at    At    // behind the last of rows
	last  At    // behind the last that was given
	err   error
	table *table // nil for lists
}

// Open reads a file by its plan from at on, which is the End of a row that came
// before; the zero At is the first row. The file must be the one that the plan was
// made for: nothing here could tell. Errors are those of Plan.Check and of src.
func Open(src io.ReadSeeker, plan Plan, at At) (*Reader, error) {
	if err := plan.Check(); err != nil {
		return nil, err
	}
	if at == (At{}) {
		at = plan.Start
	}
	if at.Offset < plan.Start.Offset || at.Line < 0 || at.Number < 0 || at.Skip < 0 {
		return nil, enrolld.Errorf(enrolld.Invalid, "the import cannot go on at byte %d: its plan begins behind that", at.Offset)
	}
	if _, err := src.Seek(at.Offset, io.SeekStart); err != nil {
		return nil, fmt.Errorf("go to byte %d of the file: %w", at.Offset, err)
	}
	r := &Reader{plan: plan, at: at, last: at, scan: newScanner(src, plan.Encoding, plan.Delimiter, at)}
	r.cells.encoding = plan.Encoding
	if plan.Format == List {
		return r, nil
	}
	for i, role := range plan.Roles {
		if role == Refused {
			r.cells.refused = append(r.cells.refused, i)
		}
	}
	r.table = newTable(plan)
	return r, nil
}

// Next returns the next row, Ready or Invalid. It returns io.EOF behind the last,
// and an error of the file itself after every row before it.
func (r *Reader) Next() (Row, error) {
	if r.given == len(r.rows) {
		if r.err == nil {
			r.readAhead()
		}
		if r.given == len(r.rows) {
			return Row{}, r.err
		}
	}
	row := r.rows[r.given]
	r.given++
	r.last = row.End
	return row, nil
}

// At is where reading goes on: behind the last row that Next returned.
func (r *Reader) At() At { return r.last }

// Offset is how many bytes of the file are behind us, for showing progress.
func (r *Reader) Offset() int64 { return r.last.Offset }

func (r *Reader) readAhead() {
	clear(r.rows) // a long row is not held behind the next batch of short ones
	r.rows, r.given, r.cells.arena = r.rows[:0], 0, nil
	var rec record
	var bytes int64
	for len(r.rows) < batchRows && bytes < batchBytes {
		if r.err = r.scan.next(&rec); r.err != nil {
			break
		}
		bytes += rec.end.Offset - r.at.Offset
		if r.table == nil {
			r.addEntries(&rec)
		} else {
			r.addRow(&rec)
		}
	}
	if r.table != nil {
		if err := r.table.judge(r.rows); err != nil {
			r.rows, r.err = r.rows[:0], err
		}
	}
	if errors.Is(r.err, io.EOF) {
		r.err = io.EOF
	}
}

// addRow takes a record of a table. What is in it is judged later.
func (r *Reader) addRow(rec *record) {
	cells, bad := r.cells.texts(rec)
	row := Row{Line: rec.line, Number: r.at.Number + 1, Verdict: Ready, Cells: cells, End: rec.end}
	row.End.Number = row.Number
	r.at = row.End
	r.noteRecord(&row, rec)
	for _, i := range bad {
		if i < len(r.plan.Roles) && r.plan.Roles[i].read() {
			r.noteEncoding(&row, i)
		}
	}
	r.rows = append(r.rows, row)
}

// addEntries takes a line of a list, which gives a row for each person in it.
func (r *Reader) addEntries(rec *record) {
	texts, bad := r.cells.texts(rec)
	line, skip := texts[0], r.at.Skip
	begin := At{Offset: r.at.Offset, Line: r.at.Line}
	found := []entry{{}}
	if rec.flaw == "" {
		found = parseEntries(line)
	}
	for i, e := range found {
		if i < skip {
			continue
		}
		row := Row{Line: rec.line, Number: r.at.Number + 1, Verdict: Ready, Cells: []string{line}, End: rec.end}
		if e.address != "" {
			row.Cells[0] = e.String()
		}
		if i < len(found)-1 {
			row.End, row.End.Skip = begin, i+1
		}
		row.End.Number = row.Number
		r.at = row.End
		r.noteRecord(&row, rec)
		if len(bad) > 0 {
			r.noteEncoding(&row, -1)
		}
		if !row.damaged() {
			judge(&row, e.person(), r.plan)
		}
		r.rows = append(r.rows, row)
	}
	if len(found) <= skip { // the line gave nothing, or all of it before
		number := r.at.Number
		r.at = rec.end
		r.at.Number = number
	}
}
