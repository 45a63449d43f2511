package me

import (
	"fmt"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

type profilePage struct {
	page.Base
	Tabs      []page.Tab
	Form      *page.Form
	Email     string
	EmailURL  string
	Countries []page.Option
}

var profileView = page.New[profilePage](files, "profile")

func newProfilePage(r *gate.Request, form *page.Form) *profilePage {
	return &profilePage{
		Base: r.Base("Your profile"), Tabs: tabs(r), Form: form, Email: r.Viewer.Login.Email, EmailURL: emailURL, Countries: countryOptions(),
	}
}

func countryOptions() []page.Option {
	list := enrolld.Countries()
	out := make([]page.Option, len(list))
	for i, c := range list {
		out[i] = page.Option{Value: c.Code, Label: c.Name}
	}
	return out
}

// GET /me
func (s *Screens) profile(r *gate.Request) error {
	form := page.NewForm()
	for _, f := range fieldsOf(profileOf(r.Viewer.Login)) {
		form.Set(f.name, f.value)
	}
	return gate.Show(r, profileView, newProfilePage(r, withRevision(form, r.Viewer.Login)))
}

func withRevision(form *page.Form, l enrolld.Login) *page.Form {
	return form.Set("revision", strconv.FormatInt(l.Revision, 10))
}

func profileOf(l enrolld.Login) team.Profile {
	return team.Profile{Name: l.Name, Username: l.Username, Phone: l.Phone, Address: l.Address}
}

// field is a field of the form. The names of the address are those that its
// problems name.
type field struct{ name, value string }

// fieldsOf lists a profile's fields in the order of the form.
func fieldsOf(p team.Profile) []field {
	a := p.Address
	return []field{
		{"name", p.Name}, {"username", p.Username}, {"phone", p.Phone}, {"line1", a.Line1}, {"line2", a.Line2}, {"city", a.City},
		{"region", a.Region}, {"postal_code", a.PostalCode}, {"country", a.Country},
	}
}

func typedProfile(form *page.Form) team.Profile {
	get := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	return team.Profile{
		Name: get("name"), Username: get("username"), Phone: get("phone"),
		Address: enrolld.PostalAddress{
			Line1: get("line1"), Line2: get("line2"), City: get("city"), Region: get("region"), PostalCode: get("postal_code"),
			Country: get("country"),
		},
	}
}

// POST /me
func (s *Screens) saveProfile(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	p := typedProfile(form)
	if err := checkProfile(form, p); err != nil {
		return err
	}
	if !form.Failed() {
		revision, _ := strconv.ParseInt(form.Get("revision"), 10, 64) // none is 0, which no profile has
		err := s.team.SaveProfile(r.Context(), r.Actor(), r.Viewer.Login.ID, p, revision)
		if err == nil {
			return r.Done(page.ProfileURL, "Your profile is saved.")
		}
		if err := s.mendProfile(r, form, p, revision, err); err != nil {
			return err
		}
	}
	return gate.ShowAgain(r, profileView, newProfilePage(r, form))
}

// checkProfile says everything that is wrong at once; SaveProfile says the first.
func checkProfile(form *page.Form, p team.Profile) error {
	_, err := enrolld.ParseName(p.Name)
	if err := mend(form, "name", err); err != nil {
		return err
	}
	if p.Username != "" {
		_, _, err := enrolld.ParseUsername(p.Username)
		if err := mend(form, "username", err); err != nil {
			return err
		}
	}
	_, err = enrolld.ParsePhone(p.Phone)
	if err := mend(form, "phone", err); err != nil {
		return err
	}
	for _, problem := range p.Address.Problems() {
		if err := mend(form, problem.Field, enrolld.Errorf(enrolld.Invalid, "%s", problem.Message)); err != nil {
			return err
		}
	}
	return nil
}

// mend is gate.Mend of an error that may be none.
func mend(form *page.Form, field string, err error) error {
	if err == nil {
		return nil
	}
	return gate.Mend(form, field, err)
}

// mendProfile says why a profile was not saved. When it was changed meanwhile,
// what was typed stays and each field tells what is saved there now; saving once
// more replaces it.
func (s *Screens) mendProfile(r *gate.Request, form *page.Form, typed team.Profile, revision int64, cause error) error {
	if enrolld.CodeOf(cause) != enrolld.Conflict {
		return gate.Mend(form, "", cause)
	}
	now, err := s.team.Login(r.Context(), r.Viewer.Login.ID)
	if err != nil {
		return err
	}
	if now.Revision == revision {
		return gate.Mend(form, "username", cause)
	}
	saved := fieldsOf(profileOf(now))
	typed.Address = typed.Address.Normalized()
	for i, f := range fieldsOf(typed) {
		if f.value != saved[i].value {
			form.Fail(f.name, savedMeanwhile(saved[i].value))
		}
	}
	withRevision(form, now)
	return gate.Mend(form, "", cause)
}

func savedMeanwhile(value string) string {
	if value == "" {
		return "This is empty now. Save once more to fill it."
	}
	return fmt.Sprintf("‘%s’ is saved here now. Save once more to replace it.", value)
}
