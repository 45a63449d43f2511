package signin

import (
	"net/http"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

type passwordPage struct {
	page.Base
	Form     *page.Form
	Next     string
	Passkeys bool
	Finish   string // where the script posts what a passkey signed
}

var passwordView = page.New[passwordPage](files, "password")

// GET /sign-in; with set=1 after a password was chosen.
func (s *Screens) passwordPage(r *gate.Request) error {
	if r.SignedIn() {
		return r.Redirect(next(r))
	}
	return s.showPassword(r, http.StatusOK, page.NewForm())
}

func (s *Screens) showPassword(r *gate.Request, status int, form *page.Form) error {
	to, base := next(r), r.Base("Sign in")
	if r.Method == http.MethodGet && r.FormValue("set") != "" {
		base.Flash = &page.Flash{Kind: page.Good, Text: "Your password is set. Sign in with it."}
	}
	return passwordView.Render(r.Writer, status, &passwordPage{
		Base: base, Form: form, Next: to, Passkeys: s.keys.Offered(), Finish: stepURL(true, "", to),
	})
}

// errWrong is the one answer for a name that nobody has, a wrong password, and a
// login that has none.
var errWrong = enrolld.Errorf(enrolld.Invalid, "the name or the password is not right: check both, or ask for a new password")

// POST /sign-in
func (s *Screens) password(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	if r.SignedIn() {
		return r.Redirect(next(r))
	}
	name, password := form.Get("login"), form.Get("password")
	if name == "" {
		form.Fail("login", "Enter your email address or your user name.")
	}
	if password == "" {
		form.Fail("password", "Enter your password.")
	}
	if form.Failed() {
		return s.showPassword(r, http.StatusUnprocessableEntity, form)
	}
	found, err := s.checkPassword(r, name, enrolld.Secret(password))
	if err != nil {
		status, err := mend(r, form, "", err)
		if err != nil {
			return err
		}
		return s.showPassword(r, status, form)
	}
	if !found.Login.SecondFactor() {
		return s.complete(r, proof{found.Login, "password"})
	}
	if err := s.half(r, found.Login); err != nil {
		return err
	}
	return r.Redirect(within(gate.CodeURL, next(r)))
}

// checkPassword finds whose name and password these are. Errors: errWrong,
// store.TooOftenError.
func (s *Screens) checkPassword(r *gate.Request, name string, password enrolld.Secret) (team.Credentials, error) {
	found, _, err := s.team.Credentials(r.Context(), name)
	if err != nil {
		return found, err
	}
	if err := s.spendPassword(r, name, found.Login); err != nil {
		return found, err
	}
	ok, err := s.team.VerifyPassword(r.Context(), found.Hash, password)
	if err != nil {
		return found, err
	}
	if !ok {
		if err := s.team.SignInFailed(r.Context(), r.Actor(), found.Login.ID, "password"); err != nil {
			return found, err
		}
		return found, errWrong
	}
	return found, nil
}
