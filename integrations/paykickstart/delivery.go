package paykickstart

import (
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// delivery is a decoded notification.
type delivery struct {
	n        integrations.Node
	received time.Time
	currency string // of the settings
}

// text returns a field; "" for "0", which is not signed and thus is nothing.
func (d delivery) text(name string) string {
	if s := d.n.Get(name).Text(); s != "0" {
		return s
	}
	return ""
}

// refs lists what names the order: the purchase and the transaction.
func (d delivery) refs() []string {
	refs := make([]string, 0, 2)
	for _, ref := range []struct{ kind, field string }{{"invoice:", "invoice_id"}, {"transaction:", "transaction_id"}} {
		if id := d.text(ref.field); id != "" {
			refs = append(refs, ref.kind+id)
		}
	}
	return slices.Clip(refs)
}

// test says whether it is a test. One that does not say is refused: the names of
// fields are not signed, and a test that lost its mark would open a course.
func (d delivery) test() (bool, error) {
	switch strings.ToLower(d.text("mode")) {
	case "live":
		return false, nil
	case "test":
		return true, nil
	}
	return false, enrolld.Errorf(enrolld.Invalid, "the delivery does not say whether it is live or a test")
}

// paidAt is when the transaction was made.
func (d delivery) paidAt() time.Time {
	if t := d.n.Get("transaction_time").Time(); !t.IsZero() {
		return t
	}
	return d.received
}

func (d delivery) amount() (enrolld.Money, error) {
	currency := d.currency
	if c := strings.ToUpper(d.n.First("currency", "currency_code").Text()); len(c) == len("USD") {
		currency = c
	}
	return d.n.Get("amount").Decimal(currency)
}

func (d delivery) buyer() (*enrolld.Buyer, error) {
	return integrations.Buyer(d.text("buyer_email"), d.text("buyer_first_name"), d.text("buyer_last_name"), "",
		d.text("billing_country"))
}

// event begins an event of the delivery's purchase, which names its line.
func (d delivery) event(kind enrolld.EventKind, at time.Time) (enrolld.Event, error) {
	test, err := d.test()
	if err != nil {
		return enrolld.Event{}, err
	}
	id, ok := d.n.Get("product_id").Int()
	product := enrolld.ProductRef{ID: d.text("product_id"), Name: integrations.Clean(d.text("product_name"))}
	if !ok || id <= 0 {
		return enrolld.Event{}, enrolld.Errorf(enrolld.Invalid, "the delivery names no product by its number")
	}
	e := enrolld.Event{
		Kind: kind, At: at, Test: test, Refs: d.refs(), Number: d.text("invoice_id"),
		Lines: []enrolld.EventLine{{Key: product.ID, Product: product}},
	}
	// Who bought matters only where somebody did; see bought.
	e.Buyer, _ = d.buyer()
	return e, nil
}

// subscribed begins an event about a subscription.
func (d delivery) subscribed(kind enrolld.EventKind, at time.Time, state enrolld.SubscriptionState) (enrolld.Event, error) {
	e, err := d.event(kind, at)
	if err != nil {
		return e, err
	}
	line := &e.Lines[0]
	line.Subscription = line.Key
	if state != "" {
		e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{
			ID: line.Key, Value: enrolld.SubscriptionStatus{State: state},
		}
	}
	return e, nil
}

// payment adds what was paid to an event.
func (d delivery) payment(e *enrolld.Event) error {
	paid, err := d.amount()
	if err != nil {
		return err
	}
	id := d.text("transaction_id")
	if id == "" && paid.Minor > 0 { // what costs nothing needs no transaction
		return enrolld.Errorf(enrolld.Invalid, "the delivery names no transaction")
	}
	line := &e.Lines[0]
	p := enrolld.Payment{Amount: paid, Subscription: line.Subscription}
	if p.Subscription == "" {
		p.Lines = []string{line.Key}
	}
	if line.Sale != nil {
		line.Sale.Amount = paid
	}
	if paid.Minor > 0 {
		e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: id, Value: p}
	}
	return nil
}
