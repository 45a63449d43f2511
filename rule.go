package enrolld

import (
	"slices"
	"time"
)

// OnEnd is what happens to access when its ground falls away.
type OnEnd string

// What a rule may do at an end.
const (
	Revoke    OnEnd = "revoke"     // access ends
	Keep      OnEnd = "keep"       // access stays
	PeriodEnd OnEnd = "period_end" // access stays until the paid term runs out (cancellation only)
)

// DefaultGrace is how long access outlives an unpaid period unless the product
// says otherwise: renewals are charged an hour or so after the period's end,
// and a card that fails is usually mended within days.
const DefaultGrace = 3 * 24 * time.Hour

// Rule says what a product gives. The zero values of OnRefund, OnCancel and
// OnExpiry mean Revoke, PeriodEnd and Revoke.
type Rule struct {
	Courses    []CourseRef
	Duration   time.Duration // access lasts this long from its start; 0: no limit of its own
	StartDelay time.Duration // access begins this long after the sale
	Grace      time.Duration // see DefaultGrace; negative: none
	OnRefund   OnEnd         // Revoke or Keep; also for a lost dispute
	OnCancel   OnEnd         // PeriodEnd, Revoke (at once) or Keep
	OnExpiry   OnEnd         // Revoke or Keep: when the paid term or Duration has passed
}

// Validate says what is wrong with a rule.
func (r Rule) Validate() error {
	switch {
	case r.Duration < 0 || r.StartDelay < 0:
		return Errorf(Invalid, "days cannot be negative")
	case !oneOf(r.OnRefund, "", Revoke, Keep):
		return Errorf(Invalid, "upon a refund access can be %s or %s, not %q", Revoke, Keep, r.OnRefund)
	case !oneOf(r.OnCancel, "", Revoke, Keep, PeriodEnd):
		return Errorf(Invalid, "upon a cancellation access can be %s, %s or %s, not %q", PeriodEnd, Revoke, Keep, r.OnCancel)
	case !oneOf(r.OnExpiry, "", Revoke, Keep):
		return Errorf(Invalid, "upon expiry access can be %s or %s, not %q", Revoke, Keep, r.OnExpiry)
	}
	return nil
}

func (r Rule) grace() time.Duration {
	switch {
	case r.Grace < 0:
		return 0
	case r.Grace == 0:
		return DefaultGrace
	}
	return r.Grace
}

func oneOf[T comparable](v T, allowed ...T) bool { return slices.Contains(allowed, v) }
