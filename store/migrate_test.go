package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/storetest"
)

func migrationNames(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(store.MigrationFiles, "migrations/*")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	db := storetest.Open(t, storetest.Empty(t), 0)
	db.SetClock(clock.Now)
	w := &world{t: t, db: db, clock: clock}
	files := migrationNames(t)
	wantCode(t, "CheckSchema before", db.CheckSchema(t.Context()), enrolld.Unavailable)
	_, err := db.Accounts(t.Context())
	wantCode(t, "a query before", err, enrolld.Unavailable)
	if message := enrolld.MessageOf(err); !strings.Contains(message, "enrolld migrate up") {
		t.Errorf("the message is %q, want one that says what to do", message)
	}
	before, err := db.Migrations(t.Context())
	w.check(err)
	done, err := db.Migrate(t.Context())
	w.check(err)
	after, err := db.Migrations(t.Context())
	w.check(err)
	again, err := db.Migrate(t.Context())
	w.check(err)
	w.check(db.CheckSchema(t.Context()))
	if len(before) != len(files) || len(done) != len(files) || len(after) != len(files) || len(again) != 0 {
		t.Fatalf("before %d, done %d, after %d, again %d migrations; want %d, and none again",
			len(before), len(done), len(after), len(again), len(files))
	}
	now := clock.Now()
	for i, file := range files {
		want := store.Migration{Version: int64(i + 1), Name: strings.TrimPrefix(file, "migrations/")}
		if diff := cmp.Diff(want, before[i]); diff != "" {
			t.Errorf("before (-want +got):\n%s", diff)
		}
		if after[i].AppliedAt == nil {
			t.Errorf("%s is not applied", file)
		}
		want.AppliedAt = &now
		if diff := cmp.Diff(want, done[i]); diff != "" {
			t.Errorf("done (-want +got):\n%s", diff)
		}
	}
	for _, table := range w.rows("SHOW TABLES") {
		if !strings.HasPrefix(table, "enrolld_") {
			t.Errorf("table %s lies in a database that is WordPress's too: its name must begin with enrolld_", table)
		}
	}
	w.want("SELECT DISTINCT engine, table_collation FROM information_schema.tables WHERE table_schema = DATABASE() "+
		"AND table_name NOT LIKE 'enrolld_migration%'", "InnoDB|utf8mb4_unicode_ci")
}

// Replicas that start together: one migrates, the others wait for it.
func TestMigrateTogether(t *testing.T) {
	t.Parallel()
	name := storetest.Empty(t)
	const replicas = 3
	applied := make([]int, replicas)
	errs := make([]error, replicas)
	var all sync.WaitGroup
	for i := range replicas {
		db := storetest.Open(t, name, 0)
		all.Go(func() {
			list, err := db.Migrate(t.Context())
			applied[i], errs[i] = len(list), errors.Join(err, db.CheckSchema(t.Context()))
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if got, want := applied[0]+applied[1]+applied[2], len(migrationNames(t)); got != want {
		t.Errorf("%v migrations were applied, want %d in all", applied, want)
	}
}

// A migration that broke off in the middle can be run again.
func TestMigrateAfterBreak(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	w := &world{t: t, db: db}
	w.exec("DELETE FROM enrolld_migrations WHERE version_id > 5")
	wantCode(t, "CheckSchema", db.CheckSchema(t.Context()), enrolld.Unavailable)
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.check(db.CheckSchema(t.Context()))
}

// A database that a later version has migrated serves this one still.
func TestMigrateLaterVersion(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	w := &world{t: t, db: db}
	w.exec("INSERT INTO enrolld_migrations (version_id, is_applied) VALUES (99999, 1)")
	w.check(db.CheckSchema(t.Context()))
	list, err := db.Migrate(t.Context())
	w.check(err)
	if len(list) != 0 {
		t.Errorf("applied %v, want nothing", list)
	}
}

func TestMigrateWithoutServer(t *testing.T) {
	t.Parallel()
	db, err := store.Open(store.Config{DSN: "root@unix(/nonexistent/socket)/x"}, storetest.Keyring())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"Migrate":     func() error { _, err := db.Migrate(ctx); return err },
		"Migrations":  func() error { _, err := db.Migrations(ctx); return err },
		"CheckSchema": func() error { return db.CheckSchema(ctx) },
		"Ping":        func() error { return db.Ping(ctx) },
		"Queues":      func() error { _, err := db.Queues(ctx); return err },
		"InTx":        func() error { return db.InTx(ctx, func(*store.Tx) error { return nil }) },
	} {
		wantCode(t, name, call(), enrolld.Unavailable)
	}
}

var (
	fileName  = regexp.MustCompile(`^migrations/(\d{5})_[a-z_]+\.sql$`)
	tableName = regexp.MustCompile(`(?:CREATE TABLE IF NOT EXISTS|ALTER TABLE|DROP TABLE IF EXISTS|INSERT IGNORE INTO) (\S+?)[;\s]`)
)

// guarded is the form of an ALTER that does nothing when it is run again: no
// clause for that is known to both MySQL and MariaDB.
var guarded = regexp.MustCompile(`(?s)SET @step = IF\(\(SELECT COUNT\(\*\) FROM information_schema\.(?:columns|statistics) .*> 0, 'DO 0',` +
	`.*ALTER TABLE .*\);\nPREPARE step FROM @step;\nEXECUTE step;\nDEALLOCATE PREPARE step;`)

// DDL is not transactional: with one statement a file a migration that breaks
// off leaves nothing half done.
func TestMigrationFiles(t *testing.T) {
	t.Parallel()
	for i, name := range migrationNames(t) {
		number := fileName.FindStringSubmatch(name)
		if number == nil || number[1] != fmt.Sprintf("%05d", i+1) {
			t.Errorf("%s: want number %05d, without a gap", name, i+1)
		}
		text, err := fs.ReadFile(store.MigrationFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		up, down, found := strings.Cut(string(text), "-- +goose Down\n")
		if !found || !strings.Contains(up, "-- +goose Up\n") {
			t.Errorf("%s: want an Up and a Down", name)
		}
		for part, sql := range map[string]string{"Up": up, "Down": down} {
			if n := statements(sql); n != 1 && (n != 4 || !guarded.MatchString(sql)) {
				t.Errorf("%s: %s has %d statements, want one, or one that asks whether it was done", name, part, n)
			}
			for _, table := range tableName.FindAllStringSubmatch(sql, -1) {
				if !strings.HasPrefix(table[1], "enrolld_") {
					t.Errorf("%s: table %s, want a name that begins with enrolld_", name, table[1])
				}
			}
			if tableName.FindString(sql) == "" && !strings.HasSuffix(sql, "\nDO 0;\n") {
				t.Errorf("%s: %s names no table", name, part)
			}
		}
	}
}

// statements counts semicolons outside of comments.
func statements(sql string) (n int) {
	for line := range strings.Lines(sql) {
		code, _, _ := strings.Cut(line, "--")
		n += strings.Count(code, ";")
	}
	return n
}

// Every Down undoes its Up.
func TestMigrationsDown(t *testing.T) {
	t.Parallel()
	w := &world{t: t, db: storetest.New(t)}
	for _, name := range slices.Backward(migrationNames(t)) {
		text, err := fs.ReadFile(store.MigrationFiles, name)
		w.check(err)
		_, down, _ := strings.Cut(string(text), "-- +goose Down\n")
		if _, err := w.db.Conn().ExecContext(t.Context(), strings.TrimSuffix(strings.TrimSpace(down), ";")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.want("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() "+
		"AND table_name NOT LIKE 'enrolld_migration%'", "0")
}
