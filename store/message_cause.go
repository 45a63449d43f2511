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
