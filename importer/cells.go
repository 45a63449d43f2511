package importer

import (
	"bytes"
	"unicode/utf8"
)

// cellReader makes texts of records. It takes memory for many rows at a time and
// never again, since rows may be kept.
type cellReader struct {
	encoding Encoding
	refused  []int // columns that nobody reads
	arena    []string
	joined   []byte
}

// texts returns the cells of a record, and which of them contradict the encoding.
func (c *cellReader) texts(rec *record) (cells []string, bad []int) {
	cells = c.take(len(rec.cells))
	if !c.together(rec, cells) {
		bad = c.each(rec, cells)
	}
	for i, cell := range cells {
		cells[i] = unprotect(cell)
	}
	for _, i := range c.refused {
		if i < len(cells) {
			cells[i] = ""
		}
	}
	return cells, bad
}

func (c *cellReader) take(n int) []string {
	if cap(c.arena)-len(c.arena) < n {
		c.arena = make([]string, 0, max(n, 1024))
	}
	from := len(c.arena)
	c.arena = c.arena[:from+n]
	return c.arena[from : from+n : from+n]
}

// together makes one text of a row and cells of its parts, which is quicker than a
// text for each. It is false for rows that have to be looked at cell by cell.
func (c *cellReader) together(rec *record, cells []string) bool {
	high := rec.bytes&isHigh != 0
	if high && charmaps[c.encoding] != nil {
		return false
	}
	c.joined = c.joined[:0]
	for _, cell := range rec.cells {
		c.joined = append(append(c.joined, cell...), '\n') // a character cannot reach over it
	}
	if high && (!utf8.Valid(c.joined) || bytes.ContainsRune(c.joined, utf8.RuneError)) {
		return false
	}
	all := string(c.joined)
	for i, cell := range rec.cells {
		cells[i], all = all[:len(cell)], all[len(cell)+1:]
	}
	return true
}

func (c *cellReader) each(rec *record, cells []string) (bad []int) {
	for i, cell := range rec.cells {
		text, ok := c.encoding.text(cell)
		if cells[i] = text; !ok {
			bad = append(bad, i)
		}
	}
	return bad
}
