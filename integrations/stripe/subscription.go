package stripe

import (
	"slices"
	"time"

	"enrolld"
	"enrolld/integrations"
)

func status(sub string, s enrolld.SubscriptionStatus) *enrolld.EventPart[enrolld.SubscriptionStatus] {
	return &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: sub, Value: s}
}

func (d delivery) subscription() (integrations.Parsed, error) {
	return integrations.Parsed{Events: d.subscribed(d.obj, d.n.Get("data", "previous_attributes"))}, nil
}

// subscribed says how a subscription stands. before is what its event says of
// the values that changed.
func (d delivery) subscribed(sub, before integrations.Node) []enrolld.Event {
	name := id(sub)
	s := subscriptionStatus(sub, d.at)
	kind := enrolld.EventSubscription
	switch s.State {
	case enrolld.SubscriptionEnded:
		kind = enrolld.EventEnded
	case enrolld.SubscriptionCancelling:
		kind = enrolld.EventCancelled
	}
	e := d.event(kind, d.at, name, id(sub.Get("latest_invoice")))
	e.Subscription = status(name, s)
	e.Lines = subscriptionLines(sub, name)
	e.Lines = append(e.Lines, dropped(sub, before, name)...)
	return append([]enrolld.Event{e}, d.supposedSale(sub, name)...)
}

// supposedSale tells of the sale behind a subscription that has begun, for those
// older than the integration. It is dated just before the subscription, so that
// what an invoice says always counts more.
func (d delivery) supposedSale(sub integrations.Node, name string) []enrolld.Event {
	began := sub.First("start_date", "created").Unix()
	switch sub.Get("status").Text() {
	case "incomplete", "incomplete_expired", "":
		return nil
	}
	ls := subscriptionLines(sub, name)
	if began.IsZero() || len(ls) == 0 {
		return nil
	}
	e := d.event(enrolld.EventSubscription, began.Add(-time.Microsecond), name)
	for _, l := range ls {
		l.Sale = &enrolld.Sale{Paid: true, SoldAt: began}
		e.Lines = append(e.Lines, l)
	}
	return []enrolld.Event{e}
}

func subscriptionLines(sub integrations.Node, name string) []enrolld.EventLine {
	override := sub.Get("metadata", productKey).Text()
	var out []enrolld.EventLine
	for _, item := range sub.Get("items", "data").List() {
		price := item.First("price", "plan")
		l := enrolld.EventLine{Key: id(item), Subscription: name, Product: enrolld.ProductRef{
			ID: pick(override, id(price.Get("product"))), Variant: id(price),
			Name: integrations.Clean(price.Get("nickname").Text()),
		}}
		if l.Key != "" && l.Product.ID != "" {
			out = append(out, l)
		}
	}
	return out
}

// dropped lists the items that a subscription had and has no more: their sale
// does not stand any longer.
func dropped(sub, before integrations.Node, name string) []enrolld.EventLine {
	now := subscriptionLines(sub, name)
	var out []enrolld.EventLine
	for _, old := range before.Get("items", "data").List() {
		key := id(old)
		gone := !slices.ContainsFunc(now, func(l enrolld.EventLine) bool { return l.Key == key })
		if key != "" && gone && len(now) > 0 {
			out = append(out, enrolld.EventLine{Key: key, Subscription: name, Sale: &enrolld.Sale{
				SoldAt: sub.First("start_date", "created").Unix(),
			}})
		}
	}
	return out
}

// subscriptionStatus translates Stripe's states
// (docs.stripe.com/api/subscriptions/object).
func subscriptionStatus(sub integrations.Node, at time.Time) enrolld.SubscriptionStatus {
	end := periodEnd(sub)
	s := enrolld.SubscriptionStatus{}
	switch sub.Get("status").Text() {
	case "incomplete":
		s.State = enrolld.SubscriptionIncomplete
		return s
	case "incomplete_expired", "canceled":
		s.State = enrolld.SubscriptionEnded
		s.EndsAt = or(sub.Get("ended_at").Unix(), at)
		return s
	case "past_due", "unpaid":
		// The period has moved on to what is not paid: its end says nothing.
		s.State = enrolld.SubscriptionPastDue
	case "paused":
		s.State = enrolld.SubscriptionPaused
		s.PaidUntil = end
	case "trialing":
		s.State = enrolld.SubscriptionTrialing
		s.PaidUntil = or(sub.Get("trial_end").Unix(), end)
	default:
		s.State = enrolld.SubscriptionActive
		s.PaidUntil = end
	}
	if sub.Get("pause_collection", "behavior").Text() == "void" && s.State == enrolld.SubscriptionActive {
		// Of the ways to pause payments the one by which no service is given.
		s.State = enrolld.SubscriptionPaused
	}
	stop := sub.Get("cancel_at").Unix()
	if stop.IsZero() && sub.Get("cancel_at_period_end").Bool() {
		stop = or(s.PaidUntil, end)
	}
	if !stop.IsZero() && s.State != enrolld.SubscriptionPastDue {
		s.State, s.EndsAt = enrolld.SubscriptionCancelling, stop
	}
	return s
}

// periodEnd is the end of the current period: the items' since basil, the
// subscription's before.
func periodEnd(sub integrations.Node) time.Time {
	end := sub.Get("current_period_end").Unix()
	for _, item := range sub.Get("items", "data").List() {
		if t := item.Get("current_period_end").Unix(); t.After(end) {
			end = t
		}
	}
	return end
}
