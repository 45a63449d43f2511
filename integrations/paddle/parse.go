package paddle

import (
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// delivery is a decoded notification.
type delivery struct {
	data integrations.Node
	at   time.Time
	name string // of the event
	id   string // of the event
	test bool
}

func (p *Platform) read(c integrations.Config, r integrations.Request) (delivery, error) {
	n, err := r.DecodeJSON()
	if err != nil {
		return delivery{}, err
	}
	d := delivery{
		data: n.Get("data"), at: n.Get("occurred_at").Time(), name: n.Get("event_type").Text(),
		id: n.Get("event_id").Text(), test: p.sandbox(c),
	}
	if d.at.IsZero() {
		d.at = r.ReceivedAt
	}
	return d, nil
}

// simulated is what the ids of events begin with that Paddle's simulator makes
// up, with customers whom nobody knows.
const simulated = "ntfsimevt_"

// Parse translates a delivery.
func (p *Platform) Parse(c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	d, err := p.read(c, r)
	if err != nil {
		return integrations.Parsed{}, err
	}
	if strings.HasPrefix(d.id, simulated) {
		return integrations.Parsed{
			Ignored: "A notification of Paddle's simulator: it came and was signed as it should be; nothing was bought.",
		}, nil
	}
	handle := handlers[d.name]
	if handle == nil {
		return integrations.Parsed{Ignored: ignored(d.name)}, nil
	}
	parsed, err := handle(d)
	if err == nil {
		err = check(parsed.Events)
	}
	if err != nil {
		return integrations.Parsed{}, err
	}
	return parsed, nil
}

func check(events []enrolld.Event) error {
	for _, e := range events {
		if err := e.Check(); err != nil {
			return err
		}
	}
	return nil
}

// handlers lists the events that matter to access.
var handlers = map[string]func(delivery) (integrations.Parsed, error){
	"transaction.completed":      delivery.completed,
	"transaction.payment_failed": delivery.failed,

	"subscription.created":   delivery.subscription,
	"subscription.activated": delivery.subscription,
	"subscription.trialing":  delivery.subscription,
	"subscription.updated":   delivery.subscription,
	"subscription.past_due":  delivery.subscription,
	"subscription.paused":    delivery.subscription,
	"subscription.resumed":   delivery.subscription,
	"subscription.canceled":  delivery.subscription,
	"subscription.imported":  delivery.subscription,

	"adjustment.created": delivery.adjustment,
	"adjustment.updated": delivery.adjustment,
}

// reasons are events that have no effect, and why.
var reasons = map[string]string{
	"":                     "The notification names no event.",
	"transaction.created":  "A checkout was opened or an invoice written; transaction.completed follows when it is paid.",
	"transaction.ready":    "A checkout is ready to be paid; transaction.completed follows when it is.",
	"transaction.billed":   "An invoice was issued; transaction.completed follows when it is paid.",
	"transaction.paid":     "transaction.completed says the same shortly after, with everything filled in.",
	"transaction.updated":  "transaction.completed or transaction.payment_failed says what came of it.",
	"transaction.past_due": "transaction.payment_failed and subscription.past_due say the same.",
	"transaction.canceled": "A checkout or an invoice was given up: nothing was paid by it.",
	"transaction.revised":  "The billing details of an invoice changed; that changes no access.",
	"customer.created":     "A customer by itself has bought nothing.",
	"customer.updated":     "Access stays with the address it was bought with.",
	"customer.imported":    "A customer by itself has bought nothing.",
}

func ignored(event string) string {
	if reason, ok := reasons[event]; ok {
		return reason
	}
	return "Paddle's event has no meaning for access that we know of."
}

// event begins an event about the order that the ids belong to.
func (d delivery) event(kind enrolld.EventKind, at time.Time, refs ...string) enrolld.Event {
	e := enrolld.Event{Kind: kind, At: at, Test: d.test}
	for _, r := range refs {
		if r != "" && !slices.Contains(e.Refs, r) {
			e.Refs = append(e.Refs, r)
		}
	}
	return e
}

func (d delivery) text(field string) string { return d.data.Get(field).Text() }

func (d delivery) currency() string { return d.text("currency_code") }

func or(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}

func quantity(n integrations.Node) int {
	q, ok := n.Get("quantity").Int()
	if !ok || q < 1 || q > 1<<30 {
		return 1
	}
	return int(q)
}
