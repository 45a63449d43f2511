// Package paykickstart understands the instant payment notifications (IPN) of
// PayKickstart.
//
// # Sources
//
// docs.paykickstart.com (fields, signature), support.paykickstart.com (help article
// 5892063: secrets per campaign, time limits), receivers and clients that others
// published (dassiorleando/paykickstart-ipn-validator,
// klyakh/paykickstart-api-dotnet-client).
//
// # What PayKickstart's words mean here
//
//   - An order is a purchase, invoice_id ("PK-…"), with all its transactions.
//   - A line is the product, product_id, and a subscription is named after its line.
//   - A payment is its transaction_id; transaction_time is when it was made. What is
//     no transaction (a cancellation) has no time of its own: the time of receipt
//     counts.
//   - sales is a purchase; subscription-created, subscription-trial-start,
//     subscription-payment, subscription-payment-failed and subscription-cancelled
//     are what they say. The documentation lists no names: only sales and
//     subscription-payment are certain, the others are from receivers. So names are
//     recognised by their words, those of refunds and chargebacks too.
//   - How far a subscription is paid no notification says. With an API key
//     PayKickstart is asked for the purchase's next_date; without one a payment is
//     for something whose end is not known, and a cancellation ends access at once.
//
// # The signature, and what it does not cover
//
// The hash is an HMAC-SHA1 of all values that are neither empty nor "0", in the
// order of their names, joined by bars. The names are not signed, nor where one
// value ends and the next begins, nor lists (licenses[]). Whoever has caught one
// genuine notification could therefore send it again with names moved along, as
// long as the values stay in order. What follows from that: a field that is empty or
// "0" decides nothing; a list decides nothing; a notification must say itself that
// it is live or a test, so that a test cannot lose its mark; numbers must be numbers.
// A secret is a campaign's, so an integration may have several.
//
// Retries are not documented: two notifications that say the same of one transaction
// are one. All this is not verified against a live account.
package paykickstart

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // PayKickstart signs with HMAC-SHA1
	"encoding/json"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Platform is PayKickstart.
type Platform struct {
	api      *integrations.API
	settings *integrations.Settings[reading]
}

var (
	_ integrations.Platform  = (*Platform)(nil)
	_ integrations.Completer = (*Platform)(nil)
)

// Options are for tests.
type Options struct {
	BackendURL string // of the API; "" is PayKickstart's own
}

// New returns PayKickstart.
func New(o Options) *Platform {
	return &Platform{
		api:      integrations.NewAPI("PayKickstart", o.BackendURL, apiHost),
		settings: &integrations.Settings[reading]{},
	}
}

// Settings are what an integration with PayKickstart may set.
type Settings struct {
	// Currency is what amounts are in, as notifications do not say: "EUR".
	Currency string `json:"currency,omitempty"`
}

// reading is settings that were read, or why they cannot be.
type reading struct {
	Settings
	err error
}

func read(text json.RawMessage) reading {
	var r reading
	if len(text) == 0 {
		return r
	}
	if err := json.Unmarshal(text, &r.Settings); err != nil {
		r.err = enrolld.Wrap(enrolld.Invalid, err, "the settings of PayKickstart cannot be read")
	}
	r.Currency = strings.ToUpper(strings.TrimSpace(r.Currency))
	return r
}

// Fields that prove or name a notification.
const (
	fieldHash  = "hash"
	fieldOld   = "verification_code"
	fieldEvent = "event"
)

// Name returns "paykickstart".
func (*Platform) Name() string { return "paykickstart" }

// Title returns "PayKickstart".
func (*Platform) Title() string { return "PayKickstart" }

// CheckConfig wants the secret key of at least one campaign, and settings that
// can be read.
func (*Platform) CheckConfig(c integrations.Config) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "give the IPN secret key of the PayKickstart campaign "+
			"(the campaign's settings, under Integrations); of several campaigns, one secret each")
	}
	r := read(c.Settings)
	if r.err == nil && r.Currency != "" && len(r.Currency) != len("USD") {
		return enrolld.Errorf(enrolld.Invalid, "the currency in the settings is no three-letter code such as USD")
	}
	return r.err
}

// IsPing says whether the body is empty: PayKickstart itself sends no pings.
func (*Platform) IsPing(r integrations.Request) bool { return len(bytes.TrimSpace(r.Body)) == 0 }

// Verify proves the hash with any of the secrets: each campaign has its own.
func (*Platform) Verify(c integrations.Config, r integrations.Request) error {
	keys := integrations.Keys(c.Secrets)
	if len(keys) == 0 {
		return integrations.ErrNoSecret()
	}
	n, err := r.Decode()
	if err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, err, "the delivery cannot be read: %s", enrolld.MessageOf(err))
	}
	claimed := integrations.DecodeHex(n.Get(fieldHash).Text())
	if len(claimed) != sha1.Size {
		return enrolld.Errorf(enrolld.Unauthorized, "the delivery has no hash")
	}
	match := signed(n, func(text []byte) bool {
		return integrations.MACMatches(sha1.New, keys, [][]byte{claimed}, text)
	})
	if !match {
		return enrolld.Errorf(enrolld.Unauthorized, "the hash was not made with any of the integration's secrets, "+
			"or the delivery was changed. Each campaign has its own secret: is this campaign's among them?")
	}
	return nil
}

// Identify uses what a transaction is known by, and what is told of it.
func (*Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	n, err := r.Decode()
	if err != nil {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	id := integrations.Identity{Event: n.Get(fieldEvent).Text()}
	d := delivery{n: n}
	if id.Event == "" || len(d.refs()) == 0 {
		id.Key = integrations.BodyKey(r.Body)
		return id
	}
	id.Key = integrations.Key(id.Event, d.text("mode"), d.text("transaction_id"), d.text("invoice_id"),
		d.text("product_id"), d.text("transaction_time"), d.text("amount"), d.text("is_rebill"))
	return id
}

// Redact has nothing to do but for a secret that somebody put into a field:
// PayKickstart signs without sending the secret.
func (*Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	body := integrations.MaskText(r.Body, c.APIKey.Reveal())
	for _, s := range c.Secrets {
		body = integrations.MaskText(body, s.Reveal())
	}
	return r.WithBody(body)
}
