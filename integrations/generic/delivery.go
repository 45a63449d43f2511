package generic

import (
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

// delivery is a decoded delivery with the settings to read it by.
type delivery struct {
	n        integrations.Node
	s        *reading
	received time.Time
}

// node finds a field within the delivery or within an item; a fixed value has no
// node.
func (d delivery) node(in integrations.Node, field string) integrations.Node {
	return d.s.places[field].find(in)
}

func (d delivery) text(field string) string { return d.textIn(d.n, field) }

func (d delivery) textIn(in integrations.Node, field string) string {
	p := d.s.places[field]
	if p.fixed != "" {
		return p.fixed
	}
	return p.find(in).Text()
}

func (d delivery) at() time.Time {
	if t := d.node(d.n, FieldOccurred).Time(); !t.IsZero() {
		return t
	}
	return d.received
}

// money reads an amount in the sender's unit.
func (d delivery) money(in integrations.Node, field string) (enrolld.Money, error) {
	currency := strings.ToUpper(d.text(FieldCurrency))
	if d.s.Amounts == AmountsMinor {
		return d.node(in, field).Minor(currency), nil
	}
	return d.node(in, field).Decimal(currency)
}

// item is a thing bought.
type item struct {
	product  enrolld.ProductRef
	quantity int
	amount   enrolld.Money
	priced   bool
}

// key is the line's identity: the product, with its price where one is named.
func (i item) key() string {
	if i.product.Variant == "" {
		return i.product.ID
	}
	return i.product.ID + ":" + i.product.Variant
}

// items lists what the delivery names, without looking at amounts that cannot be
// read; see priced.
func (d delivery) items() []item {
	items, _ := d.priced()
	return items
}

func (d delivery) priced() ([]item, error) {
	var items []item
	var first error
	for _, n := range d.node(d.n, FieldItems).List() {
		i, err := d.item(n, FieldItemProduct, FieldItemPrice, FieldItemName, FieldItemQuantity, FieldItemAmount)
		if err != nil && first == nil {
			first = err
		}
		if i.product.ID == "" && !n.IsObject() {
			i.product.ID = n.Text()
		}
		if i.product.ID != "" {
			items = append(items, i)
		}
	}
	if len(items) > 0 {
		return items, first
	}
	i, err := d.item(d.n, FieldProduct, FieldPrice, FieldProductName, FieldQuantity, FieldAmount)
	if i.product.ID == "" {
		return nil, first
	}
	return []item{i}, err
}

func (d delivery) item(n integrations.Node, product, price, name, quantity, amount string) (item, error) {
	i := item{quantity: 1, product: enrolld.ProductRef{
		ID: d.textIn(n, product), Variant: d.textIn(n, price), Name: integrations.Clean(d.textIn(n, name)),
	}}
	if q, ok := d.node(n, quantity).Int(); ok && q > 0 && q < 1<<30 {
		i.quantity = int(q)
	}
	i.priced = d.node(n, amount).Exists()
	var err error
	i.amount, err = d.money(n, amount)
	return i, err
}

// total is the delivery's amount: what it says, else the sum of its items.
func (d delivery) total(items []item) (m enrolld.Money, stated bool, err error) {
	if d.node(d.n, FieldAmount).Exists() {
		m, err = d.money(d.n, FieldAmount)
		return m, true, err
	}
	m.Currency = strings.ToUpper(d.text(FieldCurrency))
	for _, i := range items {
		m.Minor += i.amount.Minor
		stated = stated || i.priced
	}
	return m, stated, nil
}
