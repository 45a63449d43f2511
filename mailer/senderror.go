package mailer

import (
	"errors"
	"regexp"
	"strings"

	"enrolld"
	"enrolld/mailer/letter"
)

// SendError is why a message did not go out. Its text is one line without
// addresses, fit for a log and for the customer's page.
//
// CodeOf gives Invalid for a permanent error and Unavailable for every other.
type SendError struct {
	// Permanent: the relay refused this message or this recipient for good.
	// Otherwise a later attempt may succeed.
	Permanent bool
	// Config: no attempt succeeds until a person mends the smtp-url, the relay or the
	// account's sender address. Never Permanent: mail waits while they do.
	Config bool
	// Gone: with Permanent, the recipient's address does not exist.
	Gone bool
	// SlowDown: the recipient's provider wants less of us for a while. Never Permanent.
	SlowDown bool
	// Code is the relay's answer code, 0 when there was no answer.
	Code int
	// Response is the relay's answer, or what happened instead.
	Response string

	cause error
}

// Error returns the response.
func (e *SendError) Error() string { return e.Response }

// Unwrap returns an enrolld.Error with the code, and what lies below it. That
// one's text may hold addresses: never print it.
func (e *SendError) Unwrap() error {
	code := enrolld.Unavailable
	if e.Permanent {
		code = enrolld.Invalid
	}
	return enrolld.Wrap(code, e.cause, "%s", e.Response)
}

// IsPermanent says whether err means that no other attempt can succeed.
func IsPermanent(err error) bool {
	var e *SendError
	return errors.As(err, &e) && e.Permanent
}

// maxResponse is the longest answer that we keep, in runes.
const maxResponse = 300

var addressLike = regexp.MustCompile(`[^\s<>()\[\],;:"']+@[^\s<>()\[\],;:"']+`)

// Scrub makes what a server said fit to keep: one line without addresses.
func Scrub(s string) string { return scrub(s, nil) }

// scrub makes a relay's answer fit to keep: one line, no addresses, and the name
// before the recipient's @ taken out where it stands alone. Our own Message-ID,
// which Exchange quotes, stays.
func scrub(s string, env *envelope) string {
	s = oneLine(s)
	if env == nil {
		return letter.Cut(addressLike.ReplaceAllString(s, "[address]"), maxResponse)
	}
	s = addressLike.ReplaceAllStringFunc(s, func(found string) string {
		if found == env.messageID {
			return found
		}
		return "[address]"
	})
	const shortest = 3 // "a" and "it" are words of every answer
	local := env.to[:max(strings.LastIndexByte(env.to, '@'), 0)]
	if len(local) >= shortest && strings.Contains(strings.ToLower(s), strings.ToLower(local)) {
		alone := regexp.MustCompile(`(?i)(^|[^\pL\pN])` + regexp.QuoteMeta(local) + `($|[^\pL\pN])`)
		s = alone.ReplaceAllString(s, "${1}[recipient]${2}")
	}
	return letter.Cut(s, maxResponse)
}
