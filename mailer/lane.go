package mailer

import (
	"slices"
	"time"

	"enrolld"
)

// keptSlots: one slot in so many is never taken from whom it was given to, so that a
// large list goes on while those who go before it come without end.
const keptSlots = 4

// lane is what goes to one provider: slots as far apart as its pace has it, with one
// message in each.
type lane struct {
	interval time.Duration
	slots    []slot        // that are still to come or running, the next one first
	given    int           // all that there ever were
	last     time.Time     // of them
	until    time.Time     // nothing goes before; they asked for it
	backoff  time.Duration // the last one; 0: all is well
}

// slot is a message's turn.
type slot struct {
	at   time.Time
	id   int64
	rank enrolld.Rank
	kept bool // for whom it was given to, or it was used
}

// newLane makes a lane of so many messages per second.
func newLane(perSecond float64) *lane {
	return &lane{interval: time.Duration(float64(time.Second) / perSecond)}
}

// take gives a message the first slot, at a time or later, that is nobody's or that of
// a message of a higher rank: that one, instead, has none any more. The slot that is
// running counts as one of now. When it would have to be a new slot, and there is no
// room for one, it returns the zero time.
func (l *lane) take(s slot, from, now time.Time, room bool) (at time.Time, instead int64) {
	l.pass(now)
	first := 0
	if from.After(now) {
		first, _ = slices.BinarySearchFunc(l.slots, from, byTime)
	}
	if s.rank < enrolld.RankMany { // nobody goes behind the last rank
		for i, other := range l.slots[first:] {
			if other.rank > s.rank && !other.kept {
				s.at = other.at
				l.slots[first+i] = s
				return s.at, other.id
			}
		}
	}
	if s.at = l.end(from); s.at.After(now) && !room {
		return time.Time{}, 0
	}
	s.kept = l.given%keptSlots == 0
	l.slots, l.last, l.given = append(l.slots, s), s.at, l.given+1
	return s.at, 0
}

// end is when the first slot from a time on is that was never given.
func (l *lane) end(from time.Time) time.Time {
	if next := l.last.Add(l.interval); l.given > 0 && next.After(from) {
		return next
	}
	return from
}

// used notes that the message of a slot goes: it is nobody else's then.
func (l *lane) used(at time.Time) {
	if i, found := slices.BinarySearchFunc(l.slots, at, byTime); found {
		l.slots[i].kept = true
	}
}

// pass forgets the slots that are over.
func (l *lane) pass(now time.Time) {
	over := 0
	for over < len(l.slots) && !l.slots[over].at.Add(l.interval).After(now) {
		over++
	}
	l.slots = l.slots[over:]
}

func byTime(s slot, at time.Time) int { return s.at.Compare(at) }
