package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"enrolld"
)

// Merge is two customers who were made one.
type Merge struct {
	ID, AccountID  int64
	KeptID, GoneID int64
	// Gone is the name, or the address, of who was merged.
	Gone  string
	Actor string
	At    time.Time
	moved moved
}

// moved is what went along in a merge. Orders follow the address of their buyer.
type moved struct {
	Keys     []string     `json:"addresses"`          // the main one first
	Merged   []int64      `json:"merged,omitempty"`   // who had been merged into the one that went
	Messages []int64      `json:"messages,omitempty"` //
	Halted   []int64      `json:"halted,omitempty"`   // messages that were not sent any more
	Grants   []movedGrant `json:"grants,omitempty"`   // by hand, but for those that were renamed
	User     int64        `json:"user,omitempty"`     // the WordPress user that was taken over
}

type movedGrant struct {
	Course enrolld.CourseRef `json:"course"`
	Cause  enrolld.Cause     `json:"cause"`
}

// TookUser is the WordPress user that the one who stays took over; 0: none.
func (m Merge) TookUser() int64 { return m.moved.User }

// Has says whether an address came with the one who went.
func (m Merge) Has(key enrolld.EmailKey) bool { return slices.Contains(m.moved.Keys, string(key)) }

// LockPair locks two customers with all their orders, in the order in which
// deliveries do. Errors: Conflict when one of them is none any more.
func (tx *Tx) LockPair(ctx context.Context, accountID, a, b int64) (one, other enrolld.Customer, err error) {
	if err := tx.lockOrdersOf(ctx, a, b); err != nil {
		return one, other, err
	}
	list, err := tx.LockCustomersByID(ctx, accountID, []int64{a, b})
	if err != nil {
		return one, other, err
	}
	if len(list) != 2 {
		return one, other, enrolld.Errorf(enrolld.Conflict, "one of the two is no customer any more: look again")
	}
	if list[0].ID != a {
		list[0], list[1] = list[1], list[0]
	}
	return list[0], list[1], nil
}

func (tx *Tx) lockOrdersOf(ctx context.Context, customers ...int64) error {
	ids, err := tx.orderIDsOf(ctx, customers...)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(ids, maxRows) {
		list, args := In(part)
		if _, err := Collect(ctx, tx, scanID, `SELECT id FROM enrolld_orders WHERE id IN `+list+` ORDER BY id FOR UPDATE`, args...); err != nil {
			return fmt.Errorf("lock the orders of customers: %w", err)
		}
	}
	return nil
}

func (tx *Tx) orderIDsOf(ctx context.Context, customers ...int64) ([]int64, error) {
	list, args := In(customers)
	ids, err := Collect(ctx, tx, scanID, `SELECT id FROM enrolld_orders WHERE customer_id IN `+list+` ORDER BY id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read the orders of customers: %w", err)
	}
	return ids, nil
}

// Merge moves everything of one locked customer to another: orders, grants, mail,
// addresses. Access is left to who settles both afterwards, before Bury.
// tookUser: the one who stays goes on with the WordPress user of the other.
func (tx *Tx) Merge(ctx context.Context, actor enrolld.Actor, kept, gone enrolld.Customer, tookUser bool) (Merge, error) {
	m := Merge{AccountID: kept.AccountID, KeptID: kept.ID, GoneID: gone.ID, Actor: actor.Name, At: tx.now}
	if tookUser {
		m.moved.User = gone.WPUserID
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO enrolld_merges (account_id, kept_id, gone_id, moved, actor, login_id, merged_at)
		VALUES (?, ?, ?, '{}', ?, ?, ?)`, m.AccountID, m.KeptID, m.GoneID, clip(m.Actor, maxActor), orNull(actor.LoginID), tx.now)
	if err != nil {
		return m, fmt.Errorf("note a merge: %w", err)
	}
	if m.ID, err = res.LastInsertId(); err != nil {
		return m, fmt.Errorf("note a merge: %w", err)
	}
	orders, err := tx.orderIDsOf(ctx, gone.ID)
	if err != nil {
		return m, err
	}
	if !tookUser && gone.WPUserID != kept.WPUserID {
		if err := tx.haltMessages(ctx, &m); err != nil {
			return m, err
		}
	}
	for _, step := range []func() error{
		func() error { return tx.moveOrders(ctx, gone.ID, kept.ID, orders) },
		func() error { return tx.takeGrants(ctx, &m) },
		func() error { return tx.takeMessages(ctx, &m) },
		func() error { return tx.copyOptOuts(ctx, m) },
		func() error { return tx.noteParts(ctx, &m, gone) },
	} {
		if err := step(); err != nil {
			return m, err
		}
	}
	return m, tx.saveMoved(ctx, m)
}

func (tx *Tx) saveMoved(ctx context.Context, m Merge) error {
	text, err := json.Marshal(m.moved)
	if err != nil {
		return fmt.Errorf("encode a merge: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE enrolld_merges SET moved = ? WHERE id = ?`, text, m.ID); err != nil {
		return fmt.Errorf("note what a merge moved: %w", err)
	}
	return nil
}

// haltMessages keeps mail from going out about a WordPress user that will have no
// courses. What it would have told of counts as not told.
func (tx *Tx) haltMessages(ctx context.Context, m *Merge) error {
	type row struct {
		id int64
		at time.Time
	}
	list, err := Collect(ctx, tx, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.id, &r.at) },
		`SELECT id, created_at FROM enrolld_messages WHERE account_id = ? AND customer_id = ? AND state = 'queued' ORDER BY id FOR UPDATE`,
		m.AccountID, m.GoneID)
	if err != nil || len(list) == 0 {
		return err
	}
	for _, r := range list {
		m.moved.Halted = append(m.moved.Halted, r.id)
	}
	in, args := In(m.moved.Halted)
	if _, err := tx.ExecContext(ctx, `UPDATE enrolld_messages SET state = 'dead', lease = '', response = 'Not sent: the customer was merged'
		WHERE id IN `+in, args...); err != nil {
		return fmt.Errorf("halt the messages of a customer: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE enrolld_grants SET announced_at = NULL WHERE customer_id = ? AND announced_at >= ?`,
		m.GoneID, list[0].at); err != nil {
		return fmt.Errorf("halt the messages of a customer: %w", err)
	}
	return nil
}

// moveOrders makes orders another customer's, with the grants that they are the
// ground of. A ground that the other customer had of such an order before is the
// same one.
func (tx *Tx) moveOrders(ctx context.Context, from, to int64, orders []int64) error {
	for part := range slices.Chunk(orders, maxRows) {
		in, ids := In(part)
		for _, q := range []struct {
			query string
			args  []any
		}{
			{`UPDATE enrolld_orders SET customer_id = ?, revision = revision + 1 WHERE customer_id = ? AND id IN ` + in, []any{to, from}},
			{`UPDATE enrolld_delivery_effects SET customer_id = ? WHERE customer_id = ? AND order_id IN ` + in, []any{to, from}},
			{`UPDATE enrolld_grants t JOIN enrolld_grants f ON f.lms = t.lms AND f.course_id = t.course_id AND f.cause_kind = t.cause_kind
				AND f.cause_id = t.cause_id AND f.cause_line = t.cause_line
				SET t.announced_at = COALESCE(t.announced_at, f.announced_at)
				WHERE t.customer_id = ? AND f.customer_id = ? AND f.cause_kind = 'order' AND f.cause_id IN ` + in, []any{to, from}},
			{`UPDATE IGNORE enrolld_grants SET customer_id = ? WHERE customer_id = ? AND cause_kind = 'order' AND cause_id IN ` + in, []any{to, from}},
			{`DELETE FROM enrolld_grants WHERE customer_id = ? AND cause_kind = 'order' AND cause_id IN ` + in, []any{from}},
		} {
			if _, err := tx.ExecContext(ctx, q.query, append(q.args, ids...)...); err != nil {
				return fmt.Errorf("move orders to another customer: %w", err)
			}
		}
	}
	return nil
}

// mergeLine marks grants by hand that the one who stays had too, from the same
// hand: they stay apart, so that the later end of the two counts and each goes
// back as it was. A line that they had, of a bulk action, follows behind a slash.
func mergeLine(id int64) string { return fmt.Sprint(mergePrefix, id) }

const mergePrefix = "merge:"

// LineBefore is the line of a ground by hand as it was before a merge set it apart.
func LineBefore(line string) string {
	if rest, apart := strings.CutPrefix(line, mergePrefix); apart {
		_, line, _ = strings.Cut(rest, "/")
	}
	return line
}

// takeGrants moves what people and imports gave.
func (tx *Tx) takeGrants(ctx context.Context, m *Merge) error {
	byHand, err := tx.byHand(ctx, m.GoneID)
	if err != nil || len(byHand) == 0 {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE IGNORE enrolld_grants SET customer_id = ? WHERE customer_id = ? AND cause_kind <> 'order'`,
		m.KeptID, m.GoneID); err != nil {
		return fmt.Errorf("move grants: %w", err)
	}
	twice, err := tx.byHand(ctx, m.GoneID)
	if err != nil {
		return err
	}
	m.moved.Grants = slices.DeleteFunc(byHand, func(g movedGrant) bool { return slices.Contains(twice, g) })
	if _, err := tx.ExecContext(ctx, `UPDATE enrolld_grants SET customer_id = ?,
		cause_line = IF(cause_line = '', ?, CONCAT(?, '/', cause_line)) WHERE customer_id = ? AND cause_kind <> 'order'`,
		m.KeptID, mergeLine(m.ID), mergeLine(m.ID), m.GoneID); err != nil {
		return fmt.Errorf("move grants: %w", err)
	}
	return nil
}

func (tx *Tx) byHand(ctx context.Context, customerID int64) ([]movedGrant, error) {
	list, err := Collect(ctx, tx, func(rows *sql.Rows, g *movedGrant) error {
		return rows.Scan(&g.Course.LMS, &g.Course.ID, &g.Cause.Kind, &g.Cause.ID, &g.Cause.Line)
	}, `SELECT lms, course_id, cause_kind, cause_id, cause_line FROM enrolld_grants
		WHERE customer_id = ? AND cause_kind <> 'order' ORDER BY `+grantOrder, customerID)
	if err != nil {
		return nil, fmt.Errorf("read grants by hand: %w", err)
	}
	return list, nil
}

func (tx *Tx) takeMessages(ctx context.Context, m *Merge) (err error) {
	m.moved.Messages, err = Collect(ctx, tx, scanID, `SELECT id FROM enrolld_messages WHERE account_id = ? AND customer_id = ? ORDER BY id`,
		m.AccountID, m.GoneID)
	if err != nil {
		return fmt.Errorf("read the messages of a customer: %w", err)
	}
	return tx.moveMessages(ctx, m.GoneID, m.KeptID, m.moved.Messages)
}

func (tx *Tx) moveMessages(ctx context.Context, from, to int64, ids []int64) error {
	for part := range slices.Chunk(ids, maxRows) {
		in, args := In(part, to, from)
		if _, err := tx.ExecContext(ctx, `UPDATE enrolld_messages SET customer_id = ? WHERE customer_id = ? AND id IN `+in, args...); err != nil {
			return fmt.Errorf("move messages: %w", err)
		}
	}
	return nil
}

// copyOptOuts has the one who stays be unsubscribed from what either was. It stays so
// when the merge is undone: nobody is subscribed by a mistake of ours.
func (tx *Tx) copyOptOuts(ctx context.Context, m Merge) error {
	_, err := tx.ExecContext(ctx, `INSERT IGNORE INTO enrolld_mail_optouts (account_id, customer_id, kind, at)
		SELECT account_id, ?, kind, at FROM enrolld_mail_optouts WHERE account_id = ? AND customer_id = ?`, m.KeptID, m.AccountID, m.GoneID)
	if err != nil {
		return fmt.Errorf("copy what a customer unsubscribed from: %w", err)
	}
	return nil
}

// noteParts notes the addresses of the one who goes, and who was merged into them.
func (tx *Tx) noteParts(ctx context.Context, m *Merge, gone enrolld.Customer) error {
	have, err := addressesOf(ctx, tx, m.AccountID, m.GoneID)
	if err != nil {
		return err
	}
	m.moved.Keys = []string{string(gone.Key)}
	for _, a := range have {
		m.moved.Keys = append(m.moved.Keys, string(a.Key))
	}
	m.moved.Merged, err = Collect(ctx, tx, scanID, `SELECT id FROM enrolld_customers
		WHERE account_id = ? AND part_of = ? AND email_key LIKE 'merged:%' ORDER BY id`, m.AccountID, m.GoneID)
	if err != nil {
		return fmt.Errorf("read who was merged: %w", err)
	}
	return nil
}

// Bury makes the one who went part of the one who stays, with all addresses: from
// now on those lead there.
func (tx *Tx) Bury(ctx context.Context, m Merge, kept, gone enrolld.Customer) error {
	for _, q := range []struct {
		query string
		args  []any
	}{
		{`UPDATE enrolld_customers SET part_of = ?, revision = revision + 1 WHERE account_id = ? AND part_of = ?`,
			[]any{kept.ID, kept.AccountID, gone.ID}},
		{`UPDATE enrolld_customers SET part_of = ?, email_key = ?, due_at = NULL, courses = 0, revision = revision + 1
			WHERE account_id = ? AND id = ?`, []any{kept.ID, mergedKey(gone.ID), kept.AccountID, gone.ID}},
		{`DELETE FROM enrolld_customer_words WHERE customer_id = ?`, []any{gone.ID}},
	} {
		if _, err := tx.ExecContext(ctx, q.query, q.args...); err != nil {
			return fmt.Errorf("merge customer %d: %w", m.GoneID, err)
		}
	}
	if err := tx.putAddress(ctx, kept, gone.Email, gone.Key); err != nil {
		return err
	}
	return tx.indexAnew(ctx, []int64{kept.ID})
}
