package store_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/go-sql-driver/mysql"

	"enrolld"
	"enrolld/store"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	server := func(number uint16) error { return fmt.Errorf("save: %w", &mysql.MySQLError{Number: number}) }
	tests := map[string]struct {
		err       error
		code      enrolld.Code
		again     bool
		duplicate bool
	}{
		"nothing":              {nil, "", false, false},
		"duplicate":            {server(1062), enrolld.Internal, false, true},
		"lock timeout":         {server(1205), enrolld.Unavailable, true, false},
		"deadlock":             {server(1213), enrolld.Unavailable, true, false},
		"record changed":       {server(1020), enrolld.Unavailable, true, false},
		"refused at commit":    {server(1180), enrolld.Unavailable, true, false},
		"too many connections": {server(1040), enrolld.Unavailable, false, false},
		"user's connections":   {server(1203), enrolld.Unavailable, false, false},
		"shutting down":        {server(1053), enrolld.Unavailable, false, false},
		"not in the cluster":   {server(1047), enrolld.Unavailable, false, false},
		"interrupted":          {server(1317), enrolld.Unavailable, false, false},
		"read only":            {server(1290), enrolld.Unavailable, false, false},
		"connection killed":    {server(1927), enrolld.Unavailable, false, false},
		"no table":             {server(1146), enrolld.Unavailable, false, false},
		"no database":          {server(1049), enrolld.Unavailable, false, false},
		"too long":             {server(1406), enrolld.Invalid, false, false},
		"bad statement":        {server(1064), enrolld.Internal, false, false},
		"bad connection":       {fmt.Errorf("x: %w", driver.ErrBadConn), enrolld.Unavailable, false, false},
		"invalid connection":   {mysql.ErrInvalidConn, enrolld.Unavailable, false, false},
		"end of file":          {io.EOF, enrolld.Unavailable, false, false},
		"unexpected end":       {io.ErrUnexpectedEOF, enrolld.Unavailable, false, false},
		"connection done":      {sql.ErrConnDone, enrolld.Unavailable, false, false},
		"transaction done":     {sql.ErrTxDone, enrolld.Unavailable, false, false},
		"deadline":             {context.DeadlineExceeded, enrolld.Unavailable, false, false},
		"cancelled":            {context.Canceled, enrolld.Unavailable, false, false},
		"cannot dial":          {&net.OpError{Op: "dial", Err: errors.New("refused")}, enrolld.Unavailable, false, false},
		"no rows":              {sql.ErrNoRows, enrolld.Internal, false, false},
		"anything":             {errors.New("anything"), enrolld.Internal, false, false},
		"has a code":           {enrolld.Wrap(enrolld.Conflict, server(1146), "taken"), enrolld.Conflict, false, false},
		"deadlock with a code": {enrolld.Wrap(enrolld.Conflict, server(1213), "taken"), enrolld.Conflict, true, false},
		"to be parked":         {enrolld.Parkf("wait"), enrolld.Internal, false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := store.Classify(test.err)
			wantCode(t, "classify", got, test.code)
			if test.err != nil && !errors.Is(got, test.err) {
				t.Errorf("classify = %v, want the cause within", got)
			}
			if got := store.Again(test.err); got != test.again {
				t.Errorf("again = %t, want %t", got, test.again)
			}
			if got := store.IsDuplicate(test.err); got != test.duplicate {
				t.Errorf("IsDuplicate = %t, want %t", got, test.duplicate)
			}
		})
	}
	if park := store.Classify(enrolld.Parkf("wait")); enrolld.OutcomeOf(park) != enrolld.OutcomePark {
		t.Error("what is to be parked is no more once it is classified")
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		n    int
		want string
	}{
		{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"aéé", 3, "aé"}, {"aéé", 4, "aé"}, {"🎓", 3, ""},
		{"a\xff", 9, "a\uFFFD"}, {"\xff\xff\xff", 4, "\uFFFD"}, {"a\xc3", 2, "a"}, {"a\x00b", 9, "a\x00b"},
	}
	for _, test := range tests {
		if got := store.Clip(test.in, test.n); got != test.want {
			t.Errorf("clip(%q, %d) = %q, want %q", test.in, test.n, got, test.want)
		}
	}
}
