package enrolld

import (
	"slices"
	"time"
)

// This file answers which payments of an order were undone, by a refund or a
// lost dispute. The payments of a subscription go one by one, each with the
// period that it paid for; a one-time purchase goes as a whole.

// undone says when something's money went back, and how.
type undone struct {
	at     time.Time
	reason Reason
}

// takenBack says whether the money of a line, or of the bundle it came in, is
// gone for good.
func (o Order) takenBack(key string) (undone, bool) {
	if len(o.Refunds) == 0 && len(o.Disputes) == 0 {
		return undone{}, false
	}
	for _, k := range o.withBundles(key) {
		if u, ok := o.lineUndone(k); ok {
			return u, true
		}
	}
	return undone{}, false
}

func (o Order) lineUndone(key string) (undone, bool) {
	payments := o.paymentsFor(key)
	if o.byPayment(key, payments) {
		return o.allUndone(payments, o.undonePayments(key, payments))
	}
	if at, ok := o.disputed(key, DisputeLost); ok {
		return undone{at, ReasonDisputeLost}, true
	}
	if o.Lines[key].Subscription.Known() && len(payments) > 0 {
		return o.allUndone(payments, o.undonePayments(key, payments))
	}
	at, ok := o.refunded(key, payments)
	return undone{at, ReasonRefunded}, ok
}

// byPayment says whether a line lives from payment to payment, so that losing
// one loses its period only. The instalments of a completed plan are parts of
// one price: to lose one of them in a dispute is to lose the price.
func (o Order) byPayment(key string, payments []string) bool {
	sub := o.Lines[key].Subscription
	return sub.Known() && len(payments) > 0 && o.Subscriptions[sub.Value].Value.State != SubscriptionCompleted
}

// allUndone says whether nothing that was paid stands. A payment of nothing, as
// at the start of a trial, does not hold what the money after it gave; one that
// comes after (a free month) does.
func (o Order) allUndone(payments []string, gone map[string]undone) (undone, bool) {
	var out undone
	var last time.Time
	for _, id := range payments {
		u, ok := gone[id]
		if !ok {
			continue
		}
		last = laterTime(last, o.Payments[id].At)
		out.at = laterTime(out.at, u.at)
		if out.reason != ReasonDisputeLost {
			out.reason = u.reason
		}
	}
	for _, id := range payments {
		p := o.Payments[id]
		free := p.Value.Amount.Minor == 0 && p.Value.Amount.Currency != ""
		if _, ok := gone[id]; !ok && (!free || p.At.After(last)) {
			return undone{}, false
		}
	}
	return out, !last.IsZero()
}

// balance is what refunds have left of a payment, and of its share in a line.
type balance struct{ whole, share int64 }

func (b *balance) take(sum int64, line bool) int64 {
	n := min(sum, b.whole)
	if line {
		n = min(n, b.share)
		b.share -= n
	}
	b.whole -= n
	b.share = min(b.share, b.whole)
	return n
}

// undonePayments returns the payments that were undone as a subscription line
// sees it: lost in disputes, refunded by name, and, for refunds that name only
// the line or the order, the newest ones before the refund. Payments of other
// lines may be among them.
func (o Order) undonePayments(key string, payments []string) map[string]undone {
	gone := map[string]undone{}
	o.lostPayments(key, payments, gone)
	if len(o.Refunds) == 0 {
		return gone
	}
	left := map[string]*balance{}
	for id, p := range o.Payments {
		s := o.refundsOf(id, key)
		if _, lost := gone[id]; !lost && s.full {
			gone[id] = undone{s.at, ReasonRefunded}
		}
		b := &balance{whole: p.Value.Amount.Minor, share: o.share(p.Value, key)}
		left[id] = b
		if b.take(s.minor, false); b.whole <= 0 && s.minor > 0 {
			o.mark(gone, id, s.at)
		}
	}
	all := o.paymentsWhere(func(Payment) bool { return true })
	for _, id := range o.refundIDs() {
		switch r := o.Refunds[id]; {
		case r.Value.Line == key:
			o.takeBack(r, key, payments, left, gone)
		case o.wide(r.Value):
			o.takeBack(r, key, all, left, gone)
		}
	}
	return gone
}

func (o Order) mark(gone map[string]undone, id string, at time.Time) {
	if _, ok := gone[id]; !ok {
		gone[id] = undone{at, ReasonRefunded}
	}
}

// share returns how much of a payment went to a line: all of it, or the line's
// price where other lines were paid for too.
func (o Order) share(p Payment, key string) int64 {
	price := o.Lines[key].Sale.Value.Amount
	if price.Minor <= 0 || !sameCurrency(price, p.Amount) || !o.covers(p, key) {
		return p.Amount.Minor
	}
	for k := range o.Lines {
		if k != key && o.covers(p, k) {
			return min(p.Amount.Minor, price.Minor)
		}
	}
	return p.Amount.Minor
}

// takeBack takes one refund out of the payments it may be of: those before it,
// the newest first. Platforms date some refunds as the sale itself; as such a
// date says nothing, all payments come into question, the oldest first. A refund
// of a line that names its payment is of that one alone.
func (o Order) takeBack(r Latest[Refund], key string, payments []string, left map[string]*balance, gone map[string]undone) {
	sale, known := o.sale(key)
	dateless := known && !r.At.After(sale.Value.SoldAt)
	if _, named := o.Payments[r.Value.Payment]; named && r.Value.Line != "" {
		if !slices.Contains(payments, r.Value.Payment) {
			return
		}
		if r.Value.Full {
			o.mark(gone, r.Value.Payment, r.At)
			return
		}
		payments, dateless = []string{r.Value.Payment}, true
	}
	candidates := make([]string, 0, len(payments))
	for _, id := range payments {
		if dateless || !o.Payments[id].At.After(r.At) {
			candidates = append(candidates, id)
		}
	}
	if !dateless {
		slices.Reverse(candidates)
	}
	amount, line := r.Value.Amount, r.Value.Line != ""
	everything := r.Value.Full && r.Value.Payment == "" && (!dateless || amount.Minor == 0)
	if r.Value.Full && r.Value.Payment != "" && amount.Minor == 0 && len(candidates) > 0 {
		o.mark(gone, candidates[0], r.At)
		return
	}
	for _, id := range candidates {
		if _, done := gone[id]; done {
			continue
		}
		b, p := left[id], o.Payments[id].Value
		if everything {
			o.mark(gone, id, r.At)
			continue
		}
		if amount.Minor <= 0 || p.Amount.Minor <= 0 || !sameCurrency(amount, p.Amount) {
			continue
		}
		amount.Minor -= b.take(amount.Minor, line)
		if b.share <= 0 {
			o.mark(gone, id, r.At)
		}
	}
}

// concerns says whether a dispute is about a line. A dispute that names nothing
// we know is about the whole order.
func (o Order) concerns(d Dispute, key string) bool {
	if d.Line != "" {
		return d.Line == key
	}
	p, known := o.Payments[d.Payment]
	return !known || o.covers(p.Value, key)
}

// disputed says whether a line is under a dispute in the given state, and since
// when.
func (o Order) disputed(key string, state DisputeState) (time.Time, bool) {
	var at time.Time
	for _, d := range o.Disputes {
		if d.Value.State == state && o.concerns(d.Value, key) {
			at = laterTime(at, d.At)
		}
	}
	return at, !at.IsZero()
}

// lostPayments marks the payments of a subscription line that were lost in
// disputes: the one that the dispute names, or else all until then. Who pays
// again afterwards has paid.
func (o Order) lostPayments(key string, payments []string, gone map[string]undone) {
	for _, d := range o.Disputes {
		if d.Value.State != DisputeLost || !o.concerns(d.Value, key) {
			continue
		}
		named := slices.Contains(payments, d.Value.Payment)
		for i, id := range payments {
			if named && id != d.Value.Payment || !named && i > 0 && o.Payments[id].At.After(d.At) {
				continue
			}
			if d.At.After(gone[id].at) {
				gone[id] = undone{d.At, ReasonDisputeLost}
			}
		}
	}
}

// suspended says whether a dispute is open on a line or the bundle it came in.
func (o Order) suspended(key string) bool {
	if len(o.Disputes) == 0 {
		return false
	}
	return slices.ContainsFunc(o.withBundles(key), func(k string) bool {
		payments := o.paymentsFor(k)
		for _, d := range o.Disputes {
			if d.Value.State == DisputeOpen && o.concerns(d.Value, k) && o.restsOn(k, d.Value.Payment, payments) {
				return true
			}
		}
		return false
	})
}

// restsOn says whether a line's access rests on a payment: always, except for a
// subscription that newer money has carried further, which stands whatever
// becomes of the old.
func (o Order) restsOn(key, payment string, payments []string) bool {
	if !o.byPayment(key, payments) || !slices.Contains(payments, payment) {
		return true
	}
	disputed, gone := o.Payments[payment], o.undonePayments(key, payments)
	for _, id := range payments {
		p := o.Payments[id]
		if _, ok := gone[id]; ok || !p.At.After(disputed.At) || !p.Value.PaidUntil.IsZero() && !p.Value.PaidUntil.After(disputed.Value.PaidUntil) {
			continue
		}
		return false
	}
	return true
}
