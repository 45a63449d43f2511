package account

import (
	"fmt"
	"net/http"
	"strings"
	"time"

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
	out := page.NewCSV(r.Writer, "audit-log-"+r.Now().UTC().Format(time.DateOnly)+".csv", csvHead...)
	err := s.team.AuditExport(r.Context(), r.Account.ID, f, func(entry team.AuditRow) error { return out.Row(auditCells(entry)...) })
	if err == nil {
		err = out.End()
	}
	if err != nil && out.Begun() {
		s.frame.Log.WarnContext(r.Context(), "an export broke off", "request", s.frame.RequestID(r.Context()), "error", err)
		panic(http.ErrAbortHandler) // nobody must take what has left for the whole
	}
	return err
}

func auditCells(entry team.AuditRow) []string {
	row := inWords(entry)
	return []string{
		entry.At.UTC().Format("2006-01-02 15:04:05"), row.Who, entry.Action, row.What, row.Whom, row.Addr, details(row.Changes), row.Request,
		id(entry.ID),
	}
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
