package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"enrolld"
)

// Order is an order as it is stored.
type Order struct {
	ID            int64
	AccountID     int64
	IntegrationID int64
	Platform      string // of the integration
	AcceptTest    bool   // of the integration
	CustomerID    int64  // 0: the buyer is not known yet
	FirstRef      string
	Record        enrolld.Order
	Erased        bool // nothing in it names the buyer any more, and nothing may again
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

const maxRef = 191

// refKey is a reference as it fits its column: longer ones end in their hash.
func refKey(ref string) string {
	if len(ref) <= maxRef {
		return ref
	}
	sum := sha256.Sum256([]byte(ref))
	return ref[:maxRef-2*len(sum)] + hex.EncodeToString(sum[:])
}

// OrderIDs finds the orders of references and locks what it finds.
func (tx *Tx) OrderIDs(ctx context.Context, integrationID int64, refs []string) (map[string]int64, error) {
	byKey := make(map[string]string, len(refs))
	keys := make([]string, 0, len(refs))
	for _, r := range refs {
		k := refKey(r)
		byKey[k] = r
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make(map[string]int64, len(refs))
	for part := range slices.Chunk(keys, maxRows) {
		list, args := In(part, integrationID)
		type row struct {
			ref string
			id  int64
		}
		found, err := Collect(ctx, tx, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.ref, &r.id) },
			`SELECT ref, order_id FROM enrolld_order_refs WHERE integration_id = ? AND ref IN `+list+` FOR UPDATE`, args...)
		if err != nil {
			return nil, fmt.Errorf("find orders: %w", err)
		}
		for _, r := range found {
			out[byKey[r.ref]] = r.id
		}
	}
	return out, nil
}

const orderColumns = `o.id, o.account_id, o.integration_id, i.platform, i.accept_test, COALESCE(o.customer_id, 0), o.first_ref,
	o.record, o.erased, o.created_at, o.updated_at FROM enrolld_orders o JOIN enrolld_integrations i ON i.id = o.integration_id`

func scanOrder(rows *sql.Rows, o *Order) error {
	var record []byte
	if err := rows.Scan(&o.ID, &o.AccountID, &o.IntegrationID, &o.Platform, &o.AcceptTest, &o.CustomerID, &o.FirstRef,
		&record, &o.Erased, &o.CreatedAt, &o.UpdatedAt); err != nil {
		return err
	}
	if err := json.Unmarshal(record, &o.Record); err != nil {
		return fmt.Errorf("decode order %d: %w", o.ID, err)
	}
	return nil
}

// LockOrders reads orders by id and locks them: first the lock, then the look,
// for a lock on the join would lock the integration too, and every worker of it
// would wait for every other.
func (tx *Tx) LockOrders(ctx context.Context, ids []int64) ([]Order, error) {
	slices.Sort(ids)
	var out []Order
	for part := range slices.Chunk(ids, maxRows) {
		list, args := In(part)
		if _, err := Collect(ctx, tx, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
			`SELECT id FROM enrolld_orders WHERE id IN `+list+` ORDER BY id FOR UPDATE`, args...); err != nil {
			return nil, fmt.Errorf("lock orders: %w", err)
		}
		found, err := Collect(ctx, tx, scanOrder, `SELECT `+orderColumns+` WHERE o.id IN `+list+` ORDER BY o.id`, args...)
		if err != nil {
			return nil, fmt.Errorf("read locked orders: %w", err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// OrdersOf reads all orders of customers, whom the caller has locked.
func (tx *Tx) OrdersOf(ctx context.Context, customerIDs []int64) ([]Order, error) {
	return ordersOf(ctx, tx, customerIDs)
}

// OrdersOf reads all orders of an account's customer.
func (db *DB) OrdersOf(ctx context.Context, accountID, customerID int64) ([]Order, error) {
	list, err := Collect(ctx, db.sql, scanOrder,
		`SELECT `+orderColumns+` WHERE o.customer_id = ? AND o.account_id = ? ORDER BY o.id`, customerID, accountID)
	return list, Classify(err)
}

// Order reads one order of an account.
func (db *DB) Order(ctx context.Context, accountID, id int64) (Order, error) {
	list, err := Collect(ctx, db.sql, scanOrder, `SELECT `+orderColumns+` WHERE o.id = ? AND o.account_id = ?`, id, accountID)
	return One(list, err, "there is no such order")
}

func ordersOf(ctx context.Context, conn queryer, customerIDs []int64) ([]Order, error) {
	var out []Order
	for part := range slices.Chunk(customerIDs, maxRows) {
		list, args := In(part)
		found, err := Collect(ctx, conn, scanOrder,
			`SELECT `+orderColumns+` WHERE o.customer_id IN `+list+` ORDER BY o.id`, args...)
		if err != nil {
			return nil, fmt.Errorf("read orders of customers: %w", err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// SaveOrders writes orders, and gives those that are new their ids. Somebody
// else having met one of them meanwhile makes InTx run the transaction again.
func (tx *Tx) SaveOrders(ctx context.Context, orders []*Order) error {
	var added, known [][]any
	var fresh []*Order
	for _, o := range orders {
		record, err := json.Marshal(o.Record)
		if err != nil {
			return fmt.Errorf("encode order: %w", err)
		}
		o.UpdatedAt = tx.now
		row := []any{
			o.AccountID, o.IntegrationID, refKey(o.FirstRef), orNull(o.CustomerID),
			clip(o.Record.Number.Value, 100), o.Record.Test, string(record), o.Erased,
		}
		if o.ID == 0 {
			o.CreatedAt = tx.now
			fresh = append(fresh, o)
			added = append(added, append(row, o.CreatedAt, o.UpdatedAt))
			continue
		}
		known = append(known, append(row, o.CreatedAt, o.UpdatedAt, o.ID))
	}
	const columns = `INSERT INTO enrolld_orders
		(account_id, integration_id, first_ref, customer_id, number, test, record, erased, created_at, updated_at`
	if err := InsertRows(ctx, tx, columns+`, id) VALUES `, known, ` ON DUPLICATE KEY UPDATE customer_id = VALUES(customer_id),
		number = VALUES(number), test = VALUES(test), record = VALUES(record), erased = VALUES(erased), revision = revision + 1,
		updated_at = VALUES(updated_at)`); err != nil {
		return fmt.Errorf("save orders: %w", err)
	}
	err := InsertRows(ctx, tx, columns+`) VALUES `, added, "")
	if IsDuplicate(err) {
		return fmt.Errorf("add orders: %w", ErrAgain)
	}
	if err != nil {
		return fmt.Errorf("add orders: %w", err)
	}
	if err := tx.indexOrders(ctx, orders); err != nil {
		return err
	}
	return tx.orderIDsBack(ctx, fresh)
}

// orderIDsBack reads the ids of orders that were just inserted. Counting up
// from LAST_INSERT_ID would not hold on a cluster.
func (tx *Tx) orderIDsBack(ctx context.Context, orders []*Order) error {
	type key struct {
		integration int64
		ref         string
	}
	byKey := make(map[key]*Order, len(orders))
	refs := map[int64][]string{}
	for _, o := range orders {
		k := key{o.IntegrationID, refKey(o.FirstRef)}
		byKey[k] = o
		refs[k.integration] = append(refs[k.integration], k.ref)
	}
	for integration, keys := range refs {
		for part := range slices.Chunk(keys, maxRows) {
			list, args := In(part, integration)
			type row struct {
				id  int64
				ref string
			}
			found, err := Collect(ctx, tx, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.id, &r.ref) },
				`SELECT id, first_ref FROM enrolld_orders WHERE integration_id = ? AND first_ref IN `+list, args...)
			if err != nil {
				return fmt.Errorf("read back orders: %w", err)
			}
			for _, r := range found {
				byKey[key{integration, r.ref}].ID = r.id
			}
		}
	}
	return nil
}

// OrderRef is a reference and the order that it names.
type OrderRef struct {
	IntegrationID int64
	Ref           string
	OrderID       int64
}

// AddRefs records new references. Somebody else having met one of them
// meanwhile makes InTx run the transaction again.
func (tx *Tx) AddRefs(ctx context.Context, refs []OrderRef) error {
	rows := make([][]any, len(refs))
	for i, r := range refs {
		rows[i] = []any{r.IntegrationID, refKey(r.Ref), r.OrderID}
	}
	err := InsertRows(ctx, tx, `INSERT INTO enrolld_order_refs (integration_id, ref, order_id) VALUES `, rows, "")
	if IsDuplicate(err) {
		return fmt.Errorf("add references: %w", ErrAgain)
	}
	if err != nil {
		return fmt.Errorf("add references: %w", err)
	}
	return nil
}

// JoinOrders makes several orders one, after a delivery showed that they are:
// references, grants and effects of the others move to the first.
func (tx *Tx) JoinOrders(ctx context.Context, into int64, others []int64) error {
	if len(others) == 0 {
		return nil
	}
	list, args := In(others, into)
	for _, q := range []string{
		`UPDATE enrolld_order_refs SET order_id = ? WHERE order_id IN ` + list,
		`UPDATE IGNORE enrolld_delivery_effects SET order_id = ? WHERE order_id IN ` + list,
		`UPDATE IGNORE enrolld_grants SET cause_id = ? WHERE cause_kind = 'order' AND cause_id IN ` + list,
	} {
		if _, err := tx.ExecContext(ctx, q, args...); err != nil {
			return fmt.Errorf("join orders: %w", err)
		}
	}
	for _, q := range []string{ // what did not move is there already
		`DELETE FROM enrolld_delivery_effects WHERE order_id IN ` + list,
		`DELETE FROM enrolld_grants WHERE cause_kind = 'order' AND cause_id IN ` + list,
		`DELETE FROM enrolld_order_lines WHERE order_id IN ` + list,
		`DELETE FROM enrolld_orders WHERE id IN ` + list,
	} {
		if _, err := tx.ExecContext(ctx, q, args[1:]...); err != nil {
			return fmt.Errorf("join orders: %w", err)
		}
	}
	return nil
}

// OrderLine is a line as it is found by its product.
type OrderLine struct {
	OrderID   int64
	Key       string
	AccountID int64
	Platform  string
	Product   enrolld.ProductRef
	Parked    bool
}

// SaveLines writes which products the lines of orders are of, and which wait.
func (tx *Tx) SaveLines(ctx context.Context, lines []OrderLine) error {
	rows := make([][]any, len(lines))
	for i, l := range lines {
		rows[i] = []any{
			l.OrderID, refKey(l.Key), l.AccountID, l.Platform,
			clip(l.Product.ID, maxProductKey), clip(l.Product.Variant, maxProductKey), l.Parked,
		}
	}
	err := InsertRows(ctx, tx, `INSERT INTO enrolld_order_lines
		(order_id, line_key, account_id, platform, product_key, variant_key, parked) VALUES `, rows,
		` ON DUPLICATE KEY UPDATE product_key = VALUES(product_key), variant_key = VALUES(variant_key), parked = VALUES(parked)`)
	if err != nil {
		return fmt.Errorf("save order lines: %w", err)
	}
	return nil
}
