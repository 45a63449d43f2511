package wordpress

import (
	"context"
	"database/sql"
	"fmt"
	"html"
	"slices"
)

// roleAdministrator is the role that runs a blog.
const roleAdministrator = "administrator"

// Administrators lists the users with the administrator's role on the site's blog,
// by ID; at most 500.
func Administrators(ctx context.Context, conn Conn, site Site) ([]User, error) {
	if err := site.Validate(); err != nil {
		return nil, err
	}
	type row struct {
		User
		caps string
	}
	rows, err := collect(ctx, conn, func(rows *sql.Rows) (r row, err error) {
		err = rows.Scan(&r.ID, &r.Login, &r.Nicename, &r.Email, &r.DisplayName, &r.caps)
		return r, err
	}, `SELECT u.ID, u.user_login, u.user_nicename, u.user_email, u.display_name, m.meta_value
		FROM `+site.userMeta()+` m JOIN `+site.users()+` u ON u.ID = m.user_id
		WHERE m.meta_key = ? AND m.meta_value LIKE ? ORDER BY u.ID LIMIT ?`, site.capsKey(), "%"+roleAdministrator+"%", maxRows)
	if err != nil {
		return nil, fmt.Errorf("read the site's administrators: %w", err)
	}
	var out []User
	for _, r := range rows {
		caps, err := UnserializeArray(r.caps)
		if err != nil {
			continue // WordPress grants nothing by it either
		}
		if slices.Contains(granted(caps), roleAdministrator) {
			r.Privileged, r.DisplayName = true, html.UnescapeString(r.DisplayName)
			out = append(out, r.User)
		}
	}
	return out, nil
}
