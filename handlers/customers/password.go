package customers

import (
	"fmt"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

// linksPerHour is how many links to set a password one customer gets, whoever sends
// them.
var linksPerHour = store.Budget{Every: 20 * time.Minute, Burst: 3}

// askLink says what a link to set a password is before one is sent. The link itself
// is shown to nobody: whoever saw it could set the password.
func (s *Screens) askLink(r *gate.Request) error {
	c, err := s.reachable(r)
	if err != nil {
		return err
	}
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base("Send a link to set a password"), Confirm: page.Confirm{
		Title: "Send " + c.Label() + " a link to set a password?",
		Text: []string{
			"The member gets an email with a fresh link, at the address of their WordPress user, and chooses a password themselves. " +
				"A link that was sent before stops working; the present password works until they set another one.",
			"You will not see the link. It cannot be taken back, and ends by itself after some days.",
		},
		Action: pathOf(r, c.ID) + "/password", Verb: "Send the link", Cancel: s.pageOf(r, c.ID),
	}})
}

func (s *Screens) sendLink(r *gate.Request) error {
	c, err := s.reachable(r)
	if err != nil {
		return err
	}
	wait, err := s.frame.DB.Spend(r.Context(), fmt.Sprintf("set-password link %d", c.ID), linksPerHour)
	if err != nil {
		return err
	}
	if wait > 0 {
		return store.TooOften(wait)
	}
	if err := s.access.SendLink(r.Context(), r.Actor(), r.Account.ID, c.ID); err != nil {
		if code := enrolld.CodeOf(err); code != enrolld.Invalid && code != enrolld.Conflict {
			return err
		}
		r.Flash(page.Warning, "No link was sent. "+gate.Sentence(err))
		return r.Redirect(s.pageOf(r, c.ID))
	}
	return r.Done(s.pageOf(r, c.ID), "A link to set a password is on its way to %s.", c.Label())
}
