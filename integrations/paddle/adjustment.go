package paddle

import (
	"cmp"

	"enrolld"
	"enrolld/integrations"
)

// States of an adjustment (developer.paddle.com/api-reference/adjustments).
const (
	statusPending  = "pending_approval"
	statusApproved = "approved"
)

// adjustment reads what was changed about a transaction after it was paid.
func (d delivery) adjustment() (integrations.Parsed, error) {
	if d.text("transaction_id") == "" {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the adjustment names no transaction")
	}
	if d.text("status") == statusPending {
		return integrations.Parsed{Ignored: "Paddle has not approved it yet; adjustment.updated follows when it has."}, nil
	}
	switch d.text("action") {
	case "refund":
		return d.refund()
	case "chargeback":
		return d.dispute(enrolld.DisputeLost)
	case "chargeback_reverse":
		return d.dispute(enrolld.DisputeWon)
	case "chargeback_warning":
		return d.warning(enrolld.DisputeOpen)
	case "chargeback_warning_reverse":
		return d.warning(enrolld.DisputeWon)
	case "credit", "credit_reverse":
		return integrations.Parsed{Ignored: "A credit stays with Paddle, for the buyer's next payments: no money went back."}, nil
	}
	return integrations.Parsed{Ignored: "Paddle's kind of adjustment has no meaning for access that we know of."}, nil
}

func (d delivery) adjustmentEvent(kind enrolld.EventKind) enrolld.Event {
	return d.event(kind, d.at, d.text("subscription_id"), d.text("transaction_id"))
}

// stands says whether the adjustment is in force. One that was rejected or
// reversed is stated as nothing, so that what was said of it before is undone.
func (d delivery) stands() bool { return d.text("status") == statusApproved }

// refund reads money given back. Items of a transaction without a subscription
// are lines of the order; of a subscription's, only the transaction knows which
// lines they are: see Complete.
func (d delivery) refund() (integrations.Parsed, error) {
	e := d.adjustmentEvent(enrolld.EventRefund)
	all := d.data.Get("items").List()
	if d.text("type") == "full" || len(all) == 0 {
		e.Refunds = d.wholeRefund(d.text("type") == "full")
		return integrations.Parsed{Events: []enrolld.Event{e}}, nil
	}
	if d.text("subscription_id") != "" {
		e.Refunds = d.wholeRefund(false)
		return integrations.Parsed{Events: []enrolld.Event{e}, Incomplete: true}, nil
	}
	e.Refunds = d.itemRefunds(func(item string) string { return item })
	return integrations.Parsed{Events: []enrolld.Event{e}}, nil
}

// wholeRefund is a refund of the transaction as such.
func (d delivery) wholeRefund(full bool) []enrolld.EventPart[enrolld.Refund] {
	r := enrolld.Refund{Payment: d.text("transaction_id"), Amount: enrolld.Money{Currency: d.currency()}}
	if d.stands() {
		r.Full, r.Amount = full, d.data.Get("totals", "total").Minor(d.currency())
	}
	return []enrolld.EventPart[enrolld.Refund]{{ID: d.text("id"), Value: r}}
}

// itemRefunds are refunds of lines, which a function finds by their item.
func (d delivery) itemRefunds(line func(item string) string) []enrolld.EventPart[enrolld.Refund] {
	all := d.data.Get("items").List()
	out := make([]enrolld.EventPart[enrolld.Refund], 0, len(all))
	for _, n := range all {
		of := n.Get("item_id").Text()
		r := enrolld.Refund{
			Payment: d.text("transaction_id"), Line: line(of), Amount: enrolld.Money{Currency: d.currency()},
		}
		if d.stands() {
			r.Full = n.Get("type").Text() == "full"
			r.Amount = cmp.Or(n.Get("totals", "total"), n.Get("amount")).Minor(d.currency())
		}
		id := d.text("id") + "/" + cmp.Or(n.Get("id").Text(), of)
		out = append(out, enrolld.EventPart[enrolld.Refund]{ID: id, Value: r})
	}
	return out
}

// Each transaction has two disputes at most, a warning and the chargeback that
// may come of it. They are adjustments of their own, and so are their reversals;
// the transaction is what they have in common.
const (
	ofWarning    = "/warning"
	ofChargeback = "/chargeback"
)

func (d delivery) disputeEvent(of string, state enrolld.DisputeState) enrolld.Event {
	kind := enrolld.EventDisputeOpened
	switch state {
	case enrolld.DisputeWon:
		kind = enrolld.EventDisputeWon
	case enrolld.DisputeLost:
		kind = enrolld.EventDisputeLost
	}
	e := d.adjustmentEvent(kind)
	txn := d.text("transaction_id")
	e.Dispute = &enrolld.EventPart[enrolld.Dispute]{ID: txn + of, Value: enrolld.Dispute{State: state, Payment: txn}}
	return e
}

// dispute reads a chargeback or its end. Either settles the warning before it.
func (d delivery) dispute(state enrolld.DisputeState) (integrations.Parsed, error) {
	state, reason := d.effective(state)
	if reason != "" {
		return integrations.Parsed{Ignored: reason}, nil
	}
	e := d.disputeEvent(ofChargeback, state)
	settled := d.disputeEvent(ofWarning, enrolld.DisputeWon)
	settled.Kind = e.Kind
	return integrations.Parsed{Events: []enrolld.Event{e, settled}}, nil
}

// warning reads that the buyer's bank is about to charge back, or is not.
func (d delivery) warning(state enrolld.DisputeState) (integrations.Parsed, error) {
	state, reason := d.effective(state)
	if reason != "" {
		return integrations.Parsed{Ignored: reason}, nil
	}
	return integrations.Parsed{Events: []enrolld.Event{d.disputeEvent(ofWarning, state)}}, nil
}

// effective is what an adjustment about a dispute says by its status: one that
// is reversed or rejected is none.
func (d delivery) effective(state enrolld.DisputeState) (enrolld.DisputeState, string) {
	switch {
	case d.stands() || d.text("status") == "":
		return state, ""
	case state == enrolld.DisputeWon:
		return state, "A reversal that did not come about changes nothing."
	}
	return enrolld.DisputeWon, ""
}
