package importing

import (
	"context"
	"database/sql"
	"fmt"

	"enrolld/store"
)

// Bucket is what became of a customer when an import was undone.
type Bucket string

// The buckets: each customer of an import is in one.
const (
	WasUndone Bucket = "undone" // nothing of the import is left
	WasKept   Bucket = "kept"   // something is: another ground gives it too, or it was changed since
	Failed    Bucket = "failed"
)

// Returned is a customer in a bucket, with the address and name that they have now:
// empty when they were removed since.
type Returned struct {
	CustomerID         int64
	Email, First, Last string
	Why                string
}

// Bucket lists customers in a bucket of an undoing, by their ids behind after.
func (x *Imports) Bucket(ctx context.Context, accountID, id int64, b Bucket, after int64, limit int) ([]Returned, error) {
	if _, err := x.Get(ctx, accountID, id); err != nil {
		return nil, err
	}
	query, args := `SELECT r.place, COALESCE(c.email, ''), COALESCE(c.first_name, ''), COALESCE(c.last_name, ''), r.problem
		FROM enrolld_import_rows r LEFT JOIN enrolld_customers c ON c.id = r.place AND c.account_id = ?
		WHERE r.import_id = ? AND r.verdict = ? AND r.place > ? ORDER BY r.place LIMIT ?`, []any{accountID, id, string(b), after, limit}
	if b == WasUndone {
		query, args = `SELECT c.id, c.email, c.first_name, c.last_name, '' FROM
			(SELECT DISTINCT g.customer_id FROM enrolld_grants g WHERE g.cause_kind = 'import' AND g.cause_id = ? AND g.customer_id > ?
				AND NOT EXISTS (SELECT 1 FROM enrolld_import_rows r WHERE r.import_id = ? AND r.verdict IN ('kept', 'failed') AND r.place = g.customer_id)
				ORDER BY g.customer_id LIMIT ?) u
			JOIN enrolld_customers c ON c.id = u.customer_id AND c.account_id = ? ORDER BY c.id`, []any{id, after, id, limit, accountID}
	}
	list, err := store.Collect(ctx, x.db.Conn(), func(rows *sql.Rows, r *Returned) error {
		return rows.Scan(&r.CustomerID, &r.Email, &r.First, &r.Last, &r.Why)
	}, query, args...)
	if err != nil {
		return nil, store.Classify(fmt.Errorf("read whom an undoing was about: %w", err))
	}
	return list, nil
}
