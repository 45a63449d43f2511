package catalogue

import (
	"fmt"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

type editPage struct {
	page.Base
	Back     string
	Product  enrolld.Product
	Platform string
	Form     *page.Form
	Courses  []page.Option
	Problem  string // why the site's courses could not be read
	// Effect says whom the change is about.
	Effect                 string
	Refund, Cancel, Expiry []page.Option
	Now                    []page.Fact // the rule as it is; nil: there is none
	Gives                  string
}

var editView = page.New[editPage](files, "edit")

func (s *Screens) edit(r *gate.Request) error {
	p, err := s.product(r)
	if err != nil {
		return err
	}
	view, err := s.editPage(r, p, fill(p), s.site(r, true))
	if err != nil {
		return err
	}
	return gate.Show(r, editView, view)
}

func (s *Screens) save(r *gate.Request) error {
	p, err := s.product(r)
	if err != nil {
		return err
	}
	form, err := r.Form()
	if err != nil {
		return err
	}
	site := s.site(r, true)
	in := parse(form, site, p)
	if form.Failed() {
		return s.editAgain(r, p, form, site)
	}
	n, err := s.frame.DB.SaveRule(r.Context(), r.Actor(), r.Account.ID, p.ID, r.Scope(), in.Seen, in.Rule)
	if err != nil {
		if err := gate.Mend(form, "", err); err != nil {
			return err
		}
		return s.editMoved(r, form, site)
	}
	return r.Done(pathOf(r, p), "Saved. %s", effectDone(n))
}

// editMoved shows the form beside the rule that somebody else has given meanwhile.
func (s *Screens) editMoved(r *gate.Request, form *page.Form, site site) error {
	p, err := s.product(r)
	if err != nil {
		return err
	}
	return s.editAgain(r, p, see(form, p), site)
}

func (s *Screens) editAgain(r *gate.Request, p enrolld.Product, form *page.Form, site site) error {
	view, err := s.editPage(r, p, form, site)
	if err != nil {
		return err
	}
	return gate.ShowAgain(r, editView, view)
}

func (s *Screens) editPage(r *gate.Request, p enrolld.Product, form *page.Form, site site) (*editPage, error) {
	use, err := s.frame.DB.ProductUse(r.Context(), p)
	if err != nil {
		return nil, err
	}
	view := &editPage{
		Base: r.Base("What " + p.Label() + " gives"), Back: pathOf(r, p), Product: p, Platform: s.platform(p.Platform), Form: form,
		Courses: options(form, site, p), Problem: site.Problem, Effect: effect(use.Customers),
		Refund: refundChoices, Cancel: cancelChoices, Expiry: expiryChoices, Gives: site.give(p),
	}
	if p.MappedAt != nil {
		view.Now = ruleFacts(p.Rule)
	}
	return view, nil
}

func effect(customers int) string {
	if customers == 0 {
		return "Nobody has an order with this product yet. What you save is for those to come."
	}
	return page.Plural(customers, "customer has", "customers have") + " an order with this product. " +
		"When you save, their access is derived again: they get and lose courses as if this rule had stood from the beginning. " +
		"To take it back, save the old rule again."
}

func effectDone(customers int64) string {
	switch customers {
	case 0:
		return "Nobody has an order with this product yet."
	case 1:
		return "The access of 1 customer is being derived again."
	}
	return fmt.Sprintf("The access of %d customers is being derived again.", customers)
}
