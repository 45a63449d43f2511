package bulk

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"enrolld/handlers/course"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/bulk"
)

const perPage = 50

type resultPage struct {
	page.Base
	Now       time.Time
	Back      string
	Whom      string
	What      string
	State     page.Fact
	Note      string
	Facts     []page.Fact
	Tabs      []page.Tab
	Rows      []row
	Pager     page.Pager
	ExportURL string
	UndoURL   string
	Forgotten bool // the set is not kept any more
}

var resultView = page.New[resultPage](files, "result")

func (s *Screens) result(r *gate.Request, b bulk.Bulk) error {
	courses := s.courses.List(r)
	q := r.URL.Query()
	in, after := bulk.Bucket(q.Get("in")), int64(0)
	if n, err := strconv.ParseInt(q.Get("after"), 10, 64); err == nil {
		after = n
	}
	p := &resultPage{
		Base: r.Base(what(b, courses)), Now: r.Now(), Back: r.Path(below), Whom: whom(b), What: what(b, courses), State: stateKinds[b.State],
		Note: b.Note, Facts: facts(b), ExportURL: pathOf(r, b) + "/result.csv",
	}
	if b.CanUndo(r.Now()) {
		p.UndoURL = pathOf(r, b) + "/undo"
	}
	known := false
	for _, x := range buckets(b) {
		known = known || x.in == in
	}
	if !known {
		in = bulk.Changed
	}
	for _, x := range buckets(b) {
		p.Tabs = append(p.Tabs, page.Tab{Title: x.title, URL: pathOf(r, b) + "?in=" + string(x.in), Count: page.Number(x.count), Current: x.in == in})
	}
	list, err := s.bulks.Targets(r.Context(), r.Account.ID, b.ID, in, after, perPage+1)
	if err != nil {
		return err
	}
	if len(list) > perPage {
		list = list[:perPage]
		p.Pager.Older = pathOf(r, b) + "?in=" + string(in) + "&after=" + strconv.FormatInt(list[perPage-1].CustomerID, 10)
	}
	if after != 0 {
		p.Pager.Newer, p.Pager.First = pathOf(r, b)+"?in="+string(in), true
	}
	p.Rows = rowsOf(r, b, list)
	p.Forgotten = len(list) == 0 && after == 0 && b.Done.Change > 0 && in == bulk.Changed
	return gate.Show(r, resultView, p)
}

func facts(b bulk.Bulk) []page.Fact {
	out := []page.Fact{{Term: "Started by", Text: b.By.Name}}
	if b.StartedAt != nil {
		out = append(out, page.Fact{Term: "Started", Text: b.StartedAt.Format("2 January 2006, 15:04 UTC")})
	}
	if b.UndoneBy.Name != "" {
		out = append(out, page.Fact{Term: "Undone by", Text: b.UndoneBy.Name})
	}
	if b.EndedAt != nil {
		out = append(out, page.Fact{Term: "Ended", Text: b.EndedAt.Format("2 January 2006, 15:04 UTC")})
	}
	return out
}

// export sends what became of each customer.
func (s *Screens) export(r *gate.Request) error {
	b, err := s.found(r)
	if err != nil {
		return err
	}
	out := page.NewCSV(r.Writer, "bulk-"+strconv.FormatInt(b.ID, 10)+".csv", "Email", "First name", "Last name", "Result", "Why")
	err = s.exportRows(r, b, out)
	if err == nil {
		err = out.End()
	}
	if err != nil && out.Begun() {
		s.frame.Log.WarnContext(r.Context(), "an export broke off", "request", s.frame.RequestID(r.Context()), "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

func (s *Screens) exportRows(r *gate.Request, b bulk.Bulk, out *page.CSV) error {
	const atOnce = 500
	for after := int64(0); ; {
		list, err := s.bulks.Targets(r.Context(), r.Account.ID, b.ID, bulk.All, after, atOnce)
		if err != nil {
			return err
		}
		for _, t := range list {
			err = errors.Join(err, out.Row(t.Customer.Email, t.Customer.First, t.Customer.Last, outcome(b, t).Text, t.Why))
			after = t.CustomerID
		}
		if err != nil || len(list) < atOnce {
			return err
		}
	}
}

type listPage struct {
	page.Base
	Now   time.Time
	Back  string
	Rows  []entry
	Pager page.Pager
	First bool
}

// entry is a bulk action in the list.
type entry struct {
	What, Whom, By, URL string
	At                  *time.Time
	State               page.Fact
	Changed             string
}

var listView = page.New[listPage](files, "list")

func (s *Screens) list(r *gate.Request) error {
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64) // what is no number is the beginning
	list, err := s.bulks.List(r.Context(), r.Account.ID, before, perPage+1)
	if err != nil {
		return err
	}
	p := &listPage{Base: r.Base("Bulk actions"), Now: r.Now(), Back: r.Path(customersPath), First: before == 0}
	if len(list) > perPage {
		list = list[:perPage]
		p.Pager.Older = r.Path(below) + "?before=" + strconv.FormatInt(list[perPage-1].ID, 10)
	}
	if before != 0 {
		p.Pager.Newer, p.Pager.First = r.Path(below), true
	}
	var courses course.List
	if len(list) > 0 {
		courses = s.courses.List(r)
	}
	for _, b := range list {
		p.Rows = append(p.Rows, entry{
			What: what(b, courses), Whom: whom(b), By: b.By.Name, URL: pathOf(r, b), At: b.StartedAt, State: stateKinds[b.State], Changed: page.Number(b.Done.Change),
		})
	}
	return gate.Show(r, listView, p)
}
