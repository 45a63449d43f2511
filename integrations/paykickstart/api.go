package paykickstart

import (
	"context"
	"net/url"
	"slices"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// apiHost is where PayKickstart's API is (docs.paykickstart.com).
const apiHost = "app.paykickstart.com"

// Complete asks until when a subscription is paid, which no notification says.
// Notifications are signed: what the API does not know of stands all the same.
func (p *Platform) Complete(
	ctx context.Context, c integrations.Config, r integrations.Request, parsed integrations.Parsed,
) (integrations.Parsed, error) {
	n, err := r.Decode()
	if err != nil || len(parsed.Events) == 0 || c.APIKey == "" {
		return parsed, err
	}
	d := delivery{n: n}
	// The API wants its key in the address. An API's errors never have that.
	query := url.Values{"auth_token": {c.APIKey.Reveal()}, "id": {d.text("invoice_id")}}
	purchase, err := p.api.JSON(ctx, integrations.Call{
		URL: "https://" + apiHost + "/api/purchase/get?" + query.Encode(), What: "a purchase",
	})
	if err != nil && enrolld.CodeOf(err) != enrolld.NotFound {
		return parsed, err
	}
	parsed.Incomplete = false
	parsed.Events = slices.Clone(parsed.Events)
	e := &parsed.Events[0]
	until := nextDate(purchase, d.text("product_id"))
	if !until.After(e.At) {
		return parsed, nil
	}
	if e.Subscription != nil {
		s := *e.Subscription
		s.Value.PaidUntil = until
		e.Subscription = &s
	}
	if e.Payment != nil {
		paid := *e.Payment
		paid.Value.PaidUntil = until
		e.Payment = &paid
	}
	return parsed, nil
}

// nextDate finds when a purchase's subscription to a product is charged next. Of
// several subscriptions the product's must be known by its number.
func nextDate(purchase integrations.Node, product string) time.Time {
	if data := purchase.Get("data"); data.IsObject() {
		purchase = data
	}
	list := purchase.Get("subscriptions").List()
	for _, s := range list {
		if s.First("product_id", "plan_id").Text() == product {
			return s.Get("next_date").Time()
		}
	}
	if len(list) == 1 {
		return list[0].Get("next_date").Time()
	}
	return time.Time{}
}
