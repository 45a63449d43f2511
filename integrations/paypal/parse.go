package paypal

import (
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// delivery is a decoded event.
type delivery struct {
	Settings
	n    integrations.Node // the event
	res  integrations.Node // its resource
	at   time.Time         // when the event was made
	name string            // its type
}

func (p *Platform) read(c integrations.Config, r integrations.Request) (delivery, error) {
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return delivery{}, s.err
	}
	n, err := r.DecodeJSON()
	if err != nil {
		return delivery{}, err
	}
	d := delivery{
		Settings: s.Settings, n: n, res: n.Get("resource"),
		at: n.Get("create_time").Time(), name: n.Get("event_type").Text(),
	}
	if d.at.IsZero() {
		d.at = r.ReceivedAt
	}
	return d, nil
}

// Parse translates a delivery. Whatever has an effect is incomplete, as it is not
// proved yet; see Complete.
func (p *Platform) Parse(c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	d, err := p.read(c, r)
	if err != nil {
		return integrations.Parsed{}, err
	}
	if d.name == "" || !d.res.IsObject() {
		return integrations.Parsed{Ignored: "The delivery tells of no event."}, nil
	}
	if reason := ignored[d.name]; reason != "" {
		return integrations.Parsed{Ignored: reason}, nil
	}
	handle := handlers[d.name]
	if handle == nil {
		return integrations.Parsed{Ignored: "PayPal's event has no meaning for access that we know of."}, nil
	}
	parsed, err := handle(d)
	if err != nil {
		return integrations.Parsed{}, err
	}
	if err := check(parsed.Events); err != nil {
		return integrations.Parsed{}, err
	}
	parsed.Incomplete = len(parsed.Events) > 0
	return parsed, nil
}

func check(events []enrolld.Event) error {
	for _, e := range events {
		if err := e.Check(); err != nil {
			return err
		}
	}
	return nil
}

// handlers lists the events that matter to access.
var handlers = map[string]func(delivery) (integrations.Parsed, error){
	"PAYMENT.CAPTURE.COMPLETED": delivery.captured,
	"PAYMENT.CAPTURE.DENIED":    delivery.captureFailed,
	"PAYMENT.CAPTURE.DECLINED":  delivery.captureFailed,
	"PAYMENT.CAPTURE.REFUNDED":  delivery.refunded,
	"PAYMENT.CAPTURE.REVERSED":  delivery.reversed,
	"PAYMENT.REFUND.FAILED":     delivery.refunded,
	"CHECKOUT.ORDER.COMPLETED":  delivery.ordered,

	"PAYMENT.SALE.COMPLETED": delivery.sold,
	"PAYMENT.SALE.DENIED":    delivery.saleFailed,
	"PAYMENT.SALE.REFUNDED":  delivery.refunded,
	"PAYMENT.SALE.REVERSED":  delivery.reversed,

	"BILLING.SUBSCRIPTION.ACTIVATED":      delivery.subscription,
	"BILLING.SUBSCRIPTION.UPDATED":        delivery.subscription,
	"BILLING.SUBSCRIPTION.RE-ACTIVATED":   delivery.subscription,
	"BILLING.SUBSCRIPTION.SUSPENDED":      delivery.subscription,
	"BILLING.SUBSCRIPTION.CANCELLED":      delivery.subscription,
	"BILLING.SUBSCRIPTION.EXPIRED":        delivery.subscription,
	"BILLING.SUBSCRIPTION.PAYMENT.FAILED": delivery.subscription,

	"CUSTOMER.DISPUTE.CREATED":  delivery.dispute,
	"CUSTOMER.DISPUTE.UPDATED":  delivery.dispute,
	"CUSTOMER.DISPUTE.RESOLVED": delivery.dispute,
}

// ignored says why events have no effect.
var ignored = map[string]string{
	"CHECKOUT.ORDER.APPROVED":               "The buyer approved an order, which is not paid yet.",
	"CHECKOUT.PAYMENT-APPROVAL.REVERSED":    "An order was approved and then not paid.",
	"PAYMENT.CAPTURE.PENDING":               "The money is not there yet: PayPal tells when it comes.",
	"PAYMENT.SALE.PENDING":                  "The money is not there yet: PayPal tells when it comes.",
	"PAYMENT.AUTHORIZATION.CREATED":         "A payment was authorised, which is not paid yet.",
	"PAYMENT.AUTHORIZATION.VOIDED":          "An authorised payment was not taken.",
	"PAYMENT.ORDER.CREATED":                 "An order was made, which is not paid yet.",
	"PAYMENT.REFUND.PENDING":                "The money is on its way back: PayPal tells when it has gone.",
	"BILLING.SUBSCRIPTION.CREATED":          "A subscription was set up, which the buyer has not approved yet.",
	"BILLING.PLAN.CREATED":                  "A plan was made.",
	"BILLING.PLAN.UPDATED":                  "A plan was changed.",
	"BILLING.PLAN.ACTIVATED":                "A plan was put on sale.",
	"BILLING.PLAN.DEACTIVATED":              "A plan was taken off sale.",
	"BILLING.PLAN.PRICING-CHANGE.ACTIVATED": "A plan's price was changed.",
	"CATALOG.PRODUCT.CREATED":               "A product was made.",
	"CATALOG.PRODUCT.UPDATED":               "A product was changed.",
}

func done(events ...enrolld.Event) (integrations.Parsed, error) {
	return integrations.Parsed{Events: events}, nil
}

// event begins an event about the order that the references belong to.
func (d delivery) event(kind enrolld.EventKind, at time.Time, refs ...string) enrolld.Event {
	e := enrolld.Event{Kind: kind, At: at, Test: d.Sandbox}
	for _, r := range refs {
		if !strings.HasSuffix(r, ":") && !slices.Contains(e.Refs, r) {
			e.Refs = append(e.Refs, r)
		}
	}
	return e
}

// Prefixes of references.
const (
	refOrder   = "order:"
	refPayment = "payment:"
	refSub     = "sub:"
)

// money reads an amount of either API: {value, currency_code} or {total, currency}.
func money(n integrations.Node) (enrolld.Money, error) {
	return n.First("value", "total").Decimal(n.First("currency_code", "currency").Text())
}

// time is when what a resource tells happened: when it was changed last, else made.
func (d delivery) time(n integrations.Node, names ...string) time.Time {
	for _, name := range names {
		if t := n.Get(name).Time(); !t.IsZero() {
			return t
		}
	}
	return d.at
}

// linked returns the id at the end of the link that leads to something else.
func linked(n integrations.Node, rel, part string) string {
	for _, l := range n.Get("links").List() {
		href := l.Get("href").Text()
		if l.Get("rel").Text() != rel {
			continue
		}
		if _, id, ok := strings.Cut(href, part); ok {
			id, _, _ = strings.Cut(id, "?")
			id, _, _ = strings.Cut(id, "/")
			return id
		}
	}
	return ""
}

func pick(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
