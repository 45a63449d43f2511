package generic

import (
	"cmp"
	"time"

	"enrolld"
)

// subscription is the name of the subscription that a delivery is about: the
// sender's, else one that stands for the order's only one.
func (d delivery) subscription() string {
	if id := d.text(FieldSubscription); id != "" {
		return id
	}
	return "order"
}

func (d delivery) paidUntil() time.Time { return d.node(d.n, FieldPaidUntil).Time() }

// purchase reads a sale, or the begin of a trial.
func purchase(d delivery, b base) ([]enrolld.Event, error) {
	if len(b.items) == 0 {
		return nil, enrolld.Errorf(enrolld.Invalid, "the purchase names no product (items or product_id)")
	}
	e := b.event
	e.Kind = enrolld.EventPurchase
	sub := d.text(FieldSubscription)
	if b.word == "trial_started" {
		sub = d.subscription()
		e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: sub, Value: enrolld.SubscriptionStatus{
			State: enrolld.SubscriptionTrialing, PaidUntil: d.paidUntil(),
		}}
	}
	for _, i := range b.items {
		if len(b.items) == 1 && !i.priced {
			i.amount = b.total
		}
		e.Lines = append(e.Lines, enrolld.EventLine{
			Key: i.key(), Product: i.product, Subscription: sub,
			Sale: &enrolld.Sale{Paid: true, SoldAt: e.At, Quantity: i.quantity, Amount: i.amount},
		})
	}
	if b.total.Minor > 0 {
		e.Payment = &enrolld.EventPart[enrolld.Payment]{
			ID:    cmp.Or(d.text(FieldTransaction), "first"),
			Value: enrolld.Payment{Amount: b.total, Subscription: sub, PaidUntil: d.paidUntil()},
		}
	}
	return []enrolld.Event{e}, nil
}

// lines names the products of an event that is about a subscription.
func (d delivery) lines(b base) ([]enrolld.EventLine, error) {
	if len(b.items) == 0 && d.text(FieldSubscription) == "" {
		return nil, enrolld.Errorf(enrolld.Invalid,
			"the delivery does not say which subscription it is about (subscription_id, or at least product_id)")
	}
	var out []enrolld.EventLine
	for _, i := range b.items {
		out = append(out, enrolld.EventLine{Key: i.key(), Product: i.product, Subscription: d.subscription()})
	}
	return out, nil
}

func rebill(d delivery, b base) ([]enrolld.Event, error) {
	e := b.event
	e.Kind = enrolld.EventPayment
	var err error
	if e.Lines, err = d.lines(b); err != nil {
		return nil, err
	}
	id := cmp.Or(d.text(FieldTransaction), d.text(FieldID), "rebill:"+e.At.UTC().Format(time.RFC3339))
	e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: id, Value: enrolld.Payment{
		Amount: b.total, Subscription: d.subscription(), PaidUntil: d.paidUntil(),
	}}
	active := enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive, PaidUntil: d.paidUntil()}
	e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: d.subscription(), Value: active}
	return []enrolld.Event{e}, nil
}

// changed reads how a subscription stands now.
func changed(d delivery, b base) ([]enrolld.Event, error) {
	e := b.event
	var err error
	if e.Lines, err = d.lines(b); err != nil {
		return nil, err
	}
	s := enrolld.SubscriptionStatus{PaidUntil: d.paidUntil()}
	e.Kind = enrolld.EventSubscription
	switch b.word {
	case "cancel":
		e.Kind, s.State = enrolld.EventCancelled, enrolld.SubscriptionCancelled
	case "ended", "trial_ended":
		e.Kind, s.State, s.EndsAt = enrolld.EventEnded, enrolld.SubscriptionEnded, e.At
	case "paused":
		s.State = enrolld.SubscriptionPaused
	case "resumed":
		s.State = enrolld.SubscriptionActive
	case "completed":
		s.State = enrolld.SubscriptionCompleted
	}
	e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: d.subscription(), Value: s}
	return []enrolld.Event{e}, nil
}

func failed(d delivery, b base) ([]enrolld.Event, error) {
	e := b.event
	e.Kind = enrolld.EventPaymentFailed
	var err error
	if e.Lines, err = d.lines(b); err != nil {
		return nil, err
	}
	e.Failure = &enrolld.EventPart[enrolld.Failure]{
		ID:    cmp.Or(d.text(FieldID), "failed:"+e.At.UTC().Format(time.RFC3339)),
		Value: enrolld.Failure{Subscription: d.subscription()},
	}
	return []enrolld.Event{e}, nil
}

// refund reads money given back: for the products named, else of the payment
// named, else of the order. Without an amount it is all of it.
func refund(d delivery, b base) ([]enrolld.Event, error) {
	e := b.event
	e.Kind = enrolld.EventRefund
	unnamed := cmp.Or(d.text(FieldTransaction), "refund") + ":" + d.text(FieldOccurred) + ":" + b.total.String()
	id := cmp.Or(d.text(FieldID), unnamed)
	if len(b.items) == 0 {
		e.Refunds = []enrolld.EventPart[enrolld.Refund]{{ID: id, Value: enrolld.Refund{
			Amount: b.total, Full: !b.priced, Payment: d.text(FieldTransaction),
		}}}
		return []enrolld.Event{e}, nil
	}
	for _, i := range b.items {
		amount, priced := i.amount, i.priced
		if len(b.items) == 1 && !priced {
			amount, priced = b.total, b.priced
		}
		e.Refunds = append(e.Refunds, enrolld.EventPart[enrolld.Refund]{
			ID: id + ":" + i.key(), Value: enrolld.Refund{Amount: amount, Full: !priced, Line: i.key()},
		})
	}
	return []enrolld.Event{e}, nil
}

// dispute reads where a chargeback stands. All that is said of one transaction,
// or of an order, is about the same dispute.
func dispute(d delivery, b base) ([]enrolld.Event, error) {
	e := b.event
	state := enrolld.DisputeOpen
	e.Kind = enrolld.EventDisputeOpened
	switch b.word {
	case "chargeback":
		e.Kind, state = enrolld.EventDisputeLost, enrolld.DisputeLost
	case "dispute_won":
		e.Kind, state = enrolld.EventDisputeWon, enrolld.DisputeWon
	}
	e.Dispute = &enrolld.EventPart[enrolld.Dispute]{
		ID:    "dispute:" + d.text(FieldTransaction),
		Value: enrolld.Dispute{State: state, Payment: d.text(FieldTransaction)},
	}
	return []enrolld.Event{e}, nil
}
