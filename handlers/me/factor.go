package me

import (
	"fmt"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

// factorPage is where a second factor is set up, also by those who owe one and
// can go nowhere else.
type factorPage struct {
	page.Base
	Owed          bool
	Reasons       []string // why one is needed, now or soon
	App           bool     // there is one
	Keys          int
	Passkeys      bool // there can be some at this address
	AppURL        string
	Begin, Finish string
	Back          string
}

var factorView = page.New[factorPage](files, "factor")

// GET /me/second-factor
func (s *Screens) factor(r *gate.Request) error {
	login := r.Viewer.Login
	p := &factorPage{
		Base: r.Base("Set up a second factor"), Owed: owed(r), Reasons: reasons(r.Viewer, r.Now()), App: login.TOTPAt != nil, Keys: login.Passkeys,
		Passkeys: s.keys.Offered(), AppURL: appURL, Begin: passkeysURL + "/begin", Finish: passkeysURL + "/finish", Back: page.SecurityURL,
	}
	return gate.Show(r, factorView, p)
}

// owed says whether the person can do nothing else before there is a second factor.
func owed(r *gate.Request) bool {
	return !r.Viewer.Login.SecondFactor() && r.Viewer.NeedsSecondFactor(r.Now())
}

// reasons says who asks for a second factor: accounts, now or from a day to come.
func reasons(v team.Viewer, now time.Time) []string {
	var out []string
	for _, m := range v.Memberships {
		from := m.Account.SecondFactorFrom
		switch {
		case m.Type == enrolld.TypeOwner:
			out = append(out, fmt.Sprintf("You are the owner of %s: owners and Admins always need one.", m.Account.Name))
		case m.Type == enrolld.TypeAdmin:
			out = append(out, fmt.Sprintf("You are an Admin of %s: owners and Admins always need one.", m.Account.Name))
		case from != nil && !from.After(now):
			out = append(out, fmt.Sprintf("%s asks it of everybody.", m.Account.Name))
		case from != nil:
			out = append(out, fmt.Sprintf("%s asks it of everybody from %s on.", m.Account.Name, from.In(now.Location()).Format("2 January 2006")))
		}
	}
	return out
}

// added goes on after a second factor was added: to the recovery codes that come
// with the first one, otherwise back.
func (s *Screens) added(r *gate.Request, what string) (location string, err error) {
	if r.Viewer.Login.SecondFactor() {
		r.Flash(page.Good, what)
		return page.SecurityURL, nil
	}
	if err := s.makeCodes(r); err != nil {
		return "", err
	}
	r.Flash(page.Good, what+" One step is left: keep your recovery codes.")
	return codesURL, nil
}

// lastOwed is why the last second factor stays; "" when it may go.
func lastOwed(r *gate.Request) string {
	l := r.Viewer.Login
	factors := l.Passkeys
	if l.TOTPAt != nil {
		factors++
	}
	if factors != 1 || !r.Viewer.NeedsSecondFactor(r.Now()) {
		return ""
	}
	return "This is your only second factor, and you need one. Add another first, then remove this one."
}

// staying goes back when a second factor may not be removed, and says why.
func staying(r *gate.Request, why string) error {
	r.Flash(page.Warning, why)
	return r.Redirect(page.SecurityURL)
}

// afterLast is what removing means for the codes: they stand in for second factors.
func afterLast(l enrolld.Login) string {
	if l.TOTPAt != nil && l.Passkeys > 0 || l.Passkeys > 1 {
		return "Your other second factors and your recovery codes go on working."
	}
	return "It is your only second factor: from then on the password alone opens your login, and your recovery codes stop working."
}

// removed goes back after a second factor was removed, or says why it stays.
func removed(r *gate.Request, err error, done string) error {
	if enrolld.CodeOf(err) == enrolld.Forbidden {
		if why := lastOwed(r); why != "" {
			return staying(r, why)
		}
	}
	if err != nil {
		return err
	}
	return r.Done(page.SecurityURL, "%s", done)
}
