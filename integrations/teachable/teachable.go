// Package teachable understands the webhooks of Teachable: sales, transactions and
// enrolments, one event at a time or several in an array.
//
// # Sources
//
// docs.teachable.com (webhook events; Admin API: users, transactions, pricing plans,
// courses), receivers that people published. Teachable documents the events but not
// their payloads, and nothing here was tried with a live account, so ids are looked
// for in more than one place.
//
// # Proof
//
// Teachable signs nothing: the token in the address is all that a delivery shows. So
// nothing of it is believed. Complete asks developers.teachable.com for the user, the
// user's courses and transactions and the pricing plan, and what it answers is what
// counts. Plans without API set {"confirm":"off"}: then whoever knows the address can
// give access. The API lists no cancellations: of one it only confirms that there is
// such a sale.
//
// # What Teachable's words mean here
//
//   - A product is a course, its pricing plan the variant. A plan without a course, as
//     of a bundle, is a product by itself, "plan-7004".
//   - An order is what one user has of one course: Enrollment events name nothing
//     else. Each sale is a line of it, with the transactions as payments. A bundle is
//     one sale and one line; the enrolments in its courses do not end it. A sale that
//     no transaction shows to be the user's is no reference.
//   - A subscription named "enrollment" says whether the user is enrolled. How far it
//     is paid follows from the pricing plan's interval; a payment plan stays open, as
//     nobody says how many payments it has.
//   - Without API a cancellation ends nothing: Teachable does not say how far was paid,
//     and Enrollment.disabled follows.
//   - A refund is what the transaction says was given back so far.
//   - Amounts are in the smallest unit of the currency.
package teachable

import (
	"bytes"
	"encoding/json"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// Platform is Teachable.
type Platform struct {
	api      *integrations.API
	plans    *integrations.Cache[plan]
	settings *integrations.Settings[reading]
}

var (
	_ integrations.Platform   = (*Platform)(nil)
	_ integrations.Completer  = (*Platform)(nil)
	_ integrations.Cataloguer = (*Platform)(nil)
)

// Options are for tests.
type Options struct {
	BackendURL string // of the API; "" is Teachable's own
}

// How long and how many pricing plans are kept.
const (
	keepPlans = 10 * time.Minute
	mostPlans = 2_000
)

// New returns Teachable.
func New(o Options) *Platform {
	return &Platform{
		api:      integrations.NewAPI("Teachable", o.BackendURL, "developers.teachable.com"),
		plans:    integrations.NewCache[plan](mostPlans, keepPlans),
		settings: &integrations.Settings[reading]{},
	}
}

// reading is settings that were read, or why they cannot be.
type reading struct {
	confirm bool
	err     error
}

func read(text json.RawMessage) reading {
	confirm, err := integrations.ReadConfirm("Teachable", text)
	return reading{confirm, err}
}

// Name returns "teachable".
func (*Platform) Name() string { return "teachable" }

// Title returns "Teachable".
func (*Platform) Title() string { return "Teachable" }

// CheckConfig wants an API key, unless the settings do without.
func (*Platform) CheckConfig(c integrations.Config) error {
	s := read(c.Settings)
	switch {
	case s.err != nil:
		return s.err
	case c.APIKey == "" && s.confirm:
		return enrolld.Errorf(enrolld.Invalid, "Teachable does not sign its webhooks, so it is asked whether they are true. "+
			"Give an API key (Settings > API Keys > Create API Key), "+
			`or, on plans without API, the settings {"confirm":"off"}`)
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
		return enrolld.Errorf(enrolld.Unauthorized, "the integration has no API key to ask Teachable with")
	}
	return nil
}

// Identify joins the ids of all events that a delivery has, and what it says: ids can
// be guessed, and who sends one beforehand must not keep the real one out.
func (*Platform) Identify(_ integrations.Config, r integrations.Request) integrations.Identity {
	n, err := r.DecodeJSON()
	if err != nil {
		return integrations.Identity{Key: integrations.BodyKey(r.Body)}
	}
	var id integrations.Identity
	var parts []string
	for _, e := range n.List() {
		name := e.Get("type").Text()
		if id.Event == "" {
			id.Event = name
		}
		hook := e.Get("hook_event_id").Text()
		if hook == "" {
			id.Key = integrations.BodyKey(r.Body)
			return id
		}
		parts = append(parts, name, hook)
	}
	id.Key = integrations.Key(append(parts, integrations.BodyKey(r.Body))...)
	return id
}

// Redact has nothing to do but for a key that somebody put into a name: Teachable
// sends no secret.
func (*Platform) Redact(c integrations.Config, r integrations.Request) integrations.Request {
	body := integrations.MaskText(r.Body, c.APIKey.Reveal())
	for _, s := range c.Secrets {
		body = integrations.MaskText(body, s.Reveal())
	}
	return r.WithBody(body)
}
