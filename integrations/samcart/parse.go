package samcart

import (
	"cmp"
	"strconv"

	"enrolld"
	"enrolld/integrations"
)

// Parse translates a webhook. While the API is asked it says no more than which
// order to ask about.
func (p *Platform) Parse(c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	n, err := r.Decode()
	if err != nil {
		return integrations.Parsed{}, err
	}
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return integrations.Parsed{}, s.err
	}
	d := newDelivery(n, r.ReceivedAt, s)
	switch {
	case d.fact == factNone && n.Get(fieldType).Empty():
		return integrations.Parsed{Ignored: "The delivery names no event."}, nil
	case d.fact == factNone:
		return integrations.Parsed{Ignored: "SamCart's event has no meaning for access that we know of."}, nil
	case d.fact == factPlanned && !s.confirm:
		return integrations.Parsed{Ignored: "A cancellation is planned, or not any more; it is told again when it happens."}, nil
	}
	e := enrolld.Event{Kind: d.fact.kind(), At: d.received, Refs: d.refs()}
	if !s.confirm {
		e, err = d.believed(e)
	}
	if err == nil {
		err = e.Check()
	}
	if err != nil {
		return integrations.Parsed{}, err
	}
	return integrations.Parsed{Events: []enrolld.Event{e}, Incomplete: s.confirm}, nil
}

// believed reads the webhook itself, where nobody can be asked.
func (d delivery) believed(e enrolld.Event) (enrolld.Event, error) {
	lines, prices, err := d.lines()
	if err != nil {
		return e, err
	}
	e.Lines, e.Number = lines, d.orderID()
	buyer, buyerErr := d.buyer()
	e.Buyer = buyer
	switch d.fact {
	case factPurchase:
		if buyerErr != nil {
			return e, buyerErr
		}
		e.At = d.placedAt()
		return d.bought(e, prices)
	case factRefund, factPartRefund:
		return d.refunded(e)
	}
	if len(lines) != 1 {
		return e, enrolld.Errorf(enrolld.Invalid, "the delivery does not say which product's subscription it is about")
	}
	key := lines[0].Key
	e.Lines[0].Subscription = key
	state := map[fact]enrolld.SubscriptionState{
		factPayment: enrolld.SubscriptionActive, factRunning: enrolld.SubscriptionActive,
		factDelinquent: enrolld.SubscriptionPastDue, factCancelled: enrolld.SubscriptionCancelled,
		factCompleted: enrolld.SubscriptionCompleted,
	}[d.fact]
	if state != "" {
		e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{
			ID: key, Value: enrolld.SubscriptionStatus{State: state},
		}
	}
	txn := cmp.Or(d.n.Get("product", "transaction_id").Text(), "at:"+strconv.FormatInt(d.received.Unix(), 10))
	switch d.fact {
	case factPayment:
		e.Payment = &enrolld.EventPart[enrolld.Payment]{
			ID: "txn:" + txn, Value: enrolld.Payment{Amount: prices[0], Subscription: key},
		}
	case factFailed:
		e.Failure = &enrolld.EventPart[enrolld.Failure]{ID: "failed:" + txn, Value: enrolld.Failure{Subscription: key}}
	}
	return e, nil
}

// lines returns a line for each product, and what it cost.
func (d delivery) lines() ([]enrolld.EventLine, []enrolld.Money, error) {
	ids := d.products()
	if len(ids) == 0 {
		return nil, nil, enrolld.Errorf(enrolld.Invalid, "the delivery names no product")
	}
	product := d.n.Get("product")
	names, texts := listed(product.Get("name"), len(ids)), listed(product.Get("price"), len(ids))
	lines, prices := make([]enrolld.EventLine, len(ids)), make([]enrolld.Money, len(ids))
	for i, id := range ids {
		lines[i] = enrolld.EventLine{Key: id, Product: enrolld.ProductRef{ID: id, Name: integrations.Clean(names[i])}}
		switch {
		case len(ids) == 1:
			// A number may be written as one: 49.5 is no 49.500.
			m, err := product.Get("price").Decimal(d.currency)
			if err != nil {
				return nil, nil, err
			}
			prices[i] = m
		case texts[i] == "":
			prices[i] = enrolld.Money{Currency: d.currency}
		default:
			m, err := enrolld.ParseDecimal(texts[i], d.currency)
			if err != nil {
				return nil, nil, err
			}
			prices[i] = m
		}
	}
	return lines, prices, nil
}

// bought completes a purchase. Which of several products a subscription belongs to
// is not told; its own webhooks name the product.
func (d delivery) bought(e enrolld.Event, prices []enrolld.Money) (enrolld.Event, error) {
	total, err := d.n.Get("order", "total").Decimal(d.currency)
	if err != nil {
		return e, err
	}
	if total.Minor == 0 && len(prices) == 1 {
		total = prices[0]
	}
	p := enrolld.Payment{Amount: total}
	for i := range e.Lines {
		l := &e.Lines[i]
		l.Sale = &enrolld.Sale{Paid: true, SoldAt: e.At, Quantity: 1, Amount: prices[i]}
		p.Lines = append(p.Lines, l.Key)
	}
	if len(e.Lines) == 1 && d.subscriptionID() != "" {
		e.Lines[0].Subscription = e.Lines[0].Key
		p = enrolld.Payment{Amount: total, Subscription: e.Lines[0].Key}
	}
	if total.Minor > 0 {
		txn := cmp.Or(d.n.Get("product", "transaction_id").Text(), d.orderID())
		e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: "txn:" + txn, Value: p}
	}
	return e, nil
}

// refunded reads money given back for products. How much of one a partial refund
// gave back is not told for certain, so without an amount it takes nothing.
func (d delivery) refunded(e enrolld.Event) (enrolld.Event, error) {
	txn := d.n.Get("product", "transaction_id").Text()
	id := cmp.Or(d.n.Get("refund_transaction_id").Text(), txn, d.orderID())
	back, err := d.n.First("refund_amount", "amount").Decimal(d.currency)
	if err != nil {
		return e, err
	}
	for _, l := range e.Lines {
		r := enrolld.Refund{Amount: back, Full: d.fact == factRefund, Line: l.Key}
		if txn != "" {
			r.Payment = "txn:" + txn
		}
		if len(e.Lines) > 1 {
			r.Amount = enrolld.Money{Currency: d.currency}
		}
		e.Refunds = append(e.Refunds, enrolld.EventPart[enrolld.Refund]{ID: "refund:" + id + ":" + l.Key, Value: r})
	}
	return e, nil
}
