package lemonsqueezy

import (
	"time"

	"enrolld"
	"enrolld/integrations"
)

// subscription reads a subscription as it is, whatever happened to it.
func (d delivery) subscription() (integrations.Parsed, error) {
	product := variant(d.attr)
	s := d.state()
	kind := enrolld.EventSubscription
	switch s.State {
	case enrolld.SubscriptionEnded:
		kind = enrolld.EventEnded
	case enrolld.SubscriptionCancelling:
		kind = enrolld.EventCancelled
	}
	refs := []string{"sub:" + d.id}
	if order := d.number("order_id"); order != "" {
		refs = append(refs, "order:"+order)
	}
	e := d.event(kind, d.updated, refs...)
	e.Lines = []enrolld.EventLine{{Key: line, Product: product, Subscription: d.id}}
	e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: d.id, Value: s}
	// Without an address it may be read all the same: the order has one.
	e.Buyer, _ = d.buyer()

	// The sale behind it, for subscriptions that are older than the integration. An
	// order is written seconds before its subscription; dated a day before, what the
	// order says always counts more. It names no buyer: the address may have
	// changed since.
	sold := d.event(enrolld.EventSubscription, d.created.AddDate(0, 0, -1), refs...)
	sold.Lines = []enrolld.EventLine{{Key: line, Sale: &enrolld.Sale{Paid: true, SoldAt: d.created}}}
	return done(e, sold)
}

// state translates Lemon Squeezy's states
// (docs.lemonsqueezy.com/api/subscriptions/the-subscription-object).
func (d delivery) state() enrolld.SubscriptionStatus {
	renews, ends := d.attr.Get("renews_at").Time(), d.attr.Get("ends_at").Time()
	switch d.text("status") {
	case "on_trial":
		return enrolld.SubscriptionStatus{
			State: enrolld.SubscriptionTrialing, PaidUntil: or(d.attr.Get("trial_ends_at").Time(), renews),
		}
	case "past_due", "unpaid":
		// renews_at is the next try to collect what is missing: it says nothing of
		// what is paid.
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionPastDue}
	case "paused", "pause":
		pause := d.attr.Get("pause")
		if pause.Get("mode").Text() != "free" {
			return enrolld.SubscriptionStatus{State: enrolld.SubscriptionPaused}
		}
		// Given for nothing, until payments are collected again.
		return enrolld.SubscriptionStatus{
			State: enrolld.SubscriptionActive, PaidUntil: pause.Get("resumes_at").Time(),
		}
	case "cancelled":
		return enrolld.SubscriptionStatus{
			State: enrolld.SubscriptionCancelling, PaidUntil: or(ends, renews), EndsAt: or(ends, or(renews, d.updated)),
		}
	case "expired":
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionEnded, EndsAt: or(ends, d.updated)}
	}
	return enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive, PaidUntil: renews}
}

// invoice begins an event about a subscription's invoice, which names neither the
// order nor the product.
func (d delivery) invoice(kind enrolld.EventKind) (e enrolld.Event, sub string, err error) {
	sub = d.number("subscription_id")
	if sub == "" {
		return e, "", enrolld.Errorf(enrolld.Invalid, "the invoice names no subscription")
	}
	e = d.event(kind, d.updated, "sub:"+sub, "invoice:"+d.id)
	e.Lines = []enrolld.EventLine{{Key: line, Subscription: sub}}
	e.Buyer, _ = d.buyer()
	return e, sub, nil
}

// payment is the key of the payment that an invoice asks for.
func (d delivery) payment() string {
	if d.text("billing_reason") == "initial" {
		return first
	}
	return "invoice:" + d.id
}

// paid reads a payment of a subscription: the first, a renewal, or the rest of a
// change of plan. One that was recovered is told twice, as a success too.
func (d delivery) paid() (integrations.Parsed, error) {
	e, _, err := d.invoice(enrolld.EventPayment)
	if err != nil {
		return integrations.Parsed{}, err
	}
	total := d.money("total")
	if total.Minor <= 0 {
		return integrations.Parsed{
			Ignored: "An invoice of nothing; the subscription's own event says how far it reaches.",
		}, nil
	}
	e.Payment = checkoutPayment(total)
	if e.Payment.ID = d.payment(); e.Payment.ID == first {
		// An order that was pending is paid by that, and no event of its own says so.
		e.Lines[0].Sale = &enrolld.Sale{Paid: true, SoldAt: d.created, Quantity: 1, Amount: total}
	}
	e.Refunds = d.refund(d.payment())
	return done(e)
}

// failed reads a try to collect a payment that did not succeed. Lemon Squeezy
// tries several times; the tries of an invoice differ by their time.
func (d delivery) failed() (integrations.Parsed, error) {
	e, sub, err := d.invoice(enrolld.EventPaymentFailed)
	if err != nil {
		return integrations.Parsed{}, err
	}
	e.Failure = &enrolld.EventPart[enrolld.Failure]{
		ID: "invoice:" + d.id + "@" + d.updated.UTC().Format(time.RFC3339Nano), Value: enrolld.Failure{Subscription: sub},
	}
	return done(e)
}

// invoiceRefunded reads what of a subscription's payment went back so far.
func (d delivery) invoiceRefunded() (integrations.Parsed, error) {
	e, _, err := d.invoice(enrolld.EventRefund)
	if err != nil {
		return integrations.Parsed{}, err
	}
	if e.Refunds = d.refund(d.payment()); e.Refunds == nil {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the refund does not say how much went back")
	}
	return done(e)
}
