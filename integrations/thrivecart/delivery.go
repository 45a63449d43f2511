package thrivecart

import (
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// delivery is a decoded delivery of either surface.
type delivery struct {
	n        integrations.Node
	received time.Time
	name     string // of the event
	suffix   string // the item type that ends surface B's item events
	buyer    *enrolld.Buyer
	buyerErr error // why there is no buyer
	refs     []string
}

func newDelivery(n integrations.Node, received time.Time) delivery {
	d := delivery{n: n, received: received, name: n.Get(fieldEvent).Text()}
	d.suffix = suffixKind(d.name)
	d.buyer, d.buyerErr = d.readBuyer()
	d.refs = slices.Clip(d.readRefs())
	return d
}

func (d delivery) orderID() string {
	if id := d.n.Get("order_id").Text(); id != "" {
		return id
	}
	return d.n.Get("order", "id").Text()
}

func (d delivery) test() bool {
	// 1 is test and 2 is live; mode says it in words, and not on both surfaces.
	return strings.EqualFold(d.n.Get("mode").Text(), "test") || d.n.Get("mode_int").Text() == "1"
}

func (d delivery) currency() string {
	if c := d.n.First("currency").Text(); c != "" {
		return strings.ToUpper(c)
	}
	return strings.ToUpper(d.n.Get("subscription", "currency").Text())
}

// orderTime is when the order was placed; zero when the delivery does not say.
func (d delivery) orderTime() time.Time {
	order := d.n.Get("order")
	return firstTime(d.n.Get("order_timestamp"), order.Get("date_unix"), order.Get("date_iso8601"),
		d.n.Get("order_date"), order.Get("date"))
}

// eventTime is when what the delivery tells happened: by ThriveCart's clock, or
// by ours for those payloads that have no date.
func (d delivery) eventTime() time.Time {
	if t := firstTime(d.n.Get("date_unix"), d.n.Get("date_iso8601"), d.n.Get("date"),
		d.n.Get("timestamp"), d.n.Get("created_at")); !t.IsZero() {
		return t
	}
	return d.received
}

func firstTime(nodes ...integrations.Node) time.Time {
	for _, n := range nodes {
		if t := n.Time(); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// event begins an event of the delivery's order.
func (d delivery) event(kind enrolld.EventKind, at time.Time) enrolld.Event {
	// A buyer that cannot be read matters only where somebody bought.
	return enrolld.Event{Kind: kind, At: at, Test: d.test(), Buyer: d.buyer, Refs: d.refs}
}

// readRefs lists what names the order.
func (d delivery) readRefs() []string {
	var refs []string
	if id := d.orderID(); id != "" {
		refs = append(refs, "order:"+id)
	}
	subs := []integrations.Node{d.n.Get("subscription_id")}
	for _, list := range []string{"subscriptions", "subscription_ids"} {
		for _, k := range d.n.Get(list).Keys() {
			subs = append(subs, d.n.Get(list, k))
		}
	}
	for _, s := range subs {
		if id := subscriptionID(s); id != "" && !slices.Contains(refs, "sub:"+id) {
			refs = append(refs, "sub:"+id)
		}
	}
	return refs
}

// subscriptionID reads a subscription's id; an item without one has "false".
func subscriptionID(n integrations.Node) string {
	switch id := n.Text(); id {
	case "false", "true", "0":
		return ""
	default:
		return id
	}
}

func (d delivery) readBuyer() (*enrolld.Buyer, error) {
	c := d.n.Get("customer")
	email := c.First("email").Text()
	if email == "" {
		email = d.n.First("customer_email", "email").Text()
	}
	return integrations.Buyer(email,
		c.First("first_name", "firstname").Text(), c.First("last_name", "lastname").Text(),
		c.Get("name").Text(), c.Get("address", "country").Text())
}

// item is a thing on sale: what it is at the checkout and its number.
type item struct {
	kind, reference, name string
}

var kinds = []string{"product", "bump", "upsell", "downsell"}

// key is the item's identity, for lines and for products alike.
func (i item) key() string { return i.kind + "-" + i.reference }

// is says whether two items have one identity.
func (i item) is(other item) bool { return i.kind == other.kind && i.reference == other.reference }

func (i item) known() bool { return i.kind != "" && i.reference != "" }

func (i item) product() enrolld.ProductRef {
	return enrolld.ProductRef{ID: i.key(), Name: i.name}
}

// kindOf reads an item's type; "product" for a type that is not known.
func kindOf(s string) string {
	s = strings.ToLower(s)
	if slices.Contains(kinds, s) {
		return s
	}
	return kinds[0]
}

// parseKey reads "upsell-2", or "upsell_2" as item_identifier has it.
func parseKey(s string) item {
	kind, reference, ok := strings.Cut(strings.Replace(s, "_", "-", 1), "-")
	if !ok || !slices.Contains(kinds, kind) {
		return item{}
	}
	return item{kind: kind, reference: reference}
}

// suffixKind is the item type that ends the names of surface B's item events.
func suffixKind(event string) string {
	for _, k := range kinds {
		if strings.HasSuffix(event, "_"+k) {
			return k
		}
	}
	return ""
}

// itemOf reads the item that a refund, a subscription or a charge row is about.
func (d delivery) itemOf(n integrations.Node) item {
	kind := n.First("item_type", "type").Text()
	if !slices.Contains(kinds, strings.ToLower(kind)) && d.suffix != "" {
		kind = d.suffix
	}
	i := item{kind: kindOf(kind), name: integrations.Clean(n.First("name", "label").Text())}
	i.reference = n.First("reference", i.kind+"_id", "id", "item_id", "product_id").Text()
	if !i.known() {
		if named := parseKey(n.Get("item_identifier").Text()); named.known() {
			i.kind, i.reference = named.kind, named.reference
		}
	}
	return i
}

// subject is the item that a subscription's or a refund's event is about. It is
// in a part of that name; surface B may have it at the top; at last it is the
// order's main product.
func (d delivery) subject(part string) (item, integrations.Node) {
	for _, name := range []string{part, "item", "charge"} {
		if n := d.n.Get(name); n.IsObject() {
			if i := d.itemOf(n); i.known() {
				return i, n
			}
		}
	}
	kind := d.suffix
	if kind == "" {
		kind = kindOf(d.n.First("item_type", "type").Text())
	}
	i := item{kind: kind, name: integrations.Clean(d.n.First("item_name", "base_product_name").Text())}
	i.reference = d.n.First("reference", kind+"_id", "item_id").Text()
	if i.reference == "" {
		i.reference = d.n.Get("base_product").Text()
		if kind != kinds[0] {
			// The main product's number says nothing of another item.
			i.reference = ""
		}
	}
	return i, d.n
}
