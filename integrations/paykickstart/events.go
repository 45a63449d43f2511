package paykickstart

import (
	"strconv"

	"enrolld"
)

// sale reads a purchase. Whether it began a subscription another notification
// says, of the same transaction.
func (d delivery) sale() (enrolld.Event, error) {
	e, err := d.event(enrolld.EventPurchase, d.paidAt())
	if err != nil {
		return e, err
	}
	return d.bought(e)
}

// created reads the beginning of a subscription, which says too that it was
// bought.
func (d delivery) created() (enrolld.Event, error) {
	e, err := d.subscribed(enrolld.EventSubscription, d.paidAt(), enrolld.SubscriptionActive)
	if err != nil {
		return e, err
	}
	return d.bought(e)
}

// trial reads the beginning of a trial.
func (d delivery) trial() (enrolld.Event, error) {
	e, err := d.subscribed(enrolld.EventSubscription, d.paidAt(), enrolld.SubscriptionTrialing)
	if err != nil {
		return e, err
	}
	return d.bought(e)
}

func (d delivery) bought(e enrolld.Event) (enrolld.Event, error) {
	var err error
	if e.Buyer, err = d.buyer(); err != nil {
		return e, err
	}
	e.Lines[0].Sale = &enrolld.Sale{Paid: true, SoldAt: e.At, Quantity: 1}
	return e, d.payment(&e)
}

// rebill reads a payment of a subscription, be it the first.
func (d delivery) rebill() (enrolld.Event, error) {
	e, err := d.subscribed(enrolld.EventPayment, d.paidAt(), enrolld.SubscriptionActive)
	if err != nil {
		return e, err
	}
	return e, d.payment(&e)
}

// failed reads a payment that did not come.
func (d delivery) failed() (enrolld.Event, error) {
	e, err := d.subscribed(enrolld.EventPaymentFailed, d.paidAt(), "")
	if err != nil {
		return e, err
	}
	e.Failure = &enrolld.EventPart[enrolld.Failure]{
		ID:    "failed:" + d.text("transaction_id") + ":" + strconv.FormatInt(e.At.Unix(), 10),
		Value: enrolld.Failure{Subscription: e.Lines[0].Key},
	}
	return e, nil
}

// refund reads money that went back, of the transaction that is named. Whether
// refunds have transactions of their own is not documented: then the newest
// payments before are taken back.
func (d delivery) refund() (enrolld.Event, error) {
	e, err := d.event(enrolld.EventRefund, d.paidAt())
	if err != nil {
		return e, err
	}
	if d.text("amount") == "" {
		// A part would become the whole by that, and what is not there is not signed.
		return e, enrolld.Errorf(enrolld.Invalid, "the refund does not say how much went back")
	}
	back, err := d.amount()
	if err != nil {
		return e, err
	}
	id := d.text("transaction_id")
	e.Refunds = []enrolld.EventPart[enrolld.Refund]{{
		ID:    "refund:" + id + ":" + strconv.FormatInt(e.At.Unix(), 10) + ":" + strconv.FormatInt(back.Minor, 10),
		Value: enrolld.Refund{Amount: back, Full: back.Minor == 0, Payment: id},
	}}
	return e, nil
}

func (d delivery) disputed() (enrolld.Event, error) {
	return d.dispute(enrolld.EventDisputeOpened, enrolld.DisputeOpen)
}

func (d delivery) disputeWon() (enrolld.Event, error) {
	return d.dispute(enrolld.EventDisputeWon, enrolld.DisputeWon)
}

func (d delivery) disputeLost() (enrolld.Event, error) {
	return d.dispute(enrolld.EventDisputeLost, enrolld.DisputeLost)
}

// dispute reads where a chargeback stands. All that is told of one transaction is
// of one date, so what follows is dated by receipt.
func (d delivery) dispute(kind enrolld.EventKind, state enrolld.DisputeState) (enrolld.Event, error) {
	e, err := d.event(kind, d.received)
	if err != nil {
		return e, err
	}
	id := d.text("transaction_id")
	e.Dispute = &enrolld.EventPart[enrolld.Dispute]{
		ID: "dispute:" + id, Value: enrolld.Dispute{State: state, Payment: id},
	}
	return e, nil
}

// cancelled reads that no more payments are due; the paid term runs out.
func (d delivery) cancelled() (enrolld.Event, error) {
	return d.subscribed(enrolld.EventCancelled, d.received, enrolld.SubscriptionCancelled)
}

func (d delivery) paused() (enrolld.Event, error) {
	return d.subscribed(enrolld.EventSubscription, d.received, enrolld.SubscriptionPaused)
}

func (d delivery) resumed() (enrolld.Event, error) {
	return d.subscribed(enrolld.EventSubscription, d.received, enrolld.SubscriptionActive)
}

func (d delivery) completed() (enrolld.Event, error) {
	return d.subscribed(enrolld.EventSubscription, d.received, enrolld.SubscriptionCompleted)
}

func (d delivery) ended() (enrolld.Event, error) {
	return d.subscribed(enrolld.EventEnded, d.received, enrolld.SubscriptionEnded)
}
