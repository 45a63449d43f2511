package enrolld

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Order is all that is known about one sale: what was bought, paid, refunded,
// disputed, and how its subscriptions stand. It is a join-semilattice: a set of
// references and maps of registers. Merge is therefore commutative, associative
// and idempotent, and deliveries may come twice and in any order.
//
// An Order says what happened. What access follows from it is Derive's answer.
type Order struct {
	// Refs are the platform's names for anything that belongs to this order
	// alone: order id, payment, subscription, invoice. Two deliveries with a
	// common reference are about one order.
	Refs RefSet `json:"refs,omitempty"`
	// Number is what seller and buyer call the order.
	Number Latest[string] `json:"number,omitzero"`
	// Buyer is who bought: the earliest statement counts, so that an address
	// changed later at the checkout does not move the sale to somebody else.
	Buyer Earliest[Buyer] `json:"buyer,omitzero"`
	// Test is true for an order of the platform's test mode.
	Test bool `json:"test,omitempty"`

	Lines         map[string]Line                       `json:"lines,omitempty"`
	Payments      map[string]Latest[Payment]            `json:"payments,omitempty"`
	Failures      map[string]Latest[Failure]            `json:"failures,omitempty"`
	Refunds       map[string]Latest[Refund]             `json:"refunds,omitempty"`
	Disputes      map[string]Latest[Dispute]            `json:"disputes,omitempty"`
	Subscriptions map[string]Latest[SubscriptionStatus] `json:"subscriptions,omitempty"`
}

// Buyer is a person as the checkout knows them. All text is the buyer's own:
// escape it wherever it goes.
type Buyer struct {
	Email   string `json:"email"`
	First   string `json:"first,omitempty"`
	Last    string `json:"last,omitempty"`
	Country string `json:"country,omitempty"` // ISO 3166-1 alpha-2 where the platform says so
}

func (b Buyer) rank() int { return filled(b.First, b.Last, b.Country) }

// filled counts the texts that say something: of two statements of one moment
// the one that says more counts.
func filled(texts ...string) int {
	n := 0
	for _, t := range texts {
		if t != "" {
			n++
		}
	}
	return n
}

// usable says whether the address can be written to. One that can counts before
// one that cannot, whenever it came: a typing error at the checkout is mended by
// what the platform says next.
func (b Buyer) usable() bool {
	_, _, err := ParseEmail(b.Email)
	return err == nil
}

// Line is one thing bought. Its key in Order.Lines is the platform's identity of
// the line within the order, e.g. "product-12", "bump-12".
type Line struct {
	Product Latest[ProductRef] `json:"product,omitzero"`
	Sale    Latest[Sale]       `json:"sale,omitzero"`
	// Subscription names the entry of Order.Subscriptions whose paid term
	// bounds the access; unknown for a one-time purchase.
	Subscription Latest[string] `json:"subscription,omitzero"`
	// Bundle is the key of the line that this one came in: what happens to the
	// bundle happens to its parts, not the other way round.
	Bundle Latest[string] `json:"bundle,omitzero"`
}

// ProductRef is a product as the platform identifies it.
type ProductRef struct {
	ID      string `json:"id"`
	Variant string `json:"variant,omitempty"` // price or variation; a rule may name it
	Name    string `json:"name,omitempty"`
}

func (p ProductRef) rank() int { return 2*filled(p.Variant) + filled(p.Name) }

// Sale is what the platform says of a line's purchase.
type Sale struct {
	Paid     bool      `json:"paid"`               // false: known, but the money is not there (yet, or any more)
	SoldAt   time.Time `json:"sold_at"`            // zero: at the statement
	Quantity int       `json:"quantity,omitempty"` // 0 is read as 1
	Amount   Money     `json:"amount,omitzero"`    // what was paid for the whole line, taxes included
}

// rank lets 'paid' win over 'not paid' of the same moment: a checkout writes the
// order first and the money into it within the second.
func (s Sale) rank() int { return pick(s.Paid, 1, 0) }

// Payment is money that came in. Its key is the platform's payment id.
type Payment struct {
	Amount       Money    `json:"amount,omitzero"`
	Lines        []string `json:"lines,omitempty"`        // keys it paid for; none: its subscription's, else all one-time lines
	Subscription string   `json:"subscription,omitempty"` // the subscription it paid for
	// PaidUntil is the end of the period that this payment covers; zero when
	// the platform does not say.
	PaidUntil time.Time `json:"paid_until,omitzero"`
}

func (p Payment) rank() int {
	return pick(p.PaidUntil.IsZero(), 0, 4) + 2*filled(p.Subscription) + min(len(p.Lines), 1)
}

// Failure is a payment that was tried and did not come. Its key is the attempt's.
type Failure struct {
	Subscription string `json:"subscription,omitempty"`
}

// Refund is money that went back. Its key is the refund's id; where a platform
// only tells the sum refunded of a payment, the payment's id, with that sum.
type Refund struct {
	Amount   Money  `json:"amount,omitzero"`
	Full     bool   `json:"full,omitempty"` // the platform says that nothing is left: of the line, else of the payment, else of the order
	Line     string `json:"line,omitempty"` // the line it is for, where the platform says
	Payment  string `json:"payment,omitempty"`
	Quantity int    `json:"quantity,omitempty"` // pieces given back, where the platform says
}

// rank makes the larger of two sums of one moment count.
func (r Refund) rank() int {
	if r.Full {
		return 1<<31 - 1
	}
	return int(min(r.Amount.Minor, 1<<31-2))
}

// DisputeState is where a dispute (chargeback) stands.
type DisputeState string

// The states of a dispute.
const (
	DisputeOpen DisputeState = "open"
	DisputeWon  DisputeState = "won"  // by the seller: the sale stands
	DisputeLost DisputeState = "lost" // the money is gone
)

// Dispute is a buyer's complaint at the bank or the platform.
type Dispute struct {
	State   DisputeState `json:"state"`
	Payment string       `json:"payment,omitempty"`
	Line    string       `json:"line,omitempty"`
}

func (d Dispute) rank() int {
	return slices.Index([]DisputeState{DisputeOpen, DisputeWon, DisputeLost}, d.State)
}

// SubscriptionState is where a subscription stands.
type SubscriptionState string

// The states of a subscription, each beating those above it when two are stated
// for one moment.
const (
	SubscriptionIncomplete SubscriptionState = "incomplete" // set up, first payment not made
	SubscriptionPastDue    SubscriptionState = "past_due"
	SubscriptionTrialing   SubscriptionState = "trialing"
	SubscriptionActive     SubscriptionState = "active"
	SubscriptionPaused     SubscriptionState = "paused"
	SubscriptionCancelling SubscriptionState = "cancelling" // runs until EndsAt, then ends
	SubscriptionCancelled  SubscriptionState = "cancelled"  // no more payments; the paid term runs out
	SubscriptionCompleted  SubscriptionState = "completed"  // every instalment is paid
	SubscriptionEnded      SubscriptionState = "ended"      // over, at EndsAt or at the statement
)

var subscriptionRanks = []SubscriptionState{
	SubscriptionIncomplete, SubscriptionPastDue, SubscriptionTrialing, SubscriptionActive, SubscriptionPaused,
	SubscriptionCancelling, SubscriptionCancelled, SubscriptionCompleted, SubscriptionEnded,
}

// SubscriptionStatus is a statement about a subscription.
type SubscriptionStatus struct {
	State SubscriptionState `json:"state"`
	// PaidUntil is the end of the current period as the platform states it,
	// for a trial the trial's end; zero when it does not.
	PaidUntil time.Time `json:"paid_until,omitzero"`
	// EndsAt is when a cancelling subscription ends or an ended one ended.
	EndsAt time.Time `json:"ends_at,omitzero"`
}

func (s SubscriptionStatus) rank() int {
	return 4*slices.Index(subscriptionRanks, s.State) + pick(s.PaidUntil.IsZero(), 0, 2) + pick(s.EndsAt.IsZero(), 0, 1)
}

// Merge joins what two records know of one order. Neither is changed.
func (o Order) Merge(p Order) Order {
	out := Order{
		Refs:          o.Refs.merge(p.Refs),
		Number:        o.Number.merge(p.Number),
		Buyer:         o.Buyer.merge(p.Buyer),
		Test:          o.Test || p.Test,
		Lines:         o.Lines,
		Payments:      mergeMaps(o.Payments, p.Payments),
		Failures:      mergeMaps(o.Failures, p.Failures),
		Refunds:       mergeMaps(o.Refunds, p.Refunds),
		Disputes:      mergeMaps(o.Disputes, p.Disputes),
		Subscriptions: mergeMaps(o.Subscriptions, p.Subscriptions),
	}
	switch {
	case len(p.Lines) == 0:
	case len(o.Lines) == 0:
		out.Lines = p.Lines
	default:
		out.Lines = make(map[string]Line, len(o.Lines)+len(p.Lines))
		maps.Copy(out.Lines, o.Lines)
		for k, l := range p.Lines {
			out.Lines[k] = out.Lines[k].merge(l)
		}
	}
	return out
}

func (l Line) merge(m Line) Line {
	return Line{
		Product:      l.Product.merge(m.Product),
		Sale:         l.Sale.merge(m.Sale),
		Subscription: l.Subscription.merge(m.Subscription),
		Bundle:       l.Bundle.merge(m.Bundle),
	}
}

// Equal says whether two records know the same.
func (o Order) Equal(p Order) bool { return string(encode(o)) == string(encode(p)) }

// Earliest is the mirror of Latest: the first statement stays.
type Earliest[T any] struct {
	At    time.Time `json:"at"`
	Value T         `json:"v"`
}

// Known says whether the register has a value.
func (e Earliest[T]) Known() bool { return !e.At.IsZero() }

func (e Earliest[T]) merge(o Earliest[T]) Earliest[T] {
	switch {
	case !e.Known():
		return o
	case !o.Known():
		return e
	}
	if a, b := usable(e.Value), usable(o.Value); a != b {
		return pick(a, e, o)
	}
	if c := e.At.Compare(o.At); c != 0 {
		return pick(c < 0, e, o)
	}
	// One moment: Latest's tie-break serves as well as any.
	return Earliest[T](Latest[T](e).merge(Latest[T](o)))
}

// usable says whether a value serves its purpose; those that cannot tell do.
func usable(v any) bool {
	u, ok := v.(interface{ usable() bool })
	return !ok || u.usable()
}

// RefSet is a set of references. It encodes as a sorted list.
type RefSet map[string]struct{}

// NewRefSet makes a set, leaving out empty references.
func NewRefSet(refs ...string) RefSet {
	s := make(RefSet, len(refs))
	for _, r := range refs {
		if r != "" {
			s[r] = struct{}{}
		}
	}
	return s
}

// Sorted returns the references in order.
func (s RefSet) Sorted() []string { return slices.Sorted(maps.Keys(s)) }

func (s RefSet) merge(t RefSet) RefSet {
	switch {
	case len(t) == 0:
		return s
	case len(s) == 0:
		return t
	}
	out := make(RefSet, len(s)+len(t))
	maps.Copy(out, s)
	maps.Copy(out, t)
	return out
}

// MarshalJSON writes the references as a sorted list.
func (s RefSet) MarshalJSON() ([]byte, error) { return json.Marshal(s.Sorted()) }

// UnmarshalJSON reads a list.
func (s *RefSet) UnmarshalJSON(b []byte) error {
	var list []string
	if err := json.Unmarshal(b, &list); err != nil {
		return fmt.Errorf("read references: %w", err)
	}
	*s = NewRefSet(list...)
	return nil
}

// LineKeys returns the keys of the order's lines, sorted.
func (o Order) LineKeys() []string { return slices.Sorted(maps.Keys(o.Lines)) }
