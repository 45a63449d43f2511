package stripe

import (
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// productKey is the metadata that names a product in place of Stripe's.
const productKey = "enrolld_product"

// delivery is an event of Stripe's, decoded into nodes and not into stripe-go's
// types: those of v76 know the shapes of 2023-10-16 only, where an invoice has a
// subscription and a line a price, and they refuse the whole of an event for one
// field that changed its type.
type delivery struct {
	n    integrations.Node // the event
	obj  integrations.Node // data.object
	at   time.Time
	name string // the event's type
}

func read(r integrations.Request) (delivery, error) {
	n, err := r.DecodeJSON()
	if err != nil {
		return delivery{}, err
	}
	d := delivery{n: n, obj: n.Get("data", "object"), at: n.Get("created").Unix(), name: n.Get("type").Text()}
	if d.at.IsZero() {
		d.at = r.ReceivedAt
	}
	return d, nil
}

// event begins an event about the order that the ids belong to.
func (d delivery) event(kind enrolld.EventKind, at time.Time, refs ...string) enrolld.Event {
	e := enrolld.Event{Kind: kind, At: at}
	// A missing livemode is not taken for a test.
	live := d.n.Get("livemode")
	e.Test = !live.Empty() && !live.Bool()
	for _, r := range refs {
		if r != "" && !slices.Contains(e.Refs, r) {
			e.Refs = append(e.Refs, r)
		}
	}
	return e
}

// id reads a field that holds another object's id, or that object.
func id(n integrations.Node) string {
	if n.IsObject() {
		return n.Get("id").Text()
	}
	return n.Text()
}

func (d delivery) ref(field string) string { return id(d.obj.Get(field)) }

func (d delivery) currency() string { return strings.ToUpper(d.obj.Get("currency").Text()) }

func (d delivery) money(field string) enrolld.Money { return d.obj.Get(field).Minor(d.currency()) }

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

// lines collects lines, adding up those of one key.
type lines []enrolld.EventLine

func (ls *lines) add(l enrolld.EventLine) {
	for i := range *ls {
		have := &(*ls)[i]
		if have.Key != l.Key {
			continue
		}
		if have.Sale != nil && l.Sale != nil {
			have.Sale.Amount.Minor += l.Sale.Amount.Minor
			have.Sale.Quantity += l.Sale.Quantity
		}
		return
	}
	*ls = append(*ls, l)
}

func quantity(n integrations.Node) int {
	q, ok := n.Get("quantity").Int()
	if !ok || q < 1 || q > 1<<30 {
		return 1
	}
	return int(q)
}

func payment(key string, p enrolld.Payment) *enrolld.EventPart[enrolld.Payment] {
	return &enrolld.EventPart[enrolld.Payment]{ID: key, Value: p}
}
