package paykickstart

import (
	"slices"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Parse translates a notification.
func (p *Platform) Parse(c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	n, err := r.Decode()
	if err != nil {
		return integrations.Parsed{}, err
	}
	d := delivery{n: n, received: r.ReceivedAt, currency: p.settings.Get(c.Settings, read).Currency}
	m := meaningOf(d.text(fieldEvent), d.text("is_rebill") == "1")
	if m.handle == nil {
		return integrations.Parsed{Ignored: m.ignored}, nil
	}
	e, err := m.handle(d)
	if err == nil {
		err = e.Check()
	}
	if err != nil {
		return integrations.Parsed{}, err
	}
	return integrations.Parsed{
		Events: []enrolld.Event{e}, Incomplete: c.APIKey != "" && e.Subscription != nil && d.text("invoice_id") != "",
	}, nil
}

// meaning is what becomes of an event, or why nothing does.
type meaning struct {
	handle  func(delivery) (enrolld.Event, error)
	ignored string
}

// words lists events by what stands in their names; the first that fits counts.
var words = []struct {
	any []string
	meaning
}{
	{[]string{"affiliate", "commission", "lead", "cart", "card", "fulfil", "details"}, meaning{
		ignored: "Not about what a buyer has paid for.",
	}},
	{[]string{"chargeback-won", "dispute-won", "chargeback-revers", "dispute-revers"}, meaning{handle: delivery.disputeWon}},
	{[]string{"chargeback-lost", "dispute-lost"}, meaning{handle: delivery.disputeLost}},
	{[]string{"chargeback", "dispute"}, meaning{handle: delivery.disputed}},
	{[]string{"refund-fail", "refund-declin", "refund-request", "refund-cancel"}, meaning{
		ignored: "No money went back.",
	}},
	{[]string{"refund"}, meaning{handle: delivery.refund}},
	{[]string{"fail", "declin", "past-due", "unpaid"}, meaning{handle: delivery.failed}},
	{[]string{"trial-end", "trial-expir", "trial-complet", "trial-convert"}, meaning{
		ignored: "A trial is over; the payment that follows, or does not, decides about access.",
	}},
	{[]string{"trial"}, meaning{handle: delivery.trial}},
	{[]string{"schedul"}, meaning{ignored: "Something is planned; it is told again when it happens."}},
	{[]string{"reactivat", "re-activat", "resum", "restart"}, meaning{handle: delivery.resumed}},
	{[]string{"cancel"}, meaning{handle: delivery.cancelled}},
	{[]string{"paus"}, meaning{handle: delivery.paused}},
	{[]string{"subscription-complet", "subscription-finish"}, meaning{handle: delivery.completed}},
	{[]string{"subscription-end", "subscription-expir"}, meaning{handle: delivery.ended}},
	{[]string{"chang", "updat", "upgrad", "downgrad"}, meaning{
		ignored: "A subscription's details changed; its next payment says what it is for.",
	}},
	{[]string{"subscription-created", "subscription-start"}, meaning{handle: delivery.created}},
}

// names lists events by their whole names.
var names = map[string]func(delivery) (enrolld.Event, error){
	"sales": delivery.sale, "sale": delivery.sale, "purchase": delivery.sale, "new-order": delivery.sale, "order": delivery.sale,

	"subscription-payment": delivery.rebill, "subscription-payment-success": delivery.rebill, "rebill": delivery.rebill,
	"rebill-success": delivery.rebill, "recurring-payment": delivery.rebill,
}

var spelling = strings.NewReplacer("_", "-", " ", "-")

// meaningOf reads an event's name. A sale that says it is a rebill is one.
func meaningOf(event string, rebill bool) meaning {
	if event == "" {
		return meaning{ignored: "The delivery names no event."}
	}
	event = spelling.Replace(strings.ToLower(event))
	if handle := names[event]; handle != nil {
		if rebill {
			handle = delivery.rebill
		}
		return meaning{handle: handle}
	}
	for _, w := range words {
		if slices.ContainsFunc(w.any, func(s string) bool { return strings.Contains(event, s) }) {
			return w.meaning
		}
	}
	return meaning{ignored: "PayKickstart's event has no meaning for access that we know of."}
}
