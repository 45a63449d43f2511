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
	NotReached   Bucket = "waits" // it was stopped before their turn
)

var bucketColumns = map[Bucket]string{
	Changed: "outcome", Unchanged: "outcome", NotPossible: "outcome", WentWrong: "outcome",
	TakenBack: "state", LeftAlone: "state", NotTakenBack: "state", NotReached: "state",
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

// done keeps those out of a bucket of outcomes whose turn did not come, for whom the
// outcome is foreseen only. Turns come in the order of ids, so that all from the
// first one who waits on do.
const done = ` AND customer_id < COALESCE((SELECT MIN(w.customer_id) FROM enrolld_bulk_targets w WHERE w.bulk_id = ? AND w.state = 'waits'), ~0)`

// Targets lists who is in the set of an account's bulk action, by their ids; after
// is the last one of the page before. A bucket has whom something is foreseen for
// until the action is started, and then with whom it was done.
func (x *Bulks) Targets(ctx context.Context, accountID, id int64, in Bucket, after int64, limit int) ([]Target, error) {
	b, err := x.Get(ctx, accountID, id)
	if err != nil {
		return nil, err
	}
	index, where, args := "PRIMARY", "", []any{id, after}
	if column := bucketColumns[in]; column != "" {
		index, where, args = column, " AND "+column+" = ?", append(args, string(in))
		if column == "outcome" && b.StartedAt != nil {
			where, args = where+done, append(args, id)
		}
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
	}, `SELECT customer_id, outcome, state, why FROM enrolld_bulk_targets FORCE INDEX (`+index+`)
		WHERE bulk_id = ? AND customer_id > ?`+where+`
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
