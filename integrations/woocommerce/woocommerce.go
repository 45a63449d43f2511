// Package woocommerce understands the webhooks of WooCommerce and of its
// extension WooCommerce Subscriptions.
//
// # Sources
//
// The plugins themselves: class-wc-webhook.php and the orders controllers of
// WooCommerce 10.5, class-wcs-webhooks.php and the subscriptions controller of
// Subscriptions 8.4; developer.woocommerce.com for the REST API v3. The samples
// named real_ were sent by those versions, both with orders kept in tables and as
// posts, with a payment method and persons made up. Product bundles (bundled_by)
// were not tried, nor was a shop in business.
//
// # What WooCommerce's words mean here
//
//   - A delivery is a snapshot: it is made when it is sent, not when the thing
//     happened, so it shows the order or the subscription as it is, as of
//     date_modified_gmt. Everything in it is stated as of then, and what changes is
//     told by the next snapshot. A change may be skipped, never the last one.
//   - An order of Enrolld is the order of the checkout, its subscriptions and all
//     renewal orders. Subscriptions name the first as parent_id, renewals name the
//     subscription in _subscription_renewal. Resubscribing is a new sale.
//   - A line is a product, with its variation where there is one: "10", "12-14".
//     The ids of line items differ between an order and its subscription. The same
//     product bought once and by subscription in one order is one line.
//   - When a buyer switches to another product within a subscription, what it
//     consists of goes on under a new name and the former ends; see generations.
//   - An order is paid that is processing, completed or refunded, and one in a
//     status of the shop's own when date_paid is set. On hold, failed and cancelled
//     are not paid, whatever was before: gateways put orders on hold while they are
//     disputed.
//   - A payment is its order. What of it was refunded is one record with the sum
//     of refunds[], as a refund may be deleted again.
//   - A subscription on hold is past due, or paused when its next payment is still
//     ahead. Cancelled, expired and switched ones are over: Subscriptions itself
//     waits for the end of the paid term, as pending-cancel.
//   - An order that is deleted or in the trash is not refunded: shops tidy up.
//
// Orders and subscriptions have no mark for tests, and their dates ending in _gmt
// no zone.
package woocommerce

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Platform is WooCommerce.
type Platform struct {
	settings *integrations.Settings[reading]
	api      *integrations.API
}

var (
	_ integrations.Platform   = (*Platform)(nil)
	_ integrations.Cataloguer = (*Platform)(nil)
	_ integrations.Refunder   = (*Platform)(nil)
	_ integrations.Puller     = (*Platform)(nil)
)

// Options are for tests.
type Options struct {
	BackendURL string // of the API; "" is the shop's own
}

// New returns WooCommerce.
func New(o Options) *Platform {
	return &Platform{
		settings: &integrations.Settings[reading]{},
		api:      integrations.NewAPI(title, o.BackendURL),
	}
}

const title = "WooCommerce"

// Headers of a delivery.
const (
	headerTopic     = "X-Wc-Webhook-Topic"
	headerSource    = "X-Wc-Webhook-Source"
	headerSignature = "X-Wc-Webhook-Signature"
)

// Name returns "woocommerce".
func (*Platform) Name() string { return "woocommerce" }

// Title returns "WooCommerce".
func (*Platform) Title() string { return title }

// CheckConfig wants a secret, and with an API key the address of the shop.
func (p *Platform) CheckConfig(c integrations.Config) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "give the secret of the webhook "+
			"(WooCommerce > Settings > Advanced > Webhooks)")
	}
	s := read(c.Settings)
	if s.err != nil {
		return s.err
	}
	if s.Shop != "" && (!p.api.Allowed(s.Shop) || strings.ContainsAny(s.Shop, "?#")) {
		return enrolld.Errorf(enrolld.Invalid, `the shop in the settings must be its address with https: {"shop":"https://shop.example.com"}`)
	}
	key := c.APIKey.Reveal()
	if key == "" {
		return nil
	}
	consumer, secret, ok := strings.Cut(key, ":")
	if !ok || !strings.HasPrefix(consumer, "ck_") || !strings.HasPrefix(secret, "cs_") {
		return enrolld.Errorf(enrolld.Invalid, "give the API key as consumer key and consumer secret with a colon between: ck_…:cs_…")
	}
	if s.Shop == "" {
		return enrolld.Errorf(enrolld.Invalid, `with an API key the settings need the shop's address: {"shop":"https://shop.example.com"}`)
	}
	return nil
}

// IsPing says whether the shop tries the URL, as it does when a webhook is saved:
// with a form that has the webhook's number only, unsigned.
func (*Platform) IsPing(r integrations.Request) bool {
	body := bytes.TrimSpace(r.Body)
	number, ok := bytes.CutPrefix(body, []byte("webhook_id="))
	return len(body) == 0 || ok && len(bytes.Trim(number, "0123456789")) == 0
}

// Verify proves the signature, an HMAC-SHA256 over the body. Its header names the
// shop too: that is not signed, but tells when two shops were mixed up.
func (p *Platform) Verify(c integrations.Config, r integrations.Request) error {
	keys := signingKeys(c.Secrets)
	if len(keys) == 0 {
		return integrations.ErrNoSecret()
	}
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, s.err, "%s", enrolld.MessageOf(s.err))
	}
	signature := integrations.DecodeBase64(r.Header.Get(headerSignature))
	if len(signature) != sha256.Size {
		return enrolld.Errorf(enrolld.Unauthorized, "there is no X-WC-Webhook-Signature with an HMAC-SHA256")
	}
	if !integrations.MACMatches(sha256.New, keys, [][]byte{signature}, r.Body) {
		return integrations.ErrSignature("X-WC-Webhook-Signature")
	}
	if source := r.Header.Get(headerSource); source != "" && s.site != "" && site(source) != s.site {
		return enrolld.Errorf(enrolld.Unauthorized, "the delivery is of another shop than the settings name")
	}
	return nil
}

// Identify uses all that tells two snapshots of one thing apart. The number of
// the delivery in its header is of no use: two within a second have the same.
func (*Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	id := integrations.Identity{Event: r.Header.Get(headerTopic)}
	n, err := r.DecodeJSON()
	number := n.Get("id").Text()
	if err != nil || number == "" {
		id.Key = integrations.Key(id.Event, integrations.BodyKey(r.Body))
		return id
	}
	parts := []string{id.Event, number, n.Get("status").Text(), n.First("date_modified_gmt", "date_modified").Text()}
	for _, refund := range n.Get("refunds").List() {
		parts = append(parts, refund.Get("id").Text()+"="+refund.Get("total").Text())
	}
	if n.Get(fieldPeriod).Exists() {
		parts = append(parts, n.Get(fieldNext).Text(), n.Get(fieldEnd).Text())
	}
	id.Key = integrations.Key(append(parts, content(n))...)
	return id
}

// content is what WooCommerce changes without dating it: who buys, and what.
func content(n integrations.Node) string {
	parts := []string{strings.ToLower(n.Get("billing", "email").Text())}
	for _, l := range n.Get("line_items").List() {
		parts = append(parts, l.Get("id").Text(), l.Get("product_id").Text(), l.Get("variation_id").Text(),
			l.Get("quantity").Text(), l.Get("total").Text())
	}
	sum := sha256.Sum256([]byte(integrations.Key(parts...)))
	return hex.EncodeToString(sum[:6])
}

// Redact masks secrets that somebody wrote into an order; WooCommerce signs
// without sending them.
func (*Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	body := integrations.MaskText(r.Body, c.APIKey.Reveal())
	for part := range strings.SplitSeq(c.APIKey.Reveal(), ":") {
		body = integrations.MaskText(body, part)
	}
	for _, key := range signingKeys(c.Secrets) {
		body = integrations.MaskText(body, string(key))
	}
	masked := r.WithBody(body)
	masked.Header = integrations.MaskHeaders(r.Header, c.Secrets, "Authorization")
	return masked
}

// Settings are what an integration with WooCommerce may set.
type Settings struct {
	// Shop is the shop's address, e.g. https://shop.example.com: where its API is
	// asked, and the only one whose deliveries are taken.
	Shop string `json:"shop,omitempty"`
	// Instalments are the ids of products whose subscription is a payment plan:
	// when it expires, everything is paid and access stays.
	Instalments []string `json:"instalments,omitempty"`
}

// reading is settings that were read, or why they cannot be.
type reading struct {
	Settings
	site string // the shop as deliveries are compared with it
	err  error
}

func read(text json.RawMessage) reading {
	var r reading
	if len(text) == 0 {
		return r
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields() // a payment plan under a misspelled name would expire
	if err := d.Decode(&r.Settings); err != nil {
		r.err = enrolld.Wrap(enrolld.Invalid, err,
			`the settings of WooCommerce cannot be read: they look like {"shop":"https://shop.example.com","instalments":["17"]}`)
		return r
	}
	r.Shop = strings.TrimRight(strings.TrimSpace(r.Shop), "/")
	r.site = site(r.Shop)
	return r
}

// site is a shop's address without what may differ: the scheme, www, case and a
// slash at the end.
func site(address string) string {
	s := strings.ToLower(strings.TrimSpace(address))
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	return strings.TrimRight(strings.TrimPrefix(s, "www."), "/")
}
