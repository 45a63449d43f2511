package customers

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

type listPage struct {
	page.Base
	choices
	Imports   []page.Option
	Now       time.Time
	URL       string // of the list without filters
	ExportURL string
	NewURL    string // "" for who may not
	ImportURL string // "" for who may not
	SelectURL string
	BulksURL  string // "" for who may not
	MayChange bool   // many at once
	Everybody string // in the filter, in words
	Filter    map[string]any
	Form      *page.Form
	Keep      map[string]any
	Chips     []page.Chip
	Sizes     []page.Option
	Access    []page.Option
	Heads     []head
	Rows      []row
	Pager     page.Pager
	None      bool // nobody is there at all
	Partly    bool // the page has fewer than it could
	Unsorted  bool
}

// head is a column's head that the list can be sorted by.
type head struct {
	Title, URL string // "" URL: not a link
	Sorted     string // aria-sort; "" for none
}

type row struct {
	ID               int64
	Name, Email, URL string
	Badge            page.Fact // no text: none
	Joined           time.Time
	LastOrder        *time.Time
	Courses          int
	Sources          string
}

var listView = page.New[listPage](files, "list")

var (
	accessChoices = []page.Option{
		{Value: "none", Label: "Without access to any course"}, {Value: "blocked", Label: "Blocked"}, {Value: "removed", Label: "Removed from the academy"},
	}
	sizeChoices = []page.Option{{Value: "20", Label: "20"}, {Value: "50", Label: "50"}, {Value: "100", Label: "100"}, {Value: "200", Label: "200"}}
)

func (s *Screens) list(r *gate.Request) error {
	form := page.FormOf(r.URL.Query())
	f := parseFilter(form)
	at, err := s.site(r)
	if err != nil {
		return err
	}
	p := &listPage{
		Base: r.Base("Customers"), Now: r.Now(), URL: r.Path(below), ExportURL: address(r.Path(below+".csv"), form), Form: form,
		Keep: keep(form), Sizes: sizeChoices, Access: accessChoices, SelectURL: r.Path(below + "/select"), MayChange: !narrow(r),
		Filter: filterFields(form),
	}
	if form.Get("n") == "" {
		form.Set("n", strconv.Itoa(perPage))
	}
	if !narrow(r) {
		p.NewURL, p.BulksURL, p.ImportURL = r.Path(below+"/new"), r.Path(below+"/bulk"), importPath(r)
	}
	if p.choices, err = s.choices(r, at); err != nil {
		return err
	}
	if p.Imports, err = s.imports(r, form.Get("import")); err != nil {
		return err
	}
	p.Chips = chips(p.URL, form, p.choices)
	p.Heads = heads(p.URL, form, f.Order)
	if form.Failed() {
		return gate.ShowAgain(r, listView, p)
	}
	if err := s.fillList(r, p, f); err != nil {
		return err
	}
	return gate.Show(r, listView, p)
}

func (s *Screens) fillList(r *gate.Request, p *listPage, f store.CustomerFilter) error {
	f.Count = true
	list, err := s.frame.DB.CustomerPage(r.Context(), r.Account.ID, r.Scope(), f)
	if err != nil {
		return err
	}
	names, err := s.sources(r)
	if err != nil {
		return err
	}
	p.Rows = rowsOf(r, list.Rows, names)
	p.Unsorted = list.Unsorted
	p.Partly = list.Next != 0 && len(list.Rows) < f.Limit
	p.None = len(list.Rows) == 0 && len(p.Chips) == 0 && f.After == 0
	p.Pager = pager(p.URL, p.Form, f, list)
	if f.After == 0 {
		p.Pager.Words = counted(list.Total, list.Exact)
	}
	p.Everybody = everybody(list, f.After == 0, len(p.Chips) > 0)
	return nil
}

// everybody is who is in the filter, with their number where it is known.
func everybody(list store.CustomerPage, first, filtered bool) string {
	switch {
	case first && list.Exact && list.Total == 1:
		return "the one who matches"
	case first && list.Exact:
		return "all " + page.Number(list.Total)
	case filtered:
		return "all who match"
	}
	return "all customers"
}

// importPath is where a list of customers is brought.
func importPath(r *gate.Request) string { return r.Path("/imports/new") }

func counted(n int, exact bool) string {
	if !exact {
		return "More than " + page.Number(n) + " customers"
	}
	return page.Plural(n, "customer", "customers")
}

func rowsOf(r *gate.Request, list []store.CustomerRow, names sources) []row {
	out := make([]row, len(list))
	for i, c := range list {
		out[i] = row{
			ID: c.ID, Name: c.Label(), Email: c.Email, URL: pathOf(r, c.ID), Joined: c.CreatedAt, LastOrder: c.LastOrder,
			Courses: c.Courses, Sources: names.words(c.Sources), Badge: badgeOf(c.Customer),
		}
		if c.ErasedAt != nil {
			out[i].Email = ""
		}
	}
	return out
}

func heads(list string, form *page.Form, order store.CustomerOrder) []head {
	out := []head{
		{Title: "Name", URL: address(list, form, "sort", "name")}, {Title: "Email", URL: address(list, form, "sort", "email")},
		{Title: "Joined", URL: address(list, form, "sort", "")},
	}
	switch order {
	case store.CustomersByName:
		out[0].Sorted = "ascending"
	case store.CustomersByEmail:
		out[1].Sorted = "ascending"
	default:
		out[2].Sorted = "descending"
	}
	return out
}

func pager(list string, form *page.Form, f store.CustomerFilter, p store.CustomerPage) page.Pager {
	var out page.Pager
	if p.Next != 0 {
		out.Older = address(list, form, "after", strconv.FormatInt(p.Next, 10))
	}
	if f.After != 0 {
		out.Newer, out.First = address(list, form), true
	}
	return out
}

// export sends exactly who is in the filtered list, the newest first.
func (s *Screens) export(r *gate.Request) error {
	form := page.FormOf(r.URL.Query())
	f := parseFilter(form)
	if form.Failed() {
		return enrolld.Errorf(enrolld.Invalid, "the filter cannot be read: go back to the customers and set it anew")
	}
	return s.sendExport(r, f)
}

// sendExport sends who is in a list as a file.
func (s *Screens) sendExport(r *gate.Request, f store.CustomerFilter) error {
	names, err := s.sources(r)
	if err != nil {
		return err
	}
	out := page.NewCSV(r.Writer, "customers-"+r.Now().UTC().Format(time.DateOnly)+".csv",
		"Email", "First name", "Last name", "Joined (UTC)", "Last order (UTC)", "Courses", "Sources")
	err = s.frame.DB.ExportCustomers(r.Context(), r.Account.ID, r.Scope(), f, func(c store.CustomerRow) error {
		return out.Row(c.Email, c.First, c.Last, csvTime(&c.CreatedAt), csvTime(c.LastOrder), strconv.Itoa(c.Courses), names.words(c.Sources))
	})
	if err = errors.Join(err, endUnless(err, out)); err != nil && out.Begun() {
		s.frame.Log.WarnContext(r.Context(), "an export broke off", "request", s.frame.RequestID(r.Context()), "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

func endUnless(err error, out *page.CSV) error {
	if err != nil {
		return nil
	}
	return out.End()
}

func csvTime(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.DateTime)
}
