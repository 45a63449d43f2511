package me

import (
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

const (
	keyEmail = "me.email" // the change of address that was asked for in this session
	// emailLinks is how long the two links are valid.
	emailLinks = 24 * time.Hour
)

type emailPage struct {
	page.Base
	Form   *page.Form
	Now    time.Time
	Email  string // as it is
	Asked  askedEmail
	Back   string
	Action string
}

// askedEmail is a change that waits for the two confirmations.
type askedEmail struct {
	Email string    `json:"email"`
	At    time.Time `json:"at"`
}

var emailView = page.New[emailPage](files, "email")

func newEmailPage(r *gate.Request, form *page.Form) *emailPage {
	p := &emailPage{
		Base: r.Base("Change your email address"), Form: form, Now: r.Now(), Email: r.Viewer.Login.Email, Back: page.ProfileURL, Action: emailURL,
	}
	if asked, ok := kept[askedEmail](r, keyEmail); ok && asked.Email != p.Email {
		p.Asked = asked
	}
	return p
}

// GET /me/email
func (s *Screens) email(r *gate.Request) error {
	return gate.Show(r, emailView, newEmailPage(r, page.NewForm()))
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
		return gate.ShowAgain(r, emailView, newEmailPage(r, form))
	}
	if err := keep(r, keyEmail, askedEmail{address, r.Now()}, emailLinks); err != nil {
		return err
	}
	return r.Done(emailURL, "Two mails are on their way: one to %s, one to %s.", r.Viewer.Login.Email, address)
}
