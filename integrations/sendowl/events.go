package sendowl

import (
	"slices"
	"strconv"
	"time"

	"enrolld"
)

// theSubscription names the subscription of an order, which has at most one.
const theSubscription = "subscription"

// telling makes events of an order.
type telling struct {
	order
	lines    []line
	terms    terms
	payments []transaction
}

// tell makes the events of one fact.
func (t telling) tell(f fact) ([]enrolld.Event, error) {
	switch f {
	case bought:
		return t.bought()
	case paid:
		return t.paid()
	case refunded:
		return []enrolld.Event{t.refunded()}, nil
	case disputed:
		return []enrolld.Event{t.dispute(enrolld.EventDisputeOpened, enrolld.DisputeOpen)}, nil
	case lost:
		return []enrolld.Event{t.dispute(enrolld.EventDisputeLost, enrolld.DisputeLost)}, nil
	case failed:
		return []enrolld.Event{t.failed()}, nil
	}
	return []enrolld.Event{t.stopped(f)}, nil
}

func (t telling) event(kind enrolld.EventKind, at time.Time) enrolld.Event {
	return enrolld.Event{Kind: kind, At: at, Refs: []string{"order:" + t.id}, Number: t.n.Get("id").Text()}
}

// sale makes the lines of the cart.
func (t telling) sale(isPaid bool) []enrolld.EventLine {
	out := make([]enrolld.EventLine, 0, len(t.lines))
	for _, l := range t.lines {
		e := enrolld.EventLine{Key: l.key, Product: l.product, Bundle: l.bundle}
		if l.bundle == "" {
			e.Sale = &enrolld.Sale{Paid: isPaid, SoldAt: t.sold(), Quantity: l.quantity, Amount: t.price(l)}
			if t.recurs(l) {
				e.Subscription = theSubscription
			}
		}
		out = append(out, e)
	}
	return out
}

// recurs says whether a line is paid again and again.
func (t telling) recurs(l line) bool { return l.recurring || t.isSubscription() && len(t.lines) == 1 }

// price is what was paid for a line, taxes and discounts included, where it is the
// only one; else its price at the checkout.
func (t telling) price(l line) enrolld.Money {
	whole := 0
	for _, other := range t.lines {
		if other.bundle == "" {
			whole++
		}
	}
	switch {
	case whole > 1:
		return l.amount
	case len(t.payments) > 0:
		return t.payments[0].amount
	}
	for _, name := range []string{"settled_gross", "price_at_checkout"} {
		if m := t.money(t.n.Get(name), ""); m.Currency != "" {
			return m
		}
	}
	return l.amount
}

// subscribed says whether a line of the cart is a subscription.
func (t telling) subscribed() bool {
	return slices.ContainsFunc(t.lines, t.recurs) || len(t.lines) == 0 && t.isSubscription()
}

// bought tells of an order that is paid, or that costs nothing.
func (t telling) bought() ([]enrolld.Event, error) {
	e := t.event(enrolld.EventPurchase, t.sold())
	buyer, err := t.buyer()
	if err != nil {
		return nil, err
	}
	if len(t.lines) == 0 {
		return nil, enrolld.Errorf(enrolld.Invalid, "the order does not say what was bought")
	}
	e.Buyer, e.Lines = buyer, t.sale(true)
	events := make([]enrolld.Event, 1, 1+len(t.payments))
	for i, p := range t.payments {
		events = append(events, t.payment(p, i == len(t.payments)-1))
	}
	if t.subscribed() {
		status := t.active()
		e.Subscription = &status
	}
	events[0] = e
	return events, nil
}

// active tells how a subscription stands that goes on. It is dated by its newest
// payment, so that a webhook tried again later does not revive one that stopped.
func (t telling) active() enrolld.EventPart[enrolld.SubscriptionStatus] {
	part := enrolld.EventPart[enrolld.SubscriptionStatus]{ID: theSubscription, At: t.sold()}
	part.Value.State = enrolld.SubscriptionActive
	var newest time.Time
	money := false
	for _, p := range t.payments {
		money = money || p.amount.Minor > 0 || p.amount.Currency == ""
		newest = p.at
	}
	if newest.After(part.At) {
		part.At = newest
	}
	if !money && t.terms.trial != nil {
		part.Value.State, part.Value.PaidUntil = enrolld.SubscriptionTrialing, t.terms.trial(t.sold())
	}
	return part
}

// payment tells of money that came in. next_payment_date is that of the newest.
func (t telling) payment(p transaction, newest bool) enrolld.Event {
	e := t.event(enrolld.EventPayment, or(p.at, t.received))
	v := enrolld.Payment{Amount: p.amount}
	if t.subscribed() {
		v.Subscription, v.PaidUntil = theSubscription, t.paidUntil(or(p.at, t.received), newest)
	}
	id := p.id
	if id == "" {
		id = p.key()
	}
	if id == "" {
		id = theFirst
	}
	e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: id, Value: v}
	return e
}

// theFirst names a payment that has neither an id nor a time.
const theFirst = "first"

// paidUntil is how far a payment of a subscription reaches; zero where nobody knows.
func (t telling) paidUntil(at time.Time, newest bool) time.Time {
	if next := t.n.Get("next_payment_date").Time(); newest && next.After(at) {
		return next
	}
	if t.terms.trial != nil {
		if end := t.terms.trial(t.sold()); at.Before(end.Add(-trialSlack)) {
			return end
		}
	}
	if t.terms.every != nil {
		return t.terms.every(at)
	}
	return time.Time{}
}

// trialSlack is how much before a trial's end the first payment after it may come.
const trialSlack = 12 * time.Hour

// paid tells of the newest transaction, which may be a refund. It states the sale
// too, for who is sent payments only.
func (t telling) paid() ([]enrolld.Event, error) {
	if n := len(t.transactions); n > 0 && t.transactions[n-1].refund {
		return []enrolld.Event{t.refunded()}, nil
	}
	if len(t.payments) == 0 {
		return t.bought()
	}
	e := t.payment(t.payments[len(t.payments)-1], true)
	e.Lines = t.sale(true)
	if buyer, err := t.buyer(); err == nil {
		e.Buyer = buyer
	}
	if t.subscribed() && facts[t.state] == bought {
		status := t.active()
		e.Subscription = &status
	}
	return []enrolld.Event{e}, nil
}

// refunded tells of all refunds of the order. One that SendOwl does not count up,
// and one by which the buyer lost access, is of everything.
func (t telling) refunded() enrolld.Event {
	e := t.event(enrolld.EventRefund, t.now())
	kept, known := t.kept()
	counted := false
	for i, r := range t.transactions {
		if !r.refund {
			continue
		}
		v := enrolld.Refund{Amount: r.amount}
		if r.id != "" && slices.ContainsFunc(t.payments, func(p transaction) bool { return p.id == r.id }) {
			v.Payment = r.id
		}
		counted = counted || r.amount.Minor != 0
		id := r.key()
		if id == "" {
			id = strconv.Itoa(i)
		}
		e.Refunds = append(e.Refunds, enrolld.EventPart[enrolld.Refund]{ID: id, Value: v, At: r.at})
	}
	gone := !kept && (known || !counted || facts[t.state] == refunded)
	if gone || len(e.Refunds) == 0 {
		e.Refunds = append(e.Refunds, enrolld.EventPart[enrolld.Refund]{ID: "order", Value: enrolld.Refund{Full: gone}})
	}
	return e
}

// dispute tells how a dispute stands. That it is open is dated as the money that it
// is about, so that a webhook tried again later does not open one that was lost.
func (t telling) dispute(kind enrolld.EventKind, state enrolld.DisputeState) enrolld.Event {
	e := t.event(kind, t.now())
	e.Dispute = &enrolld.EventPart[enrolld.Dispute]{ID: "order", Value: enrolld.Dispute{State: state}}
	if state == enrolld.DisputeOpen {
		e.Dispute.At = t.newest()
	}
	return e
}

// failed tells of a payment that did not come. It does not say that the order is
// unpaid: what completes it may have come before. Nor is the first payment of a
// subscription one that it missed.
func (t telling) failed() enrolld.Event {
	e := t.event(enrolld.EventPaymentFailed, t.now())
	var sub string
	if t.subscribed() && len(t.payments) > 0 {
		sub = theSubscription
	}
	e.Failure = &enrolld.EventPart[enrolld.Failure]{
		ID: strconv.FormatInt(e.At.Unix(), 10), Value: enrolld.Failure{Subscription: sub},
	}
	return e
}

// stopped tells that a subscription stops, or is paid to its end.
func (t telling) stopped(f fact) enrolld.Event {
	e := t.event(enrolld.EventEnded, t.now())
	s := enrolld.SubscriptionStatus{}
	var at time.Time // the event's
	switch f {
	case cancels:
		e.Kind = enrolld.EventCancelled
		s.State, s.EndsAt = enrolld.SubscriptionCancelling, t.end()
		if s.EndsAt.IsZero() {
			s.State = enrolld.SubscriptionCancelled
		}
		if s.EndsAt.After(e.At) {
			// Dated as the money that it follows: a webhook tried again later does
			// not reopen a subscription that was cancelled at once since.
			at = t.newest()
		}
	case completed:
		s.State = enrolld.SubscriptionCompleted
	default:
		s.State, s.EndsAt = enrolld.SubscriptionEnded, e.At
	}
	e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: theSubscription, Value: s, At: at}
	return e
}

// end is how far the subscription is paid.
func (t telling) end() time.Time {
	if n := len(t.payments); n > 0 {
		return t.paidUntil(or(t.payments[n-1].at, t.sold()), true)
	}
	if t.terms.trial != nil {
		return t.terms.trial(t.sold())
	}
	return time.Time{}
}
