// Package stripe understands the webhooks of Stripe: Checkout sessions, invoices,
// subscriptions, refunds and disputes, in the shapes of API versions before and
// after 2025-03-31.basil, since the endpoint's version decides and not ours.
//
// # Sources
//
// docs.stripe.com/webhooks and /api, github.com/stripe/stripe-go (webhook,
// invoice.go, charge.go, subscription.go, v76 and v86).
//
// # What Stripe's words mean here
//
//   - An order is a Checkout session with its payment intent, its subscription
//     with all invoices, and their charges. Stripe's ids say by their prefix what
//     they are, so they are the references as they stand. Each event lists all ids
//     it knows; that is what joins them.
//   - A line bought once is its price (price_…). A line of a subscription is the
//     subscription's item (si_…): it stays when the buyer changes to another price.
//     A Checkout session does not know the items; those lines come from the
//     subscription and its invoices.
//   - A payment is its invoice (in_…) where there is one, else its payment intent.
//   - metadata["enrolld_product"] names the product in place of Stripe's: on a
//     session or a payment intent for all of it, on a price for lines bought once,
//     on a subscription (subscription_data.metadata) for its lines.
//   - The buyer is who gave their address at the checkout or is on the invoice,
//     never the card's holder.
//
// An endpoint should be sent: checkout.session.completed, .async_payment_succeeded
// and .async_payment_failed, invoice.paid, invoice.payment_failed,
// invoice_payment.paid, charge.refunded, refund.failed, charge.dispute.created,
// .updated and .closed, and customer.subscription.* .
//
// # Connect
//
// Deliveries of connected accounts carry the account. It plays no part in an
// order, as every integration has an endpoint of its own, but questions to the
// API are asked on its behalf.
package stripe

import (
	"bytes"
	"crypto/sha256"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Platform is Stripe.
type Platform struct{ api api }

var (
	_ integrations.Platform  = (*Platform)(nil)
	_ integrations.Completer = (*Platform)(nil)
)

// Options are for tests.
type Options struct {
	BackendURL string // of the API; "" is Stripe's own
}

// New returns Stripe.
func New(o Options) *Platform { return &Platform{api: newAPI(o.BackendURL)} }

// Name returns "stripe".
func (*Platform) Name() string { return "stripe" }

// Title returns "Stripe".
func (*Platform) Title() string { return "Stripe" }

// CheckConfig wants a signing secret and, if there is an API key, one that may
// be used from a server.
func (*Platform) CheckConfig(c integrations.Config) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return enrolld.Errorf(enrolld.Invalid,
			"give the signing secret of the webhook endpoint; it begins with whsec_")
	}
	for _, s := range c.Secrets {
		if s != "" && !strings.HasPrefix(s.Reveal(), "whsec_") {
			return enrolld.Errorf(enrolld.Invalid, "a signing secret of Stripe begins with whsec_")
		}
	}
	key := c.APIKey.Reveal()
	if key != "" && !strings.HasPrefix(key, "rk_") && !strings.HasPrefix(key, "sk_") {
		return enrolld.Errorf(enrolld.Invalid, "an API key for this begins with rk_ (restricted, better) or sk_")
	}
	return nil
}

// IsPing says whether the body is empty: Stripe itself sends no pings.
func (*Platform) IsPing(r integrations.Request) bool { return len(bytes.TrimSpace(r.Body)) == 0 }

// signatureHeader is where Stripe signs (docs.stripe.com/webhooks/signature).
const signatureHeader = "Stripe-Signature"

// Verify proves the signature: an HMAC-SHA256 over timestamp and body whose key
// is the whole secret, whsec_ included. It is made with stripe-go's rules but
// with the time of receipt for a clock, and refuses what is from the future too.
func (*Platform) Verify(c integrations.Config, r integrations.Request) error {
	keys := integrations.Keys(c.Secrets)
	if len(keys) == 0 {
		return integrations.ErrNoSecret()
	}
	timestamp, signatures := parseSignature(r.Header.Get(signatureHeader))
	if timestamp == "" || len(signatures) == 0 {
		return enrolld.Errorf(enrolld.Unauthorized,
			"there is no Stripe-Signature with a timestamp and a v1 signature")
	}
	if err := integrations.CheckTimestamp(timestamp, r.ReceivedAt); err != nil {
		return err
	}
	if !integrations.MACMatches(sha256.New, keys, signatures, []byte(timestamp), []byte("."), r.Body) {
		return integrations.ErrSignature(signatureHeader)
	}
	return nil
}

// parseSignature reads "t=1760000000,v1=<hex>,v1=<hex>,v0=<hex>". Two v1 stand
// there while a secret is rolled; other schemes are passed over.
func parseSignature(header string) (timestamp string, signatures [][]byte) {
	for pair := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		switch name {
		case "t":
			timestamp = value
		case "v1":
			if sig := integrations.DecodeHex(value); len(sig) == sha256.Size {
				signatures = append(signatures, sig)
			}
		}
	}
	return timestamp, signatures
}

// Identify uses the event's id, the same for every retry.
func (*Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	n, err := r.DecodeJSON()
	if err != nil {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	id := integrations.Identity{Key: n.Get("id").Text(), Event: n.Get("type").Text()}
	if id.Key == "" {
		id.Key = integrations.BodyKey(r.Body)
	}
	return id
}

// Redact has nothing to do but for a secret that somebody put into metadata:
// Stripe signs without sending the secret.
func (*Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	body := integrations.MaskText(r.Body, c.APIKey.Reveal())
	for _, s := range c.Secrets {
		body = integrations.MaskText(body, s.Reveal())
	}
	return r.WithBody(body)
}
