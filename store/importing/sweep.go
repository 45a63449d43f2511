package importing

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"enrolld/store"
	"enrolld/store/jobs"
)

// How long files are kept: they are lists of people.
const (
	keepDraft = 7 * 24 * time.Hour  // that nobody started
	keepHalf  = 6 * time.Hour       // that was on its way in: whoever took it died
	keepFile  = 90 * 24 * time.Hour // of an import that has ended; its row stays
	sweepRows = 20
)

// Sweep removes drafts that nobody started and the files of imports that ended
// long ago. It counts as no work.
func (x *Imports) Sweep(ctx context.Context) (int, error) {
	now := x.db.Now()
	old, err := x.ids(ctx, `state IN ('draft', 'checking', 'ready') AND created_at < ?`, now.Add(-keepDraft))
	if err != nil {
		return 0, err
	}
	half, err := x.ids(ctx, `state = 'uploading' AND created_at < ?`, now.Add(-keepHalf))
	if err != nil {
		return 0, err
	}
	for _, id := range append(old, half...) {
		if err := x.drop(ctx, id, nil); err != nil {
			return 0, err
		}
	}
	ended, err := x.ids(ctx, `state IN ('done', 'cancelled', 'undone') AND size > 0 AND created_at < ? AND finished_at < ?`,
		now.Add(-keepFile), now.Add(-keepFile))
	if err != nil {
		return 0, err
	}
	for _, id := range ended {
		if err := x.forget(ctx, id); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

func (x *Imports) ids(ctx context.Context, where string, args ...any) ([]int64, error) {
	list, err := store.Collect(ctx, x.db.Conn(), func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
		`SELECT id FROM enrolld_imports WHERE `+where+` ORDER BY created_at LIMIT ?`, append(args, sweepRows)...)
	if err != nil {
		return nil, store.Classify(fmt.Errorf("look for old imports: %w", err))
	}
	return list, nil
}

// drop removes an import that was never started, with its file. also, when there is
// one, is part of the transaction.
func (x *Imports) drop(ctx context.Context, id int64, also func(*store.Tx) error) error {
	return x.db.InTx(ctx, func(tx *store.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM enrolld_imports WHERE id = ? AND started_at IS NULL`, id)
		if err != nil {
			return fmt.Errorf("drop an import: %w", err)
		}
		if err := jobs.WantOne(res); err != nil {
			return err
		}
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		return dropFile(ctx, tx, id)
	})
}

// forget removes the file of an import and what was said of its rows; its size is
// 0 from then on.
func (x *Imports) forget(ctx context.Context, id int64) error {
	return x.db.InTx(ctx, func(tx *store.Tx) error { return Forget(ctx, tx, []Import{{ID: id}}) })
}

func dropFile(ctx context.Context, tx *store.Tx, id int64) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM enrolld_import_files WHERE import_id = ?`, id); err != nil {
		return fmt.Errorf("drop an import's file: %w", err)
	}
	return dropSheets(ctx, tx, id)
}
