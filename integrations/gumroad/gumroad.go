// Package gumroad understands Gumroad's pings: the one of the settings page,
// which tells of sales, and those of resource subscriptions, which tell of
// refunds, disputes and memberships too.
//
// # Sources
//
// Gumroad's own program, github.com/antiwork/gumroad of April 2025: what pings
// contain and when they are sent (modules ping_notification, the ping workers),
// what API v2 answers (sales, subscribers, products), how refunds, disputes,
// trials, gifts, bundles and instalment plans work. Not verified against a live
// account.
//
// # Proof
//
// Gumroad signs nothing. A ping is taken for a hint: what counts is what the API
// says of the sale or the membership that it names, when it is asked about it.
// The labels of a seller's own checkout fields stand among Gumroad's names and
// hide them, so that a buyer can write an e-mail address or a sale's id there;
// of a ping only the id and the kind are used. With the setting
// {"confirm":"off"} pings are believed, and all there is against forgery is the
// token in the URL.
//
// Asked for one sale, the API does not say whether it failed or still waits for the
// buyer's bank. What it lists of an order, and of a membership, are sales that were
// made, so it is asked for that too. The sale of a gift's receiver is in no list and
// is taken as it is; so is one that the ping calls the seller's own, as a test.
//
// # What Gumroad's words mean here
//
//   - A sale is one product bought by one person; a cart of three is three sales.
//     Each charge of a membership is a sale of its own, and the membership
//     (subscription_id) makes them one order.
//   - The one line of an order is its product. Its variant is what was chosen of
//     it, of a membership the tier: "Pro"; of several choices "Red, XL", sorted by
//     the names of what is chosen.
//   - A payment is named by the sale's id, and so are its refund and its dispute:
//     Gumroad tells how much can still be refunded and not what was. The amount of
//     a part is known for sales in US dollars only.
//   - price is in cents of US dollars, whatever the buyer saw.
//   - How far a membership is paid is the sale's date and its period, which is how
//     Gumroad itself reckons. The first sale of a membership with a free trial has
//     a price that was not paid.
//   - A membership that failed or was cancelled ends when Gumroad ends it. An
//     instalment plan that ended is paid.
//   - A gift's receiver has a sale of their own, without a price. Of a gift's
//     refund Gumroad tells nothing, of its dispute only by the giver's sale.
//   - A bundle is a product. Of the products in it Gumroad sends pings too, which
//     do not say of which bundle they are a part; they are passed over.
//
// Registers are dated by the sale, or, for what only is (refunded, disputed,
// cancelled), by the moment of the API's answer.
package gumroad

import (
	"bytes"
	"encoding/json"
	"strconv"

	"enrolld"
	"enrolld/integrations"
)

// Platform is Gumroad.
type Platform struct {
	api      *integrations.API
	settings *integrations.Settings[reading]
}

var (
	_ integrations.Platform   = (*Platform)(nil)
	_ integrations.Completer  = (*Platform)(nil)
	_ integrations.Cataloguer = (*Platform)(nil)
	_ integrations.Refunder   = (*Platform)(nil)
)

// Options are for tests.
type Options struct {
	BackendURL string // of the API; "" is Gumroad's own
}

// New returns Gumroad.
func New(o Options) *Platform {
	return &Platform{
		api:      integrations.NewAPI("Gumroad", o.BackendURL, "api.gumroad.com"),
		settings: &integrations.Settings[reading]{},
	}
}

// Settings are what an integration with Gumroad may set.
type Settings struct {
	// SellerID is the seller_id of the account's pings; where set, those of other
	// sellers are refused.
	SellerID string `json:"seller_id,omitempty"`
	// Confirm is "off" to believe pings without asking the API.
	Confirm string `json:"confirm,omitempty"`
}

// reading is settings that were read, or why they cannot be.
type reading struct {
	Settings
	err error
}

func (r reading) asks() bool { return r.Confirm != confirmOff }

const (
	confirmOn  = "on"
	confirmOff = "off"
)

func read(text json.RawMessage) reading {
	var r reading
	if len(text) == 0 {
		return r
	}
	if err := json.Unmarshal(text, &r.Settings); err != nil {
		r.err = enrolld.Wrap(enrolld.Invalid, err, "the settings of Gumroad cannot be read")
		return r
	}
	switch r.Confirm {
	case "", confirmOn, confirmOff:
	default:
		r.err = enrolld.Errorf(enrolld.Invalid, `in the settings of Gumroad "confirm" can be %q or %q`, confirmOn, confirmOff)
	}
	return r
}

// Name returns "gumroad".
func (*Platform) Name() string { return "gumroad" }

// Title returns "Gumroad".
func (*Platform) Title() string { return "Gumroad" }

// CheckConfig wants an access token, the only way to know that a ping is true.
func (*Platform) CheckConfig(c integrations.Config) error {
	s := read(c.Settings)
	if s.err != nil {
		return s.err
	}
	if c.APIKey == "" && s.asks() {
		return enrolld.Errorf(enrolld.Invalid, "give an access token as the API key: Gumroad signs nothing, so each ping "+
			"is checked by asking Gumroad (Settings > Advanced > Applications > Create application > Generate access token); "+
			`or set {"confirm":"off"} to believe whoever knows the webhook address`)
	}
	return nil
}

// IsPing says whether the body is empty. What Gumroad calls a test ping tells of
// a real sale; it is stored, for whoever tries to see it, and ignored.
func (*Platform) IsPing(r integrations.Request) bool { return len(bytes.TrimSpace(r.Body)) == 0 }

// Verify compares the seller, where the settings have one. That a ping is true
// Complete finds out.
func (p *Platform) Verify(c integrations.Config, r integrations.Request) error {
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return enrolld.Wrap(enrolld.Unauthorized, s.err, "%s", enrolld.MessageOf(s.err))
	}
	if s.SellerID == "" {
		return nil
	}
	d, err := newDelivery(r)
	switch {
	case err != nil:
		return enrolld.Wrap(enrolld.Unauthorized, err, "the ping cannot be read: %s", enrolld.MessageOf(err))
	case d.ofMembership() || s.asks() && d.hidden(fieldSeller):
		return nil // has no seller, or what a buyer wrote in its place
	case d.n.Get(fieldSeller).Text() != s.SellerID:
		return enrolld.Errorf(enrolld.Unauthorized, "the ping is not of the seller that the settings name")
	}
	return nil
}

// Identify names a ping by what it is about. The body is no use: retries have a
// retry_count in it. A test ping has the id of a real sale and a key of its own.
// Two partial refunds of one sale send the same ping, and who knows a sale can send
// the ping of its refund beforehand; so what is not a sale is another delivery each
// day. To ask about something twice does no harm.
func (*Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	d, err := newDelivery(r)
	if err != nil || d.id() == "" {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	if d.testPing() {
		return integrations.Identity{Key: integrations.Key("test ping", d.id()), Event: "test ping"}
	}
	id := integrations.Identity{Event: d.resource}
	if d.ofMembership() {
		plan := d.n.Get("new_plan")
		id.Key = integrations.Key(d.resource, d.id(),
			d.n.First("ended_at", "restarted_at", "cancelled_at", "effective_as_of").Text(),
			d.n.Get("ended_reason").Text(), strconv.FormatBool(d.n.Get("cancelled_due_to_payment_failures").Bool()),
			plan.Get("tier", "id").Text(), plan.Get("recurrence").Text(), plan.Get("price_cents").Text(), plan.Get("quantity").Text(), d.day())
		return id
	}
	parts := []string{
		d.resource, d.id(), d.n.Get("order_number").Text(),
		strconv.FormatBool(d.n.Get("refunded").Bool()), strconv.FormatBool(d.n.Get("dispute_won").Bool()),
	}
	if d.resource != resourceSale {
		parts = append(parts, d.day())
	}
	id.Key = integrations.Key(parts...)
	return id
}

// Redact masks what a ping says of the card and of where the buyer sat, and an
// access token that somebody put into the URL's parameters.
func (*Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	contentType := r.Header.Get("Content-Type")
	body := integrations.MaskField(r.Body, contentType, "card")
	body = integrations.MaskField(body, contentType, "ip_country")
	body = integrations.MaskText(body, c.APIKey.Reveal())
	for _, s := range c.Secrets {
		body = integrations.MaskText(body, s.Reveal())
	}
	return r.WithBody(body)
}
