package generic

import (
	"encoding/json"
	"strings"

	"enrolld/integrations"
)

// paths is where fields are unless the settings say otherwise; the first that
// has something counts.
var paths = map[string][]string{
	FieldID: {"/id"}, FieldEvent: {"/event", "/type"},
	FieldOccurred: {"/occurred_at", "/timestamp", "/created_at"},
	FieldTest:     {"/test"}, FieldOrder: {"/order_id", "/order/id"}, FieldTransaction: {"/transaction_id"},
	FieldSubscription: {"/subscription_id"}, FieldPaidUntil: {"/paid_until", "/trial_ends_at"},
	FieldEmail:   {"/customer/email", "/email", "/customer_email"},
	FieldFirst:   {"/customer/first_name", "/first_name"},
	FieldLast:    {"/customer/last_name", "/last_name"},
	FieldName:    {"/customer/name", "/name"},
	FieldCountry: {"/customer/country", "/country"},
	FieldAmount:  {"/amount"}, FieldCurrency: {"/currency"}, FieldItems: {"/items"},
	FieldProduct: {"/product_id", "/product/id"}, FieldPrice: {"/price_id"},
	FieldProductName: {"/product_name", "/product/name"}, FieldQuantity: {"/quantity"},
	FieldItemProduct: {"/product_id", "/id"}, FieldItemPrice: {"/price_id"},
	FieldItemName:     {"/name", "/product_name"},
	FieldItemQuantity: {"/quantity"}, FieldItemAmount: {"/amount"},
}

// reading is settings made ready for reading deliveries.
type reading struct {
	Settings
	err     error // the settings cannot be read
	authErr error // they can, but no delivery can prove itself by them
	places  map[string]place
	secret  place // of Auth.Field
}

// reading returns an integration's settings, ready.
func (p Platform) reading(c integrations.Config) *reading {
	return p.settings.Get(c.Settings, newReading)
}

func newReading(text json.RawMessage) *reading {
	r := &reading{places: make(map[string]place, len(paths))}
	r.Settings, r.err = ReadSettings(integrations.Config{Settings: text})
	r.authErr = r.Auth.check()
	if r.Auth.Field != "" {
		r.secret = place{paths: spellings(r.Auth.Field)}
	}
	for field, usual := range paths {
		r.places[field] = newPlace(usual)
		if set, ok := r.Fields[field]; ok {
			r.places[field] = newPlace([]string{set})
		}
	}
	return r
}

// place is where a field is: a fixed value, or the first of several paths that
// leads to something.
type place struct {
	fixed string
	paths [][]string
}

func newPlace(paths []string) place {
	var p place
	for _, path := range paths {
		if fixed, ok := strings.CutPrefix(path, "="); ok {
			return place{fixed: fixed}
		}
		p.paths = append(p.paths, spellings(path)...)
	}
	return p
}

// find returns what is at a place, unless it is empty.
func (p place) find(in integrations.Node) integrations.Node {
	for _, path := range p.paths {
		if n := in.Get(path...); !n.Empty() {
			return n
		}
	}
	return integrations.Node{}
}

// spellings returns the ways in which a path like /customer/email is written:
// nested, or flattened to one name.
func spellings(path string) [][]string {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, p := range parts {
		// As in JSON pointers (RFC 6901).
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(p, "~1", "/"), "~0", "~")
	}
	out := [][]string{parts}
	if len(parts) > 1 {
		out = append(out, []string{strings.Join(parts, "__")}, []string{strings.Join(parts, ".")})
	}
	return out
}
