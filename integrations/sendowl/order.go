package sendowl

import (
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// order is a webhook, decoded. All webhooks have the order as it is when they are
// sent.
type order struct {
	n            integrations.Node
	received     time.Time
	id           string // without leading zeros
	event        string // of the header, in snake case
	state        string // likewise
	checkout     time.Time
	transactions []transaction // oldest first
}

func newOrder(r integrations.Request) (order, error) {
	n, err := r.DecodeJSON()
	if err != nil {
		return order{}, err
	}
	n = n.Get("order")
	o := order{
		n: n, received: r.ReceivedAt, id: number(n.First("id", "sendowl_order_id").Text()),
		event: word(r.Header.Get(eventHeader)), state: word(n.Get("state").Text()),
		checkout: firstTime(n.Get("cart", "completed_checkout_at"), n.Get("created_at")),
	}
	o.transactions = o.readTransactions()
	return o, nil
}

// number is an order's number as the API has it.
func number(s string) string {
	if t := strings.TrimLeft(s, "0"); t != "" {
		return t
	}
	return s
}

// word is a name in snake case, however it was spelled: "Order completed",
// "order-completed".
func word(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if !strings.ContainsAny(s, " -.") {
		return s
	}
	return strings.NewReplacer(" ", "_", "-", "_", ".", "_").Replace(s)
}

func firstTime(nodes ...integrations.Node) time.Time {
	for _, n := range nodes {
		if t := n.Time(); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

func or(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}

// now is when the order became as it is, for what has no time of its own.
func (o order) now() time.Time { return or(o.n.Get("updated_at").Time(), o.received) }

// newest is when the newest thing happened that the order has a date for.
func (o order) newest() time.Time {
	at := o.sold()
	for _, t := range o.transactions {
		if t.at.After(at) {
			at = t.at
		}
	}
	return at
}

// sold is when the order was placed: by the checkout, or by its first payment.
func (o order) sold() time.Time {
	if o.checkout.IsZero() && len(o.transactions) > 0 {
		return or(o.transactions[0].at, o.received)
	}
	return or(o.checkout, o.received)
}

// kept says whether SendOwl lets the buyer have the downloads; known is false
// where it does not say.
func (o order) kept() (kept, known bool) {
	n := o.n.Get("access_allowed")
	return n.Bool(), !n.Empty()
}

// buyer is who the order is for: a gift's receiver, else who paid.
func (o order) buyer() (*enrolld.Buyer, error) {
	email, name := o.n.Get("buyer_email").Text(), o.n.Get("buyer_name").Text()
	country := o.n.First("buyer_country", "billing_country").Text()
	if o.n.Get("gift_order").Bool() || !o.n.Get("giftee_email").Empty() {
		if to := o.n.First("giftee_email", "receiver_email").Text(); to != "" {
			email, name, country = to, o.n.First("giftee_name", "receiver_name").Text(), ""
		}
	}
	return integrations.Buyer(email, "", "", name, country)
}

// transaction is money that moved, either way.
type transaction struct {
	id     string
	at     time.Time
	amount enrolld.Money
	refund bool
}

// key tells transactions apart: refunds may have the id of what they refund.
func (t transaction) key() string {
	if t.id == "" && t.at.IsZero() {
		return ""
	}
	return t.id + "@" + t.at.Format(time.RFC3339)
}

// readTransactions lists what was paid and refunded. Refunds are among the
// transactions, or in a list of their own.
func (o order) readTransactions() []transaction {
	list := o.n.Get("transactions").List()
	out := make([]transaction, 0, len(list))
	refunds := false
	for _, n := range list {
		if inner := n.Get("transaction"); inner.IsObject() {
			n = inner
		}
		t := o.transaction(n, n.Get("payment_gross"), n.Get("payment_currency").Text(), n.First("created_at", "payment_date"))
		t.refund = n.Get("refund").Bool() || t.amount.Minor < 0
		refunds = refunds || t.refund
		out = append(out, t)
	}
	if list = o.n.Get("refund_transactions").List(); !refunds {
		for _, n := range list {
			if inner := n.Get("refund_transaction"); inner.IsObject() {
				n = inner
			}
			t := o.transaction(n, n.First("amount", "payment_gross"), n.First("currency", "payment_currency").Text(),
				n.First("occurred_at", "created_at"))
			t.refund = true
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b transaction) int { return a.at.Compare(b.at) })
	return out
}

func (o order) transaction(n, amount integrations.Node, currency string, at integrations.Node) transaction {
	return transaction{
		id: n.First("gateway_transaction_id", "id").Text(), at: at.Time(), amount: o.money(amount, currency),
	}
}

// payments lists the money that came in, oldest first.
func (o order) payments() []transaction {
	out := make([]transaction, 0, len(o.transactions))
	for _, t := range o.transactions {
		if !t.refund {
			out = append(out, t)
		}
	}
	return out
}

// symbols lists currencies that have a sign of their own. A dollar is that of the
// United States, unless the order says otherwise.
var symbols = map[rune]string{
	'£': "GBP", '€': "EUR", '¥': "JPY", '₹': "INR", '₩': "KRW", '₱': "PHP", '₪': "ILS", '฿': "THB", '₺': "TRY", '$': "USD",
}

// money reads an amount, which SendOwl writes for people: "£1,215.00". What cannot
// be read is not known. The currency is the one given, else the order's, else what
// the sign says.
func (o order) money(n integrations.Node, currency string) enrolld.Money {
	if currency == "" {
		currency = o.n.Get("settled_currency").Text()
	}
	if currency == "" {
		for _, r := range n.Text() {
			if c, ok := symbols[r]; ok {
				currency = c
				break
			}
		}
	}
	if n.Empty() {
		return enrolld.Money{}
	}
	m, err := n.Decimal(currency)
	if err != nil {
		return enrolld.Money{}
	}
	return m
}
