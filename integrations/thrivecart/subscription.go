package thrivecart

import (
	"cmp"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// purchaseMap reads "product-12,bump-12", or the list of the same.
func (d delivery) purchaseMap() []item {
	var names []string
	if flat := d.n.Get("purchase_map_flat").Text(); flat != "" {
		names = strings.Split(flat, ",")
	} else {
		for _, n := range d.n.Get("purchase_map").List() {
			names = append(names, strings.Split(n.Text(), ",")...)
		}
	}
	var items []item
	for _, name := range names {
		if i := parseKey(strings.TrimSpace(name)); i.known() {
			items = append(items, i)
		}
	}
	return items
}

// subscribed begins an event about a subscription and names its line.
func (d delivery) subscribed(kind enrolld.EventKind) (enrolld.Event, item, integrations.Node, error) {
	i, sub := d.subject("subscription")
	if !i.known() {
		return enrolld.Event{}, i, sub, enrolld.Errorf(enrolld.Invalid,
			"the delivery does not say which item's subscription it is about")
	}
	e := d.event(kind, d.eventTime())
	e.Lines = []enrolld.EventLine{{Key: i.key(), Product: i.product(), Subscription: i.key()}}
	return e, i, sub, nil
}

// rebill reads a payment of a running subscription or of an instalment plan.
func (d delivery) rebill() ([]enrolld.Event, error) {
	e, i, sub, err := d.subscribed(enrolld.EventPayment)
	if err != nil {
		return nil, err
	}
	until := periodEnd(sub, e.At)
	if until.IsZero() {
		until = after(sub, e.At)
	}
	e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: d.paymentID(i, sub), Value: enrolld.Payment{
		Amount: paid(sub, d.currency()), Subscription: i.key(), PaidUntil: until,
	}}
	state := enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive, PaidUntil: until}
	if lastPaid(sub) {
		state = enrolld.SubscriptionStatus{State: enrolld.SubscriptionCompleted}
	}
	e.Subscription = status(i, state)
	return append([]enrolld.Event{e}, d.supposedSale(i)...), nil
}

// supposedSale tells of the sale behind a rebill, for orders older than the
// integration. It is dated just before the order, so that what the order itself
// says of its sale always counts more.
func (d delivery) supposedSale(i item) []enrolld.Event {
	sold := d.orderTime()
	if sold.IsZero() {
		return nil
	}
	e := d.event(enrolld.EventPurchase, sold.Add(-time.Microsecond))
	// The earliest word on the buyer counts, and a rebill's is not it.
	e.Buyer = nil
	e.Lines = []enrolld.EventLine{{
		Key: i.key(), Product: i.product(), Subscription: i.key(), Sale: &enrolld.Sale{Paid: true, SoldAt: sold},
	}}
	return []enrolld.Event{e}
}

// paymentID names a rebill: by its number in the subscription, by its invoice
// ("000000004-2"), by its date.
func (d delivery) paymentID(i item, sub integrations.Node) string {
	id := d.n.First("recurring_payment_idx").Text()
	if id == "" {
		id = sub.Get("recurring_payment_idx").Text()
	}
	invoice := d.n.Get("invoice_id").Text()
	if id == "" && strings.Contains(invoice, "-") {
		id = invoice
	}
	return "rebill:" + i.key() + ":" + cmp.Or(id, d.n.First("date_unix", "date_iso8601", "date").Text(), invoice)
}

// lastPaid says whether an instalment plan has nothing left to pay. A
// subscription without an end has "null" there.
func lastPaid(sub integrations.Node) bool {
	left, ok := sub.Get("remaining_rebills").Int()
	return ok && left == 0
}

func status(i item, s enrolld.SubscriptionStatus) *enrolld.EventPart[enrolld.SubscriptionStatus] {
	return &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: i.key(), Value: s}
}

// completed reads surface B's word that the last instalment is paid; the payment
// itself comes as order_rebill.
func (d delivery) completed() ([]enrolld.Event, error) {
	e, i, _, err := d.subscribed(enrolld.EventSubscription)
	e.Subscription = status(i, enrolld.SubscriptionStatus{State: enrolld.SubscriptionCompleted})
	return []enrolld.Event{e}, err
}

// failed reads a payment that did not come. Several failures of one invoice
// differ by their date alone.
func (d delivery) failed() ([]enrolld.Event, error) {
	e, i, _, err := d.subscribed(enrolld.EventPaymentFailed)
	id := d.n.First("date_unix", "date_iso8601", "date", "invoice_id").Text()
	e.Failure = &enrolld.EventPart[enrolld.Failure]{
		ID: "failed:" + i.key() + ":" + id, Value: enrolld.Failure{Subscription: i.key()},
	}
	return []enrolld.Event{e}, err
}

// cancelled reads that no more payments are due: because somebody stopped them,
// or because all of them are made.
func (d delivery) cancelled() ([]enrolld.Event, error) {
	e, i, sub, err := d.subscribed(enrolld.EventCancelled)
	state := enrolld.SubscriptionStatus{State: enrolld.SubscriptionCancelled, PaidUntil: periodEnd(sub, e.At)}
	if lastPaid(sub) {
		state = enrolld.SubscriptionStatus{State: enrolld.SubscriptionCompleted}
	}
	e.Subscription = status(i, state)
	return []enrolld.Event{e}, err
}

func (d delivery) paused() ([]enrolld.Event, error) {
	e, i, sub, err := d.subscribed(enrolld.EventSubscription)
	e.Subscription = status(i, enrolld.SubscriptionStatus{
		State: enrolld.SubscriptionPaused, PaidUntil: periodEnd(sub, e.At),
	})
	return []enrolld.Event{e}, err
}

func (d delivery) resumed() ([]enrolld.Event, error) {
	e, i, sub, err := d.subscribed(enrolld.EventSubscription)
	e.Subscription = status(i, enrolld.SubscriptionStatus{
		State: enrolld.SubscriptionActive, PaidUntil: periodEnd(sub, e.At),
	})
	return []enrolld.Event{e}, err
}

// refund reads money given back for one item, or for the order when none is
// named. ThriveCart does not say of which payment.
func (d delivery) refund() ([]enrolld.Event, error) {
	e := d.event(enrolld.EventRefund, d.eventTime())
	i, part := d.subject("refund")
	if part == d.n && d.suffix == "" {
		// Nothing but the main product is named, as in every delivery.
		i = item{}
	}
	r := enrolld.Refund{Amount: paid(part, d.currency())}
	name := "order"
	if i.known() {
		r.Line, name = i.key(), i.key()
	}
	r.Full = !part.First("amount", "amount_gross", "amount_str").Exists() || d.wholeRow(i, part)
	id := d.n.First("date_unix", "date_iso8601", "date").Text()
	if id == "" {
		id = d.n.Get("invoice_id").Text() + ":" + r.Amount.String()
	}
	e.Refunds = []enrolld.EventPart[enrolld.Refund]{{ID: "refund:" + name + ":" + id, Value: r}}
	return []enrolld.Event{e}, nil
}

// wholeRow says whether a refund takes all that the item's row of the same
// delivery cost, net against net: the one comparison that needs no gross amounts
// on both sides.
func (d delivery) wholeRow(i item, refund integrations.Node) bool {
	currency := d.currency()
	back := amount(refund, "amount", currency)
	var cost enrolld.Money
	for _, row := range d.n.Get("order", "charges").List() {
		if d.itemOf(row).key() == i.key() {
			if recurring(row) {
				// Other payments than this row's may be there to give back.
				return false
			}
			cost.Minor += amount(row, "amount", currency).Minor
		}
	}
	return i.known() && cost.Minor > 0 && back.Minor >= cost.Minor
}
