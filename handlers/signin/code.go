package signin

import (
	"fmt"
	"net/http"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

type codePage struct {
	page.Base
	Form     *page.Form
	Next     string
	App      bool // there is an authenticator app
	Passkey  bool // there is a passkey
	Begin    string
	Finish   string
	Recovery string
	Back     string
}

var (
	codeView     = page.New[codePage](files, "code")
	recoveryView = page.New[codePage](files, "recovery")
)

var errWrongCode = enrolld.Errorf(enrolld.Invalid, "this code is not right, or was used already: wait for the next one")

// GET /sign-in/code
func (s *Screens) codePage(r *gate.Request) error {
	login, ok, err := s.halfway(r)
	if err != nil || !ok {
		return s.notHalfway(r, err)
	}
	return s.showCode(r, codeView, http.StatusOK, "Second factor", login, page.NewForm())
}

var errMeanwhile = enrolld.Errorf(enrolld.Unauthorized, "something about this login was changed meanwhile: sign in again")

// notHalfway leads to the password, which leads on when somebody is signed in.
func (s *Screens) notHalfway(r *gate.Request, err error) error {
	if err != nil {
		return err
	}
	if stage, _ := r.Session().Stage(); stage == gate.StagePassword {
		return s.startAgain(r, errMeanwhile)
	}
	return r.Redirect(within(gate.SignInURL, next(r)))
}

func (s *Screens) showCode(
	r *gate.Request, view page.View[codePage], status int, title string, login enrolld.Login, form *page.Form,
) error {
	to := next(r)
	return view.Render(r.Writer, status, &codePage{
		Base: r.Base(title), Form: form, Next: to, App: login.TOTPAt != nil, Passkey: login.Passkeys > 0 && s.keys.Offered(),
		Begin: stepURL(false, "second", to), Finish: stepURL(true, "second", to), Recovery: within(recoveryURL, to), Back: within(gate.CodeURL, to),
	})
}

// POST /sign-in/code
func (s *Screens) code(r *gate.Request) error {
	return s.secondFactor(r, codeView, "Second factor", "password and app code", func(login enrolld.Login, code string) error {
		ok, err := s.team.CheckTOTP(r.Context(), login.ID, code)
		return orWrong(ok, err, errWrongCode)
	})
}

// GET /sign-in/recovery
func (s *Screens) recoveryPage(r *gate.Request) error {
	login, ok, err := s.halfway(r)
	if err != nil || !ok {
		return s.notHalfway(r, err)
	}
	return s.showCode(r, recoveryView, http.StatusOK, "Recovery code", login, page.NewForm())
}

var errWrongRecovery = enrolld.Errorf(enrolld.Invalid, "this is not one of your recovery codes, or it was used already: try another one")

// POST /sign-in/recovery
func (s *Screens) recovery(r *gate.Request) error {
	return s.secondFactor(r, recoveryView, "Recovery code", "password and recovery code", func(login enrolld.Login, code string) error {
		left, ok, err := s.team.UseRecoveryCode(r.Context(), r.Actor(), login.ID, code)
		if err == nil && ok {
			r.Flash(page.Warning, codesLeft(left))
		}
		return orWrong(ok, err, errWrongRecovery)
	})
}

func codesLeft(n int) string {
	switch n {
	case 0:
		return "That was your last recovery code: make new ones under Security."
	case 1:
		return "One recovery code is left: make new ones under Security."
	}
	return fmt.Sprintf("%d recovery codes are left. If you have lost your second factor, replace it under Security.", n)
}

func orWrong(ok bool, err, wrong error) error {
	if err == nil && !ok {
		return wrong
	}
	return err
}

// secondFactor checks a code that was posted and completes the sign-in.
func (s *Screens) secondFactor(
	r *gate.Request, view page.View[codePage], title, how string, check func(login enrolld.Login, code string) error,
) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	login, ok, err := s.halfway(r)
	if err != nil || !ok {
		return s.notHalfway(r, err)
	}
	err = s.checkCode(r, login, form.Get("code"), check)
	if err == nil {
		return s.complete(r, proof{login, how})
	}
	status, err := mend(r, form, "code", err)
	if err != nil {
		return err
	}
	return s.showCode(r, view, status, title, login, form.Set("code"))
}

func (s *Screens) checkCode(r *gate.Request, login enrolld.Login, code string, check func(enrolld.Login, string) error) error {
	if code == "" {
		return enrolld.Errorf(enrolld.Invalid, "enter the code")
	}
	if err := s.spend(r, perFactor, "factor %d", login.ID); err != nil {
		return err
	}
	err := check(login, code)
	if enrolld.CodeOf(err) != enrolld.Invalid {
		return err
	}
	if err := s.team.SignInFailed(r.Context(), r.Actor(), login.ID, "second factor"); err != nil {
		return err
	}
	return err
}
