package signin

import (
	"net/http"
	"strconv"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

// proof is a login that proved who it is, and how.
type proof struct {
	login enrolld.Login // as it was when the first proof was given
	how   string
}

// keyEpoch is the login's epoch when its password was right: what changed its
// security since then ends the sign-in.
const keyEpoch = "signin.epoch"

// half begins the session of a login whose second factor is missing.
func (s *Screens) half(r *gate.Request, login enrolld.Login) error {
	if err := r.Session().Begin(login.ID, gate.StagePassword); err != nil {
		return err
	}
	r.Session().Put(keyEpoch, strconv.FormatInt(login.Epoch, 10))
	return nil
}

// halfway is the login whose password was right and whose second factor is
// missing; false when there is none.
func (s *Screens) halfway(r *gate.Request) (enrolld.Login, bool, error) {
	stage, id := r.Session().Stage()
	if stage != gate.StagePassword {
		return enrolld.Login{}, false, nil
	}
	login, err := s.team.Login(r.Context(), id)
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return login, false, nil
	}
	return login, err == nil && strconv.FormatInt(login.Epoch, 10) == r.Session().Get(keyEpoch), err
}

// complete signs a login in and goes on to where it wanted to go.
func (s *Screens) complete(r *gate.Request, p proof) error {
	to, err := s.enter(r, p)
	if err != nil {
		return s.refuse(r, err)
	}
	return r.Redirect(to)
}

// errClosed is for a login that every account has deactivated.
var errClosed = enrolld.Errorf(enrolld.Forbidden,
	"your login was deactivated: ask whoever manages the users of your account to reactivate it")

// enter begins the session of a login that proved everything, and returns where it
// goes. Errors: errClosed; Unauthorized when the login was changed meanwhile.
func (s *Screens) enter(r *gate.Request, p proof) (to string, err error) {
	to = next(r)
	closed, err := s.team.Closed(r.Context(), p.login.ID)
	if err != nil {
		return "", err
	}
	if closed {
		if err := s.team.SignInFailed(r.Context(), r.Actor(), p.login.ID, "deactivated"); err != nil {
			return "", err
		}
		return "", errClosed
	}
	_, known := r.Known(p.login)
	err = s.team.SignedIn(r.Context(), r.Actor(), team.SignIn{
		LoginID: p.login.ID, Epoch: p.login.Epoch, How: p.how, KnownBrowser: known, Agent: r.Browser(),
	})
	if err != nil {
		return "", err
	}
	r.Session().Pop(keyEpoch)
	r.Remember(p.login)
	return to, r.Session().Begin(p.login.ID, gate.StageFull)
}

// refuse ends what was begun and says why nobody comes in.
func (s *Screens) refuse(r *gate.Request, err error) error {
	switch enrolld.CodeOf(err) {
	case enrolld.Forbidden:
		if err := r.Session().End(); err != nil {
			return err
		}
		return showNotice(r, http.StatusForbidden, noticePage{Heading: "This login is deactivated", Text: []string{gate.Sentence(errClosed)}})
	case enrolld.Unauthorized:
		return s.startAgain(r, err)
	}
	return err
}

// startAgain ends what was begun and goes back to the password.
func (s *Screens) startAgain(r *gate.Request, why error) error {
	to := within(gate.SignInURL, next(r))
	if err := r.Session().End(); err != nil {
		return err
	}
	r.Flash(page.Warning, gate.Sentence(why))
	return r.Redirect(to)
}

// POST /sign-out, also where another window has signed out already.
func (s *Screens) signOut(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	if r.SignedIn() {
		err := s.team.SignOut(r.Context(), r.Actor(), r.Session().Token())
		if err != nil && enrolld.CodeOf(err) != enrolld.Unauthorized {
			return err
		}
	}
	if err := r.Session().End(); err != nil {
		return err
	}
	if form.Get("next") != "" {
		return r.Redirect(next(r))
	}
	return r.Redirect(gate.SignInURL)
}
