package store

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// TakeTurn says whether it is the caller's turn to do something that is due every
// so often, on whatever replica: of those who ask at the same time one is told yes.
// The turn is taken, also when what is done then fails: it comes again.
func (db *DB) TakeTurn(ctx context.Context, name string, every time.Duration) (bool, error) {
	now := db.Now()
	mine := false
	err := db.InTx(ctx, func(tx *Tx) error {
		mine = false
		if _, err := tx.ExecContext(ctx, `INSERT IGNORE INTO enrolld_settings (name, value) VALUES (?, '0')`, "turn:"+name); err != nil {
			return fmt.Errorf("take a turn: %w", err)
		}
		res, err := tx.ExecContext(ctx, `UPDATE enrolld_settings SET value = ? WHERE name = ? AND CAST(value AS SIGNED) <= ?`,
			strconv.FormatInt(now.Unix(), 10), "turn:"+name, now.Add(-every).Unix())
		if err != nil {
			return fmt.Errorf("take a turn: %w", err)
		}
		n, err := res.RowsAffected()
		mine = n == 1
		return err
	})
	return mine, err
}
