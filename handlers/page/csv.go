package page

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// CSV is a file that is sent row by row. Its first bytes leave with the first row,
// or with End, so that what fails before has an error page. What fails later must
// break the connection off: nobody must take what has left for the whole.
type CSV struct {
	w     http.ResponseWriter
	csv   *csv.Writer
	name  string
	head  []string
	begun bool
	rows  int
}

// A file may take longer than a page: each so many rows have the time that a page
// has, so that only who does not read is cut off.
const (
	csvPart     = 1000
	csvPatience = 30 * time.Second
)

// NewCSV makes a file of a name with a first row.
func NewCSV(w http.ResponseWriter, name string, head ...string) *CSV {
	return &CSV{w: w, csv: csv.NewWriter(w), name: name, head: head}
}

// Begun says whether something has left.
func (c *CSV) Begun() bool { return c.begun }

func (c *CSV) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	h := c.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", c.name))
	h.Set("X-Content-Type-Options", "nosniff")
	return c.csv.Write(c.head)
}

// Row writes a row. Cells that a spreadsheet would run are written as text.
func (c *CSV) Row(cells ...string) error {
	if err := c.begin(); err != nil {
		return err
	}
	for i := range cells {
		cells[i] = safeCell(cells[i])
	}
	if c.rows++; c.rows%csvPart == 0 {
		// A writer that knows no deadline has none.
		_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(csvPatience))
	}
	return c.csv.Write(cells)
}

// End completes the file.
func (c *CSV) End() error {
	if err := c.begin(); err != nil {
		return err
	}
	c.csv.Flush()
	return c.csv.Error()
}

const (
	signs  = "=+@＝＋－＠-" // that spreadsheets run, full-width ones too; fit for a class of a regular expression
	breaks = ";\t\r\n"
)

// behindBreak is where a spreadsheet would find another cell: in half of Europe, it
// divides a file at semicolons, and knows our quotes for none then.
var behindBreak = regexp.MustCompile("([" + breaks + "][\\s\"']*)([" + signs + "])")

// safeCell keeps a spreadsheet from running what somebody chose as their name: an
// apostrophe in front makes it text.
func safeCell(s string) string {
	if strings.ContainsAny(s, breaks) {
		s = behindBreak.ReplaceAllString(s, "$1'$2")
	}
	if first, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune(signs+"\t\r\n", first) {
		return "'" + s
	}
	return s
}
