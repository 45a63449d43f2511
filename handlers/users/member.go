package users

import (
	"slices"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

const memberPath = usersPath + "/{member}"

// memberURL is the address of a user, or of what is done with them.
func memberURL(r *gate.Request, id int64, below string) string {
	return r.Path(usersPath + "/" + idText(id) + below)
}

// memberPage is one user: who they are, what they may do, and what can be done.
type memberPage struct {
	page.Base
	Member       team.MemberView
	AccountName  string
	You          bool
	Owner        bool
	Rights       []right
	All          bool
	Reach        string // "" when there are no sub-accounts
	Products     string
	ProductNames []string // of those that were chosen, as far as the caller knows them
	Sessions     int
	// RightsURL is "" when the caller may not change them.
	RightsURL, BackURL string
	Actions            []action
	Now                time.Time
}

// action is something that can be done with a user, in a list of such.
type action struct{ Title, Text, Verb, URL, Icon string }

var memberView = page.New[memberPage](files, "member")

// found is the user that the address names. Those of other accounts do not exist.
func (s *Screens) found(r *gate.Request) (team.MemberView, error) {
	id, err := r.ID("member")
	if err != nil {
		return team.MemberView{}, err
	}
	return s.team.Member(r.Context(), r.Membership.AccountID, id)
}

// may says whether the caller may do something to a member.
func may(r *gate.Request, m enrolld.Member, change enrolld.Change) bool {
	return check(r, m, change) == nil
}

// touch is the change that needs what every change needs, and no more: whoever may
// not do it can change nothing about a member.
const touch = enrolld.ChangeSessions

// check says why the caller may not do something to a member. Of new terms it
// knows nothing: they are checked when there are some, and until then touch tells.
func check(r *gate.Request, m enrolld.Member, change enrolld.Change) error {
	return enrolld.CheckChange(r.Membership.Member, m, change, enrolld.Terms{}, r.Now())
}

func (s *Screens) member(r *gate.Request) error {
	m, err := s.found(r)
	if err != nil {
		return err
	}
	sessions, err := s.team.SessionsOf(r.Context(), m.LoginID, "")
	if err != nil {
		return err
	}
	names, err := s.productNames(r, m.Member)
	if err != nil {
		return err
	}
	p := &memberPage{
		Base: r.Base(m.Login.Label()), Member: m, AccountName: r.Membership.Account.Name, You: m.LoginID == r.Viewer.Login.ID,
		Owner: m.Type == enrolld.TypeOwner, Rights: rightsOf(m.Terms, r.Now()), All: everything(m.Terms),
		Products: productWords(m.Scope), ProductNames: names, Sessions: len(sessions), BackURL: r.Path(usersPath),
		Actions: actions(r, m, len(sessions)), Now: r.Now(),
	}
	if !m.Active() {
		p.BackURL = r.Path(deactivatedPath)
	}
	if len(r.Membership.Subs) > 0 || !m.Scope.AllAccounts {
		p.Reach = accountWords(m.Scope, r.Membership)
	}
	if may(r, m.Member, touch) {
		p.RightsURL = memberURL(r, m.ID, "/rights")
	}
	return gate.Show(r, memberView, p)
}

// productNames names the products that somebody was given by choice, as far as
// the caller knows them.
func (s *Screens) productNames(r *gate.Request, m enrolld.Member) ([]string, error) {
	if m.Scope.AllProducts || len(m.Scope.Products) == 0 {
		return nil, nil
	}
	known, err := s.products(r.Context(), r.Membership.Member, reachable(r.Membership))
	if err != nil {
		return nil, err
	}
	chosen := idTexts(m.Scope.Products)
	var names []string
	for _, p := range known {
		if slices.Contains(chosen, p.Value) {
			names = append(names, p.Label)
		}
	}
	return names, nil
}

// actions are what the caller may do with a user, the mildest first.
func actions(r *gate.Request, m team.MemberView, sessions int) []action {
	var out []action
	for _, d := range []deed{endSessions, resetFactor, deactivate, reactivate, remove} {
		switch {
		case d.change == enrolld.ChangeSessions && sessions == 0, d.change == enrolld.ChangeFactors && !m.Login.SecondFactor():
		case !may(r, m.Member, d.change):
		default:
			out = append(out, action{d.title, d.text, d.verb, memberURL(r, m.ID, d.path), d.icon})
		}
	}
	return out
}
