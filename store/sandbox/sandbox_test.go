//go:build unix

package sandbox

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// need skips a test where a part is not installed; on CI that is a failure.
func need(t *testing.T, packages ...string) {
	t.Helper()
	missing := Missing(packages...)
	if len(missing) == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(missingError(missing))
	}
	t.Skip(missingError(missing))
}

func shared(t *testing.T) *MariaDB {
	t.Helper()
	m, err := Shared(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func site(t *testing.T, o SiteOptions) *WordPress {
	t.Helper()
	began := time.Now()
	o.DB, o.Dir = shared(t), t.TempDir()
	o.Database = fmt.Sprintf("sandbox_%d_%d", os.Getpid(), time.Now().UnixNano())
	t.Logf("database server: %v", time.Since(began))
	t.Cleanup(func() {
		if err := o.DB.DropDatabase(context.Background(), o.Database); err != nil {
			t.Error(err)
		}
	})
	began = time.Now()
	w, err := InstallWordPress(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("install: %v", time.Since(began))
	began = time.Now()
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("web server: %v", time.Since(began))
	t.Cleanup(func() {
		if err := w.Stop(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s = %s\n%s", url, resp.Status, body)
	}
	return string(body)
}

func TestMariaDBSurvivesKill(t *testing.T) {
	need(t, DatabaseParts...)
	// A folder too deep for a socket, so that the short one is used.
	dir := filepath.Join(t.TempDir(), strings.Repeat("deep/", 20))
	m, err := StartMariaDB(t.Context(), Options{Dir: dir, ExtraArgs: []string{"--max-connections=17"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Stop() })
	if got := len(m.Socket()); got > longestSocket {
		t.Errorf("socket path has %d bytes, want at most %d", got, longestSocket)
	}
	if err := m.CreateDatabase(t.Context(), "odd`name"); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("mysql", m.DSN("odd`name"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{
		"CREATE TABLE kept (at DATETIME NOT NULL)",
		"INSERT INTO kept VALUES ('2026-02-03 04:05:06')",
	} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	m.Kill()
	if err := db.PingContext(t.Context()); err == nil {
		t.Error("the server answers after Kill")
	}
	if err := m.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	var at time.Time
	var charset string
	var most int
	row := db.QueryRowContext(t.Context(), "SELECT at, @@character_set_client, @@max_connections FROM kept")
	if err := row.Scan(&at, &charset, &most); err != nil {
		t.Fatal(err)
	}
	want := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	if !at.Equal(want) || charset != "utf8mb4" || most != 17 {
		t.Errorf("got %v, %q, %d; want %v, utf8mb4, 17", at, charset, most, want)
	}
	pid := m.process.cmd.Process.Pid
	for range 2 { // the second time does nothing
		if err := m.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Kill(pid, 0); err == nil {
		t.Error("the server runs after Stop")
	}
	if _, err := os.Stat(filepath.Dir(m.Socket())); !os.IsNotExist(err) {
		t.Errorf("the socket's folder is left behind: %v", err)
	}
}

func TestStartMariaDBQuotesLog(t *testing.T) {
	need(t, DatabaseParts...)
	_, err := StartMariaDB(t.Context(), Options{Dir: t.TempDir(), ExtraArgs: []string{"--no-such-option"}})
	if err == nil || !strings.Contains(err.Error(), "no-such-option") {
		t.Errorf("got error %v, want one that quotes the server's complaint", err)
	}
}

func TestSharedLeavesLentServer(t *testing.T) {
	need(t, DatabaseParts...)
	owner := shared(t)
	t.Setenv("ENROLLD_TEST_SOCKET", owner.Socket())
	lent := shared(t)
	if err := lent.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := lent.Restart(t.Context()); err == nil {
		t.Error("a lent server was restarted")
	}
	if err := owner.ping(t.Context()); err != nil {
		t.Errorf("after Stop of the borrower: %v", err)
	}
}

func TestWordPress(t *testing.T) {
	need(t, SiteParts...)
	w := site(t, SiteOptions{Title: "Tom's Academy", Prefix: "x1_"})
	id, err := w.CreatePage(t.Context(), Page{Title: "It's here", Content: "<p>back\\slash</p>", Course: true})
	if err != nil {
		t.Fatal(err)
	}
	body := get(t, fmt.Sprintf("%s/?page_id=%d", w.URL, id))
	for _, want := range []string{"It&#8217;s here", `back\slash`, "Tom&#039;s Academy", "<style"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	got, err := w.Eval(t.Context(), fmt.Sprintf(`global $wpdb; echo $wpdb->prefix, ' ',
		get_option( 'home' ), ' ', get_post_meta( %d, '_enrolld_course', true ), ' ',
		var_export( wp_mail( 'a@example.com', 's', 'b' ), true );`, id))
	if err != nil {
		t.Fatal(err)
	}
	if want := "x1_ " + w.URL + " 1 true"; got != want {
		t.Errorf("Eval = %q, want %q", got, want)
	}
	_, err = w.Eval(t.Context(), `no_such_function();`)
	if err == nil || !strings.Contains(err.Error(), "no_such_function") {
		t.Errorf("Eval of a mistake = %v, want PHP's complaint", err)
	}
	get(t, w.URL+"/wp-includes/css/dashicons.min.css")
	get(t, w.URL+"/wp-admin/css/login.min.css")
}

func TestPlainTheme(t *testing.T) {
	need(t, SiteParts...)
	w := site(t, SiteOptions{Theme: "plain"})
	if body := get(t, w.URL+"/"); !strings.Contains(body, "themes/plain/style.css") {
		t.Error("the front page does not wear the plain theme")
	}
}

func TestNetwork(t *testing.T) {
	need(t, SiteParts...)
	w := site(t, SiteOptions{Multisite: true})
	b, err := w.CreateBlog(t.Context(), "second", "Second School")
	if err != nil {
		t.Fatal(err)
	}
	if want := (Blog{ID: 2, URL: w.URL + "/second"}); b != want {
		t.Errorf("CreateBlog = %+v, want %+v", b, want)
	}
	id, err := w.CreatePage(t.Context(), Page{Title: "Over there", Blog: b.ID})
	if err != nil {
		t.Fatal(err)
	}
	if body := get(t, fmt.Sprintf("%s/?page_id=%d", b.URL, id)); !strings.Contains(body, "Over there") {
		t.Error("the second blog does not show its page")
	}
	get(t, b.URL+"/wp-login.php")
	if body := get(t, b.URL+"/wp-includes/css/dashicons.min.css"); !strings.Contains(body, "dashicons") {
		t.Error("the second blog does not serve styles")
	}
}

func TestMissing(t *testing.T) {
	if got := Missing("no-such-package"); len(got) != 0 {
		t.Errorf("Missing of a package that we do not know = %v, want none", got)
	}
	t.Setenv("PATH", t.TempDir())
	got := strings.Join(Missing("php-cli", "php-mysql"), " ")
	if want := "php-cli php-mysql"; got != want {
		t.Errorf("Missing without a PATH = %q, want %q", got, want)
	}
}
