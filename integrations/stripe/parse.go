package stripe

import (
	"enrolld"
	"enrolld/integrations"
)

// Parse translates a delivery.
func (*Platform) Parse(_ integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	d, err := read(r)
	if err != nil {
		return integrations.Parsed{}, err
	}
	if reason := d.ignored(); reason != "" {
		return integrations.Parsed{Ignored: reason}, nil
	}
	handle := handlers[d.name]
	if handle == nil {
		return integrations.Parsed{Ignored: "Stripe's event has no meaning for access that we know of."}, nil
	}
	p, err := handle(d)
	if err != nil {
		return integrations.Parsed{}, err
	}
	for _, e := range p.Events {
		if err := e.Check(); err != nil {
			return integrations.Parsed{}, err
		}
	}
	return p, nil
}

// handlers lists the events that matter to access.
var handlers = map[string]func(delivery) (integrations.Parsed, error){
	"checkout.session.completed":               delivery.session,
	"checkout.session.async_payment_succeeded": delivery.session,
	"checkout.session.async_payment_failed":    delivery.sessionFailed,
	"payment_intent.succeeded":                 delivery.intent,

	"invoice.paid":           delivery.invoicePaid,
	"invoice.payment_failed": delivery.invoiceFailed,
	"invoice_payment.paid":   delivery.invoicePayment,

	"charge.refunded":       delivery.refunded,
	"charge.refund.updated": delivery.refundChanged,
	"refund.failed":         delivery.refundChanged,
	"refund.updated":        delivery.refundChanged,

	"charge.dispute.created": delivery.dispute,
	"charge.dispute.updated": delivery.dispute,
	"charge.dispute.closed":  delivery.dispute,

	"customer.subscription.created": delivery.subscription,
	"customer.subscription.updated": delivery.subscription,
	"customer.subscription.deleted": delivery.subscription,
	"customer.subscription.paused":  delivery.subscription,
	"customer.subscription.resumed": delivery.subscription,
}

// twins are events that say what another one says too, or says better.
var twins = map[string]string{
	"invoice.payment_succeeded":                    "invoice.paid says the same, and more.",
	"invoice.payment_action_required":              "The buyer has to confirm the payment first.",
	"invoice.finalized":                            "An invoice was written; invoice.paid follows.",
	"charge.succeeded":                             "The session or the invoice that was paid says more.",
	"refund.created":                               "charge.refunded says the same with the sum.",
	"charge.dispute.funds_withdrawn":               "charge.dispute.created and closed decide about access.",
	"charge.dispute.funds_reinstated":              "charge.dispute.closed decides about access.",
	"customer.subscription.trial_will_end":         "A reminder that a trial ends soon.",
	"checkout.session.expired":                     "A checkout that was left: nothing was bought.",
	"payment_intent.payment_failed":                "A payment did not come; nothing was bought by it.",
	"customer.updated":                             "Access stays with the address it was bought with.",
	"customer.subscription.pending_update_applied": "customer.subscription.updated says the same.",
}

// ignored says why an event has no effect; "" when it may have one.
func (d delivery) ignored() string {
	switch {
	case d.n.Get("object").Text() == "v2.core.event":
		return "A thin event: it has an object's id but not the object. Use an endpoint with snapshot payloads."
	case d.name == "":
		return "The delivery names no event."
	}
	return twins[d.name]
}

func done(events ...enrolld.Event) (integrations.Parsed, error) {
	return integrations.Parsed{Events: events}, nil
}
