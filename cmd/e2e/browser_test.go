package e2e

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"enrolld/store/sandbox"
)

// chromium is the browser that all tests share, each person in it with cookies of
// their own. It is started by the first test that asks, and closed by run.
var chromium struct {
	sync.Mutex
	ctx   context.Context
	close func() error
}

// browser returns the running browser.
func browser(t *testing.T) context.Context {
	t.Helper()
	if missing := sandbox.Missing("chromium"); len(missing) > 0 {
		message := "no browser: apt-get install " + strings.Join(missing, " ")
		if os.Getenv("CI") == "true" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	chromium.Lock()
	defer chromium.Unlock()
	if chromium.ctx == nil {
		if err := startBrowser(); err != nil {
			t.Fatalf("start the browser: %v", err)
		}
	}
	return chromium.ctx
}

// startBrowser starts Chromium with a profile of its own.
func startBrowser() error {
	profile, err := os.MkdirTemp("", "e2e-profile")
	if err != nil {
		return err
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.UserDataDir(profile), chromedp.WindowSize(1100, 900))
	ctx, closeTab := chromedp.NewContext(ctx)
	end := func() error {
		closeTab()
		stop()
		return os.RemoveAll(profile)
	}
	if err := chromedp.Do(ctx); err != nil {
		return errors.Join(err, end())
	}
	chromium.ctx, chromium.close = ctx, end
	return nil
}

// closeBrowser closes what browser started.
func closeBrowser() error {
	if chromium.ctx == nil {
		return nil
	}
	return chromium.close()
}

// person is somebody before a screen of their own: cookies are not shared.
type person struct {
	t   *testing.T
	ctx context.Context
}

func newPerson(browser context.Context, t *testing.T) *person {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	// The tab lives as long as the context that it is opened with: not a shorter one.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	return &person{t, ctx}
}

// run1 runs one action of the browser's and returns its value.
func run1[T any](p *person, action chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		p.t.Fatalf("in the browser: %v\nat %s", err, p.where())
	}
	return v
}

func (p *person) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	run1(p, chromedp.Steps(actions...))
}

const pageText = `document.body.innerText`

// where describes the page for who reads a failure.
func (p *person) where() string {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	url, _ := chromedp.Run(ctx, chromedp.Location())
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](pageText))
	return url + "\n" + text[:min(len(text), 1500)]
}

// view is a page as it was answered and as it reads.
type view struct {
	status int64
	text   string
}

// visit opens an address.
func (p *person) visit(url string) view {
	p.t.Helper()
	return p.load(chromedp.Navigate(url))
}

// reload loads the page again.
func (p *person) reload() view {
	p.t.Helper()
	return p.load(chromedp.Reload())
}

// press clicks what leads to another page.
func (p *person) press(selector chromedp.CSS) view {
	p.t.Helper()
	return p.load(chromedp.Click(selector, chromedp.NodeVisible))
}

func (p *person) load(action chromedp.Action[chromedp.Void]) view {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	res, err := chromedp.RunResponse(ctx, action)
	if err != nil {
		p.t.Fatalf("in the browser: %v\nat %s", err, p.where())
	}
	v := view{text: run1(p, chromedp.Evaluate[string](pageText))}
	if res != nil {
		v.status = res.Status
	}
	return v
}

// follow clicks a link that opens a new tab and goes there.
func (p *person) follow(selector chromedp.CSS, address string) {
	p.t.Helper()
	known := map[target.ID]bool{}
	for _, i := range p.tabs() {
		known[i.TargetID] = true
	}
	p.do(chromedp.Click(selector, chromedp.NodeVisible))
	eventually(p.t, "a new tab for "+address, func() bool {
		for _, i := range p.tabs() {
			if !known[i.TargetID] && strings.Contains(i.URL, address) {
				tab, closeTab := chromedp.NewContext(p.ctx, chromedp.WithTargetID(i.TargetID))
				p.t.Cleanup(closeTab)
				p.ctx = tab
				return chromedp.Do(tab) == nil // as in newPerson
			}
		}
		return false
	})
	p.do(chromedp.WaitReady(chromedp.CSS("body")))
}

func (p *person) tabs() []*target.Info {
	p.t.Helper()
	list, err := chromedp.Targets(p.ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	return list
}

// picture keeps a picture of the page to look at.
func (p *person) picture(name string) {
	p.t.Helper()
	png := run1(p, chromedp.FullScreenshot(100))
	dir, err := os.MkdirTemp("", "enrolld-picture")
	if err != nil {
		p.t.Fatal(err)
	}
	path := filepath.Join(dir, name+".png")
	if err := os.WriteFile(path, png, 0o644); err != nil {
		p.t.Fatal(err)
	}
	p.t.Logf("picture: %s", path)
}
