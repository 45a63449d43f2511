package importer

import (
	"fmt"
	"slices"
	"strings"

	"enrolld"
)

// This file says what is wrong with rows.

// noteRecord says what the scanner found, and whether the cells fit the columns.
func (r *Reader) noteRecord(row *Row, rec *record) {
	switch rec.flaw {
	case LongRow:
		row.add(-1, LongRow, fmt.Sprintf("this line is longer than %d kB: shorten it; only its beginning is shown here", MaxRow>>10))
		return
	case UnclosedQuote:
		row.add(-1, UnclosedQuote, `a quotation mark (") is opened in this line and never closed: close or remove it`)
		return
	case StrayQuote:
		row.add(-1, StrayQuote, `there is a quotation mark (") inside a cell; it was kept as text`)
	}
	if rec.bytes&isNUL != 0 {
		row.add(nulCell(row.Cells), NULByte, "there is a NUL byte in this row, so part of it may be missing: export the list again")
	}
	if r.table != nil {
		noteCells(row, r.plan.Roles, rec.cut)
	}
}

// nulCell is the index of the first cell with a NUL byte, -1 when nobody reads it.
func nulCell(cells []string) int {
	for i, cell := range cells {
		if strings.IndexByte(cell, 0) >= 0 {
			return i
		}
	}
	return -1
}

func noteCells(row *Row, roles []Role, cut bool) {
	columns := len(roles)
	if len(row.Cells) < columns {
		if slices.ContainsFunc(roles[len(row.Cells):], Role.read) {
			row.add(-1, FewCells, fmt.Sprintf("the row has %d of %d cells; the others count as empty", len(row.Cells), columns))
		}
		return
	}
	for i, extra := range row.Cells[columns:] {
		if strings.TrimSpace(extra) != "" {
			row.add(columns+i, ExtraCells, fmt.Sprintf(`the row has %s than the %d columns: put cells that have the delimiter in them into quotation marks (")`, moreCells(len(row.Cells), cut), columns))
			return
		}
	}
}

func moreCells(n int, cut bool) string {
	if cut {
		return fmt.Sprintf("over %d cells, more", n)
	}
	return fmt.Sprintf("%d cells, more", n)
}

func (r *Reader) noteEncoding(row *Row, column int) {
	message := fmt.Sprintf("this cell has bytes that are no %s", r.plan.Encoding)
	if r.plan.Encoding == UTF8 {
		message += ", unlike the beginning of the file; the text shown is how windows-1252 reads them: check it, or choose another encoding for the whole file"
	} else {
		message += ": choose another encoding for the whole file, or correct it"
	}
	row.add(column, BadEncoding, message)
}

// judge fills in who a row is.
func judge(row *Row, p person, plan Plan) {
	name := judgeEmail(row, p.Email, plan.column(Email))
	row.First = tidy(row, p.First, plan.column(First))
	row.Last = tidy(row, p.Last, plan.column(Last))
	if row.First != "" || row.Last != "" {
		return
	}
	column := plan.column(Name)
	if p.Name == "" || p.Name == row.Email {
		p.Name, column = name, plan.column(Email)
	}
	first, last := splitName(tidy(row, p.Name, column))
	row.First, row.Last = tidy(row, first, column), tidy(row, last, column) // Lee, =A1
}

// judgeEmail fills in the address. A cell may name the person too, as mail
// programs write it: then it returns that name.
func judgeEmail(row *Row, cell string, column int) (name string) {
	email, key, err := enrolld.ParseEmail(cell)
	if err == nil {
		row.Email, row.Key = email, key
		return ""
	}
	if strings.TrimSpace(cell) == "" {
		row.add(column, NoEmail, "there is no email address here")
		return ""
	}
	if found := parseEntries(cell); len(found) > 1 {
		err = enrolld.Errorf(enrolld.Invalid, "there is more than one email address in this cell: give each a row of its own")
	} else if len(found) == 1 && (strings.Contains(cell, "<") || found[0].own == "") { // with free words beside it, it may be half an address
		if email, key, err := enrolld.ParseEmail(found[0].address); err == nil {
			row.Email, row.Key = email, key
			return found[0].fullName()
		}
	}
	row.add(column, BadEmail, enrolld.MessageOf(err))
	return ""
}

// tidy cleans a name and says what was mended.
func tidy(row *Row, cell string, column int) string {
	name, mended := cleanName(cell)
	for _, code := range mended {
		row.add(column, code, mendedWords[code])
	}
	if name == row.Email {
		return ""
	}
	return name
}

var mendedWords = map[Code]string{
	ControlName: "characters that do not show were taken out of the name",
	FormulaName: "the name began like a formula of a spreadsheet; that beginning was taken off",
	LongName:    fmt.Sprintf("the name is longer than %d characters; it was cut", MaxName),
}
