package paypal

import (
	"slices"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// orderID returns the Checkout order that a capture belongs to.
func orderID(capture integrations.Node) string {
	return pick(capture.Get("supplementary_data", "related_ids", "order_id").Text(),
		linked(capture, "up", "/v2/checkout/orders/"))
}

// number is what seller and buyer call a sale: the seller's invoice, else PayPal's
// id of the payment, which stands in the buyer's receipt.
func number(n integrations.Node, payment string) string {
	return pick(integrations.Clean(n.First("invoice_id", "invoice_number").Text()), payment)
}

// captured reads a capture of a Checkout order: money that came in. Who paid, and
// for what, the order says.
func (d delivery) captured() (integrations.Parsed, error) {
	e, err := d.capture(d.res, orderID(d.res))
	if err != nil {
		return integrations.Parsed{}, err
	}
	return done(e)
}

// capture is the sale that a capture makes, but for who bought what.
func (d delivery) capture(capture integrations.Node, order string) (enrolld.Event, error) {
	id := capture.Get("id").Text()
	amount, err := money(capture.Get("amount"))
	if err != nil {
		return enrolld.Event{}, err
	}
	e := d.event(enrolld.EventPurchase, d.time(capture, "update_time", "create_time"), refOrder+order, refPayment+id)
	e.Number = number(capture, id)
	e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: id, Value: enrolld.Payment{Amount: amount}}
	return e, nil
}

// captureFailed reads that held money did not come.
func (d delivery) captureFailed() (integrations.Parsed, error) {
	id := d.res.Get("id").Text()
	e := d.event(enrolld.EventPaymentFailed, d.time(d.res, "update_time", "create_time"), refOrder+orderID(d.res), refPayment+id)
	e.Failure = &enrolld.EventPart[enrolld.Failure]{ID: id}
	return done(e)
}

// ordered reads a completed order, which has all its captures in it.
func (d delivery) ordered() (integrations.Parsed, error) {
	order := d.res.Get("id").Text()
	var events []enrolld.Event
	for _, unit := range d.res.Get("purchase_units").List() {
		for _, capture := range unit.Get("payments", "captures").List() {
			if capture.Get("status").Text() != "COMPLETED" {
				continue
			}
			e, err := d.capture(capture, order)
			if err != nil {
				return integrations.Parsed{}, err
			}
			events = append(events, e)
		}
	}
	if len(events) == 0 {
		return integrations.Parsed{Ignored: "An order without money: PayPal tells of the payment by itself."}, nil
	}
	return done(events...)
}

// captured finds the order of a capture.
func (q question) captured(d delivery) ([]enrolld.Event, error) {
	if err := q.needsKey("who bought what"); err != nil {
		return nil, err
	}
	id := orderID(d.res)
	if id == "" {
		return nil, enrolld.Parkf("PayPal does not say which order a payment belongs to: it was made without PayPal Checkout.")
	}
	order, err := q.news("a Checkout order", "/v2/checkout/orders/", id)
	if err != nil {
		return nil, err
	}
	e, err := d.capture(d.res, id)
	if err != nil {
		return nil, err
	}
	if e.Payment.Value.Amount, err = q.amountOf(order, e.Payment.ID); err != nil {
		return nil, err
	}
	return q.fill(order, e)
}

// amountOf says how much of an order a capture was, in the order's own words.
func (q question) amountOf(order integrations.Node, capture string) (enrolld.Money, error) {
	for _, unit := range order.Get("purchase_units").List() {
		for _, c := range unit.Get("payments", "captures").List() {
			came := slices.Contains([]string{"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"}, c.Get("status").Text())
			if came && c.Get("id").Text() == capture {
				return money(c.Get("amount"))
			}
		}
	}
	if integrations.IsSettling(q.received) {
		return enrolld.Money{}, enrolld.Errorf(enrolld.Unavailable, "PayPal's order does not have yet the payment that it told of")
	}
	return enrolld.Money{}, enrolld.Parkf("PayPal told of a payment that its order does not have. Look at the order in PayPal.")
}

// ordered finds what a completed order leaves out.
func (q question) ordered(d delivery, events []enrolld.Event) ([]enrolld.Event, error) {
	filled, err := q.fill(d.res, events...)
	if err == nil || q.config.APIKey == "" {
		return filled, err
	}
	order, err := q.news("a Checkout order", "/v2/checkout/orders/", d.res.Get("id").Text())
	if err != nil {
		return nil, err
	}
	return q.fill(order, events...)
}

// fill adds to the captures of an order who bought what.
func (q question) fill(order integrations.Node, events ...enrolld.Event) ([]enrolld.Event, error) {
	buyer, err := payer(order)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(events)
	for i := range out {
		e := &out[i]
		units, all := unitsOf(order, e.Payment.ID)
		lines, err := q.lines(units, e.At)
		if err != nil {
			return nil, err
		}
		e.Buyer, e.Lines = buyer, lines
		if !all {
			// A capture is of its unit, not of the whole order.
			p := *e.Payment
			for _, l := range lines {
				p.Value.Lines = append(p.Value.Lines, l.Key)
			}
			e.Payment = &p
		}
	}
	return out, nil
}

// payer is who paid an order: the owner of a PayPal account, or who gave an address
// when paying otherwise.
func payer(order integrations.Node) (*enrolld.Buyer, error) {
	who := order.Get("payer")
	if who.Get("email_address").Empty() {
		source := order.Get("payment_source")
		for _, kind := range source.Keys() {
			if s := source.Get(kind); !s.Get("email_address").Empty() {
				who = s
				break
			}
		}
	}
	email, full := who.Get("email_address").Text(), who.Get("name", "full_name").Text()
	for _, unit := range order.Get("purchase_units").List() {
		ship := unit.Get("shipping")
		email, full = pick(email, ship.Get("email_address").Text()), pick(full, ship.Get("name", "full_name").Text())
	}
	if email == "" {
		return nil, enrolld.Parkf("PayPal does not know the buyer's e-mail address: " +
			"the order was paid without a PayPal account and without asking for one.")
	}
	return integrations.Buyer(email, who.Get("name", "given_name").Text(), who.Get("name", "surname").Text(),
		full, who.Get("address", "country_code").Text())
}

// unitsOf returns the purchase unit that a capture paid for, and whether that is
// the whole order.
func unitsOf(order integrations.Node, capture string) (units []integrations.Node, all bool) {
	units = order.Get("purchase_units").List()
	for _, unit := range units {
		for _, c := range unit.Get("payments", "captures").List() {
			if c.Get("id").Text() == capture {
				return []integrations.Node{unit}, len(units) == 1
			}
		}
	}
	return units, true
}

// lines lists what was bought.
func (s Settings) lines(units []integrations.Node, at time.Time) ([]enrolld.EventLine, error) {
	var out []enrolld.EventLine
	var total enrolld.Money
	for _, unit := range units {
		paid, err := money(unit.Get("amount"))
		if err != nil {
			return nil, err
		}
		total = enrolld.Money{Minor: total.Minor + paid.Minor, Currency: paid.Currency}
		items := unit.Get("items").List()
		amounts, counts := make([]enrolld.Money, len(items)), make([]int, len(items))
		for i, item := range items {
			if amounts[i], counts[i], err = itemAmount(item); err != nil {
				return nil, err
			}
		}
		shareOut(amounts, paid)
		for i, item := range items {
			out = add(out, s.itemProduct(unit, item), amounts[i], counts[i], at)
		}
		if len(items) == 0 {
			out = add(out, unitProduct(unit), paid, 1, at)
		}
	}
	if len(out) == 0 {
		return nil, enrolld.Parkf("PayPal does not say what was bought. Give the items of your orders an sku, or the order a custom_id.")
	}
	if len(out) == 1 {
		out[0].Sale.Amount = total // with shipping and discounts
	}
	return out, nil
}

// itemAmount is what an item cost, taxes included.
func itemAmount(item integrations.Node) (enrolld.Money, int, error) {
	count, ok := item.Get("quantity").Int()
	if !ok || count < 1 || count > 1<<20 {
		count = 1
	}
	price, err := money(item.Get("unit_amount"))
	if err != nil {
		return price, 0, err
	}
	tax, err := money(item.Get("tax"))
	const most = 1 << 40 // times the most pieces it still is an amount
	price.Minor = max(-most, min(price.Minor+tax.Minor, most)) * count
	return price, int(count), err
}

// itemProduct is what names an item.
func (s Settings) itemProduct(unit, item integrations.Node) enrolld.ProductRef {
	sku, custom := item.Get("sku").Text(), unit.Get("custom_id").Text()
	name := integrations.Clean(item.Get("name").Text())
	id := pick(sku, custom, name)
	switch s.Product {
	case ProductCustom:
		id = pick(custom, sku, name)
	case ProductName:
		id = pick(name, sku, custom)
	}
	return enrolld.ProductRef{ID: id, Name: name}
}

// unitProduct is what names a purchase unit that lists no items.
func unitProduct(unit integrations.Node) enrolld.ProductRef {
	about := integrations.Clean(unit.Get("description").Text())
	id := pick(unit.Get("custom_id").Text(), about)
	if reference := unit.Get("reference_id").Text(); id == "" && reference != "default" {
		id = reference
	}
	return enrolld.ProductRef{ID: id, Name: about}
}

// add adds a line, to one that there is of the same product.
func add(lines []enrolld.EventLine, p enrolld.ProductRef, amount enrolld.Money, count int, at time.Time) []enrolld.EventLine {
	if p.ID == "" {
		return lines
	}
	key := lineKey(p.ID)
	for i := range lines {
		if lines[i].Key == key {
			lines[i].Sale.Amount.Minor += amount.Minor
			lines[i].Sale.Quantity += count
			return lines
		}
	}
	return append(lines, enrolld.EventLine{Key: key, Product: p, Sale: &enrolld.Sale{
		Paid: true, SoldAt: at, Quantity: count, Amount: amount,
	}})
}

// lineKey names a line by its product, by a hash where that is too long for it.
func lineKey(product string) string {
	const most = 150
	if len(product) > most {
		return integrations.BodyKey([]byte(product))
	}
	return product
}
