package provision

import (
	"slices"
	"strconv"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/lms"
)

// staleAfter is when something is too old to be told of: it comes from a history
// that was replayed or taken in late, or from a time before the account wanted
// such mail.
const staleAfter = 3 * 24 * time.Hour

// lastCall is how long before an end a reminder is of use, however late it is found
// out: the account may want its members reminded earlier than it did. It is as long as
// the shortest notice: who has less time left was reminded already, if at all.
const lastCall = 24 * time.Hour

func stale(at, now time.Time) bool { return now.Sub(at) >= staleAfter }

// failing is a payment of an order that could not be charged while access stays.
type failing struct {
	enrolld.Ending
	grants []store.Grant // what hangs on it, and on nothing that reaches further
}

// foresee finds of which ends the member is to be told now, when of the next one,
// and which payments failed. open is what is open to the member.
func (s *settlement) foresee(m *member, open []enrolld.Access) {
	for _, a := range open {
		if a.Until == nil || m.renews(a.Course) {
			continue
		}
		at, ok := s.remindAt(m, a)
		switch {
		case !ok:
		case at.After(s.tx.Now()):
			m.next = enrolld.EarlierOf(m.next, &at)
		case !stale(at, s.tx.Now()) || a.Until.Sub(s.tx.Now()) >= lastCall:
			m.expiring = append(m.expiring, a)
		}
	}
	for _, e := range m.derived.Ends {
		if !e.FailedAt.IsZero() && !stale(e.FailedAt, s.tx.Now()) {
			m.addFailing(e, open)
		}
	}
}

// foretold says whether there is something to tell of what time brings.
func (m *member) foretold() bool { return len(m.expiring)+len(m.failing) > 0 }

// renews says whether a payment is awaited that the course goes on with: the
// member is not told of an end that will most likely not come.
func (m *member) renews(c enrolld.CourseRef) bool {
	for _, g := range m.after {
		if g.Course != c || g.State != enrolld.GrantLive {
			continue
		}
		if e, ok := m.ending(g.Cause); ok && e.Renews {
			return true
		}
	}
	return false
}

// ending finds how the access of an order's line ends.
func (m *member) ending(c enrolld.Cause) (enrolld.Ending, bool) {
	i := slices.IndexFunc(m.derived.Ends, func(e enrolld.Ending) bool {
		return c.Kind == enrolld.CauseOrder && e.OrderID == c.ID && e.Line == c.Line
	})
	if i < 0 {
		return enrolld.Ending{}, false
	}
	return m.derived.Ends[i], true
}

// remindAt is when the member is to be reminded of an end; false when they are
// not: the account does not want it, they were, or the access began when there
// were fewer days left.
func (s *settlement) remindAt(m *member, a enrolld.Access) (time.Time, bool) {
	days := s.at.Mail.RemindDays
	if days == 0 || !s.at.Mail.Sends(enrolld.MessageExpiring) {
		return time.Time{}, false
	}
	at, long := a.Until.AddDate(0, 0, -days), false
	for _, g := range m.after {
		if g.Course != a.Course || g.State != enrolld.GrantLive {
			continue
		}
		if sameTime(g.RemindedEnd, a.Until) {
			return at, false
		}
		long = long || g.From.Before(at)
	}
	return at, long
}

// addFailing notes a payment that failed, with the lines of its order that failed
// with it.
func (m *member) addFailing(e enrolld.Ending, open []enrolld.Access) {
	var grants []store.Grant
	for _, g := range m.after {
		is := func(a enrolld.Access) bool { return a.Course == g.Course && sameTime(a.Until, g.Until) }
		if g.Cause == (enrolld.Cause{Kind: enrolld.CauseOrder, ID: e.OrderID, Line: e.Line}) &&
			g.State == enrolld.GrantLive && slices.ContainsFunc(open, is) {
			grants = append(grants, g)
		}
	}
	if len(grants) == 0 {
		return
	}
	for i := range m.failing {
		if f := &m.failing[i]; f.OrderID == e.OrderID && f.FailedAt.Equal(e.FailedAt) && f.Covered.Equal(e.Covered) {
			f.grants = append(f.grants, grants...)
			return
		}
	}
	m.failing = append(m.failing, failing{e, grants})
}

// announceForeseen tells of ends that are near and of payments that failed. A
// course that another customer keeps open to the same WordPress user is not one.
func (s *settlement) announceForeseen(m *member, courses map[enrolld.CourseRef]lms.Course) {
	if m.user.ID == 0 || m.user.Created {
		return // they cannot log in, or have just been told of what they have
	}
	var ending []store.Grant
	for _, a := range m.expiring {
		if still, ok := m.sharedOpen[a.Course]; ok && !sameTime(still.Until, a.Until) {
			continue
		}
		for i := range m.after {
			if g := &m.after[i]; g.Course == a.Course && g.State == enrolld.GrantLive && sameTime(g.Until, a.Until) {
				g.RemindedEnd = a.Until
				m.touch(i)
				ending = append(ending, *g)
			}
		}
	}
	s.tellEnd(m, enrolld.MessageExpiring, endKey("expiring", m.customer.ID, ending), ending, courses)
	for _, f := range m.failing {
		since := f.Covered
		if since.IsZero() {
			since = f.FailedAt
		}
		cause := "failed:" + strconv.FormatInt(m.customer.ID, 10) + ":" + strconv.FormatInt(f.OrderID, 10) + ":" + since.UTC().Format(time.RFC3339Nano)
		s.tellEnd(m, enrolld.MessagePaymentFailed, cause, f.grants, courses)
	}
}

// touch notes that a grant of the ledger is to be written.
func (m *member) touch(i int) {
	if !slices.Contains(m.changed, i) {
		m.changed = append(m.changed, i)
	}
}

// announceExpired tells of courses that closed because their time is over.
func (s *settlement) announceExpired(m *member, courses map[enrolld.CourseRef]lms.Course) {
	over := []enrolld.Reason{enrolld.ReasonExpired, enrolld.ReasonCancelled, enrolld.ReasonPaymentFailed}
	var gone []store.Grant
	for _, i := range m.changed {
		g := m.after[i]
		if g.State == enrolld.GrantEnded && slices.Contains(over, g.Reason) && g.Until != nil && !stale(*g.Until, s.tx.Now()) &&
			opens(m.closed, g.Course) {
			gone = append(gone, g)
		}
	}
	s.tellEnd(m, enrolld.MessageExpired, endKey("expired", m.customer.ID, gone), gone, courses)
}

// tellEnd queues a message about an end; the first of several is what it names.
func (s *settlement) tellEnd(
	m *member, kind enrolld.MessageKind, cause string, grants []store.Grant, courses map[enrolld.CourseRef]lms.Course,
) {
	if len(grants) == 0 {
		return
	}
	told := s.message(m, kind, cause, grants, courses)
	if told == nil {
		return
	}
	for _, g := range grants {
		told.Data.Until = enrolld.EarlierOf(told.Data.Until, g.Until)
	}
}

// endKey names a message by the ends that it is about.
func endKey(what string, customer int64, grants []store.Grant) string {
	dated := slices.Clone(grants)
	for i := range dated {
		if g := &dated[i]; g.Until != nil {
			g.Cause.Line += " " + g.Until.UTC().Format(time.RFC3339Nano)
		}
	}
	return causeKey(what, customer, dated)
}
