// Package sendowl understands the webhooks of SendOwl.
//
// # Sources
//
// help.sendowl.com "Using webhooks" (events, signature, retries), SendOwl's API
// reference (orders, products, bundles, subscriptions, refunds) as others have
// captured it, blog.sendowl.com "Tweaking how refunds work", and two payloads
// that a receiver published. Not verified against a live account: which words the
// X-SENDOWL-EVENT header has beside order_completed, subscription_active and
// fraud_review (they are read in several spellings, and the order's state where
// none is known), how bundles and refunds look in a webhook, and what a trial's
// order looks like.
//
// # What SendOwl's words mean here
//
//   - An order is SendOwl's order. Its number has leading zeros in webhooks and
//     none in the API; it is known here without.
//   - A line is what was bought, by its kind and number: "product-12",
//     "package-12" (a bundle) and "subscription-12" are three things. What comes
//     in a bundle, where the webhook lists it, are lines of their own,
//     "package-3/product-12".
//   - A subscription is its order: "subscription" in every one.
//   - A payment is a transaction, by the gateway's id. It reaches to the order's
//     next_payment_date, else as far as the product's frequency says, in a trial to
//     the trial's end.
//   - A refund is a transaction too, or one of refund_transactions. SendOwl's
//     sellers say with each refund whether the buyer keeps access; where
//     access_allowed says that they do not, it counts as one of everything.
//   - subscription_cancelling runs to the end of what is paid,
//     subscription_cancelled is over at once, subscription_complete is paid.
//   - valid_until is how long a download link works. It is not the end of access.
//   - A gift's buyer is who receives it.
//
// The webhook has the time of the checkout and of each transaction. What has no
// time there (cancelled, charged back) is dated by its receipt; what may be followed
// by worse (an open dispute, a cancellation that is still ahead) by the newest time
// that there is, so that a late retry does not undo the worse.
package sendowl

import (
	"bytes"
	"crypto/sha256"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Platform is SendOwl.
type Platform struct{ api *integrations.API }

var (
	_ integrations.Platform   = (*Platform)(nil)
	_ integrations.Cataloguer = (*Platform)(nil)
	_ integrations.Refunder   = (*Platform)(nil)
)

// Options are for tests.
type Options struct {
	BackendURL string // of the API; "" is SendOwl's own
}

// New returns SendOwl.
func New(o Options) *Platform {
	return &Platform{integrations.NewAPI("SendOwl", o.BackendURL, "api.sendowl.com")}
}

// Name returns "sendowl".
func (*Platform) Name() string { return "sendowl" }

// Title returns "SendOwl".
func (*Platform) Title() string { return "SendOwl" }

// CheckConfig wants the signing key's secret and, if there is an API key, both of
// its halves.
func (*Platform) CheckConfig(c integrations.Config) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return enrolld.Errorf(enrolld.Invalid,
			"give the Signing Key Secret of the SendOwl account (Settings > API credentials)")
	}
	if key, secret, ok := strings.Cut(c.APIKey.Reveal(), ":"); c.APIKey != "" && (!ok || key == "" || secret == "") {
		return enrolld.Errorf(enrolld.Invalid, "the API key of SendOwl is its key and its secret with a colon between: KEY:SECRET")
	}
	return nil
}

// IsPing says whether the body is empty: SendOwl itself sends no pings.
func (*Platform) IsPing(r integrations.Request) bool { return len(bytes.TrimSpace(r.Body)) == 0 }

// The headers of a webhook.
const (
	signatureHeader = "X-Sendowl-Hmac-Sha256"
	eventHeader     = "X-Sendowl-Event"
)

// Verify proves the signature: an HMAC-SHA256 over the body, in base64.
func (*Platform) Verify(c integrations.Config, r integrations.Request) error {
	keys := integrations.Keys(c.Secrets)
	if len(keys) == 0 {
		return integrations.ErrNoSecret()
	}
	signature := integrations.DecodeBase64(r.Header.Get(signatureHeader))
	if len(signature) != sha256.Size {
		return enrolld.Errorf(enrolld.Unauthorized, "there is no X-SENDOWL-HMAC-SHA256 with a signature")
	}
	if !integrations.MACMatches(sha256.New, keys, [][]byte{signature}, r.Body) {
		return integrations.ErrSignature("X-SENDOWL-HMAC-SHA256")
	}
	return nil
}

// Identify names a webhook by its order, event and state and by the newest of the
// order's transactions: SendOwl numbers neither deliveries nor events.
func (*Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	o, err := newOrder(r)
	if err != nil || o.id == "" {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	name := o.event
	if name == "" {
		name = o.state
	}
	var newest transaction
	if n := len(o.transactions); n > 0 {
		newest = o.transactions[n-1]
	}
	return integrations.Identity{Event: name, Key: integrations.Key(
		o.id, o.event, o.state, newest.key(), strconv.Itoa(len(o.transactions)),
	)}
}

// Redact has nothing to do but for a secret that somebody put into a field:
// SendOwl signs without sending the secret.
func (*Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	body := integrations.MaskText(r.Body, c.APIKey.Reveal())
	for half := range strings.SplitSeq(c.APIKey.Reveal(), ":") {
		body = integrations.MaskText(body, half)
	}
	for _, s := range c.Secrets {
		body = integrations.MaskText(body, s.Reveal())
	}
	return r.WithBody(body)
}
