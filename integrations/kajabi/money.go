package kajabi

import (
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// money is a transaction: a charge, a refund, a dispute.
type money struct {
	id, action, state, customer string
	amount                      enrolld.Money
	at                          time.Time
	purchases                   []purchase
	offer                       string // where the purchases are not known
}

// What transactions do.
const (
	actionCharge       = "charge"
	actionSubscribe    = "subscribe"
	actionSubscription = "subscription_charge"
	actionRefund       = "refund"
	actionDispute      = "dispute"
	actionTest         = "test"
)

func (s *resources) money(n integrations.Node, received time.Time) money {
	m := money{
		id: resourceID(n), action: strings.ToLower(attr(n, "action").Text()), state: strings.ToLower(attr(n, "state").Text()),
		customer: relatedOne(n, "customer"), amount: cents(n, "amount_in_cents", "currency"),
		at: or(attr(n, "created_at").Time(), received), offer: relatedOne(n, "offer"),
	}
	for _, p := range s.paidBy(n) {
		if known := s.purchase(p, received); known.offer != "" {
			m.purchases = append(m.purchases, known)
		}
	}
	return m
}

// paidBy are the purchases that a transaction is about: those that it names, or else
// that name it, or else the customer's of its offer.
func (s *resources) paidBy(txn integrations.Node) []integrations.Node {
	var mutual, likely []integrations.Node
	named, who, offer := related(txn, "purchases"), relatedOne(txn, "customer"), relatedOne(txn, "offer")
	for _, p := range s.purchases {
		switch {
		case slices.Contains(named, resourceID(p)), named == nil && slices.Contains(related(p, "transactions"), resourceID(txn)):
			mutual = append(mutual, p)
		case named == nil && who != "" && relatedOne(p, "customer") == who && offer != "" && relatedOne(p, "offer") == offer:
			likely = append(likely, p)
		}
	}
	if mutual == nil {
		return likely
	}
	return mutual
}

// lines are the keys of the lines that the transaction is about.
func (m money) lines() []string {
	var keys []string
	for _, p := range m.purchases {
		keys = append(keys, p.offer)
	}
	if keys == nil && m.offer != "" {
		keys = []string{m.offer}
	}
	return keys
}

// line is the one line that the transaction is about; "" when there are several.
func (m money) line() string {
	if keys := m.lines(); len(keys) == 1 {
		return keys[0]
	}
	return ""
}

// counts says whether money moved.
func (m money) counts() bool {
	if m.state != "" && m.state != "succeeded" {
		return false
	}
	switch m.action {
	case actionCharge, actionSubscription, actionRefund, actionDispute:
		return true
	case actionSubscribe:
		return m.amount.Minor > 0
	}
	return false
}

func (s *resources) moneyEvent(m money) enrolld.Event {
	e := enrolld.Event{At: m.at}
	for _, p := range m.purchases {
		e.Refs = append(e.Refs, "purchase:"+p.id)
	}
	e.Refs = append(e.Refs, "transaction:"+m.id)
	if s.loose && m.purchases == nil && m.customer != "" && m.offer != "" {
		e.Refs = append(e.Refs, looseRef("customer", m.customer, m.offer))
	}
	if c, ok := s.customers[m.customer]; ok {
		// A buyer that cannot be read matters only where somebody bought.
		e.Buyer, _ = integrations.Buyer(c.email, "", "", c.name, "")
	}
	id := "transaction:" + m.id
	switch m.action {
	case actionRefund:
		e.Kind = enrolld.EventRefund
		e.Refunds = []enrolld.EventPart[enrolld.Refund]{{ID: id, Value: enrolld.Refund{Amount: m.amount, Line: m.line()}}}
	case actionDispute:
		e.Kind = enrolld.EventDisputeOpened
		e.Dispute = &enrolld.EventPart[enrolld.Dispute]{
			ID: id, Value: enrolld.Dispute{State: enrolld.DisputeOpen, Line: m.line()},
		}
	default:
		e.Kind = enrolld.EventPayment
		e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: id, Value: enrolld.Payment{Amount: m.amount, Lines: m.lines()}}
		s.paid(&e, m)
	}
	return e
}

// paid says what a payment means for its lines. One that comes after a trial ends
// the trial. Where the purchases are not known the line is told as a subscription,
// so that its first payment stands for its sale.
func (s *resources) paid(e *enrolld.Event, m money) {
	for _, p := range m.purchases {
		if !p.recurring() || e.Subscription != nil {
			continue
		}
		status := p.status()
		switch status.State {
		case enrolld.SubscriptionEnded:
			continue
		case enrolld.SubscriptionTrialing:
			if !m.at.Before(p.trialEnd) {
				status = enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive}
			}
		default:
		}
		e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: p.offer, Value: status}
	}
	if m.purchases == nil && m.offer != "" {
		e.Lines = []enrolld.EventLine{{
			Key: m.offer, Product: enrolld.ProductRef{ID: m.offer, Name: s.titles[m.offer]}, Subscription: m.offer,
		}}
	}
}

// orderEvent reads an order, of a cart or of a checkout with its bumps.
func (s *resources) orderEvent(n integrations.Node, received time.Time) (enrolld.Event, error) {
	id := resourceID(n)
	e := enrolld.Event{
		Kind: enrolld.EventPurchase, At: or(attr(n, "created_at").Time(), received),
		Refs: []string{"order:" + id}, Number: attr(n, "order_number").Text(),
	}
	for _, t := range append(related(n, "payment_transactions"), s.transactionsOf(n)...) {
		e.Refs = append(e.Refs, "transaction:"+t)
	}
	who := relatedOne(n, "customer")
	for _, offer := range s.offersOf(id) {
		for _, p := range s.ordered(who, offer) {
			e.Refs = append(e.Refs, "purchase:"+resourceID(p))
		}
	}
	c := s.customers[who]
	var err error
	if e.Buyer, err = integrations.Buyer(c.email, "", "", c.name, ""); err != nil && !s.claimed {
		return e, err
	}
	for _, i := range s.itemsOf(id) {
		key := itemKey(i)
		e.Lines = append(e.Lines, enrolld.EventLine{
			Key: key, Product: enrolld.ProductRef{ID: key, Name: integrations.Clean(attr(i, "title").Text())},
			Sale: &enrolld.Sale{
				Paid: true, SoldAt: or(attr(i, "created_at").Time(), e.At), Quantity: count(attr(i, "quantity")),
				Amount: cents(i, "total_price_in_cents", "currency_code"),
			},
		})
	}
	if len(e.Lines) == 0 {
		return e, enrolld.Errorf(enrolld.Invalid, "the order names nothing that was bought")
	}
	return e, nil
}

// itemsOf are what an order sells.
func (s *resources) itemsOf(order string) []integrations.Node {
	var items []integrations.Node
	for _, i := range s.items {
		if o := relatedOne(i, "order"); (o == "" || o == order) && itemKey(i) != "" {
			items = append(items, i)
		}
	}
	return items
}

// offersOf are the offers that an order sells.
func (s *resources) offersOf(order string) []string {
	var offers []string
	for _, i := range s.itemsOf(order) {
		if key := itemKey(i); isNumber(key) && !slices.Contains(offers, key) {
			offers = append(offers, key)
		}
	}
	return offers
}

// ordered are a customer's purchases of an offer.
func (s *resources) ordered(who, offer string) []integrations.Node {
	var out []integrations.Node
	for _, p := range s.purchases {
		if who != "" && relatedOne(p, "customer") == who && relatedOne(p, "offer") == offer {
			out = append(out, p)
		}
	}
	return out
}

// itemKey is the identity of what an order's item sells. Only offers are sold as
// far as the docs tell; the number of anything else is kept apart from theirs.
func itemKey(i integrations.Node) string {
	id, kind := attr(i, "item_id").Text(), strings.ToLower(attr(i, "item_type").Text())
	if id == "" || kind == "" || kind == "offer" {
		return id
	}
	return kind + "-" + id
}

// transactionsOf are the transactions that came along with an order, where the
// order itself does not name them.
func (s *resources) transactionsOf(order integrations.Node) []string {
	if len(s.orders) != 1 || len(related(order, "payment_transactions")) > 0 {
		return nil
	}
	var ids []string
	for _, t := range s.transactions {
		if relatedOne(t, "customer") == relatedOne(order, "customer") {
			ids = append(ids, resourceID(t))
		}
	}
	return ids
}
