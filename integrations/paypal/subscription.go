package paypal

import (
	"context"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// lineSubscription is the one line of a subscription.
const lineSubscription = "subscription"

// subscription reads how a subscription stands. The resource is the whole of it.
func (d delivery) subscription() (integrations.Parsed, error) {
	if d.agreement() {
		return done(d.event(enrolld.EventSubscription, d.at, refSub+d.res.Get("id").Text()))
	}
	e, ok := d.snapshot(d.res)
	if !ok {
		return integrations.Parsed{Ignored: "A subscription that the buyer has not approved yet."}, nil
	}
	switch d.name {
	case "BILLING.SUBSCRIPTION.ACTIVATED":
		e.Kind = enrolld.EventPurchase
	case "BILLING.SUBSCRIPTION.PAYMENT.FAILED":
		d.failed(&e)
	}
	if e.Kind == enrolld.EventPurchase && e.Buyer == nil {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the delivery names no buyer we can write to")
	}
	return done(e)
}

// agreement says whether the resource is one of PayPal's old Billing Agreements API.
// Once they are proved such deliveries wait for a person: they name no plan.
func (d delivery) agreement() bool {
	return strings.EqualFold(d.n.Get("resource_type").Text(), "agreement")
}

// failed adds that a payment failed. Each try has its time.
func (d delivery) failed(e *enrolld.Event) {
	last := d.res.Get("billing_info", "last_failed_payment")
	at := d.time(last, "time")
	id := d.res.Get("id").Text()
	e.Kind = enrolld.EventPaymentFailed
	e.Failure = &enrolld.EventPart[enrolld.Failure]{
		ID: id + ":" + at.UTC().Format(time.RFC3339), Value: enrolld.Failure{Subscription: id}, At: at,
	}
}

// snapshot is what a subscription, in a delivery or in an answer, says of itself.
// It is dated by the latest moment that it knows of: an answer is as old as what it
// tells, not as the question. False: there is no subscription yet.
func (d delivery) snapshot(sub integrations.Node) (enrolld.Event, bool) {
	id := sub.Get("id").Text()
	status := d.status(sub)
	if status.State == "" {
		return enrolld.Event{}, false
	}
	at := latest(sub)
	if at.IsZero() {
		at = d.at
	}
	e := d.event(kindOf(sub), at, refSub+id)
	// Who has an address that cannot be read is told of by who buys.
	e.Buyer, _ = subscriber(sub)
	e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: id, Value: status}
	count, ok := sub.Get("quantity").Int()
	if !ok || count < 1 || count > 1<<30 {
		count = 1
	}
	e.Lines = []enrolld.EventLine{{
		Key: lineSubscription, Product: enrolld.ProductRef{ID: sub.Get("plan_id").Text()}, Subscription: id,
		Sale: &enrolld.Sale{Paid: true, SoldAt: d.time(sub, "start_time", "create_time"), Quantity: int(count)},
	}}
	return e, true
}

func subscriber(sub integrations.Node) (*enrolld.Buyer, error) {
	who := sub.Get("subscriber")
	return integrations.Buyer(who.Get("email_address").Text(), who.Get("name", "given_name").Text(),
		who.Get("name", "surname").Text(), who.Get("shipping_address", "name", "full_name").Text(),
		who.Get("shipping_address", "address", "country_code").Text())
}

// latest is the last moment that a subscription knows of.
func latest(sub integrations.Node) time.Time {
	billing := sub.Get("billing_info")
	var out time.Time
	for _, n := range []integrations.Node{
		sub.Get("create_time"), sub.Get("update_time"), sub.Get("status_update_time"),
		billing.Get("last_payment", "time"), billing.Get("last_failed_payment", "time"),
	} {
		if t := n.Time(); t.After(out) {
			out = t
		}
	}
	return out
}

func kindOf(sub integrations.Node) enrolld.EventKind {
	switch sub.Get("status").Text() {
	case "CANCELLED":
		return enrolld.EventCancelled
	case "EXPIRED":
		return enrolld.EventEnded
	}
	return enrolld.EventSubscription
}

// status translates PayPal's states (developer.paypal.com, Subscriptions v1).
func (s Settings) status(sub integrations.Node) enrolld.SubscriptionStatus {
	billing := sub.Get("billing_info")
	next := billing.Get("next_billing_time").Time()
	switch sub.Get("status").Text() {
	case "ACTIVE":
	case "SUSPENDED":
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionPaused}
	case "CANCELLED":
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionCancelled}
	case "EXPIRED":
		if slices.Contains(s.Instalments, sub.Get("plan_id").Text()) {
			return enrolld.SubscriptionStatus{State: enrolld.SubscriptionCompleted}
		}
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionCancelled}
	default:
		return enrolld.SubscriptionStatus{}
	}
	if failures, _ := billing.Get("failed_payments_count").Int(); failures > 0 {
		// The next billing is another try: it says nothing of what is paid.
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionPastDue}
	}
	if trialing(billing) {
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionTrialing, PaidUntil: next}
	}
	if billing.Get("last_payment", "time").Empty() {
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionIncomplete}
	}
	return enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive, PaidUntil: next}
}

// trialing says whether a subscription has a trial and no regular period yet.
func trialing(billing integrations.Node) bool {
	trial := false
	for _, c := range billing.Get("cycle_executions").List() {
		n, _ := c.Get("cycles_completed").Int()
		left, _ := c.Get("cycles_remaining").Int()
		switch c.Get("tenure_type").Text() {
		case "TRIAL":
			trial = trial || n > 0 || left > 0
		case "REGULAR":
			if n > 0 {
				return false
			}
		}
	}
	return trial
}

// sold reads a payment of a subscription, the first or a later one.
func (d delivery) sold() (integrations.Parsed, error) {
	id, sub := d.res.Get("id").Text(), d.res.Get("billing_agreement_id").Text()
	amount, err := money(d.res.Get("amount"))
	if err != nil {
		return integrations.Parsed{}, err
	}
	e := d.event(enrolld.EventPayment, d.time(d.res, "create_time", "update_time"), refSub+sub, refPayment+id)
	e.Number = number(d.res, "")
	e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: id, Value: enrolld.Payment{Amount: amount, Subscription: sub}}
	return done(e)
}

// saleFailed reads that a subscription's held money did not come.
func (d delivery) saleFailed() (integrations.Parsed, error) {
	id, sub := d.res.Get("id").Text(), d.res.Get("billing_agreement_id").Text()
	e := d.event(enrolld.EventPaymentFailed, d.time(d.res, "update_time", "create_time"), refSub+sub, refPayment+id)
	e.Failure = &enrolld.EventPart[enrolld.Failure]{ID: id, Value: enrolld.Failure{Subscription: sub}}
	return done(e)
}

// sold finds the subscription of a payment: whose it is, its plan, and how far the
// payment reaches.
func (q question) sold(d delivery, e enrolld.Event) ([]enrolld.Event, error) {
	if e.Payment.Value.Subscription == "" {
		return nil, enrolld.Parkf("A payment by PayPal's old Payments API, which is of no subscription. " +
			"Deliver its product by hand, or sell it with PayPal Checkout.")
	}
	if err := q.needsKey("who paid for which plan"); err != nil {
		return nil, err
	}
	sub, err := q.news("a subscription", "/v1/billing/subscriptions/", e.Payment.Value.Subscription)
	if err != nil {
		return nil, err
	}
	if _, err := subscriber(sub); err != nil {
		return nil, err
	}
	until, err := q.paidUntil(sub, e.At)
	if err != nil {
		return nil, err
	}
	p := *e.Payment
	p.Value.PaidUntil = until
	e.Payment = &p
	s, ok := d.snapshot(sub)
	if !ok {
		return []enrolld.Event{e}, nil
	}
	if s.Kind != enrolld.EventSubscription {
		// An answer is no news: the delivery about it is.
		s.Kind = enrolld.EventSubscription
	}
	return []enrolld.Event{e, s}, nil
}

// sameBilling is how far the time of a sale may be from the subscription's own word
// of its last payment. The shortest interval is a day.
const sameBilling = 12 * time.Hour

// paidUntil says how far a payment reaches.
func (q question) paidUntil(sub integrations.Node, paid time.Time) (time.Time, error) {
	billing := sub.Get("billing_info")
	last, next := billing.Get("last_payment", "time").Time(), billing.Get("next_billing_time").Time()
	if !last.IsZero() && last.Sub(paid).Abs() < sameBilling && next.After(paid) {
		return next, nil
	}
	id := sub.Get("plan_id").Text()
	if id == "" {
		return time.Time{}, nil
	}
	plan, err := q.plans.Get(q.ctx, func(ctx context.Context) (integrations.Node, error) {
		inner := q
		inner.ctx = ctx
		return inner.get("a plan", "/v1/billing/plans/", id)
	}, q.host(), q.config.APIKey.Reveal(), id)
	switch {
	case enrolld.OutcomeOf(err) == enrolld.OutcomePark:
		return time.Time{}, nil // it may be gone; the payment stands without it
	case err != nil:
		return time.Time{}, err
	}
	for _, cycle := range plan.Get("billing_cycles").List() {
		if cycle.Get("tenure_type").Text() == "REGULAR" {
			return after(paid, cycle.Get("frequency")), nil
		}
	}
	return time.Time{}, nil
}

// after is the end of an interval; zero when the interval is not known.
func after(t time.Time, frequency integrations.Node) time.Time {
	count, ok := frequency.Get("interval_count").Int()
	if !ok {
		count = 1
	}
	return integrations.After(t, int(max(1, min(count, 1000))), frequency.Get("interval_unit").Text())
}
