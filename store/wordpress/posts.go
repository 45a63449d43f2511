package wordpress

import (
	"context"
	"database/sql"
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
)

// ProtectedMeta is the postmeta key that marks a page as protected, with the
// value "1".
const ProtectedMeta = "_enrolld_course"

// maxPages bounds ProtectedPages; a site with more is not one we know.
const maxPages = 1000

// Post is what we show of a WordPress post.
type Post struct {
	ID     int64
	Title  string // unescaped; may be empty
	Status string // publish, private, draft, trash …
	Parent int64  // 0 at the top
	URL    string // {home}/?page_id=ID or ?p=ID: WordPress redirects to the permalink
}

// Posts returns the posts of the given ids that exist, of any type and status.
func Posts(ctx context.Context, conn Conn, site Site, ids []int64) (map[int64]Post, error) {
	if err := site.Validate(); err != nil {
		return nil, err
	}
	out := make(map[int64]Post, len(ids))
	for chunk := range slices.Chunk(ids, maxRows) {
		found, err := readPosts(ctx, conn, site,
			"WHERE p.ID IN ("+repeat("?", len(chunk))+")", anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("read posts: %w", err)
		}
		for _, p := range found {
			out[p.ID] = p
		}
	}
	return out, nil
}

// ProtectedPages returns the pages, published, private or draft, that carry the
// postmeta ProtectedMeta = '1', by title; at most 1000.
func ProtectedPages(ctx context.Context, conn Conn, site Site) ([]Post, error) {
	if err := site.Validate(); err != nil {
		return nil, err
	}
	posts, err := readPosts(ctx, conn, site, `WHERE p.post_type = 'page'
		AND p.post_status IN ('publish', 'private', 'draft')
		AND EXISTS (SELECT 1 FROM `+site.blogTable("postmeta")+` m
			WHERE m.post_id = p.ID AND m.meta_key = ? AND m.meta_value = '1')
		ORDER BY p.post_title, p.ID LIMIT `+strconv.Itoa(maxPages), ProtectedMeta)
	if err != nil {
		return nil, fmt.Errorf("read protected pages: %w", err)
	}
	return posts, nil
}

func readPosts(ctx context.Context, conn Conn, site Site, where string, args ...any) ([]Post, error) {
	home := `(SELECT option_value FROM ` + site.blogTable("options") + ` WHERE option_name = 'home')`
	return collect(ctx, conn, func(rows *sql.Rows) (Post, error) {
		var p Post
		var kind, home string
		err := rows.Scan(&p.ID, &p.Title, &p.Status, &p.Parent, &kind, &home)
		p.Title = html.UnescapeString(p.Title)
		query := "/?p="
		if kind == "page" {
			query = "/?page_id="
		}
		p.URL = strings.TrimRight(home, "/") + query + strconv.FormatInt(p.ID, 10)
		return p, err
	}, `SELECT p.ID, p.post_title, p.post_status, p.post_parent, p.post_type, COALESCE(`+home+`, '')
		FROM `+site.blogTable("posts")+` p `+where, args...)
}
