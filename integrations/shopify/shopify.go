// Package shopify understands the webhooks of Shopify: orders, refunds, disputes
// and the subscription contracts of an app of one's own.
//
// # Sources
//
// shopify.dev (webhooks, ignore duplicates, admin REST order, refund, transaction
// and dispute, admin GraphQL refundCreate and SubscriptionContract, the changelog
// on idempotent refunds), github.com/bold-commerce/go-shopify. Nothing here was
// tried with a live shop.
//
// # What Shopify's words mean here
//
//   - Every topic of an order sends the whole order as it stands, so all of them
//     are read alike and dated by updated_at: a retry with an old body changes
//     nothing. Paid are orders that are paid, partially_refunded or refunded; what
//     is pending, authorized, voided or expired is known, not paid. Of one that is
//     partially_paid nothing is said: what was paid before a seller added something
//     to the order stays, and what was not paid is not.
//   - A line is the line item by its id, its product product_id with variant_id. A
//     custom item has no product: it is known by its SKU ("sku-…"), else by its
//     title ("custom-…"). The product that a line was sold as stays, even when it
//     is deleted from the catalogue later.
//   - The payment is the order ("order:1"), with its total. A refund has its own id;
//     the same one stands in the order and in refunds/create. What it takes back of
//     a line counts in pieces: an item that was returned, or removed from the order,
//     is no longer sold, whether or not money was given back for it. Money beyond
//     the items counts against the order.
//   - Money under way back counts as given back. Money that failed to go back does
//     not, but the items of such a refund are taken back all the same.
//   - A cancelled order gives no access, even where the seller kept the money.
//   - An order that was deleted is not taken away: only orders that are cancelled
//     or archived can be, and the former said so before.
//   - A dispute counts from the inquiry on. One that ended because the charge was
//     refunded is over; the refund says what is gone.
//
// # Subscriptions
//
// Shopify bills a subscription with a new order for every period, and no order
// says which subscription it belongs to. Each paid order gives access by itself.
// The contract, of which only the app that made it is told, bounds that: Complete
// asks which lines it made and when it was last billed, and the term is that
// moment and one billing interval. Contract, first order and renewals are one
// order here. Cancelled and expired contracts run out with the term, paused ones
// too, failed ones end like any payment that did not come. Shops whose
// subscriptions belong to somebody else's app have no contract webhooks: their
// orders are purchases like others.
//
// # Limits
//
// The headers (topic, shop, event id) are not signed, only the body is. Disputes
// and contracts carry no test flag but for the header X-Shopify-Test.
package shopify

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Platform is Shopify.
type Platform struct {
	api      *integrations.API
	settings integrations.Settings[settings]
}

var (
	_ integrations.Platform   = (*Platform)(nil)
	_ integrations.Completer  = (*Platform)(nil)
	_ integrations.Cataloguer = (*Platform)(nil)
	_ integrations.Refunder   = (*Platform)(nil)
)

// Options are for tests.
type Options struct {
	BackendURL string // of the API; "" is Shopify's own
}

// New returns Shopify.
func New(o Options) *Platform {
	return &Platform{api: integrations.NewAPI("Shopify", o.BackendURL, shopSuffix)}
}

// Name returns "shopify".
func (*Platform) Name() string { return "shopify" }

// Title returns "Shopify".
func (*Platform) Title() string { return "Shopify" }

// shopSuffix ends the address of every shop.
const shopSuffix = ".myshopify.com"

// settings are an integration's own.
type settings struct {
	Shop string `json:"shop"` // acme.myshopify.com
	err  error
}

func (p *Platform) read(c integrations.Config) settings {
	return p.settings.Get(c.Settings, func(text json.RawMessage) settings {
		var s settings
		if len(bytes.TrimSpace(text)) == 0 {
			return s
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&s); err != nil {
			s.err = enrolld.Errorf(enrolld.Invalid, `the settings of Shopify look like {"shop": "acme.myshopify.com"}`)
			return s
		}
		s.Shop = strings.ToLower(strings.TrimSpace(s.Shop))
		if s.Shop != "" && !isShop(s.Shop) {
			s.err = enrolld.Errorf(enrolld.Invalid,
				"the shop in the settings is the address that ends with %s, without https://", shopSuffix)
		}
		return s
	})
}

// isShop says whether a text is the address of a shop and nothing else.
func isShop(s string) bool {
	name, ok := strings.CutSuffix(s, shopSuffix)
	return ok && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// CheckConfig wants a secret, and the shop's address where there is an API key.
func (p *Platform) CheckConfig(c integrations.Config) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "give the secret with which Shopify signs: for webhooks made in the admin "+
			"the one shown below them (Settings > Notifications > Webhooks), for those of an app its client secret")
	}
	s := p.read(c)
	if s.err == nil && c.APIKey != "" && s.Shop == "" {
		return enrolld.Errorf(enrolld.Invalid, `an access token needs the shop that it is for: set {"shop": "acme.myshopify.com"}`)
	}
	return s.err
}

// The headers of a delivery.
const (
	headerSignature = "X-Shopify-Hmac-Sha256"
	headerTopic     = "X-Shopify-Topic"
	headerShop      = "X-Shopify-Shop-Domain"
	headerEvent     = "X-Shopify-Event-Id"
	headerWebhook   = "X-Shopify-Webhook-Id"
	headerTriggered = "X-Shopify-Triggered-At"
	headerTest      = "X-Shopify-Test"
)

// IsPing says whether the body is empty: Shopify's own tests are signed.
func (*Platform) IsPing(r integrations.Request) bool { return len(bytes.TrimSpace(r.Body)) == 0 }

// Verify proves the signature, a base64 HMAC-SHA256 over the body, and that the
// delivery is the shop's where the settings name one. Nothing signed dates it, so
// old deliveries are told by their content.
func (p *Platform) Verify(c integrations.Config, r integrations.Request) error {
	keys := integrations.Keys(c.Secrets)
	if len(keys) == 0 {
		return integrations.ErrNoSecret()
	}
	signature := integrations.DecodeBase64(r.Header.Get(headerSignature))
	if len(signature) != sha256.Size {
		return enrolld.Errorf(enrolld.Unauthorized, "there is no signature in %s", headerSignature)
	}
	if !integrations.MACMatches(sha256.New, keys, [][]byte{signature}, r.Body) {
		return integrations.ErrSignature(headerSignature)
	}
	s := p.read(c)
	if s.err != nil {
		return enrolld.Errorf(enrolld.Unauthorized, "the integration's settings cannot be read")
	}
	if s.Shop != "" && !strings.EqualFold(r.Header.Get(headerShop), s.Shop) {
		return enrolld.Errorf(enrolld.Unauthorized, "the delivery is not from the shop that the settings name")
	}
	return nil
}

// Identify uses the event's id, which is the same for every retry and for a second
// subscription to the topic. The topic goes with it: one act of a seller may be an
// event of several.
func (*Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	topic := r.Header.Get(headerTopic)
	id := integrations.Identity{Event: topic}
	if event := pick(r.Header.Get(headerEvent), r.Header.Get(headerWebhook)); event != "" {
		id.Key = integrations.Key(topic, event)
		return id
	}
	n, err := r.DecodeJSON()
	if err != nil || n.Get("id").Empty() {
		id.Key = integrations.Key(topic, integrations.BodyKey(r.Body))
		return id
	}
	stamp := n.First("updated_at", "created_at").Text()
	if stamp == "" {
		stamp = integrations.BodyKey(r.Body)
	}
	id.Key = integrations.Key(topic, n.Get("id").Text(), stamp)
	return id
}

// Redact has nothing to do but for a secret that somebody put into a note.
func (*Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	secrets := append([]enrolld.Secret{c.APIKey}, c.Secrets...)
	body := r.Body
	for _, s := range secrets {
		body = integrations.MaskText(body, s.Reveal())
	}
	out := r.WithBody(body)
	out.Header = maskHeaders(r.Header, secrets)
	return out
}

func maskHeaders(h http.Header, secrets []enrolld.Secret) http.Header {
	return integrations.MaskHeaders(h, secrets, "Authorization", "Cookie")
}

func pick(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
