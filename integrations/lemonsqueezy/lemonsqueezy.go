// Package lemonsqueezy understands the webhooks of Lemon Squeezy: orders,
// subscriptions and subscription invoices.
//
// # Sources
//
// docs.lemonsqueezy.com (help/webhooks, api/orders, api/subscriptions,
// api/subscription-invoices); github.com/lmsqueezy/lemonsqueezy.js and
// github.com/NdoleStudio/lemonsqueezy-go with its webhook sample. Not verified
// against a live account.
//
// # What Lemon Squeezy's words mean here
//
//   - An order is an order with its subscription, if it has one, and all of that
//     subscription's invoices. Ids are numbers of their kind: order:1, sub:1,
//     invoice:1. The first purchase of a subscription is told three times, by
//     order_created, subscription_created and subscription_payment_success; the
//     subscription, which knows its order, joins them.
//   - An order has one line, since a checkout of Lemon Squeezy sells one thing: its
//     key is "item". It is first_order_item of the order, and the product and
//     variant of the subscription, which a change of plan replaces.
//   - What was paid at the checkout is the payment "first". The order tells of it
//     and so does the subscription's invoice whose billing_reason is initial; a
//     refund of it is told by both as well. Later payments are their invoices.
//   - A refund is known by its sum so far (refunded_amount), one for each payment.
//   - Every delivery shows the whole object as it is: what changes about it is
//     dated updated_at, what never does created_at.
//   - Invoices do not say which period they pay. The subscription does: renews_at.
//   - A pause of mode "free" gives the service for nothing, one of mode "void" does
//     not give it. past_due and unpaid are payments that are missing; cancelled
//     runs until ends_at, expired is over.
//
// The event's name is read from the body, which is signed, and not from the
// header X-Event-Name, which is not. License keys say nothing about access here.
package lemonsqueezy

import (
	"bytes"
	"crypto/sha256"

	"enrolld"
	"enrolld/integrations"
)

// Platform is Lemon Squeezy.
type Platform struct{ api *integrations.API }

var (
	_ integrations.Platform   = (*Platform)(nil)
	_ integrations.Cataloguer = (*Platform)(nil)
	_ integrations.Refunder   = (*Platform)(nil)
)

// Options are for tests.
type Options struct {
	BackendURL string // of the API; "" is Lemon Squeezy's own
}

// New returns Lemon Squeezy.
func New(o Options) *Platform {
	return &Platform{api: integrations.NewAPI(title, o.BackendURL, host)}
}

const title = "Lemon Squeezy"

// Name returns "lemonsqueezy".
func (*Platform) Name() string { return "lemonsqueezy" }

// Title returns "Lemon Squeezy".
func (*Platform) Title() string { return title }

// What Lemon Squeezy accepts for a signing secret.
const leastSecret, mostSecret = 6, 40

// CheckConfig wants a signing secret that Lemon Squeezy can have.
func (*Platform) CheckConfig(c integrations.Config) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "give the signing secret of the webhook: "+
			"a text of 6 to 40 characters that you think of, the same here and in Lemon Squeezy (Settings > Webhooks)")
	}
	for _, s := range c.Secrets {
		if s != "" && (len(s) < leastSecret || len(s) > mostSecret) {
			return enrolld.Errorf(enrolld.Invalid, "a signing secret of Lemon Squeezy has 6 to 40 characters")
		}
	}
	return nil
}

// IsPing says whether the body is empty: Lemon Squeezy itself sends no pings.
func (*Platform) IsPing(r integrations.Request) bool { return len(bytes.TrimSpace(r.Body)) == 0 }

// signatureHeader is where Lemon Squeezy signs
// (docs.lemonsqueezy.com/help/webhooks/signing-requests).
const signatureHeader = "X-Signature"

// Verify proves the signature: the hex of an HMAC-SHA256 over the bytes of the
// body, blanks around it included. There is no timestamp in it.
func (*Platform) Verify(c integrations.Config, r integrations.Request) error {
	keys := integrations.Keys(c.Secrets)
	if len(keys) == 0 {
		return integrations.ErrNoSecret()
	}
	sum := integrations.DecodeHex(r.Header.Get(signatureHeader))
	if len(sum) != sha256.Size {
		return enrolld.Errorf(enrolld.Unauthorized, "there is no X-Signature with a SHA-256 in hex")
	}
	if !integrations.MACMatches(sha256.New, keys, [][]byte{sum}, r.Body) {
		return integrations.ErrSignature(signatureHeader)
	}
	return nil
}

// Identify makes a key of the event, the object and the time at which it was
// last changed. That time has whole seconds, in which a subscription may change
// twice, so what the two would differ by is part of the key.
func (*Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	n, err := r.DecodeJSON()
	if err != nil {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	d := newDelivery(n)
	id := integrations.Identity{Event: d.name}
	if d.name == "" || d.id == "" {
		id.Key = integrations.BodyKey(r.Body)
		return id
	}
	id.Key = integrations.Key(d.name, d.kind, d.id, d.text("updated_at"), d.text("status"), d.text("refunded_amount"),
		d.text("variant_id"), d.text("renews_at"), d.text("ends_at"), d.attr.Get("pause", "mode").Text())
	return id
}

// Redact has nothing to do but for a secret that somebody put into custom data:
// Lemon Squeezy signs without sending the secret.
func (*Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	body := integrations.MaskText(r.Body, c.APIKey.Reveal())
	for _, s := range c.Secrets {
		body = integrations.MaskText(body, s.Reveal())
	}
	return r.WithBody(body)
}
