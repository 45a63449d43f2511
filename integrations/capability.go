package integrations

import (
	"context"
	"time"

	"enrolld"
)

// What a platform can do beside sending deliveries, where it has an API for it.
// Each is an interface of its own: ask by type assertion.

// Completer asks the platform what its deliveries leave out, or whether they are
// true: it is the proof of platforms that sign nothing. Complete is called
// outside any transaction, with a deadline, and only for what Parse marked
// Incomplete. A delivery that the platform denies ends with code Invalid.
type Completer interface {
	Complete(context.Context, Config, Request, Parsed) (Parsed, error)
}

// Guessable is a platform whose proof is so short that it could be guessed by who
// may try often enough: tries that fail have a budget. Proofs of 128 bits and more
// need none, and a budget would only shut out who shares a network with a guesser.
type Guessable interface {
	// ProofBits is how long the proof is.
	ProofBits() int
}

// Listed is a product as a platform's catalogue has it.
type Listed struct {
	Product enrolld.ProductRef
	Bundle  bool // it is sold as several
}

// Cataloguer lists what is for sale, so that products can be mapped before the
// first sale. The identities are those of deliveries.
type Cataloguer interface {
	Catalogue(context.Context, Config) ([]Listed, error)
}

// Puller asks what happened. It hands over, oldest first, what the platform's
// API says of the time since a moment, in the shape of deliveries: Parse
// understands them, and Identify gives the key of the delivery that the platform
// sent, or should have sent, of the same fact. So pulling twice, or pulling what
// came, changes nothing.
type Puller interface {
	Pull(ctx context.Context, c Config, since time.Time, take func(Request) error) error
}

// Refund is money to give back.
type Refund struct {
	// Key is the same for every try of one refund.
	Key string
	// Order is what is known of the sale.
	Order enrolld.Order
	// Line and Payment are keys in Order; both empty: the whole order.
	Line, Payment string
	// Amount is how much; zero: all there is.
	Amount enrolld.Money
	Reason string
}

// Refunder gives money back. What it means for access comes by the platform's own
// delivery about it. An error with code Unavailable says that nothing was done
// and that it may be tried again with the same Key; Conflict, that nobody knows
// whether it was done: look there before trying again.
type Refunder interface {
	Refund(context.Context, Config, Refund) error
}
