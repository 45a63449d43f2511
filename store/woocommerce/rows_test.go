package woocommerce_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"enrolld/store/woocommerce"
	"enrolld/store/wordpress"
)

// node is a decoded body.
type node map[string]any

func (n node) text(field string) string {
	switch v := n[field].(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func (n node) id() int64 { return int64(n["id"].(float64)) }

// gmt is a date as a DATETIME has it, nil for none.
func (n node) gmt(field string) any {
	if s := n.text(field); s != "" {
		return strings.Replace(s, "T", " ", 1)
	}
	return nil
}

func (n node) sub(field string) node {
	m, _ := n[field].(map[string]any)
	return m
}

func (n node) list(field string) []node {
	var out []node
	items, _ := n[field].([]any)
	for _, v := range items {
		out = append(out, v.(map[string]any))
	}
	return out
}

// far lies between the numbers of a body and those of the rows that stand for
// what the body does not tell.
const far = 1_000_000

// insert writes the rows that WooCommerce would have for a body.
func (w *world) insert(storage woocommerce.Storage, b node) {
	w.t.Helper()
	kind := "shop_order"
	meta := map[string]string{}
	if _, ok := b["billing_period"]; ok {
		kind = "shop_subscription"
		w.schedule(storage, b, meta)
	}
	w.insertOrder(storage, kind, b, meta)
	for _, m := range b.list("meta_data") {
		if value := m.text("value"); value != "" && !strings.HasSuffix(m.text("key"), "_cache") {
			w.insertMeta(storage, b.id(), m.text("key"), value)
		}
	}
	for list, kind := range map[string]string{"line_items": "line_item", "removed_line_items": "line_item_removed"} {
		for _, i := range b.list(list) {
			w.insertItem(b.id(), kind, i)
		}
	}
	w.insertItem(b.id(), "shipping", node{"id": float64(b.id() + far), "name": "Post", "total": "4.90"})
	for n, r := range b.list("refunds") {
		amount := strings.TrimPrefix(r.text("total"), "-")
		child := node{
			"id": r["id"], "parent_id": b["id"], "status": "completed", "total": "-" + amount,
			"date_created_gmt": fmt.Sprintf("2026-09-01T10:00:%02d", 59-n), // the newest first
		}
		w.insertOrder(storage, "shop_order_refund", child, map[string]string{
			"_refund_amount": amount, "_refund_reason": r.text("reason"),
		})
	}
}

// schedule adds what subscriptions have as meta data in both storages, and the
// order that their dates of payment are read from.
func (w *world) schedule(storage woocommerce.Storage, b node, meta map[string]string) {
	w.t.Helper()
	for key, field := range map[string]string{
		"_billing_period": "billing_period", "_billing_interval": "billing_interval", "_trial_period": "trial_period",
		"_suspension_count": "suspension_count",
	} {
		meta[key] = b.text(field)
	}
	meta["_requires_manual_renewal"] = fmt.Sprint(b["requires_manual_renewal"])
	for _, name := range []string{"start", "trial_end", "next_payment", "cancelled", "end"} {
		meta["_schedule_"+name] = "0"
		if at, ok := b.gmt(name + "_date_gmt").(string); ok {
			meta["_schedule_"+name] = at
		}
	}
	renewal := node{
		"id": float64(b.id() + far), "parent_id": 0.0, "status": "completed", "date_created_gmt": b["last_payment_date_gmt"],
		"date_paid_gmt": b["date_paid_gmt"], "date_completed_gmt": b["date_completed_gmt"],
	}
	w.insertOrder(storage, "shop_order", renewal, nil)
	meta["_subscription_renewal_order_ids_cache"] = fmt.Sprintf("a:1:{i:0;i:%d;}", renewal.id())
	meta["_subscription_switch_order_ids_cache"] = "a:0:{}"
	if from := b.text("resubscribed_from"); from != "" {
		meta["_subscription_resubscribe"] = from
	}
	taken := b.text("resubscribed_subscription")
	if taken == "" {
		return // kept as nothing: looked for
	}
	n, _ := strconv.ParseInt(taken, 10, 64)
	w.insertOrder(storage, "shop_subscription", node{"id": float64(n), "parent_id": 0.0, "status": "active"}, nil)
	w.insertMeta(storage, n, "_subscription_resubscribe", b.text("id"))
}

// insertOrder writes an order as one of the storages has it.
func (w *world) insertOrder(storage woocommerce.Storage, kind string, b node, meta map[string]string) {
	w.t.Helper()
	status := "wc-" + b.text("status")
	if status == "wc-trash" {
		status = "trash"
	}
	if storage == woocommerce.Posts {
		w.insertPost(kind, status, b)
	} else {
		w.insertRow(kind, status, b)
	}
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		w.insertMeta(storage, b.id(), key, meta[key])
	}
}

func (w *world) insertRow(kind, status string, b node) {
	w.t.Helper()
	p := w.site.Prefix()
	billing, shipping := b.sub("billing"), b.sub("shipping")
	w.exec("INSERT INTO "+p+"wc_orders VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		b.id(), status, b.text("currency"), kind, orNil(b.text("cart_tax")), orNil(b.text("total")), orNil(b.text("customer_id")),
		billing.text("email"), b.gmt("date_created_gmt"), b.gmt("date_modified_gmt"), b.text("parent_id"),
		b.text("payment_method"), b.text("payment_method_title"), orNil(b.text("transaction_id")),
		b.text("customer_ip_address"), b.text("customer_user_agent"), b.text("customer_note"))
	paid, completed := b.gmt("date_paid_gmt"), b.gmt("date_completed_gmt")
	if kind == "shop_subscription" {
		paid, completed = nil, nil
	}
	w.exec("INSERT INTO "+p+`wc_order_operational_data (order_id, created_via, woocommerce_version, prices_include_tax, cart_hash,
		order_key, date_paid_gmt, date_completed_gmt, shipping_tax_amount, shipping_total_amount, discount_tax_amount, discount_total_amount)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`, b.id(), b.text("created_via"), b.text("version"), b["prices_include_tax"] == true,
		b.text("cart_hash"), b.text("order_key"), paid, completed, orNil(b.text("shipping_tax")),
		orNil(b.text("shipping_total")), orNil(b.text("discount_tax")), orNil(b.text("discount_total")))
	for kind, a := range map[string]node{"billing": billing, "shipping": shipping} {
		args := []any{b.id(), kind}
		for _, field := range addressFields {
			args = append(args, orNil(a.text(field)))
		}
		w.exec("INSERT INTO "+p+"wc_order_addresses (order_id, address_type, "+strings.Join(addressFields, ", ")+
			") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", args...)
	}
}

var addressFields = []string{
	"first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country", "email", "phone",
}

func (w *world) insertPost(kind, status string, b node) {
	w.t.Helper()
	zero := func(v any) any {
		if v == nil {
			return "0000-00-00 00:00:00"
		}
		return v
	}
	w.exec("INSERT INTO "+w.site.Prefix()+`posts (ID, post_type, post_status, post_parent, post_date, post_date_gmt, post_modified_gmt,
		post_content, post_title, post_excerpt, to_ping, pinged, post_content_filtered) VALUES (?,?,?,?,?,?,?,'','Order',?,'','','')`,
		b.id(), kind, status, b.text("parent_id"), zero(b.gmt("date_created_gmt")), zero(b.gmt("date_created_gmt")),
		zero(b.gmt("date_modified_gmt")), b.text("customer_note"))
	meta := map[string]string{
		"_order_currency": b.text("currency"), "_order_tax": b.text("cart_tax"), "_order_total": b.text("total"),
		"_order_shipping": b.text("shipping_total"), "_order_shipping_tax": b.text("shipping_tax"),
		"_cart_discount": b.text("discount_total"), "_cart_discount_tax": b.text("discount_tax"),
		"_order_version": b.text("version"), "_order_key": b.text("order_key"), "_customer_user": b.text("customer_id"),
		"_payment_method": b.text("payment_method"), "_payment_method_title": b.text("payment_method_title"),
		"_transaction_id": b.text("transaction_id"), "_customer_ip_address": b.text("customer_ip_address"),
		"_customer_user_agent": b.text("customer_user_agent"), "_created_via": b.text("created_via"),
		"_cart_hash": b.text("cart_hash"), "_prices_include_tax": map[bool]string{true: "yes", false: "no"}[b["prices_include_tax"] == true],
	}
	if kind != "shop_subscription" {
		// One as it is written today, one as WooCommerce 2 left it.
		meta["_date_paid"] = unix(b.text("date_paid_gmt"))
		meta["_completed_date"], _ = node{"at": b.text("date_completed")}.gmt("at").(string)
		if at, ok := b.gmt("date_completed_gmt").(string); ok && b.text("date_completed") == "" {
			meta["_date_completed"] = unix(strings.Replace(at, " ", "T", 1))
		}
	}
	for kind, a := range map[string]node{"_billing_": b.sub("billing"), "_shipping_": b.sub("shipping")} {
		for _, field := range addressFields {
			meta[kind+field] = a.text(field)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		w.insertMeta(woocommerce.Posts, b.id(), key, meta[key])
	}
}

func (w *world) insertMeta(storage woocommerce.Storage, id int64, key string, value any) {
	w.t.Helper()
	if storage == woocommerce.Posts {
		w.exec("INSERT INTO "+w.site.Prefix()+"postmeta (post_id, meta_key, meta_value) VALUES (?,?,?)", id, key, value)
		return
	}
	w.exec("INSERT INTO "+w.site.Prefix()+"wc_orders_meta (order_id, meta_key, meta_value) VALUES (?,?,?)", id, key, value)
}

func (w *world) insertItem(order int64, kind string, i node) {
	w.t.Helper()
	p := w.site.Prefix()
	w.exec("INSERT INTO "+p+"woocommerce_order_items VALUES (?,?,?,?)", i.id(), i.text("name"), kind, order)
	quantity, _ := i["quantity"].(float64)
	price, _ := i["price"].(float64)
	meta := map[string]string{
		"_product_id": i.text("product_id"), "_variation_id": i.text("variation_id"), "_qty": i.text("quantity"),
		"_tax_class": i.text("tax_class"), "_line_total": strconv.FormatFloat(price*quantity, 'f', 6, 64),
		"_line_subtotal": i.text("subtotal"), "_line_tax": "9.99", "_line_subtotal_tax": "9.99",
	}
	var total, subtotal wordpress.Array
	for _, tax := range i.list("taxes") {
		total.Set(tax.id(), tax.text("total"))
		subtotal.Set(tax.id(), tax.text("subtotal"))
	}
	meta["_line_tax_data"], _ = wordpress.Serialize(&wordpress.Array{Entries: []wordpress.Entry{
		{Key: "total", Value: &total}, {Key: "subtotal", Value: &subtotal},
	}})
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		w.exec("INSERT INTO "+p+"woocommerce_order_itemmeta (order_item_id, meta_key, meta_value) VALUES (?,?,?)", i.id(), key, meta[key])
	}
	for _, m := range i.list("meta_data") {
		w.exec("INSERT INTO "+p+"woocommerce_order_itemmeta VALUES (?,?,?,?)", m.id()+far, i.id(), m.text("key"), m.text("value"))
	}
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}
