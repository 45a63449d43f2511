package enrolld_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport says which packages of ours a folder may import, by prefix of the
// folder. The longest prefix counts. "" is the root package; test files may
// import anything.
var mayImport = map[string][]string{
	"":                              {},
	"integrations":                  {"enrolld", "enrolld/integrations"},
	"integrations/wordpress":        {"enrolld"},
	"mailer":                        {"enrolld", "enrolld/mailer"},
	"importer":                      {"enrolld"},
	"store":                         {"enrolld"},
	"store/sandbox":                 {},
	"store/storetest":               {"enrolld", "enrolld/store", "enrolld/store/sandbox"},
	"store/wordpress":               {"enrolld"},
	"store/lms":                     {"enrolld", "enrolld/store/wordpress"},
	"store/woocommerce":             {"enrolld", "enrolld/store/wordpress"},
	"store/provision":               {"enrolld", "enrolld/store", "enrolld/store/lms", "enrolld/store/wordpress"},
	"store/provision/provisiontest": {"enrolld", "enrolld/store", "enrolld/store/provision", "enrolld/store/storetest"},
	"store/team":                    {"enrolld", "enrolld/store"},
	"store/jobs":                    {"enrolld", "enrolld/store", "enrolld/store/provision"},
	"store/bulk":                    {"enrolld", "enrolld/store", "enrolld/store/jobs", "enrolld/store/provision"},
	"store/wording":                 {"enrolld", "enrolld/store", "enrolld/store/provision", "enrolld/mailer"},
	"store/importing":               {"enrolld", "enrolld/importer", "enrolld/store", "enrolld/store/jobs", "enrolld/store/provision", "enrolld/store/team", "enrolld/store/wordpress"},
	"store/outbox":                  {"enrolld", "enrolld/store", "enrolld/store/provision", "enrolld/store/wordpress"},
	"handlers":                      {"enrolld", "enrolld/store", "enrolld/store/team", "enrolld/integrations", "enrolld/mailer", "enrolld/handlers"},
	"handlers/page":                 {},
	"handlers/page/pagetest":        {},
	"handlers/gate":                 {"enrolld", "enrolld/store", "enrolld/store/team", "enrolld/handlers/page"},
	"handlers/gate/gatetest":        {"enrolld", "enrolld/store", "enrolld/store/team", "enrolld/store/storetest", "enrolld/handlers/gate"},
	"handlers/passkey":              {"enrolld", "enrolld/store", "enrolld/store/team", "enrolld/handlers/gate"},
	"handlers/course":               {"enrolld", "enrolld/handlers/gate", "enrolld/handlers/page"},
	"handlers/signin":               append(slices.Clip(screens), "enrolld/handlers/passkey"),
	"handlers/me":                   append(slices.Clip(screens), "enrolld/handlers/passkey"),
	"handlers/users":                screens,
	"handlers/account":              screens,
	"handlers/overview":             append(slices.Clip(screens), "enrolld/integrations"),
	"handlers/unsubscribe":          screens,
	"handlers/customers":            append(slices.Clip(screens), "enrolld/handlers/course", "enrolld/integrations", "enrolld/mailer/letter", "enrolld/store/bulk", "enrolld/store/importing"),
	"handlers/bulk":                 append(slices.Clip(screens), "enrolld/handlers/course", "enrolld/store/bulk"),
	"handlers/emails":               append(slices.Clip(screens), "enrolld/mailer", "enrolld/store/outbox"),
	"handlers/catalogue":            append(slices.Clip(screens), "enrolld/handlers/course", "enrolld/integrations"),
	"handlers/wording":              append(slices.Clip(screens), "enrolld/store/wording", "enrolld/mailer"),
	"handlers/imports":              append(slices.Clip(screens), "enrolld/handlers/course", "enrolld/importer", "enrolld/store/importing"),
	"cmd":                           {"enrolld"},
}

// screens is what a package of screens may import: not another one.
var screens = []string{
	"enrolld", "enrolld/store", "enrolld/store/team", "enrolld/handlers/page", "enrolld/handlers/gate",
}

// anything below these may be imported with a subtree, not only the package itself.
var subtrees = map[string]bool{"cmd": true, "integrations": true, "mailer": true, "handlers": true}

// topLevel is what may stand at the top of the repository.
var topLevel = regexp.MustCompile(`^(\..*|handlers|integrations|importer|mailer|store|cmd|docs|testdata|` +
	`go\.mod|go\.sum|Makefile|README\.md|ARCHITECTURE\.md|CONTRIBUTING\.md|disposable\.txt|passwords\.txt|[a-z_0-9]+\.go)$`)

var badNames = regexp.MustCompile(`^(util|utils|common|helpers?|models?|types|misc|base)$`)

type source struct {
	dir, path string
	file      *ast.File
	fset      *token.FileSet
	test      bool
}

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if dir == "." {
			dir = ""
		}
		out = append(out, source{dir, path, f, fset, strings.HasSuffix(path, "_test.go")})
		return nil
	})
	if err != nil || len(out) < 50 {
		t.Fatalf("read the sources: %d files, %v", len(out), err)
	}
	return out
}

func TestArch_importsPointOneWay(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		allowed, rule := rulesFor(t, s.dir)
		for _, imp := range s.file.Imports {
			path, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if path != "enrolld" && !strings.HasPrefix(path, "enrolld/") {
				continue
			}
			if !permitted(path, allowed, rule) {
				t.Errorf("%s imports %s; folder %q may import %v", s.path, path, rule, allowed)
			}
		}
	}
}

func rulesFor(t *testing.T, dir string) (allowed []string, rule string) {
	t.Helper()
	for rule = dir; ; rule = strings.TrimPrefix(filepath.ToSlash(filepath.Dir(rule)), ".") {
		if allowed, ok := mayImport[rule]; ok {
			if rule == "" && dir != "" {
				t.Errorf("folder %s has no import rule: add it to mayImport", dir)
			}
			return allowed, rule
		}
	}
}

func permitted(path string, allowed []string, rule string) bool {
	if rule == "cmd" {
		return true // wiring
	}
	for _, a := range allowed {
		if path == a || strings.HasPrefix(path, a+"/") && subtrees[strings.TrimPrefix(a, "enrolld/")] {
			return true
		}
	}
	return false
}

func TestArch_domainIsPure(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.dir != "" || s.test {
			continue
		}
		for _, imp := range s.file.Imports {
			path, _ := strconv.Unquote(imp.Path.Value)
			first, _, _ := strings.Cut(path, "/")
			pure := strings.HasPrefix(path, "golang.org/x/text/") || path == "golang.org/x/net/idna"
			if strings.Contains(first, ".") && !pure || path == "net/http" || path == "database/sql" || path == "os" {
				t.Errorf("%s imports %s: the domain has no input and output", s.path, path)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && (sel.Sel.Name == "Now" || sel.Sel.Name == "Since") {
					t.Errorf("%s reads the clock: the domain has none of its own", s.fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

func TestArch_packagesAreDocumented(t *testing.T) {
	t.Parallel()
	docs := map[string]bool{}
	for _, s := range sources(t) {
		if badNames.MatchString(s.file.Name.Name) {
			t.Errorf("%s: package %s says nothing about what lives there", s.path, s.file.Name.Name)
		}
		if s.test && strings.HasSuffix(s.file.Name.Name, "_test") {
			continue
		}
		docs[s.dir] = docs[s.dir] || s.file.Doc != nil && len(s.file.Doc.Text()) > 40
	}
	for dir, ok := range docs {
		if !ok {
			t.Errorf("package in %q has no documentation", dir)
		}
	}
}

func TestArch_topLevelIsFixed(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !topLevel.MatchString(e.Name()) && e.Name() != "bin" {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}

// Limits of size: a longer function or file has to be looked at, and cut.
const (
	maxFunctionLines = 80
	maxFileLines     = 450
)

func TestArch_sizes(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if lines := s.fset.Position(s.file.End()).Line; lines > maxFileLines && !s.test {
			t.Errorf("%s has %d lines; at most %d", s.path, lines, maxFileLines)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || s.test {
				continue
			}
			if n := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1; n > maxFunctionLines {
				t.Errorf("%s: %s has %d lines; at most %d", s.fset.Position(f.Pos()), f.Name.Name, n, maxFunctionLines)
			}
		}
	}
}

var (
	newView    = regexp.MustCompile(`(?m)^\s*(?:var\s+)?(\w+)\s*=\s*page\.New\[`)
	checkViews = regexp.MustCompile(`(?s)pagetest\.Check\(t,([^)]*)\)`)
)

// Views are parsed when they are first shown, so each is in the check of its
// package's tests.
func TestArch_viewsAreChecked(t *testing.T) {
	t.Parallel()
	made, checked := map[string][]string{}, map[string]string{}
	for _, s := range sources(t) {
		text, err := os.ReadFile(s.path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range newView.FindAllSubmatch(text, -1) {
			if !s.test {
				made[s.dir] = append(made[s.dir], string(m[1]))
			}
		}
		for _, m := range checkViews.FindAllSubmatch(text, -1) {
			checked[s.dir] += string(m[1]) + ","
		}
	}
	if len(made) < 5 {
		t.Errorf("views in %d packages; are there so few?", len(made))
	}
	for dir, names := range made {
		for _, name := range names {
			if !regexp.MustCompile(`\b` + name + `\b`).MatchString(checked[dir]) {
				t.Errorf("%s: no test checks view %s: name it in pagetest.Check", dir, name)
			}
		}
	}
}

var changesAudit = regexp.MustCompile(`(?i)(UPDATE|DELETE FROM|REPLACE INTO|TRUNCATE( TABLE)?)\s+enrolld_audit\b`)

// The audit log is append-only: nothing of the product changes or deletes an
// entry. The doctor tries whether it could, and the tour, which is for pictures and
// tests alone, moves its demonstration into the past.
func TestArch_auditIsAppendOnly(t *testing.T) {
	t.Parallel()
	excused := map[string]bool{"cmd/enrolld/doctor_audit.go": true, "cmd/tour/office_links.go": true}
	for _, s := range sources(t) {
		text, err := os.ReadFile(s.path)
		if err != nil {
			t.Fatal(err)
		}
		if !s.test && changesAudit.Match(text) != excused[filepath.ToSlash(s.path)] {
			t.Errorf("%s: changes the audit log %t, want %t", s.path, !excused[filepath.ToSlash(s.path)], excused[filepath.ToSlash(s.path)])
		}
	}
}

var machinePath = regexp.MustCompile(`(^|[\s"'(=:])/(work|root|home)/`)

func TestArch_noMachinePaths(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && path != "." && strings.HasPrefix(d.Name(), ".git") {
			if d != nil && d.IsDir() && d.Name() == ".git" {
				return fs.SkipDir
			}
			return err
		}
		if d.IsDir() || strings.HasPrefix(path, "arch_test.go") || strings.Contains(path, "testdata/fuzz") {
			return nil
		}
		switch filepath.Ext(path) {
		case ".go", ".md", ".php", ".sql", ".yml", ".tmpl", "":
		default:
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if machinePath.MatchString(line) {
				t.Errorf("%s:%d names a path of one machine: %s", path, i+1, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
