package bulk

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"enrolld"
	"enrolld/store"
)

// stayed locks the customers of a set and returns whom each of them is now: somebody
// who was merged is who stayed.
func stayed(ctx context.Context, tx *store.Tx, accountID int64, ids []int64) (map[int64]int64, error) {
	before, err := whoseAre(ctx, tx, accountID, ids)
	if err != nil {
		return nil, err
	}
	here := slices.Compact(slices.Sorted(maps.Values(before)))
	if _, err := tx.LockCustomersByID(ctx, accountID, here); err != nil {
		return nil, err
	}
	// Who was read to be merged was not locked, and nor was into whom until now.
	after, err := whoseAre(ctx, tx, accountID, ids)
	if err == nil && !maps.Equal(before, after) {
		err = fmt.Errorf("somebody of a set was merged just now: %w", store.ErrAgain)
	}
	return after, err
}

func whoseAre(ctx context.Context, tx *store.Tx, accountID int64, ids []int64) (map[int64]int64, error) {
	out := make(map[int64]int64, len(ids))
	for _, id := range ids {
		out[id] = id
	}
	for part := range slices.Chunk(ids, DefaultBatch) {
		in, args := store.In(part, accountID)
		_, err := store.Collect(ctx, tx, func(rows *sql.Rows, _ *struct{}) error {
			var id, of int64
			err := rows.Scan(&id, &of)
			out[id] = of
			return err
		}, `SELECT id, part_of FROM enrolld_customers WHERE account_id = ? AND part_of <> 0 AND id IN `+in, args...)
		if err != nil {
			return nil, fmt.Errorf("read who was merged: %w", err)
		}
	}
	return out, nil
}

// groundOf finds in a ledger what an action left; -1 when it is not there. A merge may
// have set it apart from the other's, and then it is the one that stands as it was left.
func groundOf(e ground, ledger []enrolld.Grant) int {
	found := -1
	for i, g := range ledger {
		cause := g.Cause
		cause.Line = store.LineBefore(cause.Line)
		was := e.Cause
		was.Line = store.LineBefore(was.Line)
		switch {
		case g.Course != e.Course || cause != was:
		case e.stands(g):
			return i
		case found < 0 || g.Cause == e.Cause:
			found = i
		}
	}
	return found
}

// stands says whether a ground is as the action left it.
func (e ground) stands(g enrolld.Grant) bool {
	if e.Taken != nil {
		return g.Same(enrolld.Grant{State: enrolld.GrantEnded, Reason: enrolld.ReasonRevoked, From: g.From, Until: e.Taken})
	}
	return g.State != enrolld.GrantEnded && g.Same(enrolld.Grant{State: g.State, Reason: g.Reason, From: e.From, Until: e.Until})
}
