package paypal

import (
	"enrolld"
	"enrolld/integrations"
)

// paymentOf returns the capture or the sale that a refund or a reversal is of.
func (d delivery) paymentOf() string {
	return pick(d.res.Get("sale_id").Text(), d.res.Get("supplementary_data", "related_ids", "capture_id").Text(),
		linked(d.res, "up", "/v2/payments/captures/"), linked(d.res, "up", "/v1/payments/sale/"),
		linked(d.res, "sale", "/v1/payments/sale/"), linked(d.res, "capture", "/v1/payments/capture/"))
}

// refunded reads money that the seller gave back. One that did not come through
// takes nothing.
func (d delivery) refunded() (integrations.Parsed, error) {
	payment, id := d.paymentOf(), d.res.Get("id").Text()
	if payment == "" {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the delivery does not say which payment was given back")
	}
	return d.takenBack(payment, id)
}

// refReversal begins the identity of a reversal: there is one of a payment, so that
// a dispute that is won knows what it undoes.
const refReversal = "reversal:"

// reversed reads money that PayPal took back. Where the resource is the sale itself
// it names no other.
func (d delivery) reversed() (integrations.Parsed, error) {
	payment := pick(d.paymentOf(), d.res.Get("id").Text())
	return d.takenBack(payment, refReversal+payment)
}

func (d delivery) takenBack(payment, id string) (integrations.Parsed, error) {
	amount, err := money(d.res.Get("amount"))
	if err != nil {
		return integrations.Parsed{}, err
	}
	switch pick(d.res.Get("status").Text(), d.res.Get("state").Text()) {
	case "FAILED", "CANCELLED", "failed", "cancelled":
		amount.Minor = 0
	}
	at := d.time(d.res, "create_time", "update_time")
	if amount.Minor == 0 {
		at = d.time(d.res, "update_time", "create_time")
	}
	e := d.event(enrolld.EventRefund, at, refPayment+payment, refSub+d.res.Get("billing_agreement_id").Text())
	e.Refunds = []enrolld.EventPart[enrolld.Refund]{{ID: id, Value: enrolld.Refund{Amount: amount, Payment: payment}}}
	return done(e)
}

// dispute reads where a dispute stands: of one payment as a rule, of several at
// most.
func (d delivery) dispute() (integrations.Parsed, error) {
	id := d.res.Get("dispute_id").Text()
	var events []enrolld.Event
	for _, tx := range d.res.Get("disputed_transactions").List() {
		payment := tx.First("seller_transaction_id", "buyer_transaction_id").Text()
		if payment == "" {
			continue
		}
		state, kind, reverses := d.outcome(tx)
		e := d.event(kind, d.time(d.res, "update_time", "create_time"), refPayment+payment)
		e.Dispute = &enrolld.EventPart[enrolld.Dispute]{ID: id + ":" + payment, Value: enrolld.Dispute{State: state, Payment: payment}}
		if id == "" {
			e.Dispute.ID = ""
		}
		if reverses {
			e.Refunds = []enrolld.EventPart[enrolld.Refund]{{ID: refReversal + payment, Value: enrolld.Refund{
				Amount: enrolld.Money{Currency: d.res.Get("dispute_amount", "currency_code").Text()}, Payment: payment,
			}}}
		}
		events = append(events, e)
	}
	if len(events) == 0 {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the delivery does not say which payment is disputed")
	}
	return done(events...)
}

// outcome says where a dispute stands, and whether money that PayPal took back in
// the meantime is the seller's again.
func (d delivery) outcome(tx integrations.Node) (state enrolld.DisputeState, kind enrolld.EventKind, reverses bool) {
	outcome := d.res.Get("dispute_outcome")
	code := outcome.Get("outcome_code").Text()
	if d.name != "CUSTOMER.DISPUTE.RESOLVED" && d.res.Get("status").Text() != "RESOLVED" {
		return enrolld.DisputeOpen, enrolld.EventDisputeOpened, false
	}
	switch code {
	case "RESOLVED_BUYER_FAVOUR", "RESOLVED_BUYER_FAVOR", "ACCEPTED":
		if d.partly(tx, outcome) {
			// The part that went back is told by itself; the rest stands.
			return enrolld.DisputeWon, enrolld.EventDisputeWon, false
		}
		return enrolld.DisputeLost, enrolld.EventDisputeLost, false
	case "RESOLVED_SELLER_FAVOUR", "RESOLVED_SELLER_FAVOR", "CANCELED_BY_BUYER", "DENIED", "RESOLVED_WITH_PAYOUT":
		return enrolld.DisputeWon, enrolld.EventDisputeWon, true
	}
	// Closed undecided (NONE), as another dispute of the payment goes on, or in a way
	// that we do not know: whose the money is says whether there was a reversal.
	return enrolld.DisputeWon, enrolld.EventDisputeWon, false
}

// partly says whether a dispute gave only a part of the payment back.
func (d delivery) partly(tx, outcome integrations.Node) bool {
	back, err := money(outcome.Get("amount_refunded"))
	if err != nil || back.Minor <= 0 {
		return false
	}
	paid, err := money(tx.Get("gross_amount"))
	return err == nil && back.Currency == paid.Currency && back.Minor < paid.Minor
}
