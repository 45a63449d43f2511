package enrolld

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// This file answers, from an order's record alone, what of its money stands:
// which payments paid for which lines, what was given back, and which lines are
// gone with it. Payments of subscriptions, which go one by one, are in undone.go.

// withBundles returns the line's key and those of the bundles it came in.
func (o Order) withBundles(key string) []string {
	keys := []string{key}
	for {
		parent := o.Lines[keys[len(keys)-1]].Bundle.Value
		if parent == "" || slices.Contains(keys, parent) {
			return keys
		}
		keys = append(keys, parent)
	}
}

// sale returns what was said of the line's purchase, or of the bundle's that it
// came in when the line itself has no price. A bundle said later to be unpaid
// takes its parts with it.
func (o Order) sale(key string) (Latest[Sale], bool) {
	var out Latest[Sale]
	for _, k := range o.withBundles(key) {
		s := o.Lines[k].Sale
		if s.Known() && (!out.Known() || !s.Value.Paid && !s.At.Before(out.At)) {
			out = s
		}
	}
	if !out.Known() {
		out = o.firstPaid(key)
	}
	if out.Known() && out.Value.SoldAt.IsZero() {
		out.Value.SoldAt = out.At
	}
	return out, out.Known()
}

// firstPaid reads the sale of a subscription line off its first payment, where
// no purchase was ever stated: the subscription is older than the integration,
// and its renewals are all that there is.
func (o Order) firstPaid(key string) Latest[Sale] {
	sub, ok := o.subscribed(key)
	if !ok {
		return Latest[Sale]{}
	}
	payments := o.paymentsFor(sub)
	if len(payments) == 0 {
		return Latest[Sale]{}
	}
	first := o.Payments[payments[0]]
	return Latest[Sale]{first.At, Sale{Paid: true, SoldAt: first.At, Amount: first.Value.Amount}}
}

// subscribed returns the line's key, or that of the bundle it came in, whose
// subscription bounds the access; false for a one-time purchase.
func (o Order) subscribed(key string) (string, bool) {
	for _, k := range o.withBundles(key) {
		if o.Lines[k].Subscription.Value != "" {
			return k, true
		}
	}
	return "", false
}

// covers says whether a payment paid for a line: because it names the line, or
// the line's subscription, or names nothing and the line is a one-time purchase.
func (o Order) covers(p Payment, key string) bool {
	sub := o.Lines[key].Subscription.Value
	if slices.Contains(p.Lines, key) {
		return true
	}
	if p.Subscription != "" {
		return p.Subscription == sub
	}
	return len(p.Lines) == 0 && sub == ""
}

// paymentsFor returns the ids of the payments that cover a line, oldest first.
func (o Order) paymentsFor(key string) []string {
	return o.paymentsWhere(func(p Payment) bool { return o.covers(p, key) })
}

func (o Order) paymentsWhere(want func(Payment) bool) []string {
	var ids []string
	for id, p := range o.Payments {
		if want(p.Value) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(o.Payments[a].At.Compare(o.Payments[b].At), cmp.Compare(a, b))
	})
	return ids
}

// refundIDs returns the ids of the order's refunds, oldest first.
func (o Order) refundIDs() []string {
	return slices.SortedFunc(maps.Keys(o.Refunds), func(a, b string) int {
		return cmp.Or(o.Refunds[a].At.Compare(o.Refunds[b].At), cmp.Compare(a, b))
	})
}

// sameCurrency says whether two amounts may be set against each other: yes in one
// currency, and where a platform leaves the currency of one of them out.
func sameCurrency(a, b Money) bool {
	return a.Currency == b.Currency || a.Currency == "" || b.Currency == ""
}

// sum adds up refunds and remembers the latest.
type sum struct {
	minor  int64
	pieces int
	full   bool
	at     time.Time
}

func (s *sum) add(r Latest[Refund], of Money) {
	if sameCurrency(r.Value.Amount, of) {
		s.minor += r.Value.Amount.Minor
	}
	s.pieces += r.Value.Quantity
	s.full = s.full || r.Value.Full
	s.at = laterTime(s.at, r.At)
}

// whole says whether the refunds take all of an amount; of an unknown amount
// they do only when the platform says so.
func (s *sum) whole(amount Money) bool {
	return s.full || amount.Minor > 0 && s.minor >= amount.Minor
}

// refundsWhere adds up the refunds of an amount that a test picks.
func (o Order) refundsWhere(of Money, want func(Refund) bool) sum {
	var s sum
	for _, r := range o.Refunds {
		if want(r.Value) {
			s.add(r, of)
		}
	}
	return s
}

// lineRefunds adds up the refunds that name a line, at most to its price: what
// was given back beyond it says nothing of other lines.
func (o Order) lineRefunds(key string, want func(Refund) bool) sum {
	price := o.Lines[key].Sale.Value.Amount
	s := o.refundsWhere(price, func(r Refund) bool { return r.Line == key && want(r) })
	if price.Minor > 0 && (s.full || s.minor > price.Minor) {
		s.minor = price.Minor
	}
	return s
}

// wide says whether a refund names neither a line nor a payment that we know: it
// then is about the order.
func (o Order) wide(r Refund) bool {
	_, known := o.Payments[r.Payment]
	return r.Line == "" && !known
}

// fullOrder says whether a refund states that nothing is left of the order. One
// that names a payment which we have not heard of says it of that payment only,
// which is the order where there is no second one.
func (o Order) fullOrder(r Refund) bool {
	return r.Full && o.wide(r) && (r.Payment == "" || len(o.Payments) <= 1)
}

// total returns what was paid for the order: its payments, and the price of the
// lines that no payment covers. Its Minor is 0 where that cannot be added up.
func (o Order) total() Money {
	var t Money
	add := func(m Money) bool {
		if !sameCurrency(t, m) {
			return false
		}
		t = Money{t.Minor + m.Minor, cmp.Or(t.Currency, m.Currency)}
		return true
	}
	for _, p := range o.Payments {
		if !add(p.Value.Amount) {
			return Money{}
		}
	}
	for key, l := range o.Lines {
		inBundle := o.Lines[l.Bundle.Value].Sale.Value.Amount.Minor > 0
		if inBundle || len(o.paymentsFor(key)) > 0 {
			continue
		}
		if !add(l.Sale.Value.Amount) {
			return Money{}
		}
	}
	return t
}

// refundedWhole says whether refunds took everything, at least one of them
// being on the order as a whole.
func (o Order) refundedWhole() (time.Time, bool) {
	total := o.total()
	s := o.refundsWhere(total, o.wide)
	if s.at.IsZero() {
		return s.at, false
	}
	s.full = false
	for _, r := range o.Refunds {
		s.full = s.full || o.fullOrder(r.Value)
		if r.Value.Line == "" && !o.wide(r.Value) {
			s.add(Latest[Refund]{r.At, Refund{Amount: r.Value.Amount}}, total)
		}
	}
	for key := range o.Lines {
		l := o.lineRefunds(key, func(Refund) bool { return true })
		s.minor, s.at = s.minor+l.minor, laterTime(s.at, l.at)
	}
	return s.at, s.whole(total)
}

// refunded says whether the money of a line that these payments cover went back
// as a whole, and when. A part of it leaves the line as it is.
func (o Order) refunded(key string, payments []string) (time.Time, bool) {
	if len(o.Refunds) == 0 {
		return time.Time{}, false
	}
	sale := o.Lines[key].Sale.Value
	s := o.refundsWhere(sale.Amount, func(r Refund) bool { return r.Line == key })
	if s.whole(sale.Amount) || s.pieces > 0 && s.pieces >= max(1, sale.Quantity) {
		return s.at, true
	}
	if at, ok := o.refundedWhole(); ok {
		return at, true
	}
	var at time.Time
	for _, id := range payments {
		s := o.refundsOf(id, "")
		if !s.whole(o.Payments[id].Value.Amount) {
			return at, false
		}
		at = laterTime(at, s.at)
	}
	return at, len(payments) > 0
}

// refundsOf adds up what was refunded of a payment. Refunds of lines that it
// paid for, but for one line, count beside one of the payment itself, never
// alone: alone they speak for their line.
func (o Order) refundsOf(payment, exceptLine string) sum {
	p := o.Payments[payment].Value
	s := o.refundsWhere(p.Amount, func(r Refund) bool { return r.Line == "" && r.Payment == payment })
	if s.at.IsZero() || s.full {
		return s
	}
	for key := range o.Lines {
		if key == exceptLine || !o.covers(p, key) {
			continue
		}
		alone := len(o.paymentsFor(key)) == 1
		l := o.lineRefunds(key, func(r Refund) bool { return r.Payment == payment || r.Payment == "" && alone })
		s.minor, s.at = s.minor+l.minor, laterTime(s.at, l.at)
	}
	return s
}

func laterTime(a, b time.Time) time.Time { return pick(a.After(b), a, b) }
