package paypal

import (
	"context"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// question is one delivery's talk with the API.
type question struct {
	*Platform
	Settings
	ctx    context.Context //nolint:containedctx // lives as long as one call of Complete
	config integrations.Config
	// received is when the delivery came.
	received time.Time
}

// Complete proves a delivery, asks the API what it leaves out (who bought what by a
// capture, whose subscription a sale is of) and looks whether enough was paid.
func (p *Platform) Complete(
	ctx context.Context, c integrations.Config, r integrations.Request, parsed integrations.Parsed,
) (integrations.Parsed, error) {
	d, err := p.read(c, r)
	if err != nil || len(parsed.Events) == 0 {
		return parsed, err
	}
	if err := p.prove(ctx, c, d.Settings, r); err != nil {
		return integrations.Parsed{}, err
	}
	q := question{Platform: p, Settings: d.Settings, ctx: ctx, config: c, received: r.ReceivedAt}
	switch {
	case d.agreement():
		err = enrolld.Parkf("The subscription is one of PayPal's old Billing Agreements API, which names no plan. " +
			"Take it over by hand.")
	case d.name == "PAYMENT.CAPTURE.COMPLETED":
		parsed.Events, err = q.captured(d)
	case d.name == "CHECKOUT.ORDER.COMPLETED":
		parsed.Events, err = q.ordered(d, parsed.Events)
	case d.name == "PAYMENT.SALE.COMPLETED":
		parsed.Events, err = q.sold(d, parsed.Events[0])
	}
	if err == nil {
		err = check(parsed.Events)
	}
	if err == nil {
		err = d.judge(parsed.Events)
	}
	if err != nil {
		return integrations.Parsed{}, err
	}
	parsed.Incomplete = false
	return parsed, nil
}

// needsKey says what to give where PayPal has to be asked and cannot be.
func (q question) needsKey(why string) error {
	if q.config.APIKey != "" {
		return nil
	}
	return enrolld.Parkf("PayPal's delivery does not say %s. Give the integration an API key: %s.", why, keyForm)
}
