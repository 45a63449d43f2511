package wordpress

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// Locales reads which language users chose for themselves, such as "de_DE". Who
// chose none, and has the site's, is not among them.
func Locales(ctx context.Context, conn Conn, site Site, ids []int64) (map[int64]string, error) {
	if err := site.Validate(); err != nil {
		return nil, err
	}
	type row struct {
		user   int64
		locale string
	}
	out := make(map[int64]string)
	for chunk := range slices.Chunk(ids, maxRows) {
		rows, err := collect(ctx, conn, func(rows *sql.Rows) (row, error) {
			var r row
			err := rows.Scan(&r.user, &r.locale)
			return r, err
		}, `SELECT user_id, COALESCE(meta_value, '') FROM `+site.userMeta()+` WHERE meta_key = 'locale' AND user_id IN (`+
			repeat("?", len(chunk))+`) ORDER BY umeta_id`, anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("read the languages of WordPress users: %w", err)
		}
		for _, r := range rows {
			if _, twice := out[r.user]; !twice && r.locale != "" {
				out[r.user] = r.locale // WordPress, too, takes the first
			}
		}
	}
	return out, nil
}
