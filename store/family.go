package store

import (
	"context"
	"fmt"
	"slices"

	"enrolld"
)

// maxFamilies bounds how many accounts are read at once.
const maxFamilies = 10000

// Families reads client accounts and all sub-accounts of each, client accounts
// first, then by name.
func (db *DB) Families(ctx context.Context, ids []int64) ([]enrolld.Account, error) {
	var out []enrolld.Account
	for part := range slices.Chunk(ids, maxRows) {
		in, args := In(part)
		list, err := Collect(ctx, db.sql, scanAccount, `SELECT `+accountColumns+` FROM enrolld_accounts
			WHERE id IN `+in+` OR parent_id IN `+in+` ORDER BY parent_id <> 0, name LIMIT ?`, append(append(args, args...), maxFamilies)...)
		if err != nil {
			return nil, Classify(err)
		}
		out = append(out, list...)
	}
	return out, nil
}

// Account reads one account; NotFound when there is none.
func (tx *Tx) Account(ctx context.Context, id int64) (enrolld.Account, error) {
	list, err := Collect(ctx, tx, scanAccount, `SELECT `+accountColumns+` FROM enrolld_accounts WHERE id = ?`, id)
	return One(list, err, "there is no such account")
}

// LockAccount reads one account and keeps it from changing until the transaction
// ends; NotFound when there is none.
func (tx *Tx) LockAccount(ctx context.Context, id int64) (enrolld.Account, error) {
	list, err := Collect(ctx, tx, scanAccount, `SELECT `+accountColumns+` FROM enrolld_accounts WHERE id = ? FOR UPDATE`, id)
	return One(list, err, "there is no such account")
}

// SaveAccount writes what an account's profile has: name, sender and days of
// links. Errors: Conflict when a sibling has the name.
func (tx *Tx) SaveAccount(ctx context.Context, a enrolld.Account) error {
	_, err := tx.ExecContext(ctx, `UPDATE enrolld_accounts SET name = ?, from_name = ?, from_address = ?, link_days = ? WHERE id = ?`,
		a.Name, a.FromName, a.FromAddress, a.LinkDays, a.ID)
	return accountErr(err, a.Name, "save account")
}

// AddSubAccount stores a sub-account of parent on the same blog, with its sender,
// and returns its id. What the companion plugin signs with is the blog's, so the
// sub-account has it too; the plugin's configuration names the accounts of its
// blog and has to be installed anew.
func (tx *Tx) AddSubAccount(ctx context.Context, parent enrolld.Account, name string) (int64, error) {
	res, err := tx.ExecContext(ctx, `INSERT INTO enrolld_accounts
		(name, parent_id, site_id, blog_id, site_url, from_name, from_address, link_days, companion_key, companion_at, created_at)
		SELECT ?, id, site_id, blog_id, site_url, from_name, from_address, link_days, companion_key, companion_at, ?
		FROM enrolld_accounts WHERE id = ? AND parent_id = 0`, name, tx.now, parent.ID)
	if err != nil {
		return 0, accountErr(err, name, "add sub-account")
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return 0, enrolld.Errorf(enrolld.NotFound, "there is no such account")
	}
	return res.LastInsertId()
}

func accountErr(err error, name, doing string) error {
	if IsDuplicate(err) {
		return enrolld.Errorf(enrolld.Conflict, "there is an account %q already: choose another name", name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
