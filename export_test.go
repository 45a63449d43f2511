package enrolld

import "time"

// Within is Terms.within, for its properties.
func Within(inner, outer Terms, now time.Time) bool { return inner.within(outer, now) }

// ParseAnyEmail is ParseEmail without its short way, and PlainEmail that way.
var (
	ParseAnyEmail = parseEmail
	PlainEmail    = plainEmail
)
