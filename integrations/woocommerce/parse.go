package woocommerce

import (
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// Fields that only subscriptions have.
const (
	fieldPeriod = "billing_period"
	fieldNext   = "next_payment_date_gmt"
	fieldEnd    = "end_date_gmt"
)

// Meta data of Subscriptions by which orders are related.
const (
	metaRenewal = "_subscription_renewal"
	metaSwitch  = "_subscription_switch"
	metaFailed  = "_failed_renewal_order"

	metaReplaces = "_switched_subscription_item_id" // of a line item
)

// delivery is a decoded delivery: an order or a subscription.
type delivery struct {
	n        integrations.Node
	at       time.Time // of the snapshot
	settings reading
}

// Parse translates a delivery.
func (p *Platform) Parse(c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	n, err := r.DecodeJSON()
	if err != nil {
		return integrations.Parsed{}, err
	}
	topic := r.Header.Get(headerTopic)
	if reason := ignored(topic, n); reason != "" {
		return integrations.Parsed{Ignored: reason}, nil
	}
	if err := unusable(n); err != nil {
		return integrations.Parsed{}, err
	}
	d := delivery{n: n, at: gmt(n.Get("date_modified_gmt")), settings: p.settings.Get(c.Settings, read)}
	if d.at.IsZero() {
		d.at = r.ReceivedAt
	}
	var parsed integrations.Parsed
	switch {
	case topic == "subscription.deleted" && !n.Get(fieldPeriod).Exists():
		parsed.Events = d.subscriptionDeleted()
	case strings.HasPrefix(topic, "subscription.") || n.Get(fieldPeriod).Exists():
		parsed, err = d.subscription()
	default:
		parsed, err = d.order()
	}
	if err != nil {
		return integrations.Parsed{}, err
	}
	for _, e := range parsed.Events {
		if err := e.Check(); err != nil {
			return integrations.Parsed{}, err
		}
	}
	return parsed, nil
}

// ignored says why a delivery has no effect; "" when it may have one.
func ignored(topic string, n integrations.Node) string {
	resource, event, _ := strings.Cut(topic, ".")
	switch {
	case resource == "action":
		return "An action of the shop, which says nothing of an order. Choose a topic about orders or subscriptions."
	case resource == "customer":
		return "The buyer's account changed; access stays with the address it was bought with."
	case resource == "product" || resource == "coupon":
		return "About a product or a coupon, not about a purchase."
	case resource != "order" && resource != "subscription" && resource != "":
		return "WooCommerce's topic has no meaning for access that we know of."
	case resource == "order" && event == "deleted":
		return "An order was deleted or put into the trash. That is not a refund: access stays. " +
			"To take access away, refund or cancel the order before it is deleted."
	case n.Empty():
		return "The order or subscription was gone when WooCommerce sent this: there is nothing in it."
	case n.Get("id").Empty() && n.Get("code").Empty() && !n.Get("order").IsObject() && !n.Get("subscription").IsObject():
		return "The delivery is about no order and no subscription."
	}
	return ""
}

// unusable says what is wrong with a webhook whose deliveries have not what is
// needed.
func unusable(n integrations.Node) error {
	switch {
	case n.Get("id").Empty() && !n.Get("code").Empty():
		// The answer of the shop's own API, in place of the order.
		return enrolld.Errorf(enrolld.Invalid, "WooCommerce sent an error in place of the order. "+
			"The person who made the webhook must be one who may read orders: save it as a shop manager or an administrator.")
	case n.Get("id").Empty(), n.Get("date_modified_gmt").Empty() && !n.Get("date_modified").Empty():
		return enrolld.Errorf(enrolld.Invalid, "The webhook is of an old version. "+
			`Set its API version to "WP REST API Integration v3".`)
	}
	return nil
}

// relations are how an order belongs to subscriptions, by its meta data.
type relations struct {
	renews, switches []string // subscriptions
	failed           bool     // a renewal that was tried in vain
}

func (d delivery) relations() relations {
	var r relations
	for _, m := range d.n.Get("meta_data").List() {
		switch m.Get("key").Text() {
		case metaRenewal:
			r.renews = append(r.renews, texts(m.Get("value"))...)
		case metaSwitch:
			r.switches = append(r.switches, texts(m.Get("value"))...)
		case metaFailed:
			// An order is pending again while Subscriptions waits to try once more.
			r.failed = m.Get("value").Bool()
		}
	}
	return r
}

func texts(n integrations.Node) []string {
	var out []string
	for _, v := range n.List() {
		if s := number(v); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// gmtLayout is how WooCommerce writes the dates that end in _gmt.
const gmtLayout = "2006-01-02T15:04:05"

// gmt reads a date; zero where there is none.
func gmt(n integrations.Node) time.Time {
	s := n.Text()
	if len(s) != len(gmtLayout) {
		return n.Time()
	}
	if t, err := time.Parse(gmtLayout, s); err == nil && t.Unix() > 0 {
		return t
	}
	return n.Time()
}

func (d delivery) date(field string) time.Time { return gmt(d.n.Get(field)) }

func (d delivery) status() string {
	return strings.TrimPrefix(strings.ToLower(d.n.Get("status").Text()), "wc-")
}

func (d delivery) currency() string { return strings.ToUpper(d.n.Get("currency").Text()) }

func (d delivery) buyer() (*enrolld.Buyer, error) {
	b := d.n.Get("billing")
	return integrations.Buyer(b.Get("email").Text(), b.Get("first_name").Text(), b.Get("last_name").Text(),
		"", b.Get("country").Text())
}

// event begins an event. References are of what belongs to this sale alone.
func (d delivery) event(kind enrolld.EventKind, refs ...string) enrolld.Event {
	return enrolld.Event{Kind: kind, At: d.at, Refs: refs}
}

func orderRef(id string) string { return "order:" + id }

func subscriptionRef(id string) string { return "sub:" + id }
