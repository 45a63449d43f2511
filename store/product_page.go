package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"enrolld"
)

// ProductState says which products a list shows.
type ProductState string

// The states of products.
const (
	ProductsWaiting ProductState = "waiting" // without a rule
	ProductsMapped  ProductState = "mapped"
)

// ProductFilter picks products of one account. Empty fields pick all.
type ProductFilter struct {
	State    ProductState
	Platform string
	Words    string // all of them are in the name or the key
	// After and Before are the product that the page begins behind, or ends
	// before; at most one of them. One that is gone means the list's beginning.
	After, Before int64
	Limit         int
}

// A product stands in a list where productPlace says: those without a rule first,
// then by name.
const (
	productPlace      = `mapped_at IS NOT NULL, name, id`
	productPlaceFalls = `mapped_at IS NOT NULL DESC, name DESC, id DESC`
)

// ProductPage lists an account's products within a scope, those that wait for a
// rule first, then by name.
func (db *DB) ProductPage(ctx context.Context, accountID int64, scope ProductScope, f ProductFilter) ([]enrolld.Product, error) {
	where, args := f.where(accountID, scope)
	at, err := db.productAt(ctx, accountID, max(f.After, f.Before), scope)
	if err != nil {
		return nil, err
	}
	order, backwards := productPlace, at.ID != 0 && f.After == 0
	switch {
	case backwards:
		order, where = productPlaceFalls, where+` AND (`+productPlace+`) < (?,?,?)`
	case at.ID != 0:
		where += ` AND (` + productPlace + `) > (?,?,?)`
	}
	if at.ID != 0 {
		args = append(args, at.MappedAt != nil, at.Name, at.ID)
	}
	list, err := Collect(ctx, db.sql, scanProduct, `SELECT `+productColumns+` FROM enrolld_products
		WHERE `+where+` ORDER BY `+order+` LIMIT ?`, append(args, f.Limit)...)
	if err != nil {
		return nil, Classify(fmt.Errorf("list products: %w", err))
	}
	if backwards {
		slices.Reverse(list)
	}
	return list, db.markBundles(ctx, list)
}

// productAt is the product that a page begins or ends at; the zero one when there
// is none.
func (db *DB) productAt(ctx context.Context, accountID, id int64, scope ProductScope) (enrolld.Product, error) {
	if id == 0 {
		return enrolld.Product{}, nil
	}
	p, err := db.Product(ctx, accountID, id, scope)
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return enrolld.Product{}, nil
	}
	return p, err
}

func (f ProductFilter) where(accountID int64, scope ProductScope) (string, []any) {
	within, more := scope.Where("id")
	conditions, args := []string{"account_id = ?", within}, append([]any{accountID}, more...)
	switch f.State {
	case ProductsWaiting:
		conditions = append(conditions, "mapped_at IS NULL")
	case ProductsMapped:
		conditions = append(conditions, "mapped_at IS NOT NULL")
	}
	if f.Platform != "" {
		conditions, args = append(conditions, "platform = ?"), append(args, f.Platform)
	}
	for word := range strings.FieldsSeq(f.Words) {
		conditions = append(conditions, "(name LIKE ? OR CONVERT(product_key USING utf8mb4) LIKE ?)")
		args = append(args, containing(word), containing(word))
	}
	return strings.Join(conditions, " AND "), args
}

// containing is the LIKE pattern of what contains a text.
func containing(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}

// ProductPlatforms lists the platforms that sell an account's products within a scope.
func (db *DB) ProductPlatforms(ctx context.Context, accountID int64, scope ProductScope) ([]string, error) {
	within, args := scope.Where("id")
	list, err := Collect(ctx, db.sql, func(rows *sql.Rows, p *string) error { return rows.Scan(p) },
		`SELECT DISTINCT platform FROM enrolld_products WHERE account_id = ? AND `+within+` ORDER BY platform LIMIT 100`,
		append([]any{accountID}, args...)...)
	return list, Classify(err)
}

// ProductUse is what depends on a product.
type ProductUse struct {
	Customers int // have an order with it
	Lines     int // of orders, with a customer or without
	Parked    int // of them, those that are paid and wait for a rule
}

// ProductUse counts what depends on a product.
func (db *DB) ProductUse(ctx context.Context, p enrolld.Product) (ProductUse, error) {
	var u ProductUse
	condition, args := linesOf(p)
	err := db.sql.QueryRowContext(ctx, `SELECT COUNT(DISTINCT o.customer_id), COUNT(*), COUNT(CASE WHEN l.parked THEN 1 END)
		FROM enrolld_order_lines l JOIN enrolld_orders o ON o.id = l.order_id WHERE `+condition, args...).
		Scan(&u.Customers, &u.Lines, &u.Parked)
	if err != nil {
		return u, Classify(fmt.Errorf("count the orders of a product: %w", err))
	}
	return u, nil
}
