package gumroad

import (
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// currency is what Gumroad keeps prices in, whatever the buyer saw.
const currency = "USD"

// sale is what is known of a sale.
type sale struct {
	id, number, product, name, variant, subscription, seller string
	email, full, country                                     string
	at                                                       time.Time
	price                                                    enrolld.Money
	back                                                     enrolld.Money // of a part that was refunded, where that is known
	quantity, months                                         int
	rebill, refunded, partly, disputed, won                  bool
	preorder                                                 bool // authorised, not charged
	given                                                    bool // bought for somebody else, who has a sale of their own
	gift                                                     bool // bought by somebody else
	part                                                     bool // came in a bundle
	instalments                                              bool
}

// membership is what is known of a subscription, be it a membership or an
// instalment plan.
type membership struct {
	id                                  string
	months                              int
	cancelled, ended, failed, trialEnds time.Time
	pastDue, instalments                bool
	counted                             bool // it has a number of charges after which it ends
	sales                               []string
}

func saleRef(id string) string { return "sale:" + id }

func membershipRef(id string) string { return "sub:" + id }

// view is how something stood at a moment, told because of a resource.
type view struct {
	resource string
	test     bool
	at       time.Time
}

// counts says whether something is given for a sale, and Gumroad lists it: the sales
// of gifts' receivers it does not.
func (s sale) counts() bool { return !s.part && !s.preorder && !s.given && !s.gift }

// shows says whether a sale is in the state that the ping tells of. A ping about
// what is not so yet is not done with: should it become so, the ping of it would be
// taken for this one.
func (v view) shows(s sale) bool {
	switch v.resource {
	case resourceRefund:
		return s.refunded || s.partly
	case resourceDispute:
		return s.disputed
	case resourceDisputeWon:
		return s.disputed && s.won
	}
	return true
}

// ofSale tells of a sale, and of the membership that it belongs to where that is
// known: first what the ping is about, then everything else.
func (v view) ofSale(s sale, m *membership) (integrations.Parsed, error) {
	switch {
	case s.part:
		return integrations.Parsed{Ignored: "A product that came in a bundle: the sale of the bundle gives the access."}, nil
	case s.preorder:
		return integrations.Parsed{Ignored: "A preorder: it is paid when the product is released, by a sale of its own."}, nil
	case s.given && v.resource == resourceSale:
		return integrations.Parsed{Ignored: "Bought as a gift: its receiver has a sale of their own."}, nil
	case s.given:
		return integrations.Parsed{}, enrolld.Parkf("The payment of a gift was disputed or given back. Gumroad does not say which " +
			"sale its receiver has: look there, and end the receiver's access by hand if need be.")
	case s.product == "":
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the sale does not say what was bought")
	}
	if v.at.Before(s.at) {
		v.at = s.at
	}
	if m != nil {
		m.instalments = s.instalments
	}
	bought, err := v.bought(s, m)
	if err != nil {
		return integrations.Parsed{}, err
	}
	events := append([]enrolld.Event{bought}, v.undone(s)...)
	if m != nil {
		events = append(events, v.ofMembership(*m))
	}
	if i := slices.IndexFunc(events, func(e enrolld.Event) bool { return e.Kind == resources[v.resource] }); i > 0 {
		about := events[i]
		events = slices.Insert(slices.Delete(events, i, i+1), 0, about)
	}
	return checked(events...)
}

// event begins an event about the order that a sale belongs to.
func (v view) event(kind enrolld.EventKind, at time.Time, s sale) enrolld.Event {
	e := enrolld.Event{Kind: kind, At: at, Refs: []string{saleRef(s.id)}, Number: s.number, Test: v.test}
	if s.subscription != "" {
		e.Refs = []string{membershipRef(s.subscription), saleRef(s.id)}
	}
	return e
}

// bought tells of what was bought and paid, dated as the sale.
func (v view) bought(s sale, m *membership) (enrolld.Event, error) {
	kind := enrolld.EventPurchase
	if s.rebill {
		kind = enrolld.EventPayment
	}
	e := v.event(kind, s.at, s)
	buyer, err := integrations.Buyer(s.email, "", "", s.full, s.country)
	if err != nil && v.resource == resourceSale && !s.rebill {
		return e, err
	}
	e.Buyer = buyer
	price := s.price
	if m != nil && !m.trialEnds.IsZero() && !s.rebill {
		price.Minor = 0 // what will be paid when the trial is over
	}
	l := enrolld.EventLine{
		Key: s.product, Subscription: s.subscription,
		Product: enrolld.ProductRef{ID: s.product, Variant: s.variant, Name: s.name},
	}
	if !s.rebill {
		l.Sale = &enrolld.Sale{Paid: true, SoldAt: s.at, Quantity: s.quantity, Amount: price}
	}
	e.Lines = []enrolld.EventLine{l}
	if price.Minor > 0 {
		e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: s.id, Value: enrolld.Payment{
			Amount: price, Subscription: s.subscription, PaidUntil: s.paidUntil(m),
		}}
	}
	return e, nil
}

// paidUntil is the end of the period that a sale pays for; zero for one that
// belongs to no membership.
func (s sale) paidUntil(m *membership) time.Time {
	n := s.months
	if m != nil && m.months > 0 {
		n = m.months
	}
	if s.subscription == "" || n == 0 {
		return time.Time{}
	}
	return integrations.After(s.at, n, "month")
}

// undone tells what became of a sale's money.
func (v view) undone(s sale) []enrolld.Event {
	var out []enrolld.Event
	if s.refunded || s.partly {
		e := v.event(enrolld.EventRefund, v.at, s)
		back := s.back
		if s.refunded {
			back = s.price
		}
		e.Refunds = []enrolld.EventPart[enrolld.Refund]{{ID: s.id, Value: enrolld.Refund{
			Amount: back, Full: s.refunded, Payment: s.id,
		}}}
		out = append(out, e)
	}
	if s.disputed {
		kind, state := enrolld.EventDisputeOpened, enrolld.DisputeOpen
		if s.won {
			kind, state = enrolld.EventDisputeWon, enrolld.DisputeWon
		}
		e := v.event(kind, v.at, s)
		e.Dispute = &enrolld.EventPart[enrolld.Dispute]{ID: s.id, Value: enrolld.Dispute{State: state, Payment: s.id}}
		out = append(out, e)
	}
	return out
}

// ofMembership tells how a membership stands.
func (v view) ofMembership(m membership) enrolld.Event {
	status := m.status(v.at)
	e := enrolld.Event{
		At: v.at, Refs: []string{membershipRef(m.id)}, Test: v.test,
		Subscription: &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: m.id, Value: status},
	}
	if !m.failed.IsZero() {
		e.Failure = &enrolld.EventPart[enrolld.Failure]{
			ID: m.id + " " + m.failed.Format(time.RFC3339), Value: enrolld.Failure{Subscription: m.id}, At: m.failed,
		}
	}
	switch {
	case v.resource == resourceCancellation && !m.failed.IsZero():
		e.Kind = enrolld.EventPaymentFailed
	case v.resource == resourceCancellation, status.State == enrolld.SubscriptionCancelling:
		e.Kind = enrolld.EventCancelled
	case status.State == enrolld.SubscriptionEnded, status.State == enrolld.SubscriptionCompleted:
		e.Kind = enrolld.EventEnded
	default:
		e.Kind = enrolld.EventSubscription
	}
	return e
}

// status translates how a membership stands. An end of its own is one of a fixed
// number of charges, all of which came.
func (m membership) status(at time.Time) enrolld.SubscriptionStatus {
	switch {
	case !m.failed.IsZero():
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionEnded, EndsAt: m.failed}
	case !m.ended.IsZero() && m.instalments:
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionCompleted}
	case !m.ended.IsZero():
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionEnded, EndsAt: m.ended}
	case m.cancelled.After(at):
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionCancelling, EndsAt: m.cancelled}
	case !m.cancelled.IsZero():
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionEnded, EndsAt: m.cancelled}
	case m.pastDue:
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionPastDue}
	case m.trialEnds.After(at):
		return enrolld.SubscriptionStatus{State: enrolld.SubscriptionTrialing, PaidUntil: m.trialEnds}
	}
	return enrolld.SubscriptionStatus{State: enrolld.SubscriptionActive}
}

// variant joins what was chosen of a product, sorted by what it is a choice of.
func variant(n integrations.Node) string {
	if !n.IsObject() {
		return integrations.Clean(n.Text())
	}
	var chosen []string
	for _, k := range n.Keys() {
		if s := integrations.Clean(n.Get(k).Text()); s != "" {
			chosen = append(chosen, s)
		}
	}
	return strings.Join(chosen, ", ")
}

func quantity(n integrations.Node) int {
	q, _ := n.Int()
	return int(max(1, min(q, 1<<30)))
}

// months is how long a period of Gumroad's is.
func months(recurrence string) int {
	switch recurrence {
	case "monthly":
		return 1
	case "quarterly":
		return 3
	case "biannually":
		return 6
	case "yearly":
		return 12
	case "every_two_years":
		return 24
	}
	return 0
}
