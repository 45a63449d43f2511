package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"enrolld"
)

// markBundles notes which of the products, all of one account, are sold as several.
func (db *DB) markBundles(ctx context.Context, list []enrolld.Product) error {
	if len(list) == 0 {
		return nil
	}
	keys := make([][]byte, len(list))
	for i, p := range list {
		keys[i] = []byte(p.Key)
	}
	in, args := In(keys, list[0].AccountID)
	bundles, err := Collect(ctx, db.sql, func(rows *sql.Rows, id *ProductID) error { return rows.Scan(&id.Platform, &id.Key) },
		`SELECT platform, product_key FROM enrolld_bundles WHERE account_id = ? AND product_key IN `+in, args...)
	if err != nil {
		return Classify(fmt.Errorf("read bundles: %w", err))
	}
	for i, p := range list {
		list[i].Bundle = slices.Contains(bundles, ProductID{p.Platform, p.Key})
	}
	return nil
}

// Product returns one product; NotFound when it is another account's or out of
// scope.
func (db *DB) Product(ctx context.Context, accountID, id int64, scope ProductScope) (enrolld.Product, error) {
	in, args := scope.Where("id")
	list, err := Collect(ctx, db.sql, scanProduct, `SELECT `+productColumns+` FROM enrolld_products
		WHERE account_id = ? AND id = ? AND `+in, append([]any{accountID, id}, args...)...)
	p, err := One(list, err, noProduct)
	if err != nil {
		return p, err
	}
	one := []enrolld.Product{p}
	err = db.markBundles(ctx, one)
	return one[0], err
}

const noProduct = "there is no such product"

// SaveRule sets what a product gives, as MapProduct does, and writes who did it to
// the audit log in the same transaction. It returns how many customers are derived
// again. seen is since when the rule stands that the actor looked at, nil: there
// was none. That the member may edit products is for the caller to check; the
// scope is checked here. Errors: NotFound; Invalid; Conflict when another rule was
// given since.
func (db *DB) SaveRule(
	ctx context.Context, actor enrolld.Actor, accountID, id int64, scope ProductScope, seen *time.Time, rule enrolld.Rule,
) (customers int64, err error) {
	if err := rule.Validate(); err != nil {
		return 0, err
	}
	err = db.InTx(ctx, func(tx *Tx) error {
		p, err := tx.product(ctx, accountID, id, scope)
		if err != nil {
			return err
		}
		p.Rule = rule
		var before enrolld.Product
		if customers, err = tx.mapProduct(ctx, p, func() error {
			// After the account is locked: nobody maps meanwhile.
			if before, err = tx.product(ctx, accountID, id, scope); err != nil {
				return err
			}
			return unlessMoved(before, seen)
		}); err != nil {
			return err
		}
		e := AuditBy(actor, accountID, "product.rule")
		e.Subject, e.After = p.Label(), ruleStateOf(rule)
		if before.MappedAt != nil {
			e.Before = ruleStateOf(before.Rule)
		}
		e.Detail = fmt.Sprintf(`{"product":%d,"customers":%d}`, id, customers)
		return tx.Audit(ctx, []AuditEntry{e})
	})
	return customers, err
}

func unlessMoved(p enrolld.Product, seen *time.Time) error {
	same := p.MappedAt == nil && seen == nil || p.MappedAt != nil && seen != nil && p.MappedAt.Equal(*seen)
	if same {
		return nil
	}
	return enrolld.Errorf(enrolld.Conflict, "somebody changed what this product gives meanwhile: look at it, then save again")
}

// ruleState is a rule as the audit log shows it.
type ruleState struct {
	Courses    []string      `json:"courses"`
	Days       int64         `json:"days,omitempty"`
	StartAfter int64         `json:"start_after_days,omitempty"`
	GraceHours int64         `json:"grace_hours,omitempty"`
	OnRefund   enrolld.OnEnd `json:"on_refund,omitempty"`
	OnCancel   enrolld.OnEnd `json:"on_cancel,omitempty"`
	OnExpiry   enrolld.OnEnd `json:"on_expiry,omitempty"`
}

func ruleStateOf(r enrolld.Rule) ruleState {
	s := ruleState{
		Courses: make([]string, len(r.Courses)), Days: int64(r.Duration / day), StartAfter: int64(r.StartDelay / day),
		GraceHours: int64(r.Grace / time.Hour), OnRefund: r.OnRefund, OnCancel: r.OnCancel, OnExpiry: r.OnExpiry,
	}
	for i, c := range r.Courses {
		s.Courses[i] = c.String()
	}
	return s
}

func (tx *Tx) product(ctx context.Context, accountID, id int64, scope ProductScope) (enrolld.Product, error) {
	in, args := scope.Where("id")
	list, err := Collect(ctx, tx, scanProduct, `SELECT `+productColumns+` FROM enrolld_products
		WHERE account_id = ? AND id = ? AND `+in, append([]any{accountID, id}, args...)...)
	return One(list, err, noProduct)
}

// ForgetProduct deletes a product that nothing needs: no order has a line of it.
// Grants are derived from orders' lines, so then none stands on it either. A
// product that a catalogue lists or a delivery names comes back, unmapped. That
// the member may delete products is for the caller to check; the scope is checked
// here. Errors: NotFound; Conflict when an order has it.
func (db *DB) ForgetProduct(ctx context.Context, actor enrolld.Actor, accountID, id int64, scope ProductScope) error {
	return db.InTx(ctx, func(tx *Tx) error {
		// Orders that are being taken in hold the account's row.
		if err := tx.lockAccount(ctx, accountID, "FOR UPDATE"); err != nil {
			return err
		}
		p, err := tx.product(ctx, accountID, id, scope)
		if err != nil {
			return err
		}
		condition, args := linesOf(p)
		lines, err := Collect(ctx, tx, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
			`SELECT l.order_id FROM enrolld_order_lines l WHERE `+condition+` LIMIT 1`, args...)
		if err != nil {
			return fmt.Errorf("look for orders of a product: %w", err)
		}
		if len(lines) > 0 {
			return enrolld.Errorf(enrolld.Conflict, "there are orders of this product, so it stays: change what it gives instead")
		}
		if err := tx.deleteProduct(ctx, p); err != nil {
			return err
		}
		e := AuditBy(actor, accountID, "product.forgotten")
		e.Subject, e.Before = p.Label(), map[string]any{"platform": p.Platform, "key": p.Key, "rule": ruleStateOf(p.Rule)}
		return tx.Audit(ctx, []AuditEntry{e})
	})
}

func (tx *Tx) deleteProduct(ctx context.Context, p enrolld.Product) error {
	for _, d := range []struct {
		query string
		args  []any
	}{
		{`DELETE FROM enrolld_member_products WHERE product_id = ?`, []any{p.ID}},
		{`DELETE FROM enrolld_bundles WHERE account_id = ? AND platform = ? AND product_key = ?`, []any{p.AccountID, p.Platform, p.Key}},
		{`DELETE FROM enrolld_products WHERE id = ?`, []any{p.ID}},
	} {
		if _, err := tx.ExecContext(ctx, d.query, d.args...); err != nil {
			return fmt.Errorf("forget a product: %w", err)
		}
	}
	return nil
}

// ProductOptions lists what can be chosen from when products are given to
// somebody: those of some accounts within a scope, by name, at most 1000.
func (db *DB) ProductOptions(ctx context.Context, accountIDs []int64, scope ProductScope) ([]enrolld.Product, error) {
	if len(accountIDs) == 0 {
		return nil, nil
	}
	in, args := In(accountIDs)
	within, more := scope.Where("id")
	list, err := Collect(ctx, db.sql, scanProduct, `SELECT `+productColumns+` FROM enrolld_products
		WHERE account_id IN `+in+` AND `+within+` ORDER BY name, id LIMIT 1000`, append(args, more...)...)
	if err != nil {
		return nil, Classify(fmt.Errorf("list products: %w", err))
	}
	return list, nil
}
