package users

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
	"enrolld/store/team"
)

// invitationsPage is what is open and what expired.
type invitationsPage struct {
	page.Base
	Tabs []page.Tab
	Rows []invitationRow
	// Expired is how many of all the caller can send a new link; RenewURL does it.
	Expired   int
	RenewURL  string
	InviteURL string
	Pager     page.Pager
	Now       time.Time
}

var invitationsView = page.New[invitationsPage](files, "invitations")

type invitationRow struct {
	Email, Name, Type, Rights, Inviter string
	SentAt, ExpiresAt                  time.Time
	Expired                            bool
	ResendURL, RemoveURL               string // "" when the caller may not
}

func (s *Screens) invitations(r *gate.Request) error {
	p, err := s.invitationsPage(r)
	if err != nil {
		return err
	}
	return gate.Show(r, invitationsView, p)
}

func (s *Screens) invitationsPage(r *gate.Request) (*invitationsPage, error) {
	list, err := s.team.Invitations(r.Context(), r.Membership.AccountID)
	if err != nil {
		return nil, err
	}
	shown, pager := cutPage(r, list)
	p := &invitationsPage{
		Base: r.Base("Pending invitations"), Tabs: tabsWith(r, len(list)), RenewURL: r.Path(invitationsPath + "/resend"),
		InviteURL: r.Path(invitePath), Expired: len(expired(r, list)), Pager: pager, Now: r.Now(),
	}
	p.Tabs[1].Current = true
	for _, i := range shown {
		p.Rows = append(p.Rows, invitationRowOf(r, i))
	}
	return p, nil
}

func invitationRowOf(r *gate.Request, i team.InvitationView) invitationRow {
	row := invitationRow{
		Email: i.Email, Name: i.Name, Type: i.Terms.Type.Title(), Rights: rightWords(i.Terms, r.Now()), Inviter: i.Inviter,
		SentAt: i.SentAt, ExpiresAt: i.ExpiresAt, Expired: i.StateAt(r.Now()) == enrolld.InvitationExpired,
	}
	if enrolld.CheckInvitation(r.Membership.Member, i.Terms, r.Now()) == nil {
		row.ResendURL, row.RemoveURL = invitationURL(r, i.ID, "/resend"), invitationURL(r, i.ID, "/remove")
	}
	return row
}

func invitationURL(r *gate.Request, id int64, below string) string {
	return r.Path(invitationsPath + "/" + idText(id) + below)
}

// expired are the invitations that the caller can send a new link.
func expired(r *gate.Request, list []team.InvitationView) []team.InvitationView {
	var out []team.InvitationView
	for _, i := range list {
		if i.StateAt(r.Now()) == enrolld.InvitationExpired && enrolld.CheckGrant(r.Membership.Member, i.Terms, r.Now()) == nil {
			out = append(out, i)
		}
	}
	return out
}

func (s *Screens) resend(r *gate.Request) error {
	i, err := s.invitation(r)
	if err != nil {
		return err
	}
	err = s.team.Resend(r.Context(), r.Actor(), r.Membership.AccountID, i.ID)
	if often, ok := errors.AsType[*store.TooOftenError](err); ok {
		return s.tooSoon(r, i, often.Wait)
	}
	if text, ok := mendable(err); ok { // what it offers cannot be given any more
		r.Flash(page.Warning, text+" Remove this invitation and invite the address anew.")
		return r.Redirect(r.Path(invitationsPath))
	}
	if err != nil {
		return err
	}
	return r.Done(r.Path(invitationsPath), "A new link is on its way to %s. It is valid for 7 days; the one before stopped working.", i.Email)
}

// tooSoon shows the list again, 429, with when a new link can be sent.
func (s *Screens) tooSoon(r *gate.Request, i team.InvitationView, wait time.Duration) error {
	p, err := s.invitationsPage(r)
	if err != nil {
		return err
	}
	p.Flash = &page.Flash{Kind: page.Warning, Text: fmt.Sprintf("No new link was sent to %s: the last one went out not long ago. "+
		"Try again %s.", i.Email, page.Words(r.Now().Add(wait), r.Now()))}
	if wait <= enrolld.InvitationResend {
		p.Flash.Text = fmt.Sprintf("A link was sent to %s a moment ago. Try again in %d seconds.", i.Email, seconds(wait))
	}
	r.Writer.Header().Set("Retry-After", strconv.Itoa(seconds(wait)))
	return invitationsView.Render(r.Writer, http.StatusTooManyRequests, p)
}

func seconds(wait time.Duration) int { return int(math.Ceil(wait.Seconds())) }

// resendExpired sends a new link to everybody whose link expired, until a budget
// is spent.
func (s *Screens) resendExpired(r *gate.Request) error {
	list, err := s.team.Invitations(r.Context(), r.Membership.AccountID)
	if err != nil {
		return err
	}
	due := expired(r, list)
	sent, err := s.resendAll(r, due)
	if err != nil {
		return err
	}
	back := r.Path(invitationsPath)
	switch {
	case len(due) == 0:
		r.Flash(page.Warning, "No invitation has expired that you could renew.")
		return r.Redirect(back)
	case sent < len(due):
		r.Flash(page.Warning, fmt.Sprintf("%d of %d were sent a new link. The others were changed meanwhile, or as many were sent as can be "+
			"in a day: try again later.", sent, len(due)))
		return r.Redirect(back)
	}
	return r.Done(back, "%s sent. Each is valid for 7 days.", page.Plural(sent, "new link was", "new links were"))
}

func (s *Screens) resendAll(r *gate.Request, due []team.InvitationView) (sent int, err error) {
	for _, i := range due {
		err := s.team.Resend(r.Context(), r.Actor(), r.Membership.AccountID, i.ID)
		often, spent := errors.AsType[*store.TooOftenError](err)
		_, changed := mendable(err)
		switch {
		case err == nil:
			sent++
		case spent && often.Wait > enrolld.InvitationResend: // a budget, and the next would meet it too
			return sent, nil
		case !spent && !changed && enrolld.CodeOf(err) != enrolld.NotFound:
			return sent, err
		}
	}
	return sent, nil
}

// mendable says whether the caller can do something about an error, and what.
func mendable(err error) (text string, ok bool) {
	form := page.NewForm()
	if err == nil || gate.Mend(form, "", err) != nil {
		return "", false
	}
	return form.Error(""), true
}

// invitation is the pending one that the address names.
func (s *Screens) invitation(r *gate.Request) (team.InvitationView, error) {
	id, err := r.ID("invitation")
	if err != nil {
		return team.InvitationView{}, err
	}
	list, err := s.team.Invitations(r.Context(), r.Membership.AccountID)
	if err != nil {
		return team.InvitationView{}, err
	}
	for _, i := range list {
		if i.ID == id {
			return i, nil
		}
	}
	return team.InvitationView{}, enrolld.Errorf(enrolld.NotFound, "this invitation is not pending any more: it was accepted or removed")
}

func (s *Screens) askRemoveInvitation(r *gate.Request) error {
	i, err := s.invitation(r)
	if err != nil {
		return err
	}
	if err := enrolld.CheckInvitation(r.Membership.Member, i.Terms, r.Now()); err != nil {
		return err
	}
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base("Remove an invitation"), Confirm: page.Confirm{
		Title: fmt.Sprintf("Remove the invitation of %s?", i.Email),
		Text: []string{
			fmt.Sprintf("The link that was sent to %s stops working, and says so to whoever opens it. Nobody gets a mail about it.", i.Email),
			"To take it back, invite the address again: that sends a new link.",
		},
		Action: invitationURL(r, i.ID, "/remove"), Verb: "Remove", Danger: true, Cancel: r.Path(invitationsPath),
	}})
}

func (s *Screens) removeInvitation(r *gate.Request) error {
	i, err := s.invitation(r)
	if err != nil {
		return err
	}
	if err := s.team.RemoveInvitation(r.Context(), r.Actor(), r.Membership.AccountID, i.ID); err != nil {
		return err
	}
	return r.Done(r.Path(invitationsPath), "The invitation of %s is removed.", i.Email)
}
