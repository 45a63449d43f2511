package shopify

import (
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// delivery is a webhook, decoded.
type delivery struct {
	n     integrations.Node
	topic string
	at    time.Time // when it was triggered, by the header; else when it came in
	test  bool      // by the header
}

func readDelivery(r integrations.Request) (delivery, error) {
	n, err := r.DecodeJSON()
	if err != nil {
		return delivery{}, err
	}
	d := delivery{
		n: n, topic: strings.ToLower(r.Header.Get(headerTopic)), at: r.ReceivedAt,
		test: strings.EqualFold(r.Header.Get(headerTest), "true"),
	}
	t, err := time.Parse(time.RFC3339Nano, r.Header.Get(headerTriggered))
	// It is not signed: one that is ahead of us would count for ever.
	if err == nil && t.Unix() > 0 && !t.After(r.ReceivedAt.Add(integrations.Tolerance)) {
		d.at = t.UTC()
	}
	return d, nil
}

// Parse translates a delivery.
func (*Platform) Parse(_ integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	d, err := readDelivery(r)
	if err != nil {
		return integrations.Parsed{}, err
	}
	p, err := d.parse()
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

func (d delivery) parse() (integrations.Parsed, error) {
	if reason := unrelated[d.topic]; reason != "" {
		return integrations.Parsed{Ignored: reason}, nil
	}
	group, _, _ := strings.Cut(d.topic, "/")
	switch group {
	case "orders", "":
		// No topic: tried by hand, or a forwarder lost the headers.
		if len(d.n.Get("line_items").List()) > 0 || d.n.Get("financial_status").Exists() {
			return d.order()
		}
	case "refunds":
		return d.refund()
	case "disputes":
		return d.dispute()
	case "subscription_contracts":
		return d.contract()
	case "subscription_billing_attempts":
		return d.attempt()
	}
	if reason := unrelated[group]; reason != "" {
		return integrations.Parsed{Ignored: reason}, nil
	}
	return integrations.Parsed{Ignored: "Shopify's topic has no meaning for access that we know of."}, nil
}

// unrelated says of topics, and of groups of them, why they change no access.
var unrelated = map[string]string{
	"orders/delete": "An order was deleted from the list. Its sale stays as it is: cancel or refund an order to end its access.",
	"orders/edited": "orders/updated says the same with the whole order.",

	"subscription_billing_attempts/challenged": "The buyer has to confirm the payment first.",

	"customers/data_request": "A privacy request, which is for a person to answer.",
	"customers/redact":       "A privacy request, which is for a person to carry out.",
	"shop/redact":            "A privacy request, which is for a person to carry out.",

	"customers":                   "Access stays with the address it was bought with.",
	"checkouts":                   "A checkout that is not an order yet.",
	"carts":                       "A cart that is not an order yet.",
	"draft_orders":                "A draft. The order that is made of it follows by itself.",
	"order_transactions":          "The order itself says what is paid and what is not.",
	"tender_transactions":         "The order itself says what is paid and what is not.",
	"fulfillments":                "Shipping changes no access.",
	"products":                    "The catalogue changed, no order did.",
	"app":                         "Something happened to the app, not to an order.",
	"shop":                        "Something happened to the shop, not to an order.",
	"subscription_billing_cycles": "The contract itself says how its subscription stands.",
}

// done wraps events up.
func done(events ...enrolld.Event) (integrations.Parsed, error) {
	return integrations.Parsed{Events: events}, nil
}

// ref names an object by its kind and its number, which may come as Shopify's
// global id ("gid://shopify/Order/1"); "" where there is none.
func ref(kind string, nodes ...integrations.Node) string {
	for _, n := range nodes {
		if id := number(n.Text()); id != "" {
			return kind + ":" + id
		}
	}
	return ""
}

// number is the last part of a global id.
func number(id string) string {
	if i := strings.LastIndexByte(id, '/'); i >= 0 {
		id = id[i+1:]
	}
	id, _, _ = strings.Cut(id, "?")
	return id
}

func gid(kind, id string) string { return "gid://shopify/" + kind + "/" + id }

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// or returns the time, or another one when it is not known.
func or(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}
