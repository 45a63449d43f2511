//go:build unix

package wordpress

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

func goodConfig() Config {
	return Config{Blogs: map[int64]Blog{
		2: {Accounts: []int64{9}, Key: testKey, Table: "`enrolld_access`", Entries: "`enrolld_entries`"},
		1: {Accounts: []int64{8, 7, 8}, Key: testKey, Table: "`my-db`.`enrolld_access`", Entries: "`my-db`.`enrolld_entries`"},
	}}
}

func TestInstall(t *testing.T) {
	content := t.TempDir()
	if got, err := Installed(content); err != nil || got != (Status{}) {
		t.Errorf("before: Installed = %+v, %v; want nothing", got, err)
	}
	for i, want := range []bool{true, false} {
		if changed, err := Install(content, goodConfig()); err != nil || changed != want {
			t.Errorf("Install %d = %t, %v; want %t", i+1, changed, err, want)
		}
	}
	want := Status{Version: Version, Current: true, Configured: true}
	if got, err := Installed(content); err != nil || got != want {
		t.Errorf("Installed = %+v, %v; want %+v", got, err, want)
	}
	mu := filepath.Join(content, "mu-plugins")
	entries, err := os.ReadDir(mu)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries { // sorted, as WordPress loads them
		names = append(names, e.Name())
	}
	if diff := cmp.Diff([]string{configFile, pluginFile}, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}

	old := strings.Replace(string(plugin), "Version: "+Version, "Version: 0.9.1", 1)
	if err := os.WriteFile(filepath.Join(mu, pluginFile), []byte(old), 0o644); err != nil {
		t.Fatal(err)
	}
	want = Status{Version: "0.9.1", Configured: true}
	if got, err := Installed(content); err != nil || got != want {
		t.Errorf("with an old plugin: Installed = %+v, %v; want %+v", got, err, want)
	}
	if changed, err := Install(content, goodConfig()); err != nil || !changed {
		t.Errorf("over an old plugin: Install = %t, %v; want true", changed, err)
	}
}

func TestInstallModes(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give files away")
	}
	tests := []struct {
		name   string
		owner  int
		config os.FileMode
	}{
		{"the web server's folder", 33, 0o640},
		{"root's folder", 0, 0o644},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			content := t.TempDir()
			if err := os.Chown(content, tt.owner, tt.owner); err != nil {
				t.Fatal(err)
			}
			if _, err := Install(content, goodConfig()); err != nil {
				t.Fatal(err)
			}
			mu := filepath.Join(content, "mu-plugins")
			for path, mode := range map[string]os.FileMode{
				mu: 0o755, filepath.Join(mu, pluginFile): 0o644, filepath.Join(mu, configFile): tt.config,
			} {
				info, err := os.Stat(path)
				if err != nil {
					t.Fatal(err)
				}
				if got := info.Mode().Perm(); got != mode {
					t.Errorf("%s: mode %o, want %o", filepath.Base(path), got, mode)
				}
				if got, err := os.Stat(content); err != nil || !sameOwner(info, got) {
					t.Errorf("%s: owner differs from the folder's (%v)", filepath.Base(path), err)
				}
			}
		})
	}
}

func TestInstallRefuses(t *testing.T) {
	tests := map[string]func(*Blog){
		"no accounts":      func(b *Blog) { b.Accounts = nil },
		"account 0":        func(b *Blog) { b.Accounts = []int64{7, 0} },
		"short key":        func(b *Blog) { b.Key = "abcd" },
		"key with a quote": func(b *Blog) { b.Key = testKey + "'" },
		"no table":         func(b *Blog) { b.Table = "" },
		"bare table":       func(b *Blog) { b.Table = "enrolld_access" },
		"table with SQL":   func(b *Blog) { b.Table = "`a` UNION SELECT 1 -- `" },
		"no entries":       func(b *Blog) { b.Entries = "" },
		"entries with SQL": func(b *Blog) { b.Entries = "`a` SET 1 -- `" },
		"table of three":   func(b *Blog) { b.Table = "`a`.`b`.`c`" },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			content := t.TempDir()
			b := Blog{Accounts: []int64{7}, Key: testKey, Table: "`enrolld_access`", Entries: "`enrolld_entries`"}
			spoil(&b)
			_, err := Install(content, Config{Blogs: map[int64]Blog{1: b}})
			if got := enrolld.CodeOf(err); got != enrolld.Invalid {
				t.Errorf("Install = %v, want code %q", err, enrolld.Invalid)
			}
			if entries, _ := os.ReadDir(content); len(entries) > 0 {
				t.Error("files were written")
			}
		})
	}
	if _, err := Install(t.TempDir(), Config{}); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("Install without blogs = %v, want code %q", err, enrolld.Invalid)
	}
	if _, err := Install(filepath.Join(t.TempDir(), "none"), goodConfig()); err == nil {
		t.Error("Install into no folder = nil, want an error")
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"plain": `'plain'`, `it's`: `'it\'s'`, `back\slash`: `'back\\slash'`, `\'; exit; //`: `'\\\'; exit; //'`,
	} {
		if got := quote(in); got != want {
			t.Errorf("quote(%q) = %s, want %s", in, got, want)
		}
	}
}

// php runs the PHP of this machine, or skips the test.
func php(t *testing.T, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("php")
	if err != nil {
		t.Skip("PHP is not installed: try apt-get install php-cli")
	}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("php %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func TestFilesAreValidPHP(t *testing.T) {
	content := t.TempDir()
	if _, err := Install(content, goodConfig()); err != nil {
		t.Fatal(err)
	}
	mu := filepath.Join(content, "mu-plugins")
	php(t, "-l", filepath.Join(mu, pluginFile))
	php(t, "-l", filepath.Join(mu, configFile))
	got := php(t, "-r", `define( 'ABSPATH', '/' ); require $argv[1]; echo json_encode( ENROLLD_COMPANION );`,
		filepath.Join(mu, configFile))
	key := testKey.Reveal()
	want := "{\"blogs\":{" +
		"\"1\":{\"accounts\":[7,8],\"key\":\"" + key + "\",\"table\":\"`my-db`.`enrolld_access`\",\"entries\":\"`my-db`.`enrolld_entries`\"}," +
		"\"2\":{\"accounts\":[9],\"key\":\"" + key + "\",\"table\":\"`enrolld_access`\",\"entries\":\"`enrolld_entries`\"}}}"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration as PHP reads it (-want +got):\n%s", diff)
	}
	// Asked for by a browser, both say nothing.
	for _, name := range []string{configFile, pluginFile} {
		if got := php(t, filepath.Join(mu, name)); got != "" {
			t.Errorf("%s alone prints %q, want nothing", name, got)
		}
	}
}

// newerThan74 are things that PHP 7.4 does not know.
var newerThan74 = map[string]*regexp.Regexp{
	"match":    regexp.MustCompile(`\bmatch\s*\(`),
	"nullsafe": regexp.MustCompile(`\?->`),
	"new function": regexp.MustCompile(
		`\b(str_(contains|starts_with|ends_with)|array_is_list|get_debug_type)\s*\(`,
	),
	"property promotion":    regexp.MustCompile(`\(\s*(public|private|protected)\s`),
	"named argument":        regexp.MustCompile(`[(,]\s*[a-z_]+:\s`),
	"union type":            regexp.MustCompile(`function[^{;]*\w\s*\|\s*\w`),
	"enum or readonly":      regexp.MustCompile(`(?m)^\s*(enum\s|readonly\s|(public|private)\s+readonly\s)`),
	"attribute":             regexp.MustCompile(`(?m)^\s*#\[`),
	"catch without name":    regexp.MustCompile(`catch\s*\(\s*\w+\s*\)`),
	"throw as expression":   regexp.MustCompile(`(\?\?|=>|\?|:)\s*throw\b`),
	"first-class callable":  regexp.MustCompile(`\(\s*\.\.\.\s*\)`),
	"static or mixed type":  regexp.MustCompile(`\)\s*:\s*(static|mixed|never)\b`),
	"trailing comma in def": regexp.MustCompile(`function\s*\w*\([^()]*,\s*\)`),
}

func TestSyntaxIsOldEnough(t *testing.T) {
	comments := regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`)
	texts := regexp.MustCompile(`'(?:[^'\\]|\\.)*'`)
	code := texts.ReplaceAllString(comments.ReplaceAllString(string(plugin), ""), "''")
	for what, pattern := range newerThan74 {
		if found := pattern.FindString(code); found != "" {
			t.Errorf("the companion uses %s, newer than PHP 7.4: %q", what, found)
		}
	}
	if !strings.Contains(string(plugin), "const VERSION     = '"+Version+"'") || Version == "" {
		t.Errorf("header says version %q, the class another", Version)
	}
}

func sameOwner(a, b fs.FileInfo) bool {
	x, y := a.Sys().(*syscall.Stat_t), b.Sys().(*syscall.Stat_t)
	return x.Uid == y.Uid && x.Gid == y.Gid
}
