package e2e

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/mux"

	"enrolld/cmd/tour"
	"enrolld/handlers"
)

// Axe is a tool of these tests only: npm brings it, and its sum says that it is
// the one that was looked at.
const (
	axePackage = "axe-core@4.14.1"
	axeFile    = "axe-core-4.14.1.tgz"
	axeMember  = "package/axe.min.js"
	axeSum     = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
)

// notVisited are routes for GET that lead to no screen.
var notVisited = map[string]string{
	"home":                   "leads on to an account, to the chooser or to the sign-in page",
	"email-template-preview": "what stands in the editor's frame, where no script runs",
	"audit-export":           "a file", "customers-export": "a file", "import-rejects": "a file", "bulk-result": "a file", "import-events": "a stream",
}

// TestAccessibility looks for what axe-core knows of WCAG 2.2 AA on every screen, in
// light and dark, on a desktop and on a phone. A screen that is not on the tour
// fails it.
func TestAccessibility(t *testing.T) {
	t.Parallel()
	w, axe := Start(t), axe(t)
	chrome := browser(t)
	office, err := tour.Furnish(t.Context(), w.Academy)
	if err != nil {
		t.Fatal(err)
	}
	seen := newVisits(w.Service.Routes())
	for _, v := range tour.Visitors() {
		p := newPerson(chrome, t)
		if err := office.Arrive(p.ctx, v); err != nil {
			t.Fatalf("the %s arrives: %v\nat %s", v, err, p.where())
		}
		script := page.AddScriptToEvaluateOnNewDocumentParams{Source: axe}
		if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, script); err != nil {
			t.Fatal(err)
		}
		for _, s := range office.Screens() {
			if s.Who == v {
				p.examine(office, s)
				seen.note(t, run1(p, chromedp.Location()))
			}
		}
	}
	seen.complete(t)
}

// TestAxeFinds: what is wrong is found, in spite of the policy against scripts.
func TestAxeFinds(t *testing.T) {
	t.Parallel()
	w, axe := Start(t), axe(t)
	p := newPerson(browser(t), t)
	p.visit(w.admin("/sign-in"))
	run1(p, chromedp.Evaluate[any](axe+"; true"))
	if found := p.violations(axeAll); len(found) > 0 {
		t.Fatalf("found %+v, want nothing yet", found)
	}
	run1(p, chromedp.Evaluate[bool](`document.querySelector('label').remove(), document.querySelector('h1').style.color = '#ccc', true`))
	var got []string
	for _, v := range p.violations(axeAll) {
		got = append(got, v.ID)
	}
	if diff := cmp.Diff([]string{"color-contrast", "label"}, got); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

// examine opens a screen and lets axe look at it in every look.
func (p *person) examine(office *tour.Office, s tour.Screen) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := tour.Show(ctx, tour.Looks()[0], 0); err != nil {
		p.t.Fatal(err)
	}
	if err := office.Open(ctx, s); err != nil {
		p.t.Fatalf("%v\nat %s", err, p.where())
	}
	for _, l := range tour.Looks() {
		if s.Phone && !l.Phone {
			continue
		}
		if err := tour.Show(ctx, l, 0); err != nil {
			p.t.Fatalf("%s, %s: %v", s.Name, l.Name, err)
		}
		only := axeAll
		if l.Scheme == "dark" { // nothing but colours differs from the light look
			only = axeColours
		}
		for _, v := range p.violations(only) {
			p.t.Errorf("%s, %s: %s: %s\n\t%s", s.Name, l.Name, v.ID, v.Help, strings.Join(v.Where, "\n\t"))
		}
	}
}

// violation is what axe found.
type violation struct {
	ID, Help string
	Where    []string // the elements, and why
}

// What axe looks for.
const (
	axeAll     = `{ type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }`
	axeColours = `{ type: 'rule', values: ['color-contrast', 'link-in-text-block'] }`
)

func (p *person) violations(only string) []violation {
	p.t.Helper()
	return run1(p, chromedp.Evaluate[[]violation](fmt.Sprintf(runAxe, only), chromedp.EvalAwaitPromise))
}

const runAxe = `axe.run(document, {
	runOnly: %s,
	resultTypes: ['violations'], preload: false,
}).then((r) => r.violations.map((v) => ({
	id: v.id, help: v.help, where: v.nodes.slice(0, 5).map((n) => n.target.join(' ') + ': ' + n.failureSummary.replace(/\s+/g, ' ')),
})))`

// visits knows which screens there are and which were seen.
type visits struct {
	router *mux.Router
	left   map[string]bool // by the routes' names
}

func newVisits(routes []handlers.Route) *visits {
	v := &visits{mux.NewRouter(), map[string]bool{}}
	for _, r := range routes {
		if r.Access != handlers.AccessScreen || r.Methods[0] != http.MethodGet {
			continue
		}
		v.router.Path(r.Path).Name(r.Name)
		v.left[r.Name] = true
	}
	return v
}

func (v *visits) note(t *testing.T, address string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var m mux.RouteMatch
	if v.router.Match(&http.Request{Method: http.MethodGet, URL: u}, &m) && m.Route != nil {
		delete(v.left, m.Route.GetName())
	}
}

func (v *visits) complete(t *testing.T) {
	t.Helper()
	for name := range notVisited {
		if !v.left[name] {
			t.Errorf("route %s is named as one that is not visited; it was, or there is none", name)
		}
		delete(v.left, name)
	}
	for name := range v.left {
		t.Errorf("screen %s was not looked at: add it to the tour, or name it in notVisited with the reason", name)
	}
}

// axe is the source of axe-core, kept between runs.
func axe(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "enrolld-test")
	source, err := readAxe(filepath.Join(dir, axeFile))
	if errors.Is(err, os.ErrNotExist) {
		fetchAxe(t, dir)
		source, err = readAxe(filepath.Join(dir, axeFile))
	}
	if err != nil {
		t.Fatalf("read %s in %s: %v", axeFile, dir, err)
	}
	if sum := sha256.Sum256(source); hex.EncodeToString(sum[:]) != axeSum {
		t.Fatalf("%s of %s in %s has the sum %x, want %s: remove it", axeMember, axeFile, dir, sum, axeSum)
	}
	return string(source)
}

func fetchAxe(t *testing.T, dir string) {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		message := "no axe-core: apt-get install npm"
		if os.Getenv("CI") == "true" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "npm", "pack", axePackage, "--pack-destination", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("npm pack %s: %v\n%s", axePackage, err, out)
	}
}

// readAxe reads the script out of the package.
func readAxe(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", axeMember, err)
		}
		if h.Name == axeMember {
			return io.ReadAll(r)
		}
	}
}
