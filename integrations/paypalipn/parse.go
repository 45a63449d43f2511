package paypalipn

import (
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// delivery is a decoded message.
type delivery struct {
	Settings
	n        integrations.Node
	received time.Time
	name     string // txn_type, which refunds have none of
	status   string // payment_status
}

// Parse translates a message. Whatever has an effect is incomplete, as it is not
// proved yet; see Complete.
func (p *Platform) Parse(c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	s := p.settings.Get(c.Settings, read)
	if s.err != nil {
		return integrations.Parsed{}, s.err
	}
	n, err := decode(r)
	if err != nil {
		return integrations.Parsed{}, err
	}
	d := delivery{
		Settings: s.Settings, n: n, received: r.ReceivedAt,
		name: n.Get("txn_type").Text(), status: n.Get("payment_status").Text(),
	}
	parsed, err := d.parse()
	if err != nil {
		return integrations.Parsed{}, err
	}
	for _, e := range parsed.Events {
		if err := e.Check(); err != nil {
			return integrations.Parsed{}, err
		}
	}
	parsed.Incomplete = len(parsed.Events) > 0
	return parsed, nil
}

// parse asks first for what became of money: messages about it often have no
// txn_type, or that of the sale. Only a mass payment never is a sale, whatever
// became of it.
func (d delivery) parse() (integrations.Parsed, error) {
	if d.name == typeMassPay {
		return integrations.Parsed{Ignored: ignored[typeMassPay]}, nil
	}
	switch d.status {
	case "Refunded", "Partially_Refunded":
		return d.refunded()
	case "Reversed":
		return d.disputed(enrolld.DisputeLost, enrolld.EventDisputeLost, d.moved())
	case "Canceled_Reversal":
		return d.disputed(enrolld.DisputeWon, enrolld.EventDisputeWon, later(d.moved(), d.received))
	}
	if handle := handlers[d.name]; handle != nil {
		return handle(d)
	}
	if reason := ignored[d.name]; reason != "" {
		return integrations.Parsed{Ignored: reason}, nil
	}
	return integrations.Parsed{Ignored: "PayPal's message has no meaning for access that we know of."}, nil
}

// handlers lists the messages that matter to access.
var handlers = map[string]func(delivery) (integrations.Parsed, error){
	"web_accept":       delivery.bought,
	"cart":             delivery.bought,
	"express_checkout": delivery.bought,
	"pro_hosted":       delivery.bought,
	"virtual_terminal": delivery.bought,
	"merch_pmt":        delivery.bought,

	"subscr_signup":  delivery.signup,
	"subscr_payment": delivery.paid,
	"subscr_failed":  delivery.failed,
	"subscr_cancel":  delivery.cancelled,
	"subscr_eot":     delivery.ended,
	"subscr_modify":  delivery.modified,

	"recurring_payment_profile_created":                     delivery.profile,
	"recurring_payment":                                     delivery.paid,
	"recurring_payment_outstanding_payment":                 delivery.paid,
	"recurring_payment_failed":                              delivery.failed,
	"recurring_payment_skipped":                             delivery.failed,
	"recurring_payment_outstanding_payment_failed":          delivery.failed,
	"recurring_payment_profile_cancel":                      delivery.profileCancelled,
	"recurring_payment_expired":                             delivery.expired,
	"recurring_payment_suspended":                           delivery.suspended,
	"recurring_payment_suspended_due_to_max_failed_payment": delivery.suspended,

	"new_case":   delivery.newCase,
	"adjustment": delivery.adjusted,
}

// typeMassPay is the txn_type of money that went out to many.
const typeMassPay = "masspay"

// ignored says why messages have no effect.
var ignored = map[string]string{
	"":                "The message says nothing of what happened.",
	"send_money":      "Money sent without anything being bought.",
	typeMassPay:       "A mass payment: money that went out.",
	"mp_signup":       "A buyer agreed to be billed; the payments are told by themselves.",
	"mp_cancel":       "A buyer no longer agrees to be billed; nothing is owed.",
	"mp_notification": "An agreement to be billed changed.",
	"payout":          "Money that went out.",
}

func done(events ...enrolld.Event) (integrations.Parsed, error) {
	return integrations.Parsed{Events: events}, nil
}

// event begins an event about the order that the references belong to.
func (d delivery) event(kind enrolld.EventKind, at time.Time, refs ...string) enrolld.Event {
	e := enrolld.Event{Kind: kind, At: at, Test: isTest(d.n)}
	for _, r := range refs {
		if !strings.HasSuffix(r, ":") && !slices.Contains(e.Refs, r) {
			e.Refs = append(e.Refs, r)
		}
	}
	return e
}

// Prefixes of references.
const (
	refPayment = "payment:"
	refSub     = "sub:"
)

func (d delivery) subID() string { return d.n.First("subscr_id", "recurring_payment_id").Text() }

func (d delivery) text(field string) string { return d.n.Get(field).Text() }

// money reads an amount in the payment's currency.
func (d delivery) money(field string) (enrolld.Money, error) {
	return d.n.Get(field).Decimal(d.n.First("mc_currency", "currency_code").Text())
}

func (d delivery) buyer() (*enrolld.Buyer, error) {
	return integrations.Buyer(d.text("payer_email"), d.text("first_name"), d.text("last_name"), d.text("address_name"),
		d.n.First("address_country_code", "residence_country").Text())
}

// zones are those that PayPal writes dates in: its own, and that of test messages.
var zones = map[string]int{"PST": -8, "PDT": -7, "GMT": 0, "UTC": 0}

// dateLayouts are the ways in which PayPal writes dates, but for the zone.
var dateLayouts = []string{"15:04:05 Jan 2, 2006", "15:04:05 2 Jan 2006", "15:04:05 Jan 2 2006"}

// date reads "10:15:00 Mar 01, 2026 PST"; zero when there is none.
func date(s string) time.Time {
	at := strings.LastIndexByte(s, ' ')
	if at < 0 {
		return time.Time{}
	}
	hours, ok := zones[s[at+1:]]
	if !ok {
		return time.Time{}
	}
	for _, layout := range dateLayouts {
		if t, err := time.ParseInLocation(layout, s[:at], time.FixedZone("", hours*60*60)); err == nil && t.Year() >= 1998 && t.Year() < 9999 {
			return t.UTC()
		}
	}
	return time.Time{}
}

// at is the first of several dates that there is, else when the message came.
func (d delivery) at(fields ...string) time.Time {
	for _, f := range fields {
		if t := date(d.text(f)); !t.IsZero() {
			return t
		}
	}
	return d.received
}

// moved is when the money moved.
func (d delivery) moved() time.Time { return d.at("payment_date") }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func pick(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
