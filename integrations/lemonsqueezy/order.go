package lemonsqueezy

import (
	"enrolld"
	"enrolld/integrations"
)

const (
	line  = "item"  // the key of an order's one line
	first = "first" // the key of the payment made at the checkout
)

// States of an order (docs.lemonsqueezy.com/api/orders/the-order-object).
const (
	statusPaid     = "paid"
	statusRefunded = "refunded"
	statusPartly   = "partial_refund"
	statusFailed   = "failed"
)

// variant is a product as Lemon Squeezy numbers it.
func variant(n integrations.Node) enrolld.ProductRef {
	p := enrolld.ProductRef{ID: n.Get("product_id").Text(), Variant: n.Get("variant_id").Text()}
	p.Name = named(n.Get("product_name").Text(), n.Get("variant_name").Text())
	return p
}

// named joins a product's name and its variant's. Lemon Squeezy calls the only
// variant of a product "Default".
func named(product, variant string) string {
	product, variant = integrations.Clean(product), integrations.Clean(variant)
	if variant == "" || variant == "Default" || variant == product {
		return product
	}
	return product + ", " + variant
}

// order reads an order as it is. What was bought, by whom and for how much never
// changes about it: that is said of the time when it was made. Whether the money
// is there, and what of it went back, is said of its last change.
func (d delivery) order() (integrations.Parsed, error) {
	ref := "order:" + d.id
	item := d.attr.Get("first_order_item")
	product := variant(item)
	if product.ID == "" {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the order does not say what was bought")
	}
	buyer, err := d.buyer()
	if err != nil {
		return integrations.Parsed{}, err
	}
	made := d.event(enrolld.EventPurchase, d.created, ref)
	made.Buyer, made.Number = buyer, d.text("order_number")
	made.Lines = []enrolld.EventLine{{Key: line, Product: product}}

	now := d.event(enrolld.EventPurchase, d.updated, ref)
	sale := enrolld.Sale{SoldAt: d.created, Quantity: quantity(item), Amount: d.money("total")}
	switch d.text("status") {
	case statusPaid, statusRefunded, statusPartly:
		sale.Paid = true
		if sale.Amount.Minor > 0 {
			made.Payment = checkoutPayment(sale.Amount)
		}
	case statusFailed:
		now.Kind = enrolld.EventPaymentFailed
	}
	now.Lines = []enrolld.EventLine{{Key: line, Sale: &sale}}
	if d.name == "order_refunded" {
		now.Kind = enrolld.EventRefund
	}
	now.Refunds = d.refund(first)
	if now.Kind == made.Kind && d.updated.Equal(d.created) {
		made.Lines[0].Sale, made.Refunds = &sale, now.Refunds
		return done(made)
	}
	return done(now, made)
}

// checkoutPayment is what an order and its subscription's first invoice both tell
// of, each in its own words; said in the same way it is one.
func checkoutPayment(amount enrolld.Money) *enrolld.EventPart[enrolld.Payment] {
	return &enrolld.EventPart[enrolld.Payment]{ID: first, Value: enrolld.Payment{Amount: amount, Lines: []string{line}}}
}

// refund reads what of a payment went back so far; nothing where nothing did.
// Older deliveries only say that all of it did. Whether the flag stands beside a
// part too is not documented: the state says more than the flag.
func (d delivery) refund(payment string) []enrolld.EventPart[enrolld.Refund] {
	state := d.text("status")
	r := enrolld.Refund{
		Amount: d.money("refunded_amount"), Payment: payment,
		Full: state == statusRefunded || state != statusPartly && d.attr.Get("refunded").Bool(),
	}
	if r.Amount.Minor <= 0 && !r.Full {
		return nil
	}
	return []enrolld.EventPart[enrolld.Refund]{{ID: payment, Value: r}}
}

func quantity(n integrations.Node) int {
	q, ok := n.Get("quantity").Int()
	if !ok || q < 1 || q > 1<<30 {
		return 1
	}
	return int(q)
}
