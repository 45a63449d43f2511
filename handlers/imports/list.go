package imports

import (
	"strconv"
	"time"

	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/importing"
)

const perPage = 50

type listPage struct {
	page.Base
	Now    time.Time
	NewURL string
	Rows   []row
	Pager  page.Pager
	None   bool // there is none at all
}

// row is an import in the list.
type row struct {
	File, URL, By string
	At            time.Time
	State         page.Fact
	Counted       bool // the counts say something
	New, Known    string
	Same, Not     string
}

var listView = page.New[listPage](files, "list")

func (s *Screens) list(r *gate.Request) error {
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	list, err := s.imports.List(r.Context(), r.Account.ID, max(before, 0), perPage+1)
	if err != nil {
		return err
	}
	p := &listPage{Base: r.Base("Imports"), Now: r.Now(), NewURL: r.Path(below + "/new"), None: len(list) == 0 && before <= 0}
	if before > 0 {
		p.Pager.Newer, p.Pager.First = r.Path(below), true
	}
	if len(list) > perPage {
		list = list[:perPage]
		p.Pager.Older = r.Path(below) + "?before=" + strconv.FormatInt(list[perPage-1].ID, 10)
	}
	for _, i := range list {
		p.Rows = append(p.Rows, rowOf(r, i))
	}
	return gate.Show(r, listView, p)
}

// rowOf shows what was done or, of what has not begun, what would be.
func rowOf(r *gate.Request, i importing.Import) row {
	out := row{File: i.FileName, URL: pathOf(r, i.ID, ""), By: i.By.Name, At: i.CreatedAt, State: stateBadges[i.State]}
	c := i.Counts
	if i.StartedAt != nil {
		out.At, out.Counted = *i.StartedAt, true
	} else if i.Preview != nil {
		c, out.Counted = *i.Preview, true
	}
	out.New, out.Known, out.Same, out.Not = number(c.New), number(c.Known), number(c.Same), number(c.Invalid+c.Refused)
	return out
}
