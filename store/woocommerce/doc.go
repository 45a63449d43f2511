// Package woocommerce reads the orders and subscriptions of a WooCommerce shop
// from its tables, in the database that we share with its WordPress, as the
// JSON bodies that the shop's own webhooks carry. A shop that is read so needs
// no API key. Nothing is written, ever.
//
// # Sources
//
// WooCommerce 10.5 and WooCommerce Subscriptions 8.4, which ran beside this
// package over the same rows, orders in tables as well as orders as posts; the
// tests keep those rows and what the plugins' REST API said of them.
//
//	{P}wc_orders, {P}wc_order_addresses, {P}wc_order_operational_data,
//	{P}wc_orders_meta               OrdersTableDataStore::get_database_schema;
//	                                which column is which property, in its
//	                                $order_column_mapping and its sisters
//	{P}posts, {P}postmeta           WC_Order_Data_Store_CPT::read_order_data and
//	                                its parent's; Subscriptions' properties in
//	                                WCS_Subscription_Data_Store_CPT
//	{P}woocommerce_order_items,
//	{P}woocommerce_order_itemmeta   WC_Install::get_schema; WC_Order_Item_Product
//	the JSON                        WC_REST_Orders_V2_Controller (v3 inherits from
//	                                it), WC_REST_Subscriptions_Controller
//
// Both kinds of storage may be there at once, one a copy of the other or left
// over: the option woocommerce_custom_orders_table_enabled names the one that
// WooCommerce itself reads.
//
// # What a body has, and has not
//
// All fields of an order and of a subscription that are rows: numbers, status,
// sums, dates, addresses, how it was paid, the products with their meta data,
// removed products, refunds, the schedule. A subscription's dates of payment
// are those of its related orders, as Subscriptions derives them.
//
// Of an order's meta data, only what tells how it is related to subscriptions:
// shops keep all sorts of secrets there. Left out are what has no meaning for
// access (lines of tax, shipping, fees and coupons) and what only PHP could say
// (payment_url, needs_payment, is_editable, needs_processing, currency_symbol,
// _links, payment_retry_date_gmt, the display texts of meta data, a product's sku,
// image and parent's name). No filter of another plugin is run, so that number is
// the order's id.
//
// A product that was deleted from the shop keeps its number here, as the webhook
// had it at the time of sale; the REST API says 0 from then on.
//
// # What Changed cannot see
//
// WooCommerce does not date every change, which its REST API hides from a
// caller in the same way. In both storages: the next payment that somebody moves,
// a refund that is deleted, an item whose type alone changes (one that a
// subscriber removed). With orders as posts also all that is meta data or an item:
// an address, a product that was added. A status, a payment and a refund are dated
// always. What is not is found by reading everything now and then, with a since of
// long ago.
package woocommerce
