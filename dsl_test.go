package enrolld_test

import (
	"fmt"
	"strings"
	"time"

	"enrolld"
)

// The tests speak of days: day 0 is the start of 2026, and a sale happens there
// unless a test says otherwise. Money is in cents of USD.

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const (
	hour = 1.0 / 24
	sec  = hour / 3600
)

func day(d float64) time.Time {
	return epoch.Add(time.Duration(d * 24 * float64(time.Hour))).Round(time.Second)
}

// sinceEpoch writes a time as the tests do: "d31", "d31+1h0m0s".
func sinceEpoch(t time.Time) string {
	d := t.Sub(epoch)
	days := d / (24 * time.Hour)
	if rest := d - days*24*time.Hour; rest != 0 {
		return fmt.Sprintf("d%d+%s", days, rest)
	}
	return fmt.Sprintf("d%d", days)
}

func days(n float64) time.Duration { return time.Duration(n * 24 * float64(time.Hour)) }

func usd(minor int64) enrolld.Money { return enrolld.Money{Minor: minor, Currency: "USD"} }

func event(d float64, kind enrolld.EventKind) enrolld.Event {
	return enrolld.Event{Kind: kind, At: day(d), Refs: []string{"order:1"}}
}

// line is a paid line whose product has the line's name.
func line(key string, minor int64) enrolld.EventLine {
	return enrolld.EventLine{
		Key: key, Product: enrolld.ProductRef{ID: key, Name: strings.ToUpper(key)},
		Sale: &enrolld.Sale{Paid: true, SoldAt: day(0), Amount: usd(minor)},
	}
}

func unpaid(l enrolld.EventLine) enrolld.EventLine {
	sale := *l.Sale
	sale.Paid, l.Sale = false, &sale
	return l
}

func quantity(l enrolld.EventLine, n int) enrolld.EventLine {
	sale := *l.Sale
	sale.Quantity, l.Sale = n, &sale
	return l
}

func variant(l enrolld.EventLine, v string) enrolld.EventLine { l.Product.Variant = v; return l }

func inBundle(l enrolld.EventLine, bundle string) enrolld.EventLine { l.Bundle = bundle; return l }

// noPrice leaves the purchase to the bundle's line, as most platforms do.
func noPrice(l enrolld.EventLine) enrolld.EventLine { l.Sale = nil; return l }

// club is the line of a monthly subscription, s1.
func club() enrolld.EventLine {
	l := line("club", 3000)
	l.Subscription = "s1"
	return l
}

func buy(d float64, lines ...enrolld.EventLine) enrolld.Event {
	e := event(d, enrolld.EventPurchase)
	e.Buyer = &enrolld.Buyer{Email: "ann@example.org", First: "Ann"}
	e.Lines = lines
	return e
}

// pay is a payment for the named lines, or for all one-time lines.
func pay(d float64, id string, minor int64, lines ...string) enrolld.Event {
	e := event(d, enrolld.EventPayment)
	e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: id, Value: enrolld.Payment{Amount: usd(minor), Lines: lines}}
	return e
}

// rebill is a payment of 30.00 for subscription s1 until a day, -1 for none.
func rebill(d float64, id string, until float64) enrolld.Event {
	e := event(d, enrolld.EventPayment)
	p := enrolld.Payment{Amount: usd(3000), Subscription: "s1"}
	if until >= 0 {
		p.PaidUntil = day(until)
	}
	e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: id, Value: p}
	return e
}

func fail(d float64, id string) enrolld.Event {
	e := event(d, enrolld.EventPaymentFailed)
	e.Failure = &enrolld.EventPart[enrolld.Failure]{ID: id, Value: enrolld.Failure{Subscription: "s1"}}
	return e
}

func refund(d float64, id string, r enrolld.Refund) enrolld.Event {
	e := event(d, enrolld.EventRefund)
	e.Refunds = []enrolld.EventPart[enrolld.Refund]{{ID: id, Value: r}}
	return e
}

func dispute(d float64, state enrolld.DisputeState, v enrolld.Dispute) enrolld.Event {
	e := event(d, enrolld.EventDisputeOpened)
	v.State = state
	e.Dispute = &enrolld.EventPart[enrolld.Dispute]{ID: "dispute", Value: v}
	return e
}

// status is a statement about s1; until and ends are days, -1 for not stated.
func status(d float64, s enrolld.SubscriptionState, until, ends float64) enrolld.Event {
	e := event(d, enrolld.EventSubscription)
	v := enrolld.SubscriptionStatus{State: s}
	if until >= 0 {
		v.PaidUntil = day(until)
	}
	if ends >= 0 {
		v.EndsAt = day(ends)
	}
	e.Subscription = &enrolld.EventPart[enrolld.SubscriptionStatus]{ID: "s1", Value: v}
	return e
}

func merge(events []enrolld.Event) enrolld.Order {
	var o enrolld.Order
	for _, e := range events {
		o = o.Merge(e.Order())
	}
	return o
}

var course = enrolld.CourseRef{LMS: "page", ID: 12}

// byProduct makes the rules of a test: every product gives the course under one
// rule, but those that the test names.
func byProduct(rule enrolld.Rule, others map[string]*enrolld.Rule) enrolld.Rules {
	return func(_ string, p enrolld.ProductRef) (enrolld.Rule, bool) {
		for _, id := range []string{p.ID + "/" + p.Variant, p.ID} {
			if r, ok := others[id]; ok {
				if r == nil {
					return enrolld.Rule{}, false
				}
				return withCourse(*r), true
			}
		}
		return withCourse(rule), true
	}
}

func withCourse(r enrolld.Rule) enrolld.Rule {
	if r.Courses == nil {
		r.Courses = []enrolld.CourseRef{course}
	}
	return r
}

// describe writes what was derived as a scenario's want: "main live paid until d30".
func describe(d enrolld.Derived) string {
	var out []string
	for _, g := range d.Grants {
		s := fmt.Sprintf("%s %s %s", g.Cause.Line, g.State, g.Reason)
		if g.Course != course {
			s += " of " + g.Course.String()
		}
		if g.State == enrolld.GrantPending {
			s += " from " + sinceEpoch(g.From)
		}
		if g.Until != nil {
			s += " until " + sinceEpoch(*g.Until)
		}
		out = append(out, s)
	}
	for _, p := range d.Parked {
		out = append(out, p.Line+" parked")
	}
	return strings.Join(out, "; ")
}
