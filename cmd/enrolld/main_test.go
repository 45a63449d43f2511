package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	"github.com/rogpeppe/go-internal/testscript"

	"enrolld/store/sandbox"
)

// server is the MariaDB of this test binary, started when a script needs it.
var server struct {
	sync.Mutex
	*sandbox.MariaDB
}

// binary runs the tests and stops the server after them.
type binary struct{ *testing.M }

func (b binary) Run() int {
	code := b.M.Run()
	server.Lock()
	defer server.Unlock()
	if server.MariaDB != nil {
		if err := server.Stop(); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "stop MariaDB:", err)
			code = 1
		}
	}
	return code
}

func TestMain(m *testing.M) {
	testscript.Main(binary{m}, map[string]func(){"enrolld": main})
}

// TestScripts runs the command line as people do: each script of
// testdata/script reads by itself.
func TestScripts(t *testing.T) {
	t.Parallel()
	if missing := sandbox.Missing(sandbox.DatabaseParts...); len(missing) > 0 {
		if os.Getenv("CI") == "true" {
			t.Fatalf("install %v", missing)
		}
		t.Skipf("needs: apt-get install %s", strings.Join(missing, " "))
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("ENROLLD_PLATFORM_APIS", "stripe="+standIn(e))
			return setup(e)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sql": runSQL,
		},
		RequireExplicitExec: true,
	})
}

// setup gives a script a database with WordPress's tables and a wp-config.php.
func setup(e *testscript.Env) error {
	db, err := newDatabase(context.Background())
	if err != nil {
		return err
	}
	schema, err := os.ReadFile(filepath.Join("..", "..", "store", "wordpress", "testdata", "schema-6.9.sql"))
	if err != nil {
		return err
	}
	if err := execAll(server.DSN(db), string(schema)); err != nil {
		return err
	}
	config := fmt.Sprintf("<?php\ndefine( 'DB_NAME', '%s' );\ndefine( 'DB_USER', 'root' );\ndefine( 'DB_PASSWORD', '' );\n"+
		"define( 'DB_HOST', 'localhost:%s' );\ndefine( 'DB_CHARSET', 'utf8mb4' );\n$table_prefix = 'wp_';\n"+
		"require_once __DIR__ . '/wp-settings.php';\n", db, server.Socket())
	site := filepath.Join(e.WorkDir, "site")
	if err := os.MkdirAll(filepath.Join(site, "wp-content"), 0o755); err != nil {
		return err
	}
	for name, text := range map[string]string{"wp-config.php": config, "wp-settings.php": "<?php\n", "wp-load.php": "<?php\n"} {
		if err := os.WriteFile(filepath.Join(site, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	e.Setenv("SITE", filepath.Join(site, "wp-config.php"))
	e.Setenv("ENROLLD_SECRET_KEY_FILE", filepath.Join(e.WorkDir, "secret.key"))
	e.Setenv("DSN", server.DSN(db))
	return nil
}

// standIn serves a platform's API out of the script's folder api: GET /v1/charges
// is api/v1/charges.json, and where there is no such file an empty list. What is
// posted to it is written to api/posted.
func standIn(e *testscript.Env) string {
	dir := filepath.Join(e.WorkDir, "api")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			_ = os.WriteFile(filepath.Join(dir, "posted"), []byte(r.URL.Path+" "+string(body)+"\n"), 0o600)
		}
		answer, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path.Clean("/"+r.URL.Path))+".json"))
		if err != nil {
			answer = []byte(`{"object":"list","data":[],"has_more":false}`)
		}
		_, _ = w.Write(answer)
	}))
	e.Defer(s.Close)
	return s.URL
}

func newDatabase(ctx context.Context) (string, error) {
	server.Lock()
	defer server.Unlock()
	if server.MariaDB == nil {
		m, err := sandbox.Shared(ctx)
		if err != nil {
			return "", err
		}
		server.MariaDB = m
	}
	b := make([]byte, 6)
	_, _ = rand.Read(b)
	name := "cli_" + hex.EncodeToString(b)
	return name, server.CreateDatabase(ctx, name)
}

func execAll(dsn, script string) error {
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for q := range strings.SplitSeq(script, ";\n") {
		if q = strings.TrimSpace(q); q == "" {
			continue
		}
		if _, err := db.Exec(q); err != nil {
			return fmt.Errorf("%.60s: %w", q, err)
		}
	}
	return nil
}

// runSQL is the script command 'sql STATEMENT'.
func runSQL(ts *testscript.TestScript, neg bool, args []string) {
	err := execAll(ts.Getenv("DSN"), strings.Join(args, " "))
	if (err != nil) != neg {
		ts.Fatalf("sql: %v", err)
	}
}
