package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"enrolld"
)

// customerRows reads customers by id, in the order of the ids.
func (db *DB) customerRows(ctx context.Context, accountID int64, scope ProductScope, ids []int64) ([]CustomerRow, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in, args := In(ids, accountID)
	list, err := Collect(ctx, db.sql, func(rows *sql.Rows, r *CustomerRow) error { return scanCustomer(rows, &r.Customer) },
		`SELECT `+customerColumns+` FROM enrolld_customers WHERE account_id = ? AND part_of = 0 AND id IN `+in, args...)
	if err != nil {
		return nil, Classify(fmt.Errorf("read customers: %w", err))
	}
	place := make(map[int64]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	slices.SortFunc(list, func(a, b CustomerRow) int { return place[a.ID] - place[b.ID] })
	at := make(map[int64]*CustomerRow, len(list))
	for i := range list {
		at[list[i].ID] = &list[i]
	}
	if err := db.addOrders(ctx, scope, at, args[1:]); err != nil {
		return nil, err
	}
	return list, db.addCourses(ctx, accountID, scope, at, args[1:])
}

// addOrders fills in the last order and the integrations.
func (db *DB) addOrders(ctx context.Context, scope ProductScope, at map[int64]*CustomerRow, ids []any) error {
	in, _ := In(ids)
	query, args := `SELECT o.customer_id, o.integration_id, MAX(o.created_at) FROM enrolld_orders o WHERE o.customer_id IN `+in, ids
	if !scope.all {
		line, more := lineInScope(scope)
		query += ` AND EXISTS (SELECT 1 FROM enrolld_order_lines l WHERE l.order_id = o.id AND ` + line + `)`
		args = slices.Concat(ids, more)
	}
	_, err := Collect(ctx, db.sql, func(rows *sql.Rows, _ *struct{}) error {
		var customer, integration int64
		var last time.Time
		if err := rows.Scan(&customer, &integration, &last); err != nil {
			return err
		}
		r := at[customer]
		r.Sources = append(r.Sources, integrationSource(integration))
		if r.LastOrder == nil || r.LastOrder.Before(last) {
			r.LastOrder = &last
		}
		return nil
	}, query+` GROUP BY o.customer_id, o.integration_id ORDER BY o.customer_id, o.integration_id`, args...)
	if err != nil {
		return Classify(fmt.Errorf("read the orders of customers: %w", err))
	}
	return nil
}

// addCourses fills in how many courses are open, and who was given access by hand.
func (db *DB) addCourses(ctx context.Context, accountID int64, scope ProductScope, at map[int64]*CustomerRow, ids []any) error {
	reach, err := db.reach(ctx, accountID, scope)
	if err != nil {
		return err
	}
	in, _ := In(ids)
	type seen struct {
		customer int64
		course   enrolld.CourseRef
	}
	open := map[seen]bool{}
	_, err = Collect(ctx, db.sql, func(rows *sql.Rows, _ *struct{}) error {
		var s seen
		var kind, state string
		if err := rows.Scan(&s.customer, &s.course.LMS, &s.course.ID, &kind, &state); err != nil {
			return err
		}
		if !reach.covers(s.course) {
			return nil
		}
		r := at[s.customer]
		if kind != string(enrolld.CauseOrder) && !slices.Contains(r.Sources, kind) {
			r.Sources = append(r.Sources, kind)
		}
		if state == string(enrolld.GrantLive) && !open[s] {
			open[s] = true
			r.Courses++
		}
		return nil
	}, `SELECT DISTINCT customer_id, lms, course_id, cause_kind, state FROM enrolld_grants WHERE customer_id IN `+in, ids...)
	if err != nil {
		return Classify(fmt.Errorf("read the courses of customers: %w", err))
	}
	return nil
}
