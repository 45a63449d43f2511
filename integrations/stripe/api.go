package stripe

import (
	"context"
	"errors"
	"net/http"
	"time"

	sdk "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/charge"
	"github.com/stripe/stripe-go/v76/checkout/session"
	"github.com/stripe/stripe-go/v76/subscription"

	"enrolld"
	"enrolld/integrations"
)

// apiTimeout is for one question. The queue's schedule does the retrying.
const apiTimeout = 10 * time.Second

// api asks Stripe, by stripe-go and thus in API version 2023-10-16, in which a
// charge still names its invoice.
type api struct{ backend sdk.Backend }

func newAPI(url string) api {
	if url == "" {
		url = sdk.APIURL
	}
	return api{backend: sdk.GetBackendWithConfig(sdk.APIBackend, &sdk.BackendConfig{
		URL: new(url),
		HTTPClient: &http.Client{
			Timeout:       apiTimeout,
			Transport:     integrations.Bounded(http.DefaultTransport),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		MaxNetworkRetries: sdk.Int64(0),
		EnableTelemetry:   new(false),
		// Its log lines hold bodies of answers.
		LeveledLogger: &sdk.LeveledLogger{Level: sdk.LevelNull},
	})}
}

// Complete asks the API what a delivery leaves out: the lines of a session, the
// invoice of a charge. Without an API key it makes do with what there is.
func (p *Platform) Complete(
	ctx context.Context, c integrations.Config, r integrations.Request, parsed integrations.Parsed,
) (integrations.Parsed, error) {
	d, err := read(r)
	if err != nil || len(parsed.Events) == 0 {
		return parsed, err
	}
	q := question{api: p.api, ctx: ctx, key: c.APIKey.Reveal(), account: d.n.Get("account").Text()}
	e := &parsed.Events[0]
	switch {
	case d.obj.Get("object").Text() != "checkout.session":
		err = q.completeCharge(d, e)
	case d.obj.Get("mode").Text() == modeSubscription:
		var more []enrolld.Event
		more, err = q.completeSubscription(d)
		parsed.Events = append(parsed.Events, more...)
	default:
		err = q.completeSession(d, e)
	}
	parsed.Incomplete = err != nil
	return parsed, err
}

// question is one delivery's talk with the API.
type question struct {
	api
	ctx     context.Context //nolint:containedctx // lives as long as one call of Complete
	key     string
	account string // the connected account it is about
}

func (q question) params() sdk.Params {
	p := sdk.Params{Context: q.ctx}
	if q.account != "" {
		p.SetStripeAccount(q.account)
	}
	return p
}

// completeSession finds what was bought.
func (q question) completeSession(d delivery, e *enrolld.Event) error {
	if q.key == "" {
		product := d.obj.Get("client_reference_id").Text()
		if product == "" {
			return enrolld.Parkf("Stripe does not say what was bought. Give the integration a Stripe API key " +
				"(restricted, read-only for Checkout Sessions, Charges and Subscriptions), " +
				"or name the product in the session's metadata as " + productKey + ".")
		}
		e.Lines = d.wholeLine(product)
		return nil
	}
	list := &sdk.CheckoutSessionListLineItemsParams{Session: new(d.ref("id"))}
	list.Context = q.ctx
	list.Limit = sdk.Int64(100)
	list.AddExpand("data.price.product")
	if q.account != "" {
		list.SetStripeAccount(q.account)
	}
	var ls lines
	it := session.Client{B: q.backend, Key: q.key}.ListLineItems(list)
	for it.Next() {
		if l, ok := apiLine(it.LineItem(), d.at); ok {
			ls.add(l)
		}
	}
	if err := it.Err(); err != nil {
		return apiError(err, "the lines of a Checkout session")
	}
	if len(ls) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "Stripe knows no lines of the Checkout session")
	}
	e.Lines = ls
	return nil
}

func apiLine(li *sdk.LineItem, at time.Time) (enrolld.EventLine, bool) {
	if li.Price == nil {
		return enrolld.EventLine{}, false
	}
	ref := enrolld.ProductRef{Variant: li.Price.ID, Name: integrations.Clean(li.Description)}
	if p := li.Price.Product; p != nil {
		ref.ID, ref.Name = p.ID, pick(integrations.Clean(p.Name), ref.Name)
	}
	ref.ID = pick(li.Price.Metadata[productKey], ref.ID)
	return enrolld.EventLine{Key: li.Price.ID, Product: ref, Sale: &enrolld.Sale{
		Paid: true, SoldAt: at, Quantity: int(max(1, min(li.Quantity, 1<<30))),
		Amount: integrations.Minor(li.AmountTotal, string(li.Currency)),
	}}, ref.ID != ""
}

// completeSubscription finds the items of a session's subscription. Without a
// key they come with the events of the subscription and its first invoice.
func (q question) completeSubscription(d delivery) ([]enrolld.Event, error) {
	name := d.ref("subscription")
	if q.key == "" || name == "" {
		return nil, nil
	}
	params := &sdk.SubscriptionParams{Params: q.params()}
	sub, err := subscription.Client{B: q.backend, Key: q.key}.Get(name, params)
	if err != nil {
		return nil, apiError(err, "a subscription")
	}
	n, err := integrations.DecodeJSON(sub.LastResponse.RawJSON)
	if err != nil {
		return nil, enrolld.Wrap(enrolld.Unavailable, err, "Stripe's answer about a subscription cannot be read")
	}
	return d.asked(n), nil
}

// asked is what an answer says of a subscription. It is dated as the session,
// which is before the answer: what Stripe sent since then counts more.
func (d delivery) asked(sub integrations.Node) []enrolld.Event {
	return d.subscribed(sub, integrations.Node{})
}

// completeCharge finds the invoice of the charge that a refund or a dispute is
// about, and for a failed refund what of the charge is refunded.
func (q question) completeCharge(d delivery, e *enrolld.Event) error {
	name := pick(d.ref("charge"), d.ref("id"))
	if q.key == "" || name == "" {
		return nil
	}
	ch, err := charge.Client{B: q.backend, Key: q.key}.Get(name, &sdk.ChargeParams{Params: q.params()})
	if err != nil {
		return apiError(err, "a charge")
	}
	if d.name != "charge.refunded" {
		for i := range e.Refunds {
			e.Refunds[i].Value.Amount = integrations.Minor(ch.AmountRefunded, string(ch.Currency))
			e.Refunds[i].Value.Full = ch.Refunded
		}
	}
	if ch.Invoice == nil || ch.Invoice.ID == "" {
		return nil
	}
	e.Refs = append(e.Refs, ch.Invoice.ID)
	for i := range e.Refunds {
		e.Refunds[i].Value.Payment = ch.Invoice.ID
	}
	if e.Dispute != nil {
		e.Dispute.Value.Payment = ch.Invoice.ID
	}
	return nil
}

// apiError says what is to become of a delivery about which Stripe was asked in
// vain: a person mends the key, time mends the rest. Stripe's own messages may
// quote a part of the key, so only their codes are kept.
func apiError(err error, what string) error {
	var e *sdk.Error
	if !errors.As(err, &e) {
		return enrolld.Errorf(enrolld.Unavailable, "Stripe did not answer when asked for %s", what)
	}
	switch e.HTTPStatusCode {
	case http.StatusUnauthorized:
		return enrolld.Parkf("Stripe does not accept the integration's API key. Give it a valid one.")
	case http.StatusForbidden:
		return enrolld.Parkf("The integration's Stripe API key has no right to %s. Give it that right: "+
			"the recipe for Stripe lists what it needs.", what)
	case http.StatusNotFound:
		return enrolld.Parkf("Stripe knows no such thing when asked for %s. Is the API key of the same "+
			"Stripe account, and of the same mode (test or live)?", what)
	case http.StatusBadRequest:
		return enrolld.Parkf("Stripe refuses to be asked for %s (%s).", what, e.Code)
	}
	return enrolld.Errorf(enrolld.Unavailable, "Stripe answered %d when asked for %s", e.HTTPStatusCode, what)
}
