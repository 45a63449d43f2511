package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"enrolld"
	"enrolld/store"
	"enrolld/store/storetest"
)

// benchSenders is how many senders a benchmark has at once.
const benchSenders = 64

// send calls put b.N times from many senders and reports deliveries a second.
func send(b *testing.B, w *world, put func(store.Delivery) error) {
	b.Helper()
	b.ReportAllocs()
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range benchSenders {
		all.Go(func() {
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					return
				}
				if err := put(w.delivery(fmt.Sprint("evt_", i))); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
	w.want("SELECT COUNT(*) FROM enrolld_deliveries", fmt.Sprint(b.N))
}

// BenchmarkInbox stores deliveries that share commits.
func BenchmarkInbox(b *testing.B) {
	w := newWorld(b)
	inbox := store.NewInbox(w.db)
	defer inbox.Close()
	send(b, w, func(d store.Delivery) error { return inbox.Put(b.Context(), d) })
}

// BenchmarkInsertEach stores each delivery by itself, each sender on a
// connection of its own: what Inbox is measured against.
func BenchmarkInsertEach(b *testing.B) {
	w := newWorld(b)
	db := storetest.Open(b, w.db.Name(), benchSenders)
	send(b, w, func(d store.Delivery) error {
		_, err := db.Conn().ExecContext(b.Context(), `INSERT INTO enrolld_deliveries (account_id,
			integration_id, delivery_key, event, state, received_at, headers, body, due_at) VALUES (?,?,?,?,?,?,'',?,?)`,
			d.AccountID, d.IntegrationID, store.HashToken(d.Key), d.Event, string(d.State), d.ReceivedAt, d.Body, d.ReceivedAt)
		return err
	})
}

// BenchmarkClaim claims and finishes batches of 50 of a hundred thousand
// deliveries that wait.
func BenchmarkClaim(b *testing.B) {
	w := newWorld(b)
	w.many(100_000)
	b.ResetTimer()
	for range b.N {
		lease, list := w.claim(50)
		verdicts := make([]store.Verdict, len(list))
		for i, d := range list {
			verdicts[i] = store.Verdict{DeliveryID: d.ID, State: enrolld.DeliveryDone}
		}
		w.check(w.db.InTx(b.Context(), func(tx *store.Tx) error { return tx.Finish(b.Context(), lease, verdicts) }))
	}
}

// BenchmarkClaimMessages claims and finishes batches of 100 of a hundred thousand
// messages that wait: one in ten is one that somebody waits for.
func BenchmarkClaimMessages(b *testing.B) {
	w := newWorld(b)
	now := w.clock.Now()
	w.exec(`INSERT INTO enrolld_messages (id, account_id, customer_id, kind, cause, recipient, data, state, due_at, created_at, urgency)
		SELECT seq, ?, seq, 'welcome', seq, 'a@example.com', '{}', 'queued', ?, ?, IF(MOD(seq, 10) = 0, 2, 0) FROM seq_1_to_100000`,
		w.account.ID, now, now)
	b.ResetTimer()
	for range b.N {
		list, err := w.db.ClaimMessages(b.Context(), 100, enrolld.RankMany, store.NewLease(), term)
		w.check(err)
		results := make([]enrolld.SendResult, len(list))
		for i, m := range list {
			results[i] = enrolld.SendResult{Message: m, State: enrolld.SendSent, Response: "250 ok"}
		}
		w.check(w.db.FinishMessages(b.Context(), results))
	}
}
