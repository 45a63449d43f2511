package woocommerce

import (
	"context"
	"strings"
)

// column is a column of the tables for orders, and the property that it is.
type column struct{ from, prop string }

// columns are of {P}wc_orders (o), {P}wc_order_operational_data (d) and
// {P}wc_order_addresses (b, s): $order_column_mapping,
// $operational_data_column_mapping and the two of the addresses. The later one
// counts where two are the same property and it is not NULL.
var columns = []column{
	{"o.currency", "_order_currency"},
	{"o.tax_amount", "_order_tax"},
	{"o.total_amount", "_order_total"},
	{"o.customer_id", "_customer_user"},
	{"o.payment_method", "_payment_method"},
	{"o.payment_method_title", "_payment_method_title"},
	{"o.transaction_id", "_transaction_id"},
	{"o.ip_address", "_customer_ip_address"},
	{"o.user_agent", "_customer_user_agent"},
	{"o.customer_note", propNote},
	{"o.billing_email", "_billing_email"},
	{"b.first_name", "_billing_first_name"}, {"b.last_name", "_billing_last_name"},
	{"b.company", "_billing_company"}, {"b.address_1", "_billing_address_1"},
	{"b.address_2", "_billing_address_2"}, {"b.city", "_billing_city"}, {"b.state", "_billing_state"},
	{"b.postcode", "_billing_postcode"}, {"b.country", "_billing_country"}, {"b.phone", "_billing_phone"},
	{"b.email", "_billing_email"},
	{"s.first_name", "_shipping_first_name"}, {"s.last_name", "_shipping_last_name"},
	{"s.company", "_shipping_company"}, {"s.address_1", "_shipping_address_1"},
	{"s.address_2", "_shipping_address_2"}, {"s.city", "_shipping_city"}, {"s.state", "_shipping_state"},
	{"s.postcode", "_shipping_postcode"}, {"s.country", "_shipping_country"}, {"s.phone", "_shipping_phone"},
	{"d.created_via", "_created_via"},
	{"d.woocommerce_version", "_order_version"},
	{"IF(d.prices_include_tax = 1, 'yes', 'no')", "_prices_include_tax"},
	{"d.cart_hash", "_cart_hash"},
	{"d.order_key", "_order_key"},
	{"d.shipping_tax_amount", "_order_shipping_tax"},
	{"d.shipping_total_amount", "_order_shipping"},
	{"d.discount_tax_amount", "_cart_discount_tax"},
	{"d.discount_total_amount", "_cart_discount"},
}

// propNote is the buyer's note, which is no meta data in either storage.
const propNote = "customer_note"

// fromTables reads orders from WooCommerce's own tables.
func (s shop) fromTables(ctx context.Context, ids []int64) (map[int64]*record, error) {
	names := []string{
		"o.type", "o.status", date("o.date_created_gmt"), date("o.date_updated_gmt"),
		date("d.date_paid_gmt"), date("d.date_completed_gmt"),
	}
	first := len(names)
	for _, c := range columns {
		names = append(names, c.from)
	}
	rows, err := collect(ctx, s.conn, scanTexts(2, len(names)),
		"SELECT o.id, o.parent_order_id, "+strings.Join(names, ", ")+" FROM "+s.table("wc_orders")+" o"+
			" LEFT JOIN "+s.table("wc_order_operational_data")+" d ON d.order_id = o.id"+
			" LEFT JOIN "+s.table("wc_order_addresses")+" b ON b.order_id = o.id AND b.address_type = 'billing'"+
			" LEFT JOIN "+s.table("wc_order_addresses")+" s ON s.order_id = o.id AND s.address_type = 'shipping'"+
			" WHERE o.id IN ("+marks(len(ids))+")", anys(ids)...)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]*record, len(rows))
	for _, row := range rows {
		r := &record{
			id: row.numbers[0], parent: row.numbers[1], kind: row.texts[0],
			status: strings.TrimPrefix(row.texts[1], "wc-"), created: nonzero(row.texts[2]), modified: nonzero(row.texts[3]),
			paid: nonzero(row.texts[4]), completed: nonzero(row.texts[5]), props: map[string]string{},
		}
		for i, c := range columns {
			if !row.null[first+i] {
				r.props[c.prop] = row.texts[first+i]
			}
		}
		out[r.id] = r
	}
	return out, nil
}

// nonzero returns a date unless it is one of zeros; "" then.
func nonzero(date string) string {
	if strings.HasPrefix(date, "0000-") {
		return ""
	}
	return date
}
