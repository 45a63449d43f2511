// Package thrivecart understands the webhooks of ThriveCart, both of them: the
// account webhook (Settings > API & Webhooks), a form or JSON with events like
// "order.success", and the deliveries of the event subscription API, JSON with
// events like "order_payment_product" and a webhook_id.
//
// # Sources
//
// support.thrivecart.com "Using webhook notifications"; developers.thrivecart.com
// (event subscriptions); payloads that receivers published, chiefly
// magloft/thrivecart. The subscription API publishes no schema, so fields are
// looked for in more than one place.
//
// # What ThriveCart's words mean here
//
//   - An order is ThriveCart's order_id. Rebills keep it.
//   - A line is an item of the order, "product-12", "bump-12", "upsell-2": the
//     type is part of its identity, since a bump has the number of its product.
//   - A subscription is named after its line, not by ThriveCart's ids: purchases
//     give the payment processor's id, later events none or ThriveCart's own, but
//     each of them names the item.
//   - An amount is amount_gross, what the buyer paid, where it is given and amount
//     elsewhere; a refund is compared in the same terms.
//   - How far a purchase is paid is the due date of the item's row in
//     future_charges, or its frequency when there is no such row.
package thrivecart

import (
	"bytes"
	"encoding/json"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Platform is ThriveCart.
type Platform struct {
	settings *integrations.Settings[reading]
	api      *integrations.API
}

var _ integrations.Platform = Platform{}

// Options are for tests.
type Options struct {
	BackendURL string // of the API; "" is ThriveCart's own
}

// New returns ThriveCart.
func New(o Options) Platform {
	return Platform{settings: &integrations.Settings[reading]{}, api: integrations.NewAPI("ThriveCart", o.BackendURL, host)}
}

// Settings are what an integration with ThriveCart may set.
type Settings struct {
	// Account is the account's name, the first part of its checkout addresses;
	// where set, deliveries of other accounts are refused.
	Account string `json:"account,omitempty"`
}

// Fields of every delivery that prove or name it.
const (
	fieldSecret  = "thrivecart_secret"
	fieldAccount = "thrivecart_account"
	fieldEvent   = "event"
)

// Name returns "thrivecart".
func (Platform) Name() string { return "thrivecart" }

// Title returns "ThriveCart".
func (Platform) Title() string { return "ThriveCart" }

// CheckConfig wants a secret and settings that can be read.
func (Platform) CheckConfig(c integrations.Config) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "give the secret word of the ThriveCart account "+
			"(Settings > API & Webhooks > ThriveCart order validation)")
	}
	return read(c.Settings).err
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
		r.err = enrolld.Wrap(enrolld.Invalid, err, "the settings of ThriveCart cannot be read")
	}
	return r
}

// IsPing says whether ThriveCart tries the URL, as it does when one is saved:
// with a POST that tells of no event and no order.
func (Platform) IsPing(r integrations.Request) bool {
	if len(bytes.TrimSpace(r.Body)) == 0 {
		return true
	}
	n, err := r.Decode()
	return err == nil && n.Get(fieldEvent).Empty() && !n.First("order_id", "order", "webhook_id").Exists()
}

// Verify compares the secret word in the body, the only proof that ThriveCart
// gives, and the account's name where the settings have one.
func (p Platform) Verify(c integrations.Config, r integrations.Request) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return integrations.ErrNoSecret()
	}
	n, err := r.Decode()
	if err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, err, "the delivery cannot be read: %s", enrolld.MessageOf(err))
	}
	secret := n.Get(fieldSecret)
	if !secret.IsText() {
		return enrolld.Errorf(enrolld.Unauthorized, "the delivery has no thrivecart_secret")
	}
	if !integrations.SecretMatches(c.Secrets, secret.Raw()) {
		return enrolld.Errorf(enrolld.Unauthorized,
			"the thrivecart_secret of the delivery is none of the integration's secrets")
	}
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, s.err, "%s", enrolld.MessageOf(s.err))
	}
	if s.Account != "" && !strings.EqualFold(s.Account, n.Get(fieldAccount).Text()) {
		return enrolld.Errorf(enrolld.Unauthorized, "the delivery is of another ThriveCart account")
	}
	return nil
}

// Identify uses webhook_id where there is one. The account webhook has nothing
// of the kind, so its key is made of all that tells two deliveries apart: four
// failures of one invoice differ only by their date, two refunds of one item
// perhaps only by their amount.
func (Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	n, err := r.Decode()
	if err != nil {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	id := integrations.Identity{Event: n.Get(fieldEvent).Text()}
	if w := n.Get("webhook_id").Text(); w != "" {
		id.Key = integrations.Key("webhook", w)
		return id
	}
	d := delivery{n: n}
	if id.Event == "" || d.orderID() == "" {
		id.Key = integrations.BodyKey(r.Body)
		return id
	}
	sub, refund := n.Get("subscription"), n.Get("refund")
	id.Key = integrations.Key(id.Event, n.Get("mode").Text(), d.orderID(), n.Get("invoice_id").Text(),
		n.First("subscription_id").Text(), sub.Get("type").Text(), sub.Get("id").Text(),
		refund.Get("type").Text(), refund.Get("id").Text(), refund.Get("amount").Text(),
		n.First("date_unix", "date_iso8601", "date").Text())
	return id
}

// Redact masks the secret word: the field that has it, whatever it holds, and
// the configured ones wherever else they turn up.
func (Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	body := integrations.MaskField(r.Body, r.Header.Get("Content-Type"), fieldSecret)
	for _, s := range c.Secrets {
		body = integrations.MaskText(body, s.Reveal())
	}
	return r.WithBody(body)
}
