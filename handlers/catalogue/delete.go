package catalogue

import (
	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

func (s *Screens) askDelete(r *gate.Request) error {
	p, err := s.product(r)
	if err != nil {
		return err
	}
	use, err := s.frame.DB.ProductUse(r.Context(), p)
	if err != nil {
		return err
	}
	if use.Lines > 0 {
		return s.refuse(r, p, page.Plural(use.Lines, "order line names", "order lines name")+" this product, so that it cannot be deleted. "+
			"To stop it from giving anything, change its rule to give no course.")
	}
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base("Delete " + p.Label()), Confirm: page.Confirm{
		Title: "Delete " + p.Label() + "?",
		Text: []string{
			"The product and its rule go from this account. No order names it, so nobody loses access.",
			"While " + s.platform(p.Platform) + " still sells it, it comes back without a rule as soon as it is sold or listed again; " +
				"it then has to be given to users again who were given it by choice.",
		},
		Action: pathOf(r, p) + "/delete", Verb: "Delete", Danger: true, Cancel: pathOf(r, p),
	}})
}

func (s *Screens) delete(r *gate.Request) error {
	p, err := s.product(r)
	if err != nil {
		return err
	}
	err = s.frame.DB.ForgetProduct(r.Context(), r.Actor(), r.Account.ID, p.ID, r.Scope())
	if enrolld.CodeOf(err) == enrolld.Conflict {
		return s.refuse(r, p, "An order names this product by now, so that it cannot be deleted.")
	}
	if err != nil {
		return err
	}
	return r.Done(r.Path("/products"), "%s was deleted.", p.Label())
}

func (s *Screens) refuse(r *gate.Request, p enrolld.Product, why string) error {
	r.Flash(page.Warning, why)
	return r.Redirect(pathOf(r, p))
}
