package woocommerce

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// postProps are the properties of an order in {P}postmeta: read_order_data of
// WC_Order_Data_Store_CPT and of its parent. They are used as they stand there,
// also where they look serialized.
var postProps = append(addressProps(),
	"_order_currency", "_order_tax", "_order_total", "_order_shipping", "_order_shipping_tax",
	"_cart_discount", "_cart_discount_tax", "_order_version", "_prices_include_tax", "_order_key", "_customer_user",
	"_payment_method", "_payment_method_title", "_transaction_id", "_customer_ip_address", "_customer_user_agent",
	"_created_via", "_cart_hash", "_date_completed", "_completed_date", "_date_paid", "_paid_date",
)

func addressProps() []string {
	var out []string
	for _, kind := range []string{"_billing_", "_shipping_"} {
		for _, field := range addressFields {
			out = append(out, kind+field)
		}
	}
	return append(out, "_billing_email")
}

var addressFields = []string{
	"first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country", "phone",
}

// fromPosts reads what orders have in {P}posts.
func (s shop) fromPosts(ctx context.Context, ids []int64) (map[int64]*record, error) {
	rows, err := collect(ctx, s.conn, scanTexts(2, 5), "SELECT ID, post_parent, post_type, post_status, "+
		date("post_date_gmt")+", "+date("post_modified_gmt")+", post_excerpt FROM "+s.table("posts")+
		" WHERE ID IN ("+marks(len(ids))+")", anys(ids)...)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]*record, len(rows))
	for _, row := range rows {
		out[row.numbers[0]] = &record{
			id: row.numbers[0], parent: row.numbers[1], kind: row.texts[0],
			status:  strings.TrimPrefix(row.texts[1], "wc-"),
			created: nonzero(row.texts[2]), modified: nonzero(row.texts[3]),
			props: map[string]string{propNote: row.texts[4]},
		}
	}
	return out, nil
}

// postDates reads the dates that orders as posts have in their meta data.
func (s shop) postDates(r *record) {
	r.paid = s.postDate(r.props["_date_paid"], r.props["_paid_date"])
	r.completed = s.postDate(r.props["_date_completed"], r.props["_completed_date"])
	if _, ok := r.props["_prices_include_tax"]; !ok && s.taxed {
		r.props["_prices_include_tax"] = "yes"
	}
}

// postDate reads seconds since 1970 or, as WooCommerce before 3.0 wrote them, a
// date in the shop's zone.
func (s shop) postDate(unix, local string) string {
	if unix == "" || unix == "0" {
		unix = local
	}
	if n, err := strconv.ParseInt(unix, 10, 64); err == nil && n > 0 {
		return time.Unix(n, 0).UTC().Format(layout)
	}
	t, err := time.ParseInLocation(time.DateTime, unix, s.location)
	if err != nil {
		return ""
	}
	return t.UTC().Format(layout)
}
