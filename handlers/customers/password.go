package customers

import (
	"fmt"
	"slices"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

// linksPerHour is how many links to set a password one customer gets, whoever sends
// them.
var linksPerHour = store.Budget{Every: 20 * time.Minute, Burst: 3}

// reached is the customer that the address names, for who may browse, or has
// searched for them.
func (s *Screens) reached(r *gate.Request) (enrolld.Customer, error) {
	c, err := s.customer(r)
	if err != nil || r.May(enrolld.PermCustomersBrowse) ||
		r.May(enrolld.PermCustomersSearch) && slices.Contains(numbers(r.Session().Get(foundKey(r))), c.ID) {
		return c, err
	}
	return enrolld.Customer{}, enrolld.Errorf(enrolld.NotFound, "there is no such customer")
}

// backTo is the customer's page for the caller.
func backTo(r *gate.Request, c enrolld.Customer) string {
	if r.May(enrolld.PermCustomersBrowse) {
		return pathOf(r, c.ID)
	}
	return r.Path(fmt.Sprintf("%s/found/%d", below, c.ID))
}

// askLink says what a link to set a password is before one is sent. The link itself
// is shown to nobody: whoever saw it could set the password.
func (s *Screens) askLink(r *gate.Request) error {
	c, err := s.reached(r)
	if err != nil {
		return err
	}
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base("Send a link to set a password"), Confirm: page.Confirm{
		Title: "Send " + nameOf(c) + " a link to set a password?",
		Text: []string{
			"The member gets an email with a fresh link, at the address of their WordPress user, and chooses a password themselves. " +
				"A link that was sent before stops working; the present password works until they set another one.",
			"You will not see the link. It cannot be taken back, and ends by itself after some days.",
		},
		Action: pathOf(r, c.ID) + "/password", Verb: "Send the link", Cancel: backTo(r, c),
	}})
}

func (s *Screens) sendLink(r *gate.Request) error {
	c, err := s.reached(r)
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
		return r.Redirect(backTo(r, c))
	}
	return r.Done(backTo(r, c), "A link to set a password is on its way to %s.", nameOf(c))
}
