package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// patience bounds every wait for another goroutine or connection.
const patience = time.Minute

// term is how long a claim of the tests lasts.
const term = time.Minute

// world is a database with one account, which has one integration, and a clock
// that stands still until the test moves it.
type world struct {
	t       testing.TB
	db      *store.DB
	clock   *storetest.Clock
	account enrolld.Account
	source  store.Integration
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, db: storetest.New(t), clock: storetest.NewClock()}
	w.db.SetClock(w.clock.Now)
	w.account = w.addAccount("Example Academy")
	w.source = w.addSource(w.account.ID)
	return w
}

func (w *world) addAccount(name string) enrolld.Account {
	w.t.Helper()
	site := store.Site{Schema: "wp", BasePrefix: "wp_", UsersTable: "wp_users", UserMetaTable: "wp_usermeta"}
	a, err := w.db.AddAccount(w.t.Context(), enrolld.Account{Name: name, BlogID: 1, LinkDays: 7}, site)
	w.check(err)
	return a
}

func (w *world) addSource(account int64) store.Integration {
	w.t.Helper()
	i, err := w.db.AddIntegration(w.t.Context(), store.Integration{
		AccountID: account, Platform: "stripe", Name: "Shop", Secrets: []enrolld.Secret{"whsec_1"}, AcceptTest: true,
	})
	w.check(err)
	return i
}

// replica is another handle on the same database, with its own connections.
func (w *world) replica(conns int) *store.DB {
	w.t.Helper()
	db := storetest.Open(w.t, w.db.Name(), conns)
	db.SetClock(w.clock.Now)
	return db
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// inTx runs f in a transaction that must commit.
func (w *world) inTx(f func(context.Context, *store.Tx) error) {
	w.t.Helper()
	w.check(w.db.InTx(w.t.Context(), func(tx *store.Tx) error { return f(w.t.Context(), tx) }))
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Conn().ExecContext(w.t.Context(), query, args...); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
}

// want compares the rows of a query, columns joined by |, with what is expected.
func (w *world) want(query string, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.rows(query)); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", query, diff)
	}
}

func (w *world) rows(query string, args ...any) []string {
	w.t.Helper()
	out, err := readRows(w.t.Context(), w.db.Conn(), query, args...)
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return out
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func readRows(ctx context.Context, conn queryer, query string, args ...any) ([]string, error) {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out []string
	for rows.Next() {
		cells, to := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
		for i := range cells {
			to[i] = &cells[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		texts := make([]string, len(cells))
		for i, c := range cells {
			texts[i] = "NULL"
			if c != nil {
				texts[i] = string(c)
			}
		}
		out = append(out, strings.Join(texts, "|"))
	}
	return out, rows.Err()
}

// delivery is a queued delivery of the world's source, due now.
func (w *world) delivery(key string) store.Delivery {
	return store.Delivery{
		AccountID: w.account.ID, IntegrationID: w.source.ID, Key: key, Event: "order.paid", State: enrolld.DeliveryQueued,
		ReceivedAt: w.clock.Now(), RemoteAddr: "192.0.2.1", RequestID: "request", Header: http.Header{"X-Test": {"yes"}},
		Body: []byte(`{"key":"` + key + `"}`),
	}
}

// receive stores deliveries through an inbox of its own.
func (w *world) receive(deliveries ...store.Delivery) {
	w.t.Helper()
	inbox := store.NewInbox(w.db)
	defer inbox.Close()
	for _, d := range deliveries {
		w.check(inbox.Put(w.t.Context(), d))
	}
}

// claim leases up to n deliveries for the usual term.
func (w *world) claim(n int) (store.Lease, []store.Delivery) {
	w.t.Helper()
	lease := store.NewLease()
	list, err := w.db.Claim(w.t.Context(), n, lease, term)
	w.check(err)
	return lease, list
}

func wantCode(t testing.TB, what string, err error, want enrolld.Code) {
	t.Helper()
	if got := enrolld.CodeOf(err); got != want {
		t.Errorf("%s: got code %q (%v), want %q", what, got, err, want)
	}
}

// names makes n names: prefix1, prefix2, …
func names(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s%d", prefix, i+1)
	}
	return out
}

func idsOf[T any](list []T, id func(T) int64) []int64 {
	out := make([]int64, len(list))
	for i, v := range list {
		out[i] = id(v)
	}
	return out
}
