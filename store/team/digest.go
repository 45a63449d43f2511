package team

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/store"
)

const (
	digestAfter = 6 * time.Hour // of the day, in UTC
	// What ends while others are told of it belongs to the next day: transactions that
	// began before and commit after would be in neither.
	digestSettled = 5 * time.Minute
	digestReach   = 7 * 24 * time.Hour // so far back, after a long stop
	digestBatch   = 100
	digestLines   = 20 // in one mail
)

// Digests tells the members of client accounts once a day, after 06:00 UTC, what
// failed there and in the sub-accounts since the last time; when nothing did, no mail
// is sent. It returns for how many accounts it did so, and may run on several
// replicas at once.
func (t *Team) Digests(ctx context.Context) (int, error) {
	until := digestUntil(t.db.Now())
	done, after := 0, int64(0)
	var failed []error
	for {
		ids, err := store.Collect(ctx, t.db.Conn(), scanID, `SELECT a.id FROM enrolld_accounts a
			LEFT JOIN enrolld_settings s ON s.name = CONCAT('digest:', a.id)
			WHERE a.parent_id = 0 AND a.id > ? AND COALESCE(CAST(s.value AS SIGNED), 0) < ? ORDER BY a.id LIMIT ?`, after, until.Unix(), digestBatch)
		if err != nil {
			return done, store.Classify(fmt.Errorf("find whom to tell of failures: %w", err))
		}
		for _, id := range ids {
			after = id
			if err := t.digest(ctx, id, until); err != nil {
				failed = append(failed, fmt.Errorf("tell account %d of failures: %w", id, err))
				continue
			}
			done++
		}
		if len(ids) < digestBatch {
			return done, errors.Join(failed...)
		}
	}
}

// digestUntil is the end of what the last digest before now tells of.
func digestUntil(now time.Time) time.Time {
	at := now.UTC().Truncate(24 * time.Hour).Add(digestAfter)
	if now.Before(at) {
		at = at.Add(-24 * time.Hour)
	}
	return at.Add(-digestSettled)
}

// digest tells of one client account.
func (t *Team) digest(ctx context.Context, accountID int64, until time.Time) error {
	return t.db.InTx(ctx, func(tx *store.Tx) error {
		from, err := takeDigest(ctx, tx, accountID, until)
		if err != nil || !from.Before(until) {
			return err
		}
		a, err := clockAct(ctx, tx, accountID)
		if err != nil {
			return err
		}
		people, err := a.wanting(ctx, enrolld.TopicFailures, nil)
		if err != nil || len(people) == 0 {
			return err
		}
		family, err := a.family(ctx)
		if err != nil {
			return err
		}
		ids := make([]int64, len(family))
		for i, account := range family {
			ids[i] = account.ID
		}
		failures, err := tx.Failures(ctx, ids, from, until)
		if err != nil {
			return err
		}
		for _, p := range people {
			a.tellFailures(p, family, failures, until)
		}
		return a.finish(ctx)
	})
}

// takeDigest notes that an account is told until a moment, and returns until when
// it was before. Who comes second waits for the row, and finds it taken.
func takeDigest(ctx context.Context, tx *store.Tx, accountID int64, until time.Time) (time.Time, error) {
	name := fmt.Sprintf("digest:%d", accountID)
	if _, err := tx.ExecContext(ctx, `INSERT IGNORE INTO enrolld_settings (name, value) VALUES (?, '0')`, name); err != nil {
		return until, fmt.Errorf("note the digest: %w", err)
	}
	var was string
	if err := tx.QueryRowContext(ctx, `SELECT value FROM enrolld_settings WHERE name = ? FOR UPDATE`, name).Scan(&was); err != nil {
		return until, fmt.Errorf("read the digest: %w", err)
	}
	seconds, _ := strconv.ParseInt(was, 10, 64)
	from := time.Unix(seconds, 0).UTC()
	if !from.Before(until) {
		return until, nil
	}
	if _, err := tx.ExecContext(ctx, `UPDATE enrolld_settings SET value = ? WHERE name = ?`, strconv.FormatInt(until.Unix(), 10), name); err != nil {
		return until, fmt.Errorf("note the digest: %w", err)
	}
	if seconds == 0 { // the first one is about a day, as any other
		return until.Add(-24 * time.Hour), nil
	}
	if reach := until.Add(-digestReach); from.Before(reach) {
		return reach, nil
	}
	return from, nil
}

// family is the account and its sub-accounts, itself first, then by name.
func (a *act) family(ctx context.Context) ([]enrolld.Account, error) {
	list, err := store.Collect(ctx, a.tx, func(rows *sql.Rows, s *enrolld.Account) error { return rows.Scan(&s.ID, &s.Name) },
		`SELECT id, name FROM enrolld_accounts WHERE id = ? OR parent_id = ? ORDER BY parent_id <> 0, name, id LIMIT 10000`, a.account.ID, a.account.ID)
	if err != nil {
		return nil, fmt.Errorf("find sub-accounts: %w", err)
	}
	return list, nil
}

// tellFailures queues a member's mail: of what they may know of, if that is anything.
func (a *act) tellFailures(p MemberView, family []enrolld.Account, failures []enrolld.Trouble, until time.Time) {
	mine := slices.DeleteFunc(slices.Clone(failures), func(f enrolld.Trouble) bool { return !f.Kind.For(p.Terms, f.AccountID, a.tx.Now()) })
	if len(mine) == 0 {
		return
	}
	var lines []enrolld.TeamLine
	for _, account := range family {
		for _, kind := range enrolld.TroubleKinds() {
			if line, ok := failureLine(mine, kind, account, account.ID != a.account.ID); ok {
				lines = append(lines, line)
			}
		}
	}
	cause := fmt.Sprintf("%s %s to %d", enrolld.EventFailures, until.Format(time.DateOnly), p.LoginID)
	a.tell(p.Login, cause, enrolld.TeamData{
		Event: enrolld.EventFailures, Detail: failureTotal(mine), Lines: lines[:min(len(lines), digestLines)], Link: a.homePath(p.Scope),
	})
}

// failureLine says what of a kind failed in an account, the most frequent reason
// with it: the link leads to where that one is mended.
func failureLine(list []enrolld.Trouble, kind enrolld.TroubleKind, account enrolld.Account, sub bool) (enrolld.TeamLine, bool) {
	var top enrolld.Trouble
	var sources []string
	sum := 0
	for _, f := range list {
		if f.Kind != kind || f.AccountID != account.ID {
			continue
		}
		sum += f.Count
		if f.Source != "" {
			sources = append(sources, f.Source)
		}
		if f.Count > top.Count || f.Count == top.Count && f.Reason < top.Reason {
			top = f
		}
	}
	if sum == 0 {
		return enrolld.TeamLine{}, false
	}
	line := enrolld.TeamLine{Name: kind.Text(sum), Text: kind.Failed(), Path: top.Path()}
	switch why := top.Reason.Text(); {
	case len(sources) > 0:
		line.Text += ": " + strings.Join(sources, ", ")
	case why != "" && top.Count == sum:
		line.Text += ": " + why
	case why != "":
		line.Text += "; most often: " + why
	}
	if sub {
		line.Name += " in " + account.Name
	}
	return line, true
}

// failureTotal counts all of it: "3 deliveries, 1 email".
func failureTotal(list []enrolld.Trouble) string {
	var parts []string
	for _, kind := range enrolld.TroubleKinds() {
		sum := 0
		for _, f := range list {
			if f.Kind == kind {
				sum += f.Count
			}
		}
		if sum > 0 {
			parts = append(parts, kind.Text(sum))
		}
	}
	return strings.Join(parts, ", ")
}
