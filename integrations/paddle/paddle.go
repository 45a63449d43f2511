// Package paddle understands the notifications of Paddle Billing (not of Paddle
// Classic): transactions, subscriptions and adjustments.
//
// # Sources
//
// developer.paddle.com/webhooks and /api-reference;
// github.com/PaddleHQ/paddle-go-sdk (webhook_verifier.go, pkg/paddlenotification).
// Not verified against a live account.
//
// # What Paddle's words mean here
//
//   - An order is a checkout's transaction with the subscription that came of it
//     and all of that subscription's transactions. Paddle's ids say by their prefix
//     what they are, so they are the references as they stand: sub_…, txn_….
//   - A line bought once is the transaction's item (txnitm_…). A line that renews
//     is its price (pri_…), which a subscription has at most once and which is all
//     that a subscription's own notifications know of it.
//   - Each renewing line has a paid term of its own, named like the line. Paddle
//     never says which price was taken out of a subscription: that line is not
//     mentioned any more, and its access runs out with the period last stated.
//   - A payment is its transaction, once it is completed. Which period it pays is
//     billing_period.
//   - Everything is dated occurred_at, which is what Paddle asks receivers to
//     compare: notifications come in any order.
//   - Only adjustments that are approved count; one that is reversed later is
//     taken back. A chargeback is a lost dispute, as nothing follows it unless it
//     is reversed; a chargeback warning is an open one. Credits move no money to
//     the buyer and say nothing about access.
//   - The sandbox is another account, with other keys. Its notifications look like
//     live ones; they count as tests where the API key is a sandbox key or the
//     settings say {"sandbox": true}.
//
// # Who bought
//
// Transactions and subscriptions name a customer by an id (ctm_…) only. Complete
// asks the API for the address, so the integration needs an API key that may read
// customers; with transactions it may also tell which line a partial refund of a
// subscription is about, with products it lists the catalogue, and with
// adjustments (write) it gives money back.
package paddle

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Platform is Paddle Billing.
type Platform struct {
	api       *integrations.API
	customers *integrations.Cache[customer]
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
	BackendURL string // of the API; "" is Paddle's own
}

// New returns Paddle.
func New(o Options) *Platform {
	return &Platform{
		api:       integrations.NewAPI(title, o.BackendURL, liveHost, sandboxHost),
		customers: integrations.NewCache[customer](mostCustomers, customerTTL),
		settings:  &integrations.Settings[reading]{},
	}
}

const title = "Paddle"

// Name returns "paddle".
func (*Platform) Name() string { return "paddle" }

// Title returns "Paddle".
func (*Platform) Title() string { return title }

// Settings are what an integration with Paddle may set.
type Settings struct {
	// Sandbox says that the notifications are of a sandbox account, whose orders
	// are tests. An API key that begins with pdl_sdbx_ says so by itself.
	Sandbox bool `json:"sandbox,omitempty"`
}

// reading is settings that were read, or why they cannot be.
type reading struct {
	Settings
	err error
}

func readSettings(text json.RawMessage) reading {
	var r reading
	if len(text) == 0 {
		return r
	}
	if err := json.Unmarshal(text, &r.Settings); err != nil {
		r.err = enrolld.Wrap(enrolld.Invalid, err, "the settings of Paddle cannot be read")
	}
	return r
}

// What Paddle's credentials begin with. API keys from before May 2025 have no
// prefix.
const (
	prefixSecret  = "pdl_ntfset_"
	prefixLive    = "pdl_live_"
	prefixSandbox = "pdl_sdbx_"
)

// CheckConfig wants the secret of a notification destination and tells apart
// what is easily taken for it.
func (p *Platform) CheckConfig(c integrations.Config) error {
	if len(integrations.Keys(c.Secrets)) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "give the secret key of the notification destination "+
			"(Paddle > Developer tools > Notifications); it begins with pdl_ntfset_")
	}
	if slices.ContainsFunc(c.Secrets, isAPIKey) {
		return enrolld.Errorf(enrolld.Invalid, "that is an API key. Give the secret key of the notification "+
			"destination; it begins with pdl_ntfset_")
	}
	if strings.HasPrefix(c.APIKey.Reveal(), prefixSecret) {
		return enrolld.Errorf(enrolld.Invalid, "that is the secret key of a notification destination. "+
			"Give an API key (Paddle > Developer tools > Authentication); it begins with pdl_live_apikey_ or pdl_sdbx_apikey_")
	}
	s := p.settings.Get(c.Settings, readSettings)
	if s.err == nil && s.Sandbox && strings.HasPrefix(c.APIKey.Reveal(), prefixLive) {
		return enrolld.Errorf(enrolld.Invalid, "the settings say sandbox, but the API key is one of a live account")
	}
	return s.err
}

func isAPIKey(s enrolld.Secret) bool {
	return strings.HasPrefix(s.Reveal(), prefixLive) || strings.HasPrefix(s.Reveal(), prefixSandbox)
}

// sandbox says whether an integration is with a sandbox account.
func (p *Platform) sandbox(c integrations.Config) bool {
	return strings.HasPrefix(c.APIKey.Reveal(), prefixSandbox) || p.settings.Get(c.Settings, readSettings).Sandbox
}

// IsPing says whether the body is empty: Paddle's own tests are notifications
// like any other.
func (*Platform) IsPing(r integrations.Request) bool { return len(bytes.TrimSpace(r.Body)) == 0 }

// signatureHeader is where Paddle signs
// (developer.paddle.com/webhooks/about/signature-verification).
const signatureHeader = "Paddle-Signature"

// Verify proves the signature: an HMAC-SHA256 over timestamp, colon and body,
// whose key is the whole secret. Paddle's own libraries allow five seconds, which
// clocks do not keep; ours is the tolerance of all platforms.
func (*Platform) Verify(c integrations.Config, r integrations.Request) error {
	keys := integrations.Keys(c.Secrets)
	if len(keys) == 0 {
		return integrations.ErrNoSecret()
	}
	timestamp, signatures := parseSignature(r.Header.Get(signatureHeader))
	if timestamp == "" || len(signatures) == 0 {
		return enrolld.Errorf(enrolld.Unauthorized,
			"there is no Paddle-Signature with a timestamp and an h1 signature")
	}
	if err := integrations.CheckTimestamp(timestamp, r.ReceivedAt); err != nil {
		return err
	}
	if !integrations.MACMatches(sha256.New, keys, signatures, []byte(timestamp), []byte(":"), r.Body) {
		return integrations.ErrSignature(signatureHeader)
	}
	return nil
}

// parseSignature reads "ts=1760000000;h1=<hex>;h1=<hex>". Two h1 stand there
// while a secret is being changed; other schemes are passed over.
func parseSignature(header string) (timestamp string, signatures [][]byte) {
	for pair := range strings.SplitSeq(header, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		switch name {
		case "ts":
			timestamp = value
		case "h1":
			if sig := integrations.DecodeHex(value); len(sig) == sha256.Size {
				signatures = append(signatures, sig)
			}
		}
	}
	return timestamp, signatures
}

// Identify uses event_id, the same for every retry and for every destination
// that is sent the event; notification_id is not.
func (*Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	n, err := r.DecodeJSON()
	if err != nil {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	id := integrations.Identity{Key: n.Get("event_id").Text(), Event: n.Get("event_type").Text()}
	if id.Key == "" {
		id.Key = integrations.BodyKey(r.Body)
	}
	return id
}

// Redact has nothing to do but for a secret that somebody put into custom data:
// Paddle signs without sending the secret.
func (*Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	body := integrations.MaskText(r.Body, c.APIKey.Reveal())
	for _, s := range c.Secrets {
		body = integrations.MaskText(body, s.Reveal())
	}
	return r.WithBody(body)
}
