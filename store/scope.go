package store

import (
	"database/sql"
	"time"

	"enrolld"
)

// ProductScope narrows a query to the products that somebody may work with. Every
// query that a person asks for takes one; the zero value reaches no product. What
// a member was given by choice is read by the query itself, so that a change acts
// at once.
type ProductScope struct {
	all    bool
	member int64
}

// AllProducts is the scope of programs: workers and the command line.
func AllProducts() ProductScope { return ProductScope{all: true} }

// ScopeOf is a member's scope.
func ScopeOf(m enrolld.Member) ProductScope {
	return ProductScope{all: m.Scope.AllProducts, member: m.ID}
}

// Where is the condition for a column that holds a product's id, and its arguments.
func (s ProductScope) Where(column string) (condition string, args []any) {
	if s.all {
		return "TRUE", nil
	}
	return column + " IN (SELECT product_id FROM enrolld_member_products WHERE member_id = ?)", []any{s.member}
}

func scanTime(rows *sql.Rows, t *time.Time) error { return rows.Scan(t) }
