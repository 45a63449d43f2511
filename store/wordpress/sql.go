package wordpress

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"enrolld"
)

// maxRows bounds one statement: 500 rows of our widest table stay under 1 MB,
// far below any max_allowed_packet and the 65,535 placeholders of a statement.
const maxRows = 500

// repeat returns unit n times with commas between: the rows of VALUES, or the
// placeholders of IN.
func repeat(unit string, n int) string {
	if n == 0 {
		return ""
	}
	return unit + strings.Repeat(","+unit, n-1)
}

// anys turns arguments of one type into what database/sql takes.
func anys[T any](xs []T) []any {
	out := make([]any, len(xs))
	for i, x := range xs {
		out[i] = x
	}
	return out
}

// collect runs a query and scans each row into a T.
func collect[T any](
	ctx context.Context, conn Conn, scan func(*sql.Rows) (T, error), query string, args ...any,
) ([]T, error) {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []T
	for rows.Next() {
		x, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

func scanString(rows *sql.Rows) (string, error) {
	var s string
	err := rows.Scan(&s)
	return s, err
}

// notFound turns sql.ErrNoRows into our code and wraps the rest.
func notFound(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return enrolld.Errorf(enrolld.NotFound, "there is no %s", what)
	}
	return fmt.Errorf("read the %s: %w", what, err)
}
