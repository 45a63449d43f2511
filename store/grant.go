package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"enrolld"
)

// Grant is a ground of access as the ledger keeps it.
type Grant struct {
	CustomerID  int64
	AccountID   int64
	AnnouncedAt *time.Time // the member was told; once
	RemindedEnd *time.Time // the end of which the member was reminded
	Template    string     // the variant of the text in which the start is announced
	CreatedAt   time.Time
	UpdatedAt   time.Time
	enrolld.Grant
}

func scanGrant(rows *sql.Rows, g *Grant) error {
	return rows.Scan(&g.CustomerID, &g.AccountID, &g.Course.LMS, &g.Course.ID, &g.Cause.Kind, &g.Cause.ID, &g.Cause.Line,
		&g.State, &g.Reason, &g.From, &g.Until, &g.AnnouncedAt, &g.RemindedEnd, &g.Template, &g.CreatedAt, &g.UpdatedAt)
}

// GrantsOf reads the ledger of customers, whom the caller has locked.
func (tx *Tx) GrantsOf(ctx context.Context, customerIDs []int64) ([]Grant, error) {
	return grantsOf(ctx, tx, customerIDs)
}

// GrantsOf reads the ledger of an account's customer.
func (db *DB) GrantsOf(ctx context.Context, accountID, customerID int64) ([]Grant, error) {
	list, err := Collect(ctx, db.sql, scanGrant,
		`SELECT `+grantColumns+` WHERE customer_id = ? AND account_id = ? ORDER BY `+grantOrder, customerID, accountID)
	return list, Classify(err)
}

const (
	grantColumns = `customer_id, account_id, lms, course_id, cause_kind, cause_id, cause_line, state, reason, starts_at, ends_at,
		announced_at, reminded_end, mail_template, created_at, updated_at FROM enrolld_grants`
	grantOrder = `customer_id, lms, course_id, cause_kind, cause_id`
)

func grantsOf(ctx context.Context, conn queryer, customerIDs []int64) ([]Grant, error) {
	var out []Grant
	for part := range slices.Chunk(customerIDs, maxRows) {
		list, args := In(part)
		found, err := Collect(ctx, conn, scanGrant,
			`SELECT `+grantColumns+` WHERE customer_id IN `+list+` ORDER BY `+grantOrder, args...)
		if err != nil {
			return nil, fmt.Errorf("read grants: %w", err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// GrantsOfUsers reads the live grants of an account's customers who have one of
// some WordPress users, but for customers whom the caller has locked already. The
// others are locked by it.
func (tx *Tx) GrantsOfUsers(ctx context.Context, accountID int64, users, except []int64) (map[int64][]enrolld.Grant, error) {
	owner := map[int64]int64{}
	for part := range slices.Chunk(users, maxRows) {
		list, args := In(part, accountID)
		type row struct{ customer, user int64 }
		found, err := Collect(ctx, tx, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.customer, &r.user) },
			`SELECT id, wp_user_id FROM enrolld_customers WHERE account_id = ? AND part_of = 0 AND wp_user_id IN `+list, args...)
		if err != nil {
			return nil, fmt.Errorf("find who shares users: %w", err)
		}
		for _, r := range found {
			if !slices.Contains(except, r.customer) {
				owner[r.customer] = r.user
			}
		}
	}
	if len(owner) == 0 {
		return nil, nil
	}
	ids := slices.Sorted(maps.Keys(owner))
	if _, err := tx.LockCustomersByID(ctx, accountID, slices.Clone(ids)); err != nil {
		return nil, err
	}
	grants, err := grantsOf(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	out := map[int64][]enrolld.Grant{}
	for _, g := range grants {
		if g.State == enrolld.GrantLive {
			out[owner[g.CustomerID]] = append(out[owner[g.CustomerID]], g.Grant)
		}
	}
	return out, nil
}

// SaveGrants writes grants, new ones and changed ones, and counts the courses of
// their customers.
func (tx *Tx) SaveGrants(ctx context.Context, grants []Grant) error {
	if err := tx.writeGrants(ctx, grants); err != nil {
		return err
	}
	ids := make([]int64, len(grants))
	for i, g := range grants {
		ids[i] = g.CustomerID
	}
	return tx.countCourses(ctx, ids)
}

func (tx *Tx) writeGrants(ctx context.Context, grants []Grant) error {
	rows := make([][]any, len(grants))
	for i, g := range grants {
		rows[i] = []any{
			g.CustomerID, g.Course.LMS, g.Course.ID, string(g.Cause.Kind), g.Cause.ID, refKey(g.Cause.Line), g.AccountID,
			string(g.State), string(g.Reason), g.From, g.Until, g.AnnouncedAt, g.RemindedEnd, g.Template, tx.now, tx.now,
		}
	}
	err := InsertRows(ctx, tx, `INSERT INTO enrolld_grants (customer_id, lms, course_id, cause_kind, cause_id, cause_line,
		account_id, state, reason, starts_at, ends_at, announced_at, reminded_end, mail_template,
		created_at, updated_at) VALUES `, rows,
		` ON DUPLICATE KEY UPDATE state = VALUES(state), reason = VALUES(reason), starts_at = VALUES(starts_at),
		ends_at = VALUES(ends_at), announced_at = COALESCE(announced_at, VALUES(announced_at)),
		reminded_end = VALUES(reminded_end), mail_template = VALUES(mail_template), updated_at = VALUES(updated_at)`)
	if err != nil {
		return fmt.Errorf("save grants: %w", err)
	}
	return tx.indexGrants(ctx, grants)
}
