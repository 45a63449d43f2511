package provision

import (
	"context"
	"slices"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/wordpress"
)

// Gift is what one person is given, or what is taken back, by somebody of the
// team or by an import.
type Gift struct {
	CustomerID int64 // a customer of the account; or 0 and
	// Email is whose gift it is: the customer with this address, who is added when
	// there is none. First and Last name somebody who has no name yet.
	Email       string
	Key         enrolld.EmailKey // of Email; empty: it is worked out
	First, Last string

	// Revision is the customer's as it was shown to whom decided; 0: whatever it is.
	Revision int64
	// Grants have causes of kind person or import, and say from when until when; a
	// zero From means now, or since when it is given already. State and reason are
	// worked out. One that is there already is changed.
	Grants []enrolld.Grant
	// Withdraw are grounds that end; those that are not there, or ended, stay so.
	Withdraw []Ground
	// Restore are grounds as they were before somebody took them back, whatever their
	// cause but an order: they are given again from the time and until the time they
	// name, also where an import would have nothing to give any more.
	Restore []enrolld.Grant
	// Notify lets the member know. What is given without it is never announced.
	Notify bool
	// Template names the variant of the text in which they are; empty: the standard one.
	Template string
	// Rank is enrolld.RankMany when this is one of many gifts, whose mail and signals let
	// pass what somebody waits for; zero: somebody waits for this one.
	Rank enrolld.Rank
}

// Ground is a grant's identity: a course and why somebody has it.
type Ground struct {
	Course enrolld.CourseRef
	Cause  enrolld.Cause
}

// Given is what became of a Gift.
type Given struct {
	CustomerID int64
	New        bool   // the customer was added
	Changed    bool   // something was given, changed or taken back
	Adds       bool   // something that was given opens a course, or keeps it open for longer
	Problem    string // why the person has no WordPress user, or is no customer; for people
}

// Give gives and takes back what people and imports decide, in the caller's
// transaction and through the settlement that orders go through: customers are
// locked or added, WordPress users found or made, courses opened and closed with
// the first and the last ground, messages queued, the audit log written. Given i
// is of gift i. Given again, the same gifts change nothing.
//
// Errors: NotFound when a customer is none of the account, Conflict when one was
// changed since the gift's revision, Invalid when a cause is an order's.
func Give(ctx context.Context, tx *store.Tx, at Place, actor enrolld.Actor, gifts []Gift) ([]Given, error) {
	return GiveBeside(ctx, tx, at, actor, gifts, Beside{Locked: func() {}})
}

// Beside is what transactions of one process tell each other that give side by side.
type Beside struct {
	Names  *wordpress.Side // nil: alone
	Locked func()          // called when the customers are locked
}

// GiveBeside is Give in one of several transactions side by side.
func GiveBeside(ctx context.Context, tx *store.Tx, at Place, actor enrolld.Actor, gifts []Gift, beside Beside) ([]Given, error) {
	out := make([]Given, len(gifts))
	people := recipients{tx: tx, at: at, gifts: gifts, given: out, of: make([]*member, len(gifts))}
	if err := people.lock(ctx); err != nil {
		return nil, err
	}
	beside.Locked()
	for i, m := range people.of {
		if m == nil {
			continue
		}
		if err := m.wish(gifts[i], &out[i]); err != nil {
			return nil, err
		}
	}
	s := &settlement{tx: tx, at: at, by: actor, members: people.members, names: beside.Names}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	told := make(map[*member]bool, len(people.members))
	for i, m := range people.of {
		if m != nil {
			out[i].CustomerID, out[i].Problem = m.customer.ID, m.customer.Problem
			out[i].New = m.isNew && !told[m]
			told[m] = true
		}
	}
	return out, nil
}

// wish is one change of a ground that somebody wants.
type wish struct {
	grant   enrolld.Grant
	end     bool
	restore bool
	notify  bool
	given   *Given

	template string
}

// granted is how a ground that people or imports give is to stand.
type granted struct {
	enrolld.Grant
	notify bool
	anew   bool // it had ended, or was not there
	stored bool // it was met in the ledger

	template string
}

func (m *member) wish(g Gift, given *Given) error {
	m.rank = g.Rank
	for _, x := range g.Withdraw {
		if x.Cause.Kind == enrolld.CauseOrder {
			return enrolld.Errorf(enrolld.Invalid, "what an order gives cannot be taken back by itself: refund the order, or change the product's rule")
		}
		m.wishes = append(m.wishes, wish{grant: enrolld.Grant{Course: x.Course, Cause: x.Cause}, end: true, given: given})
	}
	for i, x := range slices.Concat(g.Grants, g.Restore) {
		if x.Cause.Kind == enrolld.CauseOrder {
			return enrolld.Errorf(enrolld.Invalid, "only an order gives access as an order does: name a person or an import as the cause")
		}
		m.wishes = append(m.wishes, wish{grant: x, restore: i >= len(g.Grants), notify: g.Notify, template: g.Template, given: given})
	}
	return nil
}

// resolve works out what the wishes come to, one after the other.
func (m *member) resolve(now time.Time) {
	if len(m.wishes) == 0 {
		return
	}
	ledger := make([]enrolld.Grant, len(m.ledger), len(m.ledger)+len(m.wishes))
	for i, g := range m.ledger {
		ledger[i] = g.Grant
	}
	for _, w := range m.wishes {
		at := slices.IndexFunc(ledger, func(g enrolld.Grant) bool { return g.Course == w.grant.Course && g.Cause == w.grant.Cause })
		var is enrolld.Grant
		if at >= 0 {
			is = ledger[at]
		}
		next, ok := w.after(is, ledger, now)
		if !ok || at >= 0 && is.Same(next) {
			continue
		}
		w.given.Changed, w.given.Adds = true, w.given.Adds || !w.end && next.Adds(ledger)
		if at < 0 {
			ledger = append(ledger, next)
		} else {
			ledger[at] = next
		}
		m.grant(granted{
			Grant: next, notify: w.notify, template: w.template,
			anew: !w.end && (at < 0 || is.State == enrolld.GrantEnded || is.Reason == enrolld.ReasonRemoved),
		})
	}
}

// after is a ground after the wish; is has no state when it is not there. It
// returns false when nothing is to be done.
func (w wish) after(is enrolld.Grant, ledger []enrolld.Grant, now time.Time) (enrolld.Grant, bool) {
	if w.end {
		return is.Withdraw(enrolld.ReasonRevoked, now), is.State != ""
	}
	if !w.restore && !w.grant.Needed(ledger) {
		return is, false
	}
	g := w.grant
	if g.From.IsZero() {
		g.From = now
		if is.State != "" && is.State != enrolld.GrantEnded && is.Reason != enrolld.ReasonRemoved {
			g.From = is.From
		}
	}
	g, _ = g.Begin(now)
	return g, true
}

// grant notes how a ground is to stand; the last wish counts.
func (m *member) grant(g granted) {
	for i := range m.granted {
		if m.granted[i].Course == g.Course && m.granted[i].Cause == g.Cause {
			g.anew = g.anew || m.granted[i].anew
			m.granted[i] = g
			return
		}
	}
	m.granted = append(m.granted, g)
}

// wanted is how a ground of the ledger is to stand by the wishes.
func (m *member) wanted(stored *store.Grant) enrolld.Grant {
	for i := range m.granted {
		g := &m.granted[i]
		if g.Course == stored.Course && g.Cause == stored.Cause {
			g.stored = true
			m.hush(stored, *g)
			return g.Grant
		}
	}
	return stored.Grant
}

// addGranted adds grounds that were not in the ledger.
func (m *member) addGranted(now time.Time) {
	for _, g := range m.granted {
		if g.stored {
			continue
		}
		fresh := store.Grant{CustomerID: m.customer.ID, AccountID: m.customer.AccountID}
		m.hush(&fresh, g)
		held, next := m.customer.Hold(g.Grant, now)
		m.add(fresh, held)
		m.next = enrolld.EarlierOf(m.next, next)
	}
}

// hush decides whether a ground will be announced: never what is given quietly,
// and anew what is given again after it had ended.
func (m *member) hush(stored *store.Grant, g granted) {
	switch {
	case g.anew && g.notify:
		stored.AnnouncedAt, stored.Template = nil, g.template
	case !g.notify && stored.AnnouncedAt == nil && g.State != enrolld.GrantEnded:
		from := g.From
		stored.AnnouncedAt = &from
	}
}

// noteGranted tells the audit log of grounds that came and went by a person while
// the course stayed open or closed: access.granted and the like tell of the rest.
func (s *settlement) noteGranted(m *member) {
	for _, g := range m.granted {
		is := func(a enrolld.Access) bool { return a.Course == g.Course }
		if g.Cause.Kind == enrolld.CauseImport && g.State != enrolld.GrantEnded ||
			slices.ContainsFunc(slices.Concat(m.opened, m.closed, m.moved), is) {
			continue
		}
		action := "ground.given"
		if g.State == enrolld.GrantEnded {
			action = "ground.withdrawn"
		}
		s.note(m, action, enrolld.Access{Course: g.Course, Until: g.Until})
	}
}
