package bulk_test

import (
	"database/sql"
	"fmt"
	"testing"

	"enrolld/store"
	"enrolld/store/bulk"
	"enrolld/store/storetest"
)

// TestReads: a page of a result, and the next batch, are read from where they
// begin, however large the set is before and behind.
func TestReads(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.give(byPaul, 15, nil, "ann@example.org")
	b := d.done(filter(store.CustomerFilter{}), bulk.Give, terms(12))
	const n, asked, most = 20_000, 50, 400
	for from := 1000; from < n; from += 1000 {
		var rows [][]any
		for id := from; id < from+1000; id++ {
			row := []any{b.ID, id, "change", "done", "[]"}
			switch {
			case id > n/2:
				row[3], row[4] = "waits", nil
			case id%3 == 0:
				row[2], row[4] = "same", nil
			}
			rows = append(rows, row)
		}
		d.Check(d.DB.InTx(t.Context(), func(tx *store.Tx) error {
			return store.InsertRows(t.Context(), tx, `INSERT INTO enrolld_bulk_targets (bulk_id, customer_id, outcome, state, effect) VALUES `, rows, ``)
		}))
	}
	d.Exec(`ANALYZE TABLE enrolld_bulk_targets`)
	one := storetest.Open(t, d.DB.Name(), 1) // one connection: its counters are those of what it did
	x, w := bulk.On(one), bulk.NewWorker(one, bulk.Options{Batch: asked})
	targets := func(in bulk.Bucket, after int64) func() (int, error) {
		return func() (int, error) {
			list, err := x.Targets(t.Context(), d.Account.ID, b.ID, in, after, asked)
			return len(list), err
		}
	}
	for name, tt := range map[string]struct {
		read func() (int, error)
		want int
	}{
		"the first who changed":     {targets(bulk.Changed, 0), asked},
		"the last who changed":      {targets(bulk.Changed, n/2-30), 20},
		"the first not reached":     {targets(bulk.NotReached, 0), asked},
		"the last not reached":      {targets(bulk.NotReached, n-31), 30},
		"who failed":                {targets(bulk.WentWrong, 0), 0},
		"all, from the middle on":   {targets(bulk.All, n/2), asked},
		"the next to be taken back": {func() (int, error) { list, err := w.NextChanged(t.Context(), b, n/2-200); return len(list), err }, asked},
	} {
		before := reads(t, one)
		got, err := tt.read()
		d.Check(err)
		if read := reads(t, one) - before; got != tt.want || read > most {
			t.Errorf("%s: got %d with %d rows read, want %d with at most %d", name, got, read, tt.want, most)
		}
	}
}

// reads is how many rows the only connection of a handle has read, of tables and
// indexes, and those that it sorted.
func reads(t *testing.T, db *store.DB) (n int) {
	t.Helper()
	list, err := store.Collect(t.Context(), db.Conn(), func(rows *sql.Rows, n *int) error {
		var name string
		return rows.Scan(&name, n)
	}, `SHOW SESSION STATUS WHERE Variable_name IN ('Handler_read_next', 'Handler_read_prev', 'Handler_read_key', 'Handler_read_rnd_next', 'Handler_icp_attempts')`)
	if err != nil || len(list) == 0 {
		t.Fatal(fmt.Errorf("read the counters: %w", err))
	}
	for _, x := range list {
		n += x
	}
	return n
}
