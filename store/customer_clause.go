package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"enrolld"
)

// clause is one condition of a list of customers, in up to three forms.
type clause struct {
	// probe is the exact condition on a customer c; "": none.
	probe string
	args  []any
	// from lists candidates with their ids in id, in an order of an index that ends
	// with the customer's id, so that it can be read from any id on down:
	// "FROM t WHERE x = ?". "" where nothing lists them so. Of several, a candidate
	// is in any.
	id       string
	from     []string
	fromArgs [][]any
	certain  bool // candidates are in for certain
	plain    bool // and each comes once
	// list is every candidate, the highest id first; nil where they were not read.
	list []int64
	// begins is what the probe looks for, where that is a word; otherwise nil.
	begins *beginning
}

// maxUnion bounds how many lists are merged: products of a scope.
const maxUnion = 50

// clauses makes the conditions of a filter within a scope.
func (db *DB) clauses(ctx context.Context, accountID int64, scope ProductScope, f CustomerFilter) ([]clause, error) {
	var out []clause
	reach, err := db.reach(ctx, accountID, scope)
	if err != nil {
		return nil, err
	}
	shelf := shelfOf(accountID, f.Standing == StandingRemoved)
	if !scope.all {
		out = append(out, boughtInScope(shelf, scope, reach))
	}
	if f.IDs != nil {
		c, err := db.among(ctx, accountID, f.IDs)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	typed := typedWords(f.Words)
	if strings.TrimSpace(f.Words) != "" && len(typed) == 0 {
		out = append(out, clause{list: []int64{}}) // nothing but signs: nobody is called so
	}
	words, err := db.typed(ctx, shelf, typed)
	if err != nil {
		return nil, err
	}
	out = append(out, words...)
	switch f.Standing {
	case StandingRemoved:
		out = append(out, isWord(shelf, goneTerm))
	case StandingBlocked:
		out = append(out, isWord(shelf, blockedTerm))
	}
	if f.NoAccess {
		out = append(out, noAccess(accountID, scope, reach))
	}
	if f.Course.ID != 0 {
		out = append(out, hasCourse(accountID, f.Course, reach))
	}
	if f.Product != 0 {
		p, err := db.Product(ctx, accountID, f.Product, scope)
		if err != nil {
			return nil, err
		}
		out = append(out, bought(shelf, p))
	}
	if f.Source != "" {
		out = append(out, cameFrom(shelf, f.Source, scope))
	}
	if f.Import != 0 {
		out = append(out, cameByImport(accountID, f.Import, scope))
	}
	if !f.From.IsZero() || !f.To.IsZero() {
		out = append(out, joinedIn(f.From, f.To))
	}
	return out, nil
}

// isWord: this is a word of the customer.
func isWord(shelf int64, w string) clause {
	c := termClause(shelf, `EXISTS (SELECT 1 FROM enrolld_customer_words WHERE account_id = ? AND word = ? AND customer_id = c.id)`,
		[]any{shelf, []byte(w)}, w)
	c.certain, c.plain = true, true
	return c
}

func termClause(shelf int64, probe string, args []any, words ...string) clause {
	c := clause{probe: probe, args: args, id: "customer_id"}
	for _, w := range words {
		c.from = append(c.from, `FROM enrolld_customer_words WHERE account_id = ? AND word = ?`)
		c.fromArgs = append(c.fromArgs, []any{shelf, []byte(w)})
	}
	return c
}

// falling is a sorted list without repetitions, never nil.
func falling(list []int64) []int64 {
	slices.Sort(list)
	list = slices.Compact(list)
	slices.Reverse(list)
	if list == nil {
		return []int64{}
	}
	return list
}

// reach is what somebody's products are, and the courses that they give.
type reach struct {
	all      bool
	products []ProductID
	courses  []enrolld.CourseRef
}

func (r reach) covers(c enrolld.CourseRef) bool { return r.all || slices.Contains(r.courses, c) }

func (db *DB) reach(ctx context.Context, accountID int64, scope ProductScope) (reach, error) {
	if scope.all {
		return reach{all: true}, nil
	}
	in, args := scope.Where("id")
	list, err := Collect(ctx, db.sql, scanProduct, `SELECT `+productColumns+` FROM enrolld_products
		WHERE account_id = ? AND `+in+` ORDER BY id LIMIT 1000`, append([]any{accountID}, args...)...)
	if err != nil {
		return reach{}, Classify(fmt.Errorf("read the products of a scope: %w", err))
	}
	var r reach
	for _, p := range list {
		r.products = append(r.products, ProductID{p.Platform, p.Key})
		for _, c := range p.Rule.Courses {
			if !slices.Contains(r.courses, c) {
				r.courses = append(r.courses, c)
			}
		}
	}
	return r, nil
}

// CoursesInScope lists the courses that the products of a scope give; all says
// that the scope has no limits.
func (db *DB) CoursesInScope(ctx context.Context, accountID int64, scope ProductScope) (courses []enrolld.CourseRef, all bool, err error) {
	r, err := db.reach(ctx, accountID, scope)
	return r.courses, r.all, err
}

// lineInScope is the condition that an order's line l is of a product of a scope.
func lineInScope(scope ProductScope) (string, []any) {
	in, args := scope.Where("p.id")
	if scope.all {
		return "TRUE", nil
	}
	return `EXISTS (SELECT 1 FROM enrolld_products p WHERE p.account_id = l.account_id AND p.platform = l.platform
		AND p.product_key IN (l.product_key, CONCAT(l.product_key, '/', l.variant_key)) AND ` + in + `)`, args
}

func boughtInScope(shelf int64, scope ProductScope, r reach) clause {
	line, args := lineInScope(scope)
	var terms []string
	for _, p := range r.products {
		terms = append(terms, productTerm(p.Platform, p.Key))
	}
	c := termClause(shelf, `EXISTS (SELECT 1 FROM enrolld_orders o JOIN enrolld_order_lines l ON l.order_id = o.id
		WHERE o.customer_id = c.id AND `+line+`)`, args, terms...)
	switch {
	case len(terms) == 0:
		c.list = []int64{}
	case len(terms) > maxUnion:
		c.from = nil
	}
	return c
}

func bought(shelf int64, p enrolld.Product) clause {
	line, args := linesOf(p)
	return termClause(shelf, `EXISTS (SELECT 1 FROM enrolld_orders o JOIN enrolld_order_lines l ON l.order_id = o.id
		WHERE o.customer_id = c.id AND `+line+`)`, args, productTerm(p.Platform, p.Key))
}

func cameFrom(shelf int64, source string, scope ProductScope) clause {
	if source == SourcePerson || source == SourceImport {
		return isWord(shelf, sourceTerm(source))
	}
	line, args := lineInScope(scope)
	probe := `EXISTS (SELECT 1 FROM enrolld_orders o WHERE o.customer_id = c.id AND o.integration_id = ?)`
	if !scope.all {
		probe = `EXISTS (SELECT 1 FROM enrolld_orders o JOIN enrolld_order_lines l ON l.order_id = o.id
			WHERE o.customer_id = c.id AND o.integration_id = ? AND ` + line + `)`
	}
	return termClause(shelf, probe, append([]any{source}, args...), sourceTerm(source))
}

// cameByImport: an import gave the customer something. The ledger keeps what was
// given, undone or not, in an index by its cause, so that it needs no word. An import
// is of no product: who was given some products only finds nobody by it.
func cameByImport(accountID, id int64, scope ProductScope) clause {
	if !scope.all {
		return clause{list: []int64{}}
	}
	return clause{
		probe: `EXISTS (SELECT 1 FROM enrolld_grants g WHERE g.customer_id = c.id AND g.account_id = ? AND g.cause_kind = 'import' AND g.cause_id = ?)`,
		args:  []any{accountID, id}, id: "customer_id",
		from:     []string{`FROM enrolld_grants FORCE INDEX (cause) WHERE account_id = ? AND cause_kind = 'import' AND cause_id = ?`},
		fromArgs: [][]any{{accountID, id}},
	}
}

func hasCourse(accountID int64, course enrolld.CourseRef, r reach) clause {
	if !r.covers(course) {
		return clause{list: []int64{}}
	}
	return clause{
		probe: `EXISTS (SELECT 1 FROM enrolld_grants g WHERE g.customer_id = c.id AND g.lms = ? AND g.course_id = ? AND g.state = 'live')`,
		args:  []any{course.LMS, course.ID}, id: "customer_id", certain: true,
		from: []string{`FROM enrolld_grants FORCE INDEX (course)
			WHERE account_id = ? AND lms = ? AND course_id = ? AND state = 'live'`},
		fromArgs: [][]any{{accountID, course.LMS, course.ID}},
	}
}

// noAccess: no course is open to the customer, of those that the scope knows.
func noAccess(accountID int64, scope ProductScope, r reach) clause {
	if scope.all {
		return clause{
			probe: "c.courses = 0", id: "id", certain: true, plain: true,
			from:     []string{`FROM enrolld_customers FORCE INDEX (courses) WHERE account_id = ? AND part_of = 0 AND courses = 0 AND gone = FALSE`},
			fromArgs: [][]any{{accountID}},
		}
	}
	if len(r.courses) == 0 {
		return clause{}
	}
	in, args := coursesIn(r.courses)
	return clause{probe: `NOT EXISTS (SELECT 1 FROM enrolld_grants g WHERE g.customer_id = c.id AND g.state = 'live' AND ` + in + `)`, args: args}
}

func coursesIn(courses []enrolld.CourseRef) (string, []any) {
	var conditions []string
	var args []any
	for _, c := range courses {
		conditions, args = append(conditions, "g.lms = ? AND g.course_id = ?"), append(args, c.LMS, c.ID)
	}
	return "(" + strings.Join(conditions, " OR ") + ")", args
}

func joinedIn(from, to time.Time) clause {
	if to.IsZero() {
		return clause{probe: "c.created_at >= ?", args: []any{from}}
	}
	return clause{probe: "c.created_at >= ? AND c.created_at < ?", args: []any{from, to}}
}

// everybody lists an account's customers, but those who are gone.
func everybody(accountID int64) clause {
	return clause{
		id:       "id",
		from:     []string{`FROM enrolld_customers FORCE INDEX (newest) WHERE account_id = ? AND part_of = 0 AND gone = FALSE`},
		fromArgs: [][]any{{accountID}},
	}
}

// read reads up to n candidates below an id, the highest first. Fewer than n: there
// are no more.
func (c clause) read(ctx context.Context, conn queryer, below int64, n int) ([]int64, error) {
	if c.list != nil {
		at, _ := slices.BinarySearchFunc(c.list, below-1, func(id, want int64) int { return int(want - id) })
		return c.list[at:min(at+n, len(c.list))], nil
	}
	query, args := c.below(below, n)
	list, err := Collect(ctx, conn, scanID, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list customers: %w", err)
	}
	return list, nil
}

// below is the query of up to n candidates below an id, which are not in a list.
func (c clause) below(below int64, n int) (query string, args []any) {
	var parts []string
	for i, from := range c.from {
		parts = append(parts, `SELECT `+c.id+` AS id `+from+` AND `+c.id+` < ? ORDER BY `+c.id+` DESC LIMIT ?`)
		args = append(append(args, c.fromArgs[i]...), below, n)
	}
	if len(parts) == 1 {
		return parts[0], args
	}
	return `SELECT id FROM ((` + strings.Join(parts, ") UNION ALL (") + `)) u ORDER BY id DESC LIMIT ?`, append(args, n)
}

// size is how many candidates there are, as far as most.
func (c clause) size(ctx context.Context, conn *sql.DB, most int) (int, error) {
	if c.list != nil {
		return len(c.list), nil
	}
	sum := 0
	for i, from := range c.from {
		var n int
		err := conn.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 `+from+` LIMIT ?) n`, append(slices.Clone(c.fromArgs[i]), most)...).Scan(&n)
		if err != nil {
			return 0, fmt.Errorf("count candidates: %w", err)
		}
		sum += n
	}
	return min(sum, most), nil
}
