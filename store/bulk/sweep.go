package bulk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"enrolld/store"
	"enrolld/store/jobs"
)

// How long sets are kept.
const (
	keepDraft   = 24 * time.Hour      // that nobody started
	keepTargets = 90 * 24 * time.Hour // of what has ended; its row stays
	sweepBulks  = 20
	sweepRows   = 10_000
)

// Sweep removes what nobody started and the sets of what ended long ago, some at a
// time. It counts as no work.
func (x *Bulks) Sweep(ctx context.Context) (int, error) {
	now := x.db.Now()
	drafts, err := store.Collect(ctx, x.db.Conn(), scanID, `SELECT id FROM enrolld_bulks
		WHERE state IN ('choosing', 'gathering', 'ready') AND created_at < ? ORDER BY created_at LIMIT ?`, now.Add(-keepDraft), sweepBulks)
	if err != nil {
		return 0, store.Classify(fmt.Errorf("look for old bulk actions: %w", err))
	}
	for _, id := range drafts {
		if err := x.drop(ctx, id); err != nil {
			return 0, err
		}
	}
	ended, err := store.Collect(ctx, x.db.Conn(), scanID, `SELECT id FROM enrolld_bulks b
		WHERE state IN ('done', 'cancelled', 'undone') AND created_at < ? AND finished_at < ?
		AND EXISTS (SELECT 1 FROM enrolld_bulk_targets t WHERE t.bulk_id = b.id) ORDER BY created_at LIMIT ?`,
		now.Add(-keepTargets), now.Add(-keepTargets), sweepBulks)
	if err != nil {
		return 0, store.Classify(fmt.Errorf("look for old sets: %w", err))
	}
	for _, id := range ended {
		if _, err := x.dropTargets(ctx, id); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// drop removes a draft with its set, the last of it with the draft.
func (x *Bulks) drop(ctx context.Context, id int64) error {
	// Whoever looks at it meanwhile can start it no more.
	res, err := x.db.Conn().ExecContext(ctx, `UPDATE enrolld_bulks SET state = 'choosing', lease = '', due_at = NULL
		WHERE id = ? AND state IN ('choosing', 'gathering', 'ready')`, id)
	if err != nil {
		return store.Classify(fmt.Errorf("drop a bulk action: %w", err))
	}
	if err := jobs.WantOne(res); err != nil {
		return notLost(err) // somebody started it since it was looked for: its set is theirs
	}
	more, err := x.dropTargets(ctx, id)
	if err != nil || more {
		return err
	}
	_, err = x.db.Conn().ExecContext(ctx, `DELETE FROM enrolld_bulks WHERE id = ? AND state = 'choosing'`, id)
	return store.Classify(err)
}

func notLost(err error) error {
	if errors.Is(err, jobs.ErrLost) {
		return nil
	}
	return err
}

func (x *Bulks) dropTargets(ctx context.Context, id int64) (more bool, err error) {
	res, err := x.db.Conn().ExecContext(ctx, `DELETE FROM enrolld_bulk_targets WHERE bulk_id = ? LIMIT ?`, id, sweepRows)
	if err != nil {
		return false, store.Classify(fmt.Errorf("drop a set: %w", err))
	}
	n, err := res.RowsAffected()
	return n == sweepRows, err
}
