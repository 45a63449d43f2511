package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"enrolld"
	"enrolld/store"
)

const (
	smallCrowd  = 10_000 // customers that the list of many is compared with
	listsAsked  = 60     // times that each list is asked for
	seldomEvery = 2000   // one in so many bought the product that sells badly
)

// customers measures what the customers page asks of the database, for each filter
// and for searches, in an account with many customers beside one with ten thousand.
func (b *bench) customers(ctx context.Context) error {
	var took [2]map[string]measured
	var asked []listing
	for i, n := range []int{smallCrowd, b.options.rows} {
		c, err := b.crowd(ctx, n)
		if err != nil {
			return err
		}
		asked = c.listings()
		took[i] = map[string]measured{}
		for _, l := range asked {
			if took[i][l.name], err = c.ask(ctx, l.filter); err != nil {
				return fmt.Errorf("%s at %d: %w", l.name, n, err)
			}
		}
	}
	for _, l := range asked {
		small, large := took[0][l.name], took[1][l.name]
		b.add(row{
			"customers: " + l.name + fmt.Sprintf(", p50 · p95 at %d", b.options.rows),
			millis(large.quantile(.5)) + " · " + millis(large.quantile(.95)),
			millis(small.quantile(.95)) + fmt.Sprintf(" p95 at %d", smallCrowd),
			times(large.quantile(.95).Seconds() / small.quantile(.95).Seconds()), "< 50 ms, ≤ 2.00×",
		})
	}
	return nil
}

func millis(d time.Duration) string { return d.Round(10 * time.Microsecond).String() }

// crowd is an account with many customers.
type crowd struct {
	db              *store.DB
	account, source int64
	often, seldom   int64 // products
	size            int
}

// listing is a list that is asked for; i makes each time another one of its kind.
type listing struct {
	name   string
	filter func(i int) store.CustomerFilter
}

// firstNames and lastNames are given in turn. So many people share one that a
// search for its beginning finds a large part of all.
const (
	firstNames = `ELT(1 + MOD(seq, 12), 'Ann', 'Anna', 'Andrea', 'Bob', 'Cleo', 'Dora', 'Emil', 'Finn', 'Grace', 'Hugo', 'Ines', 'Jonas')`
	lastNames  = `CONCAT(ELT(1 + MOD(seq DIV 12, 7), 'lee', 'novak', 'okafor', 'moreau', 'tanaka', 'stone', 'wilde'), MOD(seq, 5000))`
	addresses  = `CONCAT('p', seq, '@mail', MOD(seq, 9), '.example')`
)

// crowd makes an account with customers, each with an order, by statements that
// write what the service would.
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
	account.Name, account.ID, account.CompanionAt = fmt.Sprint("Crowd of ", n), 0, nil
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

// fill writes the rows, a part at a time.
func (c *crowd) fill(ctx context.Context) error {
	const part = 50_000
	for begin := 0; begin < c.size; begin += part {
		seq := fmt.Sprintf(" FROM seq_%d_to_%d", begin+1, min(begin+part, c.size))
		if err := c.run(ctx, `INSERT INTO enrolld_customers (account_id, email_key, email, first_name, last_name, courses, created_at)
			SELECT ?, `+addresses+`, `+addresses+`, `+firstNames+`, `+lastNames+`, IF(MOD(seq, 20) = 0, 0, 1),
			DATE_SUB(UTC_TIMESTAMP(6), INTERVAL 2000000 - seq SECOND)`+seq, c.account); err != nil {
			return err
		}
	}
	of := ` FROM enrolld_customers c WHERE c.account_id = ?`
	product := fmt.Sprintf("IF(MOD(c.id, %d) = 0, 'seldom', 'often')", seldomEvery)
	word := func(expression string) string {
		return `INSERT IGNORE INTO enrolld_customer_words (account_id, word, customer_id) SELECT c.account_id, ` + expression + `, c.id` + of
	}
	for _, q := range []string{
		`INSERT INTO enrolld_orders (account_id, integration_id, first_ref, customer_id, record, created_at, updated_at)
			SELECT c.account_id, ` + strconv.FormatInt(c.source, 10) + `, c.id, c.id, '{}', c.created_at, c.created_at` + of,
		`INSERT INTO enrolld_order_lines (order_id, line_key, account_id, platform, product_key)
			SELECT o.id, 'a', c.account_id, 'stripe', ` + product + ` FROM enrolld_customers c
			JOIN enrolld_orders o ON o.customer_id = c.id WHERE c.account_id = ?`,
		`INSERT INTO enrolld_grants (customer_id, lms, course_id, cause_kind, cause_id, account_id, state, reason, starts_at, created_at, updated_at)
			SELECT c.id, 'page', IF(MOD(c.id, 500) = 0, 15, 12), 'order', 1, c.account_id, IF(c.courses = 0, 'ended', 'live'), 'paid',
			c.created_at, c.created_at, c.created_at` + of,
		word("LOWER(c.first_name)"), word("c.last_name"), word("c.email_key"), word("SUBSTRING_INDEX(c.email_key, '@', -1)"),
		word("CONCAT(CHAR(1), 's" + strconv.FormatInt(c.source, 10) + "')"),
		word("CONCAT(CHAR(1), 'p', UNHEX(SHA2(CONCAT('stripe', CHAR(0), " + product + "), 256)))"),
	} {
		if err := c.run(ctx, q, c.account); err != nil {
			return err
		}
	}
	return c.run(ctx, `ANALYZE TABLE enrolld_customers, enrolld_customer_words, enrolld_orders, enrolld_order_lines, enrolld_grants`)
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

// listings are the lists, each at places all over the account.
func (c *crowd) listings() []listing {
	course := func(id int64) enrolld.CourseRef { return enrolld.CourseRef{LMS: "page", ID: id} }
	fixed := func(f store.CustomerFilter) func(int) store.CustomerFilter {
		return func(int) store.CustomerFilter { return f }
	}
	from := time.Now().UTC().Add(-2_000_000 * time.Second)
	return []listing{
		{"all", fixed(store.CustomerFilter{})},
		{"by name", fixed(store.CustomerFilter{Order: store.CustomersByName})},
		{"by email", fixed(store.CustomerFilter{Order: store.CustomersByEmail})},
		{"no access", fixed(store.CustomerFilter{NoAccess: true})},
		{"a course of most", fixed(store.CustomerFilter{Course: course(12)})},
		{"a course of few", fixed(store.CustomerFilter{Course: course(15)})},
		{"a product of most", fixed(store.CustomerFilter{Product: c.often})},
		{"a product of few", fixed(store.CustomerFilter{Product: c.seldom})},
		{"a source", fixed(store.CustomerFilter{Source: strconv.FormatInt(c.source, 10)})},
		{"an old day", func(i int) store.CustomerFilter {
			at := from.Add(time.Duration(i*c.size/listsAsked) * time.Second)
			return store.CustomerFilter{From: at, To: at.Add(time.Hour)}
		}},
		{"four filters", fixed(store.CustomerFilter{
			Course: course(12), Product: c.often, Source: strconv.FormatInt(c.source, 10), Words: "mail3",
		})},
		{"search for a person", func(i int) store.CustomerFilter {
			return store.CustomerFilter{Words: fmt.Sprintf("p%d@mail", 1+i*131%c.size)}
		}},
		{"search for a name", func(i int) store.CustomerFilter { return store.CustomerFilter{Words: fmt.Sprintf("ann lee%d", i*7)} }},
		{"search for what most have", fixed(store.CustomerFilter{Words: "mail"})},
		{"search for a letter", func(i int) store.CustomerFilter { return store.CustomerFilter{Words: string(rune('a' + i%26))} }},
		{"search for nobody", fixed(store.CustomerFilter{Words: "an zzz"})},
	}
}

// ask asks for a list as the page does, the rows and how many there are.
func (c *crowd) ask(ctx context.Context, filter func(int) store.CustomerFilter) (measured, error) {
	var out measured
	for i := -3; i < listsAsked; i++ { // the first ones warm up
		f := filter(max(i, 0))
		f.Limit, f.Count = 50, true
		begin := time.Now()
		if _, err := c.db.CustomerPage(ctx, c.account, store.AllProducts(), f); err != nil {
			return out, err
		}
		if i >= 0 {
			out.latencies = append(out.latencies, time.Since(begin))
		}
	}
	slices.Sort(out.latencies)
	return out, nil
}
