package store

import (
	"context"
	"database/sql"
	"fmt"
)

// maxPruned bounds one call of PruneRejected; what is left goes with the next.
const maxPruned = 500

// sqlOldRejected walks rejected deliveries from the newest one on, over an index
// that is there for other reasons: each integration has but a few of them, and an
// index of their own would cost every delivery that is not rejected. A rejected
// delivery is due when it was received, and ids break ties in the index itself.
// Left to itself the server may read the whole table by its ids.
const sqlOldRejected = `SELECT id FROM enrolld_deliveries FORCE INDEX (work)
	WHERE state = 'rejected' AND integration_id = ? ORDER BY due_at DESC, id DESC LIMIT ? OFFSET ?`

// PruneRejected deletes an integration's rejected deliveries but the last keep.
func (db *DB) PruneRejected(ctx context.Context, integrationID int64, keep int) error {
	old, err := Collect(ctx, db.sql, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
		sqlOldRejected, integrationID, maxPruned, keep)
	if err != nil {
		return Classify(fmt.Errorf("find old rejected deliveries: %w", err))
	}
	if len(old) == 0 {
		return nil
	}
	list, args := In(old)
	if _, err := db.sql.ExecContext(ctx, `DELETE FROM enrolld_deliveries WHERE state = 'rejected' AND id IN `+list, args...); err != nil {
		return Classify(fmt.Errorf("delete old rejected deliveries: %w", err))
	}
	return nil
}
