package gumroad

import (
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// The resources that Gumroad tells of, by resource_name.
const (
	resourceSale         = "sale"
	resourceRefund       = "refund"
	resourceDispute      = "dispute"
	resourceDisputeWon   = "dispute_won"
	resourceCancellation = "cancellation"
	resourceEnded        = "subscription_ended"
	resourceRestarted    = "subscription_restarted"
	resourceUpdated      = "subscription_updated"
)

// Fields of a ping that a seller's own checkout field can hide.
const (
	fieldSale   = "sale_id"
	fieldSeller = "seller_id"
	fieldTest   = "test"
)

// delivery is a ping, decoded.
type delivery struct {
	n        integrations.Node
	received time.Time
	resource string
}

func newDelivery(r integrations.Request) (delivery, error) {
	n, err := r.Decode()
	if err != nil {
		return delivery{}, err
	}
	d := delivery{n: n, received: r.ReceivedAt, resource: n.Get("resource_name").Text()}
	if d.resource == "" {
		d.resource = resourceSale
	}
	return d, nil
}

// hidden says whether a field's name is the label of one of the seller's own:
// what stands there is then what the buyer wrote.
func (d delivery) hidden(field string) bool { return d.n.Get("custom_fields", field).Exists() }

// testPing says whether somebody pressed the button that sends the latest real
// sale as a test. Unlike all other pings it names no resource.
func (d delivery) testPing() bool {
	return d.n.Get(fieldTest).Bool() && d.n.Get("resource_name").Empty()
}

// test says whether the seller bought their own product: nothing was charged.
func (d delivery) test() bool { return d.n.Get(fieldTest).Bool() && !d.hidden(fieldTest) }

func (d delivery) ofMembership() bool {
	switch d.resource {
	case resourceCancellation, resourceEnded, resourceRestarted, resourceUpdated:
		return true
	}
	return false
}

// id names what the ping is about: a membership or a sale.
func (d delivery) id() string {
	if d.ofMembership() {
		return d.n.Get("subscription_id").Text()
	}
	return d.n.Get(fieldSale).Text()
}

// day is when the ping came.
func (d delivery) day() string { return d.received.UTC().Format(time.DateOnly) }

// isID says whether a text can be one of Gumroad's ids: base64 for URLs.
func isID(s string) bool {
	const longest = 64
	return s != "" && len(s) <= longest && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '='
	})
}

// believed lists what of a ping counts where the API is not asked.
var believed = []string{
	fieldSale, fieldSeller, "email", "full_name", "product_id", "product_name", "price", "quantity", "order_number",
	"sale_timestamp", "subscription_id", "variants", "is_recurring_charge", "is_preorder_authorization",
}

// saleOf reads a sale off the ping about it.
func (d delivery) saleOf() (sale, error) {
	if i := slices.IndexFunc(believed, d.hidden); i >= 0 {
		return sale{}, enrolld.Parkf("A field of the checkout is labelled %q and hides what Gumroad itself says under that name. "+
			"Give the field another label, or the integration an access token.", believed[i])
	}
	s := sale{
		id: d.id(), number: d.n.Get("order_number").Text(), email: d.n.Get("email").Text(), full: d.n.Get("full_name").Text(),
		product: d.n.Get("product_id").Text(), name: integrations.Clean(d.n.Get("product_name").Text()),
		variant: variant(d.n.Get("variants")), subscription: d.n.Get("subscription_id").Text(),
		at: d.n.Get("sale_timestamp").Time(), price: d.n.Get("price").Minor(currency), quantity: quantity(d.n.Get("quantity")),
		months: months(d.n.Get("recurrence").Text()), rebill: d.n.Get("is_recurring_charge").Bool(),
		preorder: d.n.Get("is_preorder_authorization").Bool(),
		refunded: d.n.Get("refunded").Bool(), disputed: d.n.Get("disputed").Bool(), won: d.n.Get("dispute_won").Bool(),
	}
	s.partly = d.resource == resourceRefund && !s.refunded
	if s.at.IsZero() {
		s.at = d.received
	}
	return s, nil
}

// membershipOf reads a membership off the ping about it.
func (d delivery) membershipOf() membership {
	m := membership{id: d.id(), trialEnds: d.n.Get("free_trial_ends_at").Time()}
	switch cancelled, ended := d.n.Get("cancelled_at").Time(), d.n.Get("ended_at").Time(); {
	case d.n.Get("cancelled_due_to_payment_failures").Bool():
		m.failed = cancelled
	case d.resource == resourceCancellation:
		m.cancelled = cancelled
	case d.resource != resourceEnded:
	case d.n.Get("ended_reason").Text() == "failed_payment":
		m.failed = ended
	case d.n.Get("ended_reason").Text() == "cancelled":
		m.cancelled = ended
	default:
		m.ended = ended
	}
	return m
}
