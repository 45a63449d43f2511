package enrolld

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CourseRef names a course of an account's site: which LMS it belongs to and its
// id there. LMS "page" is a WordPress page protected by our own companion.
type CourseRef struct {
	LMS string `json:"lms"`
	ID  int64  `json:"id"`
}

// String writes the reference as people may type it: "page:12".
func (c CourseRef) String() string {
	id := strconv.FormatInt(c.ID, 10)
	if c.LMS == "" {
		return id
	}
	return c.LMS + ":" + id
}

// ParseCourseRef reads "page:12", or "12" with the LMS left empty.
func ParseCourseRef(s string) (CourseRef, error) {
	lms, id, found := strings.Cut(strings.TrimSpace(s), ":")
	if !found {
		lms, id = "", lms
	}
	lms, id = strings.ToLower(strings.TrimSpace(lms)), strings.TrimSpace(id)
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 {
		return CourseRef{}, Errorf(Invalid, "%q is not a course: give its number, e.g. 12, or page:12", clip(s, 40))
	}
	return CourseRef{LMS: lms, ID: n}, nil
}

func compareCauses(a, b Cause) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Line, b.Line))
}

func compareCourses(a, b CourseRef) int {
	return cmp.Or(cmp.Compare(a.LMS, b.LMS), cmp.Compare(a.ID, b.ID))
}

// CauseKind says what sort of thing gives an access.
type CauseKind string

// The kinds of causes.
const (
	CauseOrder  CauseKind = "order"  // a line of an order
	CausePerson CauseKind = "person" // somebody of the team
	CauseImport CauseKind = "import" // a row of an import
)

// Cause is why a customer has a course. Two grants of one customer and course
// are the same grant if and only if their causes are equal.
type Cause struct {
	Kind CauseKind `json:"kind"`
	ID   int64     `json:"id"`             // our id of the order, person or import
	Line string    `json:"line,omitempty"` // the order's line
}

// GrantState is where a grant stands. Only live ones open a course.
type GrantState string

// The states of a grant.
const (
	GrantPending   GrantState = "pending"   // starts later
	GrantLive      GrantState = "live"      //
	GrantSuspended GrantState = "suspended" // a dispute is open, or the team keeps it shut: see its reason
	GrantEnded     GrantState = "ended"     // see its reason
)

// Reason says why a grant is in its state.
type Reason string

// The reasons. Each has a sentence for people in Reason.Text.
const (
	ReasonPaid          Reason = "paid"
	ReasonTrial         Reason = "trial"
	ReasonGrace         Reason = "grace"
	ReasonKept          Reason = "kept"
	ReasonStartsLater   Reason = "starts_later"
	ReasonUnpaid        Reason = "unpaid"
	ReasonRefunded      Reason = "refunded"
	ReasonDisputeOpen   Reason = "dispute_open"
	ReasonDisputeLost   Reason = "dispute_lost"
	ReasonCancelled     Reason = "cancelled"
	ReasonPaymentFailed Reason = "payment_failed"
	ReasonPaused        Reason = "paused"
	ReasonExpired       Reason = "expired"
	ReasonTest          Reason = "test"
	ReasonNoRule        Reason = "no_rule"
	ReasonRevoked       Reason = "revoked"
	ReasonGiven         Reason = "given" // by a person or an import
	ReasonBlocked       Reason = "blocked"
	ReasonRemoved       Reason = "removed"
	ReasonErased        Reason = "erased"
)

var reasonTexts = map[Reason]string{
	ReasonPaid:          "paid for",
	ReasonTrial:         "in a trial",
	ReasonGrace:         "the paid period is over and a payment is awaited; access stays for the grace period",
	ReasonKept:          "the product's rule keeps access",
	ReasonStartsLater:   "paid for, starts later by the product's rule",
	ReasonUnpaid:        "not paid",
	ReasonRefunded:      "refunded",
	ReasonDisputeOpen:   "suspended while a payment is disputed",
	ReasonDisputeLost:   "a payment was lost in a dispute",
	ReasonCancelled:     "the subscription was cancelled",
	ReasonPaymentFailed: "a payment failed and the grace period is over",
	ReasonPaused:        "the subscription is paused",
	ReasonExpired:       "the paid time is over",
	ReasonTest:          "a test order; this integration gives no access for tests",
	ReasonNoRule:        "the product no longer gives this course",
	ReasonRevoked:       "taken away by the team",
	ReasonGiven:         "given by the team",
	ReasonBlocked:       "not open while the customer is blocked",
	ReasonRemoved:       "not open since the customer was removed from the academy",
	ReasonErased:        "not open since the customer was erased",
}

// Text is the reason as a sentence part for people.
func (r Reason) Text() string { return reasonTexts[r] }

// Grant is one ground on which a customer has, had or will have a course.
type Grant struct {
	Course CourseRef
	Cause  Cause
	State  GrantState
	Reason Reason
	From   time.Time  // access starts; zero where it never did
	Until  *time.Time // access ends or ended; nil: no end
}

// Access is what all of a customer's grants amount to for one course.
type Access struct {
	Course CourseRef
	Until  *time.Time // nil: no end
}

// AccessOf returns the courses that at least one live grant opens, in order.
func AccessOf(grants []Grant) []Access {
	var out []Access
	for _, g := range grants {
		if g.State != GrantLive {
			continue
		}
		i := slices.IndexFunc(out, func(a Access) bool { return a.Course == g.Course })
		if i < 0 {
			out = append(out, Access{g.Course, g.Until})
			continue
		}
		out[i].Until = later(out[i].Until, g.Until)
	}
	slices.SortFunc(out, func(a, b Access) int { return compareCourses(a.Course, b.Course) })
	return out
}

// later returns the later of two ends, where nil is never.
func later(a, b *time.Time) *time.Time {
	if a == nil || b == nil {
		return nil
	}
	return pick(a.After(*b), a, b)
}

// earlier returns the earlier of two ends, where nil is never.
func earlier(a, b *time.Time) *time.Time {
	if a == nil {
		return b
	}
	if b == nil || a.Before(*b) {
		return a
	}
	return b
}

// EarlierOf returns the earlier of two moments, where nil is never.
func EarlierOf(a, b *time.Time) *time.Time { return earlier(a, b) }

// Same says whether two grants of one course and cause stand alike.
func (g Grant) Same(h Grant) bool {
	return g.State == h.State && g.Reason == h.Reason && g.From.Equal(h.From) && sameTime(g.Until, h.Until)
}

// Tick is the grant at a later moment, for grants that no order derives: it
// starts and ends by its own dates, unless its customer was removed. next is when
// it changes again.
func (g Grant) Tick(now time.Time) (at Grant, next *time.Time) {
	if g.State == GrantEnded || g.Reason == ReasonRemoved || g.Reason == ReasonErased {
		return g, nil
	}
	switch {
	case g.Until != nil && !g.Until.After(now):
		g.State, g.Reason = GrantEnded, ReasonExpired
		return g, nil
	case now.Before(g.From):
		g.State, g.Reason = GrantPending, ReasonStartsLater
		return g, &g.From
	}
	if g.State = GrantLive; g.Reason == ReasonStartsLater || g.Reason == ReasonBlocked {
		g.Reason = ReasonGiven
	}
	return g, g.Until
}

// Begin is a grant that a person or an import gives from From until Until, as it
// stands now; next is when it changes again.
func (g Grant) Begin(now time.Time) (at Grant, next *time.Time) {
	g.State, g.Reason, g.From = GrantLive, ReasonGiven, moment(g.From)
	if g.Until != nil {
		until := moment(*g.Until)
		g.Until = &until
	}
	return g.Tick(now)
}

// Needed says whether g is to be written into this ledger: not what the same import
// gave before, whatever has become of it since, so that a list with somebody twice, or
// one that goes on after a break, gives once. Another import is another cause: undoing
// one takes nothing of what the other gives. What a person gives is always needed.
func (g Grant) Needed(ledger []Grant) bool {
	if g.Cause.Kind != CauseImport {
		return true
	}
	return !slices.ContainsFunc(ledger, func(l Grant) bool {
		return l.Course == g.Course && l.Cause.Kind == CauseImport && l.Cause.ID == g.Cause.ID
	})
}

// Adds says whether g opens a course to somebody with this ledger, or keeps it open
// for longer. Otherwise it is one more reason for what they have.
func (g Grant) Adds(ledger []Grant) bool {
	return !slices.ContainsFunc(ledger, func(l Grant) bool {
		return l.Course == g.Course && l.State == GrantLive && sameTime(later(l.Until, g.Until), l.Until)
	})
}

func sameTime(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

// Withdraw is the grant after its ground is gone; one that ended before keeps
// its own reason.
func (g Grant) Withdraw(r Reason, now time.Time) Grant {
	if g.State != GrantEnded {
		now = moment(now)
		g.State, g.Reason, g.Until = GrantEnded, r, &now
	}
	return g
}
