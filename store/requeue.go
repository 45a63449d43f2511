package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"enrolld"
)

// RequeueParked queues an integration's deliveries again that were parked before
// anything of them was merged, as for want of an API key, and returns how many.
// Those that wait for a product to be mapped have had their effect and stay.
func (db *DB) RequeueParked(ctx context.Context, integrationID int64) (int64, error) {
	var n int64
	err := db.InTx(ctx, func(tx *Tx) error {
		n = 0
		// Looking locks nothing: an UPDATE that looked by itself would lock effects.
		ids, err := collect(ctx, tx, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
			`SELECT d.id FROM enrolld_deliveries d WHERE d.integration_id = ? AND d.state = ?
				AND NOT EXISTS (SELECT 1 FROM enrolld_delivery_effects e WHERE e.delivery_id = d.id) ORDER BY d.id`,
			integrationID, string(enrolld.DeliveryParked))
		if err != nil {
			return fmt.Errorf("find parked deliveries: %w", err)
		}
		for part := range slices.Chunk(ids, maxRows) {
			list, args := in(part, tx.now)
			res, err := tx.ExecContext(ctx, `UPDATE enrolld_deliveries
				SET state = 'queued', due_at = ?, attempts = 0, first_attempt_at = NULL, finished_at = NULL, lease = '', note = ''
				WHERE state = 'parked' AND id IN `+list, args...)
			if err != nil {
				return fmt.Errorf("queue parked deliveries: %w", err)
			}
			changed, err := res.RowsAffected()
			if err != nil {
				return fmt.Errorf("queue parked deliveries: %w", err)
			}
			n += changed
		}
		return nil
	})
	return n, err
}
