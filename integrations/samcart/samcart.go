// Package samcart understands the webhooks of SamCart ("Notify URL") and asks
// SamCart's API whether they are true, as they are not signed.
//
// # Sources
//
// help.samcart.com article 60000506436 (webhooks), developer.samcart.com (the API,
// also as published in monolithst/samcart-api), receivers that others published.
//
// # What SamCart's words mean here
//
//   - An order is an order's number with the subscriptions that began with it.
//   - A line is a product, by its number, and a subscription is named after its line.
//     A webhook about several products lists their numbers and prices with commas.
//   - A payment is a charge, a refund a refund: the API numbers both.
//   - The end of a paid period is a subscription's next_rebilling_date. While a
//     payment fails that date moves to the next try, so it is not believed then.
//   - delinquent means that no payment came; a cart item that is reversed is money
//     that went back.
//
// # What is believed
//
// A webhook only says which order to ask about. Buyer, products, amounts, payments,
// refunds and how a subscription stands are what the API answers; so webhooks may
// come twice and in any order, and what one left out the next one brings. A webhook
// about an order that SamCart does not know is not genuine. SamCart gives API keys on
// request. Without one the settings may say {"confirm":"off"}: then the webhook
// itself is believed, and its address, which nobody else may know, is all the proof
// there is. An api_key in the body is compared with the integration's secrets where
// there are any; it may be null, which only passes while the API is asked.
//
// # Limits
//
// No webhook names a currency or says that it is a test; the API does. Retries and
// what a webhook is known by are not documented: two of one day that say the same are
// one.
// All this is not verified against a live account.
package samcart

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// Platform is SamCart.
type Platform struct {
	api       *integrations.API
	customers *integrations.Cache[integrations.Node]
	settings  *integrations.Settings[reading]
}

var (
	_ integrations.Platform   = (*Platform)(nil)
	_ integrations.Completer  = (*Platform)(nil)
	_ integrations.Cataloguer = (*Platform)(nil)
	_ integrations.Refunder   = (*Platform)(nil)
)

// Options are for tests.
type Options struct {
	BackendURL string // of the API; "" is SamCart's own
}

// New returns SamCart.
func New(o Options) *Platform {
	return &Platform{
		api:       integrations.NewAPI("SamCart", o.BackendURL, apiHost),
		customers: integrations.NewCache[integrations.Node](1_000, 5*time.Minute),
		settings:  &integrations.Settings[reading]{},
	}
}

// Settings are what an integration with SamCart may set.
type Settings struct {
	// Confirm is "off" where webhooks are to be believed without asking the API.
	Confirm string `json:"confirm,omitempty"`
	// Currency is what amounts are in where the API is not asked: "EUR".
	Currency string `json:"currency,omitempty"`
}

// reading is settings that were read, or why they cannot be.
type reading struct {
	Settings
	confirm bool
	err     error
}

func read(text json.RawMessage) reading {
	r := reading{confirm: true}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &r.Settings); err != nil {
			r.err = enrolld.Wrap(enrolld.Invalid, err, "the settings of SamCart cannot be read")
		}
	}
	r.Currency = strings.ToUpper(strings.TrimSpace(r.Currency))
	switch r.Confirm {
	case "", "on":
	case "off":
		r.confirm = false
	default:
		r.err = enrolld.Errorf(enrolld.Invalid, `in the settings of SamCart, confirm is "on" or "off"`)
	}
	return r
}

// Fields of every webhook.
const (
	fieldKey  = "api_key"
	fieldType = "type"
)

// Name returns "samcart".
func (*Platform) Name() string { return "samcart" }

// Title returns "SamCart".
func (*Platform) Title() string { return "SamCart" }

// CheckConfig wants an API key, or settings that do without.
func (*Platform) CheckConfig(c integrations.Config) error {
	r := read(c.Settings)
	if r.err == nil && r.confirm && c.APIKey == "" {
		return enrolld.Errorf(enrolld.Invalid, "give an API key: SamCart's support gives one on request (support@samcart.com). "+
			`SamCart signs nothing, so without asking its API anybody who knows the address could give access; `+
			`where there is no key to be had, set {"confirm":"off"}`)
	}
	return r.err
}

// IsPing says whether the body is empty: SamCart itself sends no pings.
func (*Platform) IsPing(r integrations.Request) bool { return len(bytes.TrimSpace(r.Body)) == 0 }

// Verify compares the api_key in the body where there are secrets. A body without
// one passes while the API is asked, which is the proof.
func (p *Platform) Verify(c integrations.Config, r integrations.Request) error {
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, s.err, "%s", enrolld.MessageOf(s.err))
	}
	n, err := r.Decode()
	if err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, err, "the delivery cannot be read: %s", enrolld.MessageOf(err))
	}
	key := n.Get(fieldKey)
	switch {
	case len(integrations.Keys(c.Secrets)) == 0 || key.Empty() && s.confirm:
		return nil
	case key.Empty():
		return enrolld.Errorf(enrolld.Unauthorized, "the delivery has no api_key")
	case !key.IsText() || !integrations.SecretMatches(c.Secrets, key.Raw()):
		return enrolld.Errorf(enrolld.Unauthorized, "the api_key of the delivery is none of the integration's secrets")
	}
	return nil
}

// Identify uses all that tells two webhooks apart; SamCart numbers them not. Two
// payments of a subscription that fail, or two cancellations of it, may look the
// same months apart, so but for an order what comes on another day is another one:
// to ask about something twice does no harm, to take it for known does.
func (*Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	n, err := r.Decode()
	if err != nil {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	id := integrations.Identity{Event: n.Get(fieldType).Text()}
	order, product := n.Get("order"), n.Get("product")
	parts := []string{
		id.Event, order.Get("id").Text(), order.Get("subscription_id").Text(), product.Get("id").Text(),
		product.Get("price").Text(), product.Get("transaction_id").Text(), n.Get("refund_transaction_id").Text(),
		order.Get("created_at").Text(), order.Get("total").Text(),
	}
	for _, t := range order.Get("transaction_id").List() {
		parts = append(parts, t.Text())
	}
	if factOf(n) != factPurchase {
		parts = append(parts, r.ReceivedAt.UTC().Format(time.DateOnly))
	}
	if id.Key = integrations.Key(parts...); id.Event == "" || parts[1] == "" && parts[2] == "" {
		id.Key = integrations.BodyKey(r.Body)
	}
	return id
}

// Redact masks the api_key, and the integration's own secrets wherever they are.
func (*Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	body := integrations.MaskField(r.Body, r.Header.Get("Content-Type"), fieldKey)
	for _, s := range append([]enrolld.Secret{c.APIKey}, c.Secrets...) {
		body = integrations.MaskText(body, s.Reveal())
	}
	return r.WithBody(body)
}
