package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// QueuedCauses says which of some causes have a message already, whatever became
// of it.
func (tx *Tx) QueuedCauses(ctx context.Context, accountID int64, causes []string) (map[string]bool, error) {
	out := make(map[string]bool, len(causes))
	for part := range slices.Chunk(causes, maxRows) {
		in, args := In(part, accountID)
		found, err := Collect(ctx, tx, func(rows *sql.Rows, c *string) error { return rows.Scan(c) },
			`SELECT cause FROM enrolld_messages WHERE account_id = ? AND cause IN `+in, args...)
		if err != nil {
			return nil, fmt.Errorf("look for messages by cause: %w", err)
		}
		for _, c := range found {
			out[c] = true
		}
	}
	return out, nil
}

// WroteTo says whether a message to a customer was ever queued, whatever became of
// it.
func (tx *Tx) WroteTo(ctx context.Context, accountID, customerID int64) (wrote bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM enrolld_messages WHERE customer_id = ? AND account_id = ?)`,
		customerID, accountID).Scan(&wrote)
	if err != nil {
		return false, fmt.Errorf("look for messages to a customer: %w", err)
	}
	return wrote, nil
}
