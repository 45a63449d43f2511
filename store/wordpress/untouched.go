package wordpress

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// Untouched says of which users the password is still the unusable one that we
// made them with, so that nobody has ever logged in as them. Ids are those of users
// whom we made; of others it says nothing of worth.
func Untouched(ctx context.Context, conn Conn, site Site, ids []int64) (map[int64]bool, error) {
	if err := site.Validate(); err != nil {
		return nil, err
	}
	type row struct {
		id   int64
		hash string
	}
	out := make(map[int64]bool, len(ids))
	for chunk := range slices.Chunk(ids, maxRows) {
		found, err := collect(ctx, conn, func(rows *sql.Rows) (r row, err error) {
			err = rows.Scan(&r.id, &r.hash)
			return r, err
		}, `SELECT ID, user_pass FROM `+site.users()+` WHERE ID IN (`+repeat("?", len(chunk))+`)`, anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("read who never set a password: %w", err)
		}
		for _, r := range found {
			if neverSet(r.hash) {
				out[r.id] = true
			}
		}
	}
	return out, nil
}
