// Package paypal understands the webhooks of PayPal's REST apps ("webhooks v2"):
// captures of Checkout orders, payments of subscriptions, subscriptions, refunds,
// reversals and disputes. Instant Payment Notifications are package paypalipn's.
//
// # Sources
//
// developer.paypal.com: REST webhooks, event names, Orders v2, Payments v2 and v1,
// Subscriptions v1, Catalog Products v1, Disputes v1; payloads and checks that
// receivers published. Not verified against a live account: which certificates
// PayPal sends along with its own, what a PAYMENT.SALE.REVERSED names, whether a
// subscription's update_time moves with every payment, whether a transmission that
// is tried again keeps its time (so its age is not judged) and its id.
//
// # Proof
//
// PayPal signs with RSA over the transmission's id and time, the webhook's id and
// the CRC-32 of the body. The certificate has to be fetched from PayPal, which a
// receipt has no time for. So a delivery is let in when its headers are in order
// (and its signature, if the certificate is known already), and every delivery
// that would have an effect is proved before it has one: by the certificate, or,
// with the setting "verify": "postback", by asking PayPal. The webhook ids are the
// integration's secrets: they are what ties a signature to this address.
//
// A checksum is all that is signed of the body, and whoever has a delivery can give
// its checksum to other words. So a transmission counts once, whatever it says, and
// a capture counts as the API has it in its order.
//
// # What PayPal's words mean here
//
//   - An order is a Checkout order with its captures, or a subscription with its
//     sales. References are "order:", "payment:" (a capture or a sale) and "sub:".
//   - What was bought by a capture is in its order's purchase unit: a line for each
//     item, named by its sku; items without one are the unit's custom_id, else
//     their name. A unit without items is its custom_id, else its description,
//     else its reference_id. invoice_id is the sale's number and never a product.
//     The setting "product" ("sku", "custom_id" or "name") asks for one of them
//     before the others: many shops put their own order's number into custom_id.
//     Lines share what was paid, discounts and shipping included, by their prices.
//   - A subscription is one line, named by its plan ("P-…").
//   - An approved order is not paid. An active subscription without a payment and
//     outside a trial is not paid either.
//   - How far a sale of a subscription is paid is the subscription's
//     next_billing_time while that sale is its last, else the plan's interval.
//   - A suspended subscription is paused. An expired one has had all its payments:
//     access ends with the paid term, or stays for ever for plans that the setting
//     "instalments" lists.
//   - A reversal is money that PayPal took back for a dispute: a refund that a
//     dispute won afterwards undoes.
//   - Of a dispute's outcomes RESOLVED_BUYER_FAVOUR and ACCEPTED are lost; unless
//     only a part went back, which the refund tells. All others leave the sale, and
//     a reversal stands unless the outcome is known to be the seller's.
package paypal

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// Platform is PayPal.
type Platform struct {
	live, sandbox *integrations.API
	roots         *x509.CertPool
	settings      *integrations.Settings[reading]
	certificates  *integrations.Cache[*certificate]
	tokens        *integrations.Cache[token]
	plans         *integrations.Cache[integrations.Node]
}

var (
	_ integrations.Platform   = (*Platform)(nil)
	_ integrations.Completer  = (*Platform)(nil)
	_ integrations.Cataloguer = (*Platform)(nil)
	_ integrations.Refunder   = (*Platform)(nil)
)

// Options are for tests.
type Options struct {
	BackendURL string         // of the API; "" is PayPal's own
	Roots      *x509.CertPool // that PayPal's certificates lead to; nil: the system's
}

// New returns PayPal.
func New(o Options) *Platform {
	const certificateTime, tokenTime, planTime = 12 * time.Hour, 5 * time.Minute, time.Hour
	return &Platform{
		live:         integrations.NewAPI(title, o.BackendURL, "api-m.paypal.com", "api.paypal.com"),
		sandbox:      integrations.NewAPI(title, o.BackendURL, "api-m.sandbox.paypal.com", "api.sandbox.paypal.com"),
		roots:        o.Roots,
		settings:     &integrations.Settings[reading]{},
		certificates: integrations.NewCache[*certificate](100, certificateTime),
		tokens:       integrations.NewCache[token](1_000, tokenTime),
		plans:        integrations.NewCache[integrations.Node](1_000, planTime),
	}
}

const title = "PayPal"

// Name returns "paypal".
func (*Platform) Name() string { return "paypal" }

// Title returns "PayPal".
func (*Platform) Title() string { return title }

// Settings are what an integration with PayPal may set.
type Settings struct {
	// Sandbox says that the app is one of PayPal's sandbox: all is a test.
	Sandbox bool `json:"sandbox,omitempty"`
	// Verify is how deliveries are proved: VerifyCertificate when empty.
	Verify string `json:"verify,omitempty"`
	// Product is what names a product bought once, before all else that may:
	// ProductSKU, ProductCustom or ProductName.
	Product string `json:"product,omitempty"`
	// Instalments lists the plans whose payments are parts of one price: once
	// they have all been made access stays.
	Instalments []string `json:"instalments,omitempty"`
	// Prices are the least that is ever paid for a piece of a product, or for one
	// payment of a plan: "49.00 USD", "49.00 USD, 45.00 EUR". What was sold for less
	// waits for a person. A product that is not listed may cost anything.
	Prices map[string]string `json:"prices,omitempty"`
}

// The values of Settings.Verify.
const (
	VerifyCertificate = "certificate"
	VerifyPostback    = "postback"
)

// The values of Settings.Product.
const (
	ProductSKU    = "sku"
	ProductCustom = "custom_id"
	ProductName   = "name"
)

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
		r.err = enrolld.Wrap(enrolld.Invalid, err, "the settings of PayPal cannot be read")
		return r
	}
	if !slices.Contains([]string{"", VerifyCertificate, VerifyPostback}, r.Verify) {
		r.err = enrolld.Errorf(enrolld.Invalid, `"verify" can be "certificate" or "postback"`)
	}
	if !slices.Contains([]string{"", ProductSKU, ProductCustom, ProductName}, r.Product) {
		r.err = enrolld.Errorf(enrolld.Invalid, `"product" can be "sku", "custom_id" or "name"`)
	}
	for _, price := range r.Prices {
		if leastOf(price) == nil {
			r.err = enrolld.Errorf(enrolld.Invalid, `a price is written like "49.00 USD" or "49.00 USD, 45.00 EUR"`)
		}
	}
	return r
}

// simulated is the webhook id with which PayPal's simulator signs for everybody.
const simulated = "WEBHOOK_ID"

// CheckConfig wants a webhook's id, an API key in two parts where there is one, and
// settings that can be read.
func (p *Platform) CheckConfig(c integrations.Config) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "give the id of the webhook as the secret: "+
			"it stands beside the webhook's address in the settings of the PayPal app")
	}
	for _, s := range c.Secrets {
		switch {
		case s.Reveal() == simulated:
			return enrolld.Errorf(enrolld.Invalid, "WEBHOOK_ID is what PayPal's simulator signs for everybody with: "+
				"give the id of your own webhook")
		case strings.ContainsAny(s.Reveal(), "| \t\r\n"):
			return enrolld.Errorf(enrolld.Invalid, "the id of a webhook is letters and digits only")
		}
	}
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return s.err
	}
	if c.APIKey == "" && s.Verify == VerifyPostback {
		return enrolld.Errorf(enrolld.Invalid, "to ask PayPal whether a delivery is genuine an API key is needed: %s", keyForm)
	}
	if _, _, ok := credentials(c.APIKey); !ok && c.APIKey != "" {
		return enrolld.Errorf(enrolld.Invalid, "the API key is %s", keyForm)
	}
	return nil
}

// keyForm says how an API key is written.
const keyForm = "the client id and the secret of the PayPal app, with a colon between them"

// IsPing says whether the body is empty: PayPal sends no pings.
func (*Platform) IsPing(r integrations.Request) bool { return len(bytes.TrimSpace(r.Body)) == 0 }

// Verify checks what can be checked without asking anybody; see the package's
// description. Complete proves the rest.
func (p *Platform) Verify(c integrations.Config, r integrations.Request) error {
	keys := integrations.Keys(c.Secrets)
	if len(keys) == 0 {
		return integrations.ErrNoSecret()
	}
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, s.err, "%s", enrolld.MessageOf(s.err))
	}
	t, err := p.transmission(s.Settings, r)
	if err != nil || s.Verify == VerifyPostback {
		return err
	}
	if cert, ok := p.certificates.Peek(t.certURL); ok && !cert.signed(t, keys, r) {
		return errSignature
	}
	return nil
}

// Identify uses the transmission's id, which is signed as it is. Of the body only the
// CRC-32 is signed, for which another body can be made: were its own id the key,
// whoever has one delivery could send it again with other words. Should PayPal try an
// event again by another transmission, it is understood once more and changes nothing.
func (*Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	id := integrations.Identity{Key: r.Header.Get(headerID)}
	n, err := r.DecodeJSON()
	if err == nil {
		id.Event = n.Get("event_type").Text()
	}
	if id.Key == "" {
		id.Key = integrations.BodyKey(r.Body)
	}
	return id
}

// Redact leaves the body as it is, since its checksum is signed and proved later.
// PayPal sends no secret.
func (*Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	r.Header = integrations.MaskHeaders(r.Header, c.Secrets)
	return r
}
