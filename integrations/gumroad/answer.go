package gumroad

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

const base = "https://api.gumroad.com/v2/"

// Complete asks Gumroad about the sale or the membership that a ping names, and
// tells what it answers. Nothing of the ping is believed but that somebody knows
// of it, and that the seller bought from themselves, which the API does not say.
func (p *Platform) Complete(
	ctx context.Context, c integrations.Config, r integrations.Request, _ integrations.Parsed,
) (integrations.Parsed, error) {
	d, err := newDelivery(r)
	if err != nil {
		return integrations.Parsed{}, err
	}
	if !isID(d.id()) {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the ping names no sale and no membership as Gumroad does")
	}
	q := question{p.api, c.APIKey}
	v := view{resource: d.resource, test: d.test()}
	if d.ofMembership() {
		m, at, err := q.membership(ctx, d.id())
		if err != nil {
			return integrations.Parsed{}, d.denied(err, "membership")
		}
		if err := q.plan(ctx, &m); err != nil {
			return integrations.Parsed{}, err
		}
		v.at = or(at, r.ReceivedAt)
		return checked(v.ofMembership(m))
	}
	s, at, err := q.sale(ctx, d.id())
	if err != nil {
		return integrations.Parsed{}, d.denied(err, "sale")
	}
	if seller := p.settings.Get(c.Settings, read).SellerID; seller != "" && s.seller != seller {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the sale is not of the seller that the settings name")
	}
	v.at = or(at, r.ReceivedAt)
	m, at, err := q.membershipOf(ctx, s)
	if err != nil {
		return integrations.Parsed{}, err
	}
	v.at = or(at, v.at)
	if s.counts() && !v.test {
		if err := q.made(ctx, s, m); err != nil {
			return integrations.Parsed{}, d.denied(err, "sale")
		}
	}
	if !v.shows(s) {
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Unavailable, "Gumroad does not show yet what the ping tells of")
	}
	return v.ofSale(s, m)
}

func or(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}

// denied is what it means that Gumroad does not know what a ping tells of.
func (d delivery) denied(err error, what string) error {
	switch {
	case enrolld.CodeOf(err) != enrolld.NotFound:
		return err
	case integrations.IsSettling(d.received):
		return enrolld.Errorf(enrolld.Unavailable, "Gumroad does not know of the %s yet", what)
	}
	return enrolld.Errorf(enrolld.Invalid, "Gumroad knows no such %s of this account: the ping is not genuine", what)
}

// question is a talk with Gumroad in the name of an account.
type question struct {
	api *integrations.API
	key enrolld.Secret
}

func (q question) call(method, path, what string, form url.Values) integrations.Call {
	c := integrations.Call{Method: method, URL: base + path, What: what, Header: http.Header{
		"Authorization": {"Bearer " + q.key.Reveal()}, "Accept": {"application/json"},
	}}
	if len(form) > 0 {
		c.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		c.Body = []byte(form.Encode())
	}
	return c
}

// get asks for one thing, and returns when it was as it is by Gumroad's clock.
// What it does not know Gumroad answers with a success that says so.
func (q question) get(ctx context.Context, path, what string, names ...string) (integrations.Node, time.Time, error) {
	none := func(err error) (integrations.Node, time.Time, error) { return integrations.Node{}, time.Time{}, err }
	answer, err := q.api.Do(ctx, q.call("", path, what, nil))
	if err != nil {
		return none(err)
	}
	if err := q.api.Problem(answer, what); err != nil {
		return none(err)
	}
	n, err := integrations.DecodeJSON(answer.Body)
	success := n.Get("success")
	switch thing := n.First(names...); {
	case err != nil || success.Empty():
		return none(enrolld.Errorf(enrolld.Unavailable, "Gumroad's answer cannot be read when asked for %s", what))
	case !success.Bool():
		return none(enrolld.Errorf(enrolld.NotFound, "Gumroad knows no such thing when asked for %s", what))
	case thing.Empty():
		return none(enrolld.Errorf(enrolld.Unavailable, "Gumroad's answer cannot be read when asked for %s", what))
	default:
		return thing, dated(answer), nil
	}
}

// dated is when an answer was given; zero where it does not say.
func dated(answer integrations.Answer) time.Time {
	at, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil || at.Unix() <= 0 {
		return time.Time{}
	}
	return at
}

// sale asks for a sale.
func (q question) sale(ctx context.Context, id string) (sale, time.Time, error) {
	n, at, err := q.get(ctx, "sales/"+id, "a sale", "sale")
	if err != nil {
		return sale{}, at, err
	}
	s := saleFrom(n)
	if !isID(s.id) || s.at.IsZero() {
		return sale{}, at, enrolld.Errorf(enrolld.Unavailable, "Gumroad's answer about a sale cannot be read")
	}
	return s, at, nil
}

// saleFrom reads a sale as API v2 tells it.
func saleFrom(n integrations.Node) sale {
	text := func(name string) string { return n.Get(name).Text() }
	is := func(name string) bool { return n.Get(name).Bool() }
	s := sale{
		id: text("id"), number: text("order_id"), seller: text(fieldSeller),
		product: text("product_id"), name: integrations.Clean(text("product_name")), variant: variant(n.Get("variants")),
		subscription: text("subscription_id"), full: text("full_name"), country: text("country_iso2"),
		// The one is where the buyer wanted to be written to, the other that of
		// the account at Gumroad by which they were known.
		email: n.First("purchase_email", "email").Text(),
		at:    n.Get("created_at").Time(), price: n.Get("price").Minor(currency), quantity: quantity(n.Get("quantity")),
		months: months(text("subscription_duration")), rebill: is("recurring_charge"),
		refunded: is("refunded"), partly: is("partially_refunded"), disputed: is("disputed"), won: is("dispute_won"),
		preorder: is("is_preorder_authorization"), given: is("is_gift_sender_purchase"), part: is("is_bundle_product_purchase"),
		gift:        is("is_gift_receiver_purchase"),
		instalments: n.Get("is_recurring_billing").Exists() && !is("is_recurring_billing"),
	}
	if s.partly && inDollars(n) {
		if left, err := n.Get("amount_refundable_in_currency").Decimal(currency); err == nil && left.Minor < s.price.Minor {
			s.back = integrations.Minor(s.price.Minor-left.Minor, currency)
		}
	}
	return s
}

// inDollars says whether a sale's other amounts are in the currency of its price:
// they are in what the buyer saw, whose sign alone is told.
func inDollars(n integrations.Node) bool { return n.Get("currency_symbol").Text() == "$" }

// made finds out whether a sale went through. Asked for one, Gumroad answers with
// what failed or waits for the buyer's bank just the same; what it lists are those
// that were paid and the beginnings of free trials.
func (q question) made(ctx context.Context, s sale, m *membership) error {
	missing := enrolld.Errorf(enrolld.NotFound, "Gumroad does not list the sale among those that were made")
	if m != nil {
		if slices.Contains(m.sales, s.id) {
			return nil
		}
		return missing
	}
	if s.number == "" || strings.Trim(s.number, "0123456789") != "" {
		return enrolld.Errorf(enrolld.Unavailable, "Gumroad's answer about a sale cannot be read")
	}
	n, err := q.api.JSON(ctx, q.call("", "sales?order_id="+s.number, "a sale", nil))
	switch {
	case err != nil:
		return err
	case !n.Get("success").Bool():
		return enrolld.Errorf(enrolld.Unavailable, "Gumroad's answer cannot be read when asked for a sale")
	}
	for _, listed := range n.Get("sales").List() {
		if listed.Get("id").Text() == s.id {
			return nil
		}
	}
	return missing
}

// membershipOf asks for the membership that a sale belongs to; nil where there is
// none, or none any more.
func (q question) membershipOf(ctx context.Context, s sale) (*membership, time.Time, error) {
	if s.subscription == "" {
		return nil, time.Time{}, nil
	}
	m, at, err := q.membership(ctx, s.subscription)
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return nil, at, nil
	}
	return &m, at, err
}

// membership asks for a subscriber, as Gumroad calls a membership.
func (q question) membership(ctx context.Context, id string) (membership, time.Time, error) {
	if !isID(id) {
		return membership{}, time.Time{}, enrolld.Errorf(enrolld.Invalid, "the sale names its membership as Gumroad does not")
	}
	n, at, err := q.get(ctx, "subscribers/"+id, "a membership", "subscriber", "subscribers")
	if err != nil {
		return membership{}, at, err
	}
	return membershipFrom(n, id), at, nil
}

// membershipFrom reads a subscriber as API v2 tells it.
func membershipFrom(n integrations.Node, id string) membership {
	m := membership{
		id: id, months: months(n.Get("recurrence").Text()), cancelled: n.Get("cancelled_at").Time(),
		ended: n.Get("ended_at").Time(), failed: n.Get("failed_at").Time(), trialEnds: n.Get("free_trial_ends_at").Time(),
		pastDue: n.Get("status").Text() == "pending_failure",
		counted: !n.Get("charge_occurrence_count").Empty(),
	}
	for _, sale := range n.Get("purchase_ids").List() {
		m.sales = append(m.sales, sale.Text())
	}
	return m
}

// plan finds out, where it matters, whether what came to its end is an instalment
// plan: one of its sales says so.
func (q question) plan(ctx context.Context, m *membership) error {
	if m.ended.IsZero() || !m.counted || len(m.sales) == 0 || !isID(m.sales[0]) {
		return nil
	}
	s, _, err := q.sale(ctx, m.sales[0])
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return nil
	}
	m.instalments = s.instalments
	return err
}
