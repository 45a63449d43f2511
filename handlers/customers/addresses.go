package customers

import (
	"fmt"
	"strings"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

type addressesPage struct {
	page.Base
	Now      time.Time
	Back     string
	Name     string
	Customer enrolld.Customer
	Further  []furtherRow
	Form     *page.Form
	Known    *known // somebody else has the address that was typed
}

// furtherRow is a further address with what one can do with it.
type furtherRow struct {
	Email              string
	Since              time.Time
	MainURL, RemoveURL string
}

var addressesView = page.New[addressesPage](files, "addresses")

func addressesPath(r *gate.Request, id int64) string { return pathOf(r, id) + "/addresses" }

func (s *Screens) showAddresses(r *gate.Request) error {
	c, err := s.customer(r)
	if err != nil {
		return err
	}
	p, err := s.addressesPage(r, c, page.NewForm())
	if err != nil {
		return err
	}
	return gate.Show(r, addressesView, p)
}

func (s *Screens) addressesPage(r *gate.Request, c enrolld.Customer, form *page.Form) (*addressesPage, error) {
	list, err := s.frame.DB.AddressesOf(r.Context(), r.Account.ID, c.ID)
	p := &addressesPage{
		Base: r.Base("Addresses of " + c.Label()), Now: r.Now(), Back: pathOf(r, c.ID), Name: c.Label(), Customer: c, Form: form,
	}
	for _, a := range list {
		p.Further = append(p.Further, furtherRow{
			Email: a.Email, Since: a.Since, MainURL: fmt.Sprintf("%s/profile?main=%d", p.Back, a.ID),
			RemoveURL: fmt.Sprintf("%s/addresses/%d/remove", p.Back, a.ID),
		})
	}
	return p, err
}

func (s *Screens) addAddress(r *gate.Request) error {
	c, err := s.customer(r)
	if err != nil {
		return err
	}
	form, err := r.Form()
	if err != nil {
		return err
	}
	email, key, err := enrolld.ParseEmail(form.Get("email"))
	var who *known
	if err != nil {
		_ = gate.Mend(form, "email", err) // an address that cannot be read can always be mended
	} else if who, err = s.taken(r, c, key); err != nil {
		return err
	}
	switch {
	case who != nil:
		form.Fail("email", "This is the address of another customer.")
	case !form.Failed():
		err := s.access.AddAddress(r.Context(), r.Actor(), r.Account.ID, c.ID, email)
		if err == nil {
			return r.Done(addressesPath(r, c.ID), "%s was added. What is bought by it is theirs.", email)
		}
		if err := gate.Mend(form, "email", err); err != nil {
			return err
		}
	}
	p, err := s.addressesPage(r, c, form)
	if err != nil {
		return err
	}
	p.Known = who
	return gate.ShowAgain(r, addressesView, p)
}

// address is the further address that the path names.
func (s *Screens) address(r *gate.Request, c enrolld.Customer) (store.Address, error) {
	id, err := r.ID("address")
	if err != nil {
		return store.Address{}, err
	}
	list, err := s.frame.DB.AddressesOf(r.Context(), r.Account.ID, c.ID)
	for _, a := range list {
		if a.ID == id {
			return a, err
		}
	}
	if err == nil {
		err = enrolld.Errorf(enrolld.NotFound, "this customer has no such address")
	}
	return store.Address{}, err
}

func (s *Screens) askRemoveAddress(r *gate.Request) error {
	c, err := s.customer(r)
	if err != nil {
		return err
	}
	a, err := s.address(r, c)
	if err != nil {
		return err
	}
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base("Remove an address"), Confirm: page.Confirm{
		Title: "Remove " + a.Email + "?",
		Text: []string{
			fmt.Sprintf("%s keeps everything they have. Who buys by this address from now on is another customer.", c.Label()),
			"You can add it again, as long as nobody has bought by it.",
		},
		Action: r.URL.Path, Verb: "Remove address", Danger: true, Cancel: addressesPath(r, c.ID),
	}})
}

func (s *Screens) removeAddress(r *gate.Request) error {
	c, err := s.customer(r)
	if err != nil {
		return err
	}
	a, err := s.address(r, c)
	if err != nil {
		return err
	}
	err = s.access.RemoveAddress(r.Context(), r.Actor(), r.Account.ID, c.ID, a.ID)
	if enrolld.CodeOf(err) == enrolld.Conflict {
		r.Flash(page.Warning, gate.Sentence(err))
		return r.Redirect(addressesPath(r, c.ID))
	}
	if err != nil {
		return err
	}
	return r.Done(addressesPath(r, c.ID), "%s was removed.", a.Email)
}

// emails joins further addresses for a fact.
func emails(list []store.Address) string {
	words := make([]string, len(list))
	for i, a := range list {
		words[i] = a.Email
	}
	return strings.Join(words, ", ")
}
