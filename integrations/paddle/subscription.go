package paddle

import (
	"cmp"
	"time"

	"enrolld"
	"enrolld/integrations"
)

func status(line string, s enrolld.SubscriptionStatus) *enrolld.EventPart[enrolld.SubscriptionStatus] {
	return &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: line, Value: s}
}

// subscription reads how a subscription stands. Every notification has all of
// it, so that they all read alike; each of its items has a term of its own.
func (d delivery) subscription() (integrations.Parsed, error) {
	kind := enrolld.EventSubscription
	var events []enrolld.Event
	asks := false
	for _, n := range d.data.Get("items").List() {
		price := n.Get("price")
		key := price.Get("id").Text()
		if once := n.Get("recurring"); key == "" || once.Exists() && !once.Empty() && !once.Bool() {
			continue
		}
		s := d.state(n)
		switch s.State {
		case enrolld.SubscriptionEnded:
			kind = enrolld.EventEnded
		case enrolld.SubscriptionCancelling:
			kind, asks = enrolld.EventCancelled, true
		case enrolld.SubscriptionActive, enrolld.SubscriptionTrialing:
			asks = true
		}
		l := enrolld.EventLine{Key: key, Subscription: key, Product: enrolld.ProductRef{
			ID:      cmp.Or(n.Get("product", "id").Text(), price.Get("product_id").Text()),
			Variant: key, Name: integrations.Clean(n.Get("product", "name").Text()),
		}}
		e := d.event(kind, d.at, d.text("id"), d.text("transaction_id"))
		e.Lines, e.Subscription = []enrolld.EventLine{l}, status(key, s)
		events = append(events, e)
		kind = enrolld.EventSubscription // the change is one, however many items have it
		if sold, ok := d.supposedSale(n, l); ok {
			events = append(events, sold)
		}
	}
	if len(events) == 0 {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the subscription has no items that renew")
	}
	return integrations.Parsed{Events: events, Incomplete: asks && d.text("customer_id") != ""}, nil
}

// supposedSale tells of the sale behind an item, for subscriptions that are
// older than the integration or came from elsewhere: one that collects its
// payments by itself exists only once its checkout is done. It is dated just
// before the item, so that what the transaction says always counts more, and
// names no buyer, since the address of today is not the one it was bought with.
func (d delivery) supposedSale(n integrations.Node, l enrolld.EventLine) (enrolld.Event, bool) {
	began := or(n.Get("created_at").Time(), or(d.data.Get("started_at").Time(), d.data.Get("created_at").Time()))
	if began.IsZero() || d.text("collection_mode") == "manual" || l.Product.ID == "" {
		return enrolld.Event{}, false
	}
	e := d.event(enrolld.EventSubscription, began.Add(-time.Microsecond), d.text("id"))
	l.Sale = &enrolld.Sale{Paid: true, SoldAt: began, Quantity: quantity(n)}
	e.Lines = []enrolld.EventLine{l}
	return e, true
}

// state translates Paddle's states for one item
// (developer.paddle.com/api-reference/subscriptions).
func (d delivery) state(n integrations.Node) enrolld.SubscriptionStatus {
	end := or(d.data.Get("current_billing_period", "ends_at").Time(), n.Get("next_billed_at").Time())
	s := enrolld.SubscriptionStatus{}
	switch d.text("status") {
	case "canceled":
		s.State, s.EndsAt = enrolld.SubscriptionEnded, or(d.data.Get("canceled_at").Time(), d.at)
		return s
	case "past_due":
		// The period has moved on to what is not paid: its end says nothing.
		s.State = enrolld.SubscriptionPastDue
		return s
	case "paused":
		s.State = enrolld.SubscriptionPaused
		return s
	case "trialing":
		s.State, s.PaidUntil = enrolld.SubscriptionTrialing, or(n.Get("trial_dates", "ends_at").Time(), end)
	default:
		s.State, s.PaidUntil = enrolld.SubscriptionActive, end
	}
	// A pause that is to come needs no word: the period runs out, and
	// subscription.paused follows.
	if change := d.data.Get("scheduled_change"); change.Get("action").Text() == "cancel" {
		s.State, s.EndsAt = enrolld.SubscriptionCancelling, or(change.Get("effective_at").Time(), s.PaidUntil)
	}
	return s
}
