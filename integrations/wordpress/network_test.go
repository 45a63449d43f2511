package wordpress

import (
	"fmt"
	"net/http"
	"net/url"
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
		1:       {Accounts: []int64{1}, Key: testKey, Table: main.table(), Entries: Table(main.schemas[1], "enrolld_entries")},
		blog.ID: {Accounts: []int64{2}, Key: otherKey, Table: main.table(), Entries: Table(main.schemas[1], "enrolld_entries")},
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
	t.Run("enter", func(t *testing.T) { enterOnNetwork(t, f, course) })
	f.grant(t, 2, course, "NULL")
	if got := f.get(t, jane, path); got.status != http.StatusOK || !strings.Contains(got.body, "SECRET rye") {
		t.Errorf("with a grant: got %d, want 200 with the page's text", got.status)
	}
}

// enterOnNetwork: an entry is for one blog, and nobody enters as a super admin, as
// somebody who runs another blog, or as somebody who is not on this one.
func enterOnNetwork(t *testing.T, f *fixture, course int64) {
	second := &fixture{WordPress: f.WordPress, db: f.db, schemas: f.schemas}
	out := f.eval(t, `$made = array();
		foreach ( array( 'super', 'author', 'aside' ) as $name ) {
			$made[ $name ] = wp_insert_user( array( 'user_login' => $name, 'user_pass' => $name, 'user_email' => "$name@example.com" ) );
		}
		grant_super_admin( $made['super'] );
		add_user_to_blog( 1, $made['author'], 'author' );
		foreach ( array( $made['super'], $made['author'], `+fmt.Sprint(f.jane)+` ) as $id ) {
			add_user_to_blog( 2, $id, 'subscriber' );
		}
		remove_user_from_blog( $made['aside'], 2 );
		echo implode( ' ', $made );`)
	var super, author, aside int64
	if _, err := fmt.Sscan(out, &super, &author, &aside); err != nil {
		t.Fatal(err)
	}
	post := func(b *browser, blog, token string) page {
		return b.do(http.MethodPost, blog+enterPath, url.Values{TokenField: {token}, "enrolld_go": {"1"}})
	}
	for who, tt := range map[string]struct {
		user int64
		want string
	}{
		"super admin": {super, "taken out ended: rights"}, "author elsewhere": {author, "taken out ended: rights"}, "not here": {aside, "taken out ended: no_user"},
	} {
		token, id := f.ask(t, asked{account: 2, user: tt.user})
		if got := post(second.browser(t), "/second", token); got.status != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", who, got.status)
		}
		f.wantState(t, id, tt.want)
	}
	token, id := f.ask(t, asked{account: 2, user: f.jane, course: course})
	b := second.browser(t)
	if got := post(b, "", token); got.status != http.StatusGone {
		t.Errorf("at another blog: %d, want 410", got.status)
	}
	f.wantState(t, id, "waits out lasts")
	if got := post(b, "/second", token); got.status != http.StatusSeeOther || !strings.Contains(got.header.Get("Location"), "/second/") {
		t.Errorf("at its own: %d to %q, want 303", got.status, got.header.Get("Location"))
	}
	if got := b.get("/second/"); !strings.Contains(got.body, "enrolld-bar") {
		t.Error("the blog has no bar")
	}
	if got := b.get("/"); strings.Contains(got.body, "wpadminbar") || strings.Contains(got.body, "enrolld-bar") {
		t.Error("the entry is good for another blog")
	}
}
