package wordpress

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/store/sandbox"
)

// testKey signs the calls to the tests' site.
const testKey enrolld.Secret = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

// createTable is the table as our migrations make it.
const createTable = `CREATE TABLE enrolld_access (
	account_id BIGINT UNSIGNED NOT NULL,
	user_id    BIGINT UNSIGNED NOT NULL,
	course_id  BIGINT UNSIGNED NOT NULL,
	ends_at    DATETIME(6) NULL,
	granted_at DATETIME(6) NOT NULL,
	PRIMARY KEY (user_id, course_id, account_id)
) ENGINE=InnoDB`

// entriesTable is the other one, out of its migration.
func entriesTable() string {
	files, _ := filepath.Glob("../../store/migrations/*_entries.sql")
	if len(files) != 1 {
		return "there is no migration of the entries"
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		return err.Error()
	}
	up, _, _ := strings.Cut(string(b), "-- +goose Down")
	return up
}

// theSite is one WordPress for all tests of this package; nil where a part of
// it is not installed.
var theSite *fixture

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	source := os.Getenv("ENROLLD_TEST_WORDPRESS")
	missing := sandbox.Missing(sandbox.SiteParts...)
	if len(missing) > 0 {
		fmt.Fprintln(os.Stderr, "WordPress is not tested: try apt-get install", strings.Join(missing, " "))
		if os.Getenv("CI") == "true" {
			return 1
		}
		return m.Run()
	}
	f, err := newFixture(context.Background(), source)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := f.close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}()
	theSite = f
	code = m.Run()
	if complaints := f.complaints(); complaints != "" {
		fmt.Fprintln(os.Stderr, "PHP complains about the companion:\n"+complaints)
		code = 1
	}
	return code
}

// fixture is a site with a course, and people who may read it or not.
type fixture struct {
	*sandbox.WordPress
	dir     string
	server  *sandbox.MariaDB
	db      *sql.DB // of our own tables
	schemas []string

	course, lesson, nested, free, media int64
	jane                                int64 // a subscriber
}

// The texts that nobody without access may see all contain this word.
const secret = "SECRET"

func newFixture(ctx context.Context, source string) (*fixture, error) {
	dir, err := sandbox.Scratch("enrolld-wp")
	if err != nil {
		return nil, err
	}
	f := &fixture{dir: dir}
	if err := f.start(ctx, source); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

func (f *fixture) start(ctx context.Context, source string) (err error) {
	if f.server, err = sandbox.Shared(ctx); err != nil {
		return err
	}
	unique := fmt.Sprintf("%d_%d", os.Getpid(), time.Now().UnixNano())
	site, ours := "wp_"+unique, "enrolld_"+unique
	f.schemas = []string{site, ours}
	if err := f.server.CreateDatabase(ctx, ours); err != nil {
		return err
	}
	if f.db, err = sql.Open("mysql", f.server.DSN(ours)); err != nil {
		return err
	}
	for _, table := range []string{createTable, entriesTable()} {
		if _, err := f.db.ExecContext(ctx, table); err != nil {
			return err
		}
	}
	f.WordPress, err = sandbox.InstallWordPress(ctx, sandbox.SiteOptions{
		Dir: f.dir, DB: f.server, Database: site, Debug: true, Source: source,
	})
	if err != nil {
		return err
	}
	if _, err := Install(f.ContentDir, f.config(testKey)); err != nil {
		return err
	}
	witness, err := os.ReadFile("testdata/witness.php")
	if err != nil {
		return err
	}
	mu := filepath.Join(f.ContentDir, "mu-plugins")
	if err := os.WriteFile(filepath.Join(mu, "witness.php"), witness, 0o644); err != nil {
		return err
	}
	if err := f.fill(ctx); err != nil {
		return err
	}
	return f.Start(ctx)
}

func (f *fixture) config(key enrolld.Secret) Config {
	return Config{Blogs: map[int64]Blog{1: {Accounts: []int64{7, 8}, Key: key, Table: f.table(), Entries: Table(f.schemas[1], "enrolld_entries")}}}
}

func (f *fixture) table() string { return "`" + f.schemas[1] + "`.`enrolld_access`" }

// fill makes the people and the pages.
func (f *fixture) fill(ctx context.Context) error {
	out, err := f.Eval(ctx, `
		wp_set_current_user( 1 );
		$page = function ( $title, $text, $parent = 0, $course = '' ) {
			return wp_insert_post( array( 'post_type' => 'page', 'post_status' => 'publish',
				'post_title' => $title, 'post_content' => "<p>$text</p>", 'post_excerpt' => "$text excerpt",
				'post_parent' => $parent, 'comment_status' => 'open',
				'meta_input' => $course ? array( '_enrolld_course' => '1' ) : array() ) );
		};
		$course = $page( 'Sourdough', 'SECRET course', 0, '1' );
		$unit   = $page( 'Unit one', 'SECRET unit', $course );
		$lesson = $page( 'Lesson one', 'SECRET lesson', $unit );
		$nested = $page( 'Rye', 'SECRET nested', $unit, '1' );
		$free   = $page( 'About', 'PUBLIC about' );
		$media  = wp_insert_attachment( array( 'post_title' => 'Recipe', 'post_status' => 'inherit',
			'post_mime_type' => 'image/png', 'post_content' => 'SECRET picture', 'post_excerpt' => 'SECRET caption' ),
			'SECRET.png', $lesson );
		wp_insert_comment( array( 'comment_post_ID' => $lesson, 'comment_content' => 'SECRET comment',
			'comment_author' => 'SECRET author', 'comment_approved' => 1 ) );
		wp_insert_comment( array( 'comment_post_ID' => $free, 'comment_content' => 'PUBLIC comment',
			'comment_author' => 'Visitor', 'comment_approved' => 1 ) );
		$jane = wp_insert_user( array( 'user_login' => 'jane', 'user_pass' => 'jane', 'role' => 'subscriber',
			'user_email' => 'jane@example.com', 'first_name' => 'Jane' ) );
		echo "$course $lesson $nested $free $media $jane";`)
	if err != nil {
		return fmt.Errorf("make pages: %w", err)
	}
	_, err = fmt.Sscan(out, &f.course, &f.lesson, &f.nested, &f.free, &f.media, &f.jane)
	return err
}

func (f *fixture) close() error {
	var errs []error
	if f.WordPress != nil {
		errs = append(errs, f.Stop())
	}
	if f.db != nil {
		errs = append(errs, f.db.Close())
	}
	if f.server != nil {
		for _, schema := range f.schemas {
			errs = append(errs, f.server.DropDatabase(context.Background(), schema))
		}
		errs = append(errs, f.server.Stop())
	}
	return errors.Join(append(errs, os.RemoveAll(f.dir))...)
}

// complaints returns the lines in which PHP warns about the companion.
func (f *fixture) complaints() string {
	b, err := os.ReadFile(filepath.Join(f.ContentDir, "debug.log"))
	if err != nil {
		return ""
	}
	var found strings.Builder
	for line := range strings.Lines(string(b)) {
		if strings.Contains(line, "PHP ") && strings.Contains(line, pluginFile+" on line") {
			found.WriteString(line)
		}
	}
	return found.String()
}

// wp returns the site, or skips the test.
func wp(t *testing.T) *fixture {
	t.Helper()
	if theSite == nil {
		t.Skip("WordPress is not installed")
	}
	return theSite
}

// grant gives jane access to a course for the length of a test; ends is SQL.
func (f *fixture) grant(t *testing.T, account, course int64, ends string) {
	t.Helper()
	_, err := f.db.ExecContext(t.Context(), "INSERT INTO enrolld_access"+
		" (account_id, user_id, course_id, ends_at, granted_at) VALUES (?, ?, ?, "+ends+", UTC_TIMESTAMP(6))",
		account, f.jane, course)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.revokeAll(t) })
}

func (f *fixture) revokeAll(t *testing.T) {
	t.Helper()
	if _, err := f.db.ExecContext(context.Background(), "DELETE FROM enrolld_access"); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) eval(t *testing.T, code string) string {
	t.Helper()
	out, err := f.Eval(context.WithoutCancel(t.Context()), code) // cleanups use it too
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// cookie logs a user in.
func (f *fixture) cookie(t *testing.T, user int64) string {
	t.Helper()
	return f.eval(t, fmt.Sprintf(`
		$until = time() + 3600;
		$token = WP_Session_Tokens::get_instance( %d )->create( $until );
		echo LOGGED_IN_COOKIE, '=';
		echo rawurlencode( wp_generate_auth_cookie( %[1]d, $until, 'logged_in', $token ) );`, user))
}

// page is an answer of the site.
type page struct {
	status int
	header http.Header
	body   string
}

// get asks for a path and query as the user of a cookie, or as a visitor.
func (f *fixture) get(t *testing.T, cookie, path string) page {
	t.Helper()
	return f.do(t, http.MethodGet, cookie, path, "")
}

func (f *fixture) do(t *testing.T, method, cookie, path, body string) page {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, f.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{status: resp.StatusCode, header: resp.Header, body: string(b)}
}

func (f *fixture) client() *Client { return &Client{BaseURL: f.URL, Key: testKey} }

func pageURL(id int64) string { return fmt.Sprintf("/?page_id=%d", id) }

func (f *fixture) loginURL(id int64) string {
	return f.URL + "/wp-login.php?redirect_to=" + url.QueryEscape(f.URL+pageURL(id))
}
