package me

import (
	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

type passwordPage struct {
	page.Base
	Form   *page.Form
	Must   bool   // somebody else knows the password
	Email  string // for password managers
	Min    int
	Back   string
	Action string
}

var passwordView = page.New[passwordPage](files, "password")

func newPasswordPage(r *gate.Request, form *page.Form) *passwordPage {
	return &passwordPage{
		Base: r.Base("Change your password"), Form: form, Must: r.Viewer.Login.MustChange, Email: r.Viewer.Login.Email,
		Min: enrolld.MinPassword, Back: page.SecurityURL, Action: gate.PasswordURL,
	}
}

// GET /me/password
func (s *Screens) password(r *gate.Request) error {
	return gate.Show(r, passwordView, newPasswordPage(r, page.NewForm()))
}

// POST /me/password
func (s *Screens) changePassword(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	must, next := r.Viewer.Login.MustChange, enrolld.Secret(form.Get("new"))
	if err := s.checkPasswords(r, form, next); err != nil {
		return err
	}
	if form.Failed() {
		return gate.ShowAgain(r, passwordView, newPasswordPage(r, form))
	}
	hash, err := s.team.HashPassword(r.Context(), next)
	if err != nil {
		return err
	}
	if err := s.team.ChangePassword(r.Context(), r.Actor(), r.Viewer.Login.ID, hash, r.Session().Token()); err != nil {
		return err
	}
	if err := s.remember(r); err != nil {
		return err
	}
	if must {
		return r.Done(page.HomeURL, "Your password is set. Nobody else knows it.")
	}
	return r.Done(page.SecurityURL, "Your password is changed, and every other session has ended.")
}

// remember has the browser known under the new password too.
func (s *Screens) remember(r *gate.Request) error {
	login, err := s.team.Login(r.Context(), r.Viewer.Login.ID)
	if err == nil {
		r.Remember(login)
	}
	return err
}

// checkPasswords fills in what is wrong with the current password and the new one.
// Whoever must change theirs has just signed in with it and is not asked again;
// the new one has to be another.
func (s *Screens) checkPasswords(r *gate.Request, form *page.Form, next enrolld.Secret) error {
	must := r.Viewer.Login.MustChange
	if !must {
		if err := s.checkCurrent(r, form); err != nil {
			return err
		}
	}
	if err := mend(form, "new", enrolld.CheckPassword(next.Reveal(), r.Viewer.KnownWords()...)); err != nil || form.Failed() {
		return err
	}
	same := form.Get("current") == next.Reveal()
	if must {
		var err error
		if same, err = s.isCurrent(r, next); err != nil {
			return err
		}
	}
	if same {
		form.Fail("new", "This is the password that you have now. Choose another one.")
	}
	return nil
}

func (s *Screens) checkCurrent(r *gate.Request, form *page.Form) error {
	given := enrolld.Secret(form.Get("current"))
	if given == "" {
		form.Fail("current", "Enter your current password.")
		return nil
	}
	ok, err := s.isCurrent(r, given)
	if err != nil || ok {
		return err
	}
	form.Fail("current", "This is not your current password. Try again.")
	return s.team.SignInFailed(r.Context(), r.Actor(), r.Viewer.Login.ID, "current password")
}

// isCurrent says whether a password is the one that the person has. Errors:
// store.TooOftenError.
func (s *Screens) isCurrent(r *gate.Request, password enrolld.Secret) (bool, error) {
	if err := r.SpendProof(); err != nil {
		return false, err
	}
	return s.team.IsPassword(r.Context(), r.Viewer.Login.ID, password)
}
