package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Queue is the state of one queue.
type Queue struct {
	Name  string
	Depth map[string]int64 // items by state; finished ones are not counted
	Lag   time.Duration    // how overdue the first item in line is; 0: none is
}

// queueQueries count by index only; they cost in proportion to what waits, not
// to what was ever done. A question mark stands for the time.
var queueQueries = []struct{ name, depth, first string }{
	{
		"deliveries",
		`SELECT state, COUNT(*) FROM enrolld_deliveries WHERE state IN ('queued','parked','dead') GROUP BY state`,
		`SELECT due_at FROM enrolld_deliveries WHERE state = 'queued' ORDER BY due_at LIMIT 1`,
	},
	{
		"messages",
		`SELECT state, COUNT(*) FROM enrolld_messages WHERE state IN ('queued','dead') GROUP BY state`,
		`SELECT due_at FROM enrolld_messages WHERE state = 'queued' ORDER BY due_at LIMIT 1`,
	},
	{
		"signals",
		`SELECT 'queued', COUNT(*) FROM enrolld_signals`,
		`SELECT due_at FROM enrolld_signals ORDER BY due_at LIMIT 1`,
	},
	{
		"customers",
		`SELECT 'queued', COUNT(*) FROM enrolld_customers WHERE due_at <= ?`,
		`SELECT due_at FROM enrolld_customers WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1`,
	},
}

// Queues returns the state of every queue.
func (db *DB) Queues(ctx context.Context) ([]Queue, error) {
	now := db.Now()
	out := make([]Queue, 0, len(queueQueries))
	for _, q := range queueQueries {
		type row struct {
			state string
			n     int64
		}
		var args []any
		if strings.Contains(q.depth, "?") {
			args = append(args, now)
		}
		scan := func(rows *sql.Rows, r *row) error { return rows.Scan(&r.state, &r.n) }
		rows, err := Collect(ctx, db.sql, scan, q.depth, args...)
		if err != nil {
			return nil, Classify(fmt.Errorf("count the queue of %s: %w", q.name, err))
		}
		queue := Queue{Name: q.name, Depth: map[string]int64{}}
		for _, r := range rows {
			queue.Depth[r.state] = r.n
		}
		var first time.Time
		err = db.sql.QueryRowContext(ctx, q.first).Scan(&first)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, Classify(fmt.Errorf("look at the queue of %s: %w", q.name, err))
		}
		if err == nil {
			queue.Lag = max(0, now.Sub(first))
		}
		out = append(out, queue)
	}
	return out, nil
}
