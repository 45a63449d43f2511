package stripe

import (
	"enrolld"
	"enrolld/integrations"
)

// refunded reads what of a charge was given back so far: one record per charge
// with the sum, since Stripe tells the sum.
func (d delivery) refunded() (integrations.Parsed, error) {
	e := d.event(enrolld.EventRefund, d.at, d.ref("payment_intent"), d.ref("id"), d.ref("invoice"))
	e.Refunds = []enrolld.EventPart[enrolld.Refund]{{ID: d.ref("id"), Value: enrolld.Refund{
		Amount: d.money("amount_refunded"), Full: d.obj.Get("refunded").Bool(),
		Payment: pick(d.ref("invoice"), d.ref("payment_intent"), d.ref("id")),
	}}}
	// Since basil a charge does not name its invoice, which for a
	// subscription's is the only way to the order.
	return integrations.Parsed{Events: []enrolld.Event{e}, Incomplete: !d.obj.Get("invoice").Exists()}, nil
}

// refundChanged reads that a refund did not come through: the money is the
// seller's again. How much of the charge remains refunded only the API says;
// without it nothing is taken to be.
func (d delivery) refundChanged() (integrations.Parsed, error) {
	switch d.obj.Get("status").Text() {
	case "failed", "canceled":
	default:
		return integrations.Parsed{Ignored: "charge.refunded says the same with the sum."}, nil
	}
	charge := d.ref("charge")
	e := d.event(enrolld.EventRefund, d.at, d.ref("payment_intent"), charge)
	none := enrolld.Money{Currency: d.currency()}
	e.Refunds = []enrolld.EventPart[enrolld.Refund]{{
		ID:    pick(charge, d.ref("payment_intent")),
		Value: enrolld.Refund{Amount: none, Payment: pick(d.ref("payment_intent"), charge)},
	}}
	return integrations.Parsed{Events: []enrolld.Event{e}, Incomplete: charge != ""}, nil
}

// dispute reads where a chargeback stands. An inquiry (warning_…) is one too: it
// becomes a chargeback or is closed.
func (d delivery) dispute() (integrations.Parsed, error) {
	state, kind := enrolld.DisputeOpen, enrolld.EventDisputeOpened
	switch d.obj.Get("status").Text() {
	case "won", "warning_closed", "prevented":
		state, kind = enrolld.DisputeWon, enrolld.EventDisputeWon
	case "lost":
		state, kind = enrolld.DisputeLost, enrolld.EventDisputeLost
	}
	e := d.event(kind, d.at, d.ref("payment_intent"), d.ref("charge"))
	e.Dispute = &enrolld.EventPart[enrolld.Dispute]{ID: d.ref("id"), Value: enrolld.Dispute{
		State: state, Payment: pick(d.ref("payment_intent"), d.ref("charge")),
	}}
	return integrations.Parsed{Events: []enrolld.Event{e}, Incomplete: d.ref("charge") != ""}, nil
}
