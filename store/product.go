package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"enrolld"
)

const (
	maxProductKey  = 255
	maxProductName = 250
)

const productColumns = `id, account_id, platform, product_key, name, courses, duration_days, start_delay_days, grace_hours,
	on_refund, on_cancel, on_expiry, mapped_at`

const day = 24 * time.Hour

func scanProduct(rows *sql.Rows, p *enrolld.Product) error {
	var courses []byte
	var durationDays, delayDays, graceHours int64
	if err := rows.Scan(&p.ID, &p.AccountID, &p.Platform, &p.Key, &p.Name, &courses, &durationDays, &delayDays, &graceHours,
		&p.Rule.OnRefund, &p.Rule.OnCancel, &p.Rule.OnExpiry, &p.MappedAt); err != nil {
		return err
	}
	p.Rule.Duration = time.Duration(durationDays) * day
	p.Rule.StartDelay = time.Duration(delayDays) * day
	p.Rule.Grace = time.Duration(graceHours) * time.Hour
	if err := json.Unmarshal(courses, &p.Rule.Courses); err != nil {
		return fmt.Errorf("decode the courses of product %d: %w", p.ID, err)
	}
	return nil
}

// ProductID names a product within an account.
type ProductID struct{ Platform, Key string }

// LockProducts reads products and keeps the account's from being mapped until
// the transaction ends: an order that finds its product unmapped is committed
// before the mapping looks for orders that wait. The lock is the account's row,
// because a product that nobody has met yet has none to lock.
func (tx *Tx) LockProducts(ctx context.Context, accountID int64, ids []ProductID) ([]enrolld.Product, error) {
	if err := tx.lockAccount(ctx, accountID, "LOCK IN SHARE MODE"); err != nil {
		return nil, err
	}
	byPlatform := map[string][]string{}
	for _, id := range ids {
		byPlatform[id.Platform] = append(byPlatform[id.Platform], clip(id.Key, maxProductKey))
	}
	var out []enrolld.Product
	for platform, keys := range byPlatform {
		slices.Sort(keys)
		for part := range slices.Chunk(slices.Compact(keys), maxRows) {
			list, args := In(part, accountID, platform)
			found, err := Collect(ctx, tx, scanProduct, `SELECT `+productColumns+` FROM enrolld_products
				WHERE account_id = ? AND platform = ? AND product_key IN `+list+` ORDER BY id`, args...)
			if err != nil {
				return nil, fmt.Errorf("read products: %w", err)
			}
			out = append(out, found...)
		}
	}
	return out, nil
}

func (tx *Tx) lockAccount(ctx context.Context, id int64, how string) error {
	_, err := Collect(ctx, tx, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
		`SELECT id FROM enrolld_accounts WHERE id = ? `+how, id)
	if err != nil {
		return fmt.Errorf("lock account: %w", err)
	}
	return nil
}

// DiscoverProducts records products that deliveries name for the first time.
// What is known keeps its rule; a name is filled in where there was none.
func (tx *Tx) DiscoverProducts(ctx context.Context, products []enrolld.Product) error {
	rows := make([][]any, len(products))
	for i, p := range products {
		rows[i] = []any{p.AccountID, p.Platform, clip(p.Key, maxProductKey), clip(p.Name, maxProductName), "[]", tx.now}
	}
	err := InsertRows(ctx, tx, `INSERT INTO enrolld_products (account_id, platform, product_key, name, courses, created_at) VALUES `,
		rows, ` ON DUPLICATE KEY UPDATE name = IF(name = '', VALUES(name), name)`)
	if err != nil {
		return fmt.Errorf("discover products: %w", err)
	}
	return nil
}

// AddProducts records products that a platform's catalogue lists, and returns
// how many were not known before.
func (db *DB) AddProducts(ctx context.Context, accountID int64, products []enrolld.Product) (int, error) {
	added := 0
	err := db.InTx(ctx, func(tx *Tx) error {
		ids := make([]ProductID, len(products))
		for i, p := range products {
			ids[i] = ProductID{p.Platform, p.Key}
		}
		known, err := tx.LockProducts(ctx, accountID, ids)
		if err != nil {
			return err
		}
		added = len(products) - len(known)
		if err := tx.DiscoverProducts(ctx, products); err != nil {
			return err
		}
		return tx.addBundles(ctx, products)
	})
	return added, err
}

// addBundles notes which products are sold as several.
func (tx *Tx) addBundles(ctx context.Context, products []enrolld.Product) error {
	var rows [][]any
	for _, p := range products {
		if p.Bundle {
			rows = append(rows, []any{p.AccountID, p.Platform, clip(p.Key, maxProductKey)})
		}
	}
	err := InsertRows(ctx, tx, `INSERT IGNORE INTO enrolld_bundles (account_id, platform, product_key) VALUES `, rows, "")
	if err != nil {
		return fmt.Errorf("note bundles: %w", err)
	}
	return nil
}

// MapProduct sets what a product gives and makes every customer due who has an
// order with it: their access is derived again, and orders that waited are
// granted. It returns how many customers that are.
func (db *DB) MapProduct(ctx context.Context, p enrolld.Product) (customers int64, err error) {
	err = db.InTx(ctx, func(tx *Tx) error {
		customers, err = tx.mapProduct(ctx, p, func() error { return nil })
		return err
	})
	return customers, err
}

// mapProduct is MapProduct within a transaction; locked is called when nobody else
// can map the account's products, before the rule changes.
func (tx *Tx) mapProduct(ctx context.Context, p enrolld.Product, locked func() error) (customers int64, err error) {
	// Customers are locked before the account, as workers do it. Waiting for
	// the workers under way may bring new ones, who are few.
	condition, args := linesOf(p)
	known, err := tx.customersDue(ctx, nil, condition, args...)
	if err != nil {
		return 0, err
	}
	if err := tx.lockAccount(ctx, p.AccountID, "FOR UPDATE"); err != nil {
		return 0, err
	}
	if err := locked(); err != nil {
		return 0, err
	}
	if err := tx.saveRule(ctx, p); err != nil {
		return 0, err
	}
	added, err := tx.customersDue(ctx, known, condition, args...)
	return int64(len(known) + len(added)), err
}

func (tx *Tx) saveRule(ctx context.Context, p enrolld.Product) error {
	courses, err := json.Marshal(p.Rule.Courses)
	if err != nil {
		return fmt.Errorf("encode courses: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO enrolld_products
		(account_id, platform, product_key, name, courses, duration_days, start_delay_days, grace_hours,
		 on_refund, on_cancel, on_expiry, mapped_at, created_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)
		ON DUPLICATE KEY UPDATE courses = VALUES(courses), duration_days = VALUES(duration_days),
			start_delay_days = VALUES(start_delay_days), grace_hours = VALUES(grace_hours), on_refund = VALUES(on_refund),
			on_cancel = VALUES(on_cancel), on_expiry = VALUES(on_expiry), mapped_at = VALUES(mapped_at),
			name = IF(VALUES(name) = '', name, VALUES(name))`,
		p.AccountID, p.Platform, clip(p.Key, maxProductKey), clip(p.Name, maxProductName), string(courses),
		int64(p.Rule.Duration/day), int64(p.Rule.StartDelay/day), int64(p.Rule.Grace/time.Hour),
		string(p.Rule.OnRefund), string(p.Rule.OnCancel), string(p.Rule.OnExpiry), tx.now, tx.now)
	if err != nil {
		return fmt.Errorf("map product: %w", err)
	}
	return nil
}

// linesOf is the condition that an order's line l is of a product: "a/b" is the
// product of that name or variant b of product a.
func linesOf(p enrolld.Product) (condition string, args []any) {
	condition, args = `l.account_id = ? AND l.platform = ? AND (l.product_key = ?`,
		[]any{p.AccountID, p.Platform, clip(p.Key, maxProductKey)}
	for i := range len(p.Key) {
		if product, variant := p.Key[:i], p.Key[i:]; len(variant) > 1 && variant[0] == '/' {
			condition += ` OR l.product_key = ? AND l.variant_key = ?`
			args = append(args, product, variant[1:])
		}
	}
	return condition + ")", args
}

// customersDue makes customers due who have an order line that meets a
// condition, and returns them; those in except, which is sorted, are left out.
// Looking locks nothing: an UPDATE that joined would lock every line and order
// on its way.
func (tx *Tx) customersDue(ctx context.Context, except []int64, condition string, args ...any) ([]int64, error) {
	ids, err := Collect(ctx, tx, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
		`SELECT DISTINCT o.customer_id FROM enrolld_order_lines l JOIN enrolld_orders o ON o.id = l.order_id
			WHERE `+condition+` AND o.customer_id IS NOT NULL ORDER BY o.customer_id`, args...)
	if err != nil {
		return nil, fmt.Errorf("find customers of products: %w", err)
	}
	ids = slices.DeleteFunc(ids, func(id int64) bool {
		_, found := slices.BinarySearch(except, id)
		return found
	})
	for part := range slices.Chunk(ids, maxRows) {
		list, args := In(part, tx.now)
		if _, err := tx.ExecContext(ctx, `UPDATE enrolld_customers SET due_at = ? WHERE id IN `+list, args...); err != nil {
			return nil, fmt.Errorf("make customers due: %w", err)
		}
	}
	return ids, nil
}

// SweepParked makes customers due whose parked lines have a mapped product by
// now. Mapping does that by itself on one server; on a cluster an order may
// commit on another node between the mapping's look and its end.
func (db *DB) SweepParked(ctx context.Context) (int64, error) {
	var n int64
	err := db.InTx(ctx, func(tx *Tx) (err error) {
		const mapped = `EXISTS (SELECT 1 FROM enrolld_products p WHERE p.account_id = l.account_id
			AND p.platform = l.platform AND p.mapped_at IS NOT NULL AND p.product_key = `
		due, err := tx.customersDue(ctx, nil, `l.parked = TRUE
			AND (`+mapped+`l.product_key) OR `+mapped+`CONCAT(l.product_key, '/', l.variant_key)))`)
		n = int64(len(due))
		return err
	})
	return n, err
}

// Products lists an account's products, those that wait for a mapping first.
func (db *DB) Products(ctx context.Context, accountID int64) ([]enrolld.Product, error) {
	list, err := Collect(ctx, db.sql, scanProduct, `SELECT `+productColumns+` FROM enrolld_products
		WHERE account_id = ? ORDER BY mapped_at IS NOT NULL, platform, product_key LIMIT 10000`, accountID)
	if err != nil {
		return nil, Classify(err)
	}
	bundles, err := Collect(ctx, db.sql, func(rows *sql.Rows, id *ProductID) error { return rows.Scan(&id.Platform, &id.Key) },
		`SELECT platform, product_key FROM enrolld_bundles WHERE account_id = ? LIMIT 10000`, accountID)
	if err != nil {
		return nil, Classify(err)
	}
	for i := range list {
		list[i].Bundle = slices.Contains(bundles, ProductID{list[i].Platform, list[i].Key})
	}
	return list, nil
}

// ParkedCounts returns, per product, how many paid lines wait for a mapping.
func (db *DB) ParkedCounts(ctx context.Context, accountID int64) (map[ProductID]int, error) {
	type row struct {
		id ProductID
		n  int
	}
	list, err := Collect(ctx, db.sql, func(rows *sql.Rows, r *row) error {
		return rows.Scan(&r.id.Platform, &r.id.Key, &r.n)
	}, `SELECT platform, product_key, COUNT(*) FROM enrolld_order_lines WHERE parked = TRUE AND account_id = ?
		GROUP BY platform, product_key`, accountID)
	if err != nil {
		return nil, Classify(err)
	}
	out := make(map[ProductID]int, len(list))
	for _, r := range list {
		out[r.id] = r.n
	}
	return out, nil
}
