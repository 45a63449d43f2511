package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"enrolld"
)

// MaxHistory bounds what is read of one customer's history.
const MaxHistory = 200

// OrdersInScope reads a customer's orders of products in scope, the newest first,
// at most 200. Of an order that has other products too only the lines in scope are
// told, and of its money only what is about them.
func (db *DB) OrdersInScope(ctx context.Context, accountID, customerID int64, scope ProductScope) ([]Order, error) {
	reach, err := db.reach(ctx, accountID, scope)
	if err != nil {
		return nil, err
	}
	query, args := `SELECT `+orderColumns+` WHERE o.customer_id = ? AND o.account_id = ?`, []any{customerID, accountID}
	if !scope.all {
		line, more := lineInScope(scope)
		query += ` AND EXISTS (SELECT 1 FROM enrolld_order_lines l WHERE l.order_id = o.id AND ` + line + `)`
		args = append(args, more...)
	}
	list, err := Collect(ctx, db.sql, scanOrder, query+` ORDER BY o.id DESC LIMIT ?`, append(args, MaxHistory)...)
	if err != nil {
		return nil, Classify(fmt.Errorf("read the orders of a customer: %w", err))
	}
	for i := range list {
		list[i].Record = reach.narrow(list[i].Platform, list[i].Record)
	}
	return list, nil
}

// narrow leaves of an order what is about products in reach.
func (r reach) narrow(platform string, o enrolld.Order) enrolld.Order {
	if r.all {
		return o
	}
	lines := maps.Clone(o.Lines)
	maps.DeleteFunc(lines, func(_ string, l enrolld.Line) bool {
		return !slices.ContainsFunc(l.Product.Value.ProductKeys(), func(key string) bool {
			return slices.Contains(r.products, ProductID{platform, clip(key, maxProductKey)})
		})
	})
	if len(lines) == len(o.Lines) {
		return o
	}
	out := enrolld.Order{Refs: o.Refs, Number: o.Number, Buyer: o.Buyer, Test: o.Test, Lines: lines}
	out.Refunds = maps.Clone(o.Refunds)
	maps.DeleteFunc(out.Refunds, func(_ string, f enrolld.Latest[enrolld.Refund]) bool {
		_, in := lines[f.Value.Line]
		return !in
	})
	out.Subscriptions = map[string]enrolld.Latest[enrolld.SubscriptionStatus]{}
	for _, l := range lines {
		if s, ok := o.Subscriptions[l.Subscription.Value]; ok && l.Subscription.Known() {
			out.Subscriptions[l.Subscription.Value] = s
		}
	}
	return out
}

// CustomerEvent is an entry of the audit log about a customer.
type CustomerEvent struct {
	At time.Time
	// CustomerID is the customer's, or that of somebody who was merged into them.
	CustomerID int64
	Actor      string // a person's name, or "delivery", "clock", …
	LoginID    int64  // 0: a program
	Action     string
	Detail     json.RawMessage
	Subject    string          // whom or what it was about besides, such as an address
	Before     json.RawMessage // nil: nothing to show
	After      json.RawMessage // what it became; nil: nothing to show
}

// mergedInto lists who was merged into a customer.
func mergedInto(ctx context.Context, conn queryer, accountID, customerID int64) ([]int64, error) {
	list, err := Collect(ctx, conn, scanID, `SELECT id FROM enrolld_customers
		WHERE account_id = ? AND part_of = ? AND email_key LIKE 'merged:%' ORDER BY id LIMIT 1000`, accountID, customerID)
	if err != nil {
		return nil, fmt.Errorf("read who was merged: %w", err)
	}
	return list, nil
}

// CustomerEvents lists what the audit log tells of an account's customer, the
// newest first, at most 200. What it tells of somebody who was merged into them is
// in: no entry of it is ever changed.
func (db *DB) CustomerEvents(ctx context.Context, accountID, customerID int64) ([]CustomerEvent, error) {
	ids, err := mergedInto(ctx, db.sql, accountID, customerID)
	if err != nil {
		return nil, Classify(err)
	}
	var aside [][]byte
	at := map[string]int{} // by where its words lie
	n := 0
	in, args := In(append(ids, customerID))
	list, err := Collect(ctx, db.sql, func(rows *sql.Rows, e *CustomerEvent) error {
		var id []byte
		err := rows.Scan(&e.At, &e.CustomerID, &e.Actor, &e.LoginID, &e.Action, (*[]byte)(&e.Detail), (*[]byte)(&e.After), &id)
		if id != nil {
			aside, at[string(id)] = append(aside, id), n
		}
		n++
		return err
	}, `SELECT at, customer_id, actor, COALESCE(login_id, 0), action, detail, after_state, personal_id FROM enrolld_audit
		WHERE customer_id IN `+in+` AND account_id = ? ORDER BY id DESC LIMIT ?`, append(args, accountID, MaxHistory)...)
	if err != nil {
		return nil, Classify(err)
	}
	words, err := db.AuditWordsOf(ctx, aside)
	for id, w := range words {
		e := &list[at[id]]
		e.Detail, e.Subject, e.Before, e.After = w.Detail, w.Subject, w.Before, w.After
	}
	return list, err
}

// Origin is an integration by its name alone, without its secrets.
type Origin struct {
	ID             int64
	Platform, Name string
}

// Origins lists an account's integrations, also those that are off: customers came
// from them.
func (db *DB) Origins(ctx context.Context, accountID int64) ([]Origin, error) {
	list, err := Collect(ctx, db.sql, func(rows *sql.Rows, o *Origin) error { return rows.Scan(&o.ID, &o.Platform, &o.Name) },
		`SELECT id, platform, name FROM enrolld_integrations WHERE account_id = ? ORDER BY platform, name, id LIMIT 1000`, accountID)
	return list, Classify(err)
}

// WhollyInScope says whether everything that a customer bought, and every course
// that they have or will have, is of products in scope. What others have who share
// their WordPress user counts too: the site shows it to all of them.
func (db *DB) WhollyInScope(ctx context.Context, accountID, customerID int64, scope ProductScope) (bool, error) {
	if scope.all {
		return true, nil
	}
	ids, err := db.sharingUser(ctx, accountID, customerID)
	if err != nil {
		return false, err
	}
	in, all := In(ids)
	line, args := lineInScope(scope)
	beyond, err := Collect(ctx, db.sql, scanID, `SELECT l.order_id FROM enrolld_orders o JOIN enrolld_order_lines l ON l.order_id = o.id
		WHERE o.customer_id IN `+in+` AND NOT `+line+` LIMIT 1`, append(all, args...)...)
	if err != nil || len(beyond) > 0 {
		return false, Classify(err)
	}
	reach, err := db.reach(ctx, accountID, scope)
	if err != nil {
		return false, err
	}
	grants, err := grantsOf(ctx, db.sql, ids)
	return !slices.ContainsFunc(grants, func(g Grant) bool {
		lasts := g.State == enrolld.GrantLive || g.State == enrolld.GrantPending
		return lasts && !slices.Contains(reach.courses, g.Course)
	}), Classify(err)
}

// sharingUser is an account's customer and everybody on the same blog, of whichever
// account, who has the same WordPress user, at most 1000.
func (db *DB) sharingUser(ctx context.Context, accountID, customerID int64) ([]int64, error) {
	list, err := Collect(ctx, db.sql, scanID, `SELECT o.id FROM enrolld_customers c JOIN enrolld_accounts a ON a.id = c.account_id
		JOIN enrolld_accounts b ON b.site_id = a.site_id AND b.blog_id = a.blog_id
		JOIN enrolld_customers o ON o.account_id = b.id AND o.wp_user_id = c.wp_user_id AND o.part_of = 0
		WHERE c.id = ? AND c.account_id = ? AND o.id <> c.id LIMIT 1000`, customerID, accountID)
	if err != nil {
		return nil, Classify(fmt.Errorf("read who shares a WordPress user: %w", err))
	}
	return append(list, customerID), nil
}
