package enrolld

import (
	"errors"
	"fmt"
)

// DeliveryState is where a delivery stands.
//
//	received ─▶ queued ─▶ done        its effects are committed, in the same transaction
//	              │  ▲──── retry ──┐   (leased while it is worked on)
//	              ├────────────────┘
//	              ├─▶ ignored          nothing to do with access, by its kind
//	              ├─▶ parked           understood, waits for a person: a product to map, a key to mend
//	              └─▶ dead             cannot be understood, or the schedule ran out
//	rejected                           not proven authentic; kept for a look, never worked on
//
// Replaying puts any of them but rejected back to queued.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryQueued   DeliveryState = "queued"
	DeliveryDone     DeliveryState = "done"
	DeliveryIgnored  DeliveryState = "ignored"
	DeliveryParked   DeliveryState = "parked"
	DeliveryDead     DeliveryState = "dead"
	DeliveryRejected DeliveryState = "rejected"
)

// ParkError says that a delivery is sound but waits for a person.
type ParkError struct{ Reason string }

// Error returns the reason, written for that person.
func (e *ParkError) Error() string { return e.Reason }

// Parkf makes a ParkError.
func Parkf(format string, args ...any) error {
	return &ParkError{Reason: fmt.Sprintf(format, args...)}
}

// Outcome is how one attempt to process a delivery ended.
type Outcome string

// The outcomes of an attempt.
const (
	OutcomeDone  Outcome = "done"
	OutcomeRetry Outcome = "retry"
	OutcomePark  Outcome = "park"
	OutcomeDead  Outcome = "dead"
)

// OutcomeOf reads the outcome off an error: parked when it says so, dead when
// the delivery itself is at fault, retried in every other case.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return OutcomeDone
	}
	if _, ok := errors.AsType[*ParkError](err); ok {
		return OutcomePark
	}
	switch CodeOf(err) {
	case Invalid, NotFound, Forbidden, TooLarge:
		return OutcomeDead
	}
	return OutcomeRetry
}
