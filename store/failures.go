package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"time"

	"enrolld"
)

// lateEnd is how long after it was claimed a delivery may still be finished.
const lateEnd = 24 * time.Hour

// Failures finds what in some accounts could not be done by itself within a time,
// and still is so: from is part of it, until is not.
func (tx *Tx) Failures(ctx context.Context, accountIDs []int64, from, until time.Time) ([]enrolld.Trouble, error) {
	var out []enrolld.Trouble
	for _, find := range []func(context.Context, []int64, time.Time, time.Time) ([]enrolld.Trouble, error){
		tx.failedDeliveries, tx.failedRest, tx.fellSilent,
	} {
		list, err := find(ctx, accountIDs, from, until)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// failedDeliveries groups deliveries by the kind of their reason: a note may name a
// buyer, so no word of it goes on. due_at, which the index has, is when a delivery was
// given up or until when it was leased: not long before its end, or after it.
func (tx *Tx) failedDeliveries(ctx context.Context, accountIDs []int64, from, until time.Time) ([]enrolld.Trouble, error) {
	in, args := In(accountIDs, from.Add(-lateEnd), from, until)
	list, err := Collect(ctx, tx, scanFailure, `SELECT account_id, 'delivery', CASE
			WHEN state = 'parked' AND note LIKE 'product % is not mapped to a course%' THEN 'unmapped'
			WHEN state = 'parked' AND note LIKE '%no WordPress user: %' THEN 'no_user'
			WHEN state = 'parked' THEN 'parked'
			WHEN note LIKE 'given up after %' THEN 'given_up'
			ELSE 'refused' END AS reason, COUNT(*)
		FROM enrolld_deliveries WHERE state IN ('parked','dead') AND due_at >= ? AND finished_at >= ? AND finished_at < ?
			AND account_id IN `+in+` GROUP BY account_id, reason`, args...)
	if err != nil {
		return nil, fmt.Errorf("count deliveries that failed: %w", err)
	}
	return list, nil
}

// failedRest counts mail to members that was given up (due_at is then when), imports
// that paused by themselves and bulk actions that stopped by themselves: those that a
// person stopped have no note.
func (tx *Tx) failedRest(ctx context.Context, accountIDs []int64, from, until time.Time) ([]enrolld.Trouble, error) {
	var out []enrolld.Trouble
	for _, query := range []string{
		`SELECT account_id, 'email', '', COUNT(*) FROM enrolld_messages
			WHERE state = 'dead' AND customer_id <> 0 AND due_at >= ? AND due_at < ? AND account_id IN `,
		`SELECT account_id, 'import', '', COUNT(*) FROM enrolld_imports
			WHERE state = 'paused' AND stopped_at >= ? AND stopped_at < ? AND account_id IN `,
		`SELECT account_id, 'bulk', '', COUNT(*) FROM enrolld_bulks
			WHERE state = 'cancelled' AND note <> '' AND finished_at >= ? AND finished_at < ? AND account_id IN `,
	} {
		in, args := In(accountIDs, from, until)
		list, err := Collect(ctx, tx, scanFailure, query+in+` GROUP BY account_id`, args...)
		if err != nil {
			return nil, fmt.Errorf("count what failed: %w", err)
		}
		out = append(out, list...)
	}
	return out, nil
}

func scanFailure(rows *sql.Rows, f *enrolld.Trouble) error {
	return rows.Scan(&f.AccountID, &f.Kind, &f.Reason, &f.Count)
}

// fellSilent are the sources whose silence began within the time: each is told of
// once, until it has sent something and falls silent again.
func (tx *Tx) fellSilent(ctx context.Context, accountIDs []int64, from, until time.Time) ([]enrolld.Trouble, error) {
	list, err := silentSources(ctx, tx, accountIDs, tx.now)
	if err != nil {
		return nil, err
	}
	var out []enrolld.Trouble
	for _, s := range list {
		if !s.SilentFrom.Before(from) && s.SilentFrom.Before(until) {
			out = append(out, enrolld.Trouble{AccountID: s.AccountID, Kind: enrolld.SilentSource, Count: 1, Source: cmp.Or(s.Name, s.Platform)})
		}
	}
	return out, nil
}
