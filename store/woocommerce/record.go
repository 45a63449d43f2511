package woocommerce

import (
	"context"
	"slices"
	"strings"
)

// record is an order or a subscription with all its rows, the same from both
// storages. The properties have the names that they have in {P}postmeta, which
// are also Subscriptions' names in {P}wc_orders_meta.
type record struct {
	id, parent int64
	kind       string
	status     string // without wc-
	// Dates in UTC as 2026-03-02T10:15:06; "" where there is none.
	created, modified, paid, completed string
	props                              map[string]string
	meta                               []meta // what a body shows of it
	items                              []*item
	refunds                            []refund
	related                            []related // of a subscription, the newest first
}

func (r *record) topic() string {
	if r.kind == typeSubscription {
		return topicSubscription
	}
	return topicOrder
}

// meta is a row of meta data.
type meta struct {
	id         int64
	key, value string
	null       bool
}

// refund is a child of an order.
type refund struct {
	id             int64
	amount, reason string
}

// Meta data by which orders and subscriptions are related.
const (
	metaRenewal     = "_subscription_renewal"
	metaSwitch      = "_subscription_switch"
	metaResubscribe = "_subscription_resubscribe"
	metaFailed      = "_failed_renewal_order"
)

// shownMeta is what a body shows of an order's meta data.
var shownMeta = []string{metaRenewal, metaSwitch, metaResubscribe, metaFailed}

// subscriptionProps are properties that Subscriptions keeps as meta data in both
// storages ($subscription_meta_keys_to_props).
var subscriptionProps = []string{
	"_billing_period", "_billing_interval", "_trial_period", "_suspension_count", "_requires_manual_renewal",
	"_schedule_start", "_schedule_trial_end", "_schedule_next_payment", "_schedule_cancelled", "_schedule_end",
	cacheOf(metaRenewal), cacheOf(metaSwitch), cacheOf(metaResubscribe),
}

// records reads the orders of some keys, in their order. One that was deleted in
// the meantime is not among them.
//
// The order's own row is read first: when it is changed while we read the rest,
// its time in the body is the earlier one, and the whole of it comes again.
func (s shop) records(ctx context.Context, keys []key) ([]*record, error) {
	ids := make([]int64, len(keys))
	for i, k := range keys {
		ids[i] = k.id
	}
	read, wanted := s.fromTables, slices.Concat(shownMeta, subscriptionProps)
	if s.storage == Posts {
		read, wanted = s.fromPosts, slices.Concat(wanted, postProps)
	}
	byID, err := read(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]*record, 0, len(ids))
	for _, id := range ids {
		if r := byID[id]; r != nil {
			out = append(out, r)
		}
	}
	metas, err := s.metas(ctx, ids, wanted)
	if err != nil {
		return nil, err
	}
	for _, r := range out {
		r.take(metas[r.id])
		if s.storage == Posts {
			s.postDates(r)
		}
	}
	for _, step := range []func(context.Context, []*record) error{s.readItems, s.readRefunds, s.readRelated} {
		if err := step(ctx, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// take sorts meta data into properties, of which the first row counts, and what
// is shown.
func (r *record) take(rows []meta) {
	for _, m := range rows {
		if slices.Contains(shownMeta, m.key) {
			r.meta = append(r.meta, m)
		}
		if _, have := r.props[m.key]; !have {
			r.props[m.key] = m.value
		}
	}
}

// longestMeta bounds a value that we read: those that mean something here are
// short, and plugins keep whole documents beside them.
const longestMeta = "65535"

// metas reads meta data of orders by their keys, in the order in which
// WooCommerce meets it: by the index of its own table, by number in WordPress's.
func (s shop) metas(ctx context.Context, ids []int64, keys []string) (map[int64][]meta, error) {
	id, of, table, order := "id", "order_id", "wc_orders_meta", "meta_key, meta_value, id"
	if s.storage == Posts {
		id, of, table, order = "meta_id", "post_id", "postmeta", "meta_id"
	}
	out := make(map[int64][]meta, len(ids))
	for part := range slices.Chunk(ids, maxRows) {
		rows, err := collect(ctx, s.conn, scanTexts(2, 2), "SELECT "+id+", "+of+", meta_key, meta_value FROM "+
			s.table(table)+" WHERE "+of+" IN ("+marks(len(part))+") AND meta_key IN ("+marks(len(keys))+
			") AND (meta_value IS NULL OR LENGTH(meta_value) <= "+longestMeta+") ORDER BY "+of+", "+order,
			append(anys(part), anys(keys)...)...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.numbers[1]] = append(out[r.numbers[1]], meta{r.numbers[0], r.texts[0], r.texts[1], r.null[1]})
		}
	}
	return out, nil
}

// readRefunds reads the children of orders that give money back, the newest
// first as WC_Order::get_refunds lists them.
func (s shop) readRefunds(ctx context.Context, records []*record) error {
	byID := map[int64]*record{}
	var ids []int64
	for _, r := range records {
		if r.kind == typeOrder {
			byID[r.id] = r
			ids = append(ids, r.id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	query := "SELECT id, parent_order_id, COALESCE(total_amount, ''), '' FROM " + s.table("wc_orders") +
		" WHERE type = ? AND COALESCE(status, '') NOT IN ('trash', 'auto-draft') AND parent_order_id IN (" + marks(len(ids)) +
		") ORDER BY date_created_gmt DESC, id"
	if s.storage == Posts {
		query = "SELECT ID, post_parent, '', post_excerpt FROM " + s.table("posts") +
			" WHERE post_type = ? AND post_status NOT IN ('trash', 'auto-draft') AND post_parent IN (" + marks(len(ids)) +
			") ORDER BY post_date DESC, ID"
	}
	rows, err := collect(ctx, s.conn, scanTexts(2, 2), query, append([]any{typeRefund}, anys(ids)...)...)
	if err != nil || len(rows) == 0 {
		return err
	}
	numbers := make([]int64, len(rows))
	for i, row := range rows {
		numbers[i] = row.numbers[0]
	}
	metas, err := s.metas(ctx, numbers, []string{"_refund_amount", "_refund_reason", "_order_total"})
	if err != nil {
		return err
	}
	for _, row := range rows {
		f := refund{id: row.numbers[0], reason: row.texts[1]}
		m := record{props: map[string]string{"_order_total": row.texts[0]}}
		if row.texts[0] == "" {
			delete(m.props, "_order_total")
		}
		m.take(metas[f.id])
		if f.amount = m.props["_refund_amount"]; f.amount == "" {
			f.amount = strings.TrimPrefix(m.props["_order_total"], "-")
		}
		if reason, ok := m.props["_refund_reason"]; ok {
			f.reason = reason
		}
		of := byID[row.numbers[1]]
		of.refunds = append(of.refunds, f)
	}
	return nil
}
