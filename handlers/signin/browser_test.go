package signin

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/gorilla/mux"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/page"
	"enrolld/store/sandbox"
)

// patience bounds everything that a browser is waited for.
const patience = time.Minute

// makePage has a button that makes a passkey, as the pages of one's own login do.
type makePage struct{ page.Base }

var makeView = page.New[makePage](fstest.MapFS{"templates/make.tmpl": {Data: []byte(
	`{{define "scripts"}}<script src="{{asset "passkey.js"}}" defer></script>{{end}}` +
		`{{define "content"}}<input id="its-name" value="Work phone">{{template "passkey" (dict "does" "create" "begin" "/make" ` +
		`"finish" "/make-finish" "label" "Add a passkey" "name" "its-name")}}{{end}}`,
)}}, "make")

// serve serves this package to a real browser, at http://localhost.
func serve(t *testing.T, rig *gatetest.Rig) (address string) {
	t.Helper()
	m := mux.NewRouter()
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	address = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	f, err := gate.New(gate.Config{
		DB: rig.DB, Team: rig.Team, Log: slog.New(slog.DiscardHandler), BaseURL: address, Now: rig.Clock.Now,
		ClientIP:  func(q *http.Request) netip.Addr { return netip.MustParseAddrPort(q.RemoteAddr).Addr() },
		RequestID: func(context.Context) string { return "0123456789abcdef" },
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range append(s.Routes(), extraRoutes(s)...) {
		h := f.Handler(route)
		m.HandleFunc(route.Path, func(w http.ResponseWriter, q *http.Request) {
			if err := h(w, q); enrolld.CodeOf(err) == enrolld.Internal {
				t.Errorf("%s %s: %v", q.Method, q.URL.Path, err)
			}
		}).Methods(route.Methods()...)
	}
	m.PathPrefix(page.AssetsPath).Handler(page.Assets())
	m.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "home") })
	return address
}

// openBrowser starts Chromium; it ends with the test.
func openBrowser(t *testing.T) context.Context {
	t.Helper()
	if missing := sandbox.Missing("chromium"); len(missing) > 0 {
		message := "no browser: apt-get install " + strings.Join(missing, " ")
		if os.Getenv("CI") == "true" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	ctx, stop := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-dev-shm-usage", true))...)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		closeTab()
		stop()
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return ctx
}

// tab is a page of the browser.
type tab struct {
	t   *testing.T
	ctx context.Context
	at  string // the server
}

func (b tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.href + " " + document.body.innerText`))
		b.t.Fatalf("%s: %v\n%s", what, err, text)
	}
}

// says waits until the page shows a text.
func (b tab) says(text string) {
	b.t.Helper()
	b.do("wait for "+text, chromedp.WaitVisible(chromedp.Search(`//*[contains(normalize-space(text()), "`+text+`")]`)))
}

func call[P, R any](b tab, cmd cdp.Command[P, R], params P) R {
	b.t.Helper()
	out, err := chromedp.Call(b.ctx, cmd, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

const passkeyButton = chromedp.CSS("[data-passkey] button")

// TestBrowser is passkey.js in a real browser with a virtual authenticator.
func TestBrowser(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login := withUser(rig, "ann@ink.example")
	b := tab{t, openBrowser(t), serve(t, rig)}
	call(b, webauthn.Enable, webauthn.EnableParams{})
	device := call(b, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}}).AuthenticatorID

	b.do("sign in", chromedp.Navigate(b.at+"/sign-in?next=/make-page"), chromedp.SendKeys(chromedp.CSS("#field-login"), "ann@ink.example"),
		chromedp.SendKeys(chromedp.CSS("#field-password"), gatetest.Password), chromedp.Click(chromedp.CSS("[type=submit]")))
	b.says("Add a passkey")
	b.do("make a passkey", chromedp.Click(passkeyButton))
	b.says("home")
	keys, err := rig.Team.Passkeys(t.Context(), login.ID)
	if err != nil || len(keys) != 1 || keys[0].Name != "Work phone" {
		t.Fatalf("passkeys = %+v, %v", keys, err)
	}
	b.do("make another", chromedp.Navigate(b.at+"/make-page"), chromedp.Click(passkeyButton))
	b.says("This device has a passkey for this login already.")

	b.do("sign out", chromedp.Navigate(b.at+"/out"))
	b.do("by the passkey", chromedp.Navigate(b.at+"/sign-in?next=/inside"))
	b.says("inside: ann@ink.example")

	call(b, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: device, IsUserVerified: false})
	b.do("sign out", chromedp.Navigate(b.at+"/out"))
	b.do("password", chromedp.Navigate(b.at+"/sign-in?next=/inside"), chromedp.SendKeys(chromedp.CSS("#field-login"), "ann@ink.example"),
		chromedp.SendKeys(chromedp.CSS("#field-password"), gatetest.Password), chromedp.Click(chromedp.CSS("[type=submit]")))
	b.says("Confirm with the passkey of your login.")
	b.do("a finger that the device does not know", chromedp.Click(passkeyButton))
	b.says("Nothing was confirmed.")
	call(b, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: device, IsUserVerified: true})
	b.do("the right one", chromedp.Click(passkeyButton))
	b.says("inside: ann@ink.example")
}
