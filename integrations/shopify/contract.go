package shopify

import (
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// standing is what the state of a contract means.
type standing struct {
	state enrolld.SubscriptionState
	kind  enrolld.EventKind
}

// standings lists the states of a contract (SubscriptionContractSubscriptionStatus).
// One that expired has billed all that it was to bill; one that failed will not be
// billed again.
var standings = map[string]standing{
	"active":    {enrolld.SubscriptionActive, enrolld.EventSubscription},
	"paused":    {enrolld.SubscriptionPaused, enrolld.EventSubscription},
	"cancelled": {enrolld.SubscriptionCancelled, enrolld.EventCancelled},
	"expired":   {enrolld.SubscriptionCancelled, enrolld.EventEnded},
	"failed":    {enrolld.SubscriptionPastDue, enrolld.EventPaymentFailed},
}

// contract reads how a subscription stands. Which lines it is about only the API
// says.
func (d delivery) contract() (integrations.Parsed, error) {
	id := ref("contract", d.n.Get("id"), d.n.Get("admin_graphql_api_id"))
	if id == "" {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the subscription contract has no id")
	}
	st, ok := standings[strings.ToLower(d.n.Get("status").Text())]
	if !ok {
		return integrations.Parsed{Ignored: "The subscription contract is in a state that changes no access."}, nil
	}
	e := enrolld.Event{Kind: st.kind, At: d.at, Test: d.test, Refs: []string{id}}
	if origin := ref("order", d.n.Get("origin_order_id"), d.n.Get("admin_graphql_api_origin_order_id")); origin != "" {
		e.Refs = append(e.Refs, origin)
	}
	e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{
		ID: id, Value: enrolld.SubscriptionStatus{State: st.state},
	}
	return integrations.Parsed{Events: []enrolld.Event{e}, Incomplete: true}, nil
}

// The topics of a billing attempt that is over.
const (
	attemptSucceeded = "subscription_billing_attempts/success"
	attemptFailed    = "subscription_billing_attempts/failure"
)

// attempt reads that a subscription was billed, or could not be. The money is in
// the order that came of it, which has its own delivery.
func (d delivery) attempt() (integrations.Parsed, error) {
	id := ref("contract", d.n.Get("subscription_contract_id"), d.n.Get("admin_graphql_api_subscription_contract_id"))
	attempt := ref("attempt", d.n.Get("id"), d.n.Get("admin_graphql_api_id"))
	if id == "" || attempt == "" {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the billing attempt does not say of which contract it is")
	}
	e := enrolld.Event{At: d.at, Test: d.test, Refs: []string{id}}
	if order := ref("order", d.n.Get("order_id"), d.n.Get("admin_graphql_api_order_id")); order != "" {
		e.Refs = append(e.Refs, order)
	}
	topic := d.topic
	// The topic is not signed; what the body says counts more.
	switch wrong := d.n.Get("error_code").Text() != ""; {
	case wrong && len(e.Refs) == 1:
		topic = attemptFailed
	case !wrong && len(e.Refs) > 1:
		topic = attemptSucceeded
	}
	switch topic {
	case attemptSucceeded:
		e.Kind = enrolld.EventSubscription
		e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{
			ID: id, Value: enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive},
		}
	case attemptFailed:
		e.Kind = enrolld.EventPaymentFailed
		e.Failure = &enrolld.EventPart[enrolld.Failure]{ID: attempt, Value: enrolld.Failure{Subscription: id}}
	default:
		return integrations.Parsed{Ignored: "The billing of a subscription is under way."}, nil
	}
	return integrations.Parsed{Events: []enrolld.Event{e}, Incomplete: true}, nil
}

// known is what the API says of a contract.
type known struct {
	status   string
	interval string
	count    int
	orders   []billed
}

// billed is an order of a contract.
type billed struct {
	id     string // "order:1"
	at     time.Time
	amount enrolld.Money
	paid   bool     // and not cancelled
	lines  []string // all of them
	mine   []string // those that the contract made
}

// order takes an order of the contract. Of the one that it began with, which may
// hold other things too, the lines are picked.
func (k *known) order(n integrations.Node, mine func(integrations.Node) bool) {
	price := n.Get("totalPriceSet", "shopMoney")
	amount, err := price.Get("amount").Decimal(price.Get("currencyCode").Text())
	o := billed{
		id: ref("order", n.Get("id")), at: n.Get("processedAt").Time(), amount: amount,
		paid: err == nil && n.Get("cancelledAt").Empty() && isPaid(n.Get("displayFinancialStatus").Text()),
	}
	if o.id == "" || slices.ContainsFunc(k.orders, func(have billed) bool { return have.id == o.id }) {
		return
	}
	for _, l := range n.Get("lineItems", "nodes").List() {
		key := number(l.Get("id").Text())
		if key == "" {
			continue
		}
		o.lines = append(o.lines, key)
		if mine(l) {
			o.mine = append(o.mine, key)
		}
	}
	k.orders = append(k.orders, o)
}

// origin takes the order that the contract began with.
func (k *known) origin(contract integrations.Node, id string) {
	order, named := contract.Get("originOrder"), false
	sold := map[string]bool{}
	for _, l := range contract.Get("lines", "nodes").List() {
		sold[number(l.Get("productId").Text())+"/"+number(l.Get("variantId").Text())] = true
	}
	for _, l := range order.Get("lineItems", "nodes").List() {
		named = named || !l.Get("contract").Empty()
	}
	k.order(order, func(l integrations.Node) bool {
		if named {
			return number(l.Get("contract", "id").Text()) == id
		}
		return sold[number(l.Get("product", "id").Text())+"/"+number(l.Get("variant", "id").Text())]
	})
}

// paidUntil is how far an order carries the contract; zero: nobody knows.
func (k *known) paidUntil(from time.Time) time.Time {
	return integrations.After(from, k.count, k.interval)
}

// complete makes of an event about a contract all that is known of it: its lines,
// and with every order that was billed how far it is paid.
func (k *known) complete(e enrolld.Event, contract string) []enrolld.Event {
	out := []enrolld.Event{e}
	for _, o := range k.orders {
		if !slices.Contains(e.Refs, o.id) {
			e.Refs = append(slices.Clip(e.Refs), o.id)
		}
		for _, l := range o.mine {
			e.Lines = append(e.Lines, enrolld.EventLine{Key: l, Subscription: contract})
		}
		until := k.paidUntil(o.at)
		if !o.paid || until.IsZero() || len(o.mine) == 0 || o.amount.Minor <= 0 {
			continue
		}
		// Dated as the order dates its payment: of the two statements of one
		// moment this one says more.
		out = append(out, enrolld.Event{
			Kind: enrolld.EventSubscription, At: e.At, Test: e.Test, Refs: []string{contract, o.id},
			Payment: &enrolld.EventPart[enrolld.Payment]{ID: o.id, At: o.at, Value: enrolld.Payment{
				Amount: o.amount, Lines: o.lines, PaidUntil: until,
			}},
		})
	}
	if s := e.Subscription; s != nil && s.Value.State == enrolld.SubscriptionActive {
		// The buyer may have cancelled while the billing was under way.
		if now := standings[k.status]; now.state == enrolld.SubscriptionCancelled {
			s.Value.State = now.state
		}
	}
	out[0] = e
	return out
}
