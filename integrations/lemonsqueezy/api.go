package lemonsqueezy

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

const (
	host      = "api.lemonsqueezy.com"
	mediaType = "application/vnd.api+json"
)

// Limits of listing a catalogue.
const (
	mostPages = 50
	perPage   = "100"
)

func call(key enrolld.Secret, what, path string) integrations.Call {
	return integrations.Call{URL: "https://" + host + path, What: what, Header: http.Header{
		"Authorization": {"Bearer " + key.Reveal()},
		"Accept":        {mediaType},
		"Content-Type":  {mediaType},
	}}
}

func errNoKey() error {
	return enrolld.Errorf(enrolld.Invalid, "give the integration a Lemon Squeezy API key (Settings > API)")
}

// list goes through all pages of a collection.
func (p *Platform) list(ctx context.Context, key enrolld.Secret, what string, take func(integrations.Node)) error {
	for page := 1; page <= mostPages; page++ {
		query := url.Values{"page[number]": {strconv.Itoa(page)}, "page[size]": {perPage}}
		n, err := p.api.JSON(ctx, call(key, what, "/v1/"+what+"?"+query.Encode()))
		if err != nil {
			return err
		}
		for _, thing := range n.Get("data").List() {
			take(thing)
		}
		if last, ok := n.Get("meta", "page", "lastPage").Int(); !ok || int64(page) >= last {
			return nil
		}
	}
	return nil
}

// Catalogue lists the products with their variants. A product stands there once
// by itself, for rules that do not care about the variant, and once for each.
func (p *Platform) Catalogue(ctx context.Context, c integrations.Config) ([]integrations.Listed, error) {
	if c.APIKey == "" {
		return nil, errNoKey()
	}
	var out []integrations.Listed
	names := map[string]string{}
	err := p.list(ctx, c.APIKey, "products", func(n integrations.Node) {
		ref := enrolld.ProductRef{ID: n.Get("id").Text(), Name: integrations.Clean(n.Get("attributes", "name").Text())}
		if ref.ID == "" {
			return
		}
		names[ref.ID] = ref.Name
		out = append(out, integrations.Listed{Product: ref})
	})
	if err != nil {
		return nil, err
	}
	err = p.list(ctx, c.APIKey, "variants", func(n integrations.Node) {
		ref := enrolld.ProductRef{ID: n.Get("attributes", "product_id").Text(), Variant: n.Get("id").Text()}
		product, known := names[ref.ID]
		if !known || ref.Variant == "" {
			return
		}
		ref.Name = named(product, n.Get("attributes", "name").Text())
		out = append(out, integrations.Listed{Product: ref})
	})
	return out, err
}

// Refund gives money back: of an order, which is what was paid at the checkout,
// or of a subscription's invoice. Lemon Squeezy knows no key by which a request
// made twice would be one, so it is made once.
func (p *Platform) Refund(ctx context.Context, c integrations.Config, r integrations.Refund) error {
	if c.APIKey == "" {
		return errNoKey()
	}
	kind, id, err := refunded(r)
	if err != nil {
		return err
	}
	amount := r.Amount.Minor
	if kind == kindInvoice && amount == 0 {
		// An invoice's refund wants an amount.
		amount = r.Order.Payments[r.Payment].Value.Amount.Minor
	}
	data := map[string]any{"type": kind, "id": id}
	if amount > 0 {
		data["attributes"] = map[string]int64{"amount": amount}
	}
	body, err := json.Marshal(map[string]any{"data": data})
	if err != nil {
		return enrolld.Wrap(enrolld.Internal, err, "the refund cannot be written")
	}
	ask := call(c.APIKey, "a refund", "/v1/"+kind+"/"+url.PathEscape(id)+"/refund")
	ask.Method, ask.Body = http.MethodPost, body
	answer, err := p.api.Do(ctx, ask)
	if err != nil {
		return unknown()
	}
	switch s := answer.Status; {
	case s >= 200 && s < 300:
		return nil
	case s == http.StatusTooManyRequests:
		return enrolld.Errorf(enrolld.Unavailable, "Lemon Squeezy is asked too much; it did nothing yet")
	case s < 400 || s >= 500 || s == http.StatusRequestTimeout:
		return unknown()
	case s == http.StatusBadRequest || s == http.StatusConflict || s == http.StatusUnprocessableEntity:
		return enrolld.Errorf(enrolld.Invalid, "Lemon Squeezy refuses the refund. Is there that much left of the payment to give back?")
	}
	return p.api.Problem(answer, ask.What)
}

func unknown() error {
	return enrolld.Errorf(enrolld.Conflict, "Lemon Squeezy did not say whether it gave the money back. "+
		"Look at the order in Lemon Squeezy before trying again.")
}

// refunded is the one thing that a refund is of.
func refunded(r integrations.Refund) (kind, id string, err error) {
	payment := r.Payment
	if payment == "" {
		// The order's one line says no more than the order.
		if len(r.Order.Payments) > 1 {
			return "", "", enrolld.Errorf(enrolld.Invalid,
				"say which payment to give back: %d come into question", len(r.Order.Payments))
		}
		payment = first
		for only := range r.Order.Payments {
			payment = only
		}
	}
	if invoice, ok := strings.CutPrefix(payment, "invoice:"); ok && isNumber(invoice) {
		if r.Payment == "" {
			return "", "", enrolld.Errorf(enrolld.Invalid, "say that the renewal is to be given back: what was paid at first is not known")
		}
		return kindInvoice, invoice, nil
	}
	for _, ref := range r.Order.Refs.Sorted() {
		if order, ok := strings.CutPrefix(strings.TrimPrefix(ref, "test:"), "order:"); ok && payment == first && isNumber(order) {
			return kindOrder, order, nil
		}
	}
	return "", "", enrolld.Errorf(enrolld.Invalid, "nothing is known of a payment at Lemon Squeezy that could be given back")
}

func isNumber(s string) bool {
	return s != "" && !slices.ContainsFunc([]byte(s), func(b byte) bool { return b < '0' || b > '9' })
}
