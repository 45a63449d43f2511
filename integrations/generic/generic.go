// Package generic understands deliveries of any sender that can be told what to
// send: Zapier, Make, Pabbly, n8n, a shop of one's own. There is no standard for
// what they say, so the account's Settings tell how a delivery proves itself,
// where its fields are and what its words mean. Without settings it expects:
//
//	{"id":"unique-per-fact","event":"purchase","occurred_at":"2026-03-01T10:15:00Z","test":false,
//	 "order_id":"A-1001","transaction_id":"T-1","subscription_id":null,"paid_until":null,
//	 "customer":{"email":"ann@example.org","first_name":"Ann","last_name":"O'Neil","country":"US"},
//	 "items":[{"product_id":"course-7","price_id":null,"quantity":1,"amount":"49.00"}],
//	 "amount":"49.00","currency":"USD"}
//
// as JSON or as a form, the person also flattened as Zapier does
// (customer__email), one item also as product_id at the top. The events are
// listed at Words.
//
// What happens to a subscription needs its subscription_id, the same as its
// purchase had, or the product_id that it is about.
//
// A delivery is known by its event and its id: one that repeats both is a retry
// and is dropped, so the id may be the order's as long as each of its events
// happens once. A delivery without an id is known by event, order, product,
// transaction, amount and time. Rebills, and refunds in parts, should have an id
// of their own, or none but a transaction_id or occurred_at. Where the scheme is
// Standard Webhooks, the webhook-id header counts instead.
package generic

import (
	"bytes"
	"slices"

	"enrolld"
	"enrolld/integrations"
)

// Platform is the generic source.
type Platform struct {
	settings *integrations.Settings[*reading]
}

var _ integrations.Platform = Platform{}

// New returns the generic source.
func New() Platform { return Platform{settings: &integrations.Settings[*reading]{}} }

// Name returns "generic".
func (Platform) Name() string { return "generic" }

// Title returns "Webhook".
func (Platform) Title() string { return "Webhook" }

// CheckConfig wants a secret and settings that make sense.
func (Platform) CheckConfig(c integrations.Config) error {
	s, err := ReadSettings(c)
	if err != nil {
		return err
	}
	if len(integrations.Keys(c.Secrets)) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "give the secret that the sender uses")
	}
	return s.check()
}

// IsPing says whether the body has nothing in it. A long body is not decoded to
// find out: who pads nothing with blanks has to sign it.
func (Platform) IsPing(r integrations.Request) bool {
	const most = 64
	body := bytes.TrimSpace(r.Body)
	if len(body) == 0 || len(body) > most {
		return len(body) == 0
	}
	n, err := r.Decode()
	return err == nil && n.Empty()
}

// Identify uses the Standard Webhooks id where that scheme is set: it is new for
// every message. Else it is the event together with the delivery's id, because
// senders that are set up by hand often give the order's id there, for its
// purchase and for its refund; a retry repeats both. Without an id it is what
// the delivery says, and without that its bytes.
func (p Platform) Identify(c integrations.Config, r integrations.Request) integrations.Identity {
	s := p.reading(c)
	if s.err != nil {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	n, err := r.Decode()
	d := delivery{n: n, s: s}
	key := ""
	if s.Auth.Scheme == SchemeStandard {
		key = integrations.StandardID(r.Header)
	}
	if err != nil {
		if key == "" {
			key = integrations.BodyKey(r.Body)
		}
		return integrations.Identity{Key: key}
	}
	id := integrations.Identity{Event: d.text(FieldEvent), Key: key}
	if own := d.text(FieldID); key == "" && own != "" {
		id.Key = integrations.Key(id.Event, own)
	}
	if id.Key != "" {
		return id
	}
	if d.text(FieldOrder) == "" && d.text(FieldTransaction) == "" && d.text(FieldSubscription) == "" {
		id.Key = integrations.BodyKey(r.Body)
		return id
	}
	parts := []string{
		id.Event, d.text(FieldTest), d.text(FieldOrder), d.text(FieldSubscription), d.text(FieldTransaction),
		d.text(FieldOccurred), d.text(FieldAmount), d.text(FieldPaidUntil),
	}
	for _, i := range d.items() {
		parts = append(parts, i.key())
	}
	id.Key = integrations.Key(parts...)
	return id
}

// headersMasked may have a secret, whatever the settings say.
var headersMasked = []string{"Authorization", "Cookie", "X-Api-Key"}

// Redact masks the secret where the scheme has it sent along, and the configured
// secrets wherever else they turn up.
func (p Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	s := p.reading(c)
	body, names := r.Body, headersMasked
	if s.err == nil { // else nobody knows where the secret is
		if s.Auth.Scheme == SchemeSecret && s.Auth.Header != "" {
			names = append(slices.Clip(names), s.Auth.Header)
		}
		for _, path := range s.secret.paths {
			body = integrations.MaskField(body, r.Header.Get("Content-Type"), path...)
		}
	}
	for _, secret := range c.Secrets {
		body = integrations.MaskText(body, secret.Reveal())
	}
	r.Header = integrations.MaskHeaders(r.Header, c.Secrets, names...)
	return r.WithBody(body)
}
