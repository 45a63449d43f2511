package lms

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"enrolld"
	"enrolld/store/wordpress"
)

// Page is for sites without an LMS: a WordPress page, with the pages below it,
// is the course. Our companion plugin protects it and asks enrolld_access.
type Page struct{}

// Name is "page".
func (Page) Name() string { return "page" }

// pageRows bounds one statement.
const pageRows = 500

// Open writes enrolld_access.
func (Page) Open(ctx context.Context, conn wordpress.Conn, p Place, list []Enrolment) error {
	for len(list) > 0 {
		part := list[:min(pageRows, len(list))]
		list = list[len(part):]
		args := make([]any, 0, 5*len(part))
		for _, e := range part {
			args = append(args, e.UserID, e.CourseID, p.AccountID, e.Until, p.Now)
		}
		_, err := conn.ExecContext(ctx, `INSERT INTO enrolld_access
			(user_id, course_id, account_id, ends_at, granted_at) VALUES `+
			repeat("(?,?,?,?,?)", len(part))+` ON DUPLICATE KEY UPDATE ends_at = VALUES(ends_at)`, args...)
		if err != nil {
			return fmt.Errorf("open pages: %w", err)
		}
	}
	return nil
}

// Close deletes from enrolld_access.
func (Page) Close(ctx context.Context, conn wordpress.Conn, p Place, list []Enrolment) error {
	byCourse := map[int64][]any{}
	for _, e := range list {
		byCourse[e.CourseID] = append(byCourse[e.CourseID], e.UserID)
	}
	for _, course := range slices.Sorted(maps.Keys(byCourse)) {
		for users := range slices.Chunk(byCourse[course], pageRows) {
			args := append([]any{p.AccountID, course}, users...)
			_, err := conn.ExecContext(ctx, `DELETE FROM enrolld_access WHERE account_id = ? AND course_id = ? AND user_id IN (`+
				repeat("?", len(users))+`)`, args...)
			if err != nil {
				return fmt.Errorf("close pages: %w", err)
			}
		}
	}
	return nil
}

// Enrolments reads enrolld_access.
func (Page) Enrolments(ctx context.Context, conn wordpress.Conn, p Place, users []int64) ([]Enrolment, error) {
	var out []Enrolment
	for part := range slices.Chunk(users, pageRows) {
		args := []any{p.AccountID}
		for _, u := range part {
			args = append(args, u)
		}
		found, err := enrolments(ctx, conn, `SELECT user_id, course_id, ends_at FROM enrolld_access
			WHERE account_id = ? AND user_id IN (`+repeat("?", len(part))+`) ORDER BY user_id, course_id`, args...)
		if err != nil {
			return nil, fmt.Errorf("read who may enter pages: %w", err)
		}
		out = append(out, found...)
	}
	return out, nil
}

func enrolments(ctx context.Context, conn wordpress.Conn, query string, args ...any) (out []Enrolment, err error) {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var e Enrolment
		if err := rows.Scan(&e.UserID, &e.CourseID, &e.Until); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// Courses lists the pages that are marked as courses.
func (Page) Courses(ctx context.Context, conn wordpress.Conn, p Place) ([]Course, error) {
	posts, err := wordpress.ProtectedPages(ctx, conn, p.Site)
	if err != nil {
		return nil, err
	}
	out := make([]Course, len(posts))
	for i, post := range posts {
		out[i] = pageCourse(post)
	}
	return out, nil
}

// Describe returns the pages of ids, marked or not.
func (Page) Describe(ctx context.Context, conn wordpress.Conn, p Place, ids []int64) (map[int64]Course, error) {
	posts, err := wordpress.Posts(ctx, conn, p.Site, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]Course, len(posts))
	for id, post := range posts {
		out[id] = pageCourse(post)
	}
	return out, nil
}

func pageCourse(post wordpress.Post) Course {
	return Course{
		Ref:   enrolld.CourseRef{LMS: "page", ID: post.ID},
		Title: post.Title, URL: post.URL, Status: post.Status,
	}
}

func repeat(s string, n int) string {
	return strings.TrimSuffix(strings.Repeat(s+",", n), ",")
}
