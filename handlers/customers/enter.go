package customers

import (
	"context"
	"strings"
	"unicode"

	"enrolld"
	"enrolld/handlers/course"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

// Entrance is how somebody of the team gets onto a site as one of its users.
type Entrance struct {
	// Site names it for people: its host.
	Site string
	// Address takes the token, posted in a field of this name; Origin is Address's.
	Address, Origin, Field string
}

// Doors lead onto sites.
type Doors interface {
	// Entrance finds the way onto an account's site as a user. Errors, for people, with
	// what to do: NotFound and Forbidden about the user, Conflict about the companion
	// plugin, Unavailable when the site does not answer.
	Entrance(ctx context.Context, accountID, userID int64) (Entrance, error)
}

const (
	leastReason = 3 // letters
	mostReason  = 300
)

type enterPage struct {
	page.Base
	Back    string
	Name    string
	Site    string
	Minutes int
	Problem string // why nobody can log in as them; then there is no form
	Form    *page.Form
	Courses []page.Option
}

type goPage struct {
	page.Base
	Back, Name, Site      string
	Address, Field, Token string
}

var (
	enterView = page.New[enterPage](files, "enter")
	goView    = page.New[goPage](files, "go")
)

// entering is what a request to log in as a customer is about.
type entering struct {
	customer enrolld.Customer
	site     site
	open     []store.Grant
	door     Entrance
	problem  string
}

func (s *Screens) askEnter(r *gate.Request) error {
	e, err := s.entering(r)
	if err != nil {
		return err
	}
	return gate.Show(r, enterView, s.enterPage(r, e, page.NewForm()))
}

// enter answers with a form that takes the token to the site by itself, or by its
// button: so the token is in no address, and in no log.
func (s *Screens) enter(r *gate.Request) error {
	e, err := s.entering(r)
	if err != nil {
		return err
	}
	form, err := r.Form()
	if err != nil {
		return err
	}
	ask := store.NewEntry{
		AccountID: r.Account.ID, CustomerID: e.customer.ID, UserID: e.customer.WPUserID, Reason: parseReason(form),
		CourseID: parseBeginning(form, e.site), Back: s.frame.URL(s.pageOf(r, e.customer.ID)),
	}
	if e.problem != "" || form.Failed() {
		return gate.ShowAgain(r, enterView, s.enterPage(r, e, form))
	}
	token, err := s.frame.Team.LogInAs(r.Context(), r.Actor(), r.Membership.AccountID, ask)
	if err != nil {
		if err := gate.Mend(form, "", err); err != nil {
			return err
		}
		return gate.ShowAgain(r, enterView, s.enterPage(r, e, form))
	}
	r.AllowForm(e.door.Origin)
	return gate.Show(r, goView, &goPage{
		Base: r.Base("Go to " + e.door.Site), Back: s.pageOf(r, e.customer.ID), Name: e.customer.Label(), Site: e.door.Site,
		Address: e.door.Address, Field: e.door.Field, Token: token.Reveal(),
	})
}

// entering finds the customer and says what stands in the way. Who was given some
// products only sees nothing on a site as a customer that these products do not
// give: they log in as nobody who has, or bought, anything else.
func (s *Screens) entering(r *gate.Request) (e entering, err error) {
	if e.customer, err = s.reachable(r); err != nil {
		return e, err
	}
	if err := enrolld.MayEnter(e.customer); err != nil {
		e.problem = gate.Sentence(err)
		return e, nil
	}
	wholly, err := s.frame.DB.WhollyInScope(r.Context(), r.Account.ID, e.customer.ID, r.Scope())
	if err != nil {
		return e, err
	}
	if !wholly {
		e.problem = "You were given some products only, and this customer's view of the site shows more than these. Ask somebody who may use every product."
		return e, nil
	}
	e.door, err = s.access.Entrance(r.Context(), r.Account.ID, e.customer.WPUserID)
	switch enrolld.CodeOf(err) {
	case "":
	case enrolld.Internal:
		return e, err
	default:
		e.problem = gate.Sentence(err)
		return e, nil
	}
	if e.site, err = s.site(r); err != nil {
		return e, err
	}
	e.open, err = s.ledger(r, e.site, e.customer.ID)
	return e, err
}

// reachable is the customer that the address names, when they are in scope and,
// for who may not browse, were found by a search.
func (s *Screens) reachable(r *gate.Request) (enrolld.Customer, error) {
	c, err := s.customer(r)
	if err == nil && !r.May(enrolld.PermCustomersBrowse) && !found(r, c.ID) {
		err = notFound()
	}
	return c, err
}

// pageOf is the customer's page as the caller may see it.
func (s *Screens) pageOf(r *gate.Request, id int64) string {
	if r.May(enrolld.PermCustomersBrowse) {
		return pathOf(r, id)
	}
	return foundPath(r, id)
}

func parseReason(f *page.Form) string {
	reason := strings.Join(strings.FieldsFunc(f.Get("reason"), func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }), " ")
	switch n := len([]rune(reason)); {
	case n < leastReason:
		f.Fail("reason", "Say why: a few words, such as the number of a ticket.")
	case n > mostReason:
		f.Fail("reason", "Enter at most 300 letters.")
	}
	return reason
}

// parseBeginning is the page of a course to begin at, 0 for the site's home. A
// course that is no page has no address that the site could look up.
func parseBeginning(f *page.Form, at site) int64 {
	v := f.Get("course")
	if v == "" {
		return 0
	}
	ref, err := enrolld.ParseCourseRef(v)
	if c, ok := at.Find(ref); err == nil && ok && beginsAt(c) {
		return ref.ID
	}
	f.Fail("course", "This course is not there any more: choose again.")
	return 0
}

func beginsAt(c course.Course) bool { return c.Ref.LMS == "page" && c.Status == "publish" }

func (s *Screens) enterPage(r *gate.Request, e entering, f *page.Form) *enterPage {
	p := &enterPage{
		Base: r.Base("Log in as " + e.customer.Label()), Back: s.pageOf(r, e.customer.ID), Name: e.customer.Label(), Site: e.door.Site,
		Minutes: int(enrolld.EntryTerm.Minutes()), Problem: e.problem, Form: f,
	}
	var others []page.Option
	for _, c := range e.site.Courses {
		o := page.Option{Value: c.Ref.String(), Label: e.site.Title(c.Ref), Group: "Open to this customer"}
		switch {
		case !beginsAt(c):
		case hasLive(e.open, c.Ref):
			p.Courses = append(p.Courses, o)
		default:
			o.Group = "Not open to them"
			others = append(others, o)
		}
	}
	p.Courses = append(p.Courses, others...)
	return p
}
