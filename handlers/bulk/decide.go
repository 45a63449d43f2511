package bulk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/bulk"
)

type choosePage struct {
	page.Base
	Back    string
	Whom    string
	Choices []choice
}

// choice is something that can be done.
type choice struct{ Title, Hint, URL string }

type decidePage struct {
	page.Base
	Back     string
	URL      string
	Whom     string
	Heading  string
	Hint     string
	Action   string
	Form     *page.Form
	Courses  []page.Option
	Texts    []page.Option // variants of the email; none: there is one
	SiteAway bool
}

var (
	chooseView = page.New[choosePage](files, "choose")
	decideView = page.New[decidePage](files, "decide")
)

// ask asks what to do, then what about.
func (s *Screens) ask(r *gate.Request, b bulk.Bulk) error {
	action := bulk.Action(r.URL.Query().Get("do"))
	if slices.Contains(actions, action) && mayDo(r, action) {
		p, err := s.decidePage(r, b, action, filled(b, action))
		if err != nil {
			return err
		}
		return gate.Show(r, decideView, p)
	}
	p := &choosePage{Base: r.Base("Change many customers"), Back: r.Path(customersPath), Whom: whom(b) + chosenWords(b)}
	for _, a := range actions {
		if w := words[a]; mayDo(r, a) {
			p.Choices = append(p.Choices, choice{w.title, w.hint, pathOf(r, b) + "?do=" + string(a)})
		}
	}
	return gate.Show(r, chooseView, p)
}

func chosenWords(b bulk.Bulk) string {
	if n := len(b.Selection.Filter.IDs); b.Chosen {
		return ": " + strconv.Itoa(n)
	}
	return ""
}

// filled is the form as it was decided before, when it was.
func filled(b bulk.Bulk, action bulk.Action) *page.Form {
	f := page.NewForm().Set("action", string(action))
	if b.Action != action {
		if action == bulk.Give {
			f.Set("notify", "1")
		}
		return f
	}
	var list []string
	for _, c := range b.Terms.Courses {
		list = append(list, c.String())
	}
	f.Set("course", list...)
	f.Set("until", page.LastDay(b.Terms.Until))
	if b.Terms.Days != 0 {
		f.Set("days", strconv.Itoa(b.Terms.Days))
	}
	if b.Terms.Notify {
		f.Set("notify", "1")
	}
	return f.Set("template", b.Terms.Template)
}

func (s *Screens) decidePage(r *gate.Request, b bulk.Bulk, action bulk.Action, form *page.Form) (*decidePage, error) {
	w := words[action]
	p := &decidePage{
		Base: r.Base(w.title), Back: pathOf(r, b) + "?do=", URL: pathOf(r, b), Whom: whom(b) + chosenWords(b), Heading: w.title, Hint: w.hint,
		Action: string(action), Form: form,
	}
	if action != bulk.Welcome {
		list := s.courses.List(r)
		p.Courses, p.SiteAway = list.Options(), list.Away()
	}
	if action != bulk.Give {
		return p, nil
	}
	names, err := s.frame.DB.AccessTexts(r.Context(), r.Account.ID)
	p.Texts = page.OptionsOf(names)
	return p, err
}

func (s *Screens) decide(r *gate.Request) error {
	b, err := s.found(r)
	if err != nil {
		return err
	}
	form, err := r.Form()
	if err != nil {
		return err
	}
	action := bulk.Action(form.Get("action"))
	if !slices.Contains(actions, action) || !mayDo(r, action) {
		return enrolld.Errorf(enrolld.Invalid, "choose what to do: go back to the customers and start again")
	}
	terms := parseTerms(form, action, r.Now())
	if !form.Failed() {
		next, err := s.bulks.Decide(r.Context(), r.Actor(), r.Account.ID, b.ID, action, terms)
		if err == nil {
			return s.prepared(r, next)
		}
		if err := gate.Mend(form, "", err); err != nil {
			return err
		}
	}
	p, err := s.decidePage(r, b, action, form)
	if err != nil {
		return err
	}
	return gate.ShowAgain(r, decideView, p)
}

// prepared puts a small set together at once. What keeps it from that, keeps the
// page that waits for it from going on, and is in the log.
func (s *Screens) prepared(r *gate.Request, b bulk.Bulk) error {
	if err := s.bulks.Prepare(r.Context(), b.ID); err != nil {
		s.frame.Log.WarnContext(r.Context(), "a set was not put together at once", "request", s.frame.RequestID(r.Context()), "bulk", b.ID, "error", err)
	}
	return r.Redirect(pathOf(r, b))
}

// parseTerms reads what an action is about, and says in the form what is wrong.
func parseTerms(f *page.Form, action bulk.Action, now time.Time) bulk.Terms {
	var t bulk.Terms
	if action == bulk.Welcome {
		return t
	}
	for _, v := range f.All("course") {
		ref, err := enrolld.ParseCourseRef(v)
		if err != nil {
			f.Fail("course", "Choose courses from the list.")
			continue
		}
		t.Courses = append(t.Courses, ref)
	}
	if len(t.Courses) == 0 {
		f.Fail("course", "Choose at least one course.")
	}
	if action == bulk.Take {
		return t
	}
	t.Until = f.Until("until", now)
	if t.Notify = action == bulk.Give && f.Get("notify") == "1"; t.Notify {
		t.Template = f.Get("template")
	}
	if action == bulk.Extend {
		t.Days = parseDays(f, t.Until)
	}
	return t
}

func parseDays(f *page.Form, until *time.Time) int {
	v := strings.TrimSpace(f.Get("days"))
	switch {
	case v == "" && until == nil && f.Error("until") == "":
		f.Fail("days", "Enter a number of days, or a last day.")
	case v == "":
	case until != nil:
		f.Fail("days", "Enter either a number of days or a last day, not both.")
	default:
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 3650 {
			f.Fail("days", "Enter a number from 1 to 3650.")
		}
		return n
	}
	return 0
}

// titleOf is the headline of a bulk action.
func titleOf(b bulk.Bulk, n int64) string {
	return fmt.Sprintf("%s %s", words[b.Action].verb, customers(n))
}
