package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"enrolld"
)

const customerColumns = `id, account_id, email_key, email, first_name, last_name, COALESCE(wp_user_id, 0), wp_created, problem,
	due_at, revision, created_at, blocked_at, blocked_by, block_reason, removed_at, removed_by, gone, erased_at, exported_revision`

const maxName = 250

func scanCustomer(rows *sql.Rows, c *enrolld.Customer) error { return scanCustomerAnd(rows, c) }

// scanCustomerAnd scans columns that follow those of a customer, too.
func scanCustomerAnd(rows *sql.Rows, c *enrolld.Customer, more ...any) error {
	return rows.Scan(append([]any{
		&c.ID, &c.AccountID, &c.Key, &c.Email, &c.First, &c.Last, &c.WPUserID, &c.WPCreated, &c.Problem,
		&c.DueAt, &c.Revision, &c.CreatedAt,
		&c.BlockedAt, &c.BlockedBy, &c.BlockReason, &c.RemovedAt, &c.RemovedBy, &c.Gone, &c.ErasedAt, &c.Exported,
	}, more...)...)
}

// LockCustomers finds the customers of email keys, or adds them, and locks them
// by raising their revision. A customer of revision 1 is new. Somebody who is
// looked for by several addresses comes once for each, see Customer.Via.
func (tx *Tx) LockCustomers(ctx context.Context, accountID int64, people []enrolld.Customer) ([]enrolld.Customer, error) {
	slices.SortFunc(people, func(a, b enrolld.Customer) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	rows := make([][]any, len(people))
	keys := make([]string, len(people))
	for i, p := range people {
		rows[i] = []any{accountID, string(p.Key), p.Email, clip(p.First, maxName), clip(p.Last, maxName), tx.now, 0}
		keys[i] = string(p.Key)
	}
	err := InsertRows(ctx, tx, `INSERT INTO enrolld_customers
		(account_id, email_key, email, first_name, last_name, created_at, courses) VALUES `, rows, ` ON DUPLICATE KEY UPDATE
		courses = IF(part_of = 0 AND last_name = '' AND (VALUES(last_name) <> '' OR first_name = '' AND VALUES(first_name) <> ''),
			NULL, courses),
		revision = revision + 1, first_name = IF(first_name = '' AND last_name = '', VALUES(first_name), first_name),
		last_name = IF(last_name = '', VALUES(last_name), last_name)`)
	if err != nil {
		return nil, fmt.Errorf("lock customers: %w", err)
	}
	list, further, err := tx.lockedCustomers(ctx, accountID, keys)
	if err != nil || len(further) == 0 {
		return list, err
	}
	return tx.throughFurther(ctx, accountID, list, further)
}

// lockedCustomers reads customers whom the transaction has just added or locked,
// and writes the words of those who have none. Rows of further addresses come
// apart.
func (tx *Tx) lockedCustomers(ctx context.Context, accountID int64, keys []string) (out []enrolld.Customer, further []furtherRow, err error) {
	var words []word
	var unknown []int64
	scan := func(rows *sql.Rows, c *enrolld.Customer) error {
		var courses *int64
		var of int64
		err := scanCustomerAnd(rows, c, &courses, &of)
		switch {
		case of != 0:
			further = append(further, furtherRow{*c, of})
		case c.Revision == 1:
			words = append(words, wordRows(*c)...)
		case courses == nil:
			unknown = append(unknown, c.ID)
		}
		return err
	}
	for part := range slices.Chunk(keys, maxRows) {
		list, args := In(part, accountID)
		found, err := Collect(ctx, tx, scan, `SELECT `+customerColumns+`, courses, part_of FROM enrolld_customers
			WHERE account_id = ? AND email_key IN `+list, args...)
		if err != nil {
			return nil, nil, fmt.Errorf("read customers: %w", err)
		}
		out = append(out, found...)
	}
	if len(further) > 0 {
		out = slices.DeleteFunc(out, func(c enrolld.Customer) bool {
			return slices.ContainsFunc(further, func(f furtherRow) bool { return f.ID == c.ID })
		})
	}
	if err := tx.addWords(ctx, words); err != nil {
		return nil, nil, err
	}
	return out, further, tx.indexAnew(ctx, unknown)
}

// LockCustomersByID locks known customers of an account by raising their revision.
// Who was merged into somebody is none any more.
func (tx *Tx) LockCustomersByID(ctx context.Context, accountID int64, ids []int64) ([]enrolld.Customer, error) {
	slices.Sort(ids)
	var out []enrolld.Customer
	for part := range slices.Chunk(ids, maxRows) {
		list, args := In(part, accountID)
		if _, err := tx.ExecContext(ctx, `UPDATE enrolld_customers SET revision = revision + 1
			WHERE account_id = ? AND part_of = 0 AND id IN `+list, args...); err != nil {
			return nil, fmt.Errorf("lock customers: %w", err)
		}
		found, err := Collect(ctx, tx, scanCustomer, `SELECT `+customerColumns+` FROM enrolld_customers
			WHERE account_id = ? AND part_of = 0 AND id IN `+list, args...)
		if err != nil {
			return nil, fmt.Errorf("read customers: %w", err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// SaveCustomers writes what provisioning finds out about customers: their
// WordPress user, what keeps them from having one, when they are due again, and
// that somebody who was removed has come back.
func (tx *Tx) SaveCustomers(ctx context.Context, customers []enrolld.Customer) error {
	settled := make([]Settled, len(customers))
	for i, c := range customers {
		settled[i].Customer = c
	}
	return tx.saveCustomers(ctx, settled)
}

// Settled is a locked customer whose whole ledger is known.
type Settled struct {
	enrolld.Customer
	Courses *int // that are open; nil: as it is
}

// Settle writes what settling came to: SaveCustomers with the number of their
// courses, and SaveGrants without counting these in the ledger.
func (tx *Tx) Settle(ctx context.Context, customers []Settled, grants []Grant) error {
	if err := tx.writeGrants(ctx, grants); err != nil {
		return err
	}
	return tx.saveCustomers(ctx, customers)
}

func (tx *Tx) saveCustomers(ctx context.Context, customers []Settled) error {
	rows := make([][]any, len(customers))
	for i, c := range customers {
		rows[i] = []any{
			c.ID, c.AccountID, string(c.Key), c.Email, orNull(c.WPUserID), c.WPCreated, clip(c.Problem, maxName), c.DueAt, c.CreatedAt,
			c.Courses, c.Gone,
		}
	}
	err := InsertRows(ctx, tx, `INSERT INTO enrolld_customers
		(id, account_id, email_key, email, wp_user_id, wp_created, problem, due_at, created_at, courses, gone) VALUES `, rows,
		` ON DUPLICATE KEY UPDATE wp_user_id = VALUES(wp_user_id), wp_created = VALUES(wp_created),
		problem = VALUES(problem), due_at = VALUES(due_at), gone = VALUES(gone),
		courses = IF(courses IS NULL OR VALUES(courses) IS NULL, courses, VALUES(courses))`)
	if err != nil {
		return fmt.Errorf("save customers: %w", err)
	}
	return nil
}

// CustomerByKey finds a customer by the key of any of their addresses.
func (db *DB) CustomerByKey(ctx context.Context, accountID int64, key enrolld.EmailKey) (enrolld.Customer, error) {
	list, err := Collect(ctx, db.sql, scanCustomer, `SELECT `+customerColumns+` FROM enrolld_customers
		WHERE id = `+whoseKey, accountID, string(key))
	return One(list, err, "there is no customer with this email address")
}

// DueCustomer is somebody whose access changes by the clock.
type DueCustomer struct{ ID, AccountID int64 }

// DueCustomers lists customers who are due, the longest waiting first.
func (db *DB) DueCustomers(ctx context.Context, n int) ([]DueCustomer, error) {
	list, err := Collect(ctx, db.sql, func(rows *sql.Rows, d *DueCustomer) error { return rows.Scan(&d.ID, &d.AccountID) },
		`SELECT id, account_id FROM enrolld_customers WHERE due_at <= ? ORDER BY due_at LIMIT ?`, db.Now(), n)
	return list, Classify(err)
}

// PutOffDue moves due customers to a later time, after a failure.
func (db *DB) PutOffDue(ctx context.Context, ids []int64, until time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	list, args := In(ids, until)
	_, err := db.sql.ExecContext(ctx, `UPDATE enrolld_customers SET due_at = ? WHERE id IN `+list, args...)
	return Classify(err)
}

// CustomersAfter lists an account's customers by id, page by page.
func (db *DB) CustomersAfter(ctx context.Context, accountID, after int64, n int) ([]int64, error) {
	list, err := Collect(ctx, db.sql, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
		`SELECT id FROM enrolld_customers WHERE account_id = ? AND part_of = 0 AND id > ? ORDER BY id LIMIT ?`, accountID, after, n)
	return list, Classify(err)
}
