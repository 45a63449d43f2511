package shopify

import (
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// renewalSource begins the source_name of the orders that a subscription bills;
// the one that started it comes from "web" or wherever it was bought.
const renewalSource = "subscription_contract"

// snapshot is an order as it stands.
type snapshot struct {
	n         integrations.Node
	id        string // "order:1"
	currency  string
	status    string
	paid      bool
	partly    bool // a part is paid, or something was added since
	sold      time.Time
	at        time.Time
	cancelled time.Time
	refunds   []given
}

// order reads an order.
func (d delivery) order() (integrations.Parsed, error) {
	s, err := d.snapshot()
	if err != nil {
		return integrations.Parsed{}, err
	}
	total, err := s.n.Get("total_price").Decimal(s.currency)
	if err != nil {
		return integrations.Parsed{}, err
	}
	e := enrolld.Event{
		Kind: s.kind(d.topic), At: s.at, Refs: []string{s.id}, Number: s.n.Get("name").Text(),
		Test: d.test || s.n.Get("test").Bool(),
	}
	if e.Buyer, err = s.buyer(); err != nil {
		return integrations.Parsed{}, err
	}
	var keys []string
	nameless := e
	nameless.Buyer, nameless.At = nil, s.sold
	for _, item := range s.n.Get("line_items").List() {
		l, err := s.line(item)
		if err != nil {
			return integrations.Parsed{}, err
		}
		keys = append(keys, l.Key)
		if item.Get("product_id").Empty() {
			// A product that was deleted is no longer named. What was said of it
			// before is true, so this is only what was said at first.
			nameless.Lines = append(nameless.Lines, enrolld.EventLine{Key: l.Key, Product: l.Product})
			l.Product = enrolld.ProductRef{}
		}
		e.Lines = append(e.Lines, l)
	}
	if s.paid && total.Minor > 0 {
		e.Payment = &enrolld.EventPart[enrolld.Payment]{
			ID: s.id, At: s.sold, Value: enrolld.Payment{Amount: total, Lines: keys},
		}
	}
	e.Refunds = s.undone(keys)
	if len(nameless.Lines) > 0 {
		return done(e, nameless)
	}
	return done(e)
}

func (d delivery) snapshot() (snapshot, error) {
	s := snapshot{
		n: d.n, id: ref("order", d.n.Get("id")), currency: strings.ToUpper(d.n.Get("currency").Text()),
		status: strings.ToLower(d.n.Get("financial_status").Text()), cancelled: d.n.Get("cancelled_at").Time(),
	}
	if s.id == "" {
		return s, enrolld.Errorf(enrolld.Invalid, "the order has no id")
	}
	s.at = or(d.n.Get("updated_at").Time(), d.at)
	s.sold = or(or(d.n.Get("processed_at").Time(), d.n.Get("created_at").Time()), s.at)
	s.partly = s.status == "partially_paid"
	s.paid = isPaid(s.status) || s.status == "" && d.topic == "orders/paid"
	for _, r := range d.n.Get("refunds").List() {
		g, err := readRefund(r, s.currency)
		if err != nil {
			return s, err
		}
		s.refunds = append(s.refunds, g)
	}
	return s, nil
}

// isPaid says whether the financial status of an order is that of one whose money
// came in, whatever became of it.
func isPaid(status string) bool {
	switch strings.ToLower(status) {
	case "paid", "partially_refunded", "refunded":
		return true
	}
	return false
}

// kind names, for people, what the order tells.
func (s snapshot) kind(topic string) enrolld.EventKind {
	switch {
	case topic == "orders/cancelled", !s.cancelled.IsZero(), s.status == "voided":
		return enrolld.EventCancelled
	case topic != "orders/paid" && topic != "orders/create" && len(s.refunds) > 0:
		return enrolld.EventRefund
	case strings.HasPrefix(s.n.Get("source_name").Text(), renewalSource):
		return enrolld.EventPayment
	}
	return enrolld.EventPurchase
}

// buyer reads who bought. Orders of a till or a phone may name no address: they
// are kept, and give access once somebody adds one.
func (s snapshot) buyer() (*enrolld.Buyer, error) {
	customer, billing := s.n.Get("customer"), s.n.Get("billing_address")
	email := pick(s.n.Get("email").Text(), s.n.Get("contact_email").Text(), customer.Get("email").Text())
	if email == "" {
		return nil, nil //nolint:nilnil // nobody, and nothing wrong
	}
	first, last := customer.Get("first_name").Text(), customer.Get("last_name").Text()
	if first == "" && last == "" {
		first, last = billing.Get("first_name").Text(), billing.Get("last_name").Text()
	}
	country := pick(billing.Get("country_code").Text(), customer.Get("default_address", "country_code").Text())
	return integrations.Buyer(email, first, last, billing.Get("name").Text(), country)
}

// line reads what was bought.
func (s snapshot) line(item integrations.Node) (enrolld.EventLine, error) {
	key := number(item.Get("id").Text())
	amount, err := s.amount(item)
	if err != nil {
		return enrolld.EventLine{}, err
	}
	quantity := pieces(item.Get("quantity"))
	paid := s.paid
	now := item.Get("current_quantity")
	removed := !now.Empty() && pieces(now) == 0
	if removed {
		// Where a refund says so too, that is the better word.
		paid = paid && s.returned(key) >= quantity
	}
	if s.partly && !removed {
		return enrolld.EventLine{Key: key, Product: product(item)}, nil
	}
	return enrolld.EventLine{Key: key, Product: product(item), Sale: &enrolld.Sale{
		Paid: paid, SoldAt: s.sold, Quantity: quantity, Amount: amount,
	}}, nil
}

// amount is what a line cost as it was sold: less its discounts, with its taxes
// where prices do not contain them.
func (s snapshot) amount(item integrations.Node) (enrolld.Money, error) {
	sum, err := item.Get("price").Decimal(s.currency)
	if err != nil {
		return sum, err
	}
	sum.Minor *= int64(max(1, pieces(item.Get("quantity"))))
	add := func(n integrations.Node, sign int64) error {
		m, err := n.Decimal(s.currency)
		sum.Minor += sign * m.Minor
		return err
	}
	discounts := item.Get("discount_allocations").List()
	for _, n := range discounts {
		if err := add(n.Get("amount"), -1); err != nil {
			return sum, err
		}
	}
	if len(discounts) == 0 {
		if err := add(item.Get("total_discount"), -1); err != nil {
			return sum, err
		}
	}
	if !s.n.Get("taxes_included").Bool() {
		for _, n := range item.Get("tax_lines").List() {
			if err := add(n.Get("price"), 1); err != nil {
				return sum, err
			}
		}
	}
	sum.Minor = max(0, sum.Minor)
	return sum, nil
}

// product names what a line is about.
func product(item integrations.Node) enrolld.ProductRef {
	ref := enrolld.ProductRef{
		ID: number(item.Get("product_id").Text()), Variant: number(item.Get("variant_id").Text()),
		Name: integrations.Clean(item.First("name", "title").Text()),
	}
	if ref.ID != "" {
		return ref
	}
	ref.Variant = ""
	if sku := integrations.Clean(item.Get("sku").Text()); sku != "" {
		ref.ID = "sku-" + sku
	} else if title := integrations.Clean(item.First("title", "name").Text()); title != "" {
		ref.ID = "custom-" + title
	}
	return ref
}

// pieces reads a number of pieces.
func pieces(n integrations.Node) int {
	i, ok := n.Int()
	if !ok || i < 0 || i > 1<<30 {
		return 0
	}
	return int(i)
}

// returned counts the pieces of a line that refunds took back.
func (s snapshot) returned(key string) int {
	count := 0
	for _, g := range s.refunds {
		for _, l := range g.lines {
			if l.line == key {
				count += l.pieces
			}
		}
	}
	return count
}

// undone is what of the order was taken back.
func (s snapshot) undone(keys []string) []enrolld.EventPart[enrolld.Refund] {
	var out []enrolld.EventPart[enrolld.Refund]
	var last time.Time
	failed := false
	for _, g := range s.refunds {
		out = append(out, g.parts(s.id, s.at)...)
		last, failed = later(last, g.at), failed || g.failed
	}
	whole := enrolld.EventPart[enrolld.Refund]{
		ID: s.id, Value: enrolld.Refund{Payment: s.id, Amount: enrolld.Money{Currency: s.currency}},
	}
	switch {
	case s.status == "refunded":
		whole.At, whole.Value.Full = or(last, s.at), true
		out = append(out, whole)
	case failed:
		whole.At = s.at // it may have been refunded, until that failed
		out = append(out, whole)
	}
	if (s.paid || s.partly) && !s.cancelled.IsZero() {
		for _, key := range keys {
			out = append(out, enrolld.EventPart[enrolld.Refund]{
				ID: "cancel:" + key, At: s.cancelled, Value: enrolld.Refund{Line: key, Full: true},
			})
		}
	}
	return out
}
