package samcart

import (
	"enrolld"
	"enrolld/integrations"
)

// events tells of the order what the API says of it. All is dated by receipt, as
// the answer is newer than that, but for money, which SamCart dates. The first
// event is what the webhook told; payments and subscriptions beyond the one it is
// about follow.
func (s *snapshot) events(d delivery) []enrolld.Event {
	main := enrolld.Event{
		Kind: d.fact.kind(), At: d.received, Refs: s.refs(), Number: s.id, Test: s.order.Get("test_mode").Bool(), Buyer: s.buyer,
		Lines: s.lines(d.received), Refunds: s.refunds(d.received),
	}
	base := enrolld.Event{At: main.At, Refs: main.Refs, Number: main.Number, Test: main.Test, Buyer: main.Buyer}
	subject := s.subject(d)
	var more []enrolld.Event
	for i := range s.charges {
		c := &s.charges[i]
		if !s.matters(c, d, subject) {
			continue
		}
		e := base
		e.Kind, e.Payment = enrolld.EventPayment, s.payment(c, d)
		if main.Payment == nil && (subject == "" || c.sub == subject || c.sub == "") {
			main.Payment = e.Payment
			continue
		}
		more = append(more, e)
	}
	for _, it := range s.items {
		if it.sub == "" {
			continue
		}
		e := base
		e.Kind, e.Subscription = enrolld.EventSubscription, s.status(it, d)
		switch {
		case e.Subscription == nil:
		case it.product == subject:
			main.Subscription = e.Subscription
		default:
			more = append(more, e)
		}
		if it.product == subject {
			main.Failure = s.failure(it, d)
		}
	}
	return append([]enrolld.Event{main}, more...)
}

// refs lists what names the order: its number and those of its subscriptions.
func (s *snapshot) refs() []string {
	refs := []string{"order:" + s.id}
	for _, it := range s.items {
		if it.sub != "" {
			refs = append(refs, "sub:"+it.sub)
		}
	}
	return refs
}

// subject is the product whose subscription the webhook is about: by the
// subscription's number, by the product's, or the only one there is.
func (s *snapshot) subject(d delivery) string {
	subject, several := "", false
	for _, it := range s.items {
		switch {
		case it.sub == "":
		case it.sub == d.subscriptionID(), it.product == d.n.Get("product", "id").Text():
			return it.product
		default:
			subject, several = it.product, subject != "" && subject != it.product || several
		}
	}
	if several {
		return ""
	}
	return subject
}

// matters says whether a charge is told of: those of the order itself when it is
// the order that is told of, what was given back, and the newest of the
// subscription.
func (s *snapshot) matters(c *charge, d delivery, subject string) bool {
	switch d.fact {
	case factRefund, factPartRefund:
		return true // which payment stands shows only beside the others
	case factPurchase:
		if !c.rebill {
			return true
		}
	}
	return c.touched || subject != "" && c == s.newest(subject)
}

// payment tells of a charge, and how far it reaches if it is the newest of a
// subscription that is well.
func (s *snapshot) payment(c *charge, d delivery) *enrolld.EventPart[enrolld.Payment] {
	p := enrolld.Payment{Amount: c.amount, Lines: c.lines, Subscription: c.sub}
	if c.sub != "" && c == s.newest(c.sub) {
		for _, it := range s.items {
			if sub := s.subs[it.sub]; it.product == c.sub && well(sub, d) {
				if next := sub.Get("next_rebilling_date").Time(); next.After(c.at) {
					p.PaidUntil = next
				}
			}
		}
	}
	return &enrolld.EventPart[enrolld.Payment]{ID: c.key(), Value: p, At: c.at}
}

// well says whether a subscription's next date is the end of what is paid: while a
// payment fails it is that of the next try.
func well(sub integrations.Node, d delivery) bool {
	return sub.Get("status").Text() == "active" && d.fact != factFailed && d.fact != factDelinquent
}

// status tells how a subscription stands. One that is active says nothing while
// its payment fails.
func (s *snapshot) status(it item, d delivery) *enrolld.EventPart[enrolld.SubscriptionStatus] {
	sub := s.subs[it.sub]
	st := enrolld.SubscriptionStatus{}
	switch sub.Get("status").Text() {
	case "active":
		if !well(sub, d) {
			return nil
		}
		st.State = enrolld.SubscriptionActive
		if last := s.newest(it.product); last == nil || !last.rebill && trial(sub) {
			st.State = enrolld.SubscriptionTrialing
		}
		st.PaidUntil = sub.Get("next_rebilling_date").Time()
	case "canceled", "cancelled", "deleted":
		st = enrolld.SubscriptionStatus{State: enrolld.SubscriptionCancelled, PaidUntil: sub.Get("next_rebilling_date").Time()}
	case "delinquent", "sca_required", "invalid_processor":
		st.State = enrolld.SubscriptionPastDue
	case "completed":
		st.State = enrolld.SubscriptionCompleted
	case "paused":
		st.State = enrolld.SubscriptionPaused
	default:
		return nil
	}
	return &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: it.product, Value: st}
}

// trial says whether a subscription begins with one, paid for or not.
func trial(sub integrations.Node) bool {
	days, _ := sub.First("trial_days", "trial_period").Int()
	return days > 0
}

// failure tells of a payment that did not come, if the API knows of any. Each is
// one of its own, by how many there were.
func (s *snapshot) failure(it item, d delivery) *enrolld.EventPart[enrolld.Failure] {
	if d.fact != factFailed {
		return nil
	}
	sub := s.subs[it.sub]
	count, _ := sub.Get("total_failed_charges").Int()
	if status := sub.Get("status").Text(); count == 0 && (status == "active" || status == "completed") {
		return nil
	}
	return &enrolld.EventPart[enrolld.Failure]{
		ID: "failed:" + it.sub + ":" + sub.Get("total_failed_charges").Text(), Value: enrolld.Failure{Subscription: it.product},
	}
}
