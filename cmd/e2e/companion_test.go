package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"enrolld/cmd/academy"
)

// witness is a plugin of the site that writes down what it is told.
const witness = `<?php
foreach ( array( 'granted', 'revoked' ) as $kind ) {
	add_action(
		'enrolld_access_' . $kind,
		function ( $user_id, $course_id ) use ( $kind ) {
			// As the plugins that follow see it: who it is, and whether access is there.
			$line = $kind . ' ' . get_userdata( $user_id )->user_email . ' ' . $course_id . ' '
				. ( enrolld_has_access( $user_id, $course_id ) ? 'open' : 'closed' );
			file_put_contents( WP_CONTENT_DIR . '/e2e-witness.log', $line . "\n", FILE_APPEND | LOCK_EX );
		},
		10,
		2
	);
}
`

// put writes a file into the site for the length of a test.
func (w *world) put(t *testing.T, name string, body []byte) {
	t.Helper()
	path := filepath.Join(w.Site.ContentDir, name)
	if err := os.WriteFile(path, body, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(path) })
}

// TestSignals: plugins of the site hear of what happened, on a site with a
// persistent object cache, which never serves what was true before.
func TestSignals(t *testing.T) {
	w := Start(t)
	cache, err := os.ReadFile(filepath.Join("..", "..", "integrations", "wordpress", "testdata", "object-cache.php"))
	if err != nil {
		t.Fatal(err)
	}
	w.put(t, filepath.Join("mu-plugins", "e2e-witness.php"), []byte(witness))
	w.put(t, "object-cache.php", cache)
	t.Cleanup(func() { _ = os.Remove(filepath.Join(w.Site.ContentDir, "object-cache.data")) })
	log := filepath.Join(w.Site.ContentDir, "e2e-witness.log")
	t.Cleanup(func() { _ = os.Remove(log) })
	if got := w.eval(t, `echo wp_using_ext_object_cache() ? 'on' : 'off';`); got != "on" {
		t.Fatalf("the object cache is %s", got)
	}

	who := academy.Person{Email: "cached@example.org", First: "Cas", Last: "Ched"}
	order := number()
	w.sell(t, academy.ThriveCart(order, who, true, time.Now()))
	// The site looks at the user as soon as there is one, and remembers.
	eventually(t, "the user", func() bool {
		return w.eval(t, `$u = get_user_by( 'email', '%s' ); echo $u ? $u->ID : '';`, who.Email) != ""
	})
	m := w.mail(t, who.Email, 1)
	heard := func(line string) {
		t.Helper()
		eventually(t, "the plugin hears "+line, func() bool {
			b, _ := os.ReadFile(log)
			return strings.Contains(string(b), line+"\n")
		})
	}
	for _, n := range []int{0, 1} {
		heard(fmt.Sprintf("granted %s %d open", who.Email, w.Courses[n].ID))
	}

	// The key of the link is written beside the cache; nobody clicks as quickly as this test.
	eventually(t, "the site is told of the key", func() bool {
		return w.count(t, `SELECT COUNT(*) FROM enrolld_signals s JOIN wp_users u ON u.ID = s.user_id WHERE u.user_email = ?`, who.Email) == 0
	})

	member := newVisitor(t)
	member.setPassword(w, m.Text)
	member.logIn(w, who.Email)
	for _, n := range []int{0, 1} {
		if status, _ := member.get(w.Courses[n].URL); status != http.StatusOK {
			t.Errorf("%s: %d, want 200", w.Courses[n].Title, status)
		}
	}
	w.sell(t, academy.ThriveCartRefund(order, "bump", who, time.Now().Add(time.Second)))
	w.mail(t, who.Email, 2)
	status, body := member.get(w.Courses[1].URL)
	if status != http.StatusForbidden || !strings.Contains(body, noticeMember) {
		t.Errorf("%s after the refund: %d, want 403 with the notice", w.Courses[1].Title, status)
	}
	if status, _ := member.get(w.Courses[0].URL); status != http.StatusOK {
		t.Errorf("%s after the other one's refund: %d, want 200", w.Courses[0].Title, status)
	}
	heard(fmt.Sprintf("revoked %s %d closed", who.Email, w.Courses[1].ID))
	if b, _ := os.ReadFile(log); strings.Contains(string(b), fmt.Sprintf("revoked %s %d", who.Email, w.Courses[0].ID)) {
		t.Errorf("the plugin heard of a revocation that was none:\n%s", b)
	}
}

// visitor is a browser without a screen: cookies, forms and redirects.
type visitor struct {
	t      *testing.T
	client *http.Client
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, &http.Client{Timeout: patience, Jar: jar}}
}

func (v *visitor) get(address string) (int, string) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.read(v.client.Do(req))
}

func (v *visitor) submit(address string, form url.Values) (int, string) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.read(v.client.Do(req))
}

func (v *visitor) read(res *http.Response, err error) (int, string) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

var (
	linkPattern = regexp.MustCompile(`http://\S+action=rp\S*`)
	keyPattern  = regexp.MustCompile(`name="rp_key" value="([^"]+)"`)
)

// setPassword follows the link of a welcome mail.
func (v *visitor) setPassword(w *world, mail string) {
	v.t.Helper()
	_, body := v.get(linkPattern.FindString(mail))
	key := keyPattern.FindStringSubmatch(body)
	if key == nil {
		v.t.Fatalf("WordPress does not take the link of the mail:\n%s\n%s", mail, body)
	}
	status, body := v.submit(w.Site.URL+"/wp-login.php?action=resetpass", url.Values{
		"rp_key": {key[1]}, "pass1": {password}, "pass2": {password},
	})
	if status != http.StatusOK || !strings.Contains(body, "Your password has been reset") {
		v.t.Fatalf("setting the password: %d\n%s", status, body)
	}
}

func (v *visitor) logIn(w *world, email string) {
	v.t.Helper()
	v.get(w.Site.URL + "/wp-login.php")
	form := url.Values{"log": {email}, "pwd": {password}, "wp-submit": {"1"}}
	status, body := v.submit(w.Site.URL+"/wp-login.php", form)
	if status != http.StatusOK || strings.Contains(body, "login_error") {
		v.t.Fatalf("logging in: %d\n%s", status, body)
	}
}
