package importer

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// noteHeader is the name of the column that says why a row was not taken.
const noteHeader = "Problem"

// RejectWriter writes the rows that were not taken into a file that people mend
// and import as it is: the cells as they were given, in the same columns and
// between the same delimiters, behind a column that says what is wrong. It is in
// UTF-8 with a mark, as spreadsheets like it. Cells that a spreadsheet would run
// have an apostrophe in front, which reading takes off. Of a row that was too long
// it has the beginning.
type RejectWriter struct {
	out     *bufio.Writer
	plan    Plan
	columns []int // of the file; without an older column of problems
	begun   bool
}

// NewRejectWriter writes rows of a file with this plan. Flush it when done.
func NewRejectWriter(w io.Writer, plan Plan) *RejectWriter {
	if plan.Format == List {
		plan.Delimiter, plan.HasHeader = ",", true
		plan.Header, plan.Roles = []string{"Email"}, []Role{Email}
	}
	rw := &RejectWriter{out: bufio.NewWriter(w), plan: plan}
	for i, role := range plan.Roles {
		if role != Note {
			rw.columns = append(rw.columns, i)
		}
	}
	return rw
}

// Write writes a row and why it was not taken: its own problems, then further
// ones that the caller found.
func (w *RejectWriter) Write(row Row, further ...string) error {
	if err := w.begin(); err != nil {
		return err
	}
	var why []string
	for _, p := range row.Problems {
		if p.Code.Fatal() || p.Code == Repeated {
			why = append(why, w.plan.Words(p))
		}
	}
	note := fmt.Sprintf("line %d", row.Line)
	if why = append(why, further...); len(why) > 0 {
		note += ": " + strings.Join(why, "; ")
	}
	cells := []string{note}
	for _, i := range w.columns {
		cell := ""
		if i < len(row.Cells) {
			cell = row.Cells[i]
		}
		cells = append(cells, cell)
	}
	if extra := len(w.plan.Roles); len(row.Cells) > extra {
		cells = append(cells, row.Cells[extra:]...)
	}
	return w.line(cells)
}

// Flush writes what is buffered. A file without rows is empty.
func (w *RejectWriter) Flush() error {
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("write the file of rejected rows: %w", err)
	}
	return nil
}

func (w *RejectWriter) begin() error {
	if w.begun {
		return nil
	}
	w.begun = true
	if _, err := w.out.WriteString("\ufeff"); err != nil {
		return fmt.Errorf("write the file of rejected rows: %w", err)
	}
	cells := []string{noteHeader}
	for _, i := range w.columns {
		cells = append(cells, w.header(i))
	}
	return w.line(cells)
}

// header is the name of a column; one is made up where the file has none, by
// which the column is recognised again.
func (w *RejectWriter) header(i int) string {
	if w.plan.HasHeader {
		return w.plan.Header[i]
	}
	switch w.plan.Roles[i] {
	case Email:
		return "Email"
	case Name:
		return "Name"
	case First:
		return "First name"
	case Last:
		return "Last name"
	}
	return fmt.Sprintf("Column %d", i+1)
}

func (w *RejectWriter) line(cells []string) error {
	for i, cell := range cells {
		if i > 0 {
			_, _ = w.out.WriteString(w.plan.Delimiter) // a bufio.Writer keeps its first error
		}
		_, _ = w.out.WriteString(w.quote(protect(cell)))
	}
	if _, err := w.out.WriteString("\r\n"); err != nil {
		return fmt.Errorf("write the file of rejected rows: %w", err)
	}
	return nil
}

func (w *RejectWriter) quote(cell string) string {
	if !strings.ContainsAny(cell, "\"\r\n"+w.plan.Delimiter) && strings.Trim(cell, " ") == cell {
		return cell
	}
	return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
}
