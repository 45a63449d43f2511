package wordpress

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// server is the socket of the database that the tests of this package share.
var server string

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	if server = os.Getenv("ENROLLD_TEST_SOCKET"); server == "" {
		stop, err := startServer()
		if err != nil {
			fmt.Fprintln(os.Stderr, "start MariaDB:", err)
			if os.Getenv("CI") == "true" {
				return 1
			}
		}
		defer stop()
	}
	return m.Run()
}

// startServer runs a MariaDB of our own, with a socket and without a port.
func startServer() (stop func(), err error) {
	stop = func() {}
	dir, err := os.MkdirTemp("", "wp")
	if err != nil {
		return stop, err
	}
	stop = func() { os.RemoveAll(dir) }
	data, socket := filepath.Join(dir, "data"), filepath.Join(dir, "s")
	out, err := exec.Command("mariadb-install-db", "--no-defaults", "--user=root", "--skip-test-db",
		"--auth-root-authentication-method=normal", "--datadir="+data).CombinedOutput()
	if err != nil {
		return stop, fmt.Errorf("mariadb-install-db: %w\n%s", err, out)
	}
	daemon := exec.Command("mariadbd", "--no-defaults", "--user=root", "--datadir="+data, "--socket="+socket,
		"--skip-networking", "--pid-file="+filepath.Join(dir, "pid"), "--max-connections=200")
	if err := daemon.Start(); err != nil {
		return stop, err
	}
	stop = func() {
		daemon.Process.Kill()
		daemon.Wait()
		os.RemoveAll(dir)
	}
	server = socket
	db, err := open("")
	if err != nil {
		return stop, err
	}
	defer db.Close()
	for range 300 {
		if err = db.Ping(); err == nil {
			return stop, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	server = ""
	return stop, fmt.Errorf("no answer: %w", err)
}

// open connects with the session settings of the real store.
func open(schema string) (*sql.DB, error) {
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = "root", "unix", server, schema
	c.ParseTime, c.Collation = true, "utf8mb4_unicode_ci"
	c.InterpolateParams = os.Getenv("ENROLLD_TEST_INTERPOLATE") != ""
	c.Params = map[string]string{
		"time_zone": "'+00:00'",
		"sql_mode":  "'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
	}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// world is a database of one test with a WordPress in it.
type world struct {
	t    testing.TB
	db   *sql.DB
	site Site
	info Info
}

// newWorld makes a single site; newNetwork blog 2 of a network.
func newWorld(t testing.TB) *world {
	return makeWorld(t, Site{ID: 7, BasePrefix: "wp_", BlogID: 1}, "schema-6.9.sql")
}

func newNetwork(t testing.TB) *world {
	return makeWorld(t, Site{ID: 7, BasePrefix: "wp_", BlogID: 2, Multisite: true},
		"schema-6.9.sql", "network-6.9.sql")
}

func makeWorld(t testing.TB, site Site, files ...string) *world {
	t.Helper()
	if server == "" {
		t.Skip("no MariaDB: install mariadb-server or set ENROLLD_TEST_SOCKET")
	}
	site.Schema = "wp_test_" + strings.ToLower(rand.Text()[:12])
	admin, err := open("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec("CREATE DATABASE " + site.Schema); err != nil {
		t.Fatal(err)
	}
	db, err := open(site.Schema)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(60)
	db.SetMaxIdleConns(60)
	t.Cleanup(func() {
		db.Close()
		admin.Exec("DROP DATABASE " + site.Schema)
		admin.Close()
	})
	w := &world{t: t, db: db, site: site}
	for _, name := range files {
		w.load(filepath.Join("testdata", name))
	}
	w.inspect()
	return w
}

func (w *world) load(path string) {
	w.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	conn, err := w.db.Conn(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close()
	// WordPress's own zero dates need a mode without NO_ZERO_DATE, which ours is.
	for statement := range strings.SplitSeq(string(text), ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := conn.ExecContext(context.Background(), statement); err != nil {
			w.t.Fatalf("%s: %v\n%s", path, err, statement)
		}
	}
}

func (w *world) inspect() {
	w.t.Helper()
	info, err := Inspect(context.Background(), w.db, w.site)
	if err != nil {
		w.t.Fatal(err)
	}
	w.info = info
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Exec(query, args...); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
}

// lines returns the rows of a query, columns joined by |.
func (w *world) lines(query string, args ...any) []string {
	w.t.Helper()
	rows, err := w.db.Query(query, args...)
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		cells := make([]sql.NullString, len(columns))
		to := make([]any, len(columns))
		for i := range cells {
			to[i] = &cells[i]
		}
		if err := rows.Scan(to...); err != nil {
			w.t.Fatal(err)
		}
		var texts []string
		for _, c := range cells {
			texts = append(texts, c.String)
		}
		out = append(out, strings.Join(texts, "|"))
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) one(query string, args ...any) string {
	w.t.Helper()
	lines := w.lines(query, args...)
	if len(lines) != 1 {
		w.t.Fatalf("%s: %d rows, want 1: %q", query, len(lines), lines)
	}
	return lines[0]
}

// inTx runs do as the store does: READ COMMITTED, again after a conflict.
func (w *world) inTx(do func(tx *sql.Tx) error) (tries int, err error) {
	for tries = 1; tries <= 100; tries++ {
		if err = w.tryTx(do); !retryable(err) {
			return tries, err
		}
	}
	return tries, err
}

func (w *world) tryTx(do func(tx *sql.Tx) error) error {
	tx, err := w.db.BeginTx(context.Background(), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func retryable(err error) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && (e.Number == 1213 || e.Number == 1205 || e.Number == 1020)
}

// testNow is the clock of the tests, in a zone that is not UTC.
var testNow = time.Date(2026, 3, 1, 1, 30, 0, 0, time.FixedZone("", 2*3600))

// ensure runs EnsureUsers in a transaction of its own.
func (w *world) ensure(people ...Person) []Result {
	w.t.Helper()
	var results []Result
	_, err := w.inTx(func(tx *sql.Tx) (err error) {
		results, err = EnsureUsers(context.Background(), tx, w.site, w.info, people, testNow)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return results
}

// user ensures one person and returns the user.
func (w *world) user(p Person) User {
	w.t.Helper()
	r := w.ensure(p)[0]
	if r.Err != nil {
		w.t.Fatal(r.Err)
	}
	return r.User
}

func (w *world) meta(user int64) []string {
	w.t.Helper()
	return w.lines("SELECT meta_key, meta_value FROM wp_usermeta WHERE user_id = ? ORDER BY umeta_id", user)
}
