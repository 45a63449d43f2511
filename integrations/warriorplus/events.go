package warriorplus

import (
	"cmp"

	"enrolld"
)

// bought reads a sale, or the subscription that began with it: both say that it
// is paid, so that either may be lost. Nothing paid for a subscription is a trial.
func (d delivery) bought() (enrolld.Event, error) {
	kind := enrolld.EventPurchase
	if d.action() == actionCreated {
		kind = enrolld.EventSubscription
	}
	e, err := d.event(kind)
	if err != nil {
		return e, err
	}
	if e.Buyer, err = d.buyer(); err != nil {
		return e, err
	}
	paid, err := d.amount("WP_SALE_AMOUNT")
	if err != nil {
		return e, err
	}
	line, until := &e.Lines[0], d.nextPayment()
	line.Sale = &enrolld.Sale{Paid: true, SoldAt: e.At, Quantity: 1, Amount: paid}
	if d.action() == actionSale && until.IsZero() {
		// All that a payment could add is how far it reaches. Without that it would
		// hide what subscr_created says of it, whenever it comes second.
		return e, nil
	}
	if paid.Minor > 0 {
		e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: d.firstPayment(), Value: enrolld.Payment{
			Amount: paid, Subscription: line.Key, PaidUntil: until,
		}}
		subscription(&e, enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive, PaidUntil: until})
	} else {
		subscription(&e, enrolld.SubscriptionStatus{State: enrolld.SubscriptionTrialing, PaidUntil: until})
	}
	line.Subscription = line.Key
	return e, nil
}

// rebill reads a payment of a running subscription.
func (d delivery) rebill() (enrolld.Event, error) {
	e, err := d.event(enrolld.EventPayment)
	if err != nil {
		return e, err
	}
	paid, err := d.amount("WP_SUBSCR_PAYMENT_AMOUNT", "WP_SALE_AMOUNT")
	until := d.nextPayment()
	e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: d.payment(), Value: enrolld.Payment{
		Amount: paid, Subscription: e.Lines[0].Key, PaidUntil: until,
	}}
	subscription(&e, enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive, PaidUntil: until})
	return e, err
}

// failed reads a payment that did not come. Each try is a failure of its own.
func (d delivery) failed() (enrolld.Event, error) {
	e, err := d.event(enrolld.EventPaymentFailed)
	if err != nil {
		return e, err
	}
	e.Failure = &enrolld.EventPart[enrolld.Failure]{
		ID:    "failed:" + cmp.Or(d.text(fieldIPN), d.payment()),
		Value: enrolld.Failure{Subscription: e.Lines[0].Key},
	}
	return e, nil
}

// refund reads that a payment went back: WarriorPlus gives back whole ones only.
func (d delivery) refund() (enrolld.Event, error) {
	e, err := d.event(enrolld.EventRefund)
	if err != nil {
		return e, err
	}
	back, err := d.amount("WP_SUBSCR_PAYMENT_AMOUNT", "WP_SALE_AMOUNT")
	payment := d.firstPayment()
	if txn := d.text("WP_SUBSCR_PAYMENT_TXNID"); txn != "" {
		payment = "txn:" + txn
	}
	e.Refunds = []enrolld.EventPart[enrolld.Refund]{{ID: "refund:" + payment, Value: enrolld.Refund{
		Amount: back, Full: true, Payment: payment,
	}}}
	return e, err
}

// dispute reads that the buyer went to the bank.
func (d delivery) dispute() (enrolld.Event, error) {
	e, err := d.event(enrolld.EventDisputeOpened)
	if err != nil {
		return e, err
	}
	payment := d.firstPayment()
	if txn := d.text("WP_SUBSCR_PAYMENT_TXNID"); txn != "" {
		payment = "txn:" + txn
	}
	e.Dispute = &enrolld.EventPart[enrolld.Dispute]{ID: "dispute:" + payment, Value: enrolld.Dispute{
		State: enrolld.DisputeOpen, Payment: payment,
	}}
	return e, nil
}

// cancelled reads that no more payments are due; the paid term runs out.
func (d delivery) cancelled() (enrolld.Event, error) {
	return d.state(enrolld.EventCancelled, enrolld.SubscriptionCancelled)
}

// suspended reads that WarriorPlus gave up on a subscription.
func (d delivery) suspended() (enrolld.Event, error) {
	return d.state(enrolld.EventEnded, enrolld.SubscriptionEnded)
}

func (d delivery) paused() (enrolld.Event, error) {
	return d.state(enrolld.EventSubscription, enrolld.SubscriptionPaused)
}

func (d delivery) reactivated() (enrolld.Event, error) {
	return d.state(enrolld.EventSubscription, enrolld.SubscriptionActive)
}

func (d delivery) state(kind enrolld.EventKind, state enrolld.SubscriptionState) (enrolld.Event, error) {
	e, err := d.event(kind)
	if err != nil {
		return e, err
	}
	s := enrolld.SubscriptionStatus{State: state}
	if state != enrolld.SubscriptionEnded {
		s.PaidUntil = d.nextPayment()
	}
	subscription(&e, s)
	return e, nil
}
