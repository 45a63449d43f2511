package enrolld

import (
	"slices"
	"strings"
	"time"
)

// EventKind names what happened, in words that all platforms share. It is for
// people and counts; what an event does follows from its parts.
type EventKind string

// The kinds of events.
const (
	EventPurchase        EventKind = "purchase"
	EventPayment         EventKind = "payment" // a rebill or an instalment
	EventPaymentFailed   EventKind = "payment_failed"
	EventRefund          EventKind = "refund"
	EventDisputeOpened   EventKind = "dispute_opened"
	EventDisputeWon      EventKind = "dispute_won"
	EventDisputeLost     EventKind = "dispute_lost"
	EventSubscription    EventKind = "subscription" // created, changed, resumed, trial
	EventCancelled       EventKind = "cancelled"    // now, or at the end of the period
	EventEnded           EventKind = "ended"
	EventCustomerUpdated EventKind = "customer_updated"
)

// Event is one thing that happened to one order, translated from a platform's
// delivery. Only the parts that the platform states are filled.
type Event struct {
	Kind EventKind
	// At is when it happened by the platform's clock, the time of receipt where
	// the platform has none. It must not be zero.
	At time.Time
	// Refs name the order: at least one, the most lasting first. References are
	// unique within an integration, so they carry their kind: "order:1514394".
	Refs   []string
	Number string
	Test   bool
	Buyer  *Buyer

	Lines        []EventLine
	Payment      *EventPart[Payment]
	Failure      *EventPart[Failure]
	Refunds      []EventPart[Refund]
	Dispute      *EventPart[Dispute]
	Subscription *EventPart[SubscriptionStatus]
}

// EventLine is what an event states of one line.
type EventLine struct {
	Key          string
	Product      ProductRef // ID empty: not stated
	Sale         *Sale
	Subscription string
	Bundle       string
}

// EventPart is a value with the platform's id for it.
type EventPart[T any] struct {
	ID    string
	Value T
	// At overrides the event's own time for this part, where the platform
	// dates it by itself; zero otherwise.
	At time.Time
}

// testRef keeps orders of a platform's test mode apart from live ones with the
// same number.
const testRef = "test:"

// Order lifts the event to the order record that knows just this.
func (e Event) Order() Order {
	e.At = moment(e.At)
	o := Order{Refs: NewRefSet(e.OrderRefs()...), Test: e.Test}
	if e.Number != "" {
		o.Number = Latest[string]{e.At, clean(e.Number)}
	}
	// Who has no address is nobody yet: the first who has one is the buyer.
	if e.Buyer != nil && strings.TrimSpace(e.Buyer.Email) != "" {
		o.Buyer = Earliest[Buyer]{e.At, e.Buyer.kept()}
	}
	for _, l := range e.Lines {
		if o.Lines == nil {
			o.Lines = make(map[string]Line, len(e.Lines))
		}
		key := clean(l.Key)
		o.Lines[key] = o.Lines[key].merge(l.line(e.At))
	}
	o.Payments = register(e.Payment, e.At)
	o.Failures = register(e.Failure, e.At)
	o.Disputes = register(e.Dispute, e.At)
	o.Subscriptions = register(e.Subscription, e.At)
	for i := range e.Refunds {
		o.Refunds = mergeMaps(o.Refunds, register(&e.Refunds[i], e.At))
	}
	return o
}

// moment is a time as the database keeps it: UTC, microseconds. Without it the
// same instant could be written in two ways and merge to either.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// clean makes text what JSON can carry. Platforms send old encodings under the
// name of UTF-8; left alone, two such texts would differ here and be one once
// stored, and replicas would disagree.
func clean(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// A part of an event has a form in which an order keeps it: times as moments,
// text as JSON carries it.
func (b Buyer) kept() Buyer {
	return Buyer{clean(b.Email), clean(b.First), clean(b.Last), clean(b.Country)}
}

func (p ProductRef) kept() ProductRef {
	return ProductRef{clean(p.ID), clean(p.Variant), clean(p.Name)}
}

func (s Sale) kept() Sale {
	s.SoldAt, s.Amount = moment(s.SoldAt), s.Amount.kept()
	return s
}

func (m Money) kept() Money { return Money{m.Minor, clean(m.Currency)} }

func (p Payment) kept() Payment {
	lines := make([]string, 0, len(p.Lines))
	for _, l := range p.Lines {
		lines = append(lines, clean(l))
	}
	slices.Sort(lines)
	return Payment{p.Amount.kept(), slices.Clip(slices.Compact(lines)), clean(p.Subscription), moment(p.PaidUntil)}
}

func (f Failure) kept() Failure { return Failure{clean(f.Subscription)} }

// kept also drops the sign: some platforms write what went back as a negative.
func (r Refund) kept() Refund {
	r.Amount, r.Line, r.Payment = r.Amount.kept(), clean(r.Line), clean(r.Payment)
	r.Amount.Minor, r.Quantity = max(r.Amount.Minor, -r.Amount.Minor), max(r.Quantity, -r.Quantity)
	return r
}

func (d Dispute) kept() Dispute {
	return Dispute{DisputeState(clean(string(d.State))), clean(d.Payment), clean(d.Line)}
}

func (s SubscriptionStatus) kept() SubscriptionStatus {
	return SubscriptionStatus{SubscriptionState(clean(string(s.State))), moment(s.PaidUntil), moment(s.EndsAt)}
}

// OrderRefs returns the event's references as orders are found by them.
func (e Event) OrderRefs() []string {
	refs := make([]string, 0, len(e.Refs))
	for _, r := range e.Refs {
		if r == "" {
			continue
		}
		if e.Test {
			r = testRef + r
		}
		refs = append(refs, clean(r))
	}
	return refs
}

func (l EventLine) line(at time.Time) Line {
	var out Line
	if l.Product.ID != "" {
		out.Product = Latest[ProductRef]{at, l.Product.kept()}
	}
	if l.Sale != nil {
		out.Sale = Latest[Sale]{at, l.Sale.kept()}
	}
	if l.Subscription != "" {
		out.Subscription = Latest[string]{at, clean(l.Subscription)}
	}
	if l.Bundle != "" {
		out.Bundle = Latest[string]{at, clean(l.Bundle)}
	}
	return out
}

// keeper is a part's value that knows the form in which it is kept.
type keeper[T any] interface{ kept() T }

func register[T keeper[T]](p *EventPart[T], at time.Time) map[string]Latest[T] {
	if p == nil {
		return nil
	}
	if !p.At.IsZero() {
		at = moment(p.At)
	}
	return map[string]Latest[T]{clean(p.ID): {at, p.Value.kept()}}
}

// What the store can hold of a line's and of a product's identity, in bytes.
const (
	maxLineKey    = 191
	maxProductKey = 255
)

// Check says what makes an event unusable; adapters' tests and the worker call it.
func (e Event) Check() error {
	if e.At.IsZero() {
		return Errorf(Invalid, "the event has no time")
	}
	if len(e.OrderRefs()) == 0 {
		return Errorf(Invalid, "the delivery does not say which order it is about")
	}
	times := []time.Time{e.At}
	for _, l := range e.Lines {
		if len(l.Product.ID)+1+len(l.Product.Variant) > maxProductKey {
			return Errorf(Invalid, "the identity of a product is longer than %d characters", maxProductKey)
		}
		if len(l.Key) > maxLineKey {
			return Errorf(Invalid, "the identity of a line is longer than %d characters", maxLineKey)
		}
		if l.Key == "" {
			return Errorf(Invalid, "a line of the order has no identity")
		}
		if l.Sale != nil {
			times = append(times, l.Sale.SoldAt)
		}
	}
	var nameless string
	part := func(what, id string, at ...time.Time) {
		if id == "" {
			nameless = what
		}
		times = append(times, at...)
	}
	if p := e.Payment; p != nil {
		part("payment", p.ID, p.At, p.Value.PaidUntil)
	}
	if p := e.Failure; p != nil {
		part("failed payment", p.ID, p.At)
	}
	for _, p := range e.Refunds {
		part("refund", p.ID, p.At)
	}
	if p := e.Dispute; p != nil {
		part("dispute", p.ID, p.At)
	}
	if p := e.Subscription; p != nil {
		part("subscription", p.ID, p.At, p.Value.PaidUntil, p.Value.EndsAt)
	}
	if nameless != "" {
		// Without it every payment (refund, …) of the order would be the same one.
		return Errorf(Invalid, "a %s of the order has no identity", nameless)
	}
	for _, t := range times {
		if y := t.UTC().Year(); !t.IsZero() && (y < 1970 || y > lastYear) {
			return Errorf(Invalid, "the year %d in a date of the delivery cannot be right", y)
		}
	}
	return nil
}
