package store

import (
	"context"
	"fmt"
	"slices"

	"enrolld"
)

// CustomerIDs lists who is in a list, the newest first, without reading more of
// them: up to Limit behind After. next is the After of what follows; 0: it is over.
// It may be less than Limit though there is more, as in CustomerPage.
func (db *DB) CustomerIDs(
	ctx context.Context, accountID int64, scope ProductScope, f CustomerFilter,
) (ids []int64, next int64, err error) {
	clauses, err := db.clauses(ctx, accountID, scope, f)
	if err != nil {
		return nil, 0, err
	}
	m, err := db.newMatch(ctx, accountID, clauses)
	if err != nil {
		return nil, 0, err
	}
	if err := m.within(ctx, accountID, f.From, f.To); err != nil {
		return nil, 0, err
	}
	part, err := m.find(ctx, f.After, f.Limit, maxLook)
	return part.ids, part.low, err
}

// among: the customer is one of these. Those of other accounts are none.
func (db *DB) among(ctx context.Context, accountID int64, ids []int64) (clause, error) {
	var list []int64
	for part := range slices.Chunk(ids, maxRows) {
		in, args := In(part, accountID)
		found, err := Collect(ctx, db.sql, scanID, `SELECT id FROM enrolld_customers WHERE account_id = ? AND part_of = 0 AND id IN `+in, args...)
		if err != nil {
			return clause{}, Classify(fmt.Errorf("look for chosen customers: %w", err))
		}
		list = append(list, found...)
	}
	return clause{list: falling(list)}, nil
}

// CustomersByID reads customers of an account, in the order of their ids; who is
// not there is left out.
func (db *DB) CustomersByID(ctx context.Context, accountID int64, ids []int64) ([]enrolld.Customer, error) {
	list, err := customersByID(ctx, db.sql, accountID, ids)
	return list, Classify(err)
}

// CustomersByID reads customers of an account and locks nobody.
func (tx *Tx) CustomersByID(ctx context.Context, accountID int64, ids []int64) ([]enrolld.Customer, error) {
	return customersByID(ctx, tx, accountID, ids)
}

func customersByID(ctx context.Context, conn queryer, accountID int64, ids []int64) ([]enrolld.Customer, error) {
	ids = slices.Sorted(slices.Values(ids))
	var out []enrolld.Customer
	for part := range slices.Chunk(ids, maxRows) {
		in, args := In(part, accountID)
		found, err := Collect(ctx, conn, scanCustomer, `SELECT `+customerColumns+` FROM enrolld_customers
			WHERE account_id = ? AND part_of = 0 AND id IN `+in+` ORDER BY id`, args...)
		if err != nil {
			return nil, fmt.Errorf("read customers: %w", err)
		}
		out = append(out, found...)
	}
	return out, nil
}
