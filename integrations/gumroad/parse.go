package gumroad

import (
	"enrolld"
	"enrolld/integrations"
)

// Parse finds out what a ping is about. What it then says is the API's to tell;
// see Complete.
func (p *Platform) Parse(c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	d, err := newDelivery(r)
	if err != nil {
		return integrations.Parsed{}, err
	}
	kind, ok := resources[d.resource]
	switch {
	case d.testPing():
		return integrations.Parsed{Ignored: "A test ping of Gumroad: it came through. It tells of the latest real sale, " +
			"which is not granted again for it."}, nil
	case !ok:
		return integrations.Parsed{Ignored: "Gumroad's resource has no meaning for access that we know of."}, nil
	case !isID(d.id()) && d.hidden(fieldSale):
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid,
			"a field of the checkout is labelled %q and hides the sale's id: give it another label", fieldSale)
	case !isID(d.id()):
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the ping names no sale and no membership as Gumroad does")
	}
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return integrations.Parsed{}, s.err
	}
	if !s.asks() {
		return d.believe()
	}
	e := enrolld.Event{Kind: kind, At: d.received, Refs: []string{d.ref()}, Test: d.test()}
	return integrations.Parsed{Events: []enrolld.Event{e}, Incomplete: true}, e.Check()
}

// resources lists what Gumroad tells of, and what that is for people.
var resources = map[string]enrolld.EventKind{
	resourceSale:         enrolld.EventPurchase,
	resourceRefund:       enrolld.EventRefund,
	resourceDispute:      enrolld.EventDisputeOpened,
	resourceDisputeWon:   enrolld.EventDisputeWon,
	resourceCancellation: enrolld.EventCancelled,
	resourceEnded:        enrolld.EventEnded,
	resourceRestarted:    enrolld.EventSubscription,
	resourceUpdated:      enrolld.EventSubscription,
}

// ref names the order that the ping is about.
func (d delivery) ref() string {
	if d.ofMembership() {
		return membershipRef(d.id())
	}
	return saleRef(d.id())
}

// believe takes the ping at its word.
func (d delivery) believe() (integrations.Parsed, error) {
	v := view{resource: d.resource, test: d.test(), at: d.received}
	if d.ofMembership() {
		return checked(v.ofMembership(d.membershipOf()))
	}
	s, err := d.saleOf()
	if err != nil {
		return integrations.Parsed{}, err
	}
	return v.ofSale(s, nil)
}

// checked is what a delivery became, if all of it can be used.
func checked(events ...enrolld.Event) (integrations.Parsed, error) {
	for _, e := range events {
		if err := e.Check(); err != nil {
			return integrations.Parsed{}, err
		}
	}
	return integrations.Parsed{Events: events}, nil
}
