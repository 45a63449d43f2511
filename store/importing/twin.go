package importing

import (
	"context"
	"fmt"

	"enrolld/store"
)

// Twin is the latest import that stands of a file with exactly the same bytes: one
// that has begun, gave something to somebody and is not undone. Which columns and
// courses were decided on does not matter. It returns false when there is none.
func (x *Imports) Twin(ctx context.Context, accountID, id int64) (Import, bool, error) {
	const few = 20 // that may have come to nothing
	list, err := store.Collect(ctx, x.db.Conn(), scanImport, `SELECT `+importColumns+` WHERE account_id = ? AND id <> ? AND digest <> ''
		AND digest = (SELECT m.digest FROM enrolld_imports m WHERE m.id = ? AND m.account_id = ?)
		AND state IN ('running', 'paused', 'done', 'cancelled') ORDER BY id DESC LIMIT ?`, accountID, id, id, accountID, few)
	if err != nil {
		return Import{}, false, store.Classify(fmt.Errorf("look for the same list: %w", err))
	}
	for _, i := range list {
		if i.EndedAt == nil || i.Counts.People() > 0 {
			return i, true, nil
		}
	}
	return Import{}, false, nil
}
