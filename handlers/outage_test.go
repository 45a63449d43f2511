package handlers

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"

	"enrolld"
	"enrolld/store"
	"enrolld/store/storetest"
)

// barrier stands between us and the database, and can be shut.
type barrier struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	shut     bool
	open     map[net.Conn]bool
}

// newBarrier opens a gate before the tests' database server and returns it with
// the address of a database behind it.
func newBarrier(t *testing.T, database string) (*barrier, enrolld.Secret) {
	t.Helper()
	dir, err := os.MkdirTemp("", "gate") // a test's own folder may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	g := &barrier{listener: l, target: storetest.Server(t).Socket(), open: map[net.Conn]bool{}}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		g.serve()
	}()
	t.Cleanup(func() {
		_ = l.Close()
		g.close()
		<-ended
	})
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = "root", "unix", l.Addr().String(), database
	return g, enrolld.Secret(c.FormatDSN())
}

func (g *barrier) serve() {
	var pipes sync.WaitGroup
	defer pipes.Wait()
	for {
		in, err := g.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("unix", g.target)
		if err != nil || !g.admit(in, out) {
			_ = in.Close()
			continue
		}
		for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
			pipes.Go(func() {
				_, _ = io.Copy(way[0], way[1])
				_ = way[0].Close()
				_ = way[1].Close()
			})
		}
	}
}

func (g *barrier) admit(conns ...net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range conns {
		if g.shut {
			_ = c.Close()
			continue
		}
		g.open[c] = true
	}
	return !g.shut
}

// close breaks all connections and lets no new ones through.
func (g *barrier) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	for c := range g.open {
		_ = c.Close()
	}
	clear(g.open)
}

func (g *barrier) reopen() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
}

// TestDatabaseAway: nothing is answered 200 that is not stored, senders are asked
// to come again, and everything works by itself once the database is back.
func TestDatabaseAway(t *testing.T) {
	prepared := storetest.New(t)
	g, dsn := newBarrier(t, prepared.Name())
	db, err := store.Open(store.Config{DSN: dsn}, storetest.Keyring())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r := newRigOn(t, db)
	if got := r.post("thrivecart", cart(cartSecret, "1")); got.status != http.StatusOK {
		t.Fatalf("before: %d, want 200", got.status)
	}
	g.close()
	for _, tt := range []struct {
		name   string
		got    answer
		status int
	}{
		{"a delivery of a source just read", r.post("thrivecart", cart(cartSecret, "2")), 503},
		{"a delivery of another source", r.post("stripe", stripeEvent(stripeSecret, r.clock.Now(), stripeBody("1"))), 503},
		{"a forged delivery", r.post("thrivecart", cart("guess", "3")), 401},
		{"a probe of another source", r.get(r.hook("generic")), 503},
		{"a guess", r.get("/webhooks/stripe/guess"), 503},
		{"readyz", r.get("/readyz"), 503},
		{"healthz", r.get("/healthz"), 200},
	} {
		if tt.got.status != tt.status {
			t.Errorf("%s: %d, want %d", tt.name, tt.got.status, tt.status)
		}
		if retry := tt.got.header.Get("Retry-After"); (retry != "") != (tt.status == 503) {
			t.Errorf("%s: Retry-After = %q", tt.name, retry)
		}
	}
	r.wantMetric(`enrolld_database_up 0`)
	g.reopen()
	if got := r.get("/readyz"); got.status != http.StatusOK {
		t.Errorf("readyz afterwards: %d, want 200", got.status)
	}
	for _, order := range []string{"1", "2"} {
		if got := r.post("thrivecart", cart(cartSecret, order)); got.status != http.StatusOK {
			t.Errorf("order %s afterwards: %d, want 200", order, got.status)
		}
	}
	if n := len(r.rows()); n != 2 {
		t.Errorf("%d are stored, want the two orders", n)
	}
	r.wantMetric(`enrolld_database_up 1`)
	r.wantMetric(`enrolld_webhooks_total{platform="thrivecart",result="failed"} 1`)
}

// TestTableMissing: before the schema is there, deliveries are put off too.
func TestTableMissing(t *testing.T) {
	r := newRig(t)
	r.get(r.hook("thrivecart")) // the source is known from now on
	r.exec("RENAME TABLE enrolld_deliveries TO elsewhere")
	got := r.post("thrivecart", cart(cartSecret, "1"))
	if got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "migrate") {
		t.Errorf("got %d %q, want 503 that says what to do", got.status, got.body)
	}
	r.exec("RENAME TABLE elsewhere TO enrolld_deliveries")
}

// TestDefectWhileStoring: whatever keeps a delivery from being stored, its sender
// is asked to come again.
func TestDefectWhileStoring(t *testing.T) {
	r := newRig(t)
	r.exec("ALTER TABLE enrolld_deliveries RENAME COLUMN note TO remark")
	got := r.post("thrivecart", cart(cartSecret, "1"))
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("got %d, Retry-After %q; want 503 with one", got.status, got.header.Get("Retry-After"))
	}
	r.exec("ALTER TABLE enrolld_deliveries RENAME COLUMN remark TO note")
	if got := r.post("thrivecart", cart(cartSecret, "1")); got.status != http.StatusOK {
		t.Errorf("afterwards: %d, want 200", got.status)
	}
}

// TestReady follows a service from its start to its end.
func TestReady(t *testing.T) {
	r := newRig(t)
	fresh, err := New(Config{DB: r.db, Inbox: r.inbox, Platforms: r.platforms, Metrics: NewMetrics(r.db), Log: r.logger, BaseURL: "https://admin.example", Courses: noCourses, Access: noAccess{}})
	if err != nil {
		t.Fatal(err)
	}
	if r.public, err = fresh.Public(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		when          string
		do            func()
		ready, posted int
	}{
		{"before the schema is there", func() {}, 503, 200},
		{"at work", fresh.Ready, 200, 200},
		{"draining", fresh.Drain, 503, 200},
	} {
		tt.do()
		if got := r.get("/readyz"); got.status != tt.ready {
			t.Errorf("%s: readyz %d, want %d", tt.when, got.status, tt.ready)
		}
		if got := r.get("/healthz"); got.status != http.StatusOK {
			t.Errorf("%s: healthz %d, want 200", tt.when, got.status)
		}
		if got := r.post("thrivecart", cart(cartSecret, "1")); got.status != tt.posted {
			t.Errorf("%s: a delivery %d, want %d", tt.when, got.status, tt.posted)
		}
	}
}
