package account

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/store"
	"enrolld/store/team"
)

// note writes entries into an account's audit log, one an hour.
func note(rig *gatetest.Rig, account int64, entries ...store.AuditEntry) {
	rig.T.Helper()
	for _, e := range entries {
		e.AccountID = account
		if err := rig.DB.InTx(rig.T.Context(), func(tx *store.Tx) error { return tx.Audit(rig.T.Context(), []store.AuditEntry{e}) }); err != nil {
			rig.T.Fatal(err)
		}
		rig.Clock.Advance(time.Hour)
	}
}

func auditRig(t *testing.T) (*gatetest.Rig, *gatetest.Browser) {
	t.Helper()
	rig := newRig(t)
	owner, _ := rig.Owner("owner@example.com", rig.Account.ID)
	b := rig.As(owner)
	rig.Exec("DELETE FROM enrolld_audit")
	note(rig, rig.Account.ID,
		store.AuditEntry{Actor: "Maya", LoginID: 7, Action: "member.deactivated", Subject: "ann@example.com", Addr: "192.0.2.1",
			Before: map[string]any{"state": "active", "terms": map[string]any{"all": true}}, After: map[string]any{"state": "deactivated", "terms": map[string]any{"all": true}}},
		store.AuditEntry{Actor: "delivery", Action: "access.granted", CustomerID: 12, Detail: `{"course":"page:12"}`},
		store.AuditEntry{Actor: "=HYPERLINK(1)", LoginID: 8, Action: "product.rule", Subject: "@sum", Addr: "2001:db8::1"},
		store.AuditEntry{Actor: "Maya", LoginID: 7, Action: "dream.dreamt", Subject: "Ink"},
	)
	note(rig, rig.AddAccount("Guild", 0).ID, store.AuditEntry{Actor: "Stranger", LoginID: 9, Action: "login.added"})
	return rig, b
}

func TestAudit(t *testing.T) {
	t.Parallel()
	rig, b := auditRig(t)
	path := gatetest.Path(rig.Account.ID, auditPath)
	all := b.Get(path)
	want(t, "everything", all, http.StatusOK, "deactivated a user", "ann@example.com", "opened a course", "customer 12", "A delivery", "dream.dreamt",
		"192.0.2.1", "<del><bdi>active</bdi></del> → <ins><bdi>deactivated</bdi></ins>", "<dt>course</dt>", "4 March 2026")
	lacks(t, "everything", all, "Stranger", "all permissions")
	for query, has := range map[string][]string{
		"?who=may":                       {"deactivated a user", "dream.dreamt"},
		"?who=ann":                       {"deactivated a user"},
		"?what=access.":                  {"opened a course"},
		"?from=2026-03-04&to=2026-03-04": {"deactivated a user", "opened a course", "changed what a product gives", "dream.dreamt"},
		"?to=2026-03-03":                 {"Nothing like that happened"},
		"?what=forged":                   {"deactivated a user", "opened a course", "changed what a product gives", "dream.dreamt"},
		"?who=ann&what=member.":          {"deactivated a user", "by or about ‘ann’", "users and what they may do"},
	} {
		a := b.Get(path + query)
		want(t, query, a, http.StatusOK, has...)
		for _, words := range []string{"deactivated a user", "opened a course", "changed what a product gives", "dream.dreamt"} {
			if !slices.Contains(has, words) {
				lacks(t, query, a, words)
			}
		}
	}
	want(t, "no date", b.Get(path+"?from=yesterday"), http.StatusUnprocessableEntity, "Enter a date", `value="yesterday"`)
	want(t, "turned around", b.Get(path+"?from=2026-03-05&to=2026-03-04"), http.StatusUnprocessableEntity, "before the first one")
}

// TestAuditScope: the log names products and customers, so that who was given
// some products does not read it.
func TestAuditScope(t *testing.T) {
	t.Parallel()
	rig, _ := auditRig(t)
	some, _ := rig.Person("some@example.com", rig.Account.ID, adminTerms(enrolld.Scope{AllAccounts: true}, enrolld.PermAudit))
	b := rig.As(some)
	for _, below := range []string{auditPath, auditPath + ".csv"} {
		a := b.Get(gatetest.Path(rig.Account.ID, below))
		want(t, below, a, http.StatusForbidden)
		lacks(t, below, a, "ann@example.com")
	}
}

func TestAuditPages(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	owner, _ := rig.Owner("owner@example.com", rig.Account.ID)
	for i := range perPage + 2 {
		note(rig, rig.Account.ID, store.AuditEntry{Actor: "Maya", LoginID: 7, Action: "member.terms", Subject: fmt.Sprintf("n%03d@example.com", i)})
	}
	b := rig.As(owner) // before, the session would have run out
	path := gatetest.Path(rig.Account.ID, auditPath)
	first := b.Get(path + "?who=example.com")
	want(t, "the first page", first, http.StatusOK, "n051@example.com", "n002@example.com", `rel="next"`)
	lacks(t, "the first page", first, "n001@example.com", `rel="prev"`)
	_, rest, _ := strings.Cut(first.Body, `rel="next" href="`)
	href, _, _ := strings.Cut(rest, `"`)
	second := b.Get(strings.ReplaceAll(href, "&amp;", "&"))
	want(t, "the second page", second, http.StatusOK, "n001@example.com", "n000@example.com", `rel="prev"`)
	lacks(t, "the second page", second, "n002@example.com", `rel="next"`)
}

func TestAuditExport(t *testing.T) {
	t.Parallel()
	rig, b := auditRig(t)
	path := gatetest.Path(rig.Account.ID, auditPath+".csv")
	a := b.Get(path + "?from=2026-03-04&who=a")
	want(t, "the export", a, http.StatusOK)
	if got, want := a.Header.Get("Content-Disposition"), `attachment; filename="audit-log-2026-03-04.csv"`; got != want {
		t.Errorf("disposition: got %s, want %s", got, want)
	}
	rows, err := csv.NewReader(strings.NewReader(a.Body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		rows[i] = rows[i][:7]
	}
	wanted := [][]string{
		csvHead[:7],
		{"2026-03-04 08:06:07", "Maya", "dream.dreamt", "dream.dreamt", "Ink", "", ""},
		{"2026-03-04 05:06:07", "Maya", "member.deactivated", "deactivated a user", "ann@example.com", "192.0.2.1", "state: active → deactivated"},
	}
	rows = slices.DeleteFunc(rows, func(r []string) bool { return r[2] == "account.entered" || strings.HasPrefix(r[1], "'=") })
	if diff := cmp.Diff(wanted, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	want(t, "formulas", b.Get(path+"?what=product."), http.StatusOK, "'=HYPERLINK(1)", "'@sum")
	if got := b.Get(path + "?to=2020-01-01"); got.Body != strings.Join(csvHead, ",")+"\n" {
		t.Errorf("an empty export: got %q, want the head alone", got.Body)
	}
	want(t, "a wrong filter", b.Get(path+"?to=x"), http.StatusUnprocessableEntity)
}

func TestChanges(t *testing.T) {
	t.Parallel()
	got := changes(team.AuditRow{
		Before: json.RawMessage(`{"state":"active","terms":{"type":"user","rights":{"products.view":"0001-01-01T00:00:00Z"},"scope":{"products":[2,1]}}}`),
		After:  json.RawMessage(`{"state":"active","terms":{"type":"admin","all":true,"scope":{"products":[1]}},"until":"2026-03-04T05:06:07Z"}`),
		Detail: json.RawMessage(`{"sessions_ended":2,"empty":""}`),
	})
	want := []change{
		{"all permissions", "", "yes", true},
		{"may ‘View products’ until", "without end", "", true},
		{"products", "1, 2", "1", true},
		{"type", "user", "admin", true},
		{"until", "", "4 March 2026, 05:06 UTC", true},
		{"sessions ended", "", "2", false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	rule := changes(team.AuditRow{After: json.RawMessage(`{"courses":["page:12"],"on_refund":"keep","on_cancel":"period_end"}`)})
	if diff := cmp.Diff([]change{
		{"courses", "", "page:12", true}, {"after a cancellation", "", "access stays until the paid time is over", true},
		{"after a refund", "", "access stays", true},
	}, rule); diff != "" {
		t.Errorf("a rule (-want +got):\n%s", diff)
	}
	if got := changes(team.AuditRow{Before: json.RawMessage(`{`)}); len(got) != 1 || got[0].Before != "{" {
		t.Errorf("what cannot be read: got %+v, want it as it is", got)
	}
}

var actionShape = regexp.MustCompile(`^(access|account|bulk|customer|emails|ground|import|invitation|login|member|message|order|product|transfer)\.[a-z_]+$`)

// TestEveryActionHasWords looks for the actions that the code writes into the
// audit log: in what is given to AuditBy and to the notes of store/team, and in
// entries. One that has no words fails, and so do words that no code writes.
func TestEveryActionHasWords(t *testing.T) {
	t.Parallel()
	written := map[string]string{
		// these are put together
		"transfer.declined": "", "transfer.withdrawn": "", "ground.given": "", "ground.withdrawn": "",
	}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		return actionsIn(path, written)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(written) < 30 {
		t.Fatalf("found %d actions only: the search is broken", len(written))
	}
	for action, path := range written {
		if actionWords[action] == "" {
			t.Errorf("%s writes %q, which has no words", path, action)
		}
	}
	for action := range actionWords {
		if _, ok := written[action]; !ok {
			t.Errorf("nothing writes %q", action)
		}
		if !slices.ContainsFunc(groups, func(g group) bool { return strings.HasPrefix(action, g.prefix) }) {
			t.Errorf("%q is in no group of the filter", action)
		}
	}
}

func actionsIn(path string, found map[string]string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return err
	}
	// In these folders every text of the shape is an action.
	everywhere := slices.Contains([]string{"../../store", "../../store/bulk", "../../store/importing", "../../store/team", "../../store/provision"}, filepath.ToSlash(filepath.Dir(path)))
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if everywhere {
				addAction(n, path, found)
			}
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "AuditBy" {
				for _, arg := range n.Args {
					addAction(arg, path, found)
				}
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Action" {
				addAction(n.Value, path, found)
			}
		}
		return true
	})
	return nil
}

func addAction(n ast.Node, path string, found map[string]string) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return
	}
	if text, err := strconv.Unquote(lit.Value); err == nil && actionShape.MatchString(text) {
		found[text] = path
	}
}

// fullDisk takes some bytes and then no more.
type fullDisk struct {
	http.ResponseWriter
	room int
}

func (d *fullDisk) Write(b []byte) (int, error) {
	if d.room -= len(b); d.room < 0 {
		return 0, errors.New("the other side is gone")
	}
	return d.ResponseWriter.Write(b)
}

// TestExportThatBreaksOff is aborted, so that nobody takes it for the whole.
func TestExportThatBreaksOff(t *testing.T) {
	t.Parallel()
	rig, _ := auditRig(t)
	s := New(rig.Frame)
	handle := rig.Frame.Handler(gate.Route{
		Name: "export", Method: http.MethodGet, Path: "/", Access: gate.Anyone,
		Handle: func(r *gate.Request) error {
			r.Writer, r.Account = &fullDisk{r.Writer, 10}, rig.Account
			r.Membership.Scope.AllProducts = true
			return s.auditCSV(r)
		},
	})
	defer func() {
		if got, ok := recover().(error); !ok || !errors.Is(got, http.ErrAbortHandler) {
			t.Errorf("got %v, want the request to be aborted", got)
		}
	}()
	q := httptest.NewRequest(http.MethodGet, "/", nil)
	t.Errorf("it ended as if all were well: %v", handle(httptest.NewRecorder(), q))
}
