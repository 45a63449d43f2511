package jobs_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/jobs"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// A job counts to what it wants. Each step is a row of its own, so that one that is
// done twice is refused.
const tables = `CREATE TABLE counting (id BIGINT PRIMARY KEY, lease BINARY(16) NOT NULL DEFAULT '', due_at DATETIME(6) NULL,
		wants VARCHAR(9) NOT NULL, at INT NOT NULL DEFAULT 0);
	CREATE TABLE counted (id BIGINT, at INT, n INT NOT NULL AUTO_INCREMENT, PRIMARY KEY (id, at), KEY (n))`

// counting is a job as a worker holds it.
type counting struct {
	jobs.Hold

	id        int64
	wants, at int
}

// bench is a database with jobs in it.
type bench struct {
	t     *testing.T
	db    *store.DB
	clock *storetest.Clock
	turn  int
	// fail has a step of a job fail.
	fail func(*counting) error
}

const term = 10 * time.Second

// newBench makes jobs 1, 2, …, each of which is due a second after the one before.
func newBench(t *testing.T, wants ...string) *bench {
	t.Helper()
	db := storetest.New(t)
	b := &bench{t: t, db: db, clock: storetest.NewClock(), turn: 100, fail: func(*counting) error { return nil }}
	db.SetClock(b.clock.Now)
	for q := range strings.SplitSeq(tables, ";") {
		b.exec(q)
	}
	for i, n := range wants {
		b.exec(`INSERT INTO counting (id, due_at, wants) VALUES (?, ?, ?)`, i+1, b.clock.Advance(time.Second), n)
	}
	return b
}

func (b *bench) exec(query string, args ...any) {
	b.t.Helper()
	if _, err := b.db.Conn().ExecContext(b.t.Context(), query, args...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) worker() *jobs.Worker[counting] { return b.workerOn(b.db) }

func (b *bench) workerOn(db *store.DB) *jobs.Worker[counting] {
	var w *jobs.Worker[counting]
	w = jobs.NewWorker(db, jobs.Kind[counting]{
		Name: "a count", Table: "counting", Columns: "id, wants, at FROM counting", Turn: b.turn,
		Scan: func(rows *sql.Rows, c *counting) error {
			var wants string
			if err := rows.Scan(&c.id, &wants, &c.at); err != nil {
				return err
			}
			_, err := fmt.Sscan(wants, &c.wants)
			return err
		},
		ID:   func(c *counting) int64 { return c.id },
		Hold: func(c *counting) *jobs.Hold { return &c.Hold },
		Do: func(ctx context.Context, c *counting) error {
			if err := b.fail(c); err != nil {
				return err
			}
			return count(ctx, db, w.Until(), c)
		},
	}, term)
	return w
}

// count does one step, if the job still is the worker's.
func count(ctx context.Context, db *store.DB, until time.Time, c *counting) error {
	var due any = until
	if c.at+1 == c.wants {
		due = nil
	}
	err := db.InTx(ctx, func(tx *store.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE counting SET at = at + 1, due_at = ? WHERE id = ? AND lease = ?`, due, c.id, c.Lease[:])
		if err != nil {
			return err
		}
		if err := jobs.WantOne(res); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO counted (id, at) VALUES (?, ?)`, c.id, c.at)
		return err
	})
	if err != nil {
		return err
	}
	if c.at++; c.at == c.wants {
		c.End()
	}
	return nil
}

// step wants a step to find so much.
func (b *bench) step(w *jobs.Worker[counting], want int) {
	b.t.Helper()
	if n, err := w.Step(b.t.Context()); n != want || err != nil {
		b.t.Errorf("a step: got %d, %v, want %d", n, err, want)
	}
}

// failed wants a step to fail with a code.
func (b *bench) failed(w *jobs.Worker[counting], want enrolld.Code) {
	b.t.Helper()
	if _, err := w.Step(b.t.Context()); err == nil || enrolld.CodeOf(err) != want {
		b.t.Errorf("a step: got %v, want %s", err, want)
	}
}

// want compares how far the jobs are, as they come by number.
func (b *bench) want(at ...int) {
	b.t.Helper()
	got := b.ints(`SELECT at FROM counting ORDER BY id`)
	if diff := cmp.Diff(at, got); diff != "" {
		b.t.Errorf("how far the jobs are (-want +got):\n%s", diff)
	}
}

// order compares whose steps were done, in that order.
func (b *bench) order(ids ...int) {
	b.t.Helper()
	if diff := cmp.Diff(ids, b.ints(`SELECT id FROM counted ORDER BY n`)); diff != "" {
		b.t.Errorf("whose steps were done (-want +got):\n%s", diff)
	}
}

func (b *bench) ints(query string) []int {
	b.t.Helper()
	list, err := store.Collect(b.t.Context(), b.db.Conn(), func(rows *sql.Rows, n *int) error { return rows.Scan(n) }, query)
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}
