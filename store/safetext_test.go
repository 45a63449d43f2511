package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"enrolld"
	"enrolld/store"
	"enrolld/store/storetest"
)

func TestSafeText(t *testing.T) {
	t.Parallel()
	server := &mysql.MySQLError{Number: 1062, SQLState: [5]byte{'2', '3', '0', '0', '0'}, Message: "Duplicate entry 'ann@example.org' for key 'email'"}
	for _, test := range []struct {
		err  error
		want string
	}{
		{errors.New("plain"), "plain"},
		{server, "database error 1062"},
		{fmt.Errorf("lock customers: %w", server), "lock customers: database error 1062"},
		{enrolld.Wrap(enrolld.Internal, fmt.Errorf("add: %w", server), "it failed"), "it failed: add: database error 1062"},
		{errors.Join(errors.New("first"), fmt.Errorf("second: %w", server)), "first\nsecond: database error 1062"},
	} {
		if got := store.SafeText(test.err); got != test.want {
			t.Errorf("SafeText(%v) = %q, want %q", test.err, got, test.want)
		}
	}
}

// TestSafeTextOfServer: what a real server says of a real value.
func TestSafeTextOfServer(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	_, err := db.Conn().ExecContext(t.Context(),
		`INSERT INTO enrolld_accounts (name, site_id, created_at) VALUES (?, ?, ?)`, "Ann's", "ann@example.org", db.Now())
	if err == nil || !strings.Contains(err.Error(), "ann@example.org") {
		t.Fatalf("got %v, want the server to quote the value", err)
	}
	if got := store.SafeText(fmt.Errorf("add: %w", err)); strings.Contains(got, "ann") || !strings.Contains(got, "database error") {
		t.Errorf("SafeText = %q: it quotes the value", got)
	}
}
