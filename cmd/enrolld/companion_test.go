package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"enrolld"
	"enrolld/store"
	"enrolld/store/sandbox"
)

// shell is an app on a database and a site folder of a test's own.
type shell struct {
	*app
	t       *testing.T
	db      *store.DB
	content string // wp-content
	flags   []string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	if missing := sandbox.Missing(sandbox.DatabaseParts...); len(missing) > 0 && os.Getenv("CI") != "true" {
		t.Skipf("needs: apt-get install %s", strings.Join(missing, " "))
	}
	env := testscript.Env{WorkDir: t.TempDir()}
	if err := setup(&env); err != nil {
		t.Fatal(err)
	}
	config, key := env.Getenv("SITE"), env.Getenv("ENROLLD_SECRET_KEY_FILE")
	s := &shell{t: t, content: filepath.Join(filepath.Dir(config), "wp-content")}
	s.flags = []string{"--wp-config", config, "--secret-key-file", key}
	s.app = &app{ctx: t.Context(), database: databaseFlags{WPConfig: config, SecretKey: key}, env: os.LookupEnv}
	s.run("migrate", "up")
	db, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s.db = db
	return s
}

// run runs a command that must not fail.
func (s *shell) run(args ...string) {
	s.t.Helper()
	var out bytes.Buffer
	if code := run(s.t.Context(), append(s.flags, args...), os.LookupEnv, strings.NewReader(""), &out, &out); code != exitOK {
		s.t.Fatalf("%q: status %d\n%s", args, code, &out)
	}
}

func (s *shell) account(name string) enrolld.Account {
	s.t.Helper()
	a, err := s.db.AccountByName(s.t.Context(), name)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// key is what signs the calls for an account.
func (s *shell) key(name string) string {
	s.t.Helper()
	key, err := s.db.CompanionKey(s.t.Context(), s.account(name).ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return key.Reveal()
}

func (s *shell) wantKeys(key string, names ...string) {
	s.t.Helper()
	for _, name := range names {
		if got := s.key(name); got != key {
			s.t.Errorf("%s signs with %.8s…, want %.8s…", name, got, key)
		}
	}
	config, err := os.ReadFile(filepath.Join(s.content, "mu-plugins", "enrolld-companion-config.php"))
	if err != nil {
		s.t.Fatal(err)
	}
	if n := strings.Count(string(config), key); n != 1 {
		s.t.Errorf("the site's configuration has the key %d times, want once", n)
	}
}

// TestCompanionKeyOfABlog: a blog has one key, so every account of it has to
// sign with it, whichever was first and whatever their names are.
func TestCompanionKeyOfABlog(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run("account", "add", "--name", "Alpha")
	s.run("account", "add", "--name", "Zed")
	s.run("companion", "install", "--account", "Zed")
	first := s.key("Zed")
	s.wantKeys(first, "Zed")
	s.run("companion", "install", "--account", "Alpha")
	s.wantKeys(first, "Alpha", "Zed")

	// As earlier versions left it: Zed has another key than its site.
	if err := s.db.SetCompanion(t.Context(), s.account("Zed").ID, enrolld.Secret(strings.Repeat("0f", 32))); err != nil {
		t.Fatal(err)
	}
	s.run("companion", "install", "--account", "Alpha")
	s.wantKeys(first, "Alpha", "Zed")
}

// TestDoctorMissesCompanion: a plugin that is gone is to be installed again; the
// PHP error log would say nothing.
func TestDoctorMissesCompanion(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		http.StatusNotFound:            "enrolld companion install --account Academy",
		http.StatusInternalServerError: "PHP error log",
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			s := newShell(t)
			site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
			defer site.Close()
			s.run("account", "add", "--name", "Academy", "--site-url", site.URL)
			s.run("companion", "install")
			e := &examination{app: s.app}
			e.companion(t.Context(), s.db, s.account("Academy"), "account Academy")
			if len(e.findings) != 1 || e.findings[0].Level != "error" || !strings.Contains(e.findings[0].Mend, want) {
				t.Errorf("found %+v, want one error whose mend has %q", e.findings, want)
			}
		})
	}
}

// TestDemoNamesItself: the command in the demo's guide has to be one that works.
func TestDemoNamesItself(t *testing.T) {
	t.Parallel()
	const want = `bin/enrolld --dsn 'root@unix(/tmp/x)/wp' --secret-key-file /tmp/key customer show ann@example.org`
	if got := why("bin/enrolld", "root@unix(/tmp/x)/wp", "/tmp/key"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
