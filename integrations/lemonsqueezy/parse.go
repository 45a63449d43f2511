package lemonsqueezy

import (
	"time"

	"enrolld"
	"enrolld/integrations"
)

// delivery is a decoded delivery: an event about one object.
type delivery struct {
	n    integrations.Node
	attr integrations.Node // the object's attributes
	name string            // the event's, as it is in the body
	kind string            // the object's
	id   string            // the object's
	test bool
	// When the object was made, and when it last changed.
	created, updated time.Time
}

func newDelivery(n integrations.Node) delivery {
	meta, data := n.Get("meta"), n.Get("data")
	d := delivery{
		n: n, attr: data.Get("attributes"), name: meta.Get("event_name").Text(),
		kind: data.Get("type").Text(), id: data.Get("id").Text(),
	}
	d.test = meta.Get("test_mode").Bool() || d.attr.Get("test_mode").Bool()
	return d
}

// read decodes a request. An object without times is dated by its receipt.
func read(r integrations.Request) (delivery, error) {
	n, err := r.DecodeJSON()
	if err != nil {
		return delivery{}, err
	}
	d := newDelivery(n)
	d.created, d.updated = d.attr.Get("created_at").Time(), d.attr.Get("updated_at").Time()
	d.created = or(d.created, or(d.updated, r.ReceivedAt))
	d.updated = or(d.updated, d.created)
	return d, nil
}

// The kinds of objects that are understood.
const (
	kindOrder        = "orders"
	kindSubscription = "subscriptions"
	kindInvoice      = "subscription-invoices"
)

// Parse translates a delivery. The object's kind and not the event's name says
// how to read it; the name says what happened.
func (*Platform) Parse(_ integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	d, err := read(r)
	if err != nil {
		return integrations.Parsed{}, err
	}
	handle, ok := handlers[d.name]
	if !ok {
		return integrations.Parsed{Ignored: ignored(d.name)}, nil
	}
	if d.kind != handle.kind || d.id == "" || d.id == "0" {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the delivery is not about one of the %s", handle.kind)
	}
	p, err := handle.read(d)
	if err != nil {
		return integrations.Parsed{}, err
	}
	for _, e := range p.Events {
		if err := e.Check(); err != nil {
			return integrations.Parsed{}, err
		}
	}
	return p, nil
}

// handler reads the deliveries of an event, which are about objects of a kind.
type handler struct {
	kind string
	read func(delivery) (integrations.Parsed, error)
}

// handlers lists the events that matter to access.
var handlers = map[string]handler{
	"order_created":  {kindOrder, delivery.order},
	"order_refunded": {kindOrder, delivery.order},

	"subscription_created":      {kindSubscription, delivery.subscription},
	"subscription_updated":      {kindSubscription, delivery.subscription},
	"subscription_plan_changed": {kindSubscription, delivery.subscription},
	"subscription_cancelled":    {kindSubscription, delivery.subscription},
	"subscription_resumed":      {kindSubscription, delivery.subscription},
	"subscription_expired":      {kindSubscription, delivery.subscription},
	"subscription_paused":       {kindSubscription, delivery.subscription},
	"subscription_unpaused":     {kindSubscription, delivery.subscription},

	"subscription_payment_success":   {kindInvoice, delivery.paid},
	"subscription_payment_recovered": {kindInvoice, delivery.paid},
	"subscription_payment_failed":    {kindInvoice, delivery.failed},
	"subscription_payment_refunded":  {kindInvoice, delivery.invoiceRefunded},
}

// ignored says why an event has no effect.
func ignored(event string) string {
	switch event {
	case "license_key_created", "license_key_updated":
		return "A license key: the order that it came with says what was bought."
	case "":
		return "The delivery names no event."
	}
	return "Lemon Squeezy's event has no meaning for access that we know of."
}

// event begins an event about the order that the references belong to.
func (d delivery) event(kind enrolld.EventKind, at time.Time, refs ...string) enrolld.Event {
	return enrolld.Event{Kind: kind, At: at, Test: d.test, Refs: refs}
}

func (d delivery) text(field string) string { return d.attr.Get(field).Text() }

// number reads a field that has another object's id; "" where there is none.
func (d delivery) number(field string) string {
	if s := d.text(field); s != "0" {
		return s
	}
	return ""
}

func (d delivery) money(field string) enrolld.Money {
	return d.attr.Get(field).Minor(d.text("currency"))
}

// buyer reads who bought; the same fields in all kinds of objects.
func (d delivery) buyer() (*enrolld.Buyer, error) {
	return integrations.Buyer(d.text("user_email"), "", "", d.text("user_name"), "")
}

func or(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}

func done(events ...enrolld.Event) (integrations.Parsed, error) {
	return integrations.Parsed{Events: events}, nil
}
