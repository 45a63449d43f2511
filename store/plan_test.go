package store_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
)

// A method that is about a few rows may read so many where every table has five
// thousand: it goes by an index, or else it reads them all.
const (
	bigTable = 5000
	fewReads = 400
)

func TestStatementsGoByIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.replica(1) // its session counts what its statements read
	w.crowd(bigTable)
	w.many(bigTable)
	w.fillQueues()
	if n, err := w.db.IndexCustomers(t.Context(), 2*bigTable); err != nil || n < bigTable {
		t.Fatalf("IndexCustomers = %d, %v", n, err)
	}
	w.exec("ANALYZE TABLE enrolld_customers, enrolld_customer_words")
	lease := store.NewLease()
	inTx := func(f func(context.Context, *store.Tx) error) func(context.Context) error {
		return func(ctx context.Context) error {
			return one.InTx(ctx, func(tx *store.Tx) error { return f(ctx, tx) })
		}
	}
	due := w.clock.Now()
	tests := []struct {
		name string
		most int
		call func(context.Context) error
	}{
		{"Claim", fewReads, func(ctx context.Context) error {
			got, err := one.Claim(ctx, 20, lease, term)
			return wantLen("deliveries", len(got), 20, err)
		}},
		{"Release", fewReads, func(ctx context.Context) error {
			return one.Release(ctx, lease, []store.Verdict{{DeliveryID: 1, State: enrolld.DeliveryQueued, RetryAt: due}})
		}},
		{"Hold", fewReads, func(ctx context.Context) error { return one.Hold(ctx, lease, []int64{2, 3}, due) }},
		{"Finish", fewReads, inTx(func(ctx context.Context, tx *store.Tx) error {
			return tx.Finish(ctx, lease, []store.Verdict{{DeliveryID: 4, State: enrolld.DeliveryDone}})
		})},
		{"MessagePage", fewReads, func(ctx context.Context) error {
			_, err := one.MessagePage(ctx, w.account.ID, store.MessageFilter{Limit: 50})
			return err
		}},
		{"MessagePage of a state", fewReads, func(ctx context.Context) error {
			_, err := one.MessagePage(ctx, w.account.ID, store.MessageFilter{Limit: 50, State: "dead"})
			return err
		}},
		{"MessagePage of a kind", fewReads, func(ctx context.Context) error {
			_, err := one.MessagePage(ctx, w.account.ID, store.MessageFilter{Limit: 50, Kind: enrolld.MessageRefunded, Before: 4000})
			return err
		}},
		{"QueuedCauses", fewReads, inTx(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.QueuedCauses(ctx, w.account.ID, names("cause:", 20))
			return err
		})},
		{"Resent", fewReads, inTx(func(ctx context.Context, tx *store.Tx) error {
			_, _, err := tx.Resent(ctx, w.account.ID, "resend:7:")
			return err
		})},
		{"CustomerIDs", fewReads, func(ctx context.Context) error {
			got, _, err := one.CustomerIDs(ctx, w.account.ID, store.AllProducts(), store.CustomerFilter{IDs: []int64{1, 2, 3}, Limit: 50})
			return wantLen("customers", len(got), 3, err)
		}},
		{"Unpark", fewReads, inTx(func(ctx context.Context, tx *store.Tx) error { return tx.Unpark(ctx, []int64{7, 8}) })},
		{"DeliveriesNaming, of those that had an effect", fewReads, func(ctx context.Context) error {
			got, err := one.DeliveriesNaming(ctx, w.account.ID, "9@example.com")
			return wantLen("deliveries", len(got), 0, err)
		}},
		{"PruneRejected", fewReads, func(ctx context.Context) error { return one.PruneRejected(ctx, w.source.ID, 100) }},
		{"OrderIDs", fewReads, inTx(func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.OrderIDs(ctx, w.source.ID, names("order:", 20))
			return wantLen("orders", len(got), 20, err)
		})},
		{"LockOrders", fewReads, inTx(func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.LockOrders(ctx, []int64{1, 2, 3})
			return wantLen("orders", len(got), 3, err)
		})},
		{"OrdersOf", fewReads, func(ctx context.Context) error {
			got, err := one.OrdersOf(ctx, w.account.ID, 7)
			return wantLen("orders", len(got), 1, err)
		}},
		{"SaveOrders", fewReads, inTx(func(ctx context.Context, tx *store.Tx) error {
			return tx.SaveOrders(ctx, []*store.Order{{IntegrationID: 1, FirstRef: "new"},
				{ID: 2, IntegrationID: 1, FirstRef: "order:2", CustomerID: 2}})
		})},
		{"JoinOrders", fewReads, inTx(func(ctx context.Context, tx *store.Tx) error {
			return tx.JoinOrders(ctx, 1, []int64{4998, 4999})
		})},
		{"LockCustomers", fewReads, inTx(func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.LockCustomers(ctx, w.account.ID, []enrolld.Customer{person("7"), person("new")})
			return wantLen("customers", len(got), 2, err)
		})},
		{"LockCustomersByID", fewReads, inTx(func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.LockCustomersByID(ctx, w.account.ID, []int64{8, 9})
			return wantLen("customers", len(got), 2, err)
		})},
		{"CustomerByKey", fewReads, func(ctx context.Context) error {
			_, err := one.CustomerByKey(ctx, w.account.ID, "9@example.com")
			return err
		}},
		{"DueCustomers", fewReads, func(ctx context.Context) error {
			got, err := one.DueCustomers(ctx, 20)
			return wantLen("customers", len(got), 20, err)
		}},
		{"PutOffDue", fewReads, func(ctx context.Context) error { return one.PutOffDue(ctx, []int64{1, 2}, due) }},
		{"LockProducts", fewReads, inTx(func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.LockProducts(ctx, w.account.ID, []store.ProductID{{Platform: "stripe", Key: "prod_9"}})
			return wantLen("products", len(got), 1, err)
		})},
		{"MapProduct", fewReads, func(ctx context.Context) error {
			n, err := one.MapProduct(ctx, w.mapped("prod_9/price", 12)) // nobody has it
			return wantLen("customers", int(n), 0, err)
		}},
		{"MapProduct of many", 10 * 1200, func(ctx context.Context) error {
			n, err := one.MapProduct(ctx, w.mapped("prod_1", 12))
			return wantLen("customers", int(n), 1200, err)
		}},
		{"SweepParked", 2 * fewReads, func(ctx context.Context) error {
			n, err := one.SweepParked(ctx)
			return wantLen("customers", int(n), 50, err)
		}},
		{"ParkedCounts", fewReads, func(ctx context.Context) error {
			got, err := one.ParkedCounts(ctx, w.account.ID)
			return wantLen("products", len(got), 1, err)
		}},
		{"ClaimMessages", fewReads, func(ctx context.Context) error {
			got, err := one.ClaimMessages(ctx, 20, enrolld.RankMany, lease, term)
			return wantLen("messages", len(got), 20, err)
		}},
		{"ClaimMessages behind many", fewReads, func(ctx context.Context) error {
			got, err := one.ClaimMessages(ctx, 20, enrolld.RankWaited, lease, term)
			return wantLen("messages that somebody waits for", len(got), 10, err) // of 25; the claim before got 15
		}},
		{"QueueMessages", fewReads, inTx(func(ctx context.Context, tx *store.Tx) error {
			return tx.QueueMessages(ctx, []enrolld.Message{w.message(4001, "new"), w.message(4002, "newer")})
		})},
		{"FinishMessages", fewReads, func(ctx context.Context) error {
			return one.FinishMessages(ctx, []enrolld.SendResult{
				{Message: &enrolld.Message{ID: 9}, State: enrolld.SendSent},
				{Message: &enrolld.Message{ID: 8}, State: enrolld.SendDead},
			})
		}},
		{"MessagesOf", fewReads, func(ctx context.Context) error {
			got, err := one.MessagesOf(ctx, w.account.ID, 77)
			return wantLen("messages", len(got), 1, err)
		}},
		{"ClaimSignals", fewReads, func(ctx context.Context) error {
			got, err := one.ClaimSignals(ctx, 20, lease, term)
			return wantLen("signals", len(got), 20, err)
		}},
		{"QueueSignals", fewReads, inTx(func(ctx context.Context, tx *store.Tx) error {
			return tx.QueueSignals(ctx, []store.Signal{{AccountID: w.account.ID, Kind: store.SignalRevoked, UserID: 4000}})
		})},
		{"ClaimSignals behind many", fewReads, func(ctx context.Context) error {
			got, err := one.ClaimSignals(ctx, 20, lease, term)
			got = slices.DeleteFunc(got, func(s store.Signal) bool { return s.UserID != 4000 })
			return wantLen("signals about user 4000", len(got), 2, err) // the new one, and what waited
		}},
		{"DropSignals", fewReads, func(ctx context.Context) error { return one.DropSignals(ctx, lease, []int64{1, 2}) }},
		{"GrantsOf", fewReads, func(ctx context.Context) error {
			got, err := one.GrantsOf(ctx, w.account.ID, 7)
			return wantLen("grants", len(got), 1, err)
		}},
		{"CustomerPage", 2 * fewReads, func(ctx context.Context) error {
			got, err := one.CustomerPage(ctx, w.account.ID, store.AllProducts(), store.CustomerFilter{Limit: 50})
			return wantLen("customers", len(got.Rows), 50, err)
		}},
		{"CustomerPage by name", 2 * fewReads, func(ctx context.Context) error {
			f := store.CustomerFilter{Limit: 50, Order: store.CustomersByName, After: 2500}
			got, err := one.CustomerPage(ctx, w.account.ID, store.AllProducts(), f)
			return wantLen("customers", len(got.Rows), 50, err)
		}},
		{"CustomerPage by address", 2 * fewReads, func(ctx context.Context) error {
			f := store.CustomerFilter{Limit: 50, Order: store.CustomersByEmail, After: 2500}
			got, err := one.CustomerPage(ctx, w.account.ID, store.AllProducts(), f)
			return wantLen("customers", len(got.Rows), 50, err)
		}},
		{"CustomerPage of few", 2 * fewReads, func(ctx context.Context) error {
			f := store.CustomerFilter{Limit: 50, Words: "4000@example.com", Source: "1", Course: enrolld.CourseRef{LMS: "page", ID: 12}}
			got, err := one.CustomerPage(ctx, w.account.ID, store.AllProducts(), f)
			return wantLen("customers", len(got.Rows), 1, err)
		}},
		{"CustomerPage of a source", 5 * fewReads, func(ctx context.Context) error {
			got, err := one.CustomerPage(ctx, w.account.ID, store.AllProducts(), store.CustomerFilter{Limit: 50, Source: "1"})
			return wantLen("customers", len(got.Rows), 50, err)
		}},
		{"CustomerPage of a course", 5 * fewReads, func(ctx context.Context) error {
			f := store.CustomerFilter{Limit: 50, Course: enrolld.CourseRef{LMS: "page", ID: 12}, After: 2500}
			got, err := one.CustomerPage(ctx, w.account.ID, store.AllProducts(), f)
			return wantLen("customers", len(got.Rows), 50, err)
		}},
		{"CustomerPage without access", 4 * fewReads, func(ctx context.Context) error {
			got, err := one.CustomerPage(ctx, w.account.ID, store.AllProducts(), store.CustomerFilter{Limit: 50, NoAccess: true})
			return wantLen("customers", len(got.Rows), 1, err) // the one that LockCustomers added
		}},
		{"FindCustomers", fewReads, func(ctx context.Context) error {
			got, err := one.FindCustomers(ctx, w.account.ID, store.AllProducts(), "4000@example.com", 10)
			return wantLen("customers", len(got), 1, err)
		}},
		{"IndexCustomers", fewReads, func(ctx context.Context) error {
			got, err := one.IndexCustomers(ctx, 20)
			return wantLen("customers", got, 0, err)
		}},
		{"Shared", fewReads, inTx(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Shared(ctx, w.account.SiteID, enrolld.Customer{ID: 4990, AccountID: w.account.ID}, 4990, "4990@example.com")
			return err
		})},
		{"Erase", fewReads, inTx(func(ctx context.Context, tx *store.Tx) error {
			return tx.Erase(ctx, enrolld.Customer{ID: 4990, AccountID: w.account.ID}, nil)
		})},
		{"Queues", 5 * bigTable, func(ctx context.Context) error { // each thing that waits is counted, once
			got, err := one.Queues(ctx)
			return wantLen("queues", len(got), 4, err)
		}},
	}
	for _, test := range tests {
		before := w.reads(one)
		if err := test.call(t.Context()); err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := w.reads(one) - before; got > test.most {
			t.Errorf("%s read %d rows, want at most %d", test.name, got, test.most)
		}
	}
}

func wantLen(what string, got, want int, err error) error {
	if err == nil && got != want {
		err = fmt.Errorf("%d %s, want %d", got, what, want)
	}
	return err
}

// reads is how many rows the only connection of a handle has read so far.
func (w *world) reads(db *store.DB) int {
	w.t.Helper()
	rows, err := readRows(w.t.Context(), db.Conn(), "SHOW SESSION STATUS WHERE variable_name LIKE 'Handler\\_read%'")
	w.check(err)
	sum := 0
	for _, row := range rows {
		_, n, _ := strings.Cut(row, "|")
		count, err := strconv.Atoi(n)
		w.check(err)
		sum += count
	}
	return sum
}

// fillQueues makes every queue long, and half of it what is over.
func (w *world) fillQueues() {
	w.t.Helper()
	now := w.clock.Now()
	seq := fmt.Sprint(" FROM seq_1_to_", bigTable)
	w.exec(`INSERT INTO enrolld_messages (id, account_id, customer_id, kind, cause, recipient, data, state, due_at,
		created_at, urgency)
		SELECT seq, ?, seq, 'welcome', seq, 'a@example.com', '{}', IF(MOD(seq, 2), 'queued', 'sent'), ?, ?, IF(seq > 4950, 2, 0)`+seq,
		w.account.ID, now, now)
	w.exec(`INSERT INTO enrolld_signals (id, account_id, kind, user_id, created_at, due_at, urgency)
		SELECT seq, ?, 'purge', seq, ?, ?, 0`+seq, w.account.ID, now, now)
	w.exec(`INSERT INTO enrolld_products (account_id, platform, product_key, courses, created_at)
		SELECT ?, 'stripe', CONCAT('prod_', seq), '[]', ?`+seq, w.account.ID, now)
	w.exec(`INSERT INTO enrolld_grants (customer_id, lms, course_id, cause_kind, cause_id, account_id, state, reason,
		starts_at, created_at, updated_at) SELECT seq, 'page', 12, 'order', seq, ?, 'live', 'paid', ?, ?, ?`+seq,
		w.account.ID, now, now, now)
	w.exec(`INSERT INTO enrolld_delivery_effects (delivery_id, order_id, changes, at) SELECT seq, seq, '[]', ?`+seq, now)
	w.exec(`INSERT INTO enrolld_merges (account_id, kept_id, gone_id, moved, actor, merged_at)
		SELECT ?, 100000 + seq, 200000 + seq, '{}', 'Maya', ?`+seq, w.account.ID, now)
	w.exec(`INSERT INTO enrolld_import_rows (import_id, verdict, place, problem) SELECT 1, 'kept', seq, 'why'` + seq)
	w.exec(`INSERT INTO enrolld_bulks (id, account_id, state, terms, chosen, picks, counts, actor, created_at)
		SELECT seq, ?, 'done', '{}', FALSE, '{}', '{}', 'Maya', ?`+seq, w.account.ID, now)
	w.exec(`INSERT INTO enrolld_bulk_targets (bulk_id, customer_id, outcome) SELECT 1, seq, 'change'` + seq)
	w.exec("ANALYZE TABLE enrolld_merges, enrolld_import_rows, enrolld_bulks, enrolld_bulk_targets")
	w.exec("UPDATE enrolld_customers SET due_at = ? WHERE id > 2500", now.Add(-time.Second))
	w.exec("UPDATE enrolld_deliveries SET state = 'done' WHERE id > 2500")
	w.exec("ANALYZE TABLE enrolld_deliveries, enrolld_customers, enrolld_orders, enrolld_order_refs, " +
		"enrolld_order_lines, enrolld_messages, enrolld_signals, enrolld_products, enrolld_grants, enrolld_delivery_effects")
}
