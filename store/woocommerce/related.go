package woocommerce

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"enrolld/store/wordpress"
)

// related is an order of a subscription: the one that began it, a renewal, a
// switch, or one by which it was taken up again.
type related struct {
	id                       int64
	how                      string // parent, or the meta data that relates it
	kind                     string
	created, paid, completed string
}

const parent = "parent"

// relations in which an order or a subscription stands to a subscription.
var relations = []string{metaRenewal, metaSwitch, metaResubscribe}

// cacheOf is the meta data in which a subscription keeps the numbers of the
// orders of one relation (WCS_Related_Order_Store_Cached_CPT).
func cacheOf(relation string) string { return relation + "_order_ids_cache" }

// readRelated finds the orders of subscriptions. Subscriptions believes the
// numbers that it has kept, and looks for the orders where it has kept none.
func (s shop) readRelated(ctx context.Context, records []*record) error {
	var uncached []*record
	for _, r := range records {
		if r.kind != typeSubscription {
			continue
		}
		if r.parent != 0 {
			r.related = append(r.related, related{id: r.parent, how: parent})
		}
		for _, how := range relations {
			text, ok := r.props[cacheOf(how)]
			ids, valid := numbersIn(text)
			if !ok || !valid {
				uncached = append(uncached, r)
				continue
			}
			for _, id := range ids {
				r.relate(id, how)
			}
		}
	}
	if err := s.lookUpRelated(ctx, uncached); err != nil {
		return err
	}
	return s.datesOfRelated(ctx, records)
}

// relate adds an order unless it is known: the relations come in their order.
func (r *record) relate(id int64, how string) {
	if !slices.ContainsFunc(r.related, func(o related) bool { return o.id == id && o.how == how }) {
		r.related = append(r.related, related{id: id, how: how})
	}
}

// numbersIn reads a serialized list of numbers.
func numbersIn(text string) ([]int64, bool) {
	list, err := wordpress.UnserializeArray(text)
	if err != nil {
		return nil, false
	}
	var out []int64
	for _, e := range list.Entries {
		switch v := e.Value.(type) {
		case int64:
			out = append(out, v)
		case string:
			if n, err := strconv.ParseInt(v, 10, 64); err == nil {
				out = append(out, n)
			}
		}
	}
	return out, true
}

// lookUpRelated finds the orders whose meta data names one of the subscriptions.
func (s shop) lookUpRelated(ctx context.Context, subscriptions []*record) error {
	if len(subscriptions) == 0 {
		return nil
	}
	byID := map[string]*record{}
	for _, r := range subscriptions {
		byID[strconv.FormatInt(r.id, 10)] = r
	}
	of, table := "order_id", "wc_orders_meta"
	if s.storage == Posts {
		of, table = "post_id", "postmeta"
	}
	names := slices.Sorted(maps.Keys(byID))
	rows, err := collect(ctx, s.conn, scanTexts(1, 2), "SELECT "+of+", meta_key, meta_value FROM "+s.table(table)+
		" WHERE meta_key IN ("+marks(len(relations))+") AND meta_value IN ("+marks(len(names))+")",
		append(anys(relations), anys(names)...)...)
	if err != nil {
		return err
	}
	for _, row := range rows {
		how := row.texts[0]
		r := byID[strings.TrimSpace(row.texts[1])]
		if r == nil || !slices.Contains(relations, how) {
			continue // another case, or another number by MySQL's comparison
		}
		if _, cached := numbersIn(r.props[cacheOf(how)]); !cached {
			r.relate(row.numbers[0], how)
		}
	}
	return nil
}

// datesOfRelated reads when the related orders were made, paid and completed, and
// sorts them by number, the newest first.
func (s shop) datesOfRelated(ctx context.Context, records []*record) error {
	var ids []int64
	for _, r := range records {
		for _, o := range r.related {
			ids = append(ids, o.id)
		}
	}
	slices.Sort(ids)
	found := map[int64]related{}
	for part := range slices.Chunk(slices.Compact(ids), maxRows) {
		if err := s.datesOf(ctx, part, found); err != nil {
			return err
		}
	}
	for _, r := range records {
		for i, o := range r.related {
			with := found[o.id]
			with.id, with.how = o.id, o.how
			r.related[i] = with
		}
		slices.SortStableFunc(r.related, func(a, b related) int { return cmp.Compare(b.id, a.id) })
	}
	return nil
}

func (s shop) datesOf(ctx context.Context, ids []int64, found map[int64]related) error {
	if s.storage == Posts {
		return s.datesOfPosts(ctx, ids, found)
	}
	rows, err := collect(ctx, s.conn, scanTexts(1, 4), "SELECT o.id, o.type, "+date("o.date_created_gmt")+", "+
		date("d.date_paid_gmt")+", "+date("d.date_completed_gmt")+" FROM "+s.table("wc_orders")+" o LEFT JOIN "+
		s.table("wc_order_operational_data")+" d ON d.order_id = o.id WHERE o.id IN ("+marks(len(ids))+")", anys(ids)...)
	if err != nil {
		return err
	}
	for _, row := range rows {
		found[row.numbers[0]] = related{
			kind: row.texts[0], created: nonzero(row.texts[1]), paid: nonzero(row.texts[2]), completed: nonzero(row.texts[3]),
		}
	}
	return nil
}

func (s shop) datesOfPosts(ctx context.Context, ids []int64, found map[int64]related) error {
	orders, err := s.fromPosts(ctx, ids)
	if err != nil {
		return err
	}
	metas, err := s.metas(ctx, ids, []string{"_date_paid", "_paid_date", "_date_completed", "_completed_date"})
	if err != nil {
		return err
	}
	for id, r := range orders {
		r.take(metas[id])
		s.postDates(r)
		found[id] = related{kind: r.kind, created: r.created, paid: r.paid, completed: r.completed}
	}
	return nil
}

// lastOf returns the first date that a related order has, from the newest on
// (WC_Subscription::get_related_orders_date). The orders by which it was taken up
// again do not count: where PHP sorts them, among orders and subscriptions, is
// chance.
func (r *record) lastOf(date func(related) string) string {
	for _, o := range r.related {
		if d := date(o); d != "" && o.how != metaResubscribe {
			return d
		}
	}
	return ""
}

// lastPayment is when the newest of the order that began a subscription and its
// renewals was made, paid or not (WC_Subscription::get_last_order).
func (r *record) lastPayment() string {
	for _, o := range r.related {
		if o.how == parent || o.how == metaRenewal {
			return o.created
		}
	}
	return ""
}

// takenUp is the subscription by which a buyer took this one up again; 0 is none.
func (r *record) takenUp() int64 {
	for _, o := range r.related {
		if o.how == metaResubscribe && o.kind == typeSubscription {
			return o.id
		}
	}
	return 0
}
