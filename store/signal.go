package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"enrolld"
)

// SignalKind says what the companion plugin is told.
type SignalKind string

// The kinds of signals.
const (
	SignalPurge   SignalKind = "purge"   // forget what is cached of a user
	SignalGranted SignalKind = "granted" // the same, and a course opened
	SignalRevoked SignalKind = "revoked" // the same, and a course closed
)

// Signal is something that the companion plugin of an account is to be told.
type Signal struct {
	ID        int64
	AccountID int64
	Kind      SignalKind
	UserID    int64
	CourseID  int64
	Cause     string
	Rank      enrolld.Rank // of what it comes of; see QueueSignals
	Attempts  int
	CreatedAt time.Time
}

// QueueSignals adds signals to the queue. Earlier ones about the same users that wait
// go before them, so that what happened to a user is told in order.
func (tx *Tx) QueueSignals(ctx context.Context, signals []Signal) error {
	rows := make([][]any, len(signals))
	for i, s := range signals {
		rows[i] = []any{s.AccountID, string(s.Kind), s.UserID, s.CourseID, clip(s.Cause, 100), tx.now, tx.now, urgency(s.Rank)}
	}
	if err := tx.hastenSignals(ctx, signals); err != nil {
		return err
	}
	err := InsertRows(ctx, tx, `INSERT INTO enrolld_signals
		(account_id, kind, user_id, course_id, cause, created_at, due_at, urgency) VALUES `, rows, "")
	if err != nil {
		return fmt.Errorf("queue signals: %w", err)
	}
	return nil
}

// ClaimSignals leases up to n due signals, as ClaimMessages does.
func (db *DB) ClaimSignals(ctx context.Context, n int, lease Lease, term time.Duration) ([]Signal, error) {
	var list []Signal
	err := db.InTx(ctx, func(tx *Tx) (err error) {
		list, err = inTurn(n, enrolld.RankMany, func(s Signal) int64 { return s.ID }, func(rank enrolld.Rank, n int) ([]Signal, error) {
			return Collect(ctx, tx, func(rows *sql.Rows, s *Signal) error {
				return rows.Scan(&s.ID, &s.AccountID, &s.Kind, &s.UserID, &s.CourseID, &s.Cause, &s.Attempts, &s.CreatedAt, &s.Rank)
			}, `SELECT id, account_id, kind, user_id, course_id, cause, attempts + 1, created_at, ? - urgency
				FROM enrolld_signals FORCE INDEX (by_urgency) WHERE urgency = ? AND due_at <= ?
				ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED`, enrolld.RankMany, urgency(rank), tx.now, n)
		})
		if err != nil || len(list) == 0 {
			return err
		}
		ids := make([]int64, len(list))
		for i, s := range list {
			ids[i] = s.ID
		}
		in, args := In(ids, lease.bytes(), tx.now.Add(term))
		_, err = tx.ExecContext(ctx, `UPDATE enrolld_signals SET lease = ?, due_at = ?, attempts = attempts + 1
			WHERE id IN `+in, args...)
		if err != nil {
			return fmt.Errorf("claim signals: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b Signal) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}

// DropSignals removes signals that were told, or that nobody will ever hear.
func (db *DB) DropSignals(ctx context.Context, lease Lease, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	list, args := In(ids, lease.bytes())
	_, err := db.sql.ExecContext(ctx, `DELETE FROM enrolld_signals WHERE lease = ? AND id IN `+list, args...)
	return Classify(err)
}

// RetrySignals puts signals off after a failure.
func (db *DB) RetrySignals(ctx context.Context, lease Lease, ids []int64, at time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	list, args := In(ids, at, lease.bytes())
	_, err := db.sql.ExecContext(ctx, `UPDATE enrolld_signals SET due_at = ?, lease = '' WHERE lease = ? AND id IN `+list, args...)
	return Classify(err)
}
