package surecart

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

const (
	host = "api.surecart.com"
	base = "https://" + host + "/v1/"
)

// call is a question to SureCart's API.
func call(c integrations.Config, path string, query url.Values, body []byte, what string) integrations.Call {
	out := integrations.Call{URL: base + path, What: what, Header: http.Header{
		"Authorization": {"Bearer " + c.APIKey.Reveal()}, "Accept": {"application/json"},
	}}
	if len(query) > 0 {
		out.URL += "?" + query.Encode()
	}
	if body != nil {
		out.Method, out.Body = http.MethodPost, body
		out.Header.Set("Content-Type", "application/json")
	}
	return out
}

func errNoKey() error {
	return enrolld.Parkf("SureCart does not say who purchased, nor whether it was revoked. Give the integration an API token of the store " +
		"(SureCart > Settings > Advanced > Connection, or in your SureCart account under API).")
}

// Complete asks who purchased what, and how its subscription stands; of a delivery
// about a subscription whether its purchase is revoked.
func (p *Platform) Complete(
	ctx context.Context, c integrations.Config, r integrations.Request, parsed integrations.Parsed,
) (integrations.Parsed, error) {
	d, err := read(r)
	if err != nil || len(parsed.Events) == 0 {
		return parsed, err
	}
	if c.APIKey == "" {
		return parsed, errNoKey()
	}
	e := parsed.Events[0]
	query := url.Values{"expand[]": {
		"customer", "customer.billing_address", "product", "price", "subscription", "initial_order",
	}}
	n, err := p.api.JSON(ctx, call(c, "purchases/"+url.PathEscape(e.Lines[0].Key), query, nil, "purchases"))
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return parsed, enrolld.Parkf("SureCart knows no such purchase. Is the API token of the same store?")
	}
	if err != nil {
		return parsed, err
	}
	if n.Get("id").Text() != e.Lines[0].Key {
		return parsed, enrolld.Errorf(enrolld.Unavailable, "SureCart's answer is not about the purchase that was asked for")
	}
	if !strings.HasPrefix(d.name, "purchase.") {
		if n.Get("revoked").Bool() {
			return integrations.Parsed{Ignored: "The purchase is revoked: its subscription changes no access until SureCart invokes it again."}, nil
		}
		return integrations.Parsed{Events: parsed.Events}, nil
	}
	if err := d.complete(&e, n); err != nil {
		return parsed, err
	}
	return integrations.Parsed{Events: []enrolld.Event{e}}, e.Check() //nolint:wrapcheck // it is for people
}

func (d delivery) complete(e *enrolld.Event, n integrations.Node) error {
	if !n.Get("customer").IsObject() {
		return enrolld.Errorf(enrolld.Unavailable, "SureCart's answer has no customer")
	}
	customer := n.Get("customer")
	buyer, err := integrations.Buyer(customer.Get("email").Text(), customer.Get("first_name").Text(),
		customer.Get("last_name").Text(), customer.Get("name").Text(), customer.Get("billing_address", "country").Text())
	if err != nil {
		return err
	}
	e.Buyer, e.Number = buyer, n.Get("initial_order", "number").Text()
	// The product may have been changed since; then its name is not of this one.
	ref := &e.Lines[0].Product
	if product := n.Get("product"); id(product) == ref.ID {
		ref.Name = integrations.Clean(product.Get("name").Text())
	}
	sub := n.Get("subscription")
	if !sub.IsObject() || e.Subscription == nil || e.Subscription.Value.State != enrolld.SubscriptionActive {
		return nil
	}
	// What ended since is told by itself: the answer counts for this delivery's
	// time, at which the purchase stood.
	if st, ok := standing(sub); ok && st.State != enrolld.SubscriptionEnded {
		e.Subscription.Value = st
	}
	e.Payment = paidPeriod(sub, e.Lines[0].Key, d.at)
	return nil
}

// mostPages bounds how far a list is read.
const mostPages = 50

// Catalogue lists the products and, where there are several, their prices.
func (p *Platform) Catalogue(ctx context.Context, c integrations.Config) ([]integrations.Listed, error) {
	if c.APIKey == "" {
		return nil, errNoKey()
	}
	var out []integrations.Listed
	const limit = 100
	for page := range mostPages {
		query := url.Values{
			"limit": {strconv.Itoa(limit)}, "page": {strconv.Itoa(page + 1)}, "expand[]": {"prices", "variants"},
		}
		n, err := p.api.JSON(ctx, call(c, "products", query, nil, "products"))
		if err != nil {
			return nil, err
		}
		data := n.Get("data")
		if !data.Exists() {
			return nil, enrolld.Errorf(enrolld.Unavailable, "SureCart's list of products cannot be read")
		}
		products := data.List()
		for _, product := range products {
			out = append(out, listed(product)...)
		}
		if len(products) < limit {
			break
		}
	}
	return out, nil
}

func listed(product integrations.Node) []integrations.Listed {
	key, name := id(product), integrations.Clean(product.Get("name").Text())
	if key == "" {
		return nil
	}
	out := []integrations.Listed{{Product: enrolld.ProductRef{ID: key, Name: pick(name, key)}}}
	variants := product.Get("variants", "data").List()
	if len(variants) == 0 {
		variants = product.Get("prices", "data").List()
	}
	if len(variants) < 2 {
		return out
	}
	for _, v := range variants {
		own := integrations.Clean(v.First("name", "option_1").Text())
		if id(v) != "" {
			out = append(out, integrations.Listed{Product: enrolld.ProductRef{
				ID: key, Variant: id(v), Name: strings.Trim(name+" - "+own, " -"),
			}})
		}
	}
	return out
}

// Refund gives money back. SureCart knows no key that would keep it from happening
// twice, so a call that is not answered is for a person to look after. Whether
// access goes is what SureCart says of the purchase afterwards.
func (p *Platform) Refund(ctx context.Context, c integrations.Config, r integrations.Refund) error {
	if c.APIKey == "" {
		return errNoKey()
	}
	charge, left, err := p.charge(ctx, c, r)
	if err != nil {
		return err
	}
	amount := r.Amount
	switch {
	case amount.Minor < 0:
		return enrolld.Errorf(enrolld.Invalid, "a sum to give back cannot be less than nothing")
	case amount.Minor == 0 && r.Line != "" && len(r.Order.Lines) > 1:
		return enrolld.Errorf(enrolld.Invalid, "say how much to give back: the price of a single product is not known")
	case amount.Minor == 0:
		amount = left
	case amount.Currency != "" && amount.Currency != left.Currency:
		return enrolld.Errorf(enrolld.Invalid, "the order was paid in %s: say the sum in it", left.Currency)
	case amount.Minor > left.Minor:
		return enrolld.Errorf(enrolld.Invalid, "SureCart has less left of the order than is to be given back")
	}
	body, err := json.Marshal(map[string]any{"refund": map[string]any{
		"charge_id": charge, "amount": amount.Minor, "reason": "requested_by_customer",
	}})
	if err != nil {
		return enrolld.Wrap(enrolld.Internal, err, "a refund cannot be written")
	}
	answer, err := p.api.Do(ctx, call(c, "refunds", nil, body, "a refund"))
	if err == nil {
		err = p.api.Problem(answer, "refunds")
	}
	if enrolld.CodeOf(err) == enrolld.Unavailable {
		return enrolld.Wrap(enrolld.Conflict, err,
			"SureCart did not say whether it gave the money back. Look at the order there before trying again.")
	}
	return err
}

// charge finds what was paid for an order, and how much of it is left.
func (p *Platform) charge(ctx context.Context, c integrations.Config, r integrations.Refund) (string, enrolld.Money, error) {
	var none enrolld.Money
	order, more := "", false
	for ref := range r.Order.Refs {
		if _, o, ok := strings.Cut(ref, "order:"); ok {
			more, order = order != "", o
		}
	}
	if order == "" || more || strings.HasPrefix(r.Payment, "period:") {
		return "", none, enrolld.Errorf(enrolld.Invalid,
			"which charge is meant cannot be told from here: give the money of renewals and changed plans back in SureCart")
	}
	n, err := p.api.JSON(ctx, call(c, "orders/"+url.PathEscape(order), nil, nil, "orders"))
	if err != nil {
		return "", none, err
	}
	checkout := id(n.Get("checkout"))
	if checkout == "" {
		return "", none, enrolld.Errorf(enrolld.Invalid, "SureCart knows no checkout of the order")
	}
	query := url.Values{"checkout_ids[]": {checkout}, "limit": {"100"}}
	n, err = p.api.JSON(ctx, call(c, "charges", query, nil, "charges"))
	if err != nil {
		return "", none, err
	}
	charge, left, count := "", none, 0
	for _, ch := range n.Get("data").List() {
		// The filter is not relied on: it would give somebody else's money back.
		if id(ch.Get("checkout")) != checkout {
			continue
		}
		cur := ch.Get("currency").Text()
		m := ch.Get("amount").Minor(cur)
		m.Minor -= ch.Get("refunded_amount").Minor(cur).Minor
		if m.Minor > 0 && !ch.Get("fully_refunded").Bool() {
			charge, left, count = id(ch), m, count+1
		}
	}
	if count != 1 {
		return "", none, enrolld.Errorf(enrolld.Invalid,
			"the order has %d charges with something left to give back; do it in SureCart", count)
	}
	return charge, left, nil
}
