package enrolld

import (
	"errors"
	"fmt"
)

// Code says what kind of failure an error is. The edges translate it: handlers
// to an HTTP status, workers to retry or give up, commands to an exit status.
type Code string

// The codes, from the caller's fault to ours.
const (
	Invalid      Code = "invalid"      // the input is wrong; the message says how to mend it
	NotFound     Code = "not_found"    // no such thing, or not for this account
	Conflict     Code = "conflict"     // exists already, or changed meanwhile
	Unauthorized Code = "unauthorized" // who you are is not proven
	Forbidden    Code = "forbidden"    // who you are may not do this
	TooLarge     Code = "too_large"    // over a stated limit
	Unavailable  Code = "unavailable"  // a part that we need is down; try again later
	Internal     Code = "internal"     // a defect, or a failure nobody foresaw
)

// Error is a failure with a code, a message for people and a private cause.
type Error struct {
	Code    Code
	Message string // shown to people; no secrets, no other person's data
	Cause   error  // for the log; may be nil
}

// Error returns the message and the cause, for logs.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.Cause.Error()
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an Error without a cause.
func Errorf(code Code, format string, args ...any) error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes an Error around a cause that people do not see.
func Wrap(code Code, cause error, format string, args ...any) error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// CodeOf returns the code of the first Error in err's chain, Internal when
// there is none and "" when err is nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// MessageOf returns what people may read about err, "" when it is nil.
func MessageOf(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message
	}
	if park, ok := errors.AsType[*ParkError](err); ok {
		return park.Reason
	}
	return "something went wrong on our side"
}
