package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// test names a test or a part of one.
type test struct{ pkg, name string }

func (t test) part(name string) test { return test{t.pkg, t.name + "/" + name} }

// results are what became of all tests.
type results struct {
	outcome map[test]string // pass, fail or skip
	reason  map[test]string // why a skipped one has nothing to show
	title   map[test]string // suites, by the platform that they try
}

// column is a column of the table: the tests below a suite that must have passed.
type column struct {
	head  string
	tests []string
}

// columns are the duties of an adapter and the facts that it tells, in the order
// of a sale's life.
var columns = []column{
	{"verify", []string{"verify", "forged"}},
	{"trial", []string{"facts/trial"}},
	{"purchase", []string{"facts/purchase"}},
	{"rebill", []string{"facts/rebill"}},
	{"failed", []string{"facts/failed"}},
	{"recov.", []string{"facts/recovered"}},
	{"part r.", []string{"facts/partial_refund"}},
	{"refund", []string{"facts/refund"}},
	{"d.open", []string{"facts/dispute_opened"}},
	{"d.won", []string{"facts/dispute_won"}},
	{"d.lost", []string{"facts/dispute_lost"}},
	{"cancel", []string{"facts/cancelled"}},
	{"expired", []string{"facts/expired"}},
	{"duplic.", []string{"identify"}},
	{"permut.", []string{"life"}},
	{"rotat.", []string{"rotation"}},
	{"test m.", []string{"test_mode"}},
	{"confirm", []string{"confirmation"}},
	{"catal.", []string{"catalogue"}},
	{"refund API", []string{"refund"}},
}

// The cells of the table; a number stands for a reason.
const (
	proven  = "yes"
	failed  = "FAILED"
	missing = "MISSING"
)

// row is a platform with its suites.
type row struct {
	title  string
	suites []test
}

func (r *results) rows() []row {
	byTitle := map[string][]test{}
	for suite, title := range r.title {
		byTitle[title] = append(byTitle[title], suite)
	}
	var rows []row
	for title, suites := range byTitle {
		slices.SortFunc(suites, func(a, b test) int { return cmp.Compare(a.pkg+a.name, b.pkg+b.name) })
		rows = append(rows, row{title, suites})
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(strings.ToLower(a.title), strings.ToLower(b.title)) })
	return rows
}

// cell judges one column of a platform: all its tests in all its suites.
func (r *results) cell(platform row, c column) (cell string, reasons []string) {
	passed, gone := 0, 0
	for _, suite := range platform.suites {
		for _, name := range c.tests {
			switch r.under(suite.part(name)) {
			case "pass":
				passed++
			case "fail":
				return failed, nil
			case "skip":
				if why := r.reason[suite.part(name)]; why == "" {
					gone++
				} else if !slices.Contains(reasons, why) {
					reasons = append(reasons, why)
				}
			default:
				gone++
			}
		}
	}
	switch {
	case gone > 0:
		return missing, nil
	case passed > 0:
		return proven, nil
	}
	return "", reasons
}

// under is the outcome of a test, or of all tests below it where it is only a
// name that others begin with, as for lives.
func (r *results) under(t test) string {
	if o, ok := r.outcome[t]; ok {
		return o
	}
	out := ""
	for other, o := range r.outcome {
		if other.pkg == t.pkg && strings.HasPrefix(other.name, t.name+"/") && (out == "" || o == "fail") {
			out = o
		}
	}
	return out
}

// write prints the table and, below it, the reasons. Every platform of a list must
// have a row.
func (r *results) write(w io.Writer, want []string) error {
	rows := r.rows()
	if len(rows) == 0 {
		return errors.New("no conformance suite ran")
	}
	var bad []string
	for _, title := range want {
		if !slices.ContainsFunc(rows, func(x row) bool { return x.title == title }) {
			bad = append(bad, title+": no conformance suite")
		}
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	heads := make([]string, 0, len(columns)+1)
	heads = append(heads, "platform")
	for _, c := range columns {
		heads = append(heads, c.head)
	}
	_, _ = fmt.Fprintln(table, strings.Join(heads, "\t"))
	notes := map[string]int{}
	for _, platform := range rows {
		cells := []string{platform.title}
		for _, c := range columns {
			cell, reasons := r.cell(platform, c)
			if cell == failed || cell == missing {
				bad = append(bad, platform.title+": "+c.head)
			}
			for _, why := range reasons {
				if notes[why] == 0 {
					notes[why] = len(notes) + 1
				}
				cell += fmt.Sprintf("(%d)", notes[why])
			}
			cells = append(cells, cell)
		}
		_, _ = fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w)
	for _, why := range slices.SortedFunc(maps.Keys(notes), func(a, b string) int { return cmp.Compare(notes[a], notes[b]) }) {
		_, _ = fmt.Fprintf(w, "(%d) %s\n", notes[why], why)
	}
	if len(bad) > 0 {
		return fmt.Errorf("neither proven nor explained: %s", strings.Join(bad, ", "))
	}
	return nil
}

// failures names the tests that failed.
func (r *results) failures(w io.Writer) {
	for _, t := range slices.SortedFunc(maps.Keys(r.outcome), func(a, b test) int { return cmp.Compare(a.pkg+a.name, b.pkg+b.name) }) {
		if r.outcome[t] == "fail" {
			_, _ = fmt.Fprintln(w, "FAIL", t.pkg, t.name)
		}
	}
}
