package imports

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/importing"
)

// operation is what one does with an import.
type operation = func(ctx context.Context, actor enrolld.Actor, accountID, id int64) (importing.Import, error)

type resultPage struct {
	page.Base
	Now                                     time.Time
	Back, CustomersURL, RowsURL, RejectsURL string // "" for what there is not
	UndoURL, UploadURL                      string
	Import                                  importing.Import
	State                                   page.Fact
	Stats                                   []page.Stat
	Facts                                   []page.Fact
	NotTaken                                string
	Undone                                  bool
	Tabs                                    []page.Tab
	People                                  []returned
	Pager                                   page.Pager
	Form                                    *page.Form
	MaxSize                                 int64
}

// returned is a customer of an import that was undone.
type returned struct{ Name, Email, URL, Why string }

var resultView = page.New[resultPage](files, "result")

func (s *Screens) showResult(r *gate.Request, i importing.Import) error {
	at, c := s.site(r), i.Counts
	p := &resultPage{
		Base: base(r, i), Now: r.Now(), Back: r.Path(below), Import: i, State: stateBadges[i.State], Facts: planFacts(i, at),
		UploadURL: r.Path(below + "/new"), Form: page.NewForm(), MaxSize: importing.MaxSize, Stats: []page.Stat{
			{Label: "New customers", Value: number(c.New)}, {Label: "Known customers", Value: number(c.Known)},
			{Label: "Unchanged rows", Value: number(c.Same), Note: moreWords(c)}, {Label: "Rows not taken", Value: number(c.Invalid + c.Refused)},
		},
	}
	p.Facts = append(p.Facts, page.Fact{Term: "Started by", Text: i.By.Name})
	if c.People() > 0 {
		p.CustomersURL = r.Path("/customers?import=" + strconv.FormatInt(i.ID, 10))
	}
	if i.Preview != nil && i.Size > 0 {
		p.RowsURL = pathOf(r, i.ID, "/rows")
	}
	if n := c.Invalid + c.Refused; n > 0 {
		p.NotTaken = plural(n, "row was not taken", "rows were not taken")
		if i.Size > 0 {
			p.RejectsURL = pathOf(r, i.ID, "/rejects.csv")
		}
	}
	if p.Undone = i.State == importing.Undone; !p.Undone {
		p.UndoURL = pathOf(r, i.ID, "/undo")
		return gate.Show(r, resultView, p)
	}
	if err := s.fillBuckets(r, p, at); err != nil {
		return err
	}
	return gate.Show(r, resultView, p)
}

// moreWords say whom of the unchanged rows an import gave one more reason.
func moreWords(c importing.Counts) string {
	if c.More == 0 {
		return ""
	}
	return plural(c.More, "customer has", "customers have") + " it for one more reason"
}

// fillBuckets shows who is in one of the three buckets of an undoing.
func (s *Screens) fillBuckets(r *gate.Request, p *resultPage, at site) error {
	q := r.URL.Query()
	here, now, u := pathOf(r, p.Import.ID, ""), importing.Bucket(q.Get("bucket")), p.Import.Undo
	all := []struct {
		bucket importing.Bucket
		title  string
		n      int64
	}{{importing.WasUndone, "Undone", u.Undone}, {importing.WasKept, "Kept", u.Kept}, {importing.Failed, "Failed", u.Failed}}
	if now != importing.WasKept && now != importing.Failed {
		now = importing.WasUndone
	}
	for _, b := range all {
		p.Tabs = append(p.Tabs, page.Tab{Title: b.title, Count: number(b.n), URL: bucketURL(here, b.bucket, 0), Current: b.bucket == now})
	}
	after, _ := strconv.ParseInt(q.Get("after"), 10, 64)
	list, err := s.imports.Bucket(r.Context(), r.Account.ID, p.Import.ID, now, after, perPage+1)
	if err != nil {
		return err
	}
	if after > 0 {
		p.Pager.Newer, p.Pager.First = bucketURL(here, now, 0), true
	}
	if len(list) > perPage {
		list = list[:perPage]
		p.Pager.Older = bucketURL(here, now, list[perPage-1].CustomerID)
	}
	for _, c := range list {
		p.People = append(p.People, returnedOf(r, c, at, now))
	}
	return nil
}

func returnedOf(r *gate.Request, c importing.Returned, at site, b importing.Bucket) returned {
	out := returned{Name: nameOf(c.First, c.Last), Email: c.Email, Why: at.named(c.Why)}
	if out.Name == "" {
		out.Name = c.Email
	}
	if c.Email == "" {
		out.Name = "A customer who is not there any more"
	} else {
		out.URL = r.Path(fmt.Sprintf("/customers/%d", c.CustomerID))
	}
	if b == importing.WasUndone {
		out.Why = "Nothing of the import is left."
	}
	return out
}

func bucketURL(at string, b importing.Bucket, after int64) string {
	at += "?bucket=" + string(b)
	if after > 0 {
		at += "&after=" + strconv.FormatInt(after, 10)
	}
	return at + "#people"
}

// rejects sends the rows that were not taken, as a file to be mended and imported as
// it is.
func (s *Screens) rejects(r *gate.Request) error {
	i, err := s.find(r)
	if err != nil {
		return err
	}
	if i.StartedAt == nil {
		return enrolld.Errorf(enrolld.Conflict, "this import has not begun: nothing was refused")
	}
	out := &download{w: r.Writer, name: rejectsName(i)}
	err = s.imports.Rejects(r.Context(), r.Account.ID, i.ID, out)
	switch {
	case err == nil && !out.begun:
		return enrolld.Errorf(enrolld.NotFound, "every row of this import was taken")
	case err != nil && out.begun:
		s.frame.Log.WarnContext(r.Context(), "a download broke off", "request", s.frame.RequestID(r.Context()), "error", err)
		panic(http.ErrAbortHandler) // nobody must take what has left for the whole
	}
	return err
}

func rejectsName(i importing.Import) string {
	name := strings.TrimSuffix(i.FileName, filepath.Ext(i.FileName))
	plain := strings.Map(func(c rune) rune {
		if c > ' ' && c < 0x7f && !strings.ContainsRune(`"\/:*?<>|%;`, c) {
			return c
		}
		return '-'
	}, name)
	return "not-taken-" + plain + ".csv"
}

// download is a file whose head leaves with its first bytes, and that may take long
// while somebody reads it.
type download struct {
	w     http.ResponseWriter
	name  string
	begun bool
}

func (d *download) Write(b []byte) (int, error) {
	if !d.begun {
		d.begun = true
		h := d.w.Header()
		h.Set("Content-Type", "text/csv; charset=utf-8")
		h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", d.name))
		h.Set("X-Content-Type-Options", "nosniff")
	}
	err := http.NewResponseController(d.w).SetWriteDeadline(time.Now().Add(restLimit))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return d.w.Write(b)
}
