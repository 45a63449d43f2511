package gumroad

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"enrolld"
	"enrolld/integrations"
)

// Refund gives money back for one sale. Gumroad has no key by which it would know
// a second try, so that a call without an answer is nobody's guess.
func (p *Platform) Refund(ctx context.Context, c integrations.Config, r integrations.Refund) error {
	id, paid, err := refundable(r)
	if err != nil {
		return err
	}
	q := question{p.api, c.APIKey}
	form := url.Values{}
	if r.Amount.Minor > 0 && r.Amount.Minor < paid.Minor {
		if err := q.mayRefundPart(ctx, id, r.Amount); err != nil {
			return err
		}
		form.Set("amount_cents", strconv.FormatInt(r.Amount.Minor, 10))
	}
	const what = "a refund"
	unsure := enrolld.Errorf(enrolld.Conflict,
		"Gumroad did not say whether the refund was made: look at the sale there before trying again")
	answer, err := p.api.Do(ctx, q.call(http.MethodPut, "sales/"+id+"/refund", what, form))
	if err != nil || answer.Status >= http.StatusInternalServerError || answer.Status == http.StatusRequestTimeout {
		return unsure
	}
	if err := p.api.Problem(answer, what); err != nil {
		return err
	}
	if n, err := integrations.DecodeJSON(answer.Body); err == nil && n.Get("success").Exists() && !n.Get("success").Bool() {
		return enrolld.Errorf(enrolld.Invalid, "Gumroad refuses the refund: look at the sale there; "+
			"perhaps it is refunded already, or refunds are not possible for the account at the moment")
	}
	return nil
}

// refundable finds the sale to refund, and what was paid for it.
func refundable(r integrations.Refund) (id string, paid enrolld.Money, err error) {
	id = r.Payment
	if id == "" && len(r.Order.Payments) == 1 {
		for only := range r.Order.Payments {
			id = only
		}
	}
	p, ok := r.Order.Payments[id]
	switch {
	case id == "" && len(r.Order.Payments) > 1:
		return "", paid, enrolld.Errorf(enrolld.Invalid, "Gumroad gives money back payment by payment: say which one")
	case !ok || !isID(id):
		return "", paid, enrolld.Errorf(enrolld.Invalid, "the order has no payment of Gumroad's to give back")
	case r.Amount.Minor < 0 || r.Amount.Minor > 0 && r.Amount.Currency != currency:
		return "", paid, enrolld.Errorf(enrolld.Invalid, "Gumroad's payments are in US dollars: give an amount in those")
	}
	return id, p.Value.Amount, nil
}

// mayRefundPart asks whether a part in US dollars can be asked back: Gumroad wants
// it in the currency that the buyer saw.
func (q question) mayRefundPart(ctx context.Context, id string, part enrolld.Money) error {
	n, _, err := q.get(ctx, "sales/"+id, "a sale", "sale")
	if err != nil {
		return err
	}
	if !inDollars(n) {
		return enrolld.Errorf(enrolld.Invalid, "the buyer paid in another currency than US dollars: "+
			"give all of it back, or a part at Gumroad itself")
	}
	left, err := n.Get("amount_refundable_in_currency").Decimal(currency)
	if err == nil && left.Minor < part.Minor {
		return enrolld.Errorf(enrolld.Invalid, "only %s of the sale can still be given back", left)
	}
	return nil
}

// Bounds of a catalogue.
const (
	mostPages    = 50
	mostVariants = 100 // of one product
)

// Catalogue lists the products, and what can be chosen of each.
func (p *Platform) Catalogue(ctx context.Context, c integrations.Config) ([]integrations.Listed, error) {
	q := question{p.api, c.APIKey}
	var out []integrations.Listed
	path := "products"
	for range mostPages {
		n, err := p.api.JSON(ctx, q.call("", path, "the products", nil))
		if err != nil {
			return nil, err
		}
		if !n.Get("success").Bool() {
			return nil, enrolld.Errorf(enrolld.Unavailable, "Gumroad's list of products cannot be read")
		}
		for _, product := range n.Get("products").List() {
			out = append(out, listed(product)...)
		}
		next := n.Get("next_page_key").Text()
		if next == "" {
			break
		}
		path = "products?" + url.Values{"page_key": {next}}.Encode()
	}
	return out, nil
}

// listed is a product as a whole, and with each choice that can be made of it.
func listed(product integrations.Node) []integrations.Listed {
	ref := enrolld.ProductRef{ID: product.Get("id").Text(), Name: integrations.Clean(product.Get("name").Text())}
	if ref.ID == "" || product.Get("deleted").Bool() {
		return nil
	}
	out := []integrations.Listed{{Product: ref}}
	for _, chosen := range choices(product.Get("variants")) {
		v := ref
		v.Variant, v.Name = chosen, ref.Name+" ("+chosen+")"
		out = append(out, integrations.Listed{Product: v})
	}
	return out
}
