package teachable

import (
	"time"

	"enrolld"
	"enrolld/integrations"
)

// The events that matter to access.
const (
	saleCreated         = "Sale.created"
	saleCancelled       = "Sale.subscription_canceled"
	transactionCreated  = "Transaction.created"
	transactionRefunded = "Transaction.refunded"
	enrollmentCreated   = "Enrollment.created"
	enrollmentDisabled  = "Enrollment.disabled"
)

// matters says whether an event does.
func matters(name string) bool {
	switch name {
	case saleCreated, saleCancelled, transactionCreated, transactionRefunded, enrollmentCreated, enrollmentDisabled:
		return true
	}
	return false
}

// claim is what an event of a delivery says.
type claim struct {
	name                          string
	at, received                  time.Time // of the event, of the delivery
	test                          bool
	sale, transaction, user       string
	course, plan                  string
	email, full                   string
	productName                   string
	amount                        enrolld.Money
	refunded                      enrolld.Money
	sold, paid, refundedAt, until time.Time
}

func newClaim(n integrations.Node, received time.Time) claim {
	o := n.Get("object")
	sale, user := o.Get("sale"), o.Get("user")
	live := n.Get("livemode")
	c := claim{
		name: n.Get("type").Text(), test: !live.Empty() && !live.Bool(), received: received,
		at:     firstTime(n.Get("created"), n.Get("created_at"), o.Get("updated_at")),
		user:   text(o.Get("user_id"), user.Get("id"), sale.Get("user_id")),
		email:  text(user.Get("email"), o.Get("user_email")),
		full:   text(user.Get("name"), o.Get("user_name")),
		course: text(o.Get("course_id"), o.Get("course", "id"), sale.Get("course_id"), sale.Get("course", "id")),
		plan: text(o.Get("pricing_plan_id"), o.Get("product_id"), o.Get("product", "id"),
			sale.Get("pricing_plan_id"), sale.Get("product_id"), sale.Get("product", "id")),
		sold:       firstTime(o.Get("purchased_at"), o.Get("created_at")),
		refundedAt: notAhead(o.Get("refunded_at").Time(), received),
		until:      o.Get("expires_at").Time(),
	}
	c.productName = integrations.Clean(text(o.Get("course", "name"), o.Get("product", "name"),
		sale.Get("course", "name"), sale.Get("product", "name")))
	switch c.name {
	case saleCreated, saleCancelled:
		c.sale = o.Get("id").Text()
	case transactionCreated, transactionRefunded:
		c.transaction, c.sale = o.Get("id").Text(), text(o.Get("sale_id"), sale.Get("id"))
	case enrollmentCreated:
		c.sold = o.Get("enrolled_at").Time()
	}
	currency := text(o.Get("currency"), sale.Get("currency"))
	c.amount = o.First("final_price", "price", "charge").Minor(currency)
	c.refunded = o.Get("amount_refunded").Minor(currency)
	c.at, c.sold = notAhead(c.at, received), notAhead(c.sold, received)
	c.at = or(c.at, or(c.sold, received))
	c.sold = or(c.sold, c.at)
	c.paid = c.sold
	return c
}

// notAhead is a time, or that of receipt where it is later: what is dated ahead would
// stand against all that comes after it.
func notAhead(t, received time.Time) time.Time {
	if t.After(received.Add(integrations.Tolerance)) {
		return received
	}
	return t
}

// claims lists the events of a delivery that matter, and says of those that do not
// why.
func claims(n integrations.Node, received time.Time) (list []claim, ignored string) {
	ignored = "The delivery has no event in it."
	for _, e := range n.List() {
		name := e.Get("type").Text()
		if matters(name) {
			list = append(list, newClaim(e, received))
			continue
		}
		switch name {
		case "Enrollment.completed":
			ignored = "The course was worked through; access stays."
		case "AbandonedOrder.created":
			ignored = "A checkout that was left: nothing was bought."
		default:
			ignored = "Teachable's event has no meaning for access that we know of."
		}
	}
	return list, ignored
}

// Parse translates a delivery. As long as Teachable was not asked it is a claim.
func (p *Platform) Parse(c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return integrations.Parsed{}, enrolld.Parkf("%s", enrolld.MessageOf(s.err))
	}
	n, err := r.DecodeJSON()
	if err != nil {
		return integrations.Parsed{}, err
	}
	list, ignored := claims(n, r.ReceivedAt)
	if len(list) == 0 {
		return integrations.Parsed{Ignored: ignored}, nil
	}
	events := make([]enrolld.Event, 0, len(list))
	for _, c := range list {
		f := c.facts()
		if c.name == saleCreated && f.buyer == nil && !s.confirm {
			return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the delivery names no buyer we can write to")
		}
		events = append(events, f.event())
	}
	return finish(events, s.confirm)
}

func finish(events []enrolld.Event, incomplete bool) (integrations.Parsed, error) {
	for _, e := range events {
		if err := e.Check(); err != nil {
			return integrations.Parsed{}, err
		}
	}
	return integrations.Parsed{Events: events, Incomplete: incomplete}, nil
}

// facts is the claim as it stands.
func (c claim) facts() facts {
	f := facts{
		name: c.name, at: c.at, test: c.test, sale: c.sale, transaction: c.transaction, user: c.user,
		course: c.course, plan: c.plan, productName: c.productName, amount: c.amount, sold: c.sold, paid: c.paid,
		refundedAt: c.refundedAt, refunded: c.refunded,
	}
	// A buyer that cannot be read matters only where somebody bought.
	f.buyer, _ = integrations.Buyer(c.email, "", "", c.full, "")
	switch c.name {
	case transactionRefunded:
		f.refundedAt = or(f.refundedAt, c.at)
		f.full = c.refunded.Minor <= 0 || c.refunded.Minor >= c.amount.Minor
	case enrollmentCreated:
		f.status = &enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive, PaidUntil: c.until}
	case enrollmentDisabled:
		f.status = &enrolld.SubscriptionStatus{State: enrolld.SubscriptionEnded, EndsAt: c.at}
	}
	return f
}

func text(nodes ...integrations.Node) string {
	for _, n := range nodes {
		if s := n.Text(); s != "" {
			return s
		}
	}
	return ""
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
