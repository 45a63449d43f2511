package signin

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/page/pagetest"
	"enrolld/handlers/passkey/passkeytest"
	"enrolld/store/storetest"
	"enrolld/store/team"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestTemplates(t *testing.T) {
	t.Parallel()
	pagetest.Check(t, passwordView, codeView, recoveryView, confirmView, forgotView, chooseView, emailView, noticeView, invitationView)
}

// newRig has the routes of this package, and some that need to be let in.
func newRig(t *testing.T) *gatetest.Rig {
	t.Helper()
	return gatetest.New(t, func(f *gate.Frame) []gate.Route {
		s, err := New(f)
		if err != nil {
			t.Fatal(err)
		}
		return append(s.Routes(), extraRoutes(s)...)
	})
}

// extraRoutes need to be let in, make passkeys, or sign out by a GET.
func extraRoutes(s *Screens) []gate.Route {
	who := func(r *gate.Request) error {
		r.Writer.Header().Set("Content-Type", "text/plain")
		_, err := r.Writer.Write([]byte("inside: " + r.Viewer.Login.Email))
		return err
	}
	made := func(r *gate.Request) error {
		return s.keys.FinishMake(r, func(string) (string, error) { return "/", nil })
	}
	get, post := http.MethodGet, http.MethodPost
	return []gate.Route{
		{Name: "inside", Method: get, Path: "/inside", Access: gate.Person, Handle: who},
		{Name: "partial", Method: get, Path: "/partial", Access: gate.Partial, Handle: who},
		{Name: "fresh", Method: get, Path: "/fresh", Access: gate.Person, Fresh: true, Handle: who},
		{Name: "out", Method: get, Path: "/out", Access: gate.Partial, Handle: s.signOut},
		{Name: "make-page", Method: get, Path: "/make-page", Access: gate.Partial, Handle: func(r *gate.Request) error {
			return gate.Show(r, makeView, &makePage{r.Base("Passkeys")})
		}},
		{Name: "make", Method: post, Path: "/make", Access: gate.Partial, Handle: s.keys.BeginMake},
		{Name: "make-finish", Method: post, Path: "/make-finish", Access: gate.Partial, Handle: made},
	}
}

// user is what a member may do who needs no second factor.
var user = enrolld.Terms{
	Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: {}}, Scope: enrolld.Everything(),
}

// withUser is a login without a second factor, in the rig's account.
func withUser(rig *gatetest.Rig, email string) enrolld.Login {
	login := rig.AddLogin(email)
	rig.Join(login.ID, rig.Account.ID, user)
	return login
}

// app is an authenticator app.
type app struct {
	rig    *gatetest.Rig
	secret enrolld.Secret
}

// giveApp gives a login an authenticator app, some steps before now.
func giveApp(rig *gatetest.Rig, login enrolld.Login) app {
	rig.T.Helper()
	secret, _, err := team.NewTOTP(login)
	if err != nil {
		rig.T.Fatal(err)
	}
	a := app{rig, secret}
	if err := rig.Team.ConfirmTOTP(rig.T.Context(), enrolld.Actor{LoginID: login.ID}, login.ID, secret, a.code()); err != nil {
		rig.T.Fatal(err)
	}
	rig.Clock.Advance(2 * time.Minute)
	return a
}

// code is what the app shows.
func (a app) code() string {
	a.rig.T.Helper()
	code, err := totp.GenerateCode(a.secret.Reveal(), a.rig.Clock.Now())
	if err != nil {
		a.rig.T.Fatal(err)
	}
	return code
}

// givePasskey gives a login a passkey.
func givePasskey(rig *gatetest.Rig, login enrolld.Login) *passkeytest.Device {
	rig.T.Helper()
	d, b := passkeytest.New(rig.T, gatetest.BaseURL), rig.As(login)
	if got := b.PostJSON("/make-finish", d.Make(b.PostJSON("/make", "{}").Body, "Phone")); got.Status != http.StatusOK {
		rig.T.Fatalf("make a passkey: %d %s", got.Status, got.Body)
	}
	return d
}

func credentials(name, password string) url.Values {
	return url.Values{"login": {name}, "password": {password}}
}

// signIn tries a name and a password.
func signIn(b *gatetest.Browser, name, password string) gatetest.Answer {
	return b.Post("/sign-in", credentials(name, password))
}

const sessionCookie = "__Host-enrolld"

// inside says who is let in.
func inside(b *gatetest.Browser) string {
	_, who, _ := strings.Cut(b.Get("/inside").Body, "inside: ")
	return who
}

var tags = regexp.MustCompile(`(?s)<(script|head).*?</(script|head)>|<[^>]*>`)

// words are those that a person reads on a page.
func words(a gatetest.Answer) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(a.Body, " "))), " ")
}

// wants checks an answer's status and that its words hold some text.
func wants(t *testing.T, what string, a gatetest.Answer, status int, text string) {
	t.Helper()
	if a.Status != status || !strings.Contains(words(a), text) {
		t.Errorf("%s: %d %q, want %d with %q", what, a.Status, words(a), status, text)
	}
}

// leads checks that an answer leads to an address.
func leads(t *testing.T, what string, a gatetest.Answer, to string) {
	t.Helper()
	if a.Status != http.StatusSeeOther || a.Location != to {
		t.Errorf("%s: %d to %q %s, want 303 to %q", what, a.Status, a.Location, words(a), to)
	}
}
