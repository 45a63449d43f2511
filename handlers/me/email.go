package me

import (
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

type emailPage struct {
	page.Base
	Form   *page.Form
	Now    time.Time
	Email  string            // as it is
	Asked  team.PendingEmail // waits for the two confirmations
	Back   string
	Action string
}

var emailView = page.New[emailPage](files, "email")

// showEmail renders the page, with the change that waits, whichever browser it was
// asked for in.
func (s *Screens) showEmail(r *gate.Request, form *page.Form) error {
	asked, _, err := s.team.PendingEmail(r.Context(), r.Viewer.Login.ID)
	if err != nil {
		return err
	}
	p := &emailPage{
		Base: r.Base("Change your email address"), Form: form, Now: r.Now(), Email: r.Viewer.Login.Email, Asked: asked,
		Back: page.ProfileURL, Action: emailURL,
	}
	if form.Failed() {
		return gate.ShowAgain(r, emailView, p)
	}
	return gate.Show(r, emailView, p)
}

// GET /me/email
func (s *Screens) email(r *gate.Request) error {
	return s.showEmail(r, page.NewForm())
}

// POST /me/email
func (s *Screens) changeEmail(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	address, _, err := enrolld.ParseEmail(form.Get("email"))
	if err == nil {
		err = s.team.RequestEmailChange(r.Context(), r.Actor(), r.Viewer.Login.ID, address)
	}
	if err != nil {
		if err := gate.Mend(form, "email", err); err != nil {
			return err
		}
		return s.showEmail(r, form)
	}
	return r.Done(emailURL, "Two mails are on their way: one to %s, one to %s.", r.Viewer.Login.Email, address)
}
