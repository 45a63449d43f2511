package account

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

// perPage is how many entries a page of the audit log has.
const perPage = 50

type auditPage struct {
	page.Base
	Now       time.Time
	Name      string // of the account
	URL       string
	ExportURL string
	Form      *page.Form
	Groups    []page.Option
	Chips     []page.Chip
	Rows      []auditRow
	Pager     page.Pager
}

// auditRow is an entry in words.
type auditRow struct {
	At      time.Time
	Who     string
	Program bool // nobody who signed in did it
	What    string
	Whom    string
	Addr    string
	Changes []change
	Request string
}

var auditView = page.New[auditPage](files, "audit")

func (s *Screens) audit(r *gate.Request) error {
	form := page.FormOf(r.URL.Query())
	f := parseFilter(form)
	f.Before, _ = strconv.ParseInt(form.Get("before"), 10, 64)
	f.Limit = perPage + 1
	var list []team.AuditRow
	if !form.Failed() {
		var err error
		if list, err = s.team.AuditLog(r.Context(), r.Account.ID, f); err != nil {
			return err
		}
	}
	p := &auditPage{
		Base: r.Base("Audit log"), Now: r.Now(), Name: r.Account.Name, URL: r.Path(auditPath), Form: form, Groups: groupOptions(),
		ExportURL: address(r.Path(auditPath+".csv"), form, ""),
	}
	p.Chips = chips(p.URL, form)
	list, p.Pager = auditPages(p.URL, form, f, list)
	for _, row := range list {
		p.Rows = append(p.Rows, inWords(row))
	}
	if form.Failed() {
		return gate.ShowAgain(r, auditView, p)
	}
	return gate.Show(r, auditView, p)
}

// filterFields are those of the form, in the order of their sentence.
var filterFields = []string{"who", "what", "from", "to"}

// parseFilter reads the filter and says in the form what cannot be read. Days are
// whole ones, in UTC.
func parseFilter(form *page.Form) team.AuditFilter {
	f := team.AuditFilter{Who: strings.TrimSpace(form.Get("who"))}
	if what := form.Get("what"); slices.ContainsFunc(groups, func(g group) bool { return g.prefix == what }) {
		f.Action = what
	}
	f.From = form.Day("from")
	if f.To = form.Day("to"); !f.To.IsZero() {
		f.To = f.To.AddDate(0, 0, 1) // the day itself is in
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		form.Fail("to", "The last day is before the first one.")
	}
	return f
}

// address is a page with the filter of a form, without one of its fields.
func address(to string, form *page.Form, without string, more ...string) string {
	q := url.Values{}
	for _, field := range filterFields {
		if v := strings.TrimSpace(form.Get(field)); v != "" && field != without {
			q.Set(field, v)
		}
	}
	if len(more) == 2 {
		q.Set(more[0], more[1])
	}
	if len(q) == 0 {
		return to
	}
	return to + "?" + q.Encode()
}

// chips says the filter as a sentence that reads on.
func chips(list string, form *page.Form) []page.Chip {
	var out []page.Chip
	for _, field := range filterFields {
		v := strings.TrimSpace(form.Get(field))
		if v == "" || form.Error(field) != "" {
			continue
		}
		words := map[string]string{"who": "by or about ‘" + v + "’", "what": groupTitle(v), "from": "from " + v, "to": "until " + v}[field]
		out = append(out, page.Chip{Words: words, URL: address(list, form, field)})
	}
	return out
}

// auditPages cuts the one entry that is too many off, and says where the log goes on.
func auditPages(list string, form *page.Form, f team.AuditFilter, rows []team.AuditRow) ([]team.AuditRow, page.Pager) {
	var pager page.Pager
	if len(rows) > perPage {
		rows = rows[:perPage]
		pager.Older = address(list, form, "", "before", id(rows[perPage-1].ID))
	}
	if f.Before != 0 {
		pager.Newer, pager.First = address(list, form, ""), true
	}
	return rows, pager
}

// inWords is an entry as people read it.
func inWords(e team.AuditRow) auditRow {
	out := auditRow{
		At: e.At, Who: e.Actor, Program: e.LoginID == 0, What: sentenceOf(e.Action), Whom: e.Subject, Addr: e.Addr,
		Changes: changes(e), Request: e.RequestID,
	}
	if out.Program {
		out.Who = programName(e.Actor)
	}
	if out.Whom == "" && e.CustomerID != 0 {
		out.Whom = fmt.Sprintf("customer %d", e.CustomerID)
	}
	return out
}
