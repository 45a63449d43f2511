package importer

import (
	"strings"
	"unicode/utf8"
)

// formulaStarts are what makes spreadsheets run a cell, or take it for the end of
// the one before.
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// runs says whether a spreadsheet would run a cell.
func runs(cell string) bool {
	if cell == "" || cell[0] > '@' && cell[0] < utf8.RuneSelf { // most
		return false
	}
	r, _ := utf8.DecodeRuneInString(cell)
	return strings.ContainsRune(formulaStarts, r)
}

// protect writes a cell so that spreadsheets show it as text: Excel, LibreOffice
// and Google Sheets take an apostrophe in front as that wish.
func protect(cell string) string {
	if runs(cell) {
		return "'" + cell
	}
	return cell
}

// unprotect takes back what protect did.
func unprotect(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && runs(cell[1:]) {
		return cell[1:]
	}
	return cell
}
