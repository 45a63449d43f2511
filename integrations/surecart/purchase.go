package surecart

import (
	"time"

	"enrolld"
	"enrolld/integrations"
)

// revocation keys the register that says whether a purchase made once was revoked.
const revocation = "revocation:"

// purchase reads what somebody may use, as it stands. The line, its subscription
// and the revocation go by the purchase's id.
func (d delivery) purchase() (integrations.Parsed, error) {
	n := d.obj
	key := n.Get("id").Text()
	product := id(n.Get("product"))
	if key == "" || product == "" {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the delivery does not say which product was purchased")
	}
	subscription := id(n.Get("subscription"))
	revoked := n.Get("revoked").Bool() || d.name == "purchase.revoked"
	if d.name == "purchase.invoked" {
		revoked = false
	}
	e := enrolld.Event{
		At: d.at, Test: test(n), Kind: d.kind(subscription != "", revoked),
		Refs: refs("purchase", key, "order", id(n.Get("initial_order")), "subscription", subscription),
	}
	quantity, _ := n.Get("quantity").Int()
	line := enrolld.EventLine{
		Key:     key,
		Product: enrolld.ProductRef{ID: product, Variant: pick(id(n.Get("variant")), id(n.Get("price")))},
		Sale: &enrolld.Sale{
			Paid: true, SoldAt: or(n.Get("created_at").Time(), d.at), Quantity: int(max(1, min(quantity, 1<<30))),
		},
	}
	st := enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive}
	revokeAt := n.Get("revoke_at").Time()
	switch {
	case revoked && subscription != "":
		st.State, st.EndsAt = enrolld.SubscriptionEnded, d.revokedAt()
	case !revokeAt.IsZero() && !revoked:
		st.State, st.EndsAt = enrolld.SubscriptionCancelling, revokeAt
	}
	if subscription != "" || !revokeAt.IsZero() {
		line.Subscription = key
	}
	// A date to revoke at that was taken away leaves the line's subscription
	// behind: it is said to go on.
	if subscription != "" || !revoked {
		e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: key, Value: st}
	}
	if subscription == "" && d.name != "purchase.created" || revoked && subscription == "" {
		e.Refunds = []enrolld.EventPart[enrolld.Refund]{{
			ID: revocation + key, Value: enrolld.Refund{Line: key, Full: revoked},
		}}
	}
	e.Lines = []enrolld.EventLine{line}
	// What takes needs no name and no address.
	return done(e, !revoked)
}

// revokedAt is when the purchase was revoked, by its own word.
func (d delivery) revokedAt() time.Time {
	if t := d.obj.Get("revoked_at").Time(); !t.IsZero() && !t.After(d.at) {
		return t
	}
	return d.at
}

func (d delivery) kind(subscription, revoked bool) enrolld.EventKind {
	switch {
	case revoked && subscription:
		return enrolld.EventEnded
	case revoked:
		return enrolld.EventRefund
	case d.name == "purchase.created":
		return enrolld.EventPurchase
	}
	return enrolld.EventSubscription
}

// states lists those of a subscription. unpaid is past_due with no more tries.
var states = map[string]enrolld.SubscriptionState{
	"incomplete": enrolld.SubscriptionIncomplete,
	"trialing":   enrolld.SubscriptionTrialing,
	"active":     enrolld.SubscriptionActive,
	"past_due":   enrolld.SubscriptionPastDue,
	"unpaid":     enrolld.SubscriptionPastDue,
	"paused":     enrolld.SubscriptionPaused,
	"canceled":   enrolld.SubscriptionEnded,
	"cancelled":  enrolld.SubscriptionEnded,
	"completed":  enrolld.SubscriptionCompleted,
}

// standing reads how a subscription stands, and how far it is paid.
func standing(n integrations.Node) (enrolld.SubscriptionStatus, bool) {
	state, ok := states[n.Get("status").Text()]
	st := enrolld.SubscriptionStatus{State: state, PaidUntil: n.Get("current_period_end_at").Time()}
	switch state {
	case enrolld.SubscriptionTrialing:
		st.PaidUntil = or(n.Get("trial_end_at").Time(), st.PaidUntil)
	case enrolld.SubscriptionPastDue:
		st.PaidUntil = time.Time{} // the current period is the one that is not paid
	case enrolld.SubscriptionEnded:
		st.EndsAt, st.PaidUntil = n.Get("ended_at").Time(), time.Time{}
	}
	if n.Get("cancel_at_period_end").Bool() &&
		(state == enrolld.SubscriptionActive || state == enrolld.SubscriptionTrialing) && !st.PaidUntil.IsZero() {
		st.State, st.EndsAt = enrolld.SubscriptionCancelling, st.PaidUntil
	}
	return st, ok
}

// paidPeriod is the payment that a subscription's current period was paid by; nil
// where it was not. What was paid SureCart does not say there. The purchase belongs
// to its id: after a change of plan two of them share a period.
func paidPeriod(n integrations.Node, purchase string, at time.Time) *enrolld.EventPart[enrolld.Payment] {
	start, end := n.Get("current_period_start_at"), n.Get("current_period_end_at").Time()
	switch n.Get("status").Text() {
	case "active", "completed":
	default:
		return nil
	}
	if trial := n.Get("trial_end_at").Time(); trial.After(start.Time()) || end.IsZero() && id(n.Get("current_period")) == "" {
		return nil
	}
	return &enrolld.EventPart[enrolld.Payment]{
		ID: "period:" + pick(id(n.Get("current_period")), id(n)+"-"+start.Text()) + ":" + purchase,
		At: or(start.Time(), at), Value: enrolld.Payment{Subscription: purchase, PaidUntil: end},
	}
}

// subscription reads how a subscription stands. It names its purchase, the newest
// where the plan was changed. Whether that is revoked it does not say, and unless it
// is over nothing of it counts then: Complete asks.
func (d delivery) subscription() (integrations.Parsed, error) {
	n := d.obj
	purchase := id(n.Get("purchase"))
	if purchase == "" {
		return integrations.Parsed{Ignored: "The subscription has no purchase yet, so nothing to give access to."}, nil
	}
	st, ok := standing(n)
	if !ok {
		return integrations.Parsed{Ignored: "The subscription is in a state that changes no access."}, nil
	}
	e := enrolld.Event{
		Kind: enrolld.EventSubscription, At: d.at, Test: test(n),
		Refs:         refs("subscription", n.Get("id").Text(), "purchase", purchase),
		Lines:        []enrolld.EventLine{{Key: purchase, Subscription: purchase}},
		Subscription: &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: purchase, Value: st},
	}
	switch {
	case st.State == enrolld.SubscriptionEnded:
		e.Kind = enrolld.EventEnded
	case st.State == enrolld.SubscriptionCancelling:
		e.Kind = enrolld.EventCancelled
	case st.State == enrolld.SubscriptionPastDue:
		e.Kind = enrolld.EventPaymentFailed
	case d.name == "subscription.renewed":
		e.Kind = enrolld.EventPayment
	}
	if d.name == "subscription.renewed" {
		e.Payment = paidPeriod(n, purchase, d.at)
	}
	return done(e, st.State != enrolld.SubscriptionEnded)
}
