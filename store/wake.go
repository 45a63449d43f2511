package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"enrolld"
)

// maxWake is how many customers one step of Wake makes due.
const maxWake = 1000

// Wake makes customers due whose due date may be too late, since it was worked out
// while members were reminded of an end on another day, or not at all: accounts
// that changed RemindDays or whether such mail is sent, and all accounts once. It
// goes on where it was, some customers a call, and returns how many it made due.
func (db *DB) Wake(ctx context.Context) (int, error) {
	type account struct {
		id   int64
		days int
	}
	list, err := Collect(ctx, db.sql, func(rows *sql.Rows, a *account) error { return rows.Scan(&a.id, &a.days) },
		`SELECT a.id, IF(FIND_IN_SET(?, REPLACE(s.off, ' ', ',')), 0, COALESCE(s.remind_days, ?)) FROM enrolld_accounts a
			LEFT JOIN enrolld_mail_settings s ON s.account_id = a.id ORDER BY a.id LIMIT 10000`,
		string(enrolld.MessageExpiring), enrolld.DefaultMailSettings().RemindDays)
	if err != nil {
		return 0, Classify(err)
	}
	total := 0
	for _, a := range list {
		n, err := db.wake(ctx, a.id, a.days)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// woken is how far an account was: "7" is through, "7:1204" is after customer 1204.
func (db *DB) wake(ctx context.Context, accountID int64, days int) (int, error) {
	name, through := fmt.Sprintf("reminders:%d", accountID), strconv.Itoa(days)
	var was string
	err := db.sql.QueryRowContext(ctx, `SELECT value FROM enrolld_settings WHERE name = ?`, name).Scan(&was)
	if err == nil && was == through {
		return 0, nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, Classify(err)
	}
	n := 0
	err = db.InTx(ctx, func(tx *Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT IGNORE INTO enrolld_settings (name, value) VALUES (?, '')`, name); err != nil {
			return fmt.Errorf("note who is reminded: %w", err)
		}
		if err := tx.QueryRowContext(ctx, `SELECT value FROM enrolld_settings WHERE name = ? FOR UPDATE`, name).Scan(&was); err != nil {
			return fmt.Errorf("read who is reminded: %w", err)
		}
		after := int64(0)
		if rest, ok := strings.CutPrefix(was, through+":"); ok {
			after, _ = strconv.ParseInt(rest, 10, 64)
		} else if was == through {
			return nil // another replica was quicker
		}
		ids, err := tx.dueLater(ctx, accountID, after)
		if n = len(ids); err != nil {
			return err
		}
		is := through
		if n == maxWake {
			is = fmt.Sprintf("%s:%d", through, ids[n-1])
		}
		_, err = tx.ExecContext(ctx, `UPDATE enrolld_settings SET value = ? WHERE name = ?`, is, name)
		return err
	})
	return n, err
}

// dueLater makes the next customers due now who have a date to come.
func (tx *Tx) dueLater(ctx context.Context, accountID, after int64) ([]int64, error) {
	ids, err := Collect(ctx, tx, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
		`SELECT id FROM enrolld_customers WHERE account_id = ? AND id > ? AND due_at > ? ORDER BY id LIMIT ?`,
		accountID, after, tx.now, maxWake)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	list, args := In(ids, tx.now, tx.now)
	_, err = tx.ExecContext(ctx, `UPDATE enrolld_customers SET due_at = ? WHERE due_at > ? AND id IN `+list, args...)
	if err != nil {
		return nil, fmt.Errorf("make customers due: %w", err)
	}
	return ids, nil
}
