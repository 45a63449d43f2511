package bulk

import (
	"slices"
	"time"

	"enrolld"
	"enrolld/store/provision"
)

// Outcome is what becomes of one customer.
type Outcome string

// The outcomes.
const (
	Change  Outcome = "change"
	Same    Outcome = "same"
	Refused Outcome = "refused"
	Failed  Outcome = "failed"
)

// ground is a ground of access that was given, or that was taken as it stood.
type ground struct {
	Course enrolld.CourseRef `json:"course"`
	Cause  enrolld.Cause     `json:"cause"`
	From   time.Time         `json:"from"`
	Until  *time.Time        `json:"until,omitempty"`
	Taken  *time.Time        `json:"taken,omitempty"` // when it was
}

// verdict is what an action comes to for one customer.
type verdict struct {
	outcome Outcome
	why     string // what to know about it, for people
	gift    provision.Gift
	effect  []ground
	orders  bool // an order gives a course of it, too
	mail    bool
}

// more says whether something is given to somebody for whom nothing changes.
func (v verdict) more() bool { return v.outcome != Change && len(v.gift.Grants) > 0 }

// plan works out what an action comes to for a customer with this ledger. It is
// pure: what is foreseen and what is done are the same question at two times.
func (b Bulk) plan(customer int64, ledger []enrolld.Grant, now time.Time) verdict {
	v := verdict{gift: provision.Gift{
		CustomerID: customer, Notify: b.Action == Give && b.Terms.Notify, Template: b.Terms.Template, Rank: enrolld.RankMany,
	}}
	same := false
	for _, c := range b.Terms.Courses {
		switch one := b.planCourse(c, ledgerOf(ledger, c), now, &v); one {
		case Change:
			v.outcome = Change
		case Same:
			same = true
		}
	}
	switch {
	case v.outcome == Change:
		if v.orders && b.Action == Take {
			v.why = "an order gives it too: it stays open"
		}
	case v.more():
		v.outcome, v.why = Same, "has it already: this is one more reason"
	case same:
		v.outcome, v.why = Same, ""
	default:
		v.outcome = Refused
	}
	return v
}

func (b Bulk) planCourse(c enrolld.CourseRef, ledger []enrolld.Grant, now time.Time, v *verdict) Outcome {
	switch b.Action {
	case Give:
		return b.planGive(c, ledger, now, v)
	case Take:
		return b.planTake(ledger, now, v)
	case Extend:
		return b.planExtend(c, ledger, now, v)
	}
	return Refused
}

// planGive gives a course. Nothing changes for whom people or imports give it for as
// long already; they get it all the same, since that may be undone, with a whole import
// perhaps. What an order gives may end with a refund, and is no reason to say so.
func (b Bulk) planGive(c enrolld.CourseRef, ledger []enrolld.Grant, now time.Time, v *verdict) Outcome {
	v.give(b.cause(), c, now, b.Terms.Until)
	open, order := false, false
	for _, g := range ledger {
		if g.State != enrolld.GrantLive {
			continue
		}
		if g.Cause.Kind != enrolld.CauseOrder && !before(g.Until, b.Terms.Until) {
			return Same
		}
		open, order = true, order || g.Cause.Kind == enrolld.CauseOrder
	}
	v.orders = v.orders || order
	v.mail = v.mail || b.Terms.Notify && !open
	return Change
}

// planTake ends every ground on which people and imports give a course.
func (b Bulk) planTake(ledger []enrolld.Grant, now time.Time, v *verdict) Outcome {
	out, order := Same, false
	for _, g := range ledger {
		switch {
		case g.State == enrolld.GrantEnded:
		case g.Cause.Kind == enrolld.CauseOrder:
			order = true
		default:
			out = Change
			v.gift.Withdraw = append(v.gift.Withdraw, provision.Ground{Course: g.Course, Cause: g.Cause})
			v.effect = append(v.effect, ground{g.Course, g.Cause, g.From, g.Until, &now})
		}
	}
	if order && out == Same {
		v.why = "an order gives it: it ends with a refund, or by the product's rule"
		return Refused
	}
	v.orders = v.orders || order
	return out
}

// planExtend gives a course for longer than all that is there together.
func (b Bulk) planExtend(c enrolld.CourseRef, ledger []enrolld.Grant, now time.Time, v *verdict) Outcome {
	access := enrolld.AccessOf(ledger)
	switch {
	case len(access) == 0:
		v.why = "has no access that could be extended: give it instead"
		return Refused
	case access[0].Until == nil:
		return Same
	}
	until := b.Terms.Until
	if until == nil {
		later := access[0].Until.AddDate(0, 0, b.Terms.Days)
		until = &later
	}
	if !until.After(*access[0].Until) {
		return Same
	}
	v.orders = v.orders || slices.ContainsFunc(ledger, func(g enrolld.Grant) bool {
		return g.State == enrolld.GrantLive && g.Cause.Kind == enrolld.CauseOrder
	})
	v.give(b.cause(), c, now, until)
	return Change
}

func (v *verdict) give(cause enrolld.Cause, c enrolld.CourseRef, now time.Time, until *time.Time) {
	v.gift.Grants = append(v.gift.Grants, enrolld.Grant{Course: c, Cause: cause, From: now, Until: until})
	v.effect = append(v.effect, ground{Course: c, Cause: cause, From: now, Until: until})
}

// before says whether an end comes before another one, where nil is never.
func before(a, b *time.Time) bool { return a != nil && (b == nil || a.Before(*b)) }

// ledgerOf is what of a ledger is about a course.
func ledgerOf(ledger []enrolld.Grant, c enrolld.CourseRef) []enrolld.Grant {
	var out []enrolld.Grant
	for _, g := range ledger {
		if g.Course == c {
			out = append(out, g)
		}
	}
	return out
}

// bars says why nothing is done with a customer; "": nothing keeps it from that.
// What would open nothing, or would bring somebody back whom the team removed, is
// decided about one of them at a time. Taking closes, and is for all who are left.
func (b Bulk) bars(s enrolld.Standing) string {
	if b.Action == Take && s.ErasedAt == nil {
		return ""
	}
	return s.Shut()
}

// takeBack works out how to undo what was done with a customer who has this ledger
// now. What stands otherwise than the action left it was changed since, and is kept,
// and what was given before the customer was removed is not given again. In the ledger
// it notes what comes of it: it is perhaps that of another one of the set, too, with whom
// the customer was merged.
func takeBack(customer int64, s enrolld.Standing, effect []ground, ledger []enrolld.Grant) (gift provision.Gift, kept string) {
	gift.CustomerID, gift.Rank = customer, enrolld.RankMany
	for _, e := range effect {
		at := groundOf(e, ledger)
		if at < 0 {
			kept = "it is not there any more"
			continue
		}
		switch is := ledger[at]; {
		case e.Taken != nil && !e.stands(is):
			kept = "it was given again or changed since"
		case e.Taken != nil && s.ErasedAt != nil:
			kept = s.Shut()
		case e.Taken != nil && (s.Gone || s.RemovedAt != nil && !e.From.After(*s.RemovedAt)):
			kept = "the customer was removed: take them back first, then give it"
		case e.Taken != nil:
			gift.Restore = append(gift.Restore, enrolld.Grant{Course: e.Course, Cause: is.Cause, From: e.From, Until: e.Until})
			ledger[at].State = enrolld.GrantLive
		case is.State == enrolld.GrantEnded:
			kept = "it has ended already: " + is.Reason.Text()
		case !e.stands(is):
			kept = "it was changed since"
		default:
			gift.Withdraw = append(gift.Withdraw, provision.Ground{Course: e.Course, Cause: is.Cause})
			ledger[at].State = enrolld.GrantEnded
		}
	}
	return gift, kept
}
