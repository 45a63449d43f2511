package team

import "context"

// Visit is one request of a browser: what its session's row says of it. Whoever
// serves the request puts it into the context; finding the session fills in the
// login, and SignedIn does.
type Visit struct {
	LoginID int64  // 0: nobody signed in
	Epoch   int64  // the login's when the session was found
	Addr    string // network address
	Agent   string // the browser, in words

	// ended: the session was ended by somebody else while the request was under
	// way, so that it must not go on under a new token.
	ended bool
}

type visitKey struct{}

// WithVisit puts a visit into a context.
func WithVisit(ctx context.Context, v *Visit) context.Context {
	return context.WithValue(ctx, visitKey{}, v)
}

// visitOf returns the visit of a context, an empty one when there is none.
func visitOf(ctx context.Context) *Visit {
	if v, ok := ctx.Value(visitKey{}).(*Visit); ok {
		return v
	}
	return &Visit{}
}
