package kajabi

import (
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// delivery is a decoded delivery of either generation.
type delivery struct {
	name     string // of the event
	received time.Time
	resources
	flat *flat // a settings page's webhook; nil for an API hook's
}

func newDelivery(n integrations.Node, received time.Time) delivery {
	d := delivery{name: n.Get("event").Text(), received: received}
	payload := n.Get("payload")
	switch {
	case payload.Empty() && n.Get("type").Exists() && n.Get("attributes").IsObject():
		d.add(n) // a bare resource
	case payload.IsObject() && !payload.Get("attributes").IsObject(), payload.Empty():
		d.flat = newFlat(n)
	default:
		d.add(payload.List()...)
	}
	return d
}

// subjects are the resources that a delivery is about: the order before its
// transactions, a transaction before its purchases.
func (d *delivery) subjects() []integrations.Node {
	switch {
	case len(d.orders) > 0:
		return d.orders
	case len(d.transactions) > 0:
		return d.transactions
	}
	return d.purchases
}

// identity is what a delivery is known by; nil when there is nothing.
func (d *delivery) identity() []string {
	if d.flat != nil {
		return d.flat.identity(d.name)
	}
	var parts []string
	for _, n := range d.subjects() {
		parts = append(parts, n.Get("type").Text(), resourceID(n),
			attr(n, "updated_at").Text(), attr(n, "deactivated_at").Text())
		if n.Get("type").Text() == typeTransactions {
			parts = append(parts, attr(n, "state").Text()) // one that is pending is told again
		}
	}
	if parts == nil {
		return nil
	}
	return append([]string{d.name}, parts...)
}

// Parse translates a delivery. As long as Kajabi was not asked it is a claim.
func (p *Platform) Parse(c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return integrations.Parsed{}, enrolld.Parkf("%s", enrolld.MessageOf(s.err))
	}
	n, err := r.DecodeJSON()
	if err != nil {
		return integrations.Parsed{}, err
	}
	d := newDelivery(n, r.ReceivedAt)
	if reason := d.ignored(); reason != "" {
		return integrations.Parsed{Ignored: reason}, nil
	}
	var events []enrolld.Event
	if d.flat != nil {
		events, err = d.flat.events(d.received)
	} else {
		d.claimed, d.loose = s.confirm, !s.confirm
		events, err = d.events(d.received)
	}
	return finish(events, s.confirm, err)
}

func finish(events []enrolld.Event, incomplete bool, err error) (integrations.Parsed, error) {
	if err != nil {
		return integrations.Parsed{}, err
	}
	if len(events) == 0 {
		return integrations.Parsed{Ignored: "No money moved and nothing was bought."}, nil
	}
	for _, e := range events {
		if err := e.Check(); err != nil {
			return integrations.Parsed{}, err
		}
	}
	return integrations.Parsed{Events: events, Incomplete: incomplete}, nil
}

// events translates the resources.
func (s *resources) events(received time.Time) ([]enrolld.Event, error) {
	events := make([]enrolld.Event, 0, len(s.orders)+len(s.transactions)+len(s.purchases))
	for _, n := range s.orders {
		e, err := s.orderEvent(n, received)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	for _, n := range s.transactions {
		if m := s.money(n, received); m.counts() {
			events = append(events, s.moneyEvent(m))
		}
	}
	for _, n := range s.purchases {
		e, err := s.purchaseEvent(s.purchase(n, received))
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// sampleID is the number of everything in Kajabi's own samples.
const sampleID = "0"

// ignored says why a delivery has no effect; "" when it may have one.
func (d *delivery) ignored() string {
	switch strings.ToLower(d.name) {
	case "form_submission", "form.submitted", "form_submission.created":
		return "A form was sent in: nothing was bought."
	case "tag_added", "tag_removed":
		return "A tag changed: nothing was bought."
	}
	if d.flat != nil {
		if len(d.flat.offers) == 0 {
			return "The delivery names no offer that was bought."
		}
		return ""
	}
	subjects := d.subjects()
	if len(subjects) == 0 {
		return "The delivery tells of no purchase, payment or order."
	}
	for _, n := range subjects {
		if resourceID(n) == sampleID {
			return "A sample of Kajabi's: nothing was bought."
		}
		if n.Get("type").Text() == typeTransactions && strings.EqualFold(attr(n, "action").Text(), actionTest) {
			return "A payment of Kajabi's test mode."
		}
	}
	return ""
}
