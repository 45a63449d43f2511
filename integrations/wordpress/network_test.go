package wordpress

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"enrolld"
	"enrolld/store/sandbox"
)

// TestNetwork checks that each blog of a network has its own key, accounts and
// courses.
func TestNetwork(t *testing.T) {
	main := wp(t)
	database := main.schemas[0] + "_net"
	t.Cleanup(func() { main.sql(t, "DROP DATABASE IF EXISTS `"+database+"`") })
	site, err := sandbox.InstallWordPress(t.Context(), sandbox.SiteOptions{
		Dir: t.TempDir(), DB: main.server, Database: database, Multisite: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	blog, err := site.CreateBlog(t.Context(), "second", "Second School")
	if err != nil {
		t.Fatal(err)
	}
	otherKey := enrolld.Secret(strings.Repeat("2", 64))
	_, err = Install(site.ContentDir, Config{Blogs: map[int64]Blog{
		1:       {Accounts: []int64{1}, Key: testKey, Table: main.table()},
		blog.ID: {Accounts: []int64{2}, Key: otherKey, Table: main.table()},
	}})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{WordPress: site, db: main.db, schemas: main.schemas}
	var course int64
	out := f.eval(t, fmt.Sprintf(`wp_set_current_user( 1 );
		$jane = wp_insert_user( array( 'user_login' => 'jane', 'user_pass' => 'jane',
			'user_email' => 'jane@example.com' ) );
		switch_to_blog( %d );
		echo $jane, ' ', wp_insert_post( array( 'post_type' => 'page', 'post_status' => 'publish',
			'post_title' => 'Rye', 'post_content' => 'SECRET rye',
			'meta_input' => array( '_enrolld_course' => '1' ) ) );`, blog.ID))
	if _, err := fmt.Sscan(out, &f.jane, &course); err != nil {
		t.Fatal(err)
	}
	if err := site.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = site.Stop() })

	h, err := (&Client{BaseURL: blog.URL, Key: otherKey}).Health(t.Context())
	if err != nil || !h.Multisite || h.BlogID != blog.ID || !h.TableOK {
		t.Errorf("Health of the second blog = %+v, %v; want a network's blog %d with its table", h, err, blog.ID)
	}
	_, err = (&Client{BaseURL: blog.URL, Key: testKey}).Health(t.Context())
	if got := enrolld.CodeOf(err); got != enrolld.Unauthorized {
		t.Errorf("the first blog's key at the second: %v, want %s", err, enrolld.Unauthorized)
	}
	jane, path := f.cookie(t, f.jane), "/second/"+pageURL(course)[1:]
	f.grant(t, 1, course, "NULL") // of the first blog's account: not for this course
	wantClosed(t, f.get(t, jane, path), http.StatusForbidden, secret)
	f.grant(t, 2, course, "NULL")
	if got := f.get(t, jane, path); got.status != http.StatusOK || !strings.Contains(got.body, "SECRET rye") {
		t.Errorf("with a grant: got %d, want 200 with the page's text", got.status)
	}
}
