package importing

import (
	"context"
	"fmt"

	"enrolld"
	"enrolld/store"
)

// What is kept of an account's lists that nobody has started, those on their way in
// among them: whoever may import could fill the database with files otherwise.
const (
	MaxLists = 50
	MaxKept  = 5 << 30 // bytes
)

// room says whether there is room for an account's list: whether there is one more,
// with an id of 0, and whether the bytes that are there of it may be kept beside the
// others. Errors: Invalid.
func (x *Imports) room(ctx context.Context, tx *store.Tx, accountID, id, size int64) error {
	var lists int
	var kept int64
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(size), 0) FROM enrolld_imports
		WHERE account_id = ? AND started_at IS NULL AND id <> ?`, accountID, id).Scan(&lists, &kept)
	switch {
	case err != nil:
		return fmt.Errorf("look for room for a list: %w", err)
	case id == 0 && lists >= x.maxLists:
		return enrolld.Errorf(enrolld.Invalid, "%d lists wait to be started already: start or discard some of them under Imports first", lists)
	case kept+size > x.maxKept:
		return enrolld.Errorf(enrolld.Invalid, "the lists that wait to be started and this one have more than %d GB together: start or discard some of them under Imports first",
			x.maxKept>>30)
	}
	return nil
}

// roomEvery is after how many parts of a file it is asked whether there is room still.
const roomEvery = 64

// grown notes how much of a list is there, so that others who come in know.
func (x *Imports) grown(ctx context.Context, accountID, id, size int64) error {
	return x.db.InTx(ctx, func(tx *store.Tx) error {
		if err := x.room(ctx, tx, accountID, id, size); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE enrolld_imports SET size = ? WHERE id = ? AND state = 'uploading'`, size, id)
		if err != nil {
			return fmt.Errorf("note how large a file is so far: %w", err)
		}
		return nil
	})
}

// lockAccount has those who bring lists to an account wait for each other.
func lockAccount(ctx context.Context, tx *store.Tx, accountID int64) error {
	var id int64
	if err := tx.QueryRowContext(ctx, `SELECT id FROM enrolld_accounts WHERE id = ? FOR UPDATE`, accountID).Scan(&id); err != nil {
		return fmt.Errorf("lock the account of a list: %w", err)
	}
	return nil
}
