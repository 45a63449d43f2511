package outbox_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"enrolld"
	pt "enrolld/store/provision/provisiontest"
	"enrolld/store/sandbox"
	"enrolld/store/storetest"
)

// realSite installs a WordPress beside the world, or skips the test.
func realSite(t *testing.T) (*pt.World, *sandbox.WordPress) {
	t.Helper()
	server := storetest.Server(t)
	if missing := sandbox.Missing(sandbox.SiteParts...); len(missing) > 0 {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no WordPress: missing %q", missing)
		}
		t.Skipf("no WordPress: missing %q", missing)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	schema := storetest.Empty(t)
	site, err := sandbox.InstallWordPress(ctx, sandbox.SiteOptions{Dir: t.TempDir(), DB: server, Database: schema})
	if err != nil {
		t.Fatal(err)
	}
	w := pt.Beside(t, schema)
	w.Clock.Set(time.Now()) // PHP has no other
	return w, site
}

// TestRealWordPress asks a real WordPress, whose tables are in another schema
// than ours, what it makes of a member: the user, the role, and the link.
func TestRealWordPress(t *testing.T) {
	t.Parallel()
	w, site := realSite(t)
	page, err := site.CreatePage(t.Context(), sandbox.Page{Title: "Tom & Jerry's Course", Course: true})
	w.Check(err)
	w.Map("paint", enrolld.Rule{}, page)
	eval := func(code string) string {
		t.Helper()
		out, err := site.Eval(t.Context(), code)
		w.Check(err)
		return out
	}
	sale := pt.Buy("1", "Ann.Lee+x@Example.org", "paint")
	w.Put("sale", pt.Named(sale, `O:8:"stdClass":0:{}`, "Lee & Sons 🎨"))
	w.Put("admin's", pt.Buy("2", "ADMIN@example.com", "paint"))
	const admin = `global $wpdb; echo json_encode( $wpdb->get_row( 'SELECT * FROM wp_users WHERE ID = 1' ) );`
	before := eval(admin)
	w.Work()
	w.Want(`SELECT body, state, note FROM enrolld_deliveries ORDER BY id`, "sale|done|", "admin's|done|")
	if after := eval(admin); after != before {
		t.Errorf("the administrator's row changed from %s to %s", before, after)
	}
	got := eval(`$u = get_user_by( 'email', 'ann.lee+x@example.org' );
		echo json_encode( array( $u->user_login, $u->roles, $u->first_name, $u->last_name, user_can( $u, 'edit_posts' ) ) );`)
	if want := `["Ann.Leex",["subscriber"],"O:8:\"stdClass\":0:{}","Lee &amp; Sons \ud83c\udfa8",false]`; got != want {
		t.Errorf("WordPress sees the user %s, want %s", got, want)
	}
	w.Want(`SELECT COUNT(*), COUNT(DISTINCT user_id) FROM enrolld_access`, "2|2")

	links := map[string]bool{}
	for range 2 { // the message is tried twice
		for _, m := range claim(w) {
			if m.Kind != enrolld.MessageWelcome {
				if m.Data.SetPasswordURL != "" || m.To != "ADMIN@example.com" {
					t.Errorf("a link for %s", m.To)
				}
				continue
			}
			links[m.Data.SetPasswordURL] = true
			here := strings.HasPrefix(m.Data.SetPasswordURL, site.URL+"/wp-login.php?")
			if !here || m.Data.Courses[0].Title != "Tom & Jerry's Course" {
				t.Errorf("got link %s, courses %v", m.Data.SetPasswordURL, m.Data.Courses)
			}
			u, err := url.Parse(m.Data.SetPasswordURL)
			w.Check(err)
			ask := fmt.Sprintf(`$u = check_password_reset_key( '%s', '%s' );
				echo is_wp_error( $u ) ? $u->get_error_code() : $u->user_email;`,
				u.Query().Get("key"), u.Query().Get("login"))
			if got := eval(ask); got != "Ann.Lee+x@Example.org" {
				t.Errorf("WordPress says %q of the link, want the member's address", got)
			}
			w.Exec(`UPDATE enrolld_messages SET due_at = created_at`)
		}
	}
	if len(links) != 1 {
		t.Errorf("got links %v, want one and the same twice", links)
	}
}
