package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/importing"
	"enrolld/store/provision"
)

const (
	erasedOnes = 40   // customers who are erased one after the other
	ofNoEffect = 1000 // deliveries that led to nothing, in every crowd: what they say is looked through
)

// erase measures how long it takes to erase one customer, from looking where the
// address stands to the commit, in an account with many customers and deliveries
// beside one with ten thousand.
func (b *bench) erase(ctx context.Context) error {
	var took [2]measured
	for i, n := range []int{smallCrowd, b.options.rows} {
		c, err := b.crowd(ctx, n)
		if err != nil {
			return err
		}
		if err := c.live(ctx); err != nil {
			return err
		}
		if took[i], err = c.eraseSome(ctx); err != nil {
			return fmt.Errorf("at %d: %w", n, err)
		}
	}
	small, large := took[0], took[1]
	b.add(row{
		fmt.Sprintf("erase: one customer, p50 · p95 at %d", b.options.rows),
		millis(large.quantile(.5)) + " · " + millis(large.quantile(.95)),
		millis(small.quantile(.5)) + fmt.Sprintf(" p50 at %d", smallCrowd),
		times(large.quantile(.5).Seconds() / small.quantile(.5).Seconds()), "≤ 1.5×",
	})
	return nil
}

// live gives each customer of a crowd what the years bring: a WordPress user, a
// delivery and its effect, a message, an entry of the audit log, a place in a bulk
// action and a letter of an import.
func (c *crowd) live(ctx context.Context) error {
	account, source := fmt.Sprint(c.account), fmt.Sprint(c.source)
	user := fmt.Sprintf("%d000000 + seq", 1000+c.account) // nobody else's
	if err := c.inParts(ctx, `INSERT INTO wp_users (ID, user_login, user_nicename, user_email, user_registered)
		SELECT `+user+`, `+c.at("seq", addresses)+`, CONCAT('p', seq), `+c.at("seq", addresses)+`, UTC_TIMESTAMP()`); err != nil {
		return err
	}
	if err := c.inParts(ctx, `INSERT INTO enrolld_deliveries (account_id, integration_id, delivery_key, event, state, received_at, headers, body, due_at)
		SELECT `+account+`, `+source+`, UNHEX(SHA2(CONCAT('`+account+`:', seq), 256)), 'order.success',
		IF(seq * `+fmt.Sprint(ofNoEffect)+` DIV `+fmt.Sprint(c.size)+` > (seq - 1) * `+fmt.Sprint(ofNoEffect)+` DIV `+fmt.Sprint(c.size)+`, 'ignored', 'done'),
		DATE_SUB(UTC_TIMESTAMP(6), INTERVAL 2000000 - seq SECOND), '', CONCAT('{"email":"', `+c.at("seq", addresses)+`, '"', REPEAT(',"line":"twelve"', 60), '}'),
		UTC_TIMESTAMP(6)`); err != nil {
		return err
	}
	of := ` FROM enrolld_customers c WHERE c.account_id = ?`
	for _, q := range []string{
		`UPDATE enrolld_customers c SET c.wp_user_id = ` + fmt.Sprintf("%d000000 + ", 1000+c.account) + seqOf + ` WHERE c.account_id = ?`,
		`INSERT INTO enrolld_delivery_effects (delivery_id, order_id, customer_id, changes, at) SELECT d.id, o.id, c.id, '[]', o.created_at
			FROM enrolld_customers c JOIN enrolld_orders o ON o.customer_id = c.id JOIN enrolld_deliveries d ON d.integration_id = o.integration_id
			AND d.state = 'done' AND d.delivery_key = UNHEX(SHA2(CONCAT(c.account_id, ':', ` + seqOf + `), 256)) WHERE c.account_id = ?`,
		`INSERT INTO enrolld_messages (account_id, customer_id, kind, cause, recipient, data, state, due_at, created_at)
			SELECT c.account_id, c.id, 'welcome', CONCAT('bench:', c.id), c.email, '{}', 'sent', c.created_at, c.created_at` + of,
		`INSERT INTO enrolld_audit (account_id, at, actor, action, customer_id, detail)
			SELECT c.account_id, c.created_at, 'delivery', 'access.granted', c.id, '{}'` + of,
		`INSERT INTO enrolld_merges (account_id, kept_id, gone_id, moved, actor, merged_at)
			SELECT c.account_id, c.id + 1, c.id + 2, '{}', 'Maya', c.created_at` + of + ` AND MOD(c.id, 100) = 0`,
		`INSERT INTO enrolld_bulk_targets (bulk_id, customer_id, outcome, state) SELECT c.account_id, c.id, 'change', 'done'` + of,
		`INSERT INTO enrolld_import_rows (import_id, verdict, place, problem) SELECT c.account_id, 'kept', c.id, 'it was changed since'` + of,
	} {
		if err := c.run(ctx, q, c.account); err != nil {
			return err
		}
	}
	return c.run(ctx, `ANALYZE TABLE enrolld_customers, enrolld_deliveries, enrolld_delivery_effects, enrolld_messages, enrolld_audit,
		enrolld_merges, enrolld_bulk_targets, enrolld_import_rows, wp_users`)
}

// eraseSome erases customers all over the account, one at a time.
func (c *crowd) eraseSome(ctx context.Context) (out measured, err error) {
	at, err := provision.LoadPlace(ctx, c.db, c.account)
	if err != nil {
		return out, err
	}
	for i := -3; i < erasedOnes; i++ { // the first ones warm up
		place := 1 + (i+3)*c.size/(erasedOnes+3)
		who, err := c.db.CustomerByKey(ctx, c.account, enrolld.EmailKey(fmt.Sprintf("p%d@mail%d.example", place, place%9)))
		if err != nil {
			return out, err
		}
		begin := time.Now()
		if err := c.eraseOne(ctx, at, who); err != nil {
			return out, err
		}
		if i >= 0 {
			out.latencies = append(out.latencies, time.Since(begin))
		}
		switch who, err = c.db.Customer(ctx, c.account, who.ID, store.AllProducts()); {
		case err != nil:
			return out, err
		case who.ErasedAt == nil:
			return out, fmt.Errorf("customer %d is not erased", who.ID)
		}
	}
	slices.Sort(out.latencies)
	return out, nil
}

// eraseOne is what the service does when somebody erases a customer.
func (c *crowd) eraseOne(ctx context.Context, at provision.Place, who enrolld.Customer) error {
	if _, err := c.db.AddressesOf(ctx, c.account, who.ID); err != nil {
		return err
	}
	if _, _, err := importing.On(c.db).Naming(ctx, c.account, who.Email); err != nil {
		return err
	}
	deliveries, err := c.db.DeliveriesNaming(ctx, c.account, who.Email)
	if err != nil {
		return err
	}
	return c.db.InTx(ctx, func(tx *store.Tx) error {
		return provision.Erase(ctx, tx, at, enrolld.Actor{Name: "bench"}, provision.Erasure{
			CustomerID: who.ID, NoCopy: true, Deliveries: deliveries,
		})
	})
}
