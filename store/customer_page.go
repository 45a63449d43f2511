package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"enrolld"
)

// CustomerOrder is the order of a list.
type CustomerOrder string

// The orders of the list of customers.
const (
	CustomersNewest  CustomerOrder = ""
	CustomersByName  CustomerOrder = "name"
	CustomersByEmail CustomerOrder = "email"
)

// Standing picks customers by what the team decided about them.
type Standing string

// The standings of a list.
const (
	StandingAny     Standing = "" // all but those who are gone
	StandingBlocked Standing = "blocked"
	StandingRemoved Standing = "removed" // and not come back since
)

// CustomerFilter picks customers of an account. Empty fields pick all; those that
// are set must all be met.
type CustomerFilter struct {
	// Words are what somebody typed: each is the beginning of a word of the name, or
	// of the address from one of its separators on.
	Words    string
	NoAccess bool // no course is open
	Standing Standing
	Course   enrolld.CourseRef // is open
	Product  int64             // has an order line of it
	Source   string            // an integration's id, SourcePerson or SourceImport
	Import   int64             // gave something, whatever became of it
	From, To time.Time         // when they joined; To is not in any more
	IDs      []int64           // these alone; nil: whoever
	Order    CustomerOrder
	// After is the customer that the page begins behind; 0, or one that is gone: the
	// list's beginning.
	After int64
	Limit int // customers of a page
	// Count asks how many are in the list, on its first page.
	Count bool
}

// CustomerPage is a part of a list.
type CustomerPage struct {
	Rows []CustomerRow
	// Next is the After of the next page; 0: there is none.
	Next int64
	// Total is how many are in the list, if Exact; otherwise there are more. It is 0
	// where nobody counted.
	Total int
	Exact bool
	// Unsorted says that too many are in the list for the order that was asked for,
	// which only everybody, or a few, can be in.
	Unsorted bool
}

// CustomerRow is a customer in a list, as far as the scope reaches.
type CustomerRow struct {
	enrolld.Customer
	LastOrder *time.Time // when the last order came in; nil: there is none
	Courses   int        // that are open
	Sources   []string   // as in CustomerFilter
}

// maxSorted is how many customers are sorted by name or address at most, when not
// everybody is.
const maxSorted = 900 // below the length from which MariaDB makes a table of a list

// CustomerPage lists an account's customers within a scope, for members who may
// browse. A page may have fewer than Limit though Next is set: the work of one is
// bounded. Errors: NotFound when the filter names a product that is not there.
func (db *DB) CustomerPage(ctx context.Context, accountID int64, scope ProductScope, f CustomerFilter) (CustomerPage, error) {
	var p CustomerPage
	// Finer than the column, a moment is compared with each row and not by the index.
	f.From, f.To = f.From.Truncate(time.Microsecond), f.To.Truncate(time.Microsecond)
	clauses, err := db.clauses(ctx, accountID, scope, f)
	if err != nil {
		return p, err
	}
	m, err := db.newMatch(ctx, accountID, clauses)
	if err != nil {
		return p, err
	}
	if err := m.within(ctx, accountID, f.From, f.To); err != nil {
		return p, err
	}
	part, err := db.customerIDs(ctx, accountID, m, f, &p.Unsorted)
	if err != nil {
		return p, err
	}
	if f.Count && f.After == 0 {
		if p.Total, p.Exact, err = db.countCustomers(ctx, m, part); err != nil {
			return p, err
		}
	}
	p.Next = part.low
	p.Rows, err = db.customerRows(ctx, accountID, scope, part.ids)
	return p, err
}

// customerIDs finds who is on a page.
func (db *DB) customerIDs(ctx context.Context, accountID int64, m *match, f CustomerFilter, unsorted *bool) (found, error) {
	switch {
	case f.Order == CustomersNewest:
	case m.everybody:
		index := "FORCE INDEX (email)"
		if f.Order == CustomersByName {
			index = "FORCE INDEX (names)"
		}
		return db.sorted(ctx, accountID, f, index, " AND gone = FALSE", nil)
	default:
		few, err := m.find(ctx, 0, maxSorted, maxLook)
		if err != nil {
			return found{}, err
		}
		if few.low == 0 {
			part, err := db.sortFew(ctx, accountID, f, few.ids)
			part.total = len(few.ids)
			return part, err
		}
		*unsorted = true
	}
	return m.find(ctx, f.After, f.Limit, maxLook)
}

// countCustomers counts a list whose first page is known: by the index alone where
// that tells, otherwise as far as a look at some more candidates goes.
func (db *DB) countCustomers(ctx context.Context, m *match, first found) (n int, exact bool, err error) {
	const most, questions = 10_000, 600
	switch {
	case first.low == 0:
		return len(first.ids), true, nil
	case first.total > 0:
		return first.total, true, nil
	case m.drive.list != nil && m.probe == "":
		return len(m.drive.list), true, nil
	case m.plain:
		n, err := m.drive.size(ctx, db.sql, most+1)
		return min(n, most), n <= most, Classify(err)
	}
	more := questions / max(m.asked, 1)
	rest, err := m.find(ctx, first.low, more, more)
	n = len(first.ids) + len(rest.ids)
	if rest.low != 0 && n >= 100 {
		n -= n % 100 // there are more anyway
	}
	return n, rest.low == 0, err
}

func (db *DB) sortFew(ctx context.Context, accountID int64, f CustomerFilter, ids []int64) (found, error) {
	if len(ids) == 0 {
		return found{}, nil
	}
	in, args := In(ids)
	return db.sorted(ctx, accountID, f, "", " AND id IN "+in, args)
}

// sorted is a page of the list by name or address, of everybody or of some.
func (db *DB) sorted(
	ctx context.Context, accountID int64, f CustomerFilter, index, among string, amongArgs []any,
) (found, error) {
	where, args := "account_id = ? AND part_of = 0"+among, append([]any{accountID}, amongArgs...)
	order := "email_key" // which is unique
	if f.Order == CustomersByName {
		order = "last_name, first_name, id"
	}
	if f.After != 0 {
		more, moreArgs, err := db.behind(ctx, accountID, f)
		if err != nil {
			return found{}, err
		}
		where, args = where+more, append(args, moreArgs...)
	}
	list, err := Collect(ctx, db.sql, scanID, `SELECT id FROM enrolld_customers `+index+` WHERE `+where+` ORDER BY `+order+` LIMIT ?`,
		append(args, f.Limit+1)...)
	if err != nil {
		return found{}, Classify(fmt.Errorf("sort customers: %w", err))
	}
	out := found{ids: list}
	if len(list) > f.Limit {
		out.ids = list[:f.Limit]
		out.low = out.ids[f.Limit-1]
	}
	return out, nil
}

// behind is the condition of those who come after a customer in the order. It is
// written out for MySQL, which finds no range in a comparison of rows.
func (db *DB) behind(ctx context.Context, accountID int64, f CustomerFilter) (string, []any, error) {
	c, err := db.Customer(ctx, accountID, f.After, AllProducts())
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return "", nil, nil
	}
	if f.Order == CustomersByName {
		return " AND (last_name > ? OR last_name = ? AND (first_name > ? OR first_name = ? AND id > ?))",
			[]any{c.Last, c.Last, c.First, c.First, c.ID}, err
	}
	return " AND email_key > ?", []any{string(c.Key)}, err
}

// Customer reads one customer; NotFound when it is another account's, or has no
// order of a product in scope.
func (db *DB) Customer(ctx context.Context, accountID, id int64, scope ProductScope) (enrolld.Customer, error) {
	const missing = "there is no such customer"
	list, err := Collect(ctx, db.sql, scanCustomer, `SELECT `+customerColumns+` FROM enrolld_customers
		WHERE account_id = ? AND id = ? AND part_of = 0`, accountID, id)
	c, err := One(list, err, missing)
	if err != nil || scope.all {
		return c, err
	}
	line, args := lineInScope(scope)
	orders, err := Collect(ctx, db.sql, scanID, `SELECT o.id FROM enrolld_orders o JOIN enrolld_order_lines l ON l.order_id = o.id
		WHERE o.customer_id = ? AND `+line+` LIMIT 1`, append([]any{id}, args...)...)
	if err == nil && len(orders) == 0 {
		return enrolld.Customer{}, enrolld.Errorf(enrolld.NotFound, missing)
	}
	return c, Classify(err)
}

// HoldCustomer reads an account's customer, who stays as they are until the
// transaction ends. Errors: NotFound.
func (tx *Tx) HoldCustomer(ctx context.Context, accountID, id int64) (enrolld.Customer, error) {
	list, err := Collect(ctx, tx, scanCustomer, `SELECT `+customerColumns+` FROM enrolld_customers
		WHERE account_id = ? AND id = ? AND part_of = 0 LOCK IN SHARE MODE`, accountID, id)
	return One(list, err, "there is no such customer")
}

// FindCustomers finds customers for members who may search and not browse: by a
// whole address, or by whole words of the name, all of them. It returns at most n,
// and nothing else tells how many there are.
func (db *DB) FindCustomers(ctx context.Context, accountID int64, scope ProductScope, typed string, n int) ([]CustomerRow, error) {
	clauses, err := db.clauses(ctx, accountID, scope, CustomerFilter{})
	if err != nil {
		return nil, err
	}
	whole, err := db.exactly(ctx, accountID, typed)
	if err != nil {
		return nil, err
	}
	m, err := db.newMatch(ctx, accountID, append(clauses, whole...))
	if err != nil {
		return nil, err
	}
	part, err := m.find(ctx, 0, n, maxLook)
	if err != nil {
		return nil, err
	}
	return db.customerRows(ctx, accountID, scope, part.ids)
}

// exactly: the customer has this address, or each of these words in the name. Ends
// of addresses are no words of a name: those have no separators.
func (db *DB) exactly(ctx context.Context, accountID int64, typed string) ([]clause, error) {
	if _, key, err := enrolld.ParseEmail(typed); err == nil {
		list, err := Collect(ctx, db.sql, scanID, `SELECT `+whose+` FROM enrolld_customers WHERE account_id = ? AND email_key = ?`,
			accountID, string(key))
		return []clause{{list: falling(list)}}, Classify(err)
	}
	var out []clause
	for _, starts := range typedWords(typed) {
		if !strings.Contains(typed, "@") { // otherwise it is an address, and not a whole one
			out = append(out, isWord(accountID, starts[len(starts)-1]))
		}
	}
	if len(out) == 0 {
		out = append(out, clause{list: []int64{}})
	}
	return out, nil
}

// ExportCustomers calls row for everybody in a list, the newest first.
func (db *DB) ExportCustomers(
	ctx context.Context, accountID int64, scope ProductScope, f CustomerFilter, row func(CustomerRow) error,
) error {
	f.Order, f.After, f.Limit = CustomersNewest, 0, maxRows
	for {
		p, err := db.CustomerPage(ctx, accountID, scope, f)
		if err != nil {
			return err
		}
		for _, r := range p.Rows {
			if err := row(r); err != nil {
				return err
			}
		}
		if p.Next == 0 {
			return nil
		}
		f.After = p.Next
	}
}
