package service

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"enrolld"
	"enrolld/mailer"
	"enrolld/store"
	"enrolld/store/provision"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const (
	patience = 60 * time.Second
	secret   = "cart-secret-word"
)

// start starts a service on a free port and stops it when the test ends.
func start(t *testing.T, c Config) *Service {
	t.Helper()
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Listen, c.MetricsListen = "127.0.0.1:0", "127.0.0.1:0"
	s, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.stop == nil {
			return // the test has stopped it
		}
		if err := s.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return s
}

// connect adds an account with a ThriveCart integration and returns the
// webhook's path.
func connect(t *testing.T, db *store.DB) string {
	t.Helper()
	account, err := db.AddAccount(t.Context(), enrolld.Account{Name: "Acme", BlogID: 1, LinkDays: 7}, store.Site{
		Schema: db.Name(), BasePrefix: "wp_", UsersTable: "wp_users", UserMetaTable: "wp_usermeta",
	})
	if err != nil {
		t.Fatal(err)
	}
	i, err := db.AddIntegration(t.Context(), store.Integration{
		AccountID: account.ID, Platform: "thrivecart", Secrets: []enrolld.Secret{secret},
	})
	if err != nil {
		t.Fatal(err)
	}
	return "/webhooks/thrivecart/" + i.Token.Reveal()
}

func sale(order string) string {
	return url.Values{
		"event": {"order.success"}, "thrivecart_secret": {secret}, "order_id": {order},
		"customer[email]": {"ann@example.org"},
	}.Encode()
}

// status asks an address, or posts a form to it, and returns the status.
func status(t *testing.T, address, form string) int {
	t.Helper()
	method := http.MethodGet
	if form != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode
}

func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}

// TestStartWithoutDatabase: the service starts, says 503, and is well as soon as
// there is a database, which it gives its schema.
func TestStartWithoutDatabase(t *testing.T) {
	name := storetest.Empty(t)
	dir, err := os.MkdirTemp("", "late") // a test's own folder may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = "root", "unix", socket, name
	db, err := store.Open(store.Config{DSN: enrolld.Secret(c.FormatDSN())}, storetest.Keyring())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := start(t, Config{DB: db, Migrate: true})
	base := "http://" + s.Addr()
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/webhooks/thrivecart/token": 503} {
		if got := status(t, base+path, ""); got != want {
			t.Errorf("without a database: GET %s: %d, want %d", path, got, want)
		}
	}
	if got := status(t, "http://"+s.MetricsAddr()+"/metrics", ""); got != 200 {
		t.Errorf("without a database: /metrics: %d, want 200", got)
	}
	if err := os.Symlink(storetest.Server(t).Socket(), socket); err != nil {
		t.Fatal(err)
	}
	eventually(t, "readyz", func() bool { return status(t, base+"/readyz", "") == 200 })
	if err := db.CheckSchema(t.Context()); err != nil {
		t.Errorf("ready, and the schema: %v", err)
	}
	hook := connect(t, db)
	if got := status(t, base+hook, sale("1")); got != 200 {
		t.Errorf("a sale: %d, want 200", got)
	}
}

// TestNotReadyWithoutSchema: a database alone is not enough.
func TestNotReadyWithoutSchema(t *testing.T) {
	db := storetest.Open(t, storetest.Empty(t), 0)
	s := start(t, Config{DB: db})
	base := "http://" + s.Addr()
	if got := status(t, base+"/readyz", ""); got != 503 {
		t.Errorf("readyz without a schema: %d, want 503", got)
	}
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "readyz", func() bool { return status(t, base+"/readyz", "") == 200 })
}

// TestUnusableSite: a service all of whose sites cannot be used ends with the
// reason.
func TestUnusableSite(t *testing.T) {
	db := storetest.New(t)
	connect(t, db)
	for _, table := range []string{"wp_users", "wp_usermeta"} {
		if _, err := db.Conn().ExecContext(t.Context(), "CREATE TABLE "+table+" (id INT) ENGINE=MyISAM"); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, Config{DB: db, Workers: 1})
	select {
	case err := <-s.Failed():
		for _, want := range []string{"Acme", "wp_users", "InnoDB"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("the reason %q lacks %q", err, want)
			}
		}
	case <-time.After(patience):
		t.Fatal("the service goes on")
	}
	if got := status(t, "http://"+s.Addr()+"/healthz", ""); got != 200 {
		t.Errorf("healthz until it is stopped: %d, want 200", got)
	}
}

// TestSiteAway: a service whose only site cannot be used for any other reason
// goes on, and so does one that only receives, whatever its site is like.
func TestSiteAway(t *testing.T) {
	for name, tt := range map[string]struct {
		tables  string
		workers int
	}{
		"being restored":          {"", 1},
		"half restored":           {"CREATE TABLE wp_users (id INT)", 1},
		"receives only":           {"CREATE TABLE wp_users (id INT) ENGINE=MyISAM", 0},
		"receives only, restored": {"", 0},
	} {
		t.Run(name, func(t *testing.T) {
			db := storetest.New(t)
			hook := connect(t, db)
			if tt.tables != "" {
				if _, err := db.Conn().ExecContext(t.Context(), tt.tables); err != nil {
					t.Fatal(err)
				}
			}
			log := &lockedBuffer{}
			s := start(t, Config{DB: db, Workers: tt.workers, Log: slog.New(slog.NewTextHandler(log, nil))})
			eventually(t, "the site is looked at", func() bool { return strings.Contains(log.String(), "site cannot be used") })
			if got := status(t, "http://"+s.Addr()+hook, sale("1")); got != 200 {
				t.Errorf("a sale: %d, want 200", got)
			}
			hangs := time.After(200 * time.Millisecond)
			select {
			case err := <-s.Failed():
				t.Errorf("the service ends: %v", err)
			case <-hangs:
			}
		})
	}
}

// lockedBuffer is a log to look into while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// TestHeaderFits: what a sender may put into a header can be stored, also where
// it grows on the way; what is larger is refused before it is read.
func TestHeaderFits(t *testing.T) {
	db := storetest.New(t)
	hook := connect(t, db)
	s := start(t, Config{DB: db})
	for name, tt := range map[string]struct {
		header string
		status int
	}{
		"long":       {"X-Long: " + strings.Repeat("x", 30<<10) + "\r\n", 200},
		"many lines": {strings.Repeat("a:\n", 35<<10/3), 200},
		"too long":   {"X-Long: " + strings.Repeat("x", 48<<10) + "\r\n", 431},
		"far longer": {"X-Long: " + strings.Repeat("x", 66<<10) + "\r\n", 431},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			body := sale(name)
			go func() { // the server may answer before it has read all
				_, _ = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n"+
					"Content-Type: application/x-www-form-urlencoded\r\n%s\r\n%s", hook, len(body), tt.header, body)
			}()
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if res.StatusCode != tt.status {
				t.Errorf("status = %d, want %d", res.StatusCode, tt.status)
			}
		})
	}
}

// TestNoAccounts: there is nothing to refuse yet.
func TestNoAccounts(t *testing.T) {
	s := start(t, Config{DB: storetest.New(t)})
	eventually(t, "readyz", func() bool { return status(t, "http://"+s.Addr()+"/readyz", "") == 200 })
	hangs := time.After(200 * time.Millisecond)
	select {
	case err := <-s.Failed():
		t.Errorf("the service failed: %v", err)
	case <-hangs:
	}
}

// TestStopDrains: a delivery that is on its way in is stored and answered.
func TestStopDrains(t *testing.T) {
	db := storetest.New(t)
	hook := connect(t, db)
	s := start(t, Config{DB: db, Relays: []mailer.Config{{Host: "127.0.0.1", Port: 1}}})
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	body := sale("1")
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\n\r\n", hook, len(body))
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	if line, err := in.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("got %q, %v; want to be told to continue", line, err) // the handler reads the body now
	}
	if _, err := in.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- s.Stop() }()
	eventually(t, "no new connections", func() bool {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Addr())
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	if _, err := io.WriteString(conn, body); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("status = %d, want 200", res.StatusCode)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stop: %v", err)
	}
	s.stop = nil
	var n int
	err = db.Conn().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM enrolld_deliveries").Scan(&n)
	if err != nil || n != 1 {
		t.Errorf("%d deliveries are stored, %v; want 1", n, err)
	}
}

// TestAddressTaken: a service that cannot listen leaves nothing behind.
func TestAddressTaken(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	db := storetest.New(t)
	log := slog.New(slog.DiscardHandler)
	for name, c := range map[string]Config{
		"public":   {DB: db, Log: log, Listen: l.Addr().String()},
		"operator": {DB: db, Log: log, Listen: "127.0.0.1:0", MetricsListen: l.Addr().String()},
	} {
		_, err := Start(c)
		if enrolld.CodeOf(err) != enrolld.Unavailable || !strings.Contains(enrolld.MessageOf(err), l.Addr().String()) {
			t.Errorf("%s: error %v, want one that names the address", name, err)
		}
	}
}

func TestMailDomain(t *testing.T) {
	for base, want := range map[string]string{
		"": "localhost", "https://hooks.example.com/x": "hooks.example.com", "http://[::1]:80": "::1", "://": "localhost",
	} {
		s := &Service{cfg: Config{BaseURL: base}}
		if got := s.mailDomain(); got != want {
			t.Errorf("mailDomain of %q = %q, want %q", base, got, want)
		}
	}
}

// TestReaderOfUnknownPlatform: an older version leaves such deliveries alone.
func TestReaderOfUnknownPlatform(t *testing.T) {
	_, err := NewReader(Platforms(nil)).Read(t.Context(), provision.Source{Platform: "tomorrow"})
	if got := enrolld.OutcomeOf(err); got != enrolld.OutcomePark {
		t.Errorf("outcome = %q (%v), want %q", got, err, enrolld.OutcomePark)
	}
}
