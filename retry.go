package enrolld

import "time"

// Schedule is how long a queue waits between attempts: doubling from First up to
// Cap, until Span has passed since the first attempt; then the item is dead.
type Schedule struct {
	First time.Duration // wait after the first failed attempt
	Cap   time.Duration // longest wait
	Span  time.Duration // no attempt starts later than this after the first one
}

// The schedules of our queues.
var (
	// DeliveryRetry outlasts a long weekend and a hosting move (requirement W10).
	DeliveryRetry = Schedule{First: 2 * time.Second, Cap: 6 * time.Hour, Span: 9 * 24 * time.Hour}
	// MailRetry follows RFC 5321 §4.5.4.1: give up after four to five days.
	MailRetry = Schedule{First: time.Minute, Cap: 4 * time.Hour, Span: 4 * 24 * time.Hour}
	// SignalRetry is short: a signal only clears caches and informs plugins.
	SignalRetry = Schedule{First: 2 * time.Second, Cap: time.Hour, Span: 2 * 24 * time.Hour}
)

// jitterPart is the share of a wait that is left to chance, so that what failed
// together does not come back together.
const jitterPart = 0.2

// Wait returns how long to wait after the given number of failed attempts (1 is
// the first) and false when there is to be no other. age is the time since the
// first attempt, chance a number in [0,1) that spreads the wait by ±10 %.
func (s Schedule) Wait(attempts int, age time.Duration, chance float64) (time.Duration, bool) {
	wait := s.First
	for i := 1; i < attempts && wait < s.Cap; i++ {
		wait *= 2
	}
	wait = min(wait, s.Cap)
	wait += time.Duration(float64(wait) * jitterPart * (chance - 0.5))
	if age+wait > s.Span {
		return 0, false
	}
	return wait, true
}
