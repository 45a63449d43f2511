package users

import (
	"crypto/rand"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

// Fields of the form, beside those of the terms.
const (
	fieldName       = "name"
	fieldUsername   = "username"
	fieldEmail      = "email"
	fieldPassword   = "password"
	fieldMustChange = "must_change"
)

// byHandPage makes a login for somebody.
type byHandPage struct {
	page.Base
	AccountName string
	Terms       termsForm
	// Suggestion is a password to take or leave. It is kept nowhere.
	Suggestion                 string
	MinPassword                int
	Action, InviteURL, BackURL string
}

var byHandView = page.New[byHandPage](files, "new")

func byHandPageOf(r *gate.Request, f termsForm) *byHandPage {
	return &byHandPage{
		Base: r.Base("Create a login by hand"), AccountName: r.Membership.Account.Name, Terms: f, Suggestion: suggestPassword(),
		MinPassword: enrolld.MinPassword, Action: r.Path(byHandPath), InviteURL: r.Path(invitePath), BackURL: r.Path(usersPath),
	}
}

// suggestPassword is 80 bits of chance, in groups that can be read out.
func suggestPassword() string {
	text := strings.ToLower(rand.Text())
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:16]}, "-")
}

// userTerms is a form for a login made by hand, whose type is User.
func (s *Screens) userTerms(r *gate.Request, form *page.Form) (termsForm, error) {
	f, err := s.blankTerms(r, form)
	f.Offer = f.Offer.forUsers()
	return f, err
}

func (s *Screens) byHandForm(r *gate.Request) error {
	f, err := s.userTerms(r, page.NewForm().Set(fieldMustChange, yes))
	if err != nil {
		return err
	}
	f.begin()
	return gate.Show(r, byHandView, byHandPageOf(r, f))
}

func (s *Screens) byHand(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	f, err := s.userTerms(r, form)
	if err != nil {
		return err
	}
	n := parseByHand(form, r.Membership.Account.Name)
	n.Terms = f.parse()
	if form.Failed() {
		return gate.ShowAgain(r, byHandView, byHandPageOf(r, f))
	}
	id, err := s.addByHand(r, n, enrolld.Secret(form.Get(fieldPassword)))
	if err := mendByHand(form, err); err != nil {
		return err
	}
	if form.Failed() {
		return gate.ShowAgain(r, byHandView, byHandPageOf(r, f))
	}
	return r.Done(memberURL(r, id, ""), "The login of %s works now. Tell them the password yourself: no mail has it.", n.Name)
}

func (s *Screens) addByHand(r *gate.Request, n team.ByHand, password enrolld.Secret) (id int64, err error) {
	if n.Hash, err = s.team.HashPassword(r.Context(), password); err != nil {
		return 0, err
	}
	return s.team.AddByHand(r.Context(), r.Actor(), r.Membership.AccountID, n)
}

// parseByHand reads who the login is for and checks the password.
func parseByHand(form *page.Form, account string) team.ByHand {
	n := team.ByHand{MustChange: form.Has(fieldMustChange, yes)}
	var err error
	if n.Name, err = enrolld.ParseName(form.Get(fieldName)); err != nil {
		fail(form, fieldName, err)
	}
	if form.Get(fieldUsername) != "" {
		if n.Username, _, err = enrolld.ParseUsername(form.Get(fieldUsername)); err != nil {
			fail(form, fieldUsername, err)
		}
	}
	if n.Email, _, err = enrolld.ParseEmail(form.Get(fieldEmail)); err != nil {
		fail(form, fieldEmail, err)
	}
	if err := enrolld.CheckPassword(form.Get(fieldPassword), n.Name, n.Username, n.Email, account); err != nil {
		fail(form, fieldPassword, err)
	}
	return n
}

// fail says what is wrong with a field. Checks of the domain fail with what can be
// mended, and nothing else.
func fail(form *page.Form, field string, err error) {
	if gate.Mend(form, field, err) != nil {
		form.Fail(field, "This cannot be used: write it otherwise.")
	}
}

// mendByHand says what is taken at the field that it is about.
func mendByHand(form *page.Form, err error) error {
	if err == nil {
		return nil
	}
	field := ""
	if enrolld.CodeOf(err) == enrolld.Conflict {
		field = fieldEmail
		if strings.Contains(enrolld.MessageOf(err), "user name") {
			field = fieldUsername
		}
	}
	return gate.Mend(form, field, err)
}
