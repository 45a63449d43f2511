// Package importer reads customer lists as the world makes them: CSV files of any
// encoding, delimiter and header language, and pasted lists with one person a
// line. It turns bytes into a stream of judged rows and writes nothing.
//
// It is pure: no SQL, no clock, no randomness that shows. A file is read twice:
//
//	head of the file ─ Propose ─▶ Plan ─ shown to people, corrected, Check, kept as JSON
//	file, Plan, At   ─ Open ────▶ Reader ─ Next ─▶ Row, Row, Row … io.EOF
//	                                │                └─ Seen.Judge: came before in this file
//	                                └─ RejectWriter: what was not taken, to be mended
//
// Whatever is wrong with one row is said in that row's Problems and reading goes
// on; only what no row could be read from (a spreadsheet's own format, no column
// with addresses, two columns that both want to be the address) is an error, of
// code enrolld.Invalid. Every line of a file that shows anything is in some row.
//
// Rows do not depend on how the bytes arrive: reading may stop after any row and
// go on, in another process, from its End, and gives the same rows. Memory is
// bounded by MaxRow and a fixed number of rows, whatever the file holds.
//
// Code map:
//
//	plan.go       Plan, At, Check: how a file is to be read
//	propose.go    Propose: a plan from the first 64 kB; delimiter.go, header.go, synonyms.go
//	kind.go       files that are no text, and what to do instead
//	encoding.go   encodings, how they are recognised, bytes to text; utf16.go
//	scanner.go    bytes to records: quotes, line ends, limits; cells.go
//	reader.go     Reader; csv.go: records to people, by gocsv; list.go: lines to people
//	row.go        Row, Verdict, Problem; judge.go fills them in; name.go
//	seen.go       who came before, in bounded memory
//	reject.go     the file of rows that were not taken; formula.go
package importer
