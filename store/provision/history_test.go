package provision_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"enrolld"
	pt "enrolld/store/provision/provisiontest"
)

// A saga is a random history of a few people who buy, renew, dispute and give
// back. Its names begin with a prefix, so that many sagas, and many tellings of
// one, live in one database without meeting.
type saga struct {
	rng    *rand.Rand
	prefix string
	events []enrolld.Event
}

// The products of the sagas; "secret" is mapped by nobody.
var sagaProducts = []string{"paint", "sculpt", "weave", "secret"}

func sagaRules() map[string]enrolld.Rule {
	return map[string]enrolld.Rule{
		"paint":  {Courses: []enrolld.CourseRef{pt.Course(12)}},
		"sculpt": {Courses: []enrolld.CourseRef{pt.Course(12), pt.Course(15)}, Duration: 40 * day},
		"weave":  {Courses: []enrolld.CourseRef{pt.Course(18)}, StartDelay: 5 * day, OnCancel: enrolld.Revoke},
	}
}

// newSaga tells the saga of a seed. Tellings of one seed differ by their prefix.
func newSaga(seed uint64, prefix string) *saga {
	s := &saga{rng: rand.New(rand.NewPCG(seed, 1)), prefix: prefix}
	people := 2 + s.rng.IntN(2)
	for i := range 3 + s.rng.IntN(4) {
		s.order(fmt.Sprintf("%s-%d", prefix, i), fmt.Sprintf("%s-buyer%d@example.org", prefix, s.rng.IntN(people)))
	}
	return s
}

func (s *saga) after() time.Duration { return time.Duration(s.rng.IntN(80)-70) * 12 * time.Hour }

func (s *saga) order(number, email string) {
	products := sagaProducts[:1+s.rng.IntN(len(sagaProducts))]
	refs := []string{"order:" + number, "payment:" + number, "subscription:" + number}
	began := len(s.events)
	bought := pt.Buy(number, email, products...)
	bought.At = bought.At.Add(s.after())
	for i := range bought.Lines {
		sale := *bought.Lines[i].Sale
		sale.SoldAt, sale.Paid = bought.At, s.rng.IntN(5) > 0
		bought.Lines[i].Sale = &sale
		if i == len(products)-1 && s.rng.IntN(2) == 0 {
			bought.Lines[i].Subscription = "s1"
		}
	}
	s.events = append(s.events, bought)
	for range s.rng.IntN(7) {
		s.events = append(s.events, s.happens(number, email, products))
	}
	for i := range s.events[began:] {
		e := &s.events[began+i]
		if e.Buyer == nil && s.rng.IntN(3) == 0 {
			e.Buyer = bought.Buyer
		}
		if e.Kind != enrolld.EventPurchase { // the purchase knows all names
			s.rng.Shuffle(len(refs), func(i, j int) { refs[i], refs[j] = refs[j], refs[i] })
			e.Refs = append([]string(nil), refs[:1+s.rng.IntN(2)]...)
		} else {
			e.Refs = []string{"order:" + number, "payment:" + number, "subscription:" + number}
		}
	}
}

func (s *saga) happens(number, email string, products []string) enrolld.Event {
	e := pt.Event(number, s.after(), enrolld.EventPayment)
	product := products[s.rng.IntN(len(products))]
	switch s.rng.IntN(6) {
	case 0:
		return pt.RefundLine(number, product, s.after())
	case 1:
		if s.rng.IntN(3) == 0 {
			return pt.Refund(number, s.after())
		}
		states := []enrolld.DisputeState{enrolld.DisputeOpen, enrolld.DisputeWon, enrolld.DisputeLost}
		return pt.Dispute(number, s.after(), states[s.rng.IntN(3)])
	case 2:
		paid := pt.Buy(number, email, product)
		paid.At = paid.At.Add(s.after())
		return paid
	case 3:
		states := []enrolld.SubscriptionState{
			enrolld.SubscriptionActive, enrolld.SubscriptionPastDue, enrolld.SubscriptionCancelled, enrolld.SubscriptionEnded,
		}
		e.Kind = enrolld.EventSubscription
		e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: "s1", Value: enrolld.SubscriptionStatus{
			State: states[s.rng.IntN(len(states))], PaidUntil: e.At.Add(30 * day),
		}}
	case 4:
		e.Kind = enrolld.EventPaymentFailed
		e.Failure = &enrolld.EventPart[enrolld.Failure]{ID: "f", Value: enrolld.Failure{Subscription: "s1"}}
	case 5:
		e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: fmt.Sprint("p", s.rng.IntN(3)), Value: enrolld.Payment{
			Amount: pt.USD(1000), Subscription: "s1", PaidUntil: e.At.Add(30 * day),
		}}
	}
	return e
}

// outcome is what Derive says of the saga, in the form in which told reads it
// from the database.
func (s *saga) outcome(now time.Time) []string {
	orders := map[string]enrolld.Order{}
	for _, e := range s.events {
		number := strings.SplitN(e.OrderRefs()[0], ":", 2)[1]
		orders[number] = orders[number].Merge(e.Order())
	}
	rules := sagaRules()
	find := func(_ string, p enrolld.ProductRef) (enrolld.Rule, bool) { r, ok := rules[p.ID]; return r, ok }
	grants := map[string][]enrolld.Grant{}
	var out []string
	for number, o := range orders {
		email := o.Buyer.Value.Email
		derived := enrolld.Derive([]enrolld.Sold{{Platform: pt.Platform, Order: o}}, find, now)
		grants[email] = append(grants[email], derived.Grants...)
		for _, g := range derived.Grants {
			out = append(out, s.plain(fmt.Sprintf("grant %s %s %d %s: %s %s %s", email, number, g.Course.ID, g.Cause.Line,
				g.State, g.Reason, until(g.Until))))
		}
		for _, p := range derived.Parked {
			out = append(out, s.plain(fmt.Sprintf("parked %s %s", number, p.Line)))
		}
	}
	for email, list := range grants {
		for _, a := range enrolld.AccessOf(list) {
			out = append(out, s.plain(fmt.Sprintf("access %s %d %s", email, a.Course.ID, until(a.Until))))
		}
	}
	return out
}

func (s *saga) plain(line string) string { return strings.ReplaceAll(line, s.prefix, "") }

func until(t *time.Time) string {
	if t == nil {
		return "no end"
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// told reads from the database what became of the saga.
func (s *saga) told(w *pt.World) []string {
	w.T.Helper()
	like := "'" + s.prefix + "-%'"
	var out []string
	for _, query := range []string{
		`SELECT CONCAT('grant ', c.email, ' ', o.number, ' ', g.course_id, ' ', g.cause_line, ': ',
			g.state, ' ', g.reason, ' '), g.ends_at
			FROM enrolld_grants g JOIN enrolld_customers c ON c.id = g.customer_id
			LEFT JOIN enrolld_orders o ON o.id = g.cause_id WHERE c.email LIKE ` + like,
		`SELECT CONCAT('access ', u.user_email, ' ', a.course_id, ' '), a.ends_at
			FROM enrolld_access a JOIN wp_users u ON u.ID = a.user_id WHERE u.user_email LIKE ` + like,
		`SELECT CONCAT('parked ', o.number, ' '), l.line_key
			FROM enrolld_order_lines l JOIN enrolld_orders o ON o.id = l.order_id WHERE l.parked AND o.number LIKE ` + like,
	} {
		for _, row := range w.Rows(query) {
			what, end, _ := strings.Cut(row, "|")
			out = append(out, s.plain(what+strings.Replace(end, "NULL", "no end", 1)))
		}
	}
	return out
}
