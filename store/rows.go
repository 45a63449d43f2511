package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Limits of one multi-row statement: far below every server's max_allowed_packet
// and its parser's comfort.
const (
	maxRows  = 500
	maxBytes = 2 << 20
)

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// InsertRows runs head + "(?,…),(?,…)" + tail over the rows, in as many
// statements as they need. All rows have the same length.
func InsertRows(ctx context.Context, conn execer, head string, rows [][]any, tail string) error {
	for len(rows) > 0 {
		n := chunk(rows)
		if err := insertChunk(ctx, conn, head, rows[:n], tail); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func insertChunk(ctx context.Context, conn execer, head string, rows [][]any, tail string) error {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", len(rows[0])), ",") + ")"
	var q strings.Builder
	q.Grow(len(head) + len(rows)*(len(row)+1) + len(tail))
	q.WriteString(head)
	args := make([]any, 0, len(rows)*len(rows[0]))
	for i, r := range rows {
		if i > 0 {
			q.WriteByte(',')
		}
		q.WriteString(row)
		args = append(args, r...)
	}
	q.WriteString(tail)
	_, err := conn.ExecContext(ctx, q.String(), args...)
	return err
}

// chunk returns how many of the rows fit one statement: at least one.
func chunk(rows [][]any) int {
	bytes := 0
	for i, r := range rows {
		for _, v := range r {
			switch v := v.(type) {
			case string:
				bytes += len(v)
			case []byte:
				bytes += len(v)
			default:
				bytes += 16
			}
		}
		if i > 0 && (i == maxRows || bytes > maxBytes) {
			return i
		}
	}
	return len(rows)
}

// In returns "(?,?,…)" for a list, and the list as arguments after the given ones.
func In[T any](list []T, before ...any) (string, []any) {
	args := make([]any, 0, len(before)+len(list))
	args = append(args, before...)
	for _, v := range list {
		args = append(args, v)
	}
	return "(" + strings.TrimSuffix(strings.Repeat("?,", len(list)), ",") + ")", args
}

// Collect reads every row of a query with scan.
func Collect[T any](
	ctx context.Context, conn queryer, scan func(*sql.Rows, *T) error, query string, args ...any,
) ([]T, error) {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []T
	for rows.Next() {
		var v T
		if err := scan(rows, &v); err != nil {
			return nil, fmt.Errorf("scan: %w", err)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}
