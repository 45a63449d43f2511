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
// purchase had, or the product_id that it is about. A delivery without an id is
// known by event, order, product, transaction, amount and time: rebills should
// have one of id, transaction_id and occurred_at.
package generic

import (
	"bytes"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Platform is the generic source.
type Platform struct{}

var _ integrations.Platform = Platform{}

// New returns the generic source.
func New() Platform { return Platform{} }

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

func decode(r integrations.Request) (*integrations.Node, error) {
	return integrations.Decode(r.Body, r.Header.Get("Content-Type"))
}

// IsPing says whether the body has nothing in it.
func (Platform) IsPing(r integrations.Request) bool {
	if len(bytes.TrimSpace(r.Body)) == 0 {
		return true
	}
	n, err := decode(r)
	return err == nil && n.Empty()
}

// Identify uses the Standard Webhooks id where that scheme is set, else the
// delivery's own id, else what it says.
func (Platform) Identify(c integrations.Config, r integrations.Request) integrations.Identity {
	s, err := ReadSettings(c)
	if err != nil {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	n, err := decode(r)
	d := delivery{n: n, s: s}
	key := ""
	if s.Auth.Scheme == SchemeStandard {
		key = integrations.StandardID(r.Header)
	}
	if err != nil {
		return integrations.Identity{Key: cmpOr(key, integrations.BodyKey(r.Body))}
	}
	id := integrations.Identity{Event: d.text(FieldEvent), Key: cmpOr(key, d.text(FieldID))}
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

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Redact masks the secret where the scheme has it sent along, and the configured
// secrets wherever else they turn up.
func (Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	s, err := ReadSettings(c)
	if err != nil {
		// Without settings nobody knows where the secret is.
		s = Settings{}
	}
	names := []string{"Authorization", "Cookie", "X-Api-Key"}
	if s.Auth.Scheme == SchemeSecret && s.Auth.Header != "" {
		names = append(names, s.Auth.Header)
	}
	r.Header = integrations.MaskHeaders(r.Header, names...)
	if f := s.Auth.Field; f != "" {
		for _, path := range spellings(f) {
			r.Body = integrations.MaskField(r.Body, r.Header.Get("Content-Type"), path...)
		}
	}
	for _, secret := range c.Secrets {
		r.Body = integrations.MaskText(r.Body, secret.Reveal())
		maskValues(r.Header, secret.Reveal())
	}
	return r
}

func maskValues(h map[string][]string, secret string) {
	const least = 8
	for _, values := range h {
		for i, v := range values {
			if len(secret) >= least && strings.Contains(v, secret) {
				values[i] = integrations.Mask
			}
		}
	}
}
