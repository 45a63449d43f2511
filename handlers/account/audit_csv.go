package account

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

var csvHead = []string{"When (UTC)", "Who", "Action", "What", "Whom", "Where from", "Details", "Request", "Entry"}

// auditCSV exports exactly what the filter leaves on the page, as it is read.
func (s *Screens) auditCSV(r *gate.Request) error {
	form := page.FormOf(r.URL.Query())
	f := parseFilter(form)
	if form.Failed() {
		return enrolld.Errorf(enrolld.Invalid, "the filter cannot be read: go back to the audit log and set it anew")
	}
	out := &export{w: r.Writer, csv: csv.NewWriter(r.Writer), name: "audit-log-" + r.Now().UTC().Format(time.DateOnly) + ".csv"}
	err := s.team.AuditExport(r.Context(), r.Account.ID, f, out.row)
	if err == nil {
		err = out.end()
	}
	if err != nil && out.begun {
		s.frame.Log.WarnContext(r.Context(), "an export broke off", "request", s.frame.RequestID(r.Context()), "error", err)
		panic(http.ErrAbortHandler) // nobody must take what has left for the whole
	}
	return err
}

// export writes a file whose first bytes leave with the first row, so that what
// fails before has an error page.
type export struct {
	w     http.ResponseWriter
	csv   *csv.Writer
	name  string
	begun bool
}

func (e *export) begin() error {
	if e.begun {
		return nil
	}
	e.begun = true
	h := e.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", e.name))
	h.Set("X-Content-Type-Options", "nosniff")
	return e.csv.Write(csvHead)
}

func (e *export) row(entry team.AuditRow) error {
	if err := e.begin(); err != nil {
		return err
	}
	row := inWords(entry)
	cells := []string{
		entry.At.UTC().Format("2006-01-02 15:04:05"), row.Who, entry.Action, row.What, row.Whom, row.Addr, details(row.Changes), row.Request,
		id(entry.ID),
	}
	for i := range cells {
		cells[i] = safeCell(cells[i])
	}
	return e.csv.Write(cells)
}

func (e *export) end() error {
	if err := e.begin(); err != nil {
		return err
	}
	e.csv.Flush()
	return e.csv.Error()
}

func details(list []change) string {
	parts := make([]string, len(list))
	for i, c := range list {
		parts[i] = c.Name + ": " + c.After
		if c.Changed {
			parts[i] = fmt.Sprintf("%s: %s → %s", c.Name, orDash(c.Before), orDash(c.After))
		}
	}
	return strings.Join(parts, "; ")
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// safeCell keeps a spreadsheet from running what somebody chose as their name.
func safeCell(s string) string {
	first, _ := utf8.DecodeRuneInString(s)
	if s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + s
	}
	return s
}
