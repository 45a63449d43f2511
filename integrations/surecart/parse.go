package surecart

import (
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// delivery is an event of SureCart's, decoded.
type delivery struct {
	obj  integrations.Node // data.object
	name string            // the event's type
	at   time.Time
}

func read(r integrations.Request) (delivery, error) {
	n, err := r.DecodeJSON()
	if err != nil {
		return delivery{}, err
	}
	d := delivery{obj: n.Get("data", "object"), name: n.Get("type").Text()}
	d.at = or(n.Get("created_at").Time(), or(d.obj.Get("updated_at").Time(), r.ReceivedAt))
	return d, nil
}

// Parse translates a delivery.
func (*Platform) Parse(_ integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	d, err := read(r)
	if err != nil {
		return integrations.Parsed{}, err
	}
	p, err := d.parse()
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

func (d delivery) parse() (integrations.Parsed, error) {
	switch d.name {
	case "purchase.created", "purchase.invoked", "purchase.revoked", "purchase.updated":
		return d.purchase()
	}
	object, _, _ := strings.Cut(d.name, ".")
	switch {
	case object == "subscription" && d.name != "subscription.deleted":
		return d.subscription()
	case unrelated[object] != "":
		return integrations.Parsed{Ignored: unrelated[object]}, nil
	case d.name == "":
		return integrations.Parsed{Ignored: "The delivery names no event."}, nil
	}
	return integrations.Parsed{Ignored: "SureCart's event has no meaning for access that we know of."}, nil
}

// unrelated says of the objects of events why they change no access.
var unrelated = map[string]string{
	"order":            "purchase.created says what was bought, and when it may be used.",
	"checkout":         "purchase.created says what was bought, and when it may be used.",
	"charge":           "purchase.created says what was bought, and when it may be used.",
	"invoice":          "purchase.created says what was bought, and when it may be used.",
	"refund":           "A refund alone takes no access: purchase.revoked says whether it does.",
	"customer":         "Access stays with the address it was bought with.",
	"product":          "The catalogue changed, no purchase did.",
	"price":            "The catalogue changed, no purchase did.",
	"account":          "Something happened to the account, not to a purchase.",
	"cancellation_act": "The subscription's own events say whether it is cancelled.",
}

// id reads a field that holds another object's id, or that object.
func id(n integrations.Node) string {
	if n.IsObject() {
		return n.Get("id").Text()
	}
	return n.Text()
}

// refs names an order by what belongs to it, leaving out what is not there.
func refs(pairs ...string) []string {
	var out []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, pairs[i]+":"+pairs[i+1])
		}
	}
	return out
}

// test says whether an object is of SureCart's test mode. A missing flag is not
// taken for a test.
func test(n integrations.Node) bool {
	live := n.Get("live_mode")
	return !live.Empty() && !live.Bool()
}

// or returns the time, or another one when it is not known.
func or(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}

func pick(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func done(e enrolld.Event, incomplete bool) (integrations.Parsed, error) {
	return integrations.Parsed{Events: []enrolld.Event{e}, Incomplete: incomplete}, nil
}
