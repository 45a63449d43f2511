package users

import (
	"strconv"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

const fieldRevision = "revision"

// rightsPage changes what a user may do.
type rightsPage struct {
	page.Base
	Name     string
	Terms    termsForm
	Revision int64
	// Stood is what somebody else saved meanwhile; nil: nobody did.
	Stood           *stood
	Action, BackURL string
}

// stood is what a user may do, in words, beside a form that says something else.
type stood struct {
	Type     string
	All      bool
	Rights   []right
	Accounts string
	Products string
}

var rightsView = page.New[rightsPage](files, "rights")

// change is a rights form about somebody.
type change struct {
	form   *page.Form
	member team.MemberView
	terms  termsForm
}

func (s *Screens) rightsForm(r *gate.Request) error {
	c, err := s.change(r, page.NewForm())
	if err != nil {
		return err
	}
	c.terms.fill(c.member.Terms)
	return gate.Show(r, rightsView, c.page(r))
}

// change is the form about the user that the address names, for whoever may
// change them.
func (s *Screens) change(r *gate.Request, form *page.Form) (change, error) {
	m, err := s.found(r)
	if err != nil {
		return change{}, err
	}
	if err := check(r, m.Member, touch); err != nil {
		return change{}, err
	}
	o, err := s.offer(r, m.Scope)
	return change{form, m, termsForm{form, o, r.Now()}}, err
}

func (c change) page(r *gate.Request) *rightsPage {
	name := c.member.Login.Label()
	return &rightsPage{
		Base: r.Base("Permissions of " + name), Name: name, Terms: c.terms, Revision: c.member.Revision,
		Action: memberURL(r, c.member.ID, "/rights"), BackURL: memberURL(r, c.member.ID, ""),
	}
}

func (s *Screens) setRights(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	c, err := s.change(r, form)
	if err != nil {
		return err
	}
	terms := c.terms.parse()
	seen, err := strconv.ParseInt(form.Get(fieldRevision), 10, 64)
	if err != nil || seen != c.member.Revision {
		return s.moved(r, c)
	}
	if form.Failed() {
		return gate.ShowAgain(r, rightsView, c.page(r))
	}
	err = s.team.SetTerms(r.Context(), r.Actor(), r.Membership.AccountID, c.member.ID, seen, terms)
	if enrolld.CodeOf(err) == enrolld.Conflict {
		if c, err = s.change(r, form); err != nil {
			return err
		}
		return s.moved(r, c)
	}
	if err := mend(form, err); err != nil {
		return err
	}
	if form.Failed() {
		return gate.ShowAgain(r, rightsView, c.page(r))
	}
	return r.Done(memberURL(r, c.member.ID, ""), "The permissions of %s are changed, and act at once.", c.member.Login.Label())
}

// moved shows what somebody else saved beside what was typed. Saved once more,
// what was typed holds.
func (s *Screens) moved(r *gate.Request, c change) error {
	c.form.Fail("", "Somebody changed this user since you opened the page, and nothing of yours is saved. Look at what holds now, "+
		"then save what should hold.")
	p := c.page(r)
	t := c.member.Terms
	p.Stood = &stood{
		Type: t.Type.Title(), All: everything(t), Rights: rightsOf(t, r.Now()), Products: productWords(t.Scope),
	}
	if c.terms.Offer.askAccounts {
		p.Stood.Accounts = accountWords(t.Scope, r.Membership)
	}
	return gate.ShowAgain(r, rightsView, p)
}
