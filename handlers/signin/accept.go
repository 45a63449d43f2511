package signin

import (
	"net/http"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

// POST /invitations/{token}/join
func (s *Screens) join(r *gate.Request) error {
	o, ok, err := s.openOffer(r)
	if err != nil || !ok {
		return err
	}
	if _, err := s.team.AcceptAs(r.Context(), r.Actor(), r.Var("token"), r.Viewer.Login.ID); err != nil {
		return s.notAccepted(r, o, page.NewForm(), "", err)
	}
	to, err := s.firstPage(r, o.AccountID, r.Viewer.Login.ID)
	if err != nil {
		return err
	}
	return r.Done(to, "You have joined %s.", o.Account.Name)
}

// notAccepted shows an invitation again that could not be accepted, or what has
// become of it meanwhile.
func (s *Screens) notAccepted(r *gate.Request, o team.Offer, form *page.Form, field string, cause error) error {
	status, err := mend(r, form, field, cause)
	if err != nil {
		if enrolld.CodeOf(err) != enrolld.Forbidden {
			return err
		}
		form.Fail("", gate.Sentence(err))
		status = http.StatusForbidden
	}
	return showInvitation(r, status, o, form)
}

// firstPage is where a login begins in an account that it has just joined: there,
// or in a sub-account when it reaches no more.
func (s *Screens) firstPage(r *gate.Request, accountID, loginID int64) (string, error) {
	viewer, err := s.team.Viewer(r.Context(), loginID)
	if err != nil {
		return "", err
	}
	if _, _, ok := viewer.Reach(accountID); ok {
		return gate.AccountPath(accountID), nil
	}
	return page.HomeURL, nil
}

// newcomer is the form of somebody who has no login yet.
type newcomer struct{ name, username, hash string }

// POST /invitations/{token}/create
func (s *Screens) create(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	o, ok, err := s.openOffer(r)
	if err != nil || !ok {
		return err
	}
	if can(o, r) != canCreate { // somebody signed in, or the address has a login meanwhile
		return showInvitation(r, http.StatusConflict, o, form)
	}
	n, err := s.readNewcomer(r, o, form)
	if err != nil {
		return err
	}
	if form.Failed() {
		return showInvitation(r, http.StatusUnprocessableEntity, o, form)
	}
	loginID, _, err := s.team.AcceptNew(r.Context(), r.Actor(), r.Var("token"), team.NewLogin{Name: n.name, Username: n.username, Hash: n.hash})
	if enrolld.CodeOf(err) == enrolld.Conflict {
		return s.changedMeanwhile(r, form, err)
	}
	if err != nil {
		return s.notAccepted(r, o, form, "", err)
	}
	return s.welcome(r, o, loginID)
}

// readNewcomer reads the form and says in it what is to be mended.
func (s *Screens) readNewcomer(r *gate.Request, o team.Offer, form *page.Form) (n newcomer, err error) {
	var problem error
	if n.name, problem = enrolld.ParseName(form.Get("name")); problem != nil {
		form.Fail("name", gate.Sentence(problem))
	}
	if typed := form.Get("username"); typed != "" {
		if n.username, _, problem = enrolld.ParseUsername(typed); problem != nil {
			form.Fail("username", gate.Sentence(problem))
		}
	}
	own := []string{form.Get("name"), form.Get("username"), o.Email, o.Account.Name}
	if problem = checkNew(form.Get("password"), own); problem != nil {
		form.Fail("password", gate.Sentence(problem))
	}
	if form.Failed() {
		return n, nil
	}
	n.hash, err = s.team.HashPassword(r.Context(), enrolld.Secret(form.Get("password")))
	return n, err
}

// changedMeanwhile shows what has become of the invitation. When nothing has, it
// was the user name.
func (s *Screens) changedMeanwhile(r *gate.Request, form *page.Form, cause error) error {
	o, ok, err := s.openOffer(r)
	if err != nil || !ok {
		return err
	}
	if can(o, r) == canCreate {
		form.Fail("username", gate.Sentence(cause))
	}
	return showInvitation(r, http.StatusUnprocessableEntity, o, form)
}

// welcome signs in who has just made a login: the link has proven the address, and
// there is no second factor yet.
func (s *Screens) welcome(r *gate.Request, o team.Offer, loginID int64) error {
	login, err := s.team.Login(r.Context(), loginID)
	if err != nil {
		return err
	}
	if _, err := s.enter(r, proof{login, "invitation"}); err != nil {
		return s.refuse(r, err)
	}
	to, err := s.firstPage(r, o.AccountID, loginID)
	if err != nil {
		return err
	}
	return r.Done(to, "Your login is made, and you have joined %s.", o.Account.Name)
}
