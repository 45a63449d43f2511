package bulk

import (
	"context"
	"database/sql"
	"fmt"

	"enrolld"
	"enrolld/store"
)

// Bucket is a part of a set.
type Bucket string

// The buckets: by outcome, and by what an undoing did.
const (
	All          Bucket = ""
	Changed      Bucket = "change"
	Unchanged    Bucket = "same"
	NotPossible  Bucket = "refused"
	WentWrong    Bucket = "failed"
	TakenBack    Bucket = "undone"
	LeftAlone    Bucket = "kept"
	NotTakenBack Bucket = "stuck"
)

var bucketColumns = map[Bucket]string{
	Changed: "outcome", Unchanged: "outcome", NotPossible: "outcome", WentWrong: "outcome",
	TakenBack: "state", LeftAlone: "state", NotTakenBack: "state",
}

// Target is a customer of a set and what becomes, or became, of them.
type Target struct {
	CustomerID int64
	Customer   enrolld.Customer // empty when they are no customer any more
	Outcome    Outcome
	Waits      bool   // nothing is done yet
	Undone     Bucket // TakenBack, LeftAlone, NotTakenBack, or All: nothing was tried
	Why        string
}

// Targets lists who is in the set of an account's bulk action, by their ids; after
// is the last one of the page before.
func (x *Bulks) Targets(ctx context.Context, accountID, id int64, in Bucket, after int64, limit int) ([]Target, error) {
	if _, err := x.Get(ctx, accountID, id); err != nil {
		return nil, err
	}
	where, args := "", []any{id, after}
	if column := bucketColumns[in]; column != "" {
		where, args = " AND "+column+" = ?", append(args, string(in))
	}
	list, err := store.Collect(ctx, x.db.Conn(), func(rows *sql.Rows, t *Target) error {
		var state string
		err := rows.Scan(&t.CustomerID, &t.Outcome, &state, &t.Why)
		switch state {
		case "waits":
			t.Waits = true
		case "done":
		default:
			t.Undone = Bucket(state)
		}
		return err
	}, `SELECT customer_id, outcome, state, why FROM enrolld_bulk_targets WHERE bulk_id = ? AND customer_id > ?`+where+`
		ORDER BY customer_id LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, store.Classify(fmt.Errorf("read the set of a bulk action: %w", err))
	}
	ids := make([]int64, len(list))
	for i, t := range list {
		ids[i] = t.CustomerID
	}
	people, err := x.db.CustomersByID(ctx, accountID, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]enrolld.Customer, len(people))
	for _, c := range people {
		byID[c.ID] = c
	}
	for i := range list {
		list[i].Customer = byID[list[i].CustomerID]
	}
	return list, nil
}
