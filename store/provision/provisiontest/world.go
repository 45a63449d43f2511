// Package provisiontest sets the scene for tests of what follows a delivery: a
// database with Enrolld's and WordPress's tables, an account with a source, a
// clock that stands still, and a reader that says what the test told it to, so
// that a test is about provisioning and not about a platform's payload.
package provisiontest

import (
	"context"
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	"enrolld/store/storetest"
)

// World is a database with one account on one WordPress site.
type World struct {
	T       testing.TB
	DB      *store.DB
	Clock   *storetest.Clock
	Site    store.Site
	Account enrolld.Account
	Source  store.Integration
	Reader  *Reader
	// Processor works on the queue of DB.
	Processor *provision.Processor

	open  func() *store.DB // another handle
	inbox *store.Inbox
}

// Platform is the platform of every source.
const Platform = "stripe"

// New makes a world with the tables of WordPress 6.9. Pages 12, 15 and 18 are
// courses.
func New(tb testing.TB) *World {
	tb.Helper()
	storetest.Need(tb)
	quick.Do(func() { hurry(tb) })
	db := storetest.New(tb)
	loadWordPress(tb, db.Conn())
	return build(tb, db, db.Name(), func() *store.DB { return storetest.Open(tb, db.Name(), replicaConns) })
}

// replicaConns is the pool of another replica.
const replicaConns = 8

var quick sync.Once

// hurry has our own server keep the tables of all tests in one file, which
// halves the time that making them takes.
func hurry(tb testing.TB) {
	tb.Helper()
	if os.Getenv("ENROLLD_TEST_SOCKET") != "" {
		return // somebody else's server
	}
	pool, err := sql.Open("mysql", storetest.Server(tb).DSN(""))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = pool.Close() }()
	if _, err := pool.ExecContext(tb.Context(), "SET GLOBAL innodb_file_per_table = 0"); err != nil {
		tb.Fatal(err)
	}
}

// On makes a world in an empty database that is not on the shared server; open
// makes handles on it.
func On(tb testing.TB, open func() *store.DB) *World {
	tb.Helper()
	db := open()
	if _, err := db.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	loadWordPress(tb, db.Conn())
	return build(tb, db, db.Name(), open)
}

// Beside makes a world whose WordPress is a real one, in a database of its own
// on the shared server.
func Beside(tb testing.TB, schema string) *World {
	tb.Helper()
	db := storetest.New(tb)
	return build(tb, db, schema, func() *store.DB { return storetest.Open(tb, db.Name(), replicaConns) })
}

// build makes the account, on the WordPress tables of a schema.
func build(tb testing.TB, db *store.DB, schema string, open func() *store.DB) *World {
	tb.Helper()
	w := &World{T: tb, DB: db, Clock: storetest.NewClock(), Reader: NewReader(), open: open}
	w.Site = store.Site{Schema: schema, BasePrefix: "wp_", UsersTable: "wp_users", UserMetaTable: "wp_usermeta"}
	w.Processor = w.NewProcessor(w.DB, provision.Options{})
	w.Account, w.Source = w.AddAccount("Academy", w.Site)
	w.inbox = store.NewInbox(w.DB)
	tb.Cleanup(w.inbox.Close)
	return w
}

// AddAccount adds an account on a site, with a source that takes no test orders.
func (w *World) AddAccount(name string, site store.Site) (enrolld.Account, store.Integration) {
	w.T.Helper()
	account, err := w.DB.AddAccount(w.T.Context(), enrolld.Account{Name: name, BlogID: 1, LinkDays: 7}, site)
	w.Check(err)
	source, err := w.DB.AddIntegration(w.T.Context(), store.Integration{
		AccountID: account.ID, Platform: Platform, Name: "Shop", Secrets: []enrolld.Secret{"whsec_1"},
	})
	w.Check(err)
	return account, source
}

// loadWordPress runs the statements that the tests of store/wordpress keep.
func loadWordPress(tb testing.TB, conn *sql.DB) {
	tb.Helper()
	const file = "store/wordpress/testdata/schema-6.9.sql"
	top := ".." // a test runs in its package's folder, two or three below the repository's
	text, err := os.ReadFile(filepath.Join(top, file))
	for range 3 {
		if err == nil {
			break
		}
		top = filepath.Join(top, "..")
		text, err = os.ReadFile(filepath.Join(top, file))
	}
	if err != nil {
		tb.Fatal(err)
	}
	statements := strings.Split(string(text), ";\n")
	statements = append(statements, `INSERT INTO wp_posts (ID, post_title, post_content, post_excerpt, to_ping, pinged,
		post_content_filtered, post_type) VALUES (12, 'Painting', '', '', '', '', '', 'page'),
		(15, 'Sculpture', '', '', '', '', '', 'page'), (18, 'Weaving', '', '', '', '', '', 'page')`)
	for _, s := range statements {
		if strings.TrimSpace(s) == "" || strings.Contains(s, "enrolld_site_names") {
			continue // ours has that one already
		}
		if _, err := conn.ExecContext(tb.Context(), s); err != nil {
			tb.Fatalf("%v\n%s", err, s)
		}
	}
}

// NewProcessor makes a processor on a handle, which nobody has used yet but for
// that of the world; its retries are not left to chance.
func (w *World) NewProcessor(db *store.DB, opt provision.Options) *provision.Processor {
	db.SetClock(w.Clock.Now)
	if opt.Chance == nil {
		opt.Chance = func() float64 { return 0.5 }
	}
	return provision.New(db, w.Reader, opt)
}

// Replica is a processor as another replica has one, on a handle of its own.
func (w *World) Replica(opt provision.Options) *provision.Processor {
	w.T.Helper()
	return w.NewProcessor(w.open(), opt)
}

// Course is a page of the site.
func Course(id int64) enrolld.CourseRef { return enrolld.CourseRef{LMS: "page", ID: id} }

// Map gives a product pages, under a rule.
func (w *World) Map(product string, rule enrolld.Rule, pages ...int64) {
	w.T.Helper()
	w.MapIn(w.Account, product, rule, pages...)
}

// MapIn is Map for any account.
func (w *World) MapIn(account enrolld.Account, product string, rule enrolld.Rule, pages ...int64) {
	w.T.Helper()
	for _, id := range pages {
		rule.Courses = append(rule.Courses, Course(id))
	}
	_, err := w.DB.MapProduct(w.T.Context(), enrolld.Product{
		AccountID: account.ID, Platform: Platform, Key: product, Rule: rule,
	})
	w.Check(err)
}

// Put stores a delivery of the account's source that says these events. Its key
// is its body; the same key is the same delivery.
func (w *World) Put(key string, events ...enrolld.Event) {
	w.T.Helper()
	w.PutFrom(w.Source, key, events...)
}

// PutFrom is Put for any source.
func (w *World) PutFrom(source store.Integration, key string, events ...enrolld.Event) {
	w.T.Helper()
	w.Reader.Says(key, provision.Reading{Events: events})
	w.Check(w.inbox.Put(w.T.Context(), w.Delivery(source, key)))
}

// PutBody stores a delivery of which the reader was told already.
func (w *World) PutBody(key string) error {
	return w.inbox.Put(w.T.Context(), w.Delivery(w.Source, key))
}

// Delivery is a delivery whose key and body are the same.
func (w *World) Delivery(source store.Integration, key string) store.Delivery {
	return store.Delivery{
		AccountID: source.AccountID, IntegrationID: source.ID, Key: key, Event: "test", State: enrolld.DeliveryQueued,
		ReceivedAt: w.Clock.Now(), Header: http.Header{}, Body: []byte(key),
	}
}

// Work has the processor work until nothing is due, and then the clock.
func (w *World) Work() {
	w.T.Helper()
	w.Drain(w.Processor)
	_, err := w.Processor.DueAll(w.T.Context())
	w.Check(err)
}

// Drain has a processor work on deliveries until none is due.
func (w *World) Drain(p *provision.Processor) {
	w.T.Helper()
	for {
		n, err := p.Step(w.T.Context())
		w.Check(err)
		if n == 0 {
			return
		}
	}
}

// Receive puts a delivery and works on it.
func (w *World) Receive(key string, events ...enrolld.Event) {
	w.T.Helper()
	w.Put(key, events...)
	w.Work()
}

// Pass lets time pass, and the clock do its work.
func (w *World) Pass(d time.Duration) {
	w.T.Helper()
	w.Clock.Advance(d)
	w.Work()
}

// Check fails the test at once when there is an error.
func (w *World) Check(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// Exec runs a statement.
func (w *World) Exec(query string, args ...any) {
	w.T.Helper()
	if _, err := w.DB.Conn().ExecContext(w.T.Context(), query, args...); err != nil {
		w.T.Fatalf("%s: %v", query, err)
	}
}

// Want compares the rows of a query, columns joined by |, with what is expected.
func (w *World) Want(query string, want ...string) {
	w.T.Helper()
	if diff := cmp.Diff(want, w.Rows(query)); diff != "" {
		w.T.Errorf("%s (-want +got):\n%s", query, diff)
	}
}

// Rows returns the rows of a query, columns joined by |.
func (w *World) Rows(query string, args ...any) []string {
	w.T.Helper()
	out, err := rowsOf(w.T.Context(), w.DB.Conn(), query, args...)
	if err != nil {
		w.T.Fatalf("%s: %v", query, err)
	}
	return out
}

func rowsOf(ctx context.Context, conn *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out []string
	for rows.Next() {
		cells, to := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range cells {
			to[i] = &cells[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		texts := make([]string, len(cells))
		for i, c := range cells {
			texts[i] = c.String
			if !c.Valid {
				texts[i] = "NULL"
			}
		}
		out = append(out, strings.Join(texts, "|"))
	}
	return out, rows.Err()
}
