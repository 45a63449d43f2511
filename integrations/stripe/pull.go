package stripe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"enrolld"
	"enrolld/integrations"
)

var _ integrations.Puller = (*Platform)(nil)

// eventDays is how long Stripe keeps events (docs.stripe.com/api/events).
const eventDays = 30

// Pull asks for what Stripe could not deliver in the last 30 days, as it would
// have delivered it; then for all events of that time that matter here, since those
// that the endpoint was not asked to get never failed; and then for the objects
// themselves, for what is older than that. An object comes as the event that would
// tell of its present state. Where there is more than is read, what was read is
// handed over, and the error says so: what follows from half must not be mended.
func (p *Platform) Pull(
	ctx context.Context, c integrations.Config, since time.Time, take func(integrations.Request) error,
) error {
	q, err := p.ask(c, question{ctx: ctx})
	if err != nil {
		return err
	}
	pull := puller{question: q, now: time.Now().UTC(), since: since, known: map[string]bool{}}
	var tooMany error
	for _, step := range []func() error{pull.failed, pull.events, pull.sessions, pull.invoices, pull.subscriptions, pull.charges, pull.disputes} {
		switch err := step(); {
		case errors.Is(err, errTooMany):
			tooMany = err
		case err != nil:
			return err
		}
	}
	slices.SortStableFunc(pull.found, func(a, b pulled) int { return a.at.Compare(b.at) })
	for _, f := range pull.found {
		r := integrations.NewRequest(http.Header{"Content-Type": {"application/json"}}, f.body, pull.now)
		if err := take(r); err != nil {
			return err
		}
	}
	return tooMany
}

type puller struct {
	question
	now, since time.Time
	found      []pulled
	known      map[string]bool // ids of events
}

// pulled is an event's body with its time.
type pulled struct {
	at   time.Time
	body []byte
}

func (p *puller) from(t time.Time) url.Values {
	return url.Values{"created[gte]": {strconv.FormatInt(t.Unix(), 10)}}
}

// failed lists the events that some endpoint did not take. Stripe does not say
// which endpoint: those that we have are known by their id.
func (p *puller) failed() error {
	return p.ofEvents(url.Values{"delivery_success": {"false"}}, "the events that were not delivered")
}

// events lists the events that matter, delivered or not: an old charge that is
// refunded today is told of by nothing else that can be listed by time.
func (p *puller) events() error {
	return p.ofEvents(url.Values{"types[]": slices.Sorted(maps.Keys(handlers))}, "the events")
}

func (p *puller) ofEvents(query url.Values, what string) error {
	since := p.since
	if oldest := p.now.AddDate(0, 0, -eventDays); since.Before(oldest) {
		since = oldest
	}
	query["created[gte]"] = p.from(since)["created[gte]"]
	return p.list("/v1/events", query, what, func(raw json.RawMessage, n integrations.Node) error {
		if id := n.Get("id").Text(); !p.known[id] {
			p.known[id] = true
			p.found = append(p.found, pulled{n.Get("created").Unix(), raw})
		}
		return nil
	})
}

// tell makes the event that would tell of an object as it is.
func (p *puller) tell(name string, at time.Time, raw json.RawMessage, n integrations.Node) error {
	at = or(at, p.now)
	// The same state is the same delivery, however often it is asked for.
	sum := sha256.Sum256(raw)
	id := fmt.Sprintf("pulled:%s:%s:%s", name, n.Get("id").Text(), hex.EncodeToString(sum[:8]))
	live := n.Get("livemode")
	body, err := json.Marshal(map[string]any{
		"id": id, "object": "event", "type": name, "created": at.Unix(),
		"livemode": live.Bool() || live.Empty() && !p.isTestKey(),
		"data":     map[string]any{"object": raw},
	})
	if err != nil {
		return enrolld.Wrap(enrolld.Internal, err, "an event could not be made of what Stripe told")
	}
	p.found = append(p.found, pulled{at, body})
	return nil
}

func (p *puller) sessions() error {
	query := p.from(p.since)
	query.Set("status", "complete")
	return p.list("/v1/checkout/sessions", query, "the Checkout sessions", func(raw json.RawMessage, n integrations.Node) error {
		if n.Get("payment_status").Text() == statusUnpaid {
			return nil
		}
		return p.tell("checkout.session.completed", n.Get("created").Unix(), raw, n)
	})
}

func (p *puller) invoices() error {
	query := p.from(p.since)
	query.Set("status", "paid")
	return p.list("/v1/invoices", query, "the invoices", func(raw json.RawMessage, n integrations.Node) error {
		paid := or(n.Get("status_transitions", "paid_at").Unix(), n.Get("created").Unix())
		return p.tell("invoice.paid", paid, raw, n)
	})
}

// subscriptions come with their present state, which is dated now.
func (p *puller) subscriptions() error {
	query := p.from(p.since)
	query.Set("status", "all")
	return p.list("/v1/subscriptions", query, "the subscriptions", func(raw json.RawMessage, n integrations.Node) error {
		if ended := n.Get("ended_at").Unix(); !ended.IsZero() {
			return p.tell("customer.subscription.deleted", ended, raw, n)
		}
		return p.tell("customer.subscription.updated", p.now, raw, n)
	})
}

func (p *puller) charges() error {
	query := p.from(p.since)
	query.Set("expand[]", "data.refunds")
	return p.list("/v1/charges", query, "the charges", func(raw json.RawMessage, n integrations.Node) error {
		if sum, _ := n.Get("amount_refunded").Int(); sum == 0 {
			return nil
		}
		var last time.Time
		for _, r := range n.Get("refunds", "data").List() {
			if at := r.Get("created").Unix(); at.After(last) {
				last = at
			}
		}
		return p.tell("charge.refunded", last, raw, n)
	})
}

// disputes are dated now where they are decided, else when they were opened.
func (p *puller) disputes() error {
	return p.list("/v1/disputes", p.from(p.since), "the disputes", func(raw json.RawMessage, n integrations.Node) error {
		switch n.Get("status").Text() {
		case "won", "lost", "warning_closed", "prevented":
			return p.tell("charge.dispute.closed", p.now, raw, n)
		}
		return p.tell("charge.dispute.created", n.Get("created").Unix(), raw, n)
	})
}
