package woocommerce

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"enrolld/store/wordpress"
)

// lineItem is a product in a body.
type lineItem struct {
	ID          int64      `json:"id"`
	Name        string     `json:"name"`
	ProductID   int64      `json:"product_id"`
	VariationID int64      `json:"variation_id"`
	Quantity    int64      `json:"quantity"`
	TaxClass    string     `json:"tax_class"`
	Subtotal    string     `json:"subtotal"`
	SubtotalTax string     `json:"subtotal_tax"`
	Total       string     `json:"total"`
	TotalTax    string     `json:"total_tax"`
	Taxes       []taxRow   `json:"taxes"`
	MetaData    []shownRow `json:"meta_data"`
	Price       float64    `json:"price"`
	// Of Product Bundles and Composite Products: the item that this one came in.
	BundledBy int64 `json:"bundled_by,omitempty"`
	Composite int64 `json:"composite_parent,omitempty"`
}

type taxRow struct {
	ID       int64  `json:"id"`
	Total    string `json:"total"`
	Subtotal string `json:"subtotal"`
}

type shownRow struct {
	ID    int64           `json:"id"`
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

// lineItems writes the products that are in an order, or that were removed.
func (s shop) lineItems(items []*item, removed bool) []lineItem {
	out := make([]lineItem, 0, len(items))
	for _, i := range items {
		if i.removed == removed {
			out = append(out, s.lineItem(i, items))
		}
	}
	return out
}

func (s shop) lineItem(i *item, all []*item) lineItem {
	total, subtotal := orZero(i.props["_line_total"]), orZero(i.props["_line_subtotal"])
	if less(subtotal, total) {
		subtotal = total // set_total's rule
	}
	taxes, subtotalTax, totalTax := s.taxes(i.props["_line_tax_data"])
	l := lineItem{
		ID: i.id, Name: i.name, ProductID: whole(i.props["_product_id"]), VariationID: whole(i.props["_variation_id"]),
		Quantity: whole(i.props["_qty"]), TaxClass: i.props["_tax_class"],
		Subtotal: s.amount(subtotal), SubtotalTax: subtotalTax, Total: s.amount(total), TotalTax: totalTax,
		Taxes: taxes, MetaData: shown(i.meta),
		BundledBy: i.within(all, "_bundled_by", "_bundle_cart_key"),
		Composite: i.within(all, "_composite_parent", "_composite_cart_key"),
	}
	if i.props["_qty"] == "" {
		l.Quantity = 1
	}
	if l.Quantity > 0 {
		f, _ := rat(total).Float64()
		l.Price = f / float64(l.Quantity)
	}
	return l
}

// taxes reads a serialized {total: {rate: sum}, subtotal: {rate: sum}}. Its sums are
// the item's taxes: what stands in _line_tax WooCommerce writes, but does not read.
func (s shop) taxes(text string) (list []taxRow, subtotalTax, totalTax string) {
	out := []taxRow{}
	total, subtotal := &wordpress.Array{}, &wordpress.Array{}
	if data, err := wordpress.UnserializeArray(text); err == nil {
		total, subtotal = arrayIn(data, "total"), arrayIn(data, "subtotal")
	}
	if len(total.Entries) == 0 || len(subtotal.Entries) == 0 {
		return out, s.amount(), s.amount()
	}
	for _, e := range total.Entries {
		row := taxRow{ID: whole(scalar(e.Key)), Total: s.amountOrNone(scalar(e.Value))}
		if sub, ok := subtotal.Get(e.Key); ok {
			row.Subtotal = s.amountOrNone(scalar(sub))
		}
		out = append(out, row)
	}
	return out, s.amount(s.taxSums(subtotal)...), s.amount(s.taxSums(total)...)
}

// taxSums rounds taxes as wc_round_tax_total does, one by one.
func (s shop) taxSums(a *wordpress.Array) []string {
	out := make([]string, 0, len(a.Entries))
	for _, e := range a.Entries {
		sum := scalar(e.Value)
		if !s.lateTax {
			exact := rat(sum)
			sum = s.amount(sum)
			// Taxes that are in the prices are rounded down from a half.
			if rounded := rat(sum); s.taxed && exact.Sign() > 0 && new(big.Rat).Sub(rounded, exact).Cmp(s.unit(2)) == 0 {
				sum = rounded.Sub(rounded, s.unit(1)).FloatString(s.decimals)
			}
		}
		out = append(out, sum)
	}
	return out
}

// unit is the smallest amount that a body shows, divided.
func (s shop) unit(by int64) *big.Rat {
	tens := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(s.decimals)), nil)
	return new(big.Rat).SetFrac(big.NewInt(1), tens.Mul(tens, big.NewInt(by)))
}

func arrayIn(a *wordpress.Array, key string) *wordpress.Array {
	v, _ := a.Get(key)
	if list, ok := v.(*wordpress.Array); ok {
		return list
	}
	return &wordpress.Array{}
}

// scalar writes a PHP value that is no array as text.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case wordpress.Float:
		return strconv.FormatFloat(v.Float64(), 'f', -1, 64)
	}
	return ""
}

// amount adds sums up and writes them with the shop's decimals, as
// wc_format_decimal does.
func (s shop) amount(sums ...string) string {
	total := new(big.Rat)
	for _, sum := range sums {
		total.Add(total, rat(sum))
	}
	text := total.FloatString(s.decimals)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	return text
}

func (s shop) amountOrNone(sum string) string {
	if sum == "" {
		return ""
	}
	return s.amount(sum)
}

// longestSum bounds what is read as a sum of money.
const longestSum = 40

// rat reads a decimal number; what is none is 0.
func rat(text string) *big.Rat {
	text = strings.TrimSpace(text)
	if len(text) <= longestSum && strings.Trim(text, "-.0123456789") == "" {
		if r, ok := new(big.Rat).SetString(text); ok {
			return r
		}
	}
	return new(big.Rat)
}

func less(a, b string) bool { return rat(a).Cmp(rat(b)) < 0 }

// shown writes meta data.
func shown(rows []meta) []shownRow {
	out := make([]shownRow, 0, len(rows))
	for _, m := range rows {
		row := shownRow{ID: m.id, Key: m.key, Value: json.RawMessage("null")}
		if !m.null {
			row.Value = value(m.value)
		}
		out = append(out, row)
	}
	return out
}

// value writes a value of meta data as JSON, unserialized when it is; what holds
// an object stays the text that it is.
func value(text string) json.RawMessage {
	if wordpress.IsSerialized(text) {
		if v, err := wordpress.Unserialize(strings.TrimSpace(text)); err == nil {
			if b, err := encode(v); err == nil {
				return b
			}
		}
	}
	b, err := json.Marshal(text)
	if err != nil {
		return json.RawMessage(`""`)
	}
	return b
}

// encode writes a PHP value as json_encode does: an array is a list when its keys
// count from 0.
func encode(v any) ([]byte, error) {
	switch v := v.(type) {
	case wordpress.Float:
		return json.Marshal(v.Float64())
	case *wordpress.Array:
		return encodeArray(v)
	}
	return json.Marshal(v)
}

func encodeArray(a *wordpress.Array) ([]byte, error) {
	n := int64(-1)
	list := !slices.ContainsFunc(a.Entries, func(e wordpress.Entry) bool {
		n++
		return e.Key != n
	})
	ends := "{}"
	if list {
		ends = "[]"
	}
	out := []byte{ends[0]}
	for i, e := range a.Entries {
		if i > 0 {
			out = append(out, ',')
		}
		if !list {
			name, err := json.Marshal(scalar(e.Key))
			if err != nil {
				return nil, err
			}
			out = append(append(out, name...), ':')
		}
		b, err := encode(e.Value)
		if err != nil {
			return nil, err
		}
		out = append(out, b...)
	}
	return append(out, ends[1]), nil
}
