package paypalipn

import (
	"strconv"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// Whether money came, by payment_status.
const (
	moneyCame = iota
	moneyHeld
	moneyFailed
)

func (d delivery) came() int {
	switch d.status {
	case "Completed", "Processed":
		return moneyCame
	case "Denied", "Failed", "Voided", "Expired":
		return moneyFailed
	}
	return moneyHeld // Pending, Created, In-Progress
}

// bought reads a payment of a button, a cart or a checkout.
func (d delivery) bought() (integrations.Parsed, error) {
	txn := d.text("txn_id")
	at := d.moved()
	if d.came() == moneyFailed {
		e := d.event(enrolld.EventPaymentFailed, at, refPayment+txn)
		e.Failure = &enrolld.EventPart[enrolld.Failure]{ID: txn}
		return done(e)
	}
	buyer, err := d.buyer()
	if err != nil {
		return integrations.Parsed{}, err
	}
	lines, err := d.lines(at)
	if err != nil {
		return integrations.Parsed{}, err
	}
	e := d.event(enrolld.EventPurchase, at, refPayment+txn)
	e.Buyer, e.Lines = buyer, lines
	e.Number = integrations.Clean(pick(d.text("invoice"), txn))
	if d.came() == moneyCame {
		amount, err := d.money("mc_gross")
		if err != nil {
			return integrations.Parsed{}, err
		}
		e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: txn, Value: enrolld.Payment{Amount: amount}}
	}
	return done(e)
}

// maxItems is more than a cart can have.
const maxItems = 500

// lines lists what was bought: the items of a cart, which are numbered, or the one
// of a button.
func (d delivery) lines(at time.Time) ([]enrolld.EventLine, error) {
	var out []enrolld.EventLine
	for i := 1; i <= maxItems; i++ {
		number := strconv.Itoa(i)
		if d.n.First("item_name"+number, "item_number"+number).Empty() {
			break
		}
		amount, err := d.money("mc_gross_" + number)
		if err != nil {
			return nil, err
		}
		out = add(out, d.product(number), amount, count(d.n.Get("quantity"+number)), at, d.came() == moneyCame)
	}
	if len(out) == 0 {
		amount, err := d.money("mc_gross")
		if err != nil {
			return nil, err
		}
		out = add(out, d.product(""), amount, count(d.n.Get("quantity")), at, d.came() == moneyCame)
	}
	if len(out) == 0 {
		return nil, enrolld.Parkf("PayPal does not say what was bought. Give your buttons an item number.")
	}
	return out, nil
}

// product is what names an item.
func (d delivery) product(number string) enrolld.ProductRef {
	name := integrations.Clean(pick(d.text("item_name"+number), d.text("product_name")))
	id := pick(d.text("item_number"+number), name)
	if number == "" {
		id = pick(id, d.text("custom"))
	}
	return enrolld.ProductRef{ID: id, Name: name}
}

func count(n integrations.Node) int {
	if i, ok := n.Int(); ok && i > 0 && i < 1<<30 {
		return int(i)
	}
	return 1
}

// add adds a line, to one that there is of the same product.
func add(lines []enrolld.EventLine, p enrolld.ProductRef, amount enrolld.Money, count int, at time.Time, paid bool) []enrolld.EventLine {
	const longest = 150
	key := p.ID
	switch {
	case key == "":
		return lines
	case len(key) > longest:
		key = integrations.BodyKey([]byte(key))
	}
	for i := range lines {
		if lines[i].Key == key {
			lines[i].Sale.Amount.Minor += amount.Minor
			lines[i].Sale.Quantity += count
			return lines
		}
	}
	return append(lines, enrolld.EventLine{Key: key, Product: p, Sale: &enrolld.Sale{
		Paid: paid, SoldAt: at, Quantity: count, Amount: amount,
	}})
}

// refunded reads money that went back, by an id of its own. Where the payment is not
// named it is the message's own.
func (d delivery) refunded() (integrations.Parsed, error) {
	txn := d.text("txn_id")
	payment := pick(d.text("parent_txn_id"), txn)
	amount, err := d.money("mc_gross")
	if err != nil {
		return integrations.Parsed{}, err
	}
	e := d.event(enrolld.EventRefund, d.moved(), refPayment+payment, refSub+d.subID())
	e.Refunds = []enrolld.EventPart[enrolld.Refund]{{ID: txn, Value: enrolld.Refund{Amount: amount, Payment: payment}}}
	return done(e)
}

// disputed says where the dispute about a payment stands.
func (d delivery) disputed(state enrolld.DisputeState, kind enrolld.EventKind, at time.Time) (integrations.Parsed, error) {
	payment := d.n.First("parent_txn_id", "txn_id").Text()
	e := d.event(kind, at, refPayment+payment, refSub+d.subID())
	e.Dispute = &enrolld.EventPart[enrolld.Dispute]{ID: payment, Value: enrolld.Dispute{State: state, Payment: payment}}
	return done(e)
}

// newCase reads a complaint or a chargeback. Its payment_date is the sale's.
func (d delivery) newCase() (integrations.Parsed, error) {
	return d.disputed(enrolld.DisputeOpen, enrolld.EventDisputeOpened, d.at("case_creation_date"))
}

// adjusted reads that a case was closed: whose the money is says its sign.
func (d delivery) adjusted() (integrations.Parsed, error) {
	amount, err := d.money("mc_gross")
	switch {
	case err != nil:
		return integrations.Parsed{}, err
	case d.text("parent_txn_id") == "" || amount.Minor == 0:
		return integrations.Parsed{Ignored: "An adjustment of the account that is of no sale."}, nil
	case amount.Minor < 0:
		return d.disputed(enrolld.DisputeLost, enrolld.EventDisputeLost, later(d.moved(), d.received))
	}
	return d.disputed(enrolld.DisputeWon, enrolld.EventDisputeWon, later(d.moved(), d.received))
}
