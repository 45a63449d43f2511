package integrations

import (
	"encoding/json"

	"enrolld"
)

// Config is what an account has set for one integration.
type Config struct {
	// Secrets are the live signing secrets: any of them may have signed, so
	// that a secret can be changed without losing a delivery.
	Secrets []enrolld.Secret
	// APIKey is for asking the platform what its deliveries leave out; empty
	// where the account gave none.
	APIKey enrolld.Secret
	// Settings are the platform's own, as JSON; see its Settings type.
	Settings json.RawMessage
}

// Identity is what the receiving side needs to know of a verified delivery.
type Identity struct {
	// Key is the same for every retry of a delivery and differs between
	// deliveries that say different things.
	Key string
	// Event is the platform's own name of what happened; "" if it has none.
	Event string
	// Ping marks a delivery that only tries the URL: answered, not stored.
	Ping bool
}

// Parsed is a delivery understood.
type Parsed struct {
	Events []enrolld.Event
	// Ignored says, for people, why there is nothing to do; set when Events is
	// empty.
	Ignored string
	// Incomplete marks a delivery that leaves out something which the platform's
	// API must be asked for; see Completer.
	Incomplete bool
}

// Platform is a checkout tool.
//
// All methods must be safe for concurrent use and must not keep a request.
type Platform interface {
	// Name is the platform's name in URLs and in the database, e.g. "stripe".
	Name() string
	// Title is the platform's name for people, e.g. "Stripe".
	Title() string
	// CheckConfig says what is missing or wrong in a configuration.
	CheckConfig(Config) error
	// IsPing says whether a request only tries the URL, before anything is
	// verified: pings are not signed.
	IsPing(Request) bool
	// Verify proves that the platform sent the request. Every failure has code
	// enrolld.Unauthorized and says, without secrets, what did not match.
	Verify(Config, Request) error
	// Identify names a verified request. It never fails: what cannot be read
	// is identified by its bytes, so that it can be stored and looked at.
	Identify(Config, Request) Identity
	// Redact returns the body and header as they may be stored, secrets masked.
	// Parse must understand the result as it does the original.
	Redact(Config, Request) Request
	// Parse translates a stored request. It is pure: no clock, no network.
	// Errors end the delivery by enrolld.OutcomeOf.
	Parse(Config, Request) (Parsed, error)
}

// Registry is a fixed list of platforms.
type Registry map[string]Platform

// NewRegistry lists platforms by their names.
func NewRegistry(platforms ...Platform) Registry {
	r := make(Registry, len(platforms))
	for _, p := range platforms {
		r[p.Name()] = p
	}
	return r
}
