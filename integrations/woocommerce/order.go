package woocommerce

import (
	"time"

	"enrolld"
	"enrolld/integrations"
)

// order reads an order as it is.
func (d delivery) order() (integrations.Parsed, error) {
	rel := d.relations()
	s := d.standing(rel)
	if s.ignored != "" {
		return integrations.Parsed{Ignored: s.ignored}, nil
	}
	items, err := d.items("line_items")
	if err != nil {
		return integrations.Parsed{}, err
	}
	if len(items) == 0 {
		return integrations.Parsed{Ignored: "The order has no products, so that nothing can be accessed by it."}, nil
	}
	total, err := d.sum(d.n.Get("total"))
	if err != nil {
		return integrations.Parsed{}, err
	}
	if len(rel.renews) > 0 {
		return d.renewal(s, rel.renews, items, total)
	}
	return d.purchase(s, rel.switches, items, total)
}

// standing is what the status of an order means.
type standing struct {
	paid    bool
	full    bool // refunded as a whole
	failed  bool
	at      time.Time // when it was paid, else when it was made
	ignored string
	kind    enrolld.EventKind // of an order that is no renewal
}

func (d delivery) standing(rel relations) standing {
	paidAt, madeAt := d.date("date_paid_gmt"), d.date("date_created_gmt")
	s := standing{at: paidAt, kind: enrolld.EventPurchase}
	if s.at.IsZero() {
		s.at = madeAt
	}
	if s.at.IsZero() {
		s.at = d.at
	}
	switch d.status() {
	case "processing", "completed":
		s.paid = true
	case "refunded":
		s.paid, s.full = true, true
	case "failed":
		s.failed, s.kind = true, enrolld.EventPaymentFailed
	case "cancelled":
		s.kind, s.failed = enrolld.EventCancelled, len(rel.renews) > 0 && rel.failed
	case "on-hold":
	case "trash":
		s.ignored = "The order is in the trash. That is not a refund: access stays as it was."
	case "pending", "checkout-draft", "draft", "auto-draft", "new", "":
		if s.failed = rel.failed; paidAt.IsZero() && !s.failed {
			s.ignored = "The order is not paid yet."
		}
	default:
		s.paid = !paidAt.IsZero()
	}
	if s.paid && d.n.Get("refunds").List() != nil || s.full {
		s.kind = enrolld.EventRefund
	}
	return s
}

// purchase reads the order of a checkout. One by which a subscription was switched
// to other products names the subscription.
func (d delivery) purchase(s standing, switched []string, items []item, total enrolld.Money) (integrations.Parsed, error) {
	id := d.n.Get("id").Text()
	e := d.event(s.kind, orderRef(id))
	buyer, err := d.buyer()
	if err != nil && s.paid && !s.full {
		return integrations.Parsed{}, err
	}
	e.Buyer = buyer
	if len(switched) == 0 {
		e.Number = d.n.Get("number").Text()
	}
	for _, sub := range switched {
		e.Refs = append(e.Refs, subscriptionRef(sub))
	}
	var paidFor []string
	e.Lines = make([]enrolld.EventLine, 0, len(items))
	for _, i := range items {
		l := i.line()
		if l.Bundle == "" || i.amount.Minor > 0 {
			l.Sale = &enrolld.Sale{Paid: s.paid, SoldAt: s.at, Quantity: i.quantity, Amount: i.amount}
		}
		if i.amount.Minor > 0 {
			paidFor = append(paidFor, i.key)
		}
		e.Lines = append(e.Lines, l)
	}
	if s.paid && total.Minor > 0 {
		e.Payment = d.payment(s, enrolld.Payment{Amount: total, Lines: paidFor})
	}
	if s.failed {
		e.Failure = d.failure("")
	}
	return d.refunded(e, s, total)
}

// renewal reads the order of a later payment: no sale, but money for the
// subscription that was sold before.
func (d delivery) renewal(s standing, subs []string, items []item, total enrolld.Money) (integrations.Parsed, error) {
	e := d.event(enrolld.EventSubscription, orderRef(d.n.Get("id").Text()))
	for _, sub := range subs {
		e.Refs = append(e.Refs, subscriptionRef(sub))
	}
	e.Buyer, _ = d.buyer() // the first order has it
	for _, i := range items {
		e.Lines = append(e.Lines, i.line())
	}
	wasPaid := !d.date("date_paid_gmt").IsZero()
	switch {
	case s.paid:
		e.Kind = enrolld.EventPayment
		if s.kind == enrolld.EventRefund {
			e.Kind = enrolld.EventRefund
		}
		// By its lines: a renewal does not tell what they were switched from.
		e.Payment = d.payment(s, enrolld.Payment{Amount: total, Lines: keys(items)})
	case wasPaid:
		// Money that was there and is not any more, as after a lost dispute.
		s.paid, s.full = true, true
	case s.failed:
		e.Kind = enrolld.EventPaymentFailed
		e.Failure = d.failure(subs[0])
	default:
		return integrations.Parsed{Ignored: "A renewal that is not paid; the subscription says what follows."}, nil
	}
	return d.refunded(e, s, total)
}

func keys(items []item) []string {
	out := make([]string, 0, len(items))
	for _, i := range items {
		out = append(out, i.key)
	}
	return out
}

// payment is the order's money. It is dated when it came, which no later snapshot
// changes.
func (d delivery) payment(s standing, p enrolld.Payment) *enrolld.EventPart[enrolld.Payment] {
	return &enrolld.EventPart[enrolld.Payment]{ID: orderRef(d.n.Get("id").Text()), Value: p, At: s.at}
}

// failure is dated when the order was made, which is when it was first tried to
// pay: a failure does not get younger by being tried again.
func (d delivery) failure(sub string) *enrolld.EventPart[enrolld.Failure] {
	return &enrolld.EventPart[enrolld.Failure]{
		ID: orderRef(d.n.Get("id").Text()), Value: enrolld.Failure{Subscription: sub},
		At: d.date("date_created_gmt"),
	}
}

// refunded states what of the order's money was given back. The single refunds
// have no dates and may be deleted, so that their sum is what counts.
func (d delivery) refunded(e enrolld.Event, s standing, total enrolld.Money) (integrations.Parsed, error) {
	if s.paid {
		rows := d.n.Get("refunds").List()
		amounts := make([]integrations.Node, 0, len(rows))
		for _, r := range rows {
			amounts = append(amounts, r.Get("total"))
		}
		back, err := d.sum(amounts...)
		if err != nil {
			return integrations.Parsed{}, err
		}
		back.Minor = max(back.Minor, -back.Minor)
		full := s.full || total.Minor > 0 && back.Minor >= total.Minor
		id := orderRef(d.n.Get("id").Text())
		e.Refunds = []enrolld.EventPart[enrolld.Refund]{{ID: id, Value: enrolld.Refund{
			Amount: back, Full: full, Payment: id,
		}}}
	}
	return integrations.Parsed{Events: []enrolld.Event{e}}, nil
}
