package signin

import (
	"fmt"
	"net/http"
	"net/url"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

// What whoever opens an invitation can do with it.
const (
	canJoin   = "join"   // signed in with the invited address
	canSwitch = "switch" // signed in with another one
	canSignIn = "signin" // signed out, and the address has a login
	canCreate = "create" // signed out, and it has none
)

type invitationPage struct {
	page.Base
	Offer   offerView
	Can     string
	Form    *page.Form
	Link    string // to the invitation
	SignIn  string // and back here
	Current string // the address that is signed in
	Min     int    // characters of a password
}

// offerView is what an invitation offers, in words.
type offerView struct {
	Account, Inviter, Email string
	Facts                   []page.Fact
	Rights                  []string // empty: all that the type may hold
	Admin                   bool     // a second factor is needed
}

var invitationView = page.New[invitationPage](files, "invitation")

const deadInvitation = "A newer link may have been sent: look for the latest mail. Otherwise ask whoever invited you for a new invitation."

// GET /invitations/{token}
func (s *Screens) invitationPage(r *gate.Request) error {
	o, ok, err := s.openOffer(r)
	if err != nil || !ok {
		return err
	}
	return showInvitation(r, http.StatusOK, o, page.NewForm().Set("name", o.Name))
}

// openOffer is the invitation that the address names. When it is not open, the
// page that says so has been shown, and ok is false.
func (s *Screens) openOffer(r *gate.Request) (o team.Offer, ok bool, err error) {
	o, err = s.team.Offer(r.Context(), r.Var("token"))
	if err != nil {
		return o, false, deadLink(r, err, noticePage{Text: []string{deadInvitation}, URL: gate.SignInURL, Action: "Sign in"})
	}
	if n, over := overPage(o, r); over {
		return o, false, showNotice(r, http.StatusGone, n)
	}
	return o, true, nil
}

// overPage says what has become of an invitation that is not open any more.
func overPage(o team.Offer, r *gate.Request) (noticePage, bool) {
	by := o.Inviter
	if by == "" {
		by = "whoever invited you"
	}
	switch o.StateAt(r.Now()) {
	case enrolld.InvitationOpen:
		return noticePage{}, false
	case enrolld.InvitationExpired:
		return noticePage{
			Heading: "This invitation has expired",
			Text: []string{
				"The invitation to " + o.Account.Name + " was open until " + o.ExpiresAt.UTC().Format("2 January 2006, 15:04 UTC") + ".",
				"Ask " + by + " to send a new link. It is one press for them.",
			},
		}, true
	case enrolld.InvitationAccepted:
		return noticePage{
			Heading: "This invitation was accepted",
			Text:    []string{"The login of " + o.Email + " can enter " + o.Account.Name + "."},
			URL:     page.HomeURL, Action: "Continue",
		}, true
	}
	return noticePage{
		Heading: "This invitation was taken back",
		Text:    []string{"The invitation to " + o.Account.Name + " is no longer open. If that is a mistake, ask " + by + " for a new one."},
	}, true
}

func showInvitation(r *gate.Request, status int, o team.Offer, form *page.Form) error {
	path := "/invitations/" + url.PathEscape(r.Var("token"))
	return invitationView.Render(r.Writer, status, &invitationPage{
		Base: r.Base("Invitation to " + o.Account.Name), Offer: wordsOf(o, r), Can: can(o, r), Form: form.Set("email", o.Email),
		Link: path, SignIn: within(gate.SignInURL, path), Current: r.Viewer.Login.Email, Min: enrolld.MinPassword,
	})
}

func can(o team.Offer, r *gate.Request) string {
	switch {
	case r.SignedIn() && r.Viewer.Login.Key == o.Key:
		return canJoin
	case r.SignedIn():
		return canSwitch
	case o.HasLogin:
		return canSignIn
	}
	return canCreate
}

func wordsOf(o team.Offer, r *gate.Request) offerView {
	v := offerView{
		Account: o.Account.Name, Inviter: o.Inviter, Email: o.Email, Admin: o.Terms.Type == enrolld.TypeAdmin,
		Facts: []page.Fact{
			{Term: "Type", Text: o.Terms.Type.Title()},
			{Term: "Accounts", Text: chosen(o.Terms.Scope.AllAccounts, len(o.Terms.Scope.Accounts), "account")},
			{Term: "Products", Text: chosen(o.Terms.Scope.AllProducts, len(o.Terms.Scope.Products), "product")},
			{Term: "Open until", Text: o.ExpiresAt.UTC().Format("2 January 2006, 15:04 UTC")},
		},
	}
	if o.Terms.All {
		return v
	}
	for _, p := range o.Terms.Held(r.Now()) {
		words := p.Title
		if until := o.Terms.Rights[p.Key]; !until.IsZero() {
			words += until.UTC().Format(", until 2 January 2006, 15:04 UTC")
		}
		v.Rights = append(v.Rights, words)
	}
	return v
}

// chosen says how many of something the terms name.
func chosen(all bool, n int, unit string) string {
	switch {
	case all:
		return "All"
	case n == 0:
		return "None"
	case n == 1:
		return "1 chosen " + unit
	}
	return fmt.Sprintf("%d chosen %ss", n, unit)
}
