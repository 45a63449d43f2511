package samcart

import (
	"context"
	"net/http"

	"enrolld"
	"enrolld/integrations"
)

// apiHost is where SamCart's API is, and apiBase how its addresses begin
// (developer.samcart.com).
const (
	apiHost = "api.samcart.com"
	apiBase = "https://" + apiHost + "/v1"
)

// question is one webhook's talk with the API.
type question struct {
	*Platform
	ctx context.Context //nolint:containedctx // lives as long as one call of Complete
	key enrolld.Secret
}

func header(key enrolld.Secret) http.Header {
	return http.Header{"Sc-Api": {key.Reveal()}, "Accept": {"application/json"}}
}

// get asks for one thing.
func (q question) get(path, what string) (integrations.Node, error) {
	n, err := q.api.JSON(q.ctx, integrations.Call{URL: apiBase + path, Header: header(q.key), What: what})
	if err != nil {
		return integrations.Node{}, err
	}
	if data := n.Get("data"); data.IsObject() {
		return data, nil
	}
	return n, nil
}

// mostListed bounds how many pages of a hundred are read of one list.
const mostListed = 10

// list asks for all of something that belongs to an order.
func (q question) list(path, what string) ([]integrations.Node, error) {
	var out []integrations.Node
	url := apiBase + path + "?limit=100"
	for range mostListed {
		n, err := q.api.JSON(q.ctx, integrations.Call{URL: url, Header: header(q.key), What: what})
		switch {
		case enrolld.CodeOf(err) == enrolld.NotFound:
			return out, nil // there are none
		case err != nil:
			return nil, err
		}
		out = append(out, n.Get("data").List()...)
		next := n.Get("pagination", "next").Text()
		if next == "" || next == url {
			break
		}
		url = next
	}
	return out, nil
}

// errUnknown says that SamCart does not know of what a webhook is about.
func errUnknown() error { return enrolld.Errorf(enrolld.NotFound, "SamCart knows no such order") }

// denied is what becomes of a webhook about something that SamCart does not know of.
func (d delivery) denied() error {
	if integrations.IsSettling(d.received) {
		return enrolld.Errorf(enrolld.Unavailable, "SamCart does not know of the order yet")
	}
	return enrolld.Errorf(enrolld.Invalid, "SamCart knows no such order: the delivery is not genuine, "+
		"or the API key is of another marketplace")
}

// Complete asks the API about the order, and believes nothing else.
func (p *Platform) Complete(
	ctx context.Context, c integrations.Config, r integrations.Request, parsed integrations.Parsed,
) (integrations.Parsed, error) {
	n, err := r.Decode()
	if err != nil || len(parsed.Events) == 0 || !parsed.Incomplete {
		return parsed, err
	}
	if c.APIKey == "" {
		return parsed, enrolld.Parkf("SamCart has to be asked whether the delivery is true. Give the integration an API key: " +
			"SamCart's support gives one on request.")
	}
	d := newDelivery(n, r.ReceivedAt, p.settings.Get(c.Settings, read))
	s, err := question{p, ctx, c.APIKey}.snapshot(d)
	switch {
	case enrolld.CodeOf(err) == enrolld.NotFound:
		return parsed, d.denied()
	case err != nil:
		return parsed, err
	}
	events := s.events(d)
	if refund := d.fact == factRefund || d.fact == factPartRefund; refund && len(events[0].Refunds) == 0 {
		return parsed, enrolld.Errorf(enrolld.Unavailable, "SamCart does not show the refund yet that the delivery tells of")
	}
	for _, e := range events {
		if err := e.Check(); err != nil {
			return parsed, err
		}
	}
	return integrations.Parsed{Events: events}, nil
}

// snapshot asks for the order and all that belongs to it.
func (q question) snapshot(d delivery) (*snapshot, error) {
	s := &snapshot{id: d.orderID(), subs: map[string]integrations.Node{}}
	if id := d.subscriptionID(); id != "" {
		sub, err := q.subscription(id)
		if err != nil {
			return nil, err
		}
		s.subs[id] = sub
		// A rebill may have an order of its own; this is the one that it all began with.
		if first := number(sub.Get("order_id")); first != "" {
			s.id = first
		}
	}
	if s.id == "" {
		return nil, enrolld.Errorf(enrolld.Invalid, "the delivery names no order by its number")
	}
	var err error
	s.order, err = q.get("/orders/"+s.id, "an order")
	if enrolld.CodeOf(err) == enrolld.NotFound || err == nil && number(s.order.Get("id")) != s.id {
		return nil, errUnknown()
	}
	if err != nil {
		return nil, err
	}
	if err := q.customer(s); err != nil {
		return nil, err
	}
	s.readItems()
	if err := q.rebills(s); err != nil {
		return nil, err
	}
	return s, q.refunds(s)
}

func (q question) subscription(id string) (integrations.Node, error) {
	sub, err := q.get("/subscriptions/"+id, "a subscription")
	if enrolld.CodeOf(err) == enrolld.NotFound || err == nil && number(sub.Get("id")) != id {
		return sub, errUnknown()
	}
	return sub, err
}

// customer finds who bought; the order has only a number.
func (q question) customer(s *snapshot) error {
	id := number(s.order.Get("customer_id"))
	if id == "" {
		return enrolld.Errorf(enrolld.Invalid, "SamCart's order has no customer")
	}
	n, err := q.customers.Get(q.ctx, func(ctx context.Context) (integrations.Node, error) {
		return question{q.Platform, ctx, q.key}.get("/customers/"+id, "a customer")
	}, q.key.Reveal(), id)
	if err != nil {
		return err
	}
	country := ""
	for _, a := range n.Get("addresses").List() {
		if a.Get("type").Text() == "billing" {
			country = a.Get("country").Text()
		}
	}
	s.buyer, err = integrations.Buyer(n.Get("email").Text(), n.Get("first_name").Text(), n.Get("last_name").Text(), "", country)
	return err
}

// rebills finds the order's subscriptions and what was charged for them since.
func (q question) rebills(s *snapshot) error {
	for i := range s.items {
		it := &s.items[i]
		if it.sub == "" {
			continue
		}
		if _, ok := s.subs[it.sub]; !ok {
			sub, err := q.subscription(it.sub)
			if err != nil {
				return err
			}
			s.subs[it.sub] = sub
		}
		list, err := q.list("/subscriptions/"+it.sub+"/charges", "a subscription's charges")
		if err != nil {
			return err
		}
		for _, n := range list {
			s.addRebill(n, *it)
		}
	}
	return nil
}

// refunds finds what was given back of the charges of which SamCart says so.
func (q question) refunds(s *snapshot) error {
	for i := range s.charges {
		ch := &s.charges[i]
		if !ch.touched {
			continue
		}
		list, err := q.list("/charges/"+ch.id+"/refunds", "a charge's refunds")
		if err != nil {
			return err
		}
		ch.refunds = list
	}
	return nil
}
