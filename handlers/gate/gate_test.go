package gate_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/page"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// hello answers with who was let in.
func hello(r *gate.Request) error {
	_, err := fmt.Fprintf(r.Writer, "%s in %s", r.Viewer.Login.Email, r.Account.Name)
	return err
}

func newRig(t *testing.T) *gatetest.Rig {
	t.Helper()
	get, post := http.MethodGet, http.MethodPost
	return gatetest.New(t, func(*gate.Frame) []gate.Route {
		return []gate.Route{
			{Name: "open", Method: get, Path: "/open", Access: gate.Anyone, Handle: hello},
			{Name: "owing", Method: get, Path: "/owing", Access: gate.Partial, Handle: hello},
			{Name: "own", Method: get, Path: "/own", Access: gate.Person, Handle: hello},
			{Name: "do", Method: post, Path: "/own", Access: gate.Person, Handle: hello},
			{Name: "fresh", Method: get, Path: "/fresh", Access: gate.Person, Fresh: true, Handle: hello},
			{Name: "fresh-do", Method: post, Path: "/fresh", Access: gate.Person, Fresh: true, Handle: hello},
			{Name: "home", Method: get, Path: "/a/{account}", Access: gate.Member, Handle: hello},
			{Name: "users", Method: get, Path: "/a/{account}/users", Access: gate.Member, Permission: enrolld.PermUsers, Handle: hello},
			{Name: "products", Method: get, Path: "/a/{account}/products", Access: gate.Member, Permission: enrolld.PermProductsView, Handle: hello},
			{Name: "owner", Method: get, Path: "/a/{account}/owner", Access: gate.Member, OwnerOnly: true, Handle: hello},
			{Name: "flash", Method: post, Path: "/flash", Access: gate.Person, Handle: func(r *gate.Request) error { return r.Done("/own", "it is %s", "done") }},
			{Name: "page", Method: get, Path: "/page", Access: gate.Person, Handle: func(r *gate.Request) error {
				return gate.Show(r, page.Failure, page.NewErrorPage(r.Base("Page"), http.StatusOK, ""))
			}},
			{Name: "out", Method: post, Path: "/out", Access: gate.Partial, Handle: func(r *gate.Request) error {
				if err := r.Session().End(); err != nil {
					return err
				}
				return r.Redirect("/open")
			}},
			{Name: "broken", Method: get, Path: "/broken", Access: gate.Person, Handle: func(*gate.Request) error {
				return enrolld.Errorf(enrolld.Unavailable, "the thing is away")
			}},
		}
	}, gate.NavEntry{Title: "Overview"}, gate.NavEntry{Group: "Settings", Title: "Users", Path: "/users", Needs: enrolld.PermUsers})
}

func user(rights ...enrolld.Permission) enrolld.Terms {
	t := enrolld.Terms{Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{}, Scope: enrolld.Scope{AllAccounts: true, AllProducts: true}}
	for _, p := range rights {
		t.Rights[p] = time.Time{}
	}
	return t
}

func TestStranger(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.Browser()
	if a := b.Get("/open"); a.Status != http.StatusOK || b.Cookie("__Host-enrolld") != "" {
		t.Errorf("an open page: %d, cookie %q; want 200 and none", a.Status, b.Cookie("__Host-enrolld"))
	}
	for _, path := range []string{"/own", "/owing", "/fresh?x=1", "/a/1", "/a/1/users"} {
		want := "/sign-in?next=" + url.QueryEscape(path)
		if a := b.Get(path); a.Status != http.StatusSeeOther || a.Location != want {
			t.Errorf("GET %s: %d to %q, want 303 to %q", path, a.Status, a.Location, want)
		}
	}
	if a := b.Post("/own", nil); a.Status != http.StatusUnauthorized || !strings.Contains(a.Body, "0123456789abcdef") {
		t.Errorf("POST: %d, want 401 with the request's id", a.Status)
	}
}

func TestMemberOfAccount(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	other := r.AddAccount("Elsewhere", 0)
	sub := r.AddAccount("North", r.Account.ID)
	south := r.AddAccount("South", r.Account.ID)
	owner, _ := r.Owner("owner@example.org", r.Account.ID)
	stranger, _ := r.Owner("other@example.org", other.ID)
	plain := r.AddLogin("plain@example.org")
	r.Join(plain.ID, r.Account.ID, user(enrolld.PermProductsView))
	narrow := r.AddLogin("narrow@example.org")
	terms := user(enrolld.PermProductsView)
	terms.Scope = enrolld.Scope{Accounts: []int64{sub.ID}, AllProducts: true}
	r.Join(narrow.ID, r.Account.ID, terms)
	over := r.AddLogin("over@example.org")
	terms = user(enrolld.PermProductsView)
	terms.Rights[enrolld.PermProductsView] = r.Clock.Now().Add(time.Minute)
	r.Join(over.ID, r.Account.ID, terms)
	gone := r.AddLogin("gone@example.org")
	m := r.Join(gone.ID, r.Account.ID, user(enrolld.PermProductsView))
	r.Exec("UPDATE enrolld_members SET deactivated_at = ? WHERE id = ?", r.DB.Now(), m.ID)

	browsers := map[string]*gatetest.Browser{}
	for _, login := range []enrolld.Login{owner, stranger, plain, narrow, over, gone} {
		browsers[login.Email] = r.As(login)
	}
	r.Clock.Advance(time.Minute)
	home := func(a enrolld.Account, below string) string { return gatetest.Path(a.ID, below) }
	for _, test := range []struct {
		who, path string
		want      int
	}{
		{"owner@example.org", home(r.Account, ""), 200},
		{"owner@example.org", home(r.Account, "/users"), 200},
		{"owner@example.org", home(r.Account, "/owner"), 200},
		{"owner@example.org", home(sub, "/products"), 200},
		{"owner@example.org", home(other, ""), 404},
		{"owner@example.org", "/a/999999", 404},
		{"owner@example.org", "/a/0", 404},
		{"owner@example.org", "/a/x", 404},
		{"other@example.org", home(r.Account, ""), 404},
		{"other@example.org", home(sub, ""), 404},
		{"plain@example.org", home(r.Account, ""), 200},
		{"plain@example.org", home(r.Account, "/products"), 200},
		{"plain@example.org", home(r.Account, "/users"), 403},
		{"plain@example.org", home(r.Account, "/owner"), 403},
		{"narrow@example.org", home(sub, "/products"), 200},
		{"narrow@example.org", home(south, "/products"), 404},
		{"narrow@example.org", home(r.Account, "/products"), 404},
		{"over@example.org", home(r.Account, ""), 200},
		{"over@example.org", home(r.Account, "/products"), 403},
		{"gone@example.org", home(r.Account, ""), 404},
		{"gone@example.org", home(r.Account, "/products"), 404},
	} {
		a := browsers[test.who].Get(test.path)
		if a.Status != test.want {
			t.Errorf("%s at %s: %d, want %d", test.who, test.path, a.Status, test.want)
		}
		if test.who == "owner@example.org" && a.Status == 404 && strings.Contains(a.Body, "Elsewhere") {
			t.Errorf("%s at %s: the answer names the account", test.who, test.path)
		}
	}
	if got := r.Number(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'account.entered' AND login_id = ? AND account_id = ?`,
		owner.ID, r.Account.ID); got != 1 {
		t.Errorf("the audit log says %d times that the owner entered, want once a session", got)
	}
}

// TestChangesActAtOnce: on sessions that are open (T7).
func TestChangesActAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	login := r.AddLogin("ann@example.org")
	m := r.Join(login.ID, r.Account.ID, user(enrolld.PermProductsView))
	b := r.As(login)
	path := gatetest.Path(r.Account.ID, "/products")
	steps := []struct {
		do   string
		want int
	}{
		{"SELECT ?", 200},
		{"DELETE FROM enrolld_member_rights WHERE member_id = ?", 403},
		{"UPDATE enrolld_members SET all_rights = TRUE WHERE id = ?", 200},
		{"UPDATE enrolld_members SET all_accounts = FALSE WHERE id = ?", 404},
		{"UPDATE enrolld_members SET all_accounts = TRUE WHERE id = ?", 200},
		{"UPDATE enrolld_members SET deactivated_at = NOW() WHERE id = ?", 404},
	}
	for _, step := range steps {
		r.Exec(step.do, m.ID)
		if a := b.Get(path); a.Status != step.want {
			t.Errorf("after %q: %d, want %d", step.do, a.Status, step.want)
		}
	}
}

func TestWhatIsOwedComesFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	admin := r.AddLogin("admin@example.org")
	r.Join(admin.ID, r.Account.ID, enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()})
	byHand := r.AddLogin("hand@example.org")
	r.Join(byHand.ID, r.Account.ID, user(enrolld.PermProductsView))
	r.Exec("UPDATE enrolld_logins SET must_change = TRUE WHERE id = ?", byHand.ID)
	for _, test := range []struct {
		login enrolld.Login
		want  string
	}{{admin, gate.SecondFactorURL}, {byHand, gate.PasswordURL}} {
		b := r.As(test.login)
		for _, path := range []string{"/own", gatetest.Path(r.Account.ID, ""), gatetest.Path(r.Account.ID, "/products")} {
			if a := b.Get(path); a.Location != test.want {
				t.Errorf("%s at %s: %d to %q, want to %q", test.login.Email, path, a.Status, a.Location, test.want)
			}
		}
		if a := b.Post("/own", nil); a.Location != test.want {
			t.Errorf("%s posts: %d to %q, want to %q", test.login.Email, a.Status, a.Location, test.want)
		}
		if a := b.Get("/owing"); a.Status != http.StatusOK {
			t.Errorf("%s at the page that settles it: %d, want 200", test.login.Email, a.Status)
		}
	}
	// The owner may require it of everybody, from a date.
	plain := r.AddLogin("plain@example.org")
	r.Join(plain.ID, r.Account.ID, user(enrolld.PermProductsView))
	r.Exec("UPDATE enrolld_accounts SET second_factor_from = ? WHERE id = ?", r.DB.Now().Add(time.Hour), r.Account.ID)
	b := r.As(plain)
	if a := b.Get("/own"); a.Status != http.StatusOK {
		t.Errorf("before the date: %d, want 200", a.Status)
	}
	r.Clock.Advance(time.Hour)
	if a := b.Get("/own"); a.Location != gate.SecondFactorURL {
		t.Errorf("from the date on: %d to %q, want to the set-up", a.Status, a.Location)
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		step  time.Duration
		times int // that the page is asked for and answered
	}{
		"idle":     {8*time.Hour + time.Second, 0},
		"absolute": {7 * time.Hour, 23},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			login := r.AddLogin("ann@example.org")
			b := r.As(login)
			for range test.times {
				r.Clock.Advance(test.step)
				if a := b.Get("/own"); a.Status != http.StatusOK {
					t.Fatalf("at %s: %d, want 200", r.Clock.Now(), a.Status)
				}
			}
			r.Clock.Advance(test.step + time.Second)
			if a := b.Get("/own"); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/sign-in") {
				t.Errorf("afterwards: %d to %q, want the way to sign in", a.Status, a.Location)
			}
		})
	}
}

// TestSignedOutStaysOut: a token that was signed out opens nothing, and neither
// does a session of somebody who is gone.
func TestSignedOutStaysOut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	login := r.AddLogin("ann@example.org")
	b := r.As(login)
	token := b.Cookie("__Host-enrolld")
	if got := r.Number("SELECT COUNT(*) FROM enrolld_sessions WHERE token = ? OR data LIKE ?", token, "%"+token+"%"); got != 0 {
		t.Error("the token itself is in the database")
	}
	if a := b.Post("/out", nil); a.Location != "/open" || b.Cookie("__Host-enrolld") != "" {
		t.Errorf("sign out: %d to %q, cookie %q", a.Status, a.Location, b.Cookie("__Host-enrolld"))
	}
	b.SetCookie("__Host-enrolld", token)
	if a := b.Get("/own"); a.Status != http.StatusSeeOther {
		t.Errorf("the old token: %d, want the way to sign in", a.Status)
	}
	c := r.As(login)
	r.Exec("DELETE FROM enrolld_logins WHERE id = ?", login.ID)
	if a := c.Get("/own"); a.Status != http.StatusSeeOther {
		t.Errorf("a login that is gone: %d, want the way to sign in", a.Status)
	}
}

func TestFreshProof(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.As(r.AddLogin("ann@example.org"))
	if a := b.Get("/fresh"); a.Status != http.StatusOK {
		t.Fatalf("right after signing in: %d, want 200", a.Status)
	}
	r.Clock.Advance(16 * time.Minute)
	want := "/sign-in/confirm?next=" + url.QueryEscape("/fresh?a=b")
	if a := b.Get("/fresh?a=b"); a.Location != want {
		t.Errorf("GET: %d to %q, want %q", a.Status, a.Location, want)
	}
	q := httptest.NewRequest(http.MethodPost, gatetest.BaseURL+"/fresh", strings.NewReader(""))
	q.Header.Set("Referer", gatetest.BaseURL+"/fresh?a=b")
	if a := b.Do(q); a.Location != want {
		t.Errorf("POST: %d to %q, want %q", a.Status, a.Location, want)
	}
}

func TestForeignPagesCannotPost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.As(r.AddLogin("ann@example.org"))
	for name, headers := range map[string][2]string{
		"cross-site":   {"Sec-Fetch-Site", "cross-site"},
		"same-site":    {"Sec-Fetch-Site", "same-site"},
		"other origin": {"Origin", "https://evil.example"},
	} {
		q := httptest.NewRequest(http.MethodPost, gatetest.BaseURL+"/own", nil)
		q.Header.Set(headers[0], headers[1])
		if headers[0] == "Origin" {
			q.Header.Set("Sec-Fetch-Site", "cross-site")
		}
		if a := b.Do(q); a.Status != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", name, a.Status)
		}
	}
}

func TestHeadersOfPages(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.As(r.AddLogin("ann@example.org"))
	for _, path := range []string{"/open", "/own", "/a/99", "/broken"} {
		a := b.Get(path)
		for name, want := range map[string]string{
			"Referrer-Policy": "same-origin", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
			"Strict-Transport-Security": "max-age=31536000", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s: %s = %q, want %q", path, name, got, want)
			}
		}
		csp := a.Header.Get("Content-Security-Policy")
		if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
	}
	if a := b.Get("/broken"); a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		t.Errorf("unavailable: %d, Retry-After %q", a.Status, a.Header.Get("Retry-After"))
	}
}

func TestFlashIsShownOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.As(r.AddLogin("ann@example.org"))
	b.Post("/flash", nil)
	if a := b.Get("/page"); !strings.Contains(a.Body, "it is done") {
		t.Error("the message is not shown")
	}
	if a := b.Get("/page"); strings.Contains(a.Body, "it is done") {
		t.Error("the message is shown again")
	}
}

func TestLocal(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/a/1/users?x=1": "/a/1/users?x=1", "": "/", "//evil.example": "/", "/\\evil.example": "/", "https://evil.example": "/",
		"javascript:alert(1)": "/", "/\t/evil.example": "/", "/\n/evil.example": "/", "evil": "/", "///evil.example": "/", "/%09/evil": "/%09/evil",
		"http:/evil.example": "/", "/a@evil.example": "/a@evil.example",
	} {
		if got := gate.Local(next); got != want {
			t.Errorf("Local(%q) = %q, want %q", next, got, want)
		}
	}
}

// TestTogether: many people at once each get their own answer (CVE-2022-39328).
func TestTogether(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	other := r.AddAccount("Elsewhere", 0)
	var all sync.WaitGroup
	for i := range 8 {
		mine, theirs := r.Account, other
		if i%2 == 1 {
			mine, theirs = other, r.Account
		}
		login := r.AddLogin(fmt.Sprintf("person%d@example.org", i))
		r.Join(login.ID, mine.ID, user(enrolld.PermProductsView))
		all.Go(func() {
			b := r.As(login)
			for range 15 {
				want := login.Email + " in " + mine.Name
				if a := b.Get(gatetest.Path(mine.ID, "/products")); a.Body != want {
					t.Errorf("%s got %q, want %q", login.Email, a.Body, want)
				}
				if a := b.Get(gatetest.Path(theirs.ID, "/products")); a.Status != http.StatusNotFound {
					t.Errorf("%s in another account: %d, want 404", login.Email, a.Status)
				}
				if a := b.Get(gatetest.Path(mine.ID, "/users")); a.Status != http.StatusForbidden {
					t.Errorf("%s without the permission: %d, want 403", login.Email, a.Status)
				}
			}
		})
	}
	all.Wait()
}

func TestRoutesThatSayTooLittle(t *testing.T) {
	t.Parallel()
	for name, route := range map[string]gate.Route{
		"nobody":              {Method: http.MethodGet, Path: "/x", Handle: hello},
		"unknown access":      {Method: http.MethodGet, Path: "/x", Access: "everybody", Handle: hello},
		"no account":          {Method: http.MethodGet, Path: "/x", Access: gate.Member, Handle: hello},
		"permission of none":  {Method: http.MethodGet, Path: "/a/{account}/x", Access: gate.Member, Permission: "x", Handle: hello},
		"permission to come":  {Method: http.MethodGet, Path: "/a/{account}/x", Access: gate.Member, Permission: enrolld.PermCoupons, Handle: hello},
		"permission for all":  {Method: http.MethodGet, Path: "/x", Access: gate.Person, Permission: enrolld.PermUsers, Handle: hello},
		"method":              {Method: http.MethodPut, Path: "/x", Access: gate.Person, Handle: hello},
		"no handler":          {Method: http.MethodGet, Path: "/x", Access: gate.Person},
		"strangers are fresh": {Method: http.MethodGet, Path: "/x", Access: gate.Anyone, Fresh: true, Handle: hello},
	} {
		if err := route.Check(); enrolld.CodeOf(err) != enrolld.Internal {
			t.Errorf("%s: error %v, want an internal one", name, err)
		}
	}
}
