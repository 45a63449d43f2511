package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// SafeText is an error for the log. The server's messages quote what a statement
// was given ("Duplicate entry 'ann@example.org' for key …"), so of them only the
// number is kept.
func SafeText(err error) string {
	text := err.Error()
	for _, e := range serverErrors(err) {
		text = strings.ReplaceAll(text, e.Error(), fmt.Sprintf("database error %d", e.Number))
		text = strings.ReplaceAll(text, e.Message, "…")
	}
	return text
}

// serverErrors finds every error of the server's in a tree of errors.
func serverErrors(err error) []*mysql.MySQLError {
	var out []*mysql.MySQLError
	if e, ok := err.(*mysql.MySQLError); ok { //nolint:errorlint // each branch is looked at by itself
		out = append(out, e)
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			out = append(out, serverErrors(e)...)
		}
		return out
	}
	if next := errors.Unwrap(err); next != nil {
		out = append(out, serverErrors(next)...)
	}
	return out
}
