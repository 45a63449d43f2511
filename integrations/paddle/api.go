package paddle

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// Paddle's API has a host for each of its two worlds.
const (
	liveHost    = "api.paddle.com"
	sandboxHost = "sandbox-api.paddle.com"
)

// How long a customer's address is kept, and of how many: one purchase is told
// by several notifications within minutes.
const (
	customerTTL   = 10 * time.Minute
	mostCustomers = 5_000
)

// customer is who Paddle knows by an id.
type customer struct{ email, name string }

// question is one integration's talk with the API.
type question struct {
	p    *Platform
	key  enrolld.Secret
	host string
}

func (p *Platform) question(c integrations.Config) question {
	q := question{p: p, key: c.APIKey, host: liveHost}
	if p.sandbox(c) {
		q.host = sandboxHost
	}
	return q
}

// call makes a question of a path whose parts are joined by slashes.
func (q question) call(what, query string, path ...string) integrations.Call {
	for i := range path {
		path[i] = url.PathEscape(path[i])
	}
	u := "https://" + q.host + "/" + strings.Join(path, "/")
	if query != "" {
		u += "?" + query
	}
	return integrations.Call{URL: u, What: what, Header: http.Header{
		"Authorization":  {"Bearer " + q.key.Reveal()},
		"Paddle-Version": {"1"},
		"Accept":         {"application/json"},
	}}
}

// get asks for one thing that a delivery named. That Paddle does not know it is
// a matter of the key, since the delivery is Paddle's own.
func (q question) get(ctx context.Context, what, collection, id string) (integrations.Node, error) {
	n, err := q.p.api.JSON(ctx, q.call(what, "", collection, id))
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return n, enrolld.Parkf("Paddle knows no such thing when asked for %s. Is the API key of the same Paddle "+
			"account as the notification destination, and both of the sandbox or both live?", what)
	}
	if err == nil && n.Get("data", "id").Text() != id {
		return n, enrolld.Errorf(enrolld.Unavailable, "Paddle answered something else when asked for %s", what)
	}
	return n.Get("data"), err
}

// customer asks who a customer is.
func (q question) customer(ctx context.Context, id string) (customer, error) {
	return q.p.customers.Get(ctx, func(ctx context.Context) (customer, error) {
		n, err := q.get(ctx, "customers (permission customer.read)", "customers", id)
		// Copied, since a node's text keeps all of the answer.
		return customer{strings.Clone(n.Get("email").Text()), strings.Clone(n.Get("name").Text())}, err
	}, q.host, q.key.Reveal(), id)
}

// Complete asks who bought and, for a refund of a part of a subscription's
// transaction, of which lines.
func (p *Platform) Complete(
	ctx context.Context, c integrations.Config, r integrations.Request, parsed integrations.Parsed,
) (integrations.Parsed, error) {
	d, err := p.read(c, r)
	if err != nil || len(parsed.Events) == 0 {
		return parsed, err
	}
	if c.APIKey == "" {
		return parsed, enrolld.Parkf("Paddle names its customers by numbers only. Give the integration a Paddle API " +
			"key (Paddle > Developer tools > Authentication) with the permissions customer.read and transaction.read.")
	}
	q := p.question(c)
	if len(parsed.Events[0].Refunds) > 0 {
		err = q.completeRefund(ctx, d, &parsed.Events[0])
	} else {
		err = q.completeBuyer(ctx, d, parsed.Events)
	}
	if err == nil {
		err = check(parsed.Events)
	}
	parsed.Incomplete = err != nil
	return parsed, err
}

// completeBuyer names the buyer in what the delivery says of its own time, not
// in what it lets suppose of the time before.
func (q question) completeBuyer(ctx context.Context, d delivery, events []enrolld.Event) error {
	who, err := q.customer(ctx, d.text("customer_id"))
	if err != nil {
		return err
	}
	buyer, err := integrations.Buyer(who.email, "", "", who.name, "")
	if err != nil {
		return err
	}
	for i := range events {
		if events[i].At.Equal(d.at) {
			events[i].Buyer = buyer
		}
	}
	return nil
}

// completeRefund finds the lines of a refund. One that takes all of the
// transaction, or is of its only line, stays a refund of the transaction.
func (q question) completeRefund(ctx context.Context, d delivery, e *enrolld.Event) error {
	txn, err := q.get(ctx, "transactions (permission transaction.read)", "transactions", d.text("transaction_id"))
	if err != nil {
		return err
	}
	lines := map[string]string{}
	for _, i := range items(txn) {
		lines[i.id] = i.key()
	}
	back, whole := d.data.Get("totals", "total").Minor(d.currency()), txn.Get("details", "totals", "total").Minor(d.currency())
	switch {
	case whole.Minor > 0 && back.Minor >= whole.Minor:
		e.Refunds = d.wholeRefund(true)
	case len(lines) > 1:
		e.Refunds = d.itemRefunds(func(item string) string { return lines[item] })
	}
	return nil
}

// Limits of listing a catalogue.
const (
	mostPages = 50
	perPage   = "200"
)

// Catalogue lists the products with their prices. A product stands there once by
// itself, for rules that do not care about the price, and once for each price.
func (p *Platform) Catalogue(ctx context.Context, c integrations.Config) ([]integrations.Listed, error) {
	if c.APIKey == "" {
		return nil, enrolld.Errorf(enrolld.Invalid, "give the integration a Paddle API key with the permissions product.read and price.read")
	}
	q := p.question(c)
	query := url.Values{"include": {"prices"}, "per_page": {perPage}, "status": {"active"}}
	var out []integrations.Listed
	for range mostPages {
		n, err := p.api.JSON(ctx, q.call("products (permissions product.read and price.read)", query.Encode(), "products"))
		if err != nil {
			return nil, err
		}
		last := ""
		for _, product := range n.Get("data").List() {
			last = product.Get("id").Text()
			out = append(out, listed(product)...)
		}
		if last == "" || !n.Get("meta", "pagination", "has_more").Bool() {
			return out, nil
		}
		query.Set("after", last)
	}
	return out, nil
}

func listed(product integrations.Node) []integrations.Listed {
	ref := enrolld.ProductRef{ID: product.Get("id").Text(), Name: integrations.Clean(product.Get("name").Text())}
	if ref.ID == "" {
		return nil
	}
	out := []integrations.Listed{{Product: ref}}
	for _, price := range product.Get("prices").List() {
		id := price.Get("id").Text()
		if id == "" || price.Get("status").Text() == "archived" {
			continue
		}
		name := ref.Name
		if of := integrations.Clean(price.First("name", "description").Text()); of != "" {
			name += ", " + of
		}
		out = append(out, integrations.Listed{Product: enrolld.ProductRef{ID: ref.ID, Variant: id, Name: name}})
	}
	return out
}
