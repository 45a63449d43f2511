package bulk

import (
	"fmt"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/bulk"
)

const (
	sampled  = 20 // customers that a preview names of each bucket
	oldAfter = time.Hour
)

type previewPage struct {
	page.Base
	Now      time.Time
	Back     string
	URL      string
	Whom     string
	What     string
	Stats    []page.Stat
	Samples  []sample
	Notes    []string
	Touched  int64
	Verb     string // of the button; "" when there is nothing to do
	Danger   bool
	Again    []field // what to post to count anew
	Old      bool
	ReadyAt  *time.Time
	OtherURL string
}

// field is a value of a form.
type field struct{ Name, Value string }

// sample is the first customers of a bucket.
type sample struct {
	Title string
	Rows  []row
	More  string // how many there are besides
}

type row struct {
	Name, Email, URL, Why string
	State                 page.Fact
}

var previewView = page.New[previewPage](files, "preview")

func (s *Screens) preview(r *gate.Request, b bulk.Bulk) error {
	courses := s.courses.List(r)
	c := b.Foreseen
	title := titleOf(b, c.Touched())
	p := &previewPage{
		Base: r.Base(title), Now: r.Now(), Back: pathOf(r, b) + "?do=" + string(b.Action), URL: pathOf(r, b), Whom: whom(b), What: what(b, courses),
		Touched: c.Touched(), Notes: notes(b), Danger: b.Action == bulk.Take, ReadyAt: b.ReadyAt, OtherURL: pathOf(r, b) + "?do=",
		Old: b.ReadyAt != nil && r.Now().Sub(*b.ReadyAt) > oldAfter, Again: again(b),
		Stats: []page.Stat{
			{Label: "Will change", Value: page.Number(c.Change)}, {Label: "Already so", Value: page.Number(c.Same)},
			{Label: "Not possible", Value: page.Number(c.Refused)},
		},
	}
	if c.Touched() > 0 && mayDo(r, b.Action) {
		p.Verb = title
	}
	for _, x := range []struct {
		in    bulk.Bucket
		title string
		count int64
	}{{bulk.Changed, "Who changes", c.Change}, {bulk.NotPossible, "With whom it is not possible", c.Refused}} {
		if x.count == 0 {
			continue
		}
		list, err := s.bulks.Targets(r.Context(), r.Account.ID, b.ID, x.in, 0, sampled)
		if err != nil {
			return err
		}
		out := sample{Title: x.title, Rows: rowsOf(r, b, list)}
		if more := x.count - int64(len(list)); more > 0 {
			out.More = fmt.Sprintf("and %s more", page.Number(more))
		}
		p.Samples = append(p.Samples, out)
	}
	return gate.Show(r, previewView, p)
}

// again is the form as it was decided.
func again(b bulk.Bulk) []field {
	f := filled(b, b.Action)
	var out []field
	for _, name := range []string{"action", "course", "until", "days", "notify", "template"} {
		for _, v := range f.All(name) {
			out = append(out, field{name, v})
		}
	}
	return out
}

func rowsOf(r *gate.Request, b bulk.Bulk, list []bulk.Target) []row {
	out := make([]row, len(list))
	for i, t := range list {
		out[i] = row{Name: nameOf(t.Customer), Email: t.Customer.Email, Why: t.Why, State: outcome(b, t)}
		if t.Customer.ID != 0 {
			out[i].URL = r.Path(fmt.Sprintf("%s/%d", customersPath, t.CustomerID))
		}
	}
	return out
}

func (s *Screens) start(r *gate.Request) error {
	b, err := s.found(r)
	if err != nil {
		return err
	}
	if !mayDo(r, b.Action) {
		return enrolld.Errorf(enrolld.Forbidden, "you do not have the permission to send links to set a password")
	}
	if err := s.bulks.Start(r.Context(), r.Actor(), r.Account.ID, b.ID); err != nil {
		return s.refuse(r, b, err)
	}
	return r.Done(pathOf(r, b), "It has begun. You can leave this page: it goes on by itself.")
}

// refuse says on the page of a bulk action why something cannot be done with it.
func (s *Screens) refuse(r *gate.Request, b bulk.Bulk, err error) error {
	if c := enrolld.CodeOf(err); c != enrolld.Invalid && c != enrolld.Conflict {
		return err
	}
	r.Flash(page.Warning, gate.Sentence(err))
	return r.Redirect(pathOf(r, b))
}

// nameOf is whom a line is about; a customer may be gone since.
func nameOf(c enrolld.Customer) string {
	if c.ID == 0 {
		return "No customer any more"
	}
	return c.Label()
}
