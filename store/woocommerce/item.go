package woocommerce

import (
	"context"
	"slices"
)

// item is a product in an order: a row of {P}woocommerce_order_items with those
// of {P}woocommerce_order_itemmeta.
type item struct {
	id      int64
	name    string
	removed bool // by the subscriber; shown apart
	props   map[string]string
	meta    []meta
}

// Types of items that a body shows. There are others that it does not, such as
// line_item_switched.
const (
	itemLine    = "line_item"
	itemRemoved = "line_item_removed"
)

// itemProps are the meta data that are an item's properties
// (WC_Order_Item_Product_Data_Store::$internal_meta_keys) and not shown as such.
var itemProps = []string{
	"_product_id", "_variation_id", "_qty", "_tax_class",
	"_line_subtotal", "_line_subtotal_tax", "_line_total", "_line_tax", "_line_tax_data",
}

// readItems reads the products of orders.
func (s shop) readItems(ctx context.Context, records []*record) error {
	if len(records) == 0 {
		return nil
	}
	byID := make(map[int64]*record, len(records))
	ids := make([]int64, len(records))
	for i, r := range records {
		byID[r.id], ids[i] = r, r.id
	}
	rows, err := collect(ctx, s.conn, scanTexts(2, 2), "SELECT order_item_id, order_id, order_item_type, order_item_name FROM "+
		s.table("woocommerce_order_items")+" WHERE order_id IN ("+marks(len(ids))+
		") AND order_item_type IN (?,?) ORDER BY order_item_id", append(anys(ids), itemLine, itemRemoved)...)
	if err != nil {
		return err
	}
	items := make(map[int64]*item, len(rows))
	numbers := make([]int64, len(rows))
	for n, row := range rows {
		i := &item{id: row.numbers[0], name: row.texts[1], removed: row.texts[0] == itemRemoved, props: map[string]string{}}
		items[i.id], numbers[n] = i, i.id
		byID[row.numbers[1]].items = append(byID[row.numbers[1]].items, i)
	}
	for part := range slices.Chunk(numbers, maxRows) {
		rows, err := collect(ctx, s.conn, scanTexts(2, 2), "SELECT meta_id, order_item_id, meta_key, meta_value FROM "+
			s.table("woocommerce_order_itemmeta")+" WHERE order_item_id IN ("+marks(len(part))+
			") AND (meta_value IS NULL OR LENGTH(meta_value) <= "+longestMeta+") ORDER BY meta_id", anys(part)...)
		if err != nil {
			return err
		}
		for _, row := range rows {
			items[row.numbers[1]].take(meta{row.numbers[0], row.texts[0], row.texts[1], row.null[1]})
		}
	}
	return nil
}

func (i *item) take(m meta) {
	if _, have := i.props[m.key]; !have {
		i.props[m.key] = m.value
	}
	if !slices.Contains(itemProps, m.key) {
		i.meta = append(i.meta, m)
	}
}

// within finds the item that another came in: Product Bundles and Composite
// Products write its key in the cart into both. 0 is none.
func (i *item) within(items []*item, parent, own string) int64 {
	key := i.props[parent]
	if key == "" {
		return 0
	}
	for _, other := range items {
		if other != i && other.props[own] == key {
			return other.id
		}
	}
	return 0
}
