package enrolld

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Sold is an order as Derive sees it: the record, with what the store knows of
// where it came from.
type Sold struct {
	OrderID    int64
	Platform   string
	AcceptTest bool // the integration gives access for test orders too
	Order      Order
	// Barred is why the order opens nothing, by Standing.Bar; "": nothing keeps it.
	Barred Reason
}

// Rules finds the rule of a product: of the variant where one is mapped, of the
// whole product otherwise; false when neither is.
type Rules func(platform string, p ProductRef) (Rule, bool)

// Parked is a paid line that waits for its product to be mapped to courses.
type Parked struct {
	OrderID int64
	Line    string
	Product ProductRef
}

// Ending is how the access of a line comes to its end.
type Ending struct {
	OrderID int64
	Line    string
	// Renews: a payment is awaited, and the access goes on with it.
	Renews bool
	// FailedAt is when the payment that is awaited could not be charged; zero: it
	// was not tried in vain. Covered is up to when the line is paid; zero: not known.
	FailedAt, Covered time.Time
}

// Derived is what follows from a customer's orders.
type Derived struct {
	Grants []Grant  // sorted by course, order and line
	Parked []Parked // sorted by order and line
	Ends   []Ending // of live lines that have an end, sorted by order and line
	// Next is when the answer changes by itself, through a start or an end;
	// nil: only when something happens.
	Next *time.Time
}

// Derive says which grants a customer's orders give at a moment. It is pure:
// the same orders, rules and time give the same answer, so replaying history,
// mapping a product late and changing a rule are all this one operation.
func Derive(orders []Sold, rules Rules, now time.Time) Derived {
	var out Derived
	for _, s := range orders {
		for _, key := range slices.Sorted(maps.Keys(s.Order.Lines)) {
			out.addLine(s, key, rules, now)
		}
	}
	slices.SortFunc(out.Grants, compareGrants)
	slices.SortFunc(out.Parked, func(a, b Parked) int {
		return cmp.Or(cmp.Compare(a.OrderID, b.OrderID), cmp.Compare(a.Line, b.Line))
	})
	slices.SortFunc(out.Ends, func(a, b Ending) int {
		return cmp.Or(cmp.Compare(a.OrderID, b.OrderID), cmp.Compare(a.Line, b.Line))
	})
	return out
}

func (d *Derived) addLine(s Sold, key string, rules Rules, now time.Time) {
	line := s.Order.Lines[key]
	if !line.Product.Known() {
		return
	}
	rule, ok := rules(s.Platform, line.Product.Value)
	if !ok {
		if s.waits(key, rules) && s.Barred != ReasonRemoved && s.Barred != ReasonErased {
			d.Parked = append(d.Parked, Parked{s.OrderID, key, line.Product.Value})
		}
		return
	}
	t := term(s, key, rule, now)
	if t.state == "" {
		return
	}
	until := t.until
	if t.kept {
		until = nil
	}
	if t.state == GrantLive && until != nil && s.Barred == "" {
		d.Ends = append(d.Ends, Ending{s.OrderID, key, t.renews, t.failed, t.covered})
	}
	for _, c := range rule.Courses {
		d.Grants = append(d.Grants, Grant{
			Course: c, Cause: Cause{CauseOrder, s.OrderID, key},
			State: t.state, Reason: t.reason, From: t.from, Until: until,
		}.barred(s.Barred))
	}
	d.Next = earlier(d.Next, t.next(now))
}

// waits says whether a line without a rule is to be mapped: it is paid, and not
// a part of a bundle that has a rule and is what the buyer paid for.
func (s Sold) waits(key string, rules Rules) bool {
	o := s.Order
	sale, ok := o.sale(key)
	if !ok || !sale.Value.Paid || o.Test && !s.AcceptTest {
		return false
	}
	if _, gone := o.takenBack(key); gone {
		return false
	}
	if o.Lines[key].Sale.Known() {
		return true
	}
	for _, k := range o.withBundles(key)[1:] {
		p := o.Lines[k].Product
		if _, mapped := rules(s.Platform, p.Value); p.Known() && mapped {
			return false
		}
	}
	return true
}

func compareGrants(a, b Grant) int {
	if c := compareCourses(a.Course, b.Course); c != 0 {
		return c
	}
	return compareCauses(a.Cause, b.Cause)
}

// span is the access that one line gives: from when, until when, and why.
type span struct {
	state  GrantState // "" when the line gives nothing and never did
	reason Reason
	from   time.Time
	kept   bool // the rule keeps access beyond until, so that for the member it has no end
	paidTerm
}

// next is the moment after now at which the span may change by itself.
func (t span) next(now time.Time) *time.Time {
	if t.state == GrantEnded {
		return nil
	}
	next := t.until
	for _, at := range []*time.Time{&t.from, &t.covered} {
		if at.After(now) && (next == nil || !next.After(now) || at.Before(*next)) {
			next = at
		}
	}
	if next == nil || !next.After(now) {
		return nil
	}
	at := *next
	return &at
}

// term judges one line. The order of the questions matters: what was never paid
// is not refunded, and what is refunded does not expire.
func term(s Sold, key string, rule Rule, now time.Time) span {
	o := s.Order
	sale, ok := o.sale(key)
	if !ok {
		return span{}
	}
	t := span{state: GrantLive, reason: ReasonPaid, from: moment(sale.Value.SoldAt.Add(rule.StartDelay))}
	if o.Test && !s.AcceptTest {
		return t.ended(ReasonTest, sale.Value.SoldAt)
	}
	if !sale.Value.Paid {
		return t.ended(ReasonUnpaid, sale.At)
	}
	if rule.OnRefund != Keep {
		if u, gone := o.takenBack(key); gone {
			return t.ended(u.reason, u.at)
		}
	}
	if k, ok := o.subscribed(key); ok {
		t.paidTerm = o.subscriptionTerm(k, rule)
	}
	if t.never {
		return t.ended(t.over, *t.until)
	}
	if rule.Duration > 0 {
		if end := t.from.Add(rule.Duration); t.until == nil || end.Before(*t.until) {
			t.paidTerm = paidTerm{until: &end, over: ReasonExpired, trial: t.trial}
		}
	}
	// Who loses no access by a lost dispute loses none while it is open.
	return t.at(now, rule, rule.OnRefund != Keep && o.suspended(key))
}

// lastYear is the last that databases and JSON can write. Platforms say "never"
// with dates about there.
const lastYear = 9999

// at places the span in time.
func (t span) at(now time.Time, rule Rule, suspended bool) span {
	switch {
	case t.until == nil:
	case t.until.Year() >= lastYear:
		t.until = nil
	default:
		end := moment(*t.until)
		t.until = &end
	}
	t.kept = rule.OnExpiry == Keep && t.over != ReasonCancelled && t.over != ReasonUnpaid
	over := t.until != nil && !t.until.After(now)
	if over && !t.kept {
		return t.ended(t.over, *t.until)
	}
	switch {
	case suspended:
		t.state, t.reason = GrantSuspended, ReasonDisputeOpen
	case now.Before(t.from):
		t.state, t.reason = GrantPending, ReasonStartsLater
	case over:
		t.paidTerm, t.reason = paidTerm{}, ReasonKept
	case !t.covered.IsZero() && !now.Before(t.covered):
		t.reason = ReasonGrace
	case t.trial:
		t.reason = ReasonTrial
	}
	return t
}

// ended ends the span. Where it never began it has no start either.
func (t span) ended(r Reason, at time.Time) span {
	at = moment(at)
	if r == ReasonTest || r == ReasonUnpaid || !t.from.Before(at) {
		t.from = time.Time{}
	}
	t.state, t.reason, t.until, t.kept = GrantEnded, r, &at, false
	return t
}
