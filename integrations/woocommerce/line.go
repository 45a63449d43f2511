package woocommerce

import (
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// item is what an order has of one product: all its line items together.
type item struct {
	key      string
	product  enrolld.ProductRef
	amount   enrolld.Money
	quantity int
	bundle   string // the key of the item that it came in
}

// items reads the line items in one of the lists. What has no product, as a fee,
// is nothing that gives access.
func (d delivery) items(list string) ([]item, error) {
	rows := d.n.Get(list).List()
	out := make([]item, 0, len(rows))
	for _, row := range rows {
		i := identify(row)
		if i.key == "" {
			continue
		}
		amount, err := d.sum(row.Get("total"), row.Get("total_tax"))
		if err != nil {
			return nil, err
		}
		i.amount = amount
		i.quantity = quantity(row)
		i.bundle = bundleOf(row, rows)
		if have := find(out, i.key); have != nil {
			have.amount.Minor += i.amount.Minor
			have.quantity += i.quantity
			continue
		}
		out = append(out, i)
	}
	return out, nil
}

func find(items []item, key string) *item {
	for i := range items {
		if items[i].key == key {
			return &items[i]
		}
	}
	return nil
}

// identify names a line by its product and variation: a line item's own number is
// another one in the order, in its subscription and in each renewal.
func identify(row integrations.Node) item {
	var i item
	id, variation := number(row.Get("product_id")), number(row.Get("variation_id"))
	if id == "" {
		return i
	}
	i.key = id
	if variation != "" {
		i.key += "-" + variation
	}
	i.product = enrolld.ProductRef{ID: id, Variant: variation, Name: integrations.Clean(row.Get("name").Text())}
	return i
}

// number reads an id; 0 is none.
func number(n integrations.Node) string {
	if s := n.Text(); strings.Trim(s, "0") != "" {
		return s
	}
	return ""
}

// bundleOf finds the item that a row came in, as Product Bundles and Composite
// Products tell it: by the line item's number.
func bundleOf(row integrations.Node, rows []integrations.Node) string {
	within := number(row.First("bundled_by", "composite_parent"))
	if within == "" {
		return ""
	}
	for _, other := range rows {
		if other.Get("id").Text() == within {
			return identify(other).key
		}
	}
	return ""
}

func quantity(row integrations.Node) int {
	q, ok := row.Get("quantity").Int()
	if !ok || q < 1 || q > 1<<30 {
		return 1
	}
	return int(q)
}

// line begins the line of an event.
func (i item) line() enrolld.EventLine {
	l := enrolld.EventLine{Key: i.key, Product: i.product}
	if i.bundle != i.key {
		l.Bundle = i.bundle
	}
	return l
}

// sum adds amounts up, each rounded to what its currency has: a shop may show
// more decimals.
func (d delivery) sum(amounts ...integrations.Node) (enrolld.Money, error) {
	total := enrolld.Money{Currency: d.currency()}
	for _, n := range amounts {
		m, err := rounded(n, total.Currency)
		if err != nil {
			return enrolld.Money{}, err
		}
		if total.Minor += m.Minor; total.Minor > maxMinor || total.Minor < -maxMinor {
			return enrolld.Money{}, enrolld.Errorf(enrolld.Invalid, "an amount of money is not a number we can hold")
		}
	}
	return total, nil
}

// maxMinor leaves room for adding up.
const maxMinor = 1 << 53

// rounded reads an amount, in which the dot is always the decimal one: "82.350" of
// a shop that shows three decimals are no thousands.
func rounded(n integrations.Node, currency string) (enrolld.Money, error) {
	exp := enrolld.Exponent(currency)
	whole, decimals, ok := strings.Cut(n.Text(), ".")
	if !ok || len(decimals) <= exp || strings.Trim(decimals, "0123456789") != "" {
		return n.Decimal(currency)
	}
	cut := whole
	if exp > 0 {
		cut += "." + decimals[:exp]
	}
	m, err := enrolld.ParseDecimal(cut, currency)
	if err == nil && decimals[exp] >= '5' {
		if strings.HasPrefix(whole, "-") {
			m.Minor--
		} else {
			m.Minor++
		}
	}
	return m, err
}
