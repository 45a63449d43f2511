package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"enrolld"
)

const mergeColumns = `m.id, m.account_id, m.kept_id, m.gone_id, m.moved, m.actor, m.merged_at,
	COALESCE(NULLIF(TRIM(CONCAT(c.first_name, ' ', c.last_name)), ''), c.email)
	FROM enrolld_merges m JOIN enrolld_customers c ON c.id = m.gone_id`

func scanMerge(rows *sql.Rows, m *Merge) error {
	var text []byte
	if err := rows.Scan(&m.ID, &m.AccountID, &m.KeptID, &m.GoneID, &text, &m.Actor, &m.At, &m.Gone); err != nil {
		return err
	}
	if err := json.Unmarshal(text, &m.moved); err != nil {
		return fmt.Errorf("decode merge %d: %w", m.ID, err)
	}
	return nil
}

// MergesOf lists the merges into an account's customer that were not taken back,
// the newest first, at most 100.
func (db *DB) MergesOf(ctx context.Context, accountID, customerID int64) ([]Merge, error) {
	list, err := Collect(ctx, db.sql, scanMerge, `SELECT `+mergeColumns+`
		WHERE m.account_id = ? AND m.kept_id = ? AND m.undone_at IS NULL ORDER BY m.id DESC LIMIT 100`, accountID, customerID)
	return list, Classify(err)
}

// Merge reads a merge into an account's customer that was not taken back.
func (db *DB) Merge(ctx context.Context, accountID, customerID, id int64) (Merge, error) {
	list, err := Collect(ctx, db.sql, scanMerge, `SELECT `+mergeColumns+`
		WHERE m.id = ? AND m.account_id = ? AND m.kept_id = ? AND m.undone_at IS NULL`, id, accountID, customerID)
	return One(list, err, "there is no such merge to undo")
}

// LockMerge locks a merge that is to be taken back, with the one who stayed and
// their orders, and the one who went. Errors: NotFound; Conflict when the one who
// stayed was merged into somebody else since.
func (tx *Tx) LockMerge(ctx context.Context, accountID, keptID, id int64) (m Merge, kept, gone enrolld.Customer, err error) {
	if err := tx.lockOrdersOf(ctx, keptID); err != nil {
		return m, kept, gone, err
	}
	list, err := tx.LockCustomersByID(ctx, accountID, []int64{keptID})
	if kept, err = One(list, err, "there is no such customer"); err != nil {
		return m, kept, gone, err
	}
	merges, err := Collect(ctx, tx, scanMerge, `SELECT `+mergeColumns+`
		WHERE m.id = ? AND m.account_id = ? AND m.kept_id = ? AND m.undone_at IS NULL`, id, accountID, keptID)
	if m, err = One(merges, err, "there is no such merge to undo"); err != nil {
		return m, kept, gone, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE enrolld_merges SET undone_at = ? WHERE id = ?`, tx.now, id); err != nil {
		return m, kept, gone, fmt.Errorf("undo merge %d: %w", id, err)
	}
	found, err := Collect(ctx, tx, scanCustomer, `SELECT `+customerColumns+` FROM enrolld_customers
		WHERE account_id = ? AND id = ? AND part_of = ? FOR UPDATE`, accountID, m.GoneID, keptID)
	gone, err = One(found, err, "there is no such merge to undo")
	return m, kept, gone, err
}

// Raise gives the one who went back what came with them: addresses, orders, grants
// and mail. Orders go by the address of their buyer, those that came since too.
// Access is left to who settles both afterwards, before IndexPair. It returns the
// one who went as they are now. Errors: Conflict when it cannot be taken back.
func (tx *Tx) Raise(ctx context.Context, m Merge, kept, gone enrolld.Customer) (enrolld.Customer, error) {
	if m.Has(kept.Key) {
		return gone, enrolld.Errorf(enrolld.Conflict,
			"the main address of this customer came with the merge: make another one the main address, then undo")
	}
	if err := tx.freeAddress(ctx, m); err != nil {
		return gone, err
	}
	gone.Key = enrolld.EmailKey(m.moved.Keys[0])
	gone.Revision++
	_, err := tx.ExecContext(ctx, `UPDATE enrolld_customers SET part_of = 0, email_key = ?, revision = revision + 1
		WHERE account_id = ? AND id = ?`, string(gone.Key), m.AccountID, m.GoneID)
	if IsDuplicate(err) {
		return gone, fmt.Errorf("an address was taken meanwhile: %w", ErrAgain)
	}
	if err != nil {
		return gone, fmt.Errorf("undo merge %d: %w", m.ID, err)
	}
	for _, step := range []func() error{
		func() error { return tx.returnParts(ctx, m) },
		func() error { return tx.returnOrders(ctx, m) },
		func() error { return tx.returnGrants(ctx, m) },
		func() error { return tx.returnMessages(ctx, m) },
		func() error { return tx.returnOptOuts(ctx, m) },
	} {
		if err := step(); err != nil {
			return gone, err
		}
	}
	return gone, nil
}

// freeAddress takes the main address of the one who went from the one who stayed.
func (tx *Tx) freeAddress(ctx context.Context, m Merge) error {
	if len(m.moved.Keys) == 0 {
		return enrolld.Errorf(enrolld.Conflict, "what this merge moved is not known any more, so that it cannot be undone")
	}
	type row struct{ id, of int64 }
	list, err := Collect(ctx, tx, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.id, &r.of) },
		`SELECT id, part_of FROM enrolld_customers WHERE account_id = ? AND email_key = ? FOR UPDATE`, m.AccountID, m.moved.Keys[0])
	switch {
	case err != nil:
		return fmt.Errorf("read whose an address is: %w", err)
	case len(list) == 0:
		return nil
	case list[0].of != m.KeptID:
		return enrolld.Errorf(enrolld.Conflict, "the address of who was merged is another customer's now, so that the merge cannot be undone")
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM enrolld_customers WHERE id = ?`, list[0].id); err != nil {
		return fmt.Errorf("undo merge %d: %w", m.ID, err)
	}
	return nil
}

// returnParts gives back further addresses, and who was merged before.
func (tx *Tx) returnParts(ctx context.Context, m Merge) error {
	for column, list := range map[string][]any{"email_key": anys(m.moved.Keys[1:]), "id": anys(m.moved.Merged)} {
		if len(list) == 0 {
			continue
		}
		in, args := In(list, m.GoneID, m.AccountID, m.KeptID)
		if _, err := tx.ExecContext(ctx, `UPDATE enrolld_customers SET part_of = ?, revision = revision + 1
			WHERE account_id = ? AND part_of = ? AND `+column+` IN `+in, args...); err != nil {
			return fmt.Errorf("undo merge %d: %w", m.ID, err)
		}
	}
	return nil
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

func (tx *Tx) returnOrders(ctx context.Context, m Merge) error {
	orders, err := tx.OrdersOf(ctx, []int64{m.KeptID})
	if err != nil {
		return err
	}
	var back []int64
	for _, o := range orders {
		if m.Has(buyerKey(o)) {
			back = append(back, o.ID)
		}
	}
	return tx.moveOrders(ctx, m.KeptID, m.GoneID, back)
}

// returnGrants gives back what people and imports gave, as it stands now.
func (tx *Tx) returnGrants(ctx context.Context, m Merge) error {
	line := mergeLine(m.ID)
	if _, err := tx.ExecContext(ctx, `UPDATE enrolld_grants SET customer_id = ?, cause_line = SUBSTRING(cause_line, ?)
		WHERE customer_id = ? AND (cause_line = ? OR cause_line LIKE ?) AND cause_kind <> 'order'`,
		m.GoneID, len(line)+2, m.KeptID, line, line+"/%"); err != nil {
		return fmt.Errorf("return grants: %w", err)
	}
	for part := range slices.Chunk(m.moved.Grants, maxRows) {
		args := []any{m.GoneID, m.KeptID}
		var each []string
		for _, g := range part {
			each = append(each, "lms = ? AND course_id = ? AND cause_kind = ? AND cause_id = ? AND cause_line = ?")
			args = append(args, g.Course.LMS, g.Course.ID, string(g.Cause.Kind), g.Cause.ID, g.Cause.Line)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE enrolld_grants SET customer_id = ? WHERE customer_id = ? AND (`+strings.Join(each, " OR ")+`)`, args...); err != nil {
			return fmt.Errorf("return grants: %w", err)
		}
	}
	return nil
}

// returnMessages gives back mail; what was halted goes out now.
func (tx *Tx) returnMessages(ctx context.Context, m Merge) error {
	if err := tx.moveMessages(ctx, m.KeptID, m.GoneID, m.moved.Messages); err != nil {
		return err
	}
	if len(m.moved.Halted) == 0 {
		return nil
	}
	in, args := In(m.moved.Halted, tx.now, m.GoneID)
	if _, err := tx.ExecContext(ctx, `UPDATE enrolld_messages SET state = 'queued', due_at = ?, response = ''
		WHERE customer_id = ? AND state = 'dead' AND id IN `+in, args...); err != nil {
		return fmt.Errorf("return messages: %w", err)
	}
	return nil
}

// returnOptOuts has the one who went be unsubscribed from what was ended since the
// merge: it may have been by a link in their mail.
func (tx *Tx) returnOptOuts(ctx context.Context, m Merge) error {
	_, err := tx.ExecContext(ctx, `INSERT IGNORE INTO enrolld_mail_optouts (account_id, customer_id, kind, at)
		SELECT account_id, ?, kind, at FROM enrolld_mail_optouts WHERE account_id = ? AND customer_id = ? AND at >= ?`,
		m.GoneID, m.AccountID, m.KeptID, m.At)
	if err != nil {
		return fmt.Errorf("return what a customer unsubscribed from: %w", err)
	}
	return nil
}

// IndexPair writes the words of both after a merge was taken back.
func (tx *Tx) IndexPair(ctx context.Context, m Merge) error {
	return tx.indexAnew(ctx, []int64{m.KeptID, m.GoneID})
}

// ForgetMerges removes what is kept to take merges into or of a customer back, and
// who was merged into them: for somebody who is erased. Their further addresses go
// too.
func (tx *Tx) ForgetMerges(ctx context.Context, accountID, customerID int64) error {
	if _, err := tx.ExecContext(ctx, `UPDATE enrolld_merges SET moved = '{}' WHERE account_id = ? AND (kept_id = ? OR gone_id = ? OR kept_id IN
		(SELECT id FROM enrolld_customers WHERE account_id = ? AND part_of = ?))`,
		accountID, customerID, customerID, accountID, customerID); err != nil {
		return fmt.Errorf("forget the merges of a customer: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM enrolld_customers WHERE account_id = ? AND part_of = ? AND email_key NOT LIKE 'merged:%'`,
		accountID, customerID); err != nil {
		return fmt.Errorf("forget the addresses of a customer: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE enrolld_customers SET email = '', first_name = '', last_name = ''
		WHERE account_id = ? AND part_of = ?`, accountID, customerID); err != nil {
		return fmt.Errorf("forget who was merged: %w", err)
	}
	return nil
}
