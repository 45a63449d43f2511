package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"enrolld"
)

// Arrival is an hour in which a source sent something.
type Arrival struct {
	IntegrationID int64
	Hour          time.Time
}

// arrivalsKept is how long hours are kept: twice what a rhythm is taken over.
const arrivalsKept = 2 * enrolld.RhythmDays * day

// NoteArrivals records hours in which sources sent something, and forgets those
// that are too old to matter.
func (db *DB) NoteArrivals(ctx context.Context, list []Arrival) error {
	if len(list) == 0 {
		return nil
	}
	rows := make([][]any, len(list))
	var ids []int64
	for i, a := range list {
		rows[i] = []any{a.IntegrationID, a.Hour.UTC().Truncate(time.Hour)}
		if !slices.Contains(ids, a.IntegrationID) {
			ids = append(ids, a.IntegrationID)
		}
	}
	err := InsertRows(ctx, db.sql, `INSERT INTO enrolld_arrivals (integration_id, hour) VALUES `, rows,
		` ON DUPLICATE KEY UPDATE hour = VALUES(hour)`)
	if err != nil {
		return Classify(fmt.Errorf("note arrivals: %w", err))
	}
	for part := range slices.Chunk(ids, maxRows) {
		in, args := In(part, db.Now().Add(-arrivalsKept))
		if _, err := db.sql.ExecContext(ctx, `DELETE FROM enrolld_arrivals WHERE hour < ? AND integration_id IN `+in, args...); err != nil {
			return Classify(fmt.Errorf("forget old arrivals: %w", err))
		}
	}
	return nil
}

// Rhythm says how a source behaves, and whether it has gone silent. The rhythm is
// taken over the weeks before it sent something last, however long ago that is.
func (db *DB) Rhythm(ctx context.Context, integrationID int64) (enrolld.Rhythm, error) {
	list, err := rhythms(ctx, db.sql, []int64{integrationID}, db.Now())
	return list[integrationID], Classify(err)
}

// rhythms are those of some sources; who never sent anything has the zero one.
func rhythms(ctx context.Context, conn queryer, ids []int64, now time.Time) (map[int64]enrolld.Rhythm, error) {
	hours := make(map[int64][]time.Time, len(ids))
	for part := range slices.Chunk(ids, maxRows) {
		in, args := In(part)
		list, err := Collect(ctx, conn, func(rows *sql.Rows, a *Arrival) error { return rows.Scan(&a.IntegrationID, &a.Hour) },
			`SELECT a.integration_id, a.hour FROM (SELECT integration_id, MAX(hour) AS hour FROM enrolld_arrivals
				WHERE integration_id IN `+in+` GROUP BY integration_id) l
			JOIN enrolld_arrivals a ON a.integration_id = l.integration_id AND a.hour >= l.hour - INTERVAL ? DAY`, append(args, enrolld.RhythmDays)...)
		if err != nil {
			return nil, fmt.Errorf("read arrivals: %w", err)
		}
		for _, a := range list {
			hours[a.IntegrationID] = append(hours[a.IntegrationID], a.Hour)
		}
	}
	out := make(map[int64]enrolld.Rhythm, len(ids))
	for _, id := range ids {
		out[id] = enrolld.RhythmOf(hours[id], now)
	}
	return out, nil
}

// SilentSource is one that has sent nothing for longer than its rhythm explains.
type SilentSource struct {
	ID, AccountID  int64
	Platform, Name string // the name may be empty
	enrolld.Rhythm
}

// mostSources bounds those of some accounts that are listened to.
const mostSources = 1000

// SilentSources lists those of an account, by id.
func (db *DB) SilentSources(ctx context.Context, accountID int64) ([]SilentSource, error) {
	list, err := silentSources(ctx, db.sql, []int64{accountID}, db.Now())
	return list, Classify(err)
}

// silentSources leaves out accounts that are paused: what comes in there is not
// looked at, and would seem not to come.
func silentSources(ctx context.Context, conn queryer, accountIDs []int64, now time.Time) ([]SilentSource, error) {
	in, args := In(accountIDs)
	list, err := Collect(ctx, conn, func(rows *sql.Rows, s *SilentSource) error {
		return rows.Scan(&s.ID, &s.AccountID, &s.Platform, &s.Name)
	}, `SELECT i.id, i.account_id, i.platform, i.name FROM enrolld_integrations i
			JOIN enrolld_accounts a ON a.id = i.account_id AND a.paused_at IS NULL
			WHERE i.disabled_at IS NULL AND i.account_id IN `+in+` ORDER BY i.id LIMIT ?`, append(args, mostSources)...)
	if err != nil {
		return nil, fmt.Errorf("find sources: %w", err)
	}
	ids := make([]int64, len(list))
	for i, s := range list {
		ids[i] = s.ID
	}
	all, err := rhythms(ctx, conn, ids, now)
	var out []SilentSource
	for _, s := range list {
		if s.Rhythm = all[s.ID]; s.Silent {
			out = append(out, s)
		}
	}
	return out, err
}

// Sources lists the integrations of all accounts that are not disabled, in
// pages by id, for workers.
func (db *DB) Sources(ctx context.Context, after int64, n int) ([]Integration, error) {
	list, err := Collect(ctx, db.sql, db.scanIntegration, `SELECT `+integrationColumns+` FROM enrolld_integrations
		WHERE id > ? AND disabled_at IS NULL ORDER BY id LIMIT ?`, after, n)
	return list, Classify(err)
}
