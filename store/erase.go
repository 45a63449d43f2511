package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"enrolld"
)

// NoteErased is what is left of a delivery about somebody who was erased.
const NoteErased = "emptied: it is about a customer who was erased"

// erasure is what becomes of the rows about a customer in one table. It is done for
// the customer, and for everybody who was merged into them.
type erasure struct {
	table string
	set   map[string]string // columns, and the expression that each becomes; nil: rows go
	where string            // of the customer's id, as often as it is asked for
	// join leads to the rows from another table, where they are few there: of an
	// UPDATE with IN and a query, MariaDB reads the whole table.
	join string
}

// accountOf is the account of a customer.
const accountOf = "(SELECT c.account_id FROM enrolld_customers c WHERE c.id = ?)"

// erasures empty what is found by the customer's id alone. What needs more is in
// otherErasures; what stays, in keptColumns (erase_kept.go). A test compares the
// three with the schema.
var erasures = []erasure{
	{"enrolld_customers", map[string]string{
		"email": "CONCAT('erased-', id, '@invalid.')", "email_key": "IF(part_of = 0, CONCAT('erased-', id, '@invalid.'), email_key)", "first_name": "''", "last_name": "''",
		"problem": "''", "block_reason": "''", "wp_user_id": "NULL",
	}, "id = ?", ""},
	{"enrolld_customer_words", nil, "customer_id = ?", ""},
	{"enrolld_merges", nil, "account_id = " + accountOf + " AND kept_id = ?", ""},
	{"enrolld_merges", nil, "account_id = " + accountOf + " AND gone_id = ?", ""},
	{"enrolld_messages", map[string]string{"recipient": "''", "recipient_name": "''", "data": "'{}'", "response": "''", "returned_text": "''"}, "customer_id = ?", ""},
	{"enrolld_mail_optouts", nil, "customer_id = ?", ""},
	{"enrolld_entries", map[string]string{"reason": "''"}, "customer_id = ?", ""},
	{"enrolld_audit_personal", nil, "customer_id = ?", ""},
	{"enrolld_bulks", map[string]string{"words": "'those who were picked'"},
		"t.customer_id = ? AND enrolld_bulks.state IN ('done', 'cancelled', 'undone')", "JOIN enrolld_bulk_targets t ON t.bulk_id = enrolld_bulks.id"},
	{"enrolld_bulk_targets", map[string]string{"why": "''"}, "customer_id = ?", ""},
	{"enrolld_import_rows", map[string]string{"problem": "''"}, "g.customer_id = ? AND g.cause_kind = 'import'",
		"JOIN enrolld_grants g ON import_id = g.cause_id AND verdict IN ('kept', 'failed') AND place = g.customer_id"},
}

// otherErasures are columns that are emptied in their own ways, and where.
var otherErasures = map[string]string{
	"enrolld_orders.record":      "Tx.Erase: the buyer",
	"enrolld_deliveries.headers": "Tx.emptyDeliveries",
	"enrolld_deliveries.body":    "Tx.emptyDeliveries",
	"enrolld_deliveries.note":    "Tx.emptyDeliveries",
	"enrolld_import_files.bytes": "importing.Forget: the whole file, once the import has ended",
	"enrolld_site_names.name":    "wordpress.ReleaseNames",
}

// Erase takes out of our tables what names a customer, whom the transaction has
// locked and settled as erased, and everybody who was merged into them: name, addresses, mail, words of the audit log, the
// buyer in orders, and the deliveries that told of them, with those in extra. Amounts, dates and products
// stay for the books. Of several accounts' customers only this one is touched.
func (tx *Tx) Erase(ctx context.Context, c enrolld.Customer, extra []int64) error {
	orders, err := tx.OrdersOf(ctx, []int64{c.ID})
	if err != nil {
		return err
	}
	deliveries, err := tx.deliveriesAbout(ctx, c.ID)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(orders, maxRows) {
		if err := tx.eraseOrders(ctx, part); err != nil {
			return err
		}
	}
	if err := tx.emptyDeliveries(ctx, append(deliveries, extra...)); err != nil {
		return err
	}
	ids, err := mergedInto(ctx, tx, c.AccountID, c.ID)
	if err != nil {
		return err
	}
	for _, e := range erasures {
		for _, id := range append(ids, c.ID) {
			statement := e.statement()
			if _, err := tx.ExecContext(ctx, statement, slices.Repeat([]any{id}, strings.Count(statement, "?"))...); err != nil {
				return fmt.Errorf("erase customer %d in %s: %w", c.ID, e.table, err)
			}
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM enrolld_customers WHERE account_id = ? AND part_of = ? AND email_key NOT LIKE 'merged:%'`,
		c.AccountID, c.ID); err != nil {
		return fmt.Errorf("erase the further addresses of customer %d: %w", c.ID, err)
	}
	return tx.Reindex(ctx, []int64{c.ID})
}

func (e erasure) statement() string {
	if e.set == nil {
		return "DELETE FROM " + e.table + " WHERE " + e.where
	}
	var sets []string
	for column, to := range e.set {
		sets = append(sets, column+" = "+to)
	}
	slices.Sort(sets)
	return "UPDATE " + e.table + " " + e.join + " SET " + strings.Join(sets, ", ") + " WHERE " + e.where
}

func (tx *Tx) eraseOrders(ctx context.Context, orders []Order) error {
	out := make([]*Order, len(orders))
	for i := range orders {
		orders[i].Record, orders[i].Erased = orders[i].Record.Nameless(), true
		out[i] = &orders[i]
	}
	return tx.SaveOrders(ctx, out)
}

// deliveriesAbout lists the deliveries that changed orders of a customer.
func (tx *Tx) deliveriesAbout(ctx context.Context, customerID int64) ([]int64, error) {
	list, err := Collect(ctx, tx, scanID, `SELECT delivery_id FROM enrolld_delivery_effects WHERE customer_id = ?
		UNION SELECT e.delivery_id FROM enrolld_delivery_effects e JOIN enrolld_orders o ON o.id = e.order_id WHERE o.customer_id = ?`,
		customerID, customerID)
	if err != nil {
		return nil, fmt.Errorf("find the deliveries about a customer: %w", err)
	}
	return list, nil
}

// emptyDeliveries takes away what deliveries said. Those that wait have had their
// effect, as far as there is one, and wait no more.
func (tx *Tx) emptyDeliveries(ctx context.Context, ids []int64) error {
	slices.Sort(ids)
	for part := range slices.Chunk(slices.Compact(ids), maxRows) {
		list, args := In(part, NoteErased, tx.now)
		_, err := tx.ExecContext(ctx, `UPDATE enrolld_deliveries SET body = '', headers = '', note = ?,
			finished_at = COALESCE(finished_at, ?), state = IF(state IN ('queued', 'parked'), 'done', state) WHERE id IN `+list, args...)
		if err != nil {
			return fmt.Errorf("empty deliveries: %w", err)
		}
	}
	return nil
}

// Shared says whether a WordPress user, 0 for none, or an email key is another
// customer's too, of any account on the same site.
func (tx *Tx) Shared(ctx context.Context, siteID int64, c enrolld.Customer, user int64, key enrolld.EmailKey) (bool, error) {
	// Each by its index: with OR between the two, whole accounts would be read.
	others := func(index, column string) string {
		return `(SELECT c.id FROM enrolld_accounts a STRAIGHT_JOIN enrolld_customers c FORCE INDEX (` + index + `) ON c.account_id = a.id
			AND c.id <> ? AND c.part_of <> ? WHERE a.site_id = ? AND c.` + column + ` = ? LIMIT 1)`
	}
	list, err := Collect(ctx, tx, scanID, others("user", "wp_user_id")+" UNION ALL "+others("email", "email_key"),
		c.ID, c.ID, siteID, orNull(user), c.ID, c.ID, siteID, string(key))
	if err != nil {
		return false, fmt.Errorf("ask who shares a WordPress user: %w", err)
	}
	return len(list) > 0, nil
}
