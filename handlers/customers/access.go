package customers

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

type accessPage struct {
	page.Base
	Back     string
	Name     string
	Customer enrolld.Customer
	Form     *page.Form
	Has      []choice // courses that are open
	More     []choice // the others
	SiteAway bool
}

// choice is a course in the form.
type choice struct {
	Value, Title string
	Given        bool // by the team; as it was typed
	Causes       []cause
	Shut         bool   // it was open once
	UntilName    string // of the field
}

var accessView = page.New[accessPage](files, "access")

// standing is what a customer has by hand of one course.
type standing struct {
	course enrolld.CourseRef
	given  bool
	until  *time.Time // nil: without end
}

func (s *Screens) editAccess(r *gate.Request) error {
	h, err := s.ledgerOf(r)
	if err != nil {
		return err
	}
	return gate.Show(r, accessView, s.accessPage(r, h, see(filled(h), h.customer)))
}

func (s *Screens) saveAccess(r *gate.Request) error {
	h, err := s.ledgerOf(r)
	if err != nil {
		return err
	}
	form, err := r.Form()
	if err != nil {
		return err
	}
	c := parseChange(form, h, r.Now())
	if form.Failed() {
		return gate.ShowAgain(r, accessView, s.accessPage(r, h, form))
	}
	c.AccountID, c.CustomerID = r.Account.ID, h.customer.ID
	if len(c.Give)+len(c.Take) == 0 {
		return r.Done(pathOf(r, c.CustomerID), "Nothing was changed.")
	}
	if err := s.access.Change(r.Context(), r.Actor(), c); err != nil {
		if err := gate.Mend(form, "", err); err != nil {
			return err
		}
		return s.accessMoved(r, form)
	}
	return r.Done(pathOf(r, c.CustomerID), "The access of %s was changed.", h.customer.Label())
}

// accessMoved shows what was typed beside what somebody else has changed meanwhile.
func (s *Screens) accessMoved(r *gate.Request, form *page.Form) error {
	h, err := s.ledgerOf(r)
	if err != nil {
		return err
	}
	return gate.ShowAgain(r, accessView, s.accessPage(r, h, see(form, h.customer)))
}

// ledgerOf reads what the form is about.
func (s *Screens) ledgerOf(r *gate.Request) (h history, err error) {
	if h.customer, err = s.customer(r); err != nil {
		return h, err
	}
	if h.customer.ErasedAt != nil {
		return h, enrolld.Errorf(enrolld.Conflict, "this customer was erased: nothing can be done with them any more")
	}
	if h.site, err = s.site(r); err != nil {
		return h, err
	}
	if h.orders, err = s.frame.DB.OrdersInScope(r.Context(), r.Account.ID, h.customer.ID, r.Scope()); err != nil {
		return h, err
	}
	if h.grants, err = s.ledger(r, h.site, h.customer.ID); err != nil {
		return h, err
	}
	h.names, err = s.givers(r, h.grants)
	return h, err
}

// standings are the courses that the form is about: those of the site, then those
// of the ledger that the site does not list.
func standings(h history) []standing {
	var out []standing
	at := map[enrolld.CourseRef]int{}
	add := func(ref enrolld.CourseRef) {
		if _, ok := at[ref]; !ok {
			at[ref] = len(out)
			out = append(out, standing{course: ref})
		}
	}
	for _, c := range h.site.Courses {
		add(c.Ref)
	}
	for _, g := range h.grants {
		add(g.Course)
		if g.Cause.Kind == enrolld.CauseOrder || g.State == enrolld.GrantEnded || g.Reason == enrolld.ReasonRemoved {
			continue
		}
		st := &out[at[g.Course]]
		switch {
		case !st.given || g.Until == nil:
			st.until = g.Until
		case st.until != nil && g.Until.After(*st.until):
			st.until = g.Until
		}
		st.given = true
	}
	return out
}

// filled is the form of a customer as they are.
func filled(h history) *page.Form {
	f := page.NewForm()
	var given []string
	for _, st := range standings(h) {
		if st.given {
			given = append(given, st.course.String())
			f.Set(untilName(st.course), page.LastDay(st.until))
		}
	}
	return f.Set("give", given...)
}

// see notes in the form which revision of the customer it stands beside.
func see(f *page.Form, c enrolld.Customer) *page.Form {
	return f.Set("revision", strconv.FormatInt(c.Revision, 10))
}

func untilName(ref enrolld.CourseRef) string { return "until-" + ref.String() }

// parseChange works out what the form asks for beside what is there, and says in
// it what is wrong.
func parseChange(f *page.Form, h history, now time.Time) Change {
	var c Change
	var err error
	if c.Revision, err = strconv.ParseInt(f.Get("revision"), 10, 64); err != nil || c.Revision <= 0 {
		f.Fail("", "The form is incomplete: load the page again.")
	}
	wanted := f.All("give")
	known := standings(h)
	for _, st := range known {
		want := slices.Contains(wanted, st.course.String())
		moved := strings.TrimSpace(f.Get(untilName(st.course))) != page.LastDay(st.until)
		switch {
		case want && (!st.given || moved):
			c.Give = append(c.Give, Gift{st.course, f.Until(untilName(st.course), now)})
		case !want && st.given:
			c.Take = append(c.Take, st.course)
		case !want && moved:
			f.Fail(untilName(st.course), "Tick the course to give it until this day, or empty the day.")
		}
	}
	for _, v := range wanted {
		if !slices.ContainsFunc(known, func(st standing) bool { return st.course.String() == v }) {
			f.Fail("", unknownCourse(h.site))
		}
	}
	return c
}

func unknownCourse(s site) string {
	if s.Away() {
		return "The site's courses cannot be read at the moment, so that a new one cannot be given. Nothing is lost: save again in a minute."
	}
	return "One of the courses is not there any more: choose again."
}

func (s *Screens) accessPage(r *gate.Request, h history, f *page.Form) *accessPage {
	p := &accessPage{
		Base: r.Base("Access of " + h.customer.Label()), Back: pathOf(r, h.customer.ID), Name: h.customer.Label(), Customer: h.customer,
		Form: f, SiteAway: h.site.Away(),
	}
	open, shut := s.accesses(h)
	for _, st := range standings(h) {
		v := st.course.String()
		c := choice{Value: v, Title: h.site.Title(st.course), Given: f.Has("give", v), UntilName: untilName(st.course)}
		same := func(a access) bool { return a.Course == st.course }
		if i := slices.IndexFunc(open, same); i >= 0 {
			c.Causes = open[i].Causes
			p.Has = append(p.Has, c)
			continue
		}
		if i := slices.IndexFunc(shut, same); i >= 0 {
			c.Causes, c.Shut = shut[i].Causes, true
		}
		p.More = append(p.More, c)
	}
	return p
}

// hasLive says whether a customer has a course, whatever gives it.
func hasLive(grants []store.Grant, ref enrolld.CourseRef) bool {
	return slices.ContainsFunc(grants, func(g store.Grant) bool { return g.Course == ref && g.State == enrolld.GrantLive })
}
