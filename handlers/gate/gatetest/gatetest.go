// Package gatetest gives tests of screens a frame around them on a database of
// their own, people who are signed in, and a browser that keeps cookies.
package gatetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/mux"

	"github.com/alexedwards/argon2id"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/store"
	"enrolld/store/storetest"
	"enrolld/store/team"
)

// BaseURL is the address of the admin in tests.
const BaseURL = "https://admin.example"

// Password is that of every login that the rig makes.
const Password = "correct horse battery staple"

// Rig is some screens in their frame.
type Rig struct {
	T     testing.TB
	DB    *store.DB
	Team  *team.Team
	Clock *storetest.Clock
	Frame *gate.Frame
	// Account is a client account on a site that does not exist.
	Account enrolld.Account

	handler http.Handler
	routes  []gate.Route
}

// New makes a rig of the routes that a package has.
func New(t testing.TB, routes func(*gate.Frame) []gate.Route, nav ...gate.NavEntry) *Rig {
	t.Helper()
	clock, db := storetest.NewClock(), storetest.New(t)
	db.SetClock(clock.Now)
	r := On(t, db, clock, routes, nav...)
	r.Account = r.AddAccount("Ink & Wash", 0)
	return r
}

// On is New on a database with a clock; there is no account yet.
func On(t testing.TB, db *store.DB, clock *storetest.Clock, routes func(*gate.Frame) []gate.Route, nav ...gate.NavEntry) *Rig {
	t.Helper()
	r := &Rig{T: t, DB: db, Clock: clock}
	r.Team = team.New(r.DB)
	r.Team.SetPasswordCost(cheap)
	var err error
	r.Frame, err = gate.New(gate.Config{
		DB: r.DB, Team: r.Team, Log: slog.New(slog.DiscardHandler), BaseURL: BaseURL, Now: r.Clock.Now, Nav: nav,
		ClientIP:  func(q *http.Request) netip.Addr { return netip.MustParseAddrPort(q.RemoteAddr).Addr() },
		RequestID: func(context.Context) string { return "0123456789abcdef" },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.routes = routes(r.Frame)
	m := mux.NewRouter()
	for _, route := range r.routes {
		if err := route.Check(); err != nil {
			t.Fatal(err)
		}
		h := r.Frame.Handler(route)
		m.HandleFunc(route.Path, func(w http.ResponseWriter, q *http.Request) {
			if err := h(w, q); enrolld.CodeOf(err) == enrolld.Internal {
				t.Errorf("%s %s: %v", q.Method, q.URL.Path, err)
			}
		}).Methods(route.Methods()...)
	}
	r.handler = m
	return r
}

// AddAccount adds a client account, or a sub-account of one.
func (r *Rig) AddAccount(name string, parent int64) enrolld.Account {
	r.T.Helper()
	a, err := r.DB.AddAccount(r.T.Context(), enrolld.Account{
		Name: name, ParentID: parent, BlogID: 1, LinkDays: 7, SiteURL: "https://" + strings.ToLower(strings.Fields(name)[0]) + ".example",
	}, store.Site{Schema: r.DB.Name(), BasePrefix: "wp_", UsersTable: "wp_users", UserMetaTable: "wp_usermeta"})
	if err != nil {
		r.T.Fatal(err)
	}
	return a
}

// cheap is what hashing a password takes in tests.
var cheap = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// password is hashed once for all tests of a binary.
var password = sync.OnceValues(func() (string, error) { return argon2id.CreateHash(Password, cheap) })

// AddLogin makes a login with Password and no second factor, and no account.
func (r *Rig) AddLogin(email string) enrolld.Login {
	r.T.Helper()
	hash, err := password()
	if err != nil {
		r.T.Fatal(err)
	}
	addr, key, err := enrolld.ParseEmail(email)
	if err != nil {
		r.T.Fatal(err)
	}
	name, _, _ := strings.Cut(addr, "@")
	handle := make([]byte, 32)
	copy(handle, key)
	id := r.Insert(`INSERT INTO enrolld_logins (email, email_key, name, password_hash, password_at, handle, created_at) VALUES (?,?,?,?,?,?,?)`,
		addr, string(key), strings.ToUpper(name[:1])+name[1:], hash, r.DB.Now(), handle, r.DB.Now())
	login, err := r.Team.Login(r.T.Context(), id)
	if err != nil {
		r.T.Fatal(err)
	}
	return login
}

// GiveFactor gives a login a second factor that nobody can use, so that owners
// and admins are let in.
func (r *Rig) GiveFactor(loginID int64) {
	r.T.Helper()
	r.Exec(`UPDATE enrolld_logins SET totp_secret = ?, totp_at = ? WHERE id = ?`, []byte("none"), r.DB.Now(), loginID)
}

// Join makes a login a member of a client account, straight in the tables: tests
// of rules begin with what the rules would not allow, too.
func (r *Rig) Join(loginID, accountID int64, terms enrolld.Terms) enrolld.Member {
	r.T.Helper()
	s := terms.Scope
	var owner any
	if terms.Type == enrolld.TypeOwner {
		owner = accountID
	}
	id := r.Insert(`INSERT INTO enrolld_members (account_id, login_id, type, all_rights, all_accounts, all_products, edit_products,
		delete_products, owner_of, created_at) VALUES (?,?,?,?,?,?,?,?,?,?)`,
		accountID, loginID, terms.Type, terms.All, s.AllAccounts, s.AllProducts, s.EditProducts, s.DeleteProducts, owner, r.DB.Now())
	for p, until := range terms.Rights {
		var end any
		if !until.IsZero() {
			end = until
		}
		r.Exec(`INSERT INTO enrolld_member_rights (member_id, permission, ends_at) VALUES (?,?,?)`, id, string(p), end)
	}
	for _, a := range s.Accounts {
		r.Exec(`INSERT INTO enrolld_member_accounts (member_id, account_id) VALUES (?,?)`, id, a)
	}
	for _, p := range s.Products {
		r.Exec(`INSERT INTO enrolld_member_products (member_id, product_id) VALUES (?,?)`, id, p)
	}
	return enrolld.Member{ID: id, AccountID: accountID, LoginID: loginID, Terms: terms, CreatedAt: r.DB.Now(), Revision: 1}
}

// Owner makes a login that owns the account and has a second factor.
func (r *Rig) Owner(email string, accountID int64) (enrolld.Login, enrolld.Member) {
	r.T.Helper()
	return r.Person(email, accountID, enrolld.OwnerTerms())
}

// Person makes a login with a second factor and makes it a member.
func (r *Rig) Person(email string, accountID int64, terms enrolld.Terms) (enrolld.Login, enrolld.Member) {
	r.T.Helper()
	login := r.AddLogin(email)
	r.GiveFactor(login.ID)
	return login, r.Join(login.ID, accountID, terms)
}

// Exec runs a statement.
func (r *Rig) Exec(query string, args ...any) {
	r.T.Helper()
	if _, err := r.DB.Conn().ExecContext(r.T.Context(), query, args...); err != nil {
		r.T.Fatalf("%s: %v", query, err)
	}
}

// Insert runs an INSERT and returns the row's id.
func (r *Rig) Insert(query string, args ...any) int64 {
	r.T.Helper()
	res, err := r.DB.Conn().ExecContext(r.T.Context(), query, args...)
	if err != nil {
		r.T.Fatalf("%s: %v", query, err)
	}
	id, err := res.LastInsertId()
	if err != nil {
		r.T.Fatal(err)
	}
	return id
}

// Number reads one number; NULL is 0.
func (r *Rig) Number(query string, args ...any) int64 {
	r.T.Helper()
	var n *int64
	if err := r.DB.Conn().QueryRowContext(r.T.Context(), query, args...).Scan(&n); err != nil {
		r.T.Fatalf("%s: %v", query, err)
	}
	if n == nil {
		return 0
	}
	return *n
}

// Dump is everything in the tables that screens change, but for what every
// request leaves: sessions, budgets, the audit log.
func (r *Rig) Dump() map[string][]string {
	r.T.Helper()
	out := map[string][]string{}
	for _, table := range []string{
		"accounts", "logins", "members", "member_rights", "member_accounts", "member_products", "member_topics", "invitations",
		"tokens", "passkeys", "recovery_codes", "transfers", "messages", "products", "entries", "imports",
	} {
		out[table] = r.rows("SELECT * FROM enrolld_" + table)
	}
	out["sessions"] = r.rows("SELECT id, login_id, ended_at FROM enrolld_sessions ORDER BY id")
	return out
}

func (r *Rig) rows(query string) (out []string) {
	r.T.Helper()
	rows, err := r.DB.Conn().QueryContext(r.T.Context(), query)
	if err != nil {
		r.T.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		r.T.Fatal(err)
	}
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new([]byte)
		}
		if err := rows.Scan(values...); err != nil {
			r.T.Fatal(err)
		}
		var line strings.Builder
		for i, v := range values {
			fmt.Fprintf(&line, "%s=%q ", columns[i], *v.(*[]byte))
		}
		out = append(out, line.String())
	}
	if err := rows.Err(); err != nil {
		r.T.Fatal(err)
	}
	return out
}

// Mails lists the team mail that was queued to an address, oldest first.
func (r *Rig) Mails(to string) []*enrolld.Message {
	r.T.Helper()
	list, err := r.DB.ClaimMessages(r.T.Context(), 1000, enrolld.RankMany, store.NewLease(), 0)
	if err != nil {
		r.T.Fatal(err)
	}
	return slices.DeleteFunc(list, func(m *enrolld.Message) bool { return m.To != to || m.Data.Team == nil })
}

// LinkOf is the path that a mail's link leads to.
func (r *Rig) LinkOf(m *enrolld.Message) string {
	l := m.Data.Team.Link
	if l.Purpose == "" {
		return l.Path
	}
	return l.Path + r.DB.Keys().Token(l.Purpose)
}

// Browser keeps cookies, follows nothing and sends what browsers send.
type Browser struct {
	rig     *Rig
	cookies map[string]string
	// Addr is where it is; Agent is what it says it is.
	Addr, Agent string
}

// Browser opens a new one: nobody is signed in.
func (r *Rig) Browser() *Browser {
	return &Browser{rig: r, cookies: map[string]string{}, Addr: "192.0.2.7:4711", Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
}

// As opens a browser in which a login is signed in completely.
func (r *Rig) As(login enrolld.Login) *Browser {
	r.T.Helper()
	b := r.Browser()
	in := gate.Route{
		Name: "sign in", Method: http.MethodPost, Path: "/", Access: gate.Anyone,
		Handle: func(q *gate.Request) error {
			now, err := r.Team.Login(q.Context(), login.ID)
			if err != nil {
				return err
			}
			if err := r.Team.SignedIn(q.Context(), q.Actor(), team.SignIn{
				LoginID: now.ID, Epoch: now.Epoch, How: "password", KnownBrowser: true, Agent: "Firefox on Linux",
			}); err != nil {
				return err
			}
			return q.Session().Begin(login.ID, gate.StageFull)
		},
	}
	if a := b.send(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if err := r.Frame.Handler(in)(w, q); err != nil {
			r.T.Fatal(err)
		}
	}), http.MethodPost, "/", nil); a.Status != http.StatusOK {
		r.T.Fatalf("sign in: %d %s", a.Status, a.Body)
	}
	return b
}

// Answer is what a browser got.
type Answer struct {
	Status   int
	Location string
	Body     string
	Header   http.Header
}

// Get asks for a page.
func (b *Browser) Get(path string) Answer {
	return b.send(b.rig.handler, http.MethodGet, path, nil)
}

// Post sends a form from a page of ours.
func (b *Browser) Post(path string, form url.Values) Answer {
	if form == nil {
		form = url.Values{}
	}
	return b.send(b.rig.handler, http.MethodPost, path, form)
}

// PostParts sends a form of parts, in pairs of name and text; a name such as
// "file=list.csv" is that of a field and of the file in it.
func (b *Browser) PostParts(path string, parts ...string) Answer {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for pair := range slices.Chunk(parts, 2) {
		field, file, isFile := strings.Cut(pair[0], "=")
		part, err := w.CreateFormField(field)
		if isFile {
			part, err = w.CreateFormFile(field, file)
		}
		if err == nil {
			_, err = io.WriteString(part, pair[1])
		}
		if err != nil {
			b.rig.T.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.rig.T.Fatal(err)
	}
	q := httptest.NewRequestWithContext(b.rig.T.Context(), http.MethodPost, BaseURL+path, &body)
	q.Header.Set("Content-Type", w.FormDataContentType())
	return b.do(b.rig.handler, q)
}

// PostJSON sends JSON as a script of ours does.
func (b *Browser) PostJSON(path, body string) Answer {
	q := httptest.NewRequestWithContext(b.rig.T.Context(), http.MethodPost, BaseURL+path, strings.NewReader(body))
	q.Header.Set("Content-Type", "application/json")
	return b.do(b.rig.handler, q)
}

func (b *Browser) send(h http.Handler, method, path string, form url.Values) Answer {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	q := httptest.NewRequestWithContext(b.rig.T.Context(), method, BaseURL+path, body)
	if form != nil {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.do(h, q)
}

// Do sends any request, with the browser's cookies.
func (b *Browser) Do(q *http.Request) Answer { return b.do(b.rig.handler, q) }

// Watch asks for a page that goes on for a while; w gets it meanwhile.
func (b *Browser) Watch(w http.ResponseWriter, path string) {
	q := httptest.NewRequestWithContext(b.rig.T.Context(), http.MethodGet, BaseURL+path, nil)
	b.dress(q)
	b.rig.handler.ServeHTTP(w, q)
}

func (b *Browser) do(h http.Handler, q *http.Request) Answer {
	b.dress(q)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, q)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return Answer{w.Code, w.Header().Get("Location"), w.Body.String(), w.Header()}
}

// dress makes a request one of this browser.
func (b *Browser) dress(q *http.Request) {
	q.RemoteAddr = b.Addr
	q.Header.Set("User-Agent", b.Agent)
	if q.Header.Get("Sec-Fetch-Site") == "" {
		q.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range b.cookies {
		q.AddCookie(&http.Cookie{Name: name, Value: value}) //nolint:gosec // G124: as a browser sends it back, without its marks
	}
}

// Cookie is the value of one of the browser's cookies.
func (b *Browser) Cookie(name string) string { return b.cookies[name] }

// SetCookie changes one.
func (b *Browser) SetCookie(name, value string) { b.cookies[name] = value }

// Path is an address below an account.
func Path(accountID int64, below string) string {
	return "/a/" + strconv.FormatInt(accountID, 10) + below
}
