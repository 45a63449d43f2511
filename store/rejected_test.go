package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"enrolld/store"
)

// TestPruneRejected keeps the last ones of each integration, and nothing else is
// touched, nor is the whole table read.
func TestPruneRejected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.many(bigTable) // none of it is rejected
	other := w.addSource(w.account.ID)
	const rejected, keep = 12, 5
	for n := range rejected {
		for _, source := range []int64{w.source.ID, other.ID} {
			w.check(w.db.Rejected(t.Context(), store.Delivery{
				AccountID: w.account.ID, IntegrationID: source, Key: fmt.Sprint(n), Event: fmt.Sprint(n), Body: []byte("x"),
				ReceivedAt: w.clock.Now().Add(time.Duration(n/2) * time.Second), // two at a time
			}))
		}
	}
	count := fmt.Sprintf("SELECT integration_id = %d, state, COUNT(*), MIN(IF(event = 'e', 0, CAST(event AS INT))) FROM enrolld_deliveries "+
		"GROUP BY 1, 2 ORDER BY 1, 2", w.source.ID)
	one := w.replica(1)
	before := w.reads(one)
	w.check(one.PruneRejected(t.Context(), w.source.ID, keep))
	if got := w.reads(one) - before; got > fewReads {
		t.Errorf("read %d rows, want at most %d", got, fewReads)
	}
	queued := fmt.Sprintf("1|queued|%d|0", bigTable)
	w.want(count, "0|rejected|12|0", queued, "1|rejected|5|7")
	w.check(one.PruneRejected(t.Context(), w.source.ID, keep))
	w.want(count, "0|rejected|12|0", queued, "1|rejected|5|7")
	w.check(one.PruneRejected(t.Context(), 99, keep))

	w.exec("ANALYZE TABLE enrolld_deliveries")
	plan := w.rows("EXPLAIN "+store.SQLOldRejected, w.source.ID, 500, keep)
	if len(plan) != 1 || !strings.Contains(plan[0], "|work|") || strings.Contains(plan[0], "filesort") {
		t.Errorf("the plan is %q, want one by the index work, without a sort", plan)
	}
}
