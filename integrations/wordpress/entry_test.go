package wordpress

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// browser keeps cookies and follows nothing.
type browser struct {
	t      *testing.T
	f      *fixture
	client *http.Client
}

func (f *fixture) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, f, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (b *browser) do(method, path string, form url.Values) page {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.f.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Error(err)
		return page{}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Error(err)
	}
	return page{resp.StatusCode, resp.Header, string(body)}
}

func (b *browser) get(path string) page { b.t.Helper(); return b.do(http.MethodGet, path, nil) }

// logIn logs in by WordPress's own form.
func (b *browser) logIn(name string) {
	b.t.Helper()
	if got := b.do(http.MethodPost, "/wp-login.php", url.Values{"log": {name}, "pwd": {name}}); got.status != http.StatusFound {
		b.t.Fatalf("log in as %s: %d", name, got.status)
	}
}

const (
	enterPath = "/index.php?enrolld=enter"
	leavePath = "/index.php?enrolld=leave"
	backURL   = "https://admin.example/a/7/customers/3"
)

// enter takes a token to the site, as a form of ours does and the site's own then.
func (b *browser) enter(token string) page {
	b.t.Helper()
	return b.do(http.MethodPost, enterPath, url.Values{TokenField: {token}, "enrolld_go": {"1"}})
}

var noncePattern = regexp.MustCompile(`name="_wpnonce" value="([0-9a-f]+)"`)

// leave presses the button of the bar.
func (b *browser) leave(onPage string) page {
	b.t.Helper()
	m := noncePattern.FindStringSubmatch(onPage)
	if m == nil {
		b.t.Fatal("the page has no bar")
	}
	return b.do(http.MethodPost, leavePath, url.Values{"_wpnonce": {m[1]}})
}

// asked is an entry as our service makes it.
type asked struct {
	account, user, course int64
	age                   string // SQL; how long ago
}

var entryNumber int

// ask makes an entry and returns its token and its id.
func (f *fixture) ask(t *testing.T, a asked) (token string, id int64) {
	t.Helper()
	entryNumber++
	token = fmt.Sprintf("%043d", entryNumber)
	hash := sha256.Sum256([]byte(token))
	if a.account == 0 {
		a.account = 7
	}
	if a.age == "" {
		a.age = "0"
	}
	res, err := f.db.ExecContext(t.Context(), `INSERT INTO enrolld_entries (account_id, customer_id, login_id, user_id, course_id, token_hash,
		operator, reason, back_url, seconds, created_at, expires_at) VALUES (?,3,4,?,?,?,?,'a <i>ticket</i>',?,1800,
		UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL 60 SECOND - INTERVAL `+a.age+` SECOND)`,
		a.account, a.user, a.course, hash[:], "Maya <b>Lind</b>", backURL)
	if err != nil {
		t.Fatal(err)
	}
	if id, err = res.LastInsertId(); err != nil {
		t.Fatal(err)
	}
	return token, id
}

// state is what an entry's row says.
func (f *fixture) state(t *testing.T, id int64) string {
	t.Helper()
	var s string
	if err := f.db.QueryRowContext(t.Context(), `SELECT CONCAT_WS(' ', IF(taken_at IS NULL, 'waits', 'taken'), IF(until_at IS NULL, 'out',
		CONCAT('in for ', ROUND(TIMESTAMPDIFF(SECOND, taken_at, until_at) / 60))), IF(ended_at IS NULL, 'lasts', CONCAT('ended: ', ended_by)))
		FROM enrolld_entries WHERE id = ?`, id).Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (f *fixture) wantState(t *testing.T, id int64, want string) {
	t.Helper()
	if got := f.state(t, id); got != want {
		t.Errorf("entry: %q, want %q", got, want)
	}
}

// user is one whose password is their name, and who is logged in nowhere.
func (f *fixture) user(t *testing.T, name, role string) int64 {
	t.Helper()
	var id int64
	if _, err := fmt.Sscan(f.eval(t, fmt.Sprintf(`$u = get_user_by( 'login', '%[1]s' ); $id = $u ? $u->ID : wp_insert_user( array(
		'user_login' => '%[1]s', 'user_pass' => '%[1]s', 'role' => '%[2]s', 'user_email' => '%[1]s@example.com' ) );
		WP_Session_Tokens::get_instance( $id )->destroy_all(); echo $id;`, name, role)), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

// sessions is how many a user has.
func (f *fixture) sessions(t *testing.T, user int64) string {
	t.Helper()
	return f.eval(t, fmt.Sprintf(`echo count( WP_Session_Tokens::get_instance( %d )->get_all() );`, user))
}

// heard is what the test's plugin heard since it was asked last.
func (f *fixture) heard(t *testing.T) string {
	t.Helper()
	return f.eval(t, `echo get_option( 'witness_heard', '' ); delete_option( 'witness_heard' );`)
}

// TestEnter is the whole way: an operator with a session of their own enters as a
// member who has one too, reads the course, and ends it.
func TestEnter(t *testing.T) {
	f := wp(t)
	maya := f.user(t, "maya", "editor")
	f.grant(t, 7, f.course, "NULL")
	jane, ours := f.browser(t), f.browser(t)
	jane.logIn("jane")
	ours.logIn("maya")
	own := f.sessions(t, f.jane)
	f.heard(t)
	token, id := f.ask(t, asked{user: f.jane, course: f.course})

	first := ours.do(http.MethodPost, enterPath, url.Values{TokenField: {token}})
	wantPrivate(t, first)
	if first.status != http.StatusOK || !strings.Contains(first.body, `<button type="submit">Continue`) || !strings.Contains(first.body, token) ||
		len(first.header["Set-Cookie"]) > 0 {
		t.Errorf("the token from another site: %d, cookies %q; want a page that posts it once more, and no cookies", first.status, first.header["Set-Cookie"])
	}
	f.wantState(t, id, "waits out lasts")
	in := ours.enter(token)
	if got, want := in.header.Get("Location"), f.eval(t, fmt.Sprintf(`echo get_permalink( %d );`, f.course)); in.status != http.StatusSeeOther || got != want {
		t.Fatalf("enter: %d to %q, want 303 to %q", in.status, got, want)
	}
	f.wantState(t, id, "taken in for 30 lasts")
	if got := f.sessions(t, maya); got != "0" {
		t.Errorf("the operator has %s sessions of their own left, want 0", got)
	}

	course := ours.get(pageURL(f.course))
	wantPrivate(t, course)
	for _, want := range []string{
		"SECRET course", "You see this site as <bdi>Jane</bdi>", "logged in by <bdi>Maya &lt;b&gt;Lind&lt;/b&gt;</bdi>", `<button type="submit">End now`, `aria-label="Logged in as a customer"`,
	} {
		if !strings.Contains(course.body, want) {
			t.Errorf("the course page lacks %q", want)
		}
	}
	if n := strings.Count(course.body, `id="enrolld-bar"`); n != 1 {
		t.Errorf("%d bars, want 1", n)
	}
	if got := jane.get(pageURL(f.course)); strings.Contains(got.body, "enrolld-bar") || !strings.Contains(got.body, "SECRET course") {
		t.Error("the member's own session has the bar, or is gone")
	}
	if got := ours.do(http.MethodPost, leavePath, url.Values{"_wpnonce": {"0123456789"}}); got.status != http.StatusForbidden {
		t.Errorf("End now without its nonce: %d, want 403", got.status)
	}
	out := ours.leave(course.body)
	if got := out.header.Get("Location"); out.status != http.StatusSeeOther || got != backURL {
		t.Errorf("End now: %d to %q, want 303 to %q", out.status, got, backURL)
	}
	f.wantState(t, id, "taken in for 30 ended: left")
	wantClosed(t, ours.get(pageURL(f.course)), http.StatusForbidden, secret)
	if got := f.sessions(t, f.jane); got != own {
		t.Errorf("the member has %s sessions, had %s of their own", got, own)
	}
	if diff := cmp.Diff(fmt.Sprintf("entered %d by Maya <b>Lind</b>|left %[1]d|", f.jane), f.heard(t)); diff != "" {
		t.Errorf("what other plugins heard (-want +got):\n%s", diff)
	}
}

func wantPrivate(t *testing.T, p page) {
	t.Helper()
	if cc := p.header.Get("Cache-Control"); !strings.Contains(cc, "no-store") {
		t.Errorf("Cache-Control = %q, want no-store", cc)
	}
}

// TestEnterRefused: nobody is let in, and what there was to end goes on.
func TestEnterRefused(t *testing.T) {
	f := wp(t)
	f.user(t, "maya", "editor")
	odd := f.user(t, "odd", "subscriber")
	f.eval(t, fmt.Sprintf(`( new WP_User( %d ) )->add_cap( 'moderate_comments' );`, odd))
	tests := []struct {
		name   string
		ask    asked
		end    string // of the entry, before the token comes
		token  string // instead of its own
		status int
		says   string
		state  string
	}{
		{name: "expired", ask: asked{user: f.jane, age: "61"}, status: http.StatusGone, says: "older than a minute", state: "waits out lasts"},
		{name: "another account's", ask: asked{user: f.jane, account: 9}, status: http.StatusGone, says: "older than a minute", state: "waits out lasts"},
		{name: "ended before", ask: asked{user: f.jane}, end: "revoked", status: http.StatusGone, says: "has been ended", state: "waits out ended: revoked"},
		{name: "no token", ask: asked{user: f.jane}, token: "x", status: http.StatusBadRequest, says: "not complete", state: "waits out lasts"},
		{name: "a strange token", ask: asked{user: f.jane}, token: strings.Repeat("z", 43), status: http.StatusGone, says: "used already", state: "waits out lasts"},
		{name: "an administrator", ask: asked{user: 1}, status: http.StatusForbidden, says: "more rights", state: "taken out ended: rights"},
		{name: "an editor", ask: asked{user: f.user(t, "ed", "editor")}, status: http.StatusForbidden, says: "more rights", state: "taken out ended: rights"},
		{name: "a single capability", ask: asked{user: odd}, status: http.StatusForbidden, says: "more rights", state: "taken out ended: rights"},
		{name: "nobody", ask: asked{user: 999999}, status: http.StatusForbidden, says: "no such user", state: "taken out ended: no_user"},
	}
	b := f.browser(t)
	b.logIn("maya")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			token, id := f.ask(t, tt.ask)
			if tt.end != "" {
				f.sql(t, fmt.Sprintf("UPDATE enrolld_entries SET ended_at = UTC_TIMESTAMP(6), ended_by = '%s' WHERE id = %d", tt.end, id))
			}
			if tt.token != "" {
				token = tt.token
			}
			got := b.enter(token)
			wantPrivate(t, got)
			if got.status != tt.status || !strings.Contains(got.body, tt.says) || len(got.header["Set-Cookie"]) > 0 {
				t.Errorf("got %d, cookies %q; want %d and %q: %s", got.status, got.header["Set-Cookie"], tt.status, tt.says, got.body)
			}
			f.wantState(t, id, tt.state)
		})
	}
	if got := b.get("/wp-admin/edit.php"); got.status != http.StatusOK {
		t.Errorf("the operator's own session is gone: %d", got.status)
	}
}

// TestEnterOnce: one token lets in once, also when it comes twice at the same time.
func TestEnterOnce(t *testing.T) {
	f := wp(t)
	token, id := f.ask(t, asked{user: f.jane})
	statuses := make([]int, 3)
	var all sync.WaitGroup
	for i := range statuses {
		b := f.browser(t)
		all.Go(func() { statuses[i] = b.enter(token).status })
	}
	all.Wait()
	counts := map[int]int{}
	for _, s := range statuses {
		counts[s]++
	}
	if diff := cmp.Diff(map[int]int{http.StatusSeeOther: 1, http.StatusGone: 2}, counts); diff != "" {
		t.Errorf("at once (-want +got):\n%s", diff)
	}
	f.wantState(t, id, "taken in for 30 lasts")
	again := f.browser(t).enter(token)
	if again.status != http.StatusGone || !strings.Contains(again.body, backURL) {
		t.Errorf("again: %d, want 410 with the way back", again.status)
	}
}

// TestEntryEnds: what is ended from our side, and what time ends, is over at the
// next request, whichever cookies come; nothing makes it longer.
func TestEntryEnds(t *testing.T) {
	f := wp(t)
	for name, end := range map[string]string{
		"ended":    "ended_at = UTC_TIMESTAMP(6), ended_by = 'stopped'",
		"time":     "until_at = UTC_TIMESTAMP(6)",
		"no entry": "account_id = 9",
	} {
		t.Run(name, func(t *testing.T) {
			token, id := f.ask(t, asked{user: f.jane})
			b := f.browser(t)
			b.enter(token)
			if got := b.get("/?witness=renew"); got.status != http.StatusOK || !strings.Contains(got.body, "enrolld-bar") {
				t.Fatalf("inside: %d, without the bar", got.status)
			}
			if got := b.get("/wp-admin/index.php"); got.status != http.StatusOK || !strings.Contains(got.body, "enrolld-bar") {
				t.Errorf("the dashboard: %d, without the bar", got.status)
			}
			bare := f.browser(t) // sends the dashboard's cookie alone
			u, _ := url.Parse(f.URL + "/wp-admin/")
			for _, c := range b.client.Jar.Cookies(u) {
				if !strings.HasPrefix(c.Name, "wordpress_logged_in_") {
					bare.client.Jar.SetCookies(u, []*http.Cookie{c})
				}
			}
			f.sql(t, fmt.Sprintf("UPDATE enrolld_entries SET %s WHERE id = %d", end, id))
			for who, b := range map[string]*browser{"the browser": b, "the dashboard's cookie alone": bare} {
				if got := b.get("/wp-admin/index.php"); got.status != http.StatusFound {
					t.Errorf("%s after the end: %d, want 302 to log in", who, got.status)
				}
			}
			if got := b.get(pageURL(f.free)); strings.Contains(got.body, "enrolld-bar") || strings.Contains(got.body, "wpadminbar") {
				t.Error("somebody is logged in after the end")
			}
			f.sql(t, fmt.Sprintf("UPDATE enrolld_entries SET account_id = 7, ended_at = NULL, until_at = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR WHERE id = %d", id))
			if got := bare.get("/wp-admin/index.php"); got.status != http.StatusFound {
				t.Errorf("the session came back: %d", got.status)
			}
			f.eval(t, fmt.Sprintf(`WP_Session_Tokens::get_instance( %d )->destroy_all();`, f.jane)) // the one that was renewed, without its cookie
		})
	}
}

// TestEnterFromAnother: whoever enters as somebody else, or logs out by the theme's
// link, has left.
func TestEnterFromAnother(t *testing.T) {
	f := wp(t)
	b := f.browser(t)
	one, first := f.ask(t, asked{user: f.jane})
	two, second := f.ask(t, asked{user: f.user(t, "kim", "subscriber")})
	b.enter(one)
	b.enter(two)
	f.wantState(t, first, "taken in for 30 ended: left")
	home := b.get("/")
	if !strings.Contains(home.body, "You see this site as <bdi>kim</bdi>") {
		t.Error("the second is not who one sees the site as")
	}
	m := regexp.MustCompile(`wp-login\.php\?action=logout(?:&amp;|&#0?38;)_wpnonce=([0-9a-f]+)`).FindStringSubmatch(b.get("/wp-admin/index.php").body)
	if m == nil {
		t.Fatal("there is no link to log out")
	}
	b.get("/wp-login.php?action=logout&_wpnonce=" + m[1])
	f.wantState(t, second, "taken in for 30 ended: left")
}
