// Package kajabi understands the webhooks of Kajabi, both generations of them:
// those made through its API (POST /v1/hooks), which list JSON:API resources
// under "payload", and the outbound webhooks of its settings pages, which are
// flat. And it asks Kajabi's API what became of purchases, since no webhook tells
// that one was refunded, cancelled or deactivated.
//
// # Sources
//
// developers.kajabi.com (API reference with its webhook samples; "Outbound webhook
// data reference"; "Webhook and API changes with Multiple Order Bumps"); receivers
// that people published, for the flat shapes. Nothing here was tried with a live
// account. Of the flat shapes the names of events and of a cart's items are not
// documented, so they are looked for in more than one place.
//
// # Proof
//
// Kajabi signs nothing: the token in the address is all that a delivery shows. So
// nothing of it is believed. Complete asks api.kajabi.com for the purchase, the
// transaction or the order that it names, and what Kajabi answers is what counts:
// who bought, which offer, for how much, and whether it still stands. Plans without
// API set {"confirm":"off"}: then whoever knows the address can give access.
//
// # What Kajabi's words mean here
//
//   - A product is an offer; its number is the product's identity and the line's.
//   - An order is a purchase, which is of one offer. A transaction may cover several
//     (an offer with its order bumps, a cart), and joins them to one order.
//   - A subscription is named after its line. Kajabi does not say how far it is paid,
//     so it goes on until the purchase is deactivated. What is bought once is told as
//     a plan of which everything is paid: it stands, and can be ended and taken up
//     again by the same register.
//   - deactivated_at ends access, for whatever reason, and its absence in a later
//     statement gives it back.
//   - Amounts are hundredths; whether a transaction's has the tax in it is not said.
//   - A dispute is told by Pull only, and only that there is one.
//   - The samples that Kajabi's docs and test button send have the number 0.
package kajabi

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// Platform is Kajabi.
type Platform struct {
	api       *integrations.API
	tokens    *integrations.Cache[string]
	customers *integrations.Cache[customer]
	titles    *integrations.Cache[string]
	settings  *integrations.Settings[reading]
}

var (
	_ integrations.Platform   = (*Platform)(nil)
	_ integrations.Completer  = (*Platform)(nil)
	_ integrations.Cataloguer = (*Platform)(nil)
	_ integrations.Puller     = (*Platform)(nil)
)

// Options are for tests.
type Options struct {
	BackendURL string // of the API; "" is Kajabi's own
}

// How long answers are kept. A token's own term is not documented; it was hours
// wherever one was seen.
const (
	keepTokens = 5 * time.Minute
	keepNames  = 10 * time.Minute
	mostKept   = 2_000
)

// New returns Kajabi.
func New(o Options) *Platform {
	return &Platform{
		api:       integrations.NewAPI("Kajabi", o.BackendURL, "api.kajabi.com"),
		tokens:    integrations.NewCache[string](mostKept, keepTokens),
		customers: integrations.NewCache[customer](mostKept, keepNames),
		titles:    integrations.NewCache[string](mostKept, keepNames),
		settings:  &integrations.Settings[reading]{},
	}
}

// reading is settings that were read, or why they cannot be.
type reading struct {
	confirm bool
	err     error
}

func read(text json.RawMessage) reading {
	confirm, err := integrations.ReadConfirm("Kajabi", text)
	return reading{confirm, err}
}

// Name returns "kajabi".
func (*Platform) Name() string { return "kajabi" }

// Title returns "Kajabi".
func (*Platform) Title() string { return "Kajabi" }

// CheckConfig wants an API key, unless the settings do without.
func (*Platform) CheckConfig(c integrations.Config) error {
	s := read(c.Settings)
	if s.err != nil {
		return s.err
	}
	if c.APIKey == "" && !s.confirm {
		return nil
	}
	if c.APIKey == "" {
		return enrolld.Errorf(enrolld.Invalid, "Kajabi does not sign its webhooks, so it is asked whether they are true. "+
			"Give an API key (Settings > Public API > Create API key) as client_id:client_secret, "+
			`or, on plans without API, the settings {"confirm":"off"}`)
	}
	if id, secret, ok := strings.Cut(c.APIKey.Reveal(), ":"); !ok || id == "" || secret == "" {
		return enrolld.Errorf(enrolld.Invalid, "Kajabi's API key is given as client_id:client_secret")
	}
	return nil
}

// IsPing says whether the body has nothing in it. A long body is not decoded to
// find out.
func (*Platform) IsPing(r integrations.Request) bool {
	const most = 64
	body := bytes.TrimSpace(r.Body)
	if len(body) == 0 || len(body) > most {
		return len(body) == 0
	}
	n, err := r.DecodeJSON()
	return err == nil && n.Empty()
}

// Verify has no proof to look at. It refuses deliveries as long as nobody could
// say whether they are true.
func (p *Platform) Verify(c integrations.Config, _ integrations.Request) error {
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, s.err, "%s", enrolld.MessageOf(s.err))
	}
	if s.confirm && c.APIKey == "" {
		return enrolld.Errorf(enrolld.Unauthorized, "the integration has no API key to ask Kajabi with")
	}
	return nil
}

// Identify names what a delivery is about and, for a purchase, its state: Kajabi's
// own id of an API hook's delivery is not documented to stay the same, and Pull
// could not know it.
func (*Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	n, err := r.DecodeJSON()
	if err != nil {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	d := newDelivery(n, r.ReceivedAt)
	id := integrations.Identity{Event: d.name}
	parts := d.identity()
	if parts == nil {
		id.Key = integrations.BodyKey(r.Body)
		return id
	}
	id.Key = integrations.Key(parts...)
	return id
}

// Redact has nothing to do but for a key that somebody put into a form: Kajabi
// sends no secret.
func (*Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	_, secret, _ := strings.Cut(c.APIKey.Reveal(), ":")
	body := integrations.MaskText(r.Body, secret)
	for _, s := range c.Secrets {
		body = integrations.MaskText(body, s.Reveal())
	}
	return r.WithBody(body)
}
