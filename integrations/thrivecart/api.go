package thrivecart

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

var (
	_ integrations.Cataloguer = Platform{}
	_ integrations.Refunder   = Platform{}
)

// host is where ThriveCart's API is, below base (developers.thrivecart.com,
// thrivecart/php-api).
const (
	host = "thrivecart.com"
	base = "https://" + host + "/api/external"
)

// call begins a question to the API.
func call(c integrations.Config, path, mode, what string) (integrations.Call, error) {
	if c.APIKey == "" {
		return integrations.Call{}, enrolld.Errorf(enrolld.Invalid, "give the integration a ThriveCart API key first "+
			"(Settings > API & Webhooks > ThriveCart API)")
	}
	return integrations.Call{URL: base + path, What: what, Header: http.Header{
		"Authorization": {"Bearer " + c.APIKey.Reveal()}, "X-Tc-Mode": {mode}, "Accept": {"application/json"},
	}}, nil
}

// lists are the API's lists by the kind of item that they hold. A bump has the
// number of its product.
var lists = []struct{ kind, path string }{
	{"product", "/products"}, {"bump", "/bumps"}, {"upsell", "/upsells"}, {"downsell", "/downsells"},
}

// Catalogue lists products, bumps, upsells and downsells.
func (p Platform) Catalogue(ctx context.Context, c integrations.Config) ([]integrations.Listed, error) {
	var out []integrations.Listed
	for _, l := range lists {
		q, err := call(c, l.path, "live", "the "+l.kind+"s")
		if err != nil {
			return nil, err
		}
		n, err := p.api.JSON(ctx, q)
		if enrolld.CodeOf(err) == enrolld.NotFound {
			continue // an account that has none of the kind
		}
		if err != nil {
			return nil, err
		}
		if rows := n.Get(l.kind + "s"); rows.Exists() {
			n = rows
		}
		for _, row := range n.List() {
			i := item{kind: l.kind, reference: row.First(l.kind+"_id", "id", "product_id").Text(),
				name: integrations.Clean(row.First("name", "label").Text())}
			if i.known() {
				out = append(out, integrations.Listed{Product: i.product()})
			}
		}
	}
	return out, nil
}

// Refund gives back one item, in full: the API knows nothing else. It has no
// keys by which a refund could be tried twice.
func (p Platform) Refund(ctx context.Context, c integrations.Config, r integrations.Refund) error {
	order := ""
	for _, ref := range r.Order.Refs.Sorted() {
		if id, ok := strings.CutPrefix(strings.TrimPrefix(ref, "test:"), "order:"); ok {
			order = id
		}
	}
	line := r.Line
	if keys := r.Order.LineKeys(); line == "" && len(keys) == 1 {
		line = keys[0]
	}
	price := r.Order.Lines[line].Sale.Value.Amount
	switch {
	case order == "":
		return enrolld.Errorf(enrolld.Invalid, "ThriveCart's number of the order is not known")
	case !parseKey(line).known():
		return enrolld.Errorf(enrolld.Invalid, "say which item of the order to give back: ThriveCart gives back one item at a time")
	case r.Payment != "" && len(r.Order.Payments) > 1:
		return enrolld.Errorf(enrolld.Invalid, "ThriveCart's API gives back items; one payment of several has to be given back in ThriveCart")
	case r.Amount.Minor > 0 && r.Amount.Minor != price.Minor:
		return enrolld.Errorf(enrolld.Invalid, "ThriveCart's API gives back an item in full only; a part has to be given back in ThriveCart")
	}
	mode := "live"
	if r.Order.Test {
		mode = "test"
	}
	q, err := call(c, "/refund", mode, "a refund")
	if err != nil {
		return err
	}
	form := url.Values{"order_id": {order}, "reference": {line}}
	if r.Reason != "" {
		form.Set("reason", strings.ToValidUTF8(r.Reason[:min(len(r.Reason), maxReason)], ""))
	}
	q.Method, q.Body = http.MethodPost, []byte(form.Encode())
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := p.api.Do(ctx, q)
	if err == nil {
		err = p.api.Problem(answer, q.What)
	}
	if enrolld.CodeOf(err) == enrolld.Unavailable {
		return enrolld.Wrap(enrolld.Conflict, err, "ThriveCart did not say whether it gave the money back: look at the order there before trying again")
	}
	return err
}

// maxReason is the longest reason that the API takes.
const maxReason = 200
