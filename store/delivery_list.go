package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"enrolld"
)

// DeliveryFilter picks deliveries of one account. Empty fields pick all.
type DeliveryFilter struct {
	State  enrolld.DeliveryState
	Email  enrolld.EmailKey // of the customer whom the delivery is about
	Since  time.Time
	Before int64 // ids below this one, for the next page
	Limit  int
}

func (f DeliveryFilter) where(accountID int64) (string, []any) {
	conditions, args := []string{"account_id = ?"}, []any{accountID}
	add := func(condition string, arg any) {
		conditions, args = append(conditions, condition), append(args, arg)
	}
	if f.State != "" {
		add("state = ?", string(f.State))
	}
	if f.Email != "" {
		conditions = append(conditions, `id IN (SELECT e.delivery_id FROM enrolld_delivery_effects e
			WHERE e.customer_id = `+whoseKey+`)`)
		args = append(args, accountID, string(f.Email))
	}
	if !f.Since.IsZero() {
		add("received_at >= ?", f.Since)
	}
	if f.Before > 0 {
		add("id < ?", f.Before)
	}
	return "WHERE " + strings.Join(conditions, " AND "), args
}

// Deliveries lists deliveries, newest first.
func (db *DB) Deliveries(ctx context.Context, accountID int64, f DeliveryFilter) ([]Delivery, error) {
	where, args := f.where(accountID)
	return collectDeliveries(ctx, db.sql, where+" ORDER BY id DESC LIMIT ?", append(args, f.Limit)...)
}

// Delivery returns one delivery with what it changed.
func (db *DB) Delivery(ctx context.Context, accountID, id int64) (Delivery, []Effect, error) {
	list, err := collectDeliveries(ctx, db.sql, "WHERE account_id = ? AND id = ?", accountID, id)
	d, err := One(list, err, "this account has no such delivery")
	if err != nil {
		return d, nil, err
	}
	effects, err := Collect(ctx, db.sql, func(rows *sql.Rows, e *Effect) error {
		var changes []byte
		if err := rows.Scan(&e.OrderID, &e.CustomerID, &changes); err != nil {
			return err
		}
		return json.Unmarshal(changes, &e.Changes)
	}, `SELECT order_id, COALESCE(customer_id, 0), changes FROM enrolld_delivery_effects WHERE delivery_id = ?`, id)
	return d, effects, Classify(err)
}

// Replay queues deliveries again that the filter picks; never rejected ones, nor
// those that were emptied when a customer was erased.
// Their effects are worked out anew, which changes nothing that is right.
func (db *DB) Replay(ctx context.Context, accountID int64, f DeliveryFilter) (int64, error) {
	where, args := f.where(accountID)
	return db.replay(ctx, where, args)
}

// ReplayOne queues one delivery again.
func (db *DB) ReplayOne(ctx context.Context, accountID, id int64) (int64, error) {
	return db.replay(ctx, "WHERE account_id = ? AND id = ?", []any{accountID, id})
}

func (db *DB) replay(ctx context.Context, where string, args []any) (int64, error) {
	var n int64
	err := db.InTx(ctx, func(tx *Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE enrolld_deliveries
			SET state = 'queued', due_at = ?, attempts = 0, first_attempt_at = NULL, finished_at = NULL, lease = '', note = '' `+
			where+` AND state IN ('done','ignored','parked','dead') AND body <> ''`, append([]any{tx.now}, args...)...)
		if err != nil {
			return fmt.Errorf("replay: %w", err)
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}
