package sendowl

import (
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// The kinds of things on sale, each numbered by itself.
const (
	kindProduct      = "product"
	kindPackage      = "package" // a bundle
	kindSubscription = "subscription"
)

// line is a thing in the cart.
type line struct {
	key, bundle string
	product     enrolld.ProductRef
	n           integrations.Node // the thing as SendOwl describes it
	quantity    int
	amount      enrolld.Money
	recurring   bool
}

// readLines lists the cart. A thing that is in it twice is one line.
func (o order) readLines() []line {
	items := o.n.Get("cart", "cart_items").List()
	out := make([]line, 0, len(items))
	for _, n := range items {
		if inner := n.Get("cart_item"); inner.IsObject() {
			n = inner
		}
		kind, thing := thingOf(n)
		ref := refOf(kind, thing, n)
		if ref.ID == "" {
			continue
		}
		l := line{key: ref.ID, product: ref, n: thing, quantity: quantity(n.Get("quantity")), recurring: kind == kindSubscription}
		price := n.Get("price_at_checkout")
		if price.Empty() {
			price = thing.First("price", "recurring_price")
		}
		l.amount = o.money(price, "")
		l.amount.Minor = times(l.amount.Minor, l.quantity)
		out = add(out, l)
		for _, part := range parts(thing) {
			part.key, part.bundle = l.key+"/"+part.product.ID, l.key
			out = add(out, part)
		}
	}
	return out
}

func add(lines []line, l line) []line {
	for i := range lines {
		if have := &lines[i]; have.key == l.key {
			have.quantity = min(have.quantity+l.quantity, mostPieces)
			have.amount.Minor += l.amount.Minor
			return lines
		}
	}
	return append(lines, l)
}

// thingOf finds what an item of the cart is. Webhooks have it inline under a name
// that says its kind, or under "product" with a type; the API has its number only.
func thingOf(item integrations.Node) (kind string, thing integrations.Node) {
	for _, name := range []string{kindPackage, "bundle", kindSubscription} {
		if n := item.Get(name); n.IsObject() {
			return strings.Replace(name, "bundle", kindPackage, 1), n
		}
	}
	thing = item.Get(kindProduct)
	switch typ := word(thing.Get("product_type").Text()); {
	case typ == "bundle" || typ == kindPackage || len(parts(thing)) > 0:
		return kindPackage, thing
	case typ == kindSubscription || typ == "membership" || !thing.Get("recurring_type").Empty():
		return kindSubscription, thing
	case thing.IsObject():
		return kindProduct, thing
	}
	for _, name := range []string{kindPackage, kindSubscription} {
		if !item.Get(name + "_id").Empty() {
			return name, thing
		}
	}
	return kindProduct, thing
}

// refOf names a thing by its kind and number; without an ID where it has none.
func refOf(kind string, thing, item integrations.Node) enrolld.ProductRef {
	id := thing.Get("id").Text()
	if id == "" {
		id = item.Get(kind + "_id").Text()
	}
	if id == "" || id == "0" {
		return enrolld.ProductRef{}
	}
	return enrolld.ProductRef{ID: kind + "-" + id, Name: integrations.Clean(thing.Get("name").Text())}
}

// parts lists the products in a bundle, where it lists them itself: as products
// or by their numbers.
func parts(thing integrations.Node) []line {
	var out []line
	for _, list := range []integrations.Node{
		thing.Get("products"), thing.Get("components", "products"), thing.Get("components", "product_ids"),
	} {
		for _, n := range list.List() {
			if inner := n.Get(kindProduct); inner.IsObject() {
				n = inner
			}
			ref := refOf(kindProduct, n, integrations.Node{})
			if id := n.Text(); id != "" {
				ref = enrolld.ProductRef{ID: kindProduct + "-" + id}
			}
			if ref.ID != "" {
				out = append(out, line{product: ref, n: n, quantity: 1})
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out
}

const mostPieces = 1 << 20

func quantity(n integrations.Node) int {
	q, _ := n.Int()
	return int(max(1, min(q, mostPieces)))
}

// times multiplies an amount, unless that would be more than can be held.
func times(minor int64, pieces int) int64 {
	const most = 1 << 40
	if minor > most || minor < -most {
		return minor
	}
	return minor * int64(pieces)
}

// isSubscription says whether the order is one of a subscription.
func (o order) isSubscription() bool {
	return o.n.Get("for_subscription").Bool() || strings.HasPrefix(o.state, "subscription_")
}

// terms is how a subscription is paid.
type terms struct {
	every, trial func(time.Time) time.Time // the end of a period that begins then; nil: not known, no trial
}

// termsOf reads the terms of the subscription in the cart.
func termsOf(lines []line) terms {
	for _, l := range lines {
		if !l.recurring {
			continue
		}
		value, _ := l.n.Get("frequency_value").Int()
		t := terms{every: period(l.n.First("frequency_interval", "frequency").Text(), value)}
		if count, _ := l.n.Get("trial_no_of_occurrences").Int(); count > 0 {
			t.trial = period(l.n.First("trial_frequency", "trial_frequency_legacy").Text(), count)
		}
		return t
	}
	return terms{}
}

// period is how a time moves by so many of SendOwl's intervals; nil where it is not
// known how long they are.
func period(interval string, n int64) func(time.Time) time.Time {
	const most = 1200
	if n < 1 || n > most {
		n = 1
	}
	if unit := word(interval); !integrations.After(time.Unix(0, 0), 1, unit).IsZero() {
		return func(t time.Time) time.Time { return integrations.After(t, int(n), unit) }
	}
	return nil
}
