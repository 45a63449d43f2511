package stripe

import (
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// invoiceSubscription returns the subscription of an invoice: under parent since
// 2025-03-31.basil, at the top before.
func (d delivery) invoiceSubscription() string {
	return pick(id(d.obj.Get("parent", "subscription_details", "subscription")), d.ref("subscription"))
}

// invoiceRefs lists all ids that an invoice knows. Since basil its payments are
// in a list that is mostly left out; invoice_payment.paid has them.
func (d delivery) invoiceRefs() []string {
	refs := []string{d.invoiceSubscription(), d.ref("id"), d.ref("payment_intent"), d.ref("charge")}
	for _, p := range d.obj.Get("payments", "data").List() {
		refs = append(refs, id(p.Get("payment", "payment_intent")), id(p.Get("payment", "charge")))
	}
	return refs
}

// invoicePaid reads a payment: the first or a later one of a subscription, or
// that of an invoice by itself. What the lines are is dated when the invoice was
// written, so that a late payment of an old invoice does not undo a change of
// plan; the payment when it was made.
func (d delivery) invoicePaid() (integrations.Parsed, error) {
	sub := d.invoiceSubscription()
	first := sub == "" || d.obj.Get("billing_reason").Text() == "subscription_create"
	written := or(d.obj.Get("created").Unix(), d.at)
	paidAt := or(d.obj.Get("status_transitions", "paid_at").Unix(), d.at)

	e := d.event(enrolld.EventSubscription, written, d.invoiceRefs()...)
	buyer, err := integrations.Buyer(d.obj.Get("customer_email").Text(), "", "",
		d.obj.Get("customer_name").Text(), d.obj.Get("customer_address", "country").Text())
	if err != nil && first {
		return integrations.Parsed{}, err
	}
	e.Buyer = buyer
	if first {
		e.Kind = enrolld.EventPurchase
		e.Number = d.obj.Get("number").Text()
	}
	ls := d.invoiceLines(sub)
	e.Lines = ls.events(first, sub, pickTime(sub == "", paidAt, written), d.currency())
	until := ls.until()
	if d.free() {
		if sub == "" {
			return done(e)
		}
		e.Subscription = status(sub, enrolld.SubscriptionStatus{
			State: enrolld.SubscriptionTrialing, PaidUntil: until,
		})
		return done(e)
	}
	p := d.event(enrolld.EventPayment, paidAt, d.invoiceRefs()...)
	p.Payment = payment(d.ref("id"), enrolld.Payment{
		Amount: d.money("amount_paid"), Lines: ls.once(), Subscription: sub, PaidUntil: until,
	})
	return done(e, p)
}

// free says whether an invoice asks for nothing by itself, as a trial's first
// one does, and not because of a discount.
func (d delivery) free() bool {
	return d.money("amount_paid").Minor == 0 && d.money("subtotal").Minor == 0
}

func pickTime(first bool, a, b time.Time) time.Time {
	if first {
		return a
	}
	return b
}

func (d delivery) invoiceFailed() (integrations.Parsed, error) {
	e := d.event(enrolld.EventPaymentFailed, d.at, d.invoiceRefs()...)
	e.Failure = &enrolld.EventPart[enrolld.Failure]{
		ID:    d.ref("id") + ":" + d.obj.Get("attempt_count").Text(),
		Value: enrolld.Failure{Subscription: d.invoiceSubscription()},
	}
	return done(e)
}

// invoicePayment reads which payment intent paid which invoice: since basil the
// one event that says so, and the way from a refund to its order.
func (d delivery) invoicePayment() (integrations.Parsed, error) {
	return done(d.event(enrolld.EventPayment, d.at, d.ref("invoice"),
		id(d.obj.Get("payment", "payment_intent")), id(d.obj.Get("payment", "charge"))))
}

// invoiceLine is a line of an invoice, of either shape.
type invoiceLine struct {
	key     string // the subscription's item, or the price
	once    bool   // not part of a subscription
	change  bool   // a share of a period, from a change of plan
	product enrolld.ProductRef
	amount  int64
	count   int
	end     time.Time
}

type invoiceLines []invoiceLine

func (d delivery) invoiceLines(sub string) invoiceLines {
	override := pick(d.obj.Get("parent", "subscription_details", "metadata", productKey).Text(),
		d.obj.Get("subscription_details", "metadata", productKey).Text())
	var out invoiceLines
	for _, n := range d.obj.Get("lines", "data").List() {
		details := n.Get("parent", "subscription_item_details")
		l := invoiceLine{
			key: pick(id(details.Get("subscription_item")), id(n.Get("subscription_item"))),
			change: details.Get("proration").Bool() || n.Get("proration").Bool() ||
				n.Get("parent", "invoice_item_details", "proration").Bool(),
			count: quantity(n),
			end:   n.Get("period", "end").Unix(),
		}
		price := n.First("price", "plan")
		l.product = enrolld.ProductRef{
			ID:      pick(id(n.Get("pricing", "price_details", "product")), id(price.Get("product"))),
			Variant: pick(id(n.Get("pricing", "price_details", "price")), id(price)),
			Name:    lineName(n.Get("description").Text()),
		}
		l.amount, _ = n.Get("amount").Int()
		l.once = l.key == "" || sub == ""
		if l.once {
			l.key = pick(l.product.Variant, l.product.ID)
			l.product.ID = pick(d.obj.Get("metadata", productKey).Text(),
				n.Get("metadata", productKey).Text(), l.product.ID)
		} else {
			l.product.ID = pick(override, l.product.ID)
		}
		if l.key != "" && l.product.ID != "" {
			out = append(out, l)
		}
	}
	return out
}

// lineName takes the product's name out of "1 × Course (at $49.00 / month)".
func lineName(s string) string {
	if _, name, ok := strings.Cut(s, " × "); ok {
		s = name
	}
	name, _, _ := strings.Cut(s, " (at ")
	return integrations.Clean(name)
}

// events returns the lines as an event states them. A renewal is no sale.
func (ls invoiceLines) events(first bool, sub string, soldAt time.Time, currency string) []enrolld.EventLine {
	var out lines
	for _, l := range ls {
		if l.change || l.amount < 0 {
			continue
		}
		e := enrolld.EventLine{Key: l.key, Product: l.product}
		if !l.once {
			e.Subscription = sub
		}
		if first || l.once {
			e.Sale = &enrolld.Sale{
				Paid: true, SoldAt: soldAt, Quantity: l.count, Amount: enrolld.Money{Minor: l.amount, Currency: currency},
			}
		}
		out.add(e)
	}
	return out
}

// once lists the lines that are not the subscription's.
func (ls invoiceLines) once() []string {
	var keys []string
	for _, l := range ls {
		if l.once && !l.change && l.amount >= 0 {
			keys = append(keys, l.key)
		}
	}
	return keys
}

// until is the end of the period that the invoice pays.
func (ls invoiceLines) until() time.Time {
	var end time.Time
	for _, l := range ls {
		if !l.once && l.amount >= 0 && l.end.After(end) {
			end = l.end
		}
	}
	return end
}
