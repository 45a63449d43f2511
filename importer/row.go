package importer

import (
	"slices"

	"enrolld"
)

// Row is one person of a list, judged. Its texts are people's data: they belong
// neither into a log nor into an error.
type Row struct {
	Line   int64 // of the file, from 1, where the row begins
	Number int64 // of the row, from 1; headers and blank lines do not count
	Email  string
	Key    enrolld.EmailKey // empty without a valid address
	First  string
	Last   string

	Verdict  Verdict
	Problems []Problem // why it is Invalid or Same, or what was mended
	// Cells are as the file has them, one for each column and what is too many;
	// those of refused columns are empty. A row of a list is one cell:
	// "Ann Lee" <ann@example.org>, or the line when it has no address.
	Cells []string
	End   At // where reading goes on behind this row
}

// Verdict is what becomes of a row. Whether a Ready row is of somebody new, the
// store knows.
type Verdict string

// The verdicts.
const (
	Ready   Verdict = "ready"   // can be taken
	Same    Verdict = "same"    // its address came before in this file; nothing is left to do
	Invalid Verdict = "invalid" // cannot be taken; a problem says why
)

// Problem is something that is wrong with a row. Its message is for people, in a
// sentence without capital and full stop, and quotes little or nothing.
type Problem struct {
	Column  int    `json:"column,omitempty"` // from 1; 0 is the whole row
	Code    Code   `json:"code"`
	Message string `json:"message"`
}

// Code is a kind of problem.
type Code string

// Problems that make a row Invalid.
const (
	NoEmail       Code = "no_email"       // the address is missing
	BadEmail      Code = "email"          // the address is none
	BadEncoding   Code = "encoding"       // bytes that the file's encoding does not have
	NULByte       Code = "nul"            // the damage of a broken export
	LongRow       Code = "long_row"       // over MaxRow
	UnclosedQuote Code = "unclosed_quote" // everything behind it would be one cell
	ExtraCells    Code = "extra_cells"    // more cells than columns: which one is what is not sure
)

// Problems that were mended, or do no harm.
const (
	StrayQuote  Code = "stray_quote"  // a quote that is neither around a cell nor doubled
	FewCells    Code = "few_cells"    // fewer cells than columns; the last ones count as empty
	FormulaName Code = "formula_name" // a name that a spreadsheet would run
	ControlName Code = "control_name" // a name with characters that do not show
	LongName    Code = "long_name"    // a name over MaxName, cut
	Repeated    Code = "repeated"     // makes a row Same
)

// Fatal says whether a row with such a problem is Invalid.
func (c Code) Fatal() bool {
	switch c {
	case NoEmail, BadEmail, BadEncoding, NULByte, LongRow, UnclosedQuote, ExtraCells:
		return true
	}
	return false
}

// add notes a problem; column is an index, -1 the whole row.
func (r *Row) add(column int, code Code, message string) {
	r.Problems = append(r.Problems, Problem{column + 1, code, message})
	if code.Fatal() {
		r.Verdict = Invalid
	}
}

// damaged says whether nobody knows what the row's cells are.
func (r *Row) damaged() bool {
	return slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Code == LongRow || p.Code == UnclosedQuote })
}
