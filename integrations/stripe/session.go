package stripe

import (
	"enrolld"
	"enrolld/integrations"
)

// Modes and payment states of a Checkout session
// (docs.stripe.com/api/checkout/sessions/object).
const (
	modePayment      = "payment"
	modeSubscription = "subscription"
	statusUnpaid     = "unpaid"
)

func (d delivery) sessionRefs() []string {
	return []string{d.ref("id"), d.ref("payment_intent"), d.ref("subscription"), d.ref("invoice")}
}

// sessionBuyer reads who went through the checkout.
func (d delivery) sessionBuyer() (*enrolld.Buyer, error) {
	c := d.obj.Get("customer_details")
	return integrations.Buyer(pick(c.Get("email").Text(), d.obj.Get("customer_email").Text()), "", "",
		c.Get("name").Text(), c.Get("address", "country").Text())
}

// session reads a finished checkout. What was bought is not in it as Stripe
// sends it; see Complete.
func (d delivery) session() (integrations.Parsed, error) {
	mode := d.obj.Get("mode").Text()
	if mode != modePayment && mode != modeSubscription {
		return integrations.Parsed{Ignored: "The checkout only stored a way to pay: nothing was bought."}, nil
	}
	if d.obj.Get("payment_status").Text() == statusUnpaid && d.name == "checkout.session.completed" {
		return integrations.Parsed{
			Ignored: "The payment is under way; checkout.session.async_payment_succeeded or _failed follows.",
		}, nil
	}
	e := d.event(enrolld.EventPurchase, d.at, d.sessionRefs()...)
	buyer, err := d.sessionBuyer()
	if err != nil && mode == modePayment {
		return integrations.Parsed{}, err
	}
	e.Buyer = buyer
	if mode == modeSubscription {
		// The lines are the subscription's items, which are not in a session.
		return integrations.Parsed{Events: []enrolld.Event{e}, Incomplete: true}, nil
	}
	if total := d.money("amount_total"); total.Minor > 0 {
		key := pick(d.ref("invoice"), d.ref("payment_intent"), d.ref("id"))
		e.Payment = payment(key, enrolld.Payment{Amount: total})
	}
	e.Lines = d.sessionLines()
	return integrations.Parsed{Events: []enrolld.Event{e}, Incomplete: len(e.Lines) == 0}, nil
}

// sessionLines reads the lines of a session, where they are in it.
func (d delivery) sessionLines() []enrolld.EventLine {
	if product := d.obj.Get("metadata", productKey).Text(); product != "" {
		return d.wholeLine(product)
	}
	var ls lines
	for _, n := range d.obj.Get("line_items", "data").List() {
		price := n.Get("price")
		product := pick(price.Get("metadata", productKey).Text(), id(price.Get("product")))
		key := pick(id(price), product)
		if key == "" {
			continue
		}
		ls.add(enrolld.EventLine{
			Key: key,
			Product: enrolld.ProductRef{
				ID: product, Variant: id(price), Name: integrations.Clean(n.Get("description").Text()),
			},
			Sale: &enrolld.Sale{
				Paid: true, SoldAt: d.at, Quantity: quantity(n), Amount: n.Get("amount_total").Minor(d.currency()),
			},
		})
	}
	return ls
}

// wholeLine is the one line of a session or a payment that names its product.
func (d delivery) wholeLine(product string) []enrolld.EventLine {
	total := d.obj.First("amount_total", "amount_received").Minor(d.currency())
	return []enrolld.EventLine{{
		Key: product, Product: enrolld.ProductRef{ID: product},
		Sale: &enrolld.Sale{Paid: true, SoldAt: d.at, Quantity: 1, Amount: total},
	}}
}

func (d delivery) sessionFailed() (integrations.Parsed, error) {
	e := d.event(enrolld.EventPaymentFailed, d.at, d.sessionRefs()...)
	e.Buyer, _ = d.sessionBuyer()
	e.Failure = &enrolld.EventPart[enrolld.Failure]{
		ID: d.ref("id"), Value: enrolld.Failure{Subscription: d.ref("subscription")},
	}
	return done(e)
}

// intent reads a payment that was taken without Checkout. It is a purchase only
// if the seller's metadata says of what.
func (d delivery) intent() (integrations.Parsed, error) {
	product := d.obj.Get("metadata", productKey).Text()
	if product == "" || !d.obj.Get("invoice").Empty() {
		return integrations.Parsed{Ignored: "The session or the invoice that was paid says more."}, nil
	}
	e := d.event(enrolld.EventPurchase, d.at, d.ref("id"), d.ref("latest_charge"))
	buyer, err := integrations.Buyer(d.obj.Get("receipt_email").Text(), "", "", "", "")
	if err != nil {
		// Checkout keeps the address in its session, which tells of this
		// purchase by itself.
		return integrations.Parsed{Ignored: "The payment names a product but no buyer (receipt_email)."}, nil
	}
	e.Buyer = buyer
	e.Lines = d.wholeLine(product)
	e.Payment = payment(d.ref("id"), enrolld.Payment{Amount: d.money("amount_received")})
	return done(e)
}
