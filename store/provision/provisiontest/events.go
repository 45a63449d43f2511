package provisiontest

import (
	"time"

	"enrolld"
)

// Start is where the clock of a world stands at first; sales happen an hour
// before it unless a test says otherwise.
var Start = time.Date(2026, 3, 4, 5, 6, 7, 891011000, time.UTC)

// Sold is when things are sold.
var Sold = Start.Add(-time.Hour)

// USD is an amount in cents.
func USD(minor int64) enrolld.Money { return enrolld.Money{Minor: minor, Currency: "USD"} }

// Event is an event about an order, so long after the sale.
func Event(order string, after time.Duration, kind enrolld.EventKind) enrolld.Event {
	return enrolld.Event{Kind: kind, At: Sold.Add(after), Refs: []string{"order:" + order}}
}

// Line is a paid line of 10.00; its key is the product's.
func Line(product string) enrolld.EventLine {
	return enrolld.EventLine{
		Key: product, Product: enrolld.ProductRef{ID: product, Name: "The " + product},
		Sale: &enrolld.Sale{Paid: true, SoldAt: Sold, Amount: USD(1000)},
	}
}

// Buy is the purchase of products by an address; the name before the @ is the
// buyer's first name.
func Buy(order, email string, products ...string) enrolld.Event {
	e := Event(order, 0, enrolld.EventPurchase)
	e.Number = order
	e.Buyer = &enrolld.Buyer{Email: email, First: "Ann", Last: "Lee"}
	for _, p := range products {
		e.Lines = append(e.Lines, Line(p))
	}
	return e
}

// Named is an event whose buyer has another name.
func Named(e enrolld.Event, first, last string) enrolld.Event {
	buyer := *e.Buyer
	buyer.First, buyer.Last = first, last
	e.Buyer = &buyer
	return e
}

// Subscribe is the purchase of a subscription s1 of an order, paid until a time.
func Subscribe(order, email, product string, until time.Time) enrolld.Event {
	e := Buy(order, email, product)
	e.Lines[0].Subscription = "s1"
	e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: "p1", Value: enrolld.Payment{
		Amount: USD(1000), Subscription: "s1", PaidUntil: until,
	}}
	return e
}

// Refund gives back all of an order.
func Refund(order string, after time.Duration) enrolld.Event {
	e := Event(order, after, enrolld.EventRefund)
	all := enrolld.Refund{Amount: USD(1000), Full: true}
	e.Refunds = []enrolld.EventPart[enrolld.Refund]{{ID: "r-" + order, Value: all}}
	return e
}

// RefundLine gives back one line of an order.
func RefundLine(order, line string, after time.Duration) enrolld.Event {
	e := Refund(order, after)
	e.Refunds[0].ID, e.Refunds[0].Value.Line = "r-"+order+line, line
	return e
}

// Dispute states how a dispute of an order stands.
func Dispute(order string, after time.Duration, state enrolld.DisputeState) enrolld.Event {
	e := Event(order, after, enrolld.EventDisputeOpened)
	e.Dispute = &enrolld.EventPart[enrolld.Dispute]{ID: "d-" + order, Value: enrolld.Dispute{State: state}}
	return e
}
