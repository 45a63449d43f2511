package signin

import (
	"net/http"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

type confirmPage struct {
	page.Base
	Form          *page.Form
	Next          string
	Email         string // for whoever keeps the passwords
	Password, App bool   // what the login has
	Passkey       bool
	Begin, Finish string
}

var confirmView = page.New[confirmPage](files, "confirm")

// GET /sign-in/confirm
func (s *Screens) confirmPage(r *gate.Request) error {
	return s.showConfirm(r, http.StatusOK, page.NewForm())
}

func (s *Screens) showConfirm(r *gate.Request, status int, form *page.Form) error {
	to, login := next(r), r.Viewer.Login
	return confirmView.Render(r.Writer, status, &confirmPage{
		Base: r.Base("Confirm that it is you"), Form: form, Next: to, Email: login.Email, Password: byPassword(login), App: login.TOTPAt != nil,
		Passkey: login.Passkeys > 0 && s.keys.Offered(), Begin: stepURL(false, "again", to), Finish: stepURL(true, "again", to),
	})
}

// byPassword says whether a login can prove itself by its password, with the app's
// code when it has one: where a passkey is the only second factor it takes that.
func byPassword(login enrolld.Login) bool {
	return login.PasswordAt != nil && (login.TOTPAt != nil || login.Passkeys == 0)
}

// POST /sign-in/confirm
func (s *Screens) confirm(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	login := r.Viewer.Login
	field, err := s.proveAgain(r, login, enrolld.Secret(form.Get("password")), form.Get("code"))
	if err == nil {
		r.Session().Prove()
		return r.Redirect(next(r))
	}
	status, err := mend(r, form, field, err)
	if err != nil {
		return err
	}
	return s.showConfirm(r, status, form.Set("code"))
}

// proveAgain checks the password of who is signed in, and the code of their app
// when they have one. field is what an error is about.
func (s *Screens) proveAgain(r *gate.Request, login enrolld.Login, password enrolld.Secret, code string) (field string, err error) {
	switch {
	case !byPassword(login):
		return "", enrolld.Errorf(enrolld.Invalid, "confirm with a passkey")
	case password == "":
		return "password", enrolld.Errorf(enrolld.Invalid, "enter your password")
	case login.TOTPAt != nil && code == "":
		return "code", enrolld.Errorf(enrolld.Invalid, "enter the code")
	}
	if err := r.SpendProof(); err != nil {
		return "", err
	}
	ok, err := s.team.IsPassword(r.Context(), login.ID, password)
	if err := orWrong(ok, err, errWrongPassword); err != nil {
		return "password", s.failedAgain(r, login, err)
	}
	if login.TOTPAt == nil {
		return "", nil
	}
	ok, err = s.team.CheckTOTP(r.Context(), login.ID, code)
	if err := orWrong(ok, err, errWrongCode); err != nil {
		return "code", s.failedAgain(r, login, err)
	}
	return "", nil
}

var errWrongPassword = enrolld.Errorf(enrolld.Invalid, "the password is not right")

// failedAgain notes a proof that was wrong.
func (s *Screens) failedAgain(r *gate.Request, login enrolld.Login, cause error) error {
	if enrolld.CodeOf(cause) != enrolld.Invalid {
		return cause
	}
	if err := s.team.SignInFailed(r.Context(), r.Actor(), login.ID, "confirmation"); err != nil {
		return err
	}
	return cause
}
