package enrolld

import "time"

// Standing is what the team decided about a customer as a whole. It closes what
// orders, people and imports give, and takes no ground away: what follows once it
// is lifted is what Derive says then.
type Standing struct {
	// BlockedAt: nothing is open from then on, whatever comes; nil: not blocked.
	BlockedAt   *time.Time
	BlockedBy   string // who did it, by name
	BlockReason string
	// RemovedAt: orders that began by then, and what was given by then, open nothing;
	// nil: never removed. It stays when the customer comes back by something new.
	RemovedAt *time.Time
	RemovedBy string
	// Gone says that the customer was removed, and that nothing new has come since.
	Gone bool
	// ErasedAt is when everything that names the person was erased; nil: it was not.
	ErasedAt *time.Time
	// Exported is the revision at which everything that is held of the customer was
	// last handed out; 0: never.
	Exported int64
}

// Shut says, for people, why nothing is sent to a customer and nobody enters as
// them; "" when nothing keeps one from it.
func (s Standing) Shut() string {
	switch {
	case s.ErasedAt != nil:
		return "the customer was erased"
	case s.BlockedAt != nil:
		return "the customer is blocked: unblock them first"
	case s.Gone:
		return "the customer was removed: take them back first"
	}
	return ""
}

// Decided says that the team blocked, removed or erased the customer and has not
// taken it back: until then nobody is merged with them, or parted from them.
func (s Standing) Decided() bool {
	return s.BlockedAt != nil || s.RemovedAt != nil || s.ErasedAt != nil
}

// Bar says why an order opens nothing; "" when nothing keeps it from that. It looks
// at nothing but the order's record, so that neither a renewal nor a replay opens
// again what was removed, in whatever order they come.
func (s Standing) Bar(o Order) Reason {
	switch {
	case s.ErasedAt != nil:
		return ReasonErased
	case s.RemovedAt != nil && !o.Began().After(*s.RemovedAt):
		return ReasonRemoved
	case s.BlockedAt != nil:
		return ReasonBlocked
	}
	return ""
}

// Hold is something that a person or an import gave, as it stands now; next is when
// it may change.
func (s Standing) Hold(g Grant, now time.Time) (at Grant, next *time.Time) {
	at, next = g.Tick(now)
	switch {
	case s.ErasedAt != nil:
		return at.barred(ReasonErased), nil
	case s.BlockedAt != nil:
		return at.barred(ReasonBlocked), next
	}
	return at, next
}

// Returns says whether a customer who is gone is a customer again: by an order that
// is new since, or by something that was given since.
func (s Standing) Returns(orders []Order, ledger []Grant) bool {
	if !s.Gone || s.ErasedAt != nil {
		return false
	}
	for _, o := range orders {
		if s.Bar(o) != ReasonRemoved {
			return true
		}
	}
	for _, g := range ledger {
		if g.Cause.Kind != CauseOrder && g.State != GrantEnded && g.Reason != ReasonRemoved {
			return true
		}
	}
	return false
}

// barred keeps the grant from opening anything; one that opens nothing by itself
// keeps its own reason.
func (g Grant) barred(r Reason) Grant {
	if r != "" && (g.State == GrantLive || g.State == GrantPending) {
		g.State, g.Reason = GrantSuspended, r
	}
	return g
}

// Remove is the grant once its customer was removed: it stays shut, whatever the
// clock says, until TakeBack. For grants that no order derives.
func (g Grant) Remove() Grant {
	if g.State != GrantEnded {
		g.State, g.Reason = GrantSuspended, ReasonRemoved
	}
	return g
}

// TakeBack undoes Remove.
func (g Grant) TakeBack(now time.Time) Grant {
	if g.Reason != ReasonRemoved {
		return g
	}
	g.Reason = ReasonGiven
	g, _ = g.Tick(now)
	return g
}

// Began is the earliest moment that the record knows of its order; zero for one
// that knows nothing.
func (o Order) Began() time.Time {
	var first time.Time
	see := func(at time.Time) {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	see(o.Buyer.At)
	for _, l := range o.Lines {
		see(l.Product.At)
		see(l.Sale.At)
		see(l.Sale.Value.SoldAt)
	}
	for _, p := range o.Payments {
		see(p.At)
	}
	for _, f := range o.Failures {
		see(f.At)
	}
	for _, s := range o.Subscriptions {
		see(s.At)
	}
	return first
}

// Charging says whether a subscription of the order goes on taking money.
func (o Order) Charging() bool {
	for _, s := range o.Subscriptions {
		switch s.Value.State {
		case SubscriptionActive, SubscriptionTrialing, SubscriptionPastDue:
			return true
		}
	}
	return false
}

// Nameless is the record without what names its buyer.
func (o Order) Nameless() Order {
	o.Buyer = Earliest[Buyer]{}
	return o
}
