package woocommerce

import (
	"context"
	"database/sql"
	"strings"

	"enrolld/store/wordpress"
)

// maxRows bounds the list of numbers in one statement.
const maxRows = 500

// marks are the placeholders of IN for n values.
func marks(n int) string {
	if n == 0 {
		return ""
	}
	return "?" + strings.Repeat(",?", n-1)
}

// anys turns arguments of one type into what database/sql takes.
func anys[T any](xs []T) []any {
	out := make([]any, len(xs))
	for i, x := range xs {
		out[i] = x
	}
	return out
}

// collect runs a query and scans each row into a T. The rows are closed when it
// returns, so that the connection is free again.
func collect[T any](
	ctx context.Context, conn wordpress.Conn, scan func(*sql.Rows) (T, error), query string, args ...any,
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

// texts scans a row whose first columns are numbers and the rest texts, where
// NULL is "".
type texts struct {
	numbers []int64
	texts   []string
	null    []bool
}

func scanTexts(numbers, count int) func(*sql.Rows) (texts, error) {
	return func(rows *sql.Rows) (texts, error) {
		ints, cells := make([]sql.NullInt64, numbers), make([]sql.NullString, count)
		to := make([]any, 0, numbers+count)
		for i := range ints {
			to = append(to, &ints[i])
		}
		for i := range cells {
			to = append(to, &cells[i])
		}
		t := texts{numbers: make([]int64, numbers), texts: make([]string, count), null: make([]bool, count)}
		if err := rows.Scan(to...); err != nil {
			return t, err
		}
		for i, n := range ints {
			t.numbers[i] = n.Int64
		}
		for i, c := range cells {
			t.texts[i], t.null[i] = c.String, !c.Valid
		}
		return t, nil
	}
}

// date writes a column as a body has it, whatever the connection makes of dates.
func date(column string) string { return "DATE_FORMAT(" + column + ", '%Y-%m-%dT%H:%i:%s')" }
