package customers

import (
	"strconv"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

type profilePage struct {
	page.Base
	Back     string
	Name     string
	Customer enrolld.Customer
	Form     *page.Form
	Standing Standing
	SiteAway bool
	Shut     bool   // the team shut them out: nothing is sent
	Known    *known // somebody else has the address that was typed
}

var profileView = page.New[profilePage](files, "profile")

// editProfile shows the form. With ?main=, the further address of that number is
// filled in as the main one.
func (s *Screens) editProfile(r *gate.Request) error {
	c, err := s.customer(r)
	if err != nil {
		return err
	}
	form := see(page.NewForm().Set("email", c.Email).Set("first", c.First).Set("last", c.Last), c)
	if v := r.URL.Query().Get("main"); v != "" {
		list, err := s.frame.DB.AddressesOf(r.Context(), r.Account.ID, c.ID)
		if err != nil {
			return err
		}
		for _, a := range list {
			if strconv.FormatInt(a.ID, 10) == v {
				form.Set("email", a.Email)
			}
		}
	}
	return gate.Show(r, profileView, s.profilePage(r, c, form))
}

func (s *Screens) profilePage(r *gate.Request, c enrolld.Customer, form *page.Form) *profilePage {
	p := &profilePage{Base: r.Base("Edit " + c.Label()), Back: pathOf(r, c.ID), Name: c.Label(), Customer: c, Form: form, Shut: c.Shut() != ""}
	var err error
	if p.Standing, err = s.access.Standing(r.Context(), r.Account.ID, c); err != nil {
		s.frame.Log.WarnContext(r.Context(), "a WordPress user cannot be read", "request", s.frame.RequestID(r.Context()), "error", err)
		p.SiteAway = true
	}
	return p
}

func (s *Screens) saveProfile(r *gate.Request) error {
	c, err := s.customer(r)
	if err != nil {
		return err
	}
	form, err := r.Form()
	if err != nil {
		return err
	}
	p, key := parseProfile(form)
	p.AccountID, p.CustomerID = r.Account.ID, c.ID
	if form.Failed() {
		return gate.ShowAgain(r, profileView, s.profilePage(r, c, form))
	}
	if p.Email == c.Email && p.First == c.First && p.Last == c.Last {
		return r.Done(pathOf(r, c.ID), "Nothing was changed.")
	}
	who, err := s.taken(r, c, key)
	if err != nil {
		return err
	}
	if who != nil {
		form.Fail("email", "This is the address of another customer.")
		again := s.profilePage(r, c, form)
		again.Known = who
		return gate.ShowAgain(r, profileView, again)
	}
	inWordPress, err := s.access.ChangeProfile(r.Context(), r.Actor(), p)
	if err != nil {
		return s.profileRefused(r, c, p, form, err)
	}
	switch {
	case key == c.Key:
		return r.Done(pathOf(r, c.ID), "The profile was saved.")
	case inWordPress:
		return r.Done(pathOf(r, c.ID), "The address was changed, in WordPress too.")
	}
	return r.Done(pathOf(r, c.ID), "The address was changed in Enrolld. WordPress has none to change, or keeps its own.")
}

// profileRefused shows what was typed again: beside the customer as they are now,
// when somebody changed them meanwhile.
func (s *Screens) profileRefused(r *gate.Request, c enrolld.Customer, p Profile, form *page.Form, refusal error) error {
	now, err := s.frame.DB.Customer(r.Context(), r.Account.ID, c.ID, r.Scope())
	if err != nil {
		return err
	}
	field := "email"
	if now.Revision != p.Revision {
		field = ""
	}
	if err := gate.Mend(form, field, refusal); err != nil {
		return err
	}
	return gate.ShowAgain(r, profileView, s.profilePage(r, now, see(form, now)))
}

// parseProfile reads the form and says in it what is wrong.
func parseProfile(f *page.Form) (Profile, enrolld.EmailKey) {
	p := Profile{First: typedName(f, "first"), Last: typedName(f, "last"), InWordPress: f.Get("wordpress") != ""}
	var key enrolld.EmailKey
	var err error
	if p.Email, key, err = enrolld.ParseEmail(f.Get("email")); err != nil {
		_ = gate.Mend(f, "email", err) // an address that cannot be read can always be mended
	}
	if p.Revision, err = strconv.ParseInt(f.Get("revision"), 10, 64); err != nil || p.Revision <= 0 {
		f.Fail("", "The form is incomplete: load the page again.")
	}
	return p, key
}
