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
		ids, err := Collect(ctx, tx, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
			`SELECT d.id FROM enrolld_deliveries d WHERE d.integration_id = ? AND d.state = ?
				AND NOT EXISTS (SELECT 1 FROM enrolld_delivery_effects e WHERE e.delivery_id = d.id) ORDER BY d.id`,
			integrationID, string(enrolld.DeliveryParked))
		if err != nil {
			return fmt.Errorf("find parked deliveries: %w", err)
		}
		for part := range slices.Chunk(ids, maxRows) {
			list, args := In(part, tx.now)
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

// TakenIn is the request id of deliveries that were not sent but asked for.
const TakenIn = "reconcile"

// TakeIn stores deliveries that a platform's API told, and queues those again
// that are known by their keys already: they came, and yet something is missing.
func (db *DB) TakeIn(ctx context.Context, list []Delivery) error {
	return db.InTx(ctx, func(tx *Tx) error {
		rows := make([][]any, len(list))
		keys := map[int64][][]byte{}
		for i, d := range list {
			d.State = enrolld.DeliveryQueued
			rows[i] = d.row()
			keys[d.IntegrationID] = append(keys[d.IntegrationID], deliveryKey(d.Key))
		}
		if err := InsertRows(ctx, tx, insertDelivery, rows, countDuplicate); err != nil {
			return fmt.Errorf("take in deliveries: %w", err)
		}
		for integration, all := range keys {
			for part := range slices.Chunk(all, maxRows) {
				list, args := In(part, tx.now, integration)
				if _, err := tx.ExecContext(ctx, `UPDATE enrolld_deliveries
					SET state = 'queued', due_at = ?, attempts = 0, first_attempt_at = NULL, finished_at = NULL, lease = '', note = ''
					WHERE integration_id = ? AND delivery_key IN `+list+` AND state IN ('done','ignored','parked','dead') AND body <> ''`, args...); err != nil {
					return fmt.Errorf("queue deliveries again: %w", err)
				}
			}
		}
		return nil
	})
}
