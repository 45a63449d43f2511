package main

import (
	"context"
	"fmt"
	"strings"

	"enrolld"
	"enrolld/store"
)

const smallCrowd = 10_000 // customers of the account that the one of many is compared with

// crowd is an account with many customers, each with an order, a ground of access and
// words to be found by.
type crowd struct {
	db              *store.DB
	account, source int64
	often, seldom   int64 // products
	size            int
}

// What is rare is as rare in every crowd: of rarest customers, spread over the whole
// account, each tenth bought the product of few, is in the course of few, and so on.
// So lists of the same name have the same answer, whatever the size of the crowd.
const (
	rarest    = 3000
	ofFew     = rarest / 10      // who have the course of few, or the product of few
	rareNames = 10               // "quill0" and so on
	ofAName   = 3 * ofFew / 10   // who have one of these
	shutOut   = rarest - 5*ofFew // who have no access
)

// The expressions of a crowd, of a customer's place in it (@seq) and its size (@size).
// firstNames and lastNames are given in turn. So many people share one that a search
// for its beginning finds a large part of all.
const (
	rank       = `IF(@seq * 3000 DIV @size > (@seq - 1) * 3000 DIV @size, @seq * 3000 DIV @size, NULL)` // 1 to rarest; NULL for the others
	kind       = `COALESCE(MOD(` + rank + `, 10), 99)`
	fewCourse  = kind + ` = 0`
	fewProduct = kind + ` = 1`
	rareName   = kind + ` IN (2, 3, 4)`
	noAccess   = kind + ` BETWEEN 5 AND 9`

	firstNames = `ELT(1 + MOD(IF(` + rareName + `, ` + rank + ` DIV 100, @seq), 12),
		'Ann', 'Anna', 'Andrea', 'Bob', 'Cleo', 'Dora', 'Emil', 'Finn', 'Grace', 'Hugo', 'Ines', 'Jonas')`
	lastNames = `IF(` + rareName + `, CONCAT('quill', MOD(` + rank + ` DIV 10, 10)),
		CONCAT(ELT(1 + MOD(@seq DIV 12, 7), 'lee', 'novak', 'okafor', 'moreau', 'tanaka', 'stone', 'wilde'), MOD(@seq, 5000)))`
	addresses = `CONCAT('p', @seq, '@mail', MOD(@seq, 9), '.example')`
	seqOf     = `CAST(SUBSTRING(SUBSTRING_INDEX(c.email_key, '@', 1), 2) AS UNSIGNED)`
)

// at is an expression for the customer at a place.
func (c *crowd) at(seq, expression string) string {
	return strings.NewReplacer("@seq", seq, "@size", fmt.Sprint(c.size)).Replace("(" + expression + ")")
}

// crowd makes an account with customers by statements that write what the service
// would.
func (b *bench) crowd(ctx context.Context, n int) (*crowd, error) {
	db := b.academy.DB
	account, err := db.Account(ctx, b.academy.Account.ID)
	if err != nil {
		return nil, err
	}
	site, err := db.Site(ctx, account.SiteID)
	if err != nil {
		return nil, err
	}
	b.crowds++
	account.Name, account.ID, account.CompanionAt = fmt.Sprintf("Crowd %d, of %d", b.crowds, n), 0, nil
	if account, err = db.AddAccount(ctx, account, site); err != nil {
		return nil, fmt.Errorf("add an account: %w", err)
	}
	source, err := db.AddIntegration(ctx, store.Integration{AccountID: account.ID, Platform: "stripe", Name: "Bench"})
	if err != nil {
		return nil, err
	}
	c := &crowd{db: db, account: account.ID, source: source.ID, size: n}
	for _, p := range []struct {
		key string
		id  *int64
	}{{"often", &c.often}, {"seldom", &c.seldom}} {
		rule := enrolld.Rule{Courses: []enrolld.CourseRef{{LMS: "page", ID: 12}}}
		if _, err := db.MapProduct(ctx, enrolld.Product{AccountID: c.account, Platform: "stripe", Key: p.key, Name: p.key, Rule: rule}); err != nil {
			return nil, err
		}
		if err := db.Conn().QueryRowContext(ctx, `SELECT id FROM enrolld_products WHERE account_id = ? AND product_key = ?`,
			c.account, p.key).Scan(p.id); err != nil {
			return nil, fmt.Errorf("read a product: %w", err)
		}
	}
	return c, c.fill(ctx)
}

// fill writes the rows.
func (c *crowd) fill(ctx context.Context) error {
	if err := c.inParts(ctx, `INSERT INTO enrolld_customers (account_id, email_key, email, first_name, last_name, courses, created_at)
		SELECT `+fmt.Sprint(c.account)+`, `+c.at("seq", addresses)+`, `+c.at("seq", addresses)+`, `+c.at("seq", firstNames)+`,
		`+c.at("seq", lastNames)+`, IF(`+c.at("seq", noAccess)+`, 0, 1), DATE_SUB(UTC_TIMESTAMP(6), INTERVAL 2000000 - seq SECOND)`); err != nil {
		return err
	}
	of := ` FROM enrolld_customers c WHERE c.account_id = ?`
	product := "IF(" + c.at(seqOf, fewProduct) + ", 'seldom', 'often')"
	word := func(expression string) string {
		return `INSERT IGNORE INTO enrolld_customer_words (account_id, word, customer_id) SELECT c.account_id, ` + expression + `, c.id` + of
	}
	for _, q := range []string{
		`INSERT INTO enrolld_orders (account_id, integration_id, first_ref, customer_id, record, created_at, updated_at)
			SELECT c.account_id, ` + fmt.Sprint(c.source) + `, c.id, c.id, '{}', c.created_at, c.created_at` + of,
		`INSERT INTO enrolld_order_lines (order_id, line_key, account_id, platform, product_key)
			SELECT o.id, 'a', c.account_id, 'stripe', ` + product + ` FROM enrolld_customers c
			JOIN enrolld_orders o ON o.customer_id = c.id WHERE c.account_id = ?`,
		`INSERT INTO enrolld_grants (customer_id, lms, course_id, cause_kind, cause_id, account_id, state, reason, starts_at, created_at, updated_at)
			SELECT c.id, 'page', IF(` + c.at(seqOf, fewCourse) + `, 15, 12), 'order', 1, c.account_id, IF(c.courses = 0, 'ended', 'live'), 'paid',
			c.created_at, c.created_at, c.created_at` + of,
		word("LOWER(c.first_name)"), word("c.last_name"), word("c.email_key"), word("SUBSTRING_INDEX(c.email_key, '@', -1)"),
		word("CONCAT(CHAR(1), 's" + fmt.Sprint(c.source) + "')"),
		word("CONCAT(CHAR(1), 'p', UNHEX(SHA2(CONCAT('stripe', CHAR(0), " + product + "), 256)))"),
	} {
		if err := c.run(ctx, q, c.account); err != nil {
			return err
		}
	}
	return c.run(ctx, `ANALYZE TABLE enrolld_customers, enrolld_customer_words, enrolld_orders, enrolld_order_lines, enrolld_grants`)
}

// inParts runs an INSERT … SELECT of seq, from 1 to the size of the crowd, a part at a
// time.
func (c *crowd) inParts(ctx context.Context, query string) error {
	const part = 50_000
	for begin := 0; begin < c.size; begin += part {
		if err := c.run(ctx, fmt.Sprintf("%s FROM seq_%d_to_%d", query, begin+1, min(begin+part, c.size))); err != nil {
			return err
		}
	}
	return nil
}

func (c *crowd) run(ctx context.Context, query string, args ...any) error {
	conn, err := c.db.Conn().Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("make a crowd: %w", err)
	}
	return nil
}
