package users

import (
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

const fieldEmails = "emails"

// invitePage asks whom to invite and what they may do.
type invitePage struct {
	page.Base
	AccountName     string
	Terms           termsForm
	Action, NewURL  string
	BackURL         string
	MaxAtOnce, Days int
}

var inviteView = page.New[invitePage](files, "invite")

func (s *Screens) inviteForm(r *gate.Request) error {
	f, err := s.blankTerms(r, page.NewForm())
	if err != nil {
		return err
	}
	f.begin()
	return gate.Show(r, inviteView, invitePageOf(r, f))
}

func invitePageOf(r *gate.Request, f termsForm) *invitePage {
	return &invitePage{
		Base: r.Base("Invite users"), AccountName: r.Membership.Account.Name, Terms: f, Action: r.Path(invitePath), NewURL: r.Path(byHandPath),
		BackURL: r.Path(usersPath), MaxAtOnce: enrolld.MaxInvitees, Days: days(enrolld.InvitationTTL),
	}
}

// blankTerms is a form for somebody who has nothing yet.
func (s *Screens) blankTerms(r *gate.Request, form *page.Form) (termsForm, error) {
	o, err := s.offer(r, enrolld.Scope{})
	return termsForm{form, o, r.Now()}, err
}

// invite answers with what became of each address at once, and does not redirect:
// the answer is to this paste alone, it can be longer than what a session holds,
// and sending the form again does no harm, since who is invited is left out.
func (s *Screens) invite(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	f, err := s.blankTerms(r, form)
	if err != nil {
		return err
	}
	invitees := enrolld.ParseInvitees(form.Get(fieldEmails))
	if len(invitees) == 0 {
		form.Fail(fieldEmails, "Enter at least one email address.")
	}
	terms := f.parse()
	var out []team.Outcome
	if !form.Failed() {
		out, err = s.team.Invite(r.Context(), r.Actor(), r.Membership.AccountID, team.Batch{Invitees: invitees, Terms: terms})
		if err := mend(form, err); err != nil {
			return err
		}
	}
	if form.Failed() {
		return gate.ShowAgain(r, inviteView, invitePageOf(r, f))
	}
	return s.showOutcome(r, f, out)
}

// mend puts an error that can be mended on top of the form.
func mend(form *page.Form, err error) error {
	if err == nil {
		return nil
	}
	return gate.Mend(form, "", err)
}

// outcomePage is what became of each address of a paste.
type outcomePage struct {
	page.Base
	Invited, Left int
	Rows          []outcomeRow
	Form          *page.Form // those left out, ready to be mended and sent again
	Kept          []kept     // the terms, for sending again
	Action        string
	PendingURL    string
	InviteURL     string
	Days          int
}

type outcomeRow struct {
	Text, Verdict, Reason string
	Kind                  page.Kind
}

// kept is a value of a form that goes along without being asked for again.
type kept struct{ Name, Value string }

var outcomeView = page.New[outcomePage](files, "outcome")

func (s *Screens) showOutcome(r *gate.Request, f termsForm, out []team.Outcome) error {
	p := &outcomePage{
		Base: r.Base("Invitations"), Kept: f.kept(), Action: r.Path(invitePath), PendingURL: r.Path(invitationsPath),
		InviteURL: r.Path(invitePath), Days: days(enrolld.InvitationTTL),
	}
	var left []string
	for _, o := range out {
		p.Rows = append(p.Rows, outcomeRowOf(o))
		switch o.Verdict {
		case team.VerdictInvited:
			p.Invited++
		default:
			p.Left++
		}
		if mayMend(o.Verdict) {
			left = append(left, o.Invitee.String())
		}
	}
	if len(left) > 0 {
		p.Form = page.NewForm().Set(fieldEmails, strings.Join(left, "\n"))
	}
	return gate.Show(r, outcomeView, p)
}

// mayMend says whether an address that was left out can be invited after all,
// once it is written otherwise or some time has passed.
func mayMend(v team.Verdict) bool {
	return v == team.VerdictMalformed || v == team.VerdictDisposed || v == team.VerdictTooMany
}

func outcomeRowOf(o team.Outcome) outcomeRow {
	row := outcomeRow{Text: o.Invitee.Email, Reason: sentence(o.Reason), Kind: page.Muted}
	if row.Text == "" {
		row.Text = o.Invitee.Text
	}
	switch o.Verdict {
	case team.VerdictInvited:
		row.Verdict, row.Kind = "Invited", page.Good
	case team.VerdictOpen:
		row.Verdict = "Invited already"
	case team.VerdictMember:
		row.Verdict = "User already"
	case team.VerdictDisposed:
		row.Verdict, row.Kind = "Disposable", page.Bad
	case team.VerdictMalformed:
		row.Verdict, row.Kind = "Not an address", page.Bad
	case team.VerdictTwice:
		row.Verdict = "Twice"
	case team.VerdictTooMany:
		row.Verdict, row.Kind = "Too many", page.Warning
	default:
		row.Verdict = string(o.Verdict)
	}
	return row
}
