package jvzoo

import (
	"slices"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// The types of transactions, in both versions.
const (
	typeSale     = "SALE"
	typeBill     = "BILL"
	typeRefund   = "RFND"
	typeDispute  = "CGBK"
	typeBounced  = "INSF"
	typeCancel   = "CANCEL-REBILL"
	typeUncancel = "UNCANCEL-REBILL"
)

// Parse translates a delivery. With an API key, one of v2 is only a claim, which
// Complete has JVZoo confirm.
func (p *Platform) Parse(c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return integrations.Parsed{}, s.err
	}
	n, err := r.Decode()
	if err != nil {
		return integrations.Parsed{}, err
	}
	d := newDelivery(n, r.ReceivedAt)
	if reason := d.ignored(); reason != "" {
		return integrations.Parsed{Ignored: reason}, nil
	}
	parsed, err := d.parsed(s)
	parsed.Incomplete = err == nil && d.v2 && c.APIKey != ""
	return parsed, err
}

// ignored says why a delivery has no effect; "" when it may have one.
func (d delivery) ignored() string {
	switch {
	case d.event == "" && !d.n.Get(fieldVerify).Exists():
		return "The delivery names no transaction."
	case handlers[d.event] == nil:
		return "JVZoo's transaction has no meaning for access that we know of."
	case d.event == typeBill && !d.paid():
		return "A rebill that is not paid yet."
	case d.isTest():
		if _, err := d.buyer(); err != nil {
			return "A test from JVZoo's settings: all is well."
		}
	}
	return ""
}

// unpaid are the states of a transaction of v2 that is no money yet.
var unpaid = []string{"PENDING", "PROCESSING", "INCOMPLETE", "CREATED", "FAILED", "DECLINED", "ERROR", "VOIDED", "CANCELLED", "CANCELED"}

// paid says whether a sale's or a rebill's money is there.
func (d delivery) paid() bool {
	return !d.v2 || d.event != typeSale && d.event != typeBill ||
		!slices.Contains(unpaid, strings.ToUpper(d.n.Get("status").Text()))
}

var handlers = map[string]func(delivery, reading) (enrolld.Event, error){
	typeSale:     delivery.sale,
	typeBill:     delivery.bill,
	typeRefund:   delivery.refund,
	typeDispute:  delivery.lost,
	typeBounced:  delivery.lost,
	typeCancel:   delivery.cancelled,
	typeUncancel: delivery.resumed,
}

// parsed are the events of a delivery, checked.
func (d delivery) parsed(s reading) (integrations.Parsed, error) {
	switch {
	case !d.v2 && ambiguous(d.n):
		return integrations.Parsed{}, enrolld.Parkf("A value of the delivery has a vertical bar without blanks around it. JVZoo's cverify " +
			"does not tell then which value is which. Look at the transaction at JVZoo, and take the bar out of the product's title.")
	case d.v2 && !knownPaykey.MatchString(d.paykey), !d.v2 && d.base == "":
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the delivery does not say which transaction it is about")
	case !productNumber.MatchString(d.product):
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the delivery names no product by its number")
	case d.v2 && d.name == "":
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the delivery has no product name, the only thing of a product that is signed")
	}
	e, err := handlers[d.event](d, s)
	if err != nil {
		return integrations.Parsed{}, err
	}
	if err := e.Check(); err != nil {
		return integrations.Parsed{}, err
	}
	return integrations.Parsed{Events: []enrolld.Event{e}}, nil
}

// about begins an event of the delivery's order. The product is told by sales and
// rebills only: the less a copy can change, the better.
func (d delivery) about(kind enrolld.EventKind) enrolld.Event {
	e := enrolld.Event{
		Kind: kind, At: d.at(), Refs: d.refs(), Number: d.base, Test: d.isTest(), Lines: []enrolld.EventLine{{Key: d.line()}},
	}
	if d.event == typeSale || d.event == typeBill {
		e.Lines[0].Product = d.ref()
	}
	return e
}

func (d delivery) status(s enrolld.SubscriptionStatus) *enrolld.EventPart[enrolld.SubscriptionStatus] {
	return &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: d.line(), Value: s}
}

// sale reads a purchase. A recurring product that costs nothing at first is a
// trial.
func (d delivery) sale(s reading) (enrolld.Event, error) {
	buyer, err := d.buyer()
	if err != nil {
		return enrolld.Event{}, err
	}
	e := d.about(enrolld.EventPurchase)
	e.Buyer = buyer
	e.Lines[0].Sale = &enrolld.Sale{Paid: d.paid(), SoldAt: e.At, Quantity: 1, Amount: d.amount}
	switch {
	case d.recurring && d.amount.Minor == 0:
		e.Lines[0].Subscription = d.line()
		e.Subscription = d.status(enrolld.SubscriptionStatus{State: enrolld.SubscriptionTrialing})
	case !d.paid():
	case d.recurring:
		d.pay(&e, s)
	default:
		e.Payment = &enrolld.EventPart[enrolld.Payment]{
			ID: d.payment(), Value: enrolld.Payment{Amount: d.amount, Lines: []string{d.line()}},
		}
	}
	return e, nil
}

// pay completes an event with the payment of a subscription.
func (d delivery) pay(e *enrolld.Event, s reading) {
	until := integrations.AfterText(e.At, d.period(s))
	e.Lines[0].Subscription = d.line()
	e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: d.payment(), Value: enrolld.Payment{
		Amount: d.amount, Subscription: d.line(), PaidUntil: until,
	}}
	e.Subscription = d.status(enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive, PaidUntil: until})
}

func (d delivery) bill(s reading) (enrolld.Event, error) {
	buyer, err := d.buyer()
	if err != nil {
		return enrolld.Event{}, err
	}
	e := d.about(enrolld.EventPayment)
	e.Buyer = buyer
	d.pay(&e, s)
	return e, nil
}

// refund reads that the money of a payment went back.
func (d delivery) refund(reading) (enrolld.Event, error) {
	e := d.about(enrolld.EventRefund)
	e.Refunds = []enrolld.EventPart[enrolld.Refund]{{
		ID: "rfnd:" + d.payment(), Value: enrolld.Refund{Payment: d.payment(), Full: true},
	}}
	return e, nil
}

// lost reads a chargeback, of a card or of an e-check.
func (d delivery) lost(reading) (enrolld.Event, error) {
	e := d.about(enrolld.EventDisputeLost)
	e.Dispute = &enrolld.EventPart[enrolld.Dispute]{
		ID: strings.ToLower(d.event) + ":" + d.payment(), Value: enrolld.Dispute{State: enrolld.DisputeLost, Payment: d.payment()},
	}
	return e, nil
}

func (d delivery) cancelled(reading) (enrolld.Event, error) {
	e := d.about(enrolld.EventCancelled)
	e.Lines[0].Subscription = d.line()
	e.Subscription = d.status(enrolld.SubscriptionStatus{State: enrolld.SubscriptionCancelled})
	return e, nil
}

func (d delivery) resumed(reading) (enrolld.Event, error) {
	e := d.about(enrolld.EventSubscription)
	e.Lines[0].Subscription = d.line()
	e.Subscription = d.status(enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive})
	return e, nil
}
