package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// TestSignInWithCodes: the app's code and recovery codes, each of which works once.
func TestSignInWithCodes(t *testing.T) {
	t.Parallel()
	c, p := newClient(t, "codes"), newPerson(browser(t), t)
	p.givePassword(c.world, c.owner.Email, "not the password at all")
	p.mustBeAt("/sign-in", "The name or the password is not right")
	p.givePassword(c.world, c.owner.Email, c.owner.Password)
	p.mustAnswer(c.admin(c.path("")), http.StatusOK, "Sign in") // the password alone opens nothing
	p.visit(c.admin("/sign-in/code"))
	p.fill("code", "000000")
	p.click("Continue")
	p.mustBeAt("/sign-in/code", "This code is not right")
	p.giveCode(c.owner)
	p.mustBeAt(c.path(""))
	p.signOut()

	for i, tt := range []struct{ code, path, words string }{
		{c.owner.RecoveryCodes[0], c.path(""), "9 recovery codes are left"},
		{c.owner.RecoveryCodes[0], "/sign-in/recovery", "was used already"},
		{strings.ToUpper(c.owner.RecoveryCodes[1]), c.path(""), "8 recovery codes are left"},
	} {
		p.givePassword(c.world, c.owner.Email, c.owner.Password)
		p.click("Use a recovery code")
		p.fill("code", tt.code)
		p.click("Continue")
		p.mustBeAt(tt.path, tt.words)
		if i == 0 {
			p.signOut()
		}
	}
}

// TestPasskey: made under Security, then used to sign in without a name, and as
// the second factor after the password.
func TestPasskey(t *testing.T) {
	t.Parallel()
	c, p := newClient(t, "passkeys"), newPerson(browser(t), t)
	device := p.addDevice()
	p.signIn(c.world, c.owner)
	p.visit(c.admin("/me/security"))
	p.click("Add a passkey")
	p.mustBeAt("/me/second-factor")
	p.click("Add a passkey")
	p.mustBeAt("/me/security", "The passkey")
	if n := len(p.credentials(device)); n != 1 {
		t.Fatalf("the device has %d passkeys, want 1", n)
	}

	p.signOut()
	p.click("Sign in with a passkey")
	p.mustBeAt(c.path(""))

	p.signOut()
	p.givePassword(c.world, c.owner.Email, c.owner.Password)
	p.mustBeAt("/sign-in/code", "Use a passkey")
	p.click("Use a passkey")
	p.mustBeAt(c.path(""))
}

// noPicker is a browser that does not offer passkeys among the names of a field:
// a device that is always touched would sign in before a button is pressed.
const noPicker = `PublicKeyCredential.isConditionalMediationAvailable = async () => false`

// addDevice gives the browser a device that makes and keeps passkeys, and whose
// holder it recognises.
func (p *person) addDevice() webauthn.AuthenticatorID {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: noPicker,
	}); err != nil {
		p.t.Fatal(err)
	}
	if _, err := chromedp.Call(p.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		p.t.Fatal(err)
	}
	res, err := chromedp.Call(p.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return res.AuthenticatorID
}

func (p *person) credentials(device webauthn.AuthenticatorID) []*webauthn.Credential {
	p.t.Helper()
	res, err := chromedp.Call(p.ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: device})
	if err != nil {
		p.t.Fatal(err)
	}
	return res.Credentials
}

// TestLoginMadeByHand: the password is changed first; then there is what was given,
// and nothing of the rest, neither to see nor by its address.
func TestLoginMadeByHand(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	c := newClient(t, "byhand")
	owner, hana := newPerson(chrome, t), newPerson(chrome, t)
	owner.signIn(c.world, c.owner)
	owner.visit(c.admin(c.path("/settings/users/new")))
	first := owner.texts(".copy code")[0]
	owner.fill("name", "Hana Hand")
	owner.fill("email", "hana@byhand.example")
	owner.fill("username", "hana")
	owner.fill("password", first)
	owner.choose("rights", "chosen")
	owner.choose("permission", "products.view")
	owner.click("Create login")
	if text := owner.where(); !strings.Contains(text, "The login of Hana Hand works now") {
		t.Fatalf("no login was made\nat %s", text)
	}

	hana.givePassword(c.world, "hana", first)
	hana.visit(c.admin(c.path("")))
	hana.mustBeAt("/me/password", "Choose your own password")
	hana.fill("new", ownPassword)
	hana.click("Save the password")
	hana.mustBeAt(c.path(""), "View products")
	hana.mustSeeOnly(t, c)
}

// mustSeeOnly looks for what somebody who may look at products must not reach.
func (p *person) mustSeeOnly(t *testing.T, c *client) {
	t.Helper()
	if diff := cmp.Diff([]string{"Overview", "Products", "Leave"}, p.texts("#nav li a")); diff != "" {
		t.Errorf("the navigation (-want +got):\n%s", diff)
	}
	p.mustAnswer(c.admin(c.path("/products")), http.StatusOK, "Products")
	refused := []string{
		"", "/users", "/users/invite", "/users/new", "/users/invitations", "/users/deactivated", "/sub-accounts", "/security", "/ownership",
		"/audit", "/audit.csv",
	}
	for _, below := range refused {
		p.mustAnswer(c.admin(c.path("/settings"+below)), http.StatusForbidden, "You have no access to this")
	}
	var links []string
	for _, a := range p.texts("main a") {
		if slices.Contains([]string{"Users", "Security", "Audit log"}, a) {
			links = append(links, a)
		}
	}
	if len(links) > 0 {
		t.Errorf("the page of an error leads to %q", links)
	}
}
