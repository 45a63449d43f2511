package handlers

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"enrolld"
	"enrolld/handlers/course"
	"enrolld/handlers/customers"
	"enrolld/integrations"
	"enrolld/integrations/generic"
	"enrolld/integrations/stripe"
	"enrolld/integrations/thrivecart"
	"enrolld/store"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// Secrets of the tests' integrations; each integration has both of its kind, as
// while one is being replaced by the other.
const (
	cartSecret, cartSecret2     = "cart-secret-word-one", "cart-secret-word-two"
	stripeSecret, stripeSecret2 = "whsec_stripe0123456789one", "whsec_stripe0123456789two"
	// Base64 of "generic source key one" and "… two".
	sourceSecret  = "whsec_Z2VuZXJpYyBzb3VyY2Uga2V5IG9uZQ=="
	sourceSecret2 = "whsec_Z2VuZXJpYyBzb3VyY2Uga2V5IHR3bw=="
)

// mark is in every payload of the tests, and may be in no line of the log.
const mark = "PAYLOADMARK"

// rig is a Server on a database of its own.
type rig struct {
	*Server
	t        *testing.T
	clock    *storetest.Clock
	public   http.Handler
	operator http.Handler
	log      *logBook
	tokens   map[string]string // of the integrations, by platform
	wakes    chan struct{}
}

func newRig(t *testing.T, change ...func(*Config)) *rig {
	t.Helper()
	return newRigOn(t, storetest.New(t), change...)
}

// noAccess changes nobody's access.
type noAccess struct {
	noIdentity
	customers.Decider
}

func (noAccess) Change(context.Context, enrolld.Actor, customers.Change) error { return nil }

func (noAccess) Add(context.Context, enrolld.Actor, customers.Newcomer) (customers.Added, error) {
	return customers.Added{}, nil
}

func (noAccess) Entrance(context.Context, int64, int64) (customers.Entrance, error) {
	return customers.Entrance{}, nil
}

func (noAccess) SendLink(context.Context, enrolld.Actor, int64, int64) error { return nil }

func (noAccess) SiteURL(context.Context, int64) (string, error) { return "", nil }

func (noAccess) User(context.Context, int64, enrolld.EmailKey) (bool, error) { return false, nil }

// noIdentity changes nobody's name or address.
type noIdentity struct{}

func (noIdentity) Standing(context.Context, int64, enrolld.Customer) (customers.Standing, error) {
	return customers.StandingNone, nil
}

func (noIdentity) ChangeProfile(context.Context, enrolld.Actor, customers.Profile) (bool, error) {
	return false, nil
}

func (noIdentity) AddAddress(context.Context, enrolld.Actor, int64, int64, string) error { return nil }

func (noIdentity) RemoveAddress(context.Context, enrolld.Actor, int64, int64, int64) error {
	return nil
}

func (noIdentity) Merge(context.Context, enrolld.Actor, customers.Merging) error { return nil }

func (noIdentity) Unmerge(context.Context, enrolld.Actor, int64, int64, int64) error { return nil }

func noCourses(context.Context, int64) ([]course.Course, error) { return nil, nil }

func newRigOn(t *testing.T, db *store.DB, change ...func(*Config)) *rig {
	t.Helper()
	r := &rig{
		t: t, clock: storetest.NewClock(), log: &logBook{}, tokens: map[string]string{}, wakes: make(chan struct{}, 1000),
	}
	inbox := store.NewInbox(db)
	t.Cleanup(inbox.Close)
	config := Config{
		DB: db, Inbox: inbox, Metrics: NewMetrics(db), Now: r.clock.Now, BaseURL: "https://admin.example", Courses: noCourses, Access: noAccess{},
		Platforms: integrations.NewRegistry(generic.New(), stripe.New(stripe.Options{}), thrivecart.New(thrivecart.Options{})),
		Log:       slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Wake:      func() { r.wakes <- struct{}{} },
	}
	for _, c := range change {
		c(&config)
	}
	server, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	r.Server = server
	server.Ready()
	if r.public, err = server.Public(); err != nil {
		t.Fatal(err)
	}
	if r.operator, err = server.Operator(); err != nil {
		t.Fatal(err)
	}
	r.connect()
	t.Cleanup(r.checkLog)
	return r
}

// connect adds an account with the three sources.
func (r *rig) connect() {
	r.t.Helper()
	account, err := r.db.AddAccount(r.t.Context(), enrolld.Account{Name: "Test", BlogID: 1, LinkDays: 7}, store.Site{
		Schema: r.db.Name(), BasePrefix: "wp_", UsersTable: "wp_users", UserMetaTable: "wp_usermeta",
	})
	if err != nil {
		r.t.Fatal(err)
	}
	for platform, secrets := range map[string][]enrolld.Secret{
		"thrivecart": {cartSecret, cartSecret2},
		"stripe":     {stripeSecret, stripeSecret2},
		"generic":    {sourceSecret, sourceSecret2},
	} {
		added, err := r.db.AddIntegration(r.t.Context(), store.Integration{
			AccountID: account.ID, Platform: platform, Secrets: secrets,
		})
		if err != nil {
			r.t.Fatal(err)
		}
		r.tokens[platform] = added.Token.Reveal()
	}
}

// hook is the path of an integration's webhook.
func (r *rig) hook(platform string) string { return "/webhooks/" + platform + "/" + r.tokens[platform] }

// checkLog looks for what no log may hold.
func (r *rig) checkLog() {
	text := r.log.String()
	secrets := []string{
		mark, "ann@example", cartSecret, cartSecret2, stripeSecret, stripeSecret2, sourceSecret, sourceSecret2,
	}
	for _, token := range r.tokens {
		secrets = append(secrets, token)
	}
	for _, s := range secrets {
		if i := strings.Index(text, s); i >= 0 {
			r.t.Errorf("the log holds %q: …%s…", s, text[max(0, i-200):min(len(text), i+100)])
		}
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request straight to the public handler.
func (r *rig) do(req *http.Request) answer {
	r.t.Helper()
	return serve(r.public, req)
}

func serve(h http.Handler, req *http.Request) answer {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return answer{w.Code, w.Header(), w.Body.String()}
}

func (r *rig) get(path string) answer {
	r.t.Helper()
	return r.do(httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, path, nil))
}

// post sends a delivery of a platform.
func (r *rig) post(platform string, p parcel) answer {
	r.t.Helper()
	return r.do(p.request(r.t.Context(), r.hook(platform)))
}

// row is a stored delivery as it lies in the table.
type row struct {
	State, Event, Note, Remote, Request string
	Duplicates                          int
	Header, Body                        string
}

// rows reads the table past the store.
func (r *rig) rows() []row {
	r.t.Helper()
	rows, err := r.db.Conn().QueryContext(r.t.Context(), `SELECT state, event, note, remote_addr, request_id, duplicates,
		headers, body FROM enrolld_deliveries ORDER BY id`)
	if err != nil {
		r.t.Fatal(err)
	}
	defer rows.Close()
	var out []row
	for rows.Next() {
		var x row
		err := rows.Scan(&x.State, &x.Event, &x.Note, &x.Remote, &x.Request, &x.Duplicates, &x.Header, &x.Body)
		if err != nil {
			r.t.Fatal(err)
		}
		out = append(out, x)
	}
	if err := rows.Err(); err != nil {
		r.t.Fatal(err)
	}
	return out
}

// one reads the only row.
func (r *rig) one() row {
	r.t.Helper()
	rows := r.rows()
	if len(rows) != 1 {
		r.t.Fatalf("%d deliveries are stored, want 1", len(rows))
	}
	return rows[0]
}

func (r *rig) clear() {
	r.t.Helper()
	r.exec("DELETE FROM enrolld_deliveries")
}

func (r *rig) exec(query string, args ...any) sql.Result {
	r.t.Helper()
	res, err := r.db.Conn().ExecContext(r.t.Context(), query, args...)
	if err != nil {
		r.t.Fatal(err)
	}
	return res
}

// listen serves the public handler on a real socket.
func (r *rig) listen() *httptest.Server {
	web := httptest.NewServer(r.public)
	r.t.Cleanup(web.Close)
	return web
}

// scrape reads the operator's metrics.
func (r *rig) scrape() string {
	r.t.Helper()
	got := serve(r.operator, httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, "/metrics", nil))
	if got.status != http.StatusOK {
		r.t.Fatalf("GET /metrics: %d", got.status)
	}
	return got.body
}

// wantMetric looks for a line of the metrics.
func (r *rig) wantMetric(line string) {
	r.t.Helper()
	if text := r.scrape(); !strings.Contains(text, "\n"+line+"\n") {
		var near []string
		name, _, _ := strings.Cut(line, "{")
		for l := range strings.Lines(text) {
			if strings.HasPrefix(l, name) {
				near = append(near, l)
			}
		}
		r.t.Errorf("the metrics lack %q; there are\n%s", line, strings.Join(near, ""))
	}
}

// call sends a request over the network.
func call(t *testing.T, method, url string, body io.Reader) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return client(t, req)
}

func client(t *testing.T, req *http.Request) answer {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

// patience bounds everything that tests wait for.
const patience = 30 * time.Second

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}

// logBook keeps what is logged.
type logBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func proxies(list ...string) func(*Config) {
	return func(c *Config) {
		for _, p := range list {
			c.Proxies = append(c.Proxies, netip.MustParsePrefix(p))
		}
	}
}
