// Package surecart understands the webhooks of SureCart.
//
// # Sources
//
// developer.surecart.com (webhooks, expanding responses, pagination, purchases,
// subscriptions, customers, refunds, purchase actions), the source of SureCart's
// WordPress plugin. Nothing here was tried with a live store.
//
// # What SureCart's words mean here
//
//   - A purchase is what somebody may use: SureCart makes one for every product
//     that is bought, revokes it when a refund, a cancellation or the seller takes
//     it back, and invokes it when it is given again. A purchase is a line here,
//     those of one order or one subscription are one order.
//   - The product is SureCart's product, the variant its variant where there is
//     one, else the price.
//   - A purchase has only ids of everything. Complete asks the API for the
//     customer, the product's name and the subscription's dates; what happened, and
//     whether the purchase is revoked, is the delivery's word.
//   - A revoked purchase of a subscription ends its subscription, one bought once
//     counts as given back, and both stand again when it is invoked, not before:
//     SureCart may revoke at the first payment that fails, while the subscription
//     goes on. A changed plan is a new purchase, so each has a state of its own.
//   - Who revokes is SureCart or the seller, and they may decide not to: a refund
//     alone takes nothing. The seller ticks in it whether access goes.
//   - revoke_at is when SureCart will revoke a purchase: access ends then, at the
//     latest.
//   - A subscription that is completed has paid every instalment: access stays,
//     unless the purchase is revoked.
//
// # Limits
//
// Whether retries carry the timestamp of the first try is not known, so it is
// checked to be part of the signature but not to be recent; what comes twice
// changes nothing. SureCart's deliveries tell no price that was paid, and no
// dispute.
package surecart

import (
	"bytes"
	"crypto/sha256"

	"enrolld"
	"enrolld/integrations"
)

// Platform is SureCart.
type Platform struct{ api *integrations.API }

var (
	_ integrations.Platform   = (*Platform)(nil)
	_ integrations.Completer  = (*Platform)(nil)
	_ integrations.Cataloguer = (*Platform)(nil)
	_ integrations.Refunder   = (*Platform)(nil)
)

// Options are for tests.
type Options struct {
	BackendURL string // of the API; "" is SureCart's own
}

// New returns SureCart.
func New(o Options) *Platform {
	return &Platform{api: integrations.NewAPI("SureCart", o.BackendURL, host)}
}

// Name returns "surecart".
func (*Platform) Name() string { return "surecart" }

// Title returns "SureCart".
func (*Platform) Title() string { return "SureCart" }

// CheckConfig wants a signing secret. Without an API token all but what takes
// access waits.
func (*Platform) CheckConfig(c integrations.Config) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "give the signing secret that SureCart shows with the webhook endpoint")
	}
	return nil
}

// The headers of a delivery.
const (
	headerSignature = "X-Webhook-Signature"
	headerTimestamp = "X-Webhook-Timestamp"
)

// IsPing says whether the body is empty: SureCart sends no pings that we know of.
func (*Platform) IsPing(r integrations.Request) bool { return len(bytes.TrimSpace(r.Body)) == 0 }

// Verify proves the signature: a hex HMAC-SHA256 over timestamp, dot and body.
func (*Platform) Verify(c integrations.Config, r integrations.Request) error {
	keys := integrations.Keys(c.Secrets)
	if len(keys) == 0 {
		return integrations.ErrNoSecret()
	}
	timestamp, signature := r.Header.Get(headerTimestamp), integrations.DecodeHex(r.Header.Get(headerSignature))
	if timestamp == "" || len(signature) != sha256.Size {
		return enrolld.Errorf(enrolld.Unauthorized,
			"there is no signature in %s with a time in %s", headerSignature, headerTimestamp)
	}
	if !integrations.MACMatches(sha256.New, keys, [][]byte{signature}, []byte(timestamp), []byte("."), r.Body) {
		return integrations.ErrSignature(headerSignature)
	}
	return nil
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

// Redact has nothing to do but for a secret that somebody put into metadata.
func (*Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	secrets := append([]enrolld.Secret{c.APIKey}, c.Secrets...)
	body := r.Body
	for _, s := range secrets {
		body = integrations.MaskText(body, s.Reveal())
	}
	out := r.WithBody(body)
	out.Header = integrations.MaskHeaders(r.Header, secrets, "Authorization", "Cookie")
	return out
}
