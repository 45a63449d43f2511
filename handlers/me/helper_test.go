package me_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/me"
	"enrolld/store/storetest"
	"enrolld/store/team"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// rig is the screens of this package, a page of an account, and a way to sign in
// within a session.
type rig struct {
	*gatetest.Rig
	next enrolld.Login // who signs in there
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{}
	r.Rig = gatetest.New(t, func(f *gate.Frame) []gate.Route {
		s, err := me.New(f)
		if err != nil {
			t.Fatal(err)
		}
		return append(s.Routes(), gate.Route{
			Name: "sign in", Method: http.MethodPost, Path: "/sign-in", Access: gate.Anyone, Handle: func(q *gate.Request) error { return r.signIn(q) },
		}, gate.Route{
			Name: "members", Method: http.MethodGet, Path: "/a/{account}", Access: gate.Member, Handle: func(r *gate.Request) error {
				_, err := r.Writer.Write([]byte("in " + r.Account.Name))
				return err
			},
		})
	})
	return r
}

func (r *rig) signIn(q *gate.Request) error {
	err := r.Team.SignedIn(q.Context(), enrolld.Actor{Addr: q.Addr()}, team.SignIn{
		LoginID: r.next.ID, Epoch: r.next.Epoch, How: "password", KnownBrowser: true, Agent: q.Browser(),
	})
	if err != nil {
		return err
	}
	return q.Session().Begin(r.next.ID, gate.StageFull)
}

// SignInAgain signs somebody in within the browser's session.
func (r *rig) SignInAgain(b *gatetest.Browser, login enrolld.Login) {
	r.T.Helper()
	r.next = login
	if a := b.Post("/sign-in", nil); a.Status != http.StatusOK {
		r.T.Fatalf("sign in again: %d %s", a.Status, brief(a.Body))
	}
}

func user(rights ...enrolld.Permission) enrolld.Terms {
	t := enrolld.Terms{Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{}, Scope: enrolld.Scope{AllAccounts: true, AllProducts: true}}
	for _, p := range rights {
		t.Rights[p] = time.Time{}
	}
	return t
}

// freshFor is longer than a proof of who one is counts, and than anything waits.
const freshFor = 16 * time.Minute

func contains(body, text string) bool { return strings.Contains(body, text) }

// form makes what a browser posts of names and values in turn.
func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// has fails t when an answer has another status or lacks one of the texts.
var has = gatetest.Want

// goes fails t when an answer leads elsewhere.
func goes(t *testing.T, what string, a gatetest.Answer, to string) {
	t.Helper()
	if a.Status != http.StatusSeeOther || a.Location != to {
		t.Errorf("%s: %d to %q, want 303 to %q; body %s", what, a.Status, a.Location, to, brief(a.Body))
	}
}

func brief(body string) string {
	if i := strings.Index(body, "<main"); i >= 0 {
		body = body[i:]
	}
	return body[:min(len(body), 1500)]
}

// between returns the text between two others.
func between(t *testing.T, body, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, from)
	text, _, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("nothing between %q and %q in %s", from, to, brief(body))
	}
	return text
}

// shownSecret is the secret that the page for apps tells.
func shownSecret(t *testing.T, body string) string {
	t.Helper()
	code := between(t, body, `aria-label="Secret">`, "</code>")
	return strings.NewReplacer(`<span class="chunk">`, "", "</span>", "").Replace(code)
}

// setUpApp sets an app up as a person does and returns its secret.
func setUpApp(t *testing.T, r *rig, b *gatetest.Browser) string {
	t.Helper()
	a := b.Get("/me/second-factor/app")
	has(t, "the page for apps", a, http.StatusOK, "data:image/png;base64,")
	secret := shownSecret(t, a.Body)
	if a := b.Post("/me/second-factor/app", form("code", codeOf(t, r, secret))); a.Status != http.StatusSeeOther {
		t.Fatalf("confirm an app: %d %s", a.Status, brief(a.Body))
	}
	return secret
}

func codeOf(t *testing.T, r *rig, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, r.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// shownCodes are the recovery codes in a page, none when it shows none.
func shownCodes(body string) []string {
	_, rest, _ := strings.Cut(body, `aria-label="Recovery codes">`)
	code, _, _ := strings.Cut(rest, "</code>")
	return strings.Fields(code)
}
