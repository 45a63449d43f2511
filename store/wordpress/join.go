package wordpress

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// join adds the users to this blog of a network that existed before and are not
// on it, as add_user_to_blog does. Their rows are locked while we look again:
// two calls must not add the same rows.
func (b *batch) join(ctx context.Context) error {
	if !b.site.Multisite {
		return nil
	}
	var ids []int64
	for _, s := range b.seekers {
		if !s.user.onBlog {
			ids = append(ids, s.user.ID)
		}
	}
	slices.Sort(ids)
	var rows []metaRow
	for chunk := range slices.Chunk(slices.Compact(ids), maxRows) {
		_, err := collect(ctx, b.conn, scanString, "SELECT ID FROM "+b.site.users()+
			" WHERE ID IN ("+repeat("?", len(chunk))+") ORDER BY ID FOR UPDATE", anys(chunk)...)
		if err != nil {
			return fmt.Errorf("lock users: %w", err)
		}
		add, err := b.missingMeta(ctx, chunk)
		if err != nil {
			return err
		}
		rows = append(rows, add...)
	}
	return b.writeMeta(ctx, rows)
}

// missingMeta returns the rows that the users lack. A primary_blog that is
// empty counts as none, and goes: WordPress reads the first row only.
func (b *batch) missingMeta(ctx context.Context, ids []int64) ([]metaRow, error) {
	metas, err := collect(ctx, b.conn, func(rows *sql.Rows) (metaRow, error) {
		var m metaRow
		err := rows.Scan(&m.user, &m.key, &m.value)
		return m, err
	}, "SELECT user_id, meta_key, COALESCE(meta_value, '') FROM "+b.site.userMeta()+
		" WHERE user_id IN ("+repeat("?", len(ids))+") AND meta_key IN ('primary_blog', '"+
		b.site.capsKey()+"') ORDER BY umeta_id", anys(ids)...)
	if err != nil {
		return nil, fmt.Errorf("read the blogs of users: %w", err)
	}
	onBlog, home, empty := map[int64]bool{}, map[int64]bool{}, map[int64]bool{}
	for _, m := range metas {
		switch {
		case m.key != "primary_blog":
			onBlog[m.user] = true
		case m.value == "" || m.value == "0":
			empty[m.user] = true
		default:
			home[m.user] = true
		}
	}
	var rows []metaRow
	var reset []any
	for _, id := range ids {
		if onBlog[id] {
			continue
		}
		if !home[id] && empty[id] {
			reset = append(reset, id)
		}
		rows = append(rows, b.blogMeta(id, !home[id])...)
	}
	if len(reset) > 0 {
		_, err = b.conn.ExecContext(ctx, "DELETE FROM "+b.site.userMeta()+" WHERE user_id IN ("+
			repeat("?", len(reset))+") AND meta_key IN ('primary_blog', 'source_domain')", reset...)
		if err != nil {
			return nil, fmt.Errorf("reset the primary blog of users: %w", err)
		}
	}
	return rows, nil
}
