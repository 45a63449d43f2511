package paddle

import (
	"cmp"

	"enrolld"
	"enrolld/integrations"
)

// Origins of a transaction
// (developer.paddle.com/api-reference/transactions).
const (
	originWeb    = "web"
	originAPI    = "api"
	originRenews = "subscription_recurring"
	originChange = "subscription_update"
	originMethod = "subscription_payment_method_change"
)

// item is a line of a transaction.
type item struct {
	id      string // txnitm_…
	price   string // pri_…
	renews  bool
	trial   bool // it costs nothing as long as its trial lasts
	product enrolld.ProductRef
	amount  enrolld.Money
	count   int
}

// key is the line's identity in the order: what renews is its price, since a
// subscription knows nothing else of it and each renewal has other items.
func (i item) key() string {
	if i.renews {
		return i.price
	}
	return cmp.Or(i.id, i.price)
}

// items reads the lines of a transaction. Its line_items have the sums and its
// items the prices; where there are no line_items, items have to do.
func items(txn integrations.Node) []item {
	currency := txn.Get("currency_code").Text()
	priced := txn.Get("items").List()
	lines := txn.Get("details", "line_items").List()
	if len(lines) == 0 {
		lines = priced
	}
	out := make([]item, 0, len(lines))
	for _, n := range lines {
		price := n.Get("price")
		id := cmp.Or(n.Get("price_id").Text(), price.Get("id").Text())
		for _, p := range priced {
			if !price.IsObject() && p.Get("price", "id").Text() == id {
				price = p.Get("price")
			}
		}
		product := n.Get("product")
		i := item{
			id: n.Get("id").Text(), price: id, count: quantity(n), renews: price.Get("billing_cycle").IsObject(),
			product: enrolld.ProductRef{
				ID:      cmp.Or(product.Get("id").Text(), price.Get("product_id").Text()),
				Variant: id, Name: integrations.Clean(product.Get("name").Text()),
			},
			amount: n.Get("totals", "total").Minor(currency),
		}
		subtotal, known := n.Get("totals", "subtotal").Int()
		i.trial = i.renews && known && subtotal == 0 && price.Get("trial_period").IsObject()
		if i.key() != "" && i.product.ID != "" && i.amount.Minor >= 0 {
			out = append(out, i)
		}
	}
	if len(out) == 1 && len(lines) == 1 && !lines[0].Get("totals").IsObject() {
		out[0].amount = total(txn)
	}
	return out
}

// total is what was asked for: all of the transaction, less credit that the
// buyer had with the seller.
func total(txn integrations.Node) enrolld.Money {
	return txn.Get("details", "totals").First("grand_total", "total").Minor(txn.Get("currency_code").Text())
}

func (d delivery) transactionEvent(kind enrolld.EventKind) enrolld.Event {
	return d.event(kind, d.at, d.text("subscription_id"), d.text("id"))
}

// completed reads a transaction that is paid: a purchase at a checkout or by an
// invoice, a renewal, a change of plan, or something charged beside.
func (d delivery) completed() (integrations.Parsed, error) {
	sum := total(d.data)
	origin := d.text("origin")
	if origin == originMethod && sum.Minor == 0 {
		return integrations.Parsed{Ignored: "The buyer gave another way to pay; nothing was paid by that."}, nil
	}
	bought := items(d.data)
	if len(bought) == 0 {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the transaction does not say what was paid for")
	}
	if d.text("customer_id") == "" {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the transaction names no customer")
	}
	first := origin == originWeb || origin == originAPI || origin == ""
	e := d.transactionEvent(enrolld.EventPayment)
	if first {
		e.Number = d.text("invoice_number")
	}
	until := d.data.Get("billing_period", "ends_at").Time()
	var paid enrolld.Payment
	events := make([]enrolld.Event, 1, 2)
	for _, i := range bought {
		l := enrolld.EventLine{Key: i.key(), Product: i.product}
		if i.renews {
			l.Subscription = l.Key
		}
		// A renewal is no new sale: its line was sold when it was sold.
		if first || !i.renews {
			e.Kind = enrolld.EventPurchase
			l.Sale = &enrolld.Sale{Paid: true, SoldAt: d.at, Quantity: i.count, Amount: i.amount}
		}
		e.Lines = append(e.Lines, l)
		if !i.trial || !first {
			paid.Lines = append(paid.Lines, l.Key)
			continue
		}
		if !until.IsZero() {
			t := d.transactionEvent(enrolld.EventSubscription)
			t.Subscription = status(l.Key, enrolld.SubscriptionStatus{State: enrolld.SubscriptionTrialing, PaidUntil: until})
			events = append(events, t)
		}
	}
	if len(paid.Lines) > 0 && (sum.Minor > 0 || origin != originChange) {
		paid.Amount, paid.PaidUntil = sum, until
		e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: d.text("id"), Value: paid}
	}
	events[0] = e
	return integrations.Parsed{Events: events, Incomplete: true}, nil
}

// failed reads a payment that did not come. At a checkout nothing was bought by
// that yet, and what is charged beside a subscription does not stop it: only
// renewals that fail matter.
func (d delivery) failed() (integrations.Parsed, error) {
	if d.text("origin") != originRenews {
		return integrations.Parsed{Ignored: "A payment failed that is no renewal: nothing was bought by it."}, nil
	}
	attempt := d.id
	for _, p := range d.data.Get("payments").List() {
		if id := p.Get("payment_attempt_id").Text(); id != "" && p.Get("status").Text() == "error" {
			attempt = id // the newest stands first
			break
		}
	}
	var events []enrolld.Event
	for _, i := range items(d.data) {
		if !i.renews {
			continue
		}
		e := d.transactionEvent(enrolld.EventPaymentFailed)
		e.Lines = []enrolld.EventLine{{Key: i.key(), Product: i.product, Subscription: i.key()}}
		e.Failure = &enrolld.EventPart[enrolld.Failure]{
			ID: cmp.Or(attempt, d.text("id")) + "/" + i.key(), Value: enrolld.Failure{Subscription: i.key()},
		}
		events = append(events, e)
	}
	if len(events) == 0 {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the failed renewal does not say of what it is")
	}
	return integrations.Parsed{Events: events}, nil
}
