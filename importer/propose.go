package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"enrolld"
)

// How much of a file is looked at to propose a plan.
const (
	headBytes  = 64 << 10
	sampleRows = 100
)

// Choice is what people say about a file when a proposal is wrong, or before there
// is one. What is empty is found out.
type Choice struct {
	Pasted    bool // into a field: lines without a header are a list, whatever is between their words
	Format    Format
	Encoding  Encoding
	Delimiter string
	Header    *bool  // whether the first row names the columns
	Roles     []Role // of the columns
}

// Propose finds out how to read a file, from its first 64 kB. An error, of code
// enrolld.Invalid, says what the file is instead and what to do. A proposal may
// still be one that Check refuses: then a person has to decide what columns are.
func Propose(src io.Reader, choice Choice) (Plan, error) {
	head := make([]byte, headBytes)
	n, err := io.ReadFull(src, head)
	complete := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !complete {
		return Plan{}, fmt.Errorf("read the beginning of the file: %w", err)
	}
	p := proposal{choice: choice, head: head[:n], complete: complete}
	return p.plan()
}

// proposal is a plan in the making.
type proposal struct {
	choice   Choice
	head     []byte
	complete bool
	encoding Encoding
	start    At
}

func (p *proposal) plan() (Plan, error) {
	if len(bytes.TrimSpace(p.head)) == 0 {
		return Plan{}, enrolld.Errorf(enrolld.Invalid, "there is nothing in this file: choose another")
	}
	if err := checkKind(p.head); err != nil {
		return Plan{}, err
	}
	if err := p.sniff(); err != nil {
		return Plan{}, err
	}
	delimiter, err := p.delimiter()
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Format: List, Encoding: p.encoding, Start: p.start}
	if p.choice.Format == List {
		return plan, p.checkList()
	}
	table, err := p.table(delimiter)
	if err == nil && p.choice.Format != CSV && p.listLike(table) {
		return plan, nil
	}
	return table, err
}

// sniff finds the encoding and where the text begins.
func (p *proposal) sniff() error {
	encoding, mark, err := sniffEncoding(p.head, p.complete)
	if chosen := p.choice.Encoding; chosen != "" {
		if !chosen.known() {
			return enrolld.Errorf(enrolld.Invalid, "the encoding %q is not known: choose one of the list", chosen)
		}
		if chosen != encoding {
			mark = 0
		}
		encoding, err = chosen, nil
	}
	p.encoding, p.start = encoding, At{Offset: int64(mark)}
	return err
}

// delimiter is the one that was chosen, or that the file names in its first line,
// or that divides it best. A line that names it is not data.
func (p *proposal) delimiter() (string, error) {
	narrowed := make([]byte, 64)
	n, err := io.ReadFull(p.encoding.narrow(bytes.NewReader(p.head[p.start.Offset:])), narrowed)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the first line: %w", err)
	}
	delimiter, size, err := sepLine(narrowed[:n])
	if err != nil {
		return "", err
	}
	if size > 0 {
		p.start.Offset += p.encoding.size(narrowed[:size])
		p.start.Line++
	}
	switch {
	case p.choice.Delimiter != "":
		if !slices.Contains(Delimiters(), p.choice.Delimiter) {
			return "", enrolld.Errorf(enrolld.Invalid, "cells cannot be divided by %q: choose comma, semicolon, tab or bar", p.choice.Delimiter)
		}
		return p.choice.Delimiter, nil
	case delimiter != "":
		return delimiter, nil
	}
	return sniffDelimiter(func(d string) [][]string { rows, _ := p.sample(d); return rows }), nil
}

// sample reads the first rows, and where each ends. Of a file that goes on, what
// the head may have cut through is left out.
func (p *proposal) sample(delimiter string) (rows [][]string, ends []At) {
	s, err := scanText(p.head[p.start.Offset:], p.encoding, delimiter, p.start)
	cells := cellReader{encoding: p.encoding}
	var rec record
	for err == nil && len(rows) < sampleRows && s.next(&rec) == nil {
		if !p.complete && rec.end.Offset >= int64(len(p.head)) && len(rows) > 0 {
			break
		}
		texts, _ := cells.texts(&rec)
		rows, ends = append(rows, texts), append(ends, rec.end)
	}
	return rows, ends
}

// table proposes how to read the file in columns.
func (p *proposal) table(delimiter string) (Plan, error) {
	rows, ends := p.sample(delimiter)
	plan := Plan{Format: CSV, Encoding: p.encoding, Delimiter: delimiter, Start: p.start}
	plan.HasHeader = hasHeader(rows)
	if p.choice.Header != nil {
		plan.HasHeader = *p.choice.Header
	}
	columns := longest(rows)
	if plan.HasHeader && len(rows) > 0 {
		cells := len(rows[0]) // cells without a name are columns when something is below them
		plan.Header, plan.Start, rows = trimmed(rows[0]), ends[0], rows[1:]
		columns = max(len(plan.Header), min(cells, longest(rows)))
		if len(rows) == 0 && p.complete {
			return plan, enrolld.Errorf(enrolld.Invalid, "this file has a header and no row behind it: nobody would be imported")
		}
	}
	if columns == 0 || columns >= MaxColumns {
		return plan, enrolld.Errorf(enrolld.Invalid, "this file has too many columns, or none: at most %d are read", MaxColumns-1)
	}
	plan.Header = append(plan.Header, make([]string, columns-len(plan.Header))...)
	plan.Roles = p.roles(plan, rows)
	if !slices.Contains(plan.Roles, Email) && !slices.Contains(plan.Roles, Undecided) && !p.anyAddress() {
		return plan, enrolld.Errorf(enrolld.Invalid, "there is no email address in the first rows of this file: a list needs a column with addresses")
	}
	return plan, nil
}

// roles are what the columns are: as chosen, or as their names or their cells say.
func (p *proposal) roles(plan Plan, rows [][]string) []Role {
	switch {
	case len(p.choice.Roles) == len(plan.Header):
		return plan.WithRoles(p.choice.Roles).Roles
	case plan.HasHeader:
		return proposeRoles(plan.Header, rows)
	}
	return contentRoles(len(plan.Header), rows)
}

// trimmed takes off the empty cells that spreadsheets leave at the end of rows.
func trimmed(cells []string) []string {
	out := make([]string, len(cells))
	end := 0
	for i, cell := range cells {
		if out[i] = oneLine(cell); out[i] != "" {
			end = i + 1
		}
	}
	return out[:end]
}

// longest is how many cells the longest row has, without empty ones at its end.
func longest(rows [][]string) (n int) {
	for _, row := range rows {
		n = max(n, len(trimmed(row)))
	}
	return n
}

// listLike says whether a file without header is people in lines rather than in
// columns: pasted, or with no column of addresses, or with several.
func (p *proposal) listLike(table Plan) bool {
	if table.HasHeader && p.choice.Pasted {
		return !slices.ContainsFunc(table.Header, func(name string) bool { return readHeader(name).role == Email })
	}
	if table.HasHeader || len(p.choice.Roles) > 0 || p.choice.Delimiter != "" {
		return false
	}
	if p.choice.Pasted {
		return true
	}
	rows, _ := p.sample(table.Delimiter)
	columns := 0
	for i := range table.Roles {
		if count(i, rows, isAddress)*2 >= len(rows) {
			columns++
		}
	}
	return columns != 1
}

// anyAddress says whether the sample has an @ anywhere.
func (p *proposal) anyAddress() bool {
	rows, _ := p.sample("")
	return slices.ContainsFunc(rows, func(row []string) bool { return strings.Contains(row[0], "@") })
}

func (p *proposal) checkList() error {
	if p.anyAddress() {
		return nil
	}
	return enrolld.Errorf(enrolld.Invalid, "there is no email address in this: write one on each line, for example Ann Lee <ann@example.org>")
}
