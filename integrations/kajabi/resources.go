package kajabi

import (
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// The types of JSON:API resources that matter.
const (
	typePurchases    = "purchases"
	typeTransactions = "transactions"
	typeOrders       = "orders"
	typeOrderItems   = "order_items"
	typeCustomers    = "customers"
	typeOffers       = "offers"
)

// customer is a person as Kajabi knows them.
type customer struct{ email, name string }

// resources are JSON:API resources by type, of a delivery or of several answers.
type resources struct {
	purchases, transactions, orders, items []integrations.Node
	customers                              map[string]customer
	titles                                 map[string]string // of offers

	claimed bool // Kajabi is still to be asked: the buyer may be missing
	loose   bool // Kajabi is never asked: purchases may have no number
}

func (s *resources) add(list ...integrations.Node) {
	for _, n := range list {
		switch n.Get("type").Text() {
		case typePurchases:
			s.purchases = append(s.purchases, n)
		case typeTransactions:
			s.transactions = append(s.transactions, n)
		case typeOrders:
			s.orders = append(s.orders, n)
		case typeOrderItems:
			s.items = append(s.items, n)
		case typeCustomers:
			if s.customers == nil {
				s.customers = map[string]customer{}
			}
			s.customers[resourceID(n)] = customerOf(n)
		case typeOffers:
			if s.titles == nil {
				s.titles = map[string]string{}
			}
			s.titles[resourceID(n)] = titleOf(n)
		}
	}
}

func customerOf(n integrations.Node) customer {
	return customer{attr(n, "email").Text(), attr(n, "name").Text()}
}

func titleOf(n integrations.Node) string {
	a := n.Get("attributes")
	return integrations.Clean(a.First("title", "internal_title").Text())
}

func resourceID(n integrations.Node) string { return n.Get("id").Text() }

func attr(n integrations.Node, name string) integrations.Node { return n.Get("attributes", name) }

// related lists the ids behind a relationship, to one or to many.
func related(n integrations.Node, name string) []string {
	var ids []string
	for _, d := range n.Get("relationships", name, "data").List() {
		if id := resourceID(d); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// relatedOne is the id behind a relationship to one; "" when there is none.
func relatedOne(n integrations.Node, name string) string {
	if ids := related(n, name); len(ids) == 1 {
		return ids[0]
	}
	return ""
}

// purchase is one offer bought by one customer.
type purchase struct {
	id, offer, title, customer string
	amount                     enrolld.Money
	quantity                   int
	kind                       string // single, subscription, multipay, free
	created, sold, changed     time.Time
	ended                      time.Time // zero: it stands
	trialEnd                   time.Time
	made, total                int64 // payments of a plan
}

func (s *resources) purchase(n integrations.Node, received time.Time) purchase {
	p := purchase{
		id: resourceID(n), offer: relatedOne(n, "offer"), customer: relatedOne(n, "customer"),
		amount: cents(n, "amount_in_cents", "currency"), quantity: count(attr(n, "quantity")),
		kind:    strings.ToLower(attr(n, "payment_type").Text()),
		created: attr(n, "created_at").Time(), changed: attr(n, "updated_at").Time(),
		ended: attr(n, "deactivated_at").Time(), trialEnd: attr(n, "trial_end_at").Time(),
	}
	p.made, _ = attr(n, "multipay_payments_made").Int()
	p.total, _ = attr(n, "payment_plan_total_payments").Int()
	p.title = s.titles[p.offer]
	p.created = or(p.created, received)
	p.changed = or(p.changed, p.created)
	if p.ended.After(p.changed) {
		p.changed = p.ended
	}
	p.sold = p.created
	if start := attr(n, "effective_start_at").Time(); start.After(p.sold) {
		p.sold = start
	}
	return p
}

// recurring says whether payments follow.
func (p purchase) recurring() bool {
	switch p.kind {
	case "single", "free", "one_time", "":
		return false
	}
	return true
}

func (p purchase) status() enrolld.SubscriptionStatus {
	switch {
	case !p.ended.IsZero():
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionEnded, EndsAt: p.ended}
	case p.trialEnd.After(p.changed):
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionTrialing, PaidUntil: p.trialEnd}
	case !p.recurring() || p.total > 0 && p.made >= p.total:
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionCompleted}
	}
	return enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive}
}

// event tells how a purchase stands: everything about it, so that any later
// statement takes the place of any earlier.
func (s *resources) purchaseEvent(p purchase) (enrolld.Event, error) {
	e := enrolld.Event{Kind: enrolld.EventPurchase, At: p.created, Refs: []string{"purchase:" + p.id}}
	if s.loose && p.customer != "" {
		e.Refs = append(e.Refs, looseRef("customer", p.customer, p.offer))
	}
	if p.offer == "" {
		return e, enrolld.Errorf(enrolld.Invalid, "the purchase names no offer")
	}
	status := p.status()
	if status.State == enrolld.SubscriptionEnded {
		e.Kind, e.At = enrolld.EventEnded, p.ended
	}
	c := s.customers[p.customer]
	buyer, err := integrations.Buyer(c.email, "", "", c.name, "")
	if err != nil && e.Kind == enrolld.EventPurchase && !s.claimed {
		return e, err
	}
	e.Buyer = buyer
	e.Lines = []enrolld.EventLine{{
		Key: p.offer, Product: enrolld.ProductRef{ID: p.offer, Name: p.title}, Subscription: p.offer,
		Sale: &enrolld.Sale{Paid: true, SoldAt: p.sold, Quantity: p.quantity, Amount: p.amount},
	}}
	e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: p.offer, Value: status, At: p.changed}
	return e, nil
}

// looseRef stands for a purchase whose number is not known, where the API is not
// asked: Kajabi sells an offer to a customer once, or once more after it ended.
func looseRef(who, id, offer string) string { return who + ":" + id + "/offer:" + offer }

func cents(n integrations.Node, amount, currency string) enrolld.Money {
	m := attr(n, amount).Minor(attr(n, currency).Text())
	m.Minor = max(m.Minor, -m.Minor)
	return m
}

func count(n integrations.Node) int {
	if q, ok := n.Int(); ok && q > 0 && q < 1<<30 {
		return int(q)
	}
	return 1
}

func or(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}
