package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/storetest"
)

// Whatever the server's defaults and the address say, each connection has our
// settings.
func TestSessionSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	odd := storetest.Server(t).DSN(w.db.Name()) + "&time_zone=%27%2B05%3A00%27&sql_mode=ANSI&parseTime=false&loc=Local" +
		"&collation=latin1_swedish_ci&interpolateParams=false&clientFoundRows=false&multiStatements=true"
	db, err := store.Open(store.Config{DSN: enrolld.Secret(odd), MaxConns: 5}, storetest.Keyring())
	w.check(err)
	defer db.Close()
	for range 5 { // all at once, so that each is a connection of its own
		conn, err := db.Conn().Conn(t.Context())
		w.check(err)
		defer conn.Close()
		got, err := readRows(t.Context(), conn, `SELECT @@session.time_zone, @@session.sql_mode, @@session.tx_isolation,
			@@session.innodb_lock_wait_timeout, @@character_set_client, @@character_set_connection, @@collation_connection`)
		w.check(err)
		want := []string{"+00:00|STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION|READ-COMMITTED|10|" +
			"utf8mb4|utf8mb4|utf8mb4_unicode_ci"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the session's settings (-want +got):\n%s", diff)
		}
		var at time.Time
		w.check(conn.QueryRowContext(t.Context(), "SELECT created_at FROM enrolld_accounts WHERE name = ?",
			w.account.Name).Scan(&at))
		if !at.Equal(w.account.CreatedAt) || at.Location() != time.UTC {
			t.Errorf("a time is read as %v, want %v", at, w.account.CreatedAt)
		}
		res, err := conn.ExecContext(t.Context(), "UPDATE enrolld_accounts SET name = name")
		w.check(err)
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			t.Errorf("an UPDATE that changes nothing met %d rows (%v), want 1", n, err)
		}
		if _, err := conn.ExecContext(t.Context(), "DO 1; DO 2"); err == nil {
			t.Error("two statements in one are accepted")
		}
	}
	if got := db.Conn().Stats().MaxOpenConnections; got != 5 {
		t.Errorf("the pool has %d connections, want 5", got)
	}
	if got := w.db.Conn().Stats().MaxOpenConnections; got != 16 {
		t.Errorf("the pool has %d connections by default, want 16", got)
	}
}

func TestOpenBadAddress(t *testing.T) {
	t.Parallel()
	for _, dsn := range []enrolld.Secret{
		"", "hush", "root:hush@unix(/x)/", "root:hush@tcp(h:1", "root:hush@tcp(h:1)/x?a=%zz",
	} {
		_, err := store.Open(store.Config{DSN: dsn}, storetest.Keyring())
		if enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("Open(%q) = %v, want Invalid", dsn.Reveal(), err)
		}
	}
}

func TestDBName(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if got := (&world{t: t, db: db}).rows("SELECT DATABASE()")[0]; got != db.Name() {
		t.Errorf("Name = %q, want %q", db.Name(), got)
	}
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("Ping = %v", err)
	}
	if now := db.Now(); now.Location() != time.UTC || now.Nanosecond()%1000 != 0 {
		t.Errorf("Now = %v, want UTC and whole microseconds", now)
	}
}
