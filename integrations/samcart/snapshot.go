package samcart

import (
	"cmp"
	"slices"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// snapshot is an order as the API has it now.
type snapshot struct {
	id      string
	order   integrations.Node
	buyer   *enrolld.Buyer
	items   []item
	subs    map[string]integrations.Node // by their numbers
	charges []charge                     // oldest first, but for those of several subscriptions
}

// item is a thing in the order's cart.
type item struct {
	id, product, sub, charge string
	name                     string
	quantity                 int
	amount                   enrolld.Money
	status                   string
}

// gone says whether all that the item cost went back.
func (i item) gone() bool { return i.status == "refunded" || i.status == "reversed" }

// charge is money that was taken.
type charge struct {
	id      string
	at      time.Time
	amount  enrolld.Money
	lines   []string // keys of what it paid for
	sub     string   // the key of the subscription that it paid for
	rebill  bool
	touched bool // something was given back
	gone    bool // all of it was
	refunds []integrations.Node
}

func (c charge) key() string { return "charge:" + c.id }

// readItems reads the cart, and the charges that it was paid with. Upsells have
// charges of their own.
func (s *snapshot) readItems() {
	placed := s.order.Get("order_date").Time()
	for _, n := range s.order.Get("cart_items").List() {
		quantity, _ := n.Get("quantity").Int()
		it := item{
			id: n.Get("id").Text(), product: number(n.Get("product_id")), sub: number(n.Get("subscription_id")),
			charge: number(n.Get("charge_id")), quantity: int(max(1, min(quantity, 1<<30))), status: n.Get("status").Text(),
			name:   integrations.Clean(n.First("product_name", "internal_product_name").Text()),
			amount: n.Get("initial_price", "total").Minor(n.Get("currency").Text()),
		}
		if it.product == "" {
			continue
		}
		s.items = append(s.items, it)
		if it.charge == "" || it.amount.Minor <= 0 || it.status == "pending" || it.status == "declined" {
			continue
		}
		ch := s.charge(it.charge)
		if ch == nil {
			s.charges = append(s.charges, charge{
				id: it.charge, at: placed, amount: enrolld.Money{Currency: it.amount.Currency}, gone: true,
			})
			ch = &s.charges[len(s.charges)-1]
		}
		ch.amount.Minor += it.amount.Minor
		if !slices.Contains(ch.lines, it.product) {
			ch.lines = append(ch.lines, it.product)
		}
		if it.sub != "" {
			ch.sub = it.product
		}
		ch.touched = ch.touched || it.gone() || it.status == "partially_refunded"
		ch.gone = ch.gone && it.gone()
	}
}

func (s *snapshot) charge(id string) *charge {
	for i := range s.charges {
		if s.charges[i].id == id {
			return &s.charges[i]
		}
	}
	return nil
}

// addRebill reads a charge of a subscription, unless it is the order's own.
func (s *snapshot) addRebill(n integrations.Node, it item) {
	id := number(n.Get("id"))
	if id == "" || s.charge(id) != nil || id == it.charge {
		return
	}
	status := n.Get("charge_refund_status").Text()
	s.charges = append(s.charges, charge{
		id: id, at: n.Get("created_at").Time(), amount: n.Get("total").Minor(n.Get("currency").Text()), sub: it.product,
		lines: []string{it.product}, rebill: true, touched: status != "", gone: status == "refunded",
	})
}

// newest returns the last payment for a subscription; nil where there is none.
func (s *snapshot) newest(sub string) *charge {
	var last *charge
	for i := range s.charges {
		if c := &s.charges[i]; c.sub == sub && (last == nil || c.at.After(last.at)) {
			last = c
		}
	}
	return last
}

// lines returns the order's lines; items of one product are one.
func (s *snapshot) lines(received time.Time) []enrolld.EventLine {
	sold := s.order.Get("order_date").Time()
	if sold.IsZero() {
		sold = received
	}
	var lines []enrolld.EventLine
	for _, it := range s.items {
		paid := it.status != "pending" && it.status != "declined"
		i := slices.IndexFunc(lines, func(l enrolld.EventLine) bool { return l.Key == it.product })
		if i < 0 {
			lines = append(lines, enrolld.EventLine{
				Key: it.product, Product: enrolld.ProductRef{ID: it.product, Name: it.name},
				Sale: &enrolld.Sale{SoldAt: sold, Amount: enrolld.Money{Currency: it.amount.Currency}},
			})
			i = len(lines) - 1
		}
		l := &lines[i]
		l.Sale.Paid = l.Sale.Paid || paid
		l.Sale.Quantity += it.quantity
		l.Sale.Amount.Minor += it.amount.Minor
		if it.sub != "" {
			l.Subscription = it.product
		}
	}
	return lines
}

// refunds returns what was given back. A charge for one line is told of as such,
// of one for several the line is.
func (s *snapshot) refunds(received time.Time) []enrolld.EventPart[enrolld.Refund] {
	var out []enrolld.EventPart[enrolld.Refund]
	for _, c := range s.charges {
		told := map[string]bool{}
		for _, n := range c.refunds {
			r := enrolld.Refund{
				Amount:  n.First("refund_amount", "amount").Minor(cmp.Or(n.Get("currency").Text(), c.amount.Currency)),
				Payment: c.key(), Full: c.gone,
			}
			if it := s.item(n.Get("cart_item_id").Text()); it != nil && len(c.lines) > 1 {
				r.Line, r.Full = it.product, s.allGone(it.product)
			}
			told[r.Line] = true
			id := cmp.Or(n.Get("id").Text(), n.Get("created_at").Text())
			out = append(out, enrolld.EventPart[enrolld.Refund]{ID: "refund:" + id, Value: r, At: n.Get("created_at").Time()})
		}
		out = append(out, s.untold(c, told, received)...)
	}
	return out
}

// untold returns the refunds that only the state of a charge or of its items
// shows: where the API lists none, or the processor took the money back.
func (s *snapshot) untold(c charge, told map[string]bool, received time.Time) []enrolld.EventPart[enrolld.Refund] {
	var out []enrolld.EventPart[enrolld.Refund]
	add := func(id string, r enrolld.Refund) {
		out = append(out, enrolld.EventPart[enrolld.Refund]{ID: "refund:" + id, Value: r, At: received})
	}
	switch {
	case !c.touched || told[""]:
	case c.gone && len(told) == 0:
		add(c.key(), enrolld.Refund{Payment: c.key(), Full: true})
	case !c.rebill:
		for _, line := range c.lines {
			if !told[line] && s.allGone(line) {
				add(c.key()+":"+line, enrolld.Refund{Payment: c.key(), Line: line, Full: true})
			}
		}
	}
	return out
}

func (s *snapshot) item(id string) *item {
	for i := range s.items {
		if id != "" && s.items[i].id == id {
			return &s.items[i]
		}
	}
	return nil
}

// allGone says whether all items of a product were given back.
func (s *snapshot) allGone(product string) bool {
	return !slices.ContainsFunc(s.items, func(it item) bool { return it.product == product && !it.gone() })
}
