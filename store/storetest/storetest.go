// Package storetest gives tests databases of their own: empty and migrated, on
// one MariaDB server that all tests of a binary share. The server is private,
// or the one whose socket ENROLLD_TEST_SOCKET names. Its TestMain is
//
//	func TestMain(m *testing.M) { storetest.Main(m) }
//
// Without MariaDB the tests are skipped, with CI=true they fail.
package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/sandbox"
)

// patience bounds everything that a helper waits for.
const patience = 2 * time.Minute

// shared is the server of this test binary, once somebody needs it.
var shared struct {
	sync.Mutex
	server   *sandbox.MariaDB
	err      error
	template *template
}

// Main runs the tests, ends the server that they used and exits.
func Main(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		return code
	}
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "storetest:", err)
		return max(code, 1)
	}
	return code
}

func stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var err error
	if shared.template != nil {
		err = shared.server.DropDatabase(ctx, shared.template.name)
	}
	return errors.Join(err, shared.server.Stop())
}

// Need skips the test, or fails it on CI, where MariaDB is not installed.
func Need(t testing.TB) {
	t.Helper()
	if os.Getenv("ENROLLD_TEST_SOCKET") != "" {
		return
	}
	missing := sandbox.Missing(sandbox.DatabaseParts...)
	if len(missing) == 0 {
		return
	}
	message := "no MariaDB: apt-get install " + strings.Join(missing, " ")
	if os.Getenv("CI") == "true" {
		t.Fatal(message)
	}
	t.Skip(message)
}

// Server returns the server that the tests of this binary share. Do not stop it.
func Server(t testing.TB) *sandbox.MariaDB {
	t.Helper()
	Need(t)
	shared.Lock()
	defer shared.Unlock()
	return serve(t)
}

func serve(t testing.TB) *sandbox.MariaDB {
	t.Helper()
	if shared.server == nil && shared.err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		shared.server, shared.err = sandbox.Shared(ctx)
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// Empty makes a database without tables and returns its name. It goes when the
// test ends.
func Empty(t testing.TB) string {
	t.Helper()
	server := Server(t)
	name := randomName()
	if err := server.CreateDatabase(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := server.DropDatabase(ctx, name); err != nil {
			t.Error(err)
		}
	})
	return name
}

func randomName() string { return "enrolld_test_" + strings.ToLower(rand.Text()[:16]) }

// New makes a database with Enrolld's tables in it. Nobody has used the handle
// yet, so that its clock may be set.
func New(t testing.TB) *store.DB {
	t.Helper()
	name := Empty(t)
	if err := fill(t, name); err != nil {
		t.Fatal(err)
	}
	return Open(t, name, 0)
}

// Open returns a handle on a database of the shared server with so many
// connections at most (0: the store's default), as another replica has one.
func Open(t testing.TB, name string, conns int) *store.DB {
	t.Helper()
	return OpenOn(t, Server(t), name, conns, Keyring())
}

// OpenOn returns a handle on a database of any server, with any keys.
func OpenOn(t testing.TB, server *sandbox.MariaDB, name string, conns int, keys *store.Keyring) *store.DB {
	t.Helper()
	db, err := store.Open(store.Config{DSN: enrolld.Secret(server.DSN(name)), MaxConns: conns}, keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Keyring is the keyring of every database that New makes.
func Keyring() *store.Keyring {
	keys, err := store.NewKeyring(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		panic(err)
	}
	return keys
}
