package enrolld_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"enrolld"
)

// A life is a random history of one order as a seller sees such: what is bought,
// renewed, fails, is refunded, disputed and stopped. It is full of what hurts:
// equal times, other time zones, references that only some events carry, amounts
// that do not fit.
type life struct {
	rng    *rand.Rand
	now    float64
	lines  []enrolld.EventLine
	pays   []string
	events []enrolld.Event
}

var zones = []*time.Location{
	time.UTC, time.FixedZone("", 9*3600), time.FixedZone("EST", -5*3600), time.FixedZone("", 5*3600+1800),
}

// newLife makes a history of at most n events.
func newLife(rng *rand.Rand, n int) []enrolld.Event {
	l := &life{rng: rng}
	l.bought()
	for len(l.events) < n {
		// Half of the events come within a moment of each other.
		if rng.IntN(2) == 0 {
			l.now += float64(rng.IntN(40)) / 2
		}
		l.happens()
	}
	for i := range l.events {
		l.disguise(&l.events[i])
	}
	return l.events
}

func (l *life) add(e enrolld.Event) { l.events = append(l.events, e) }

func (l *life) bought() {
	keys := []string{"main", "bump", "upsell", "club"}
	for i := range 1 + l.rng.IntN(len(keys)) {
		e := line(keys[i], int64(1000*(1+l.rng.IntN(5))))
		e.Sale.Quantity = l.rng.IntN(3)
		e.Sale.Paid = l.rng.IntN(8) > 0
		if keys[i] == "club" || l.rng.IntN(4) == 0 {
			e.Subscription = "s1"
		}
		if i > 0 && l.rng.IntN(4) == 0 {
			e.Bundle = "main"
			if l.rng.IntN(2) == 0 {
				e.Sale = nil
			}
		}
		l.lines = append(l.lines, e)
	}
	l.add(buy(0, l.lines...))
}

func (l *life) id(prefix string, n int) string { return fmt.Sprintf("%s%d", prefix, l.rng.IntN(n)) }

func (l *life) line() string { return l.lines[l.rng.IntN(len(l.lines))].Key }

func (l *life) payment() string {
	if len(l.pays) == 0 || l.rng.IntN(8) == 0 {
		return l.id("unknown", 2)
	}
	return l.pays[l.rng.IntN(len(l.pays))]
}

func (l *life) amount() enrolld.Money {
	m := usd(int64(500 * l.rng.IntN(14)))
	if l.rng.IntN(10) == 0 {
		m.Currency = []string{"JPY", ""}[l.rng.IntN(2)]
	}
	return m
}

func (l *life) happens() {
	switch l.rng.IntN(10) {
	case 0, 1:
		l.paid()
	case 2:
		l.add(fail(l.now, l.id("f", 4)))
	case 3, 4:
		l.refunded()
	case 5:
		d := enrolld.Dispute{}
		switch l.rng.IntN(3) {
		case 0:
			d.Line = l.line()
		case 1:
			d.Payment = l.payment()
		}
		states := []enrolld.DisputeState{enrolld.DisputeOpen, enrolld.DisputeWon, enrolld.DisputeLost, "strange"}
		l.add(dispute(l.now, states[l.rng.IntN(len(states))], d))
	case 6, 7, 8:
		states := []enrolld.SubscriptionState{
			incomplete, pastDue, trialing, active, active, paused, cancelling, cancelled, completed, ended, "strange",
		}
		l.add(status(l.now, states[l.rng.IntN(len(states))], l.perhaps(), l.perhaps()))
	case 9: // the platform sends the order anew
		again := l.lines[l.rng.IntN(len(l.lines))]
		if again.Sale != nil {
			sale := *again.Sale
			sale.Paid, again.Sale = l.rng.IntN(3) > 0, &sale
		}
		e := buy(l.now, again)
		e.Buyer.Email = l.id("buyer", 3) + "@example.org"
		e.Number = l.id("", 3)
		l.add(e)
	}
}

// perhaps is a day around now, or -1 for none.
func (l *life) perhaps() float64 {
	if l.rng.IntN(2) == 0 {
		return -1
	}
	return max(0, l.now-10) + float64(l.rng.IntN(40))
}

func (l *life) paid() {
	e := rebill(l.now, l.id("p", 5), l.perhaps())
	e.Payment.Value.Amount = l.amount()
	if l.rng.IntN(2) == 0 {
		e.Payment.Value.Subscription = ""
	}
	for range l.rng.IntN(3) {
		e.Payment.Value.Lines = append(e.Payment.Value.Lines, l.line())
	}
	l.pays = append(l.pays, e.Payment.ID)
	l.add(e)
}

func (l *life) refunded() {
	r := enrolld.Refund{Amount: l.amount(), Full: l.rng.IntN(5) == 0, Quantity: max(0, l.rng.IntN(5)-2)}
	if l.rng.IntN(2) == 0 {
		r.Line = l.line()
	}
	if l.rng.IntN(2) == 0 {
		r.Payment = l.payment()
	}
	e := refund(l.now, l.id("r", 4), r)
	if l.rng.IntN(4) == 0 {
		e.Refunds[0].At = day(0) // some platforms date refunds as the sale
	}
	l.add(e)
}

// disguise writes the event's times in some zone and names the order in one of
// the ways that platforms do. Each of them leads to "order:1" in the end, for
// the first event carries all.
func (l *life) disguise(e *enrolld.Event) {
	zone := zones[l.rng.IntN(len(zones))]
	e.At = e.At.In(zone)
	if p := e.Payment; p != nil && !p.Value.PaidUntil.IsZero() {
		p.Value.PaidUntil = p.Value.PaidUntil.In(zone)
	}
	if s := e.Subscription; s != nil && !s.Value.PaidUntil.IsZero() {
		s.Value.PaidUntil = s.Value.PaidUntil.In(zone)
	}
	switch l.rng.IntN(3) {
	case 0:
		e.Refs = append(e.Refs, "payment:"+l.id("p", 3))
	case 1:
		e.Refs = []string{"order:1", "subscription:s1"}
	}
}
