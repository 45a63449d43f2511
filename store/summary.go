package store

import (
	"context"
	"fmt"
	"time"
)

// ProductCounts is how many products an account has within a scope.
type ProductCounts struct {
	All     int
	Waiting int // of them, those without a rule
}

// CountProducts counts an account's products within a scope.
func (db *DB) CountProducts(ctx context.Context, accountID int64, scope ProductScope) (ProductCounts, error) {
	var n ProductCounts
	within, args := scope.Where("id")
	err := db.sql.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(*) - COUNT(mapped_at) FROM enrolld_products
		WHERE account_id = ? AND `+within, append([]any{accountID}, args...)...).Scan(&n.All, &n.Waiting)
	if err != nil {
		return n, Classify(fmt.Errorf("count products: %w", err))
	}
	return n, nil
}

// DeliveryCounts is what came in at an account.
type DeliveryCounts struct {
	Received int // since a moment; those that proved nothing are not counted
	Parked   int // of any age: they wait for a person
	Dead     int // of any age: nobody will try them again
}

// CountDeliveries counts an account's deliveries since a moment, and those of any
// age that need a hand.
func (db *DB) CountDeliveries(ctx context.Context, accountID int64, since time.Time) (DeliveryCounts, error) {
	var n DeliveryCounts
	err := db.sql.QueryRowContext(ctx, `SELECT COUNT(*) FROM enrolld_deliveries
		WHERE account_id = ? AND received_at >= ? AND state <> 'rejected'`, accountID, since).Scan(&n.Received)
	if err == nil {
		err = db.sql.QueryRowContext(ctx, `SELECT COUNT(CASE state WHEN 'parked' THEN 1 END), COUNT(CASE state WHEN 'dead' THEN 1 END)
			FROM enrolld_deliveries WHERE state IN ('parked','dead') AND account_id = ?`, accountID).Scan(&n.Parked, &n.Dead)
	}
	if err != nil {
		return n, Classify(fmt.Errorf("count deliveries: %w", err))
	}
	return n, nil
}

// CountSources counts an account's integrations that are not disabled.
func (db *DB) CountSources(ctx context.Context, accountID int64) (int, error) {
	var n int
	err := db.sql.QueryRowContext(ctx, `SELECT COUNT(*) FROM enrolld_integrations
		WHERE account_id = ? AND disabled_at IS NULL`, accountID).Scan(&n)
	if err != nil {
		return 0, Classify(fmt.Errorf("count integrations: %w", err))
	}
	return n, nil
}
