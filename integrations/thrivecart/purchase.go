package thrivecart

import (
	"time"

	"enrolld"
	"enrolld/integrations"
)

// bought is a line of a purchase while it is put together.
type bought struct {
	item      item
	amount    enrolld.Money
	quantity  int
	recurring bool
	paidUntil time.Time
	bundle    string
}

// purchase reads a checkout, or one of its items on surface B.
func (d delivery) purchase() ([]enrolld.Event, error) {
	at := d.orderTime()
	if at.IsZero() {
		at = d.eventTime()
	}
	main := d.event(enrolld.EventPurchase, at)
	if d.buyerErr != nil {
		return nil, d.buyerErr
	}
	main.Number = d.n.First("invoice_id").Text()
	if main.Number == "" {
		main.Number = d.n.Get("order", "invoice_id").Text()
	}
	lines := d.bought(at)
	if len(lines) == 0 {
		return nil, enrolld.Errorf(enrolld.Invalid, "the purchase names no item that was bought")
	}
	main.Lines = make([]enrolld.EventLine, 0, len(lines))
	events := make([]enrolld.Event, 1, 1+len(lines))
	for _, l := range lines {
		main.Lines = append(main.Lines, l.line(at))
		if part, ok := l.money(d.event(enrolld.EventPayment, at)); ok {
			events = append(events, part)
		}
	}
	events[0] = main
	return events, nil
}

func (b bought) line(at time.Time) enrolld.EventLine {
	l := enrolld.EventLine{Key: b.item.key(), Product: b.item.product(), Bundle: b.bundle}
	if b.bundle == "" {
		l.Sale = &enrolld.Sale{Paid: true, SoldAt: at, Quantity: b.quantity, Amount: b.amount}
	}
	if b.recurring {
		l.Subscription = b.item.key()
		if b.bundle != "" {
			l.Subscription = b.bundle
		}
	}
	return l
}

// money completes an event with what was paid for the line, or with the trial
// that costs nothing. The payment is named after the line: the processor's ids
// are those of the charge, which several lines share.
func (b bought) money(e enrolld.Event) (enrolld.Event, bool) {
	key := b.item.key()
	switch {
	case b.bundle != "":
		return e, false
	case b.amount.Minor > 0:
		p := enrolld.Payment{Amount: b.amount, Lines: []string{key}}
		if b.recurring {
			p = enrolld.Payment{Amount: b.amount, Subscription: key, PaidUntil: b.paidUntil}
		}
		e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: "first:" + key, Value: p}
	case b.recurring:
		e.Kind = enrolld.EventSubscription
		e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: key, Value: enrolld.SubscriptionStatus{
			State: enrolld.SubscriptionTrialing, PaidUntil: b.paidUntil,
		}}
	default:
		return e, false
	}
	return e, true
}

// bought lists the lines of a purchase. Rows of one item are one line. What is
// only charged in the future is a trial; what purchase_map has and no row
// charges came with the main product.
func (d delivery) bought(at time.Time) []bought {
	var lines boughtLines
	currency := d.currency()
	for _, row := range d.rows() {
		i := d.itemOf(row)
		if !i.known() || d.suffix != "" && i.kind != d.suffix {
			continue
		}
		l := lines.find(i)
		if l == nil {
			lines = append(lines, bought{item: i, amount: enrolld.Money{Currency: currency}})
			l = &lines[len(lines)-1]
		}
		l.amount.Minor += paid(row, currency).Minor
		q, _ := row.Get("quantity").Int()
		l.quantity = max(l.quantity, int(min(q, 1<<30)))
		l.recurring = l.recurring || recurring(row) || subscriptionID(d.n.Get("subscriptions", i.key())) != ""
		if l.recurring && l.paidUntil.IsZero() {
			l.paidUntil = after(row, at)
		}
	}
	for _, row := range d.n.Get("order", "future_charges").List() {
		i := d.itemOf(row)
		if !i.known() || d.suffix != "" && i.kind != d.suffix {
			continue
		}
		l := lines.find(i)
		if l == nil {
			lines = append(lines, bought{item: i, amount: enrolld.Money{Currency: currency}, quantity: 1})
			l = &lines[len(lines)-1]
		}
		l.recurring = true
		l.paidUntil = due(row, l.paidUntil, at)
	}
	return d.alsoBought(lines)
}

func recurring(row integrations.Node) bool {
	return row.Get("type").Text() == "recurring" || row.Get("related_to_recur").Bool() ||
		!row.Get("frequency").Empty() && row.Get("type").Text() != "single"
}

// due is when the next payment of an item is due: the date itself, or a period
// after the purchase.
func due(row integrations.Node, known, at time.Time) time.Time {
	for _, n := range []string{"defer_date", "due"} {
		if t := row.Get(n).Time(); t.After(at) {
			return t
		}
	}
	if known.IsZero() {
		return after(row, at)
	}
	return known
}

// rows returns the rows that were charged. Surface B may have them elsewhere.
func (d delivery) rows() []integrations.Node {
	for _, n := range []integrations.Node{
		d.n.Get("order", "charges"), d.n.Get("charges"), d.n.Get("items"), d.n.Get("charge"), d.n.Get("item"),
	} {
		if list := n.List(); len(list) > 0 && list[0].IsObject() {
			return list
		}
	}
	if d.suffix != "" && d.n.First("reference", d.suffix+"_id", "item_id").Exists() {
		return []integrations.Node{d.n}
	}
	return nil
}

// alsoBought adds what the order's map lists beyond its rows.
func (d delivery) alsoBought(lines boughtLines) []bought {
	if d.suffix != "" && len(lines) > 0 {
		return lines
	}
	main := item{
		kind: kinds[0], reference: d.n.Get("base_product").Text(),
		name: integrations.Clean(d.n.First("base_product_name", "base_product_label").Text()),
	}
	if main.known() && len(lines) == 0 && d.suffix == "" {
		total := amount(d.n.Get("order"), "total", d.currency())
		lines = append(lines, bought{item: main, quantity: 1, amount: total})
	}
	for _, i := range d.purchaseMap() {
		with := lines.find(main)
		if !main.known() || with == nil || i.is(main) || lines.find(i) != nil {
			continue
		}
		lines = append(lines, bought{item: i, bundle: main.key(), recurring: with.recurring})
	}
	return lines
}

// boughtLines are the lines of a purchase.
type boughtLines []bought

// find returns an item's line.
func (ls boughtLines) find(i item) *bought {
	for at := range ls {
		if ls[at].item.is(i) {
			return &ls[at]
		}
	}
	return nil
}
