package sendowl

import (
	"enrolld"
	"enrolld/integrations"
)

// fact is what happened to an order.
type fact uint8

const (
	unknown   fact = iota
	bought         // paid, or free
	paid           // a payment, or what SendOwl calls one: a refund
	refunded       // all or a part
	disputed       // at PayPal
	lost           // charged back
	failed         // not paid
	waiting        // for the seller or the gateway
	cancels        // runs to the end of what is paid
	cancelled      // over
	completed      // all instalments paid
)

// facts lists the words of SendOwl's events and of its orders' states. Of the
// events only three are documented as they are written, so that others are here
// in more than one spelling.
var facts = map[string]fact{
	"order_completed": bought, "order_complete": bought, "completed": bought, "complete": bought,
	"free_order_issued": bought, "order_free": bought, "free_order": bought, "free": bought,
	"order_imported": bought, "imported": bought,
	"subscription_active": bought, "subscription_activated": bought,
	"new_payment": paid, "payment": paid,
	"refund_issued": refunded, "order_refunded": refunded, "refunded": refunded, "refund": refunded,
	"in_dispute": disputed, "order_in_dispute": disputed, "dispute": disputed, "disputed": disputed,
	"order_charged_back": lost, "order_chargeback": lost, "charged_back": lost, "chargeback": lost, "chargedback": lost,
	"order_failed": failed, "failed": failed,
	"fraud_review": waiting, "order_fraud_review": waiting, "subscription_setup": waiting, "setup": waiting,
	"subscription_cancelling": cancels, "subscription_canceling": cancels,
	"subscription_cancelled": cancelled, "subscription_canceled": cancelled,
	"subscription_complete": completed, "subscription_completed": completed,
}

// Parse translates a webhook.
func (*Platform) Parse(_ integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	o, err := newOrder(r)
	switch {
	case err != nil:
		return integrations.Parsed{}, err
	case o.id == "":
		return integrations.Parsed{}, enrolld.Errorf(enrolld.Invalid, "the webhook does not say which order it is about")
	}
	what := o.facts()
	if len(what) == 0 {
		return integrations.Parsed{Ignored: "SendOwl's event has no meaning for access that we know of."}, nil
	}
	if what[0] == waiting {
		return integrations.Parsed{Ignored: "The order waits for the seller's review or for the gateway: nothing is paid yet."}, nil
	}
	t := telling{order: o, lines: o.readLines(), payments: o.payments()}
	t.terms = termsOf(t.lines)
	var events []enrolld.Event
	for _, f := range what {
		more, err := t.tell(f)
		if err != nil {
			return integrations.Parsed{}, err
		}
		events = append(events, more...)
	}
	for _, e := range events {
		if err := e.Check(); err != nil {
			return integrations.Parsed{}, err
		}
	}
	return integrations.Parsed{Events: events}, nil
}

// facts says what a webhook tells. The event is in the header, which SendOwl does
// not sign, and the state of the order in the body, which it does: a sale is one
// only where the state does not deny it, and what the state says has become of the
// order since is told too.
func (o order) facts() []fact {
	event, state := facts[o.event], facts[o.state]
	if event == unknown {
		event, state = state, unknown
	}
	switch {
	case event == unknown:
		return nil
	case event != bought && event != paid:
		return []fact{event}
	case state == failed || state == waiting && event == bought:
		return []fact{state}
	case state == bought || state == paid || state == unknown || state == waiting:
		return []fact{event}
	}
	return []fact{event, state}
}
