package generic

import (
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Words are the events of the contract and other senders' words for them. What
// Settings.Events names must be one of the keys.
var Words = map[string][]string{
	"purchase": {
		"sale", "order", "order_created", "order_paid",
		"order_completed", "purchase_completed", "new_sale",
	},
	"rebill": {
		"renewal", "subscription_payment",
		"payment", "recurring_payment", "instalment", "installment",
	},
	"refund":      {"refunded", "order_refunded", "refund_issued"},
	"chargeback":  {"charged_back", "dispute_lost", "chargeback_lost"},
	"dispute":     {"disputed", "dispute_opened", "dispute_created", "chargeback_opened"},
	"dispute_won": {"chargeback_won", "chargeback_reversed", "dispute_closed"},
	"cancel": {"cancelled", "canceled", "cancellation",
		"subscription_cancelled", "subscription_canceled"},
	"ended":          {"expired", "subscription_ended", "subscription_expired"},
	"payment_failed": {"failed", "rebill_failed", "payment_failure"},
	"trial_started":  {"trial", "trial_start"},
	"trial_ended":    {"trial_end", "trial_expired"},
	"paused":         {"subscription_paused"},
	"resumed":        {"subscription_resumed", "reactivated"},
	"completed":      {"paid_off", "instalments_completed", "installments_completed"},
	"ignore":         {"test", "ping"},
}

// meanings is Words the other way round.
var meanings = func() map[string]string {
	m := map[string]string{}
	for ours, theirs := range Words {
		m[ours] = ours
		for _, w := range theirs {
			m[w] = ours
		}
	}
	return m
}()

var handlers = map[string]func(delivery, base) ([]enrolld.Event, error){
	"purchase": purchase, "trial_started": purchase, "rebill": rebill, "refund": refund,
	"chargeback": dispute, "dispute": dispute, "dispute_won": dispute,
	"cancel": changed, "ended": changed, "trial_ended": changed, "paused": changed, "resumed": changed,
	"completed": changed, "payment_failed": failed,
}

// meaning translates a sender's word, by the settings first.
func (s Settings) meaning(word string) string {
	if ours, ok := s.Events[word]; ok {
		return ours
	}
	if ours, ok := meanings[word]; ok {
		return ours
	}
	return meanings[separators.Replace(strings.ToLower(word))]
}

var separators = strings.NewReplacer(".", "_", "-", "_", " ", "_")

// base is what all events of a delivery have in common.
type base struct {
	word   string
	event  enrolld.Event
	items  []item
	total  enrolld.Money
	priced bool // the delivery states an amount
}

// Parse translates a delivery.
func (p Platform) Parse(c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	s := p.reading(c)
	if s.err != nil {
		return integrations.Parsed{}, enrolld.Parkf("%s", enrolld.MessageOf(s.err))
	}
	n, err := r.Decode()
	if err != nil {
		return integrations.Parsed{}, err
	}
	d := delivery{n: n, s: s, received: r.ReceivedAt}
	word := s.meaning(d.text(FieldEvent))
	handle := handlers[word]
	if handle == nil {
		return integrations.Parsed{Ignored: ignored(word, d.text(FieldEvent))}, nil
	}
	b, err := d.base(word)
	if err != nil {
		return integrations.Parsed{}, err
	}
	events, err := handle(d, b)
	if err != nil {
		return integrations.Parsed{}, err
	}
	for _, e := range events {
		if err := e.Check(); err != nil {
			return integrations.Parsed{}, err
		}
	}
	return integrations.Parsed{Events: events}, nil
}

func ignored(word, event string) string {
	switch {
	case word == "ignore":
		return "An event that the settings say to ignore."
	case event == "":
		return "The delivery names no event. Say in the settings where the event is, or which one it always is."
	}
	return "The delivery's event is none that we know. Say in the settings what it means."
}

func (d delivery) base(word string) (base, error) {
	b := base{word: word, event: enrolld.Event{At: d.at(), Test: isTrue(d, FieldTest)}}
	for _, r := range [][2]string{
		{"order:", d.text(FieldOrder)}, {"sub:", d.text(FieldSubscription)}, {"txn:", d.text(FieldTransaction)},
	} {
		if r[1] != "" {
			b.event.Refs = append(b.event.Refs, r[0]+r[1])
		}
	}
	b.event.Number = d.text(FieldOrder)
	var err error
	if b.items, err = d.priced(); err != nil {
		return b, err
	}
	if b.total, b.priced, err = d.total(b.items); err != nil {
		return b, err
	}
	b.event.Buyer, err = integrations.Buyer(d.text(FieldEmail), d.text(FieldFirst), d.text(FieldLast),
		d.text(FieldName), d.text(FieldCountry))
	if handlesSale(word) {
		return b, err
	}
	return b, nil
}

func handlesSale(word string) bool { return word == "purchase" || word == "trial_started" }

func isTrue(d delivery, field string) bool {
	switch strings.ToLower(d.text(field)) {
	case "true", "1", "yes", "on", "test", "sandbox":
		return true
	}
	return false
}
