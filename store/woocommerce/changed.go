package woocommerce

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"enrolld/store/wordpress"
)

// Topics of what is handed over, as in the header X-Wc-Webhook-Topic.
const (
	topicOrder        = "order.updated"
	topicSubscription = "subscription.updated"
)

// Types of orders, in {P}wc_orders.type and {P}posts.post_type.
const (
	typeOrder        = "shop_order"
	typeSubscription = "shop_subscription"
	typeRefund       = "shop_order_refund"
)

// What is held at once: the numbers of so many orders, and of so many of them
// all rows. WordPress has no index on the time of a post's change, so that every
// list of numbers costs a look at all orders: it is long.
const (
	keysAtOnce = 5000
	rowsAtOnce = 100
)

// Changed hands over every order and subscription that changed at or after
// since, to the second, the oldest change first, as the webhook would have sent
// it: topic is order.updated or subscription.updated. One that is changed
// meanwhile may be handed over as it is by then, and comes again, in this run or
// the next. Orders that nobody placed yet (drafts) are left out; those in the
// trash are not. An error of take ends it and is returned as it is.
//
// A change is dated before it commits: a caller that goes on from an earlier
// run takes since some minutes before that run began. What comes twice has the
// same key. What WooCommerce does not date is not found: see the package. The
// queries use conn one after the other and not while take runs: a *sql.Tx will
// do, but none is needed.
//
// Errors: NotFound when the blog has no WooCommerce; see [Has].
func Changed(
	ctx context.Context, conn wordpress.Conn, site wordpress.Site, since time.Time,
	take func(topic string, body []byte) error,
) error {
	s, err := open(ctx, conn, site)
	if err != nil {
		return err
	}
	from := key{at: moment(since)}
	for {
		keys, err := s.changed(ctx, from)
		if err != nil {
			return fmt.Errorf("read which orders of %s changed: %w", site, err)
		}
		for part := range slices.Chunk(keys, rowsAtOnce) {
			records, err := s.records(ctx, part)
			if err != nil {
				return fmt.Errorf("read orders of %s: %w", site, err)
			}
			for _, r := range records {
				body, err := json.Marshal(s.body(r))
				if err != nil {
					return fmt.Errorf("write order %d of %s: %w", r.id, site, err)
				}
				if err := take(r.topic(), body); err != nil {
					return err
				}
			}
		}
		if len(keys) < keysAtOnce {
			return nil
		}
		from = keys[len(keys)-1]
	}
}

// key is the place of an order in the list of changes.
type key struct {
	at string // 2026-03-02 10:15:06, UTC
	id int64
}

// moment writes a time for comparison with a DATETIME, whole seconds; what no
// DATETIME can be is the first one.
func moment(t time.Time) string {
	if t = t.UTC(); t.Year() < 1000 || t.Year() > 9999 {
		t = time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return t.Format(time.DateTime)
}

// drafts are the statuses of what nobody ordered: WooCommerce sends no webhook of
// the first three, and the checkout's own draft may be gone tomorrow.
const drafts = "'auto-draft', 'draft', 'new', 'wc-checkout-draft', 'checkout-draft'"

// changed lists the next numbers after a key.
func (s shop) changed(ctx context.Context, from key) ([]key, error) {
	at, id, kind, status, table := "date_updated_gmt", "id", "type", "status", "wc_orders"
	if s.storage == Posts {
		at, id, kind, status, table = "post_modified_gmt", "ID", "post_type", "post_status", "posts"
	}
	rows, err := collect(ctx, s.conn, scanTexts(1, 1), "SELECT "+id+", DATE_FORMAT("+at+", '%Y-%m-%d %H:%i:%s')"+
		" FROM "+s.table(table)+" WHERE "+kind+" IN (?,?) AND COALESCE("+status+", '') NOT IN ("+drafts+")"+
		" AND "+at+" >= ? AND ("+at+" > ? OR "+id+" > ?) ORDER BY "+at+", "+id+" LIMIT ?",
		typeOrder, typeSubscription, from.at, from.at, from.id, keysAtOnce)
	if err != nil {
		return nil, err
	}
	keys := make([]key, len(rows))
	for i, r := range rows {
		keys[i] = key{at: r.texts[0], id: r.numbers[0]}
	}
	return keys, nil
}
