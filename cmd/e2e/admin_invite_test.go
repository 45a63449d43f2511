package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

const ownPassword = "seven quiet herons by the weir"

// TestInvitations goes the way of two people who are invited at once: one who is
// new, and one who owns another account already.
func TestInvitations(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	here, other := newClient(t, "invites"), newClient(t, "elsewhere")
	owner := newPerson(chrome, t)
	owner.signIn(here.world, here.owner)
	here.inviteAll(t, owner, "nina@invites.example", other.owner.Email)

	t.Run("new", func(t *testing.T) {
		nina := newPerson(chrome, t)
		nina.visit(here.link(t, "nina@invites.example", "/invitations/", 1))
		nina.fill("name", "Nina New")
		nina.fill("password", ownPassword)
		nina.click("Create login and join")
		nina.mustBeAt(here.path(""), "Your login is made", "View products")
	})
	t.Run("existing", func(t *testing.T) {
		ed := newPerson(chrome, t)
		here.joinAs(t, ed, other)
		here.deactivate(t, owner, other.owner.Name)
		v := ed.click("Products")
		ed.mustBeAt("/sign-in")
		if v.status != http.StatusOK || !strings.Contains(v.text, "Sign in") {
			t.Errorf("after the deactivation: %d, want to be asked to sign in:\n%s", v.status, v.text)
		}
		ed.signIn(here.world, other.owner)
		ed.mustBeAt(other.path(""))
		ed.mustAnswer(here.admin(here.path("")), http.StatusNotFound, "no such account")
		ed.mustBeIn(other)
	})
}

// inviteAll pastes addresses, among others that are to be left out.
func (c *client) inviteAll(t *testing.T, owner *person, addresses ...string) {
	t.Helper()
	owner.visit(c.admin(c.path("/settings/users/invite")))
	owner.fill("emails", strings.Join(append([]string{
		c.owner.Email, "nobody-at-all", "one@mailinator.com",
	}, addresses...), ",\n"))
	owner.choose("type", "user")
	owner.choose("rights", "chosen")
	owner.choose("permission", "products.view")
	owner.choose("products", "all")
	owner.click("Send invitations")
	owner.mustBeAt(c.path("/settings/users/invite"), fmt.Sprintf("%d invited, 3 left out", len(addresses)))
	want := []string{"User already", "Not an address", "Disposable"}
	for range addresses {
		want = append(want, "Invited")
	}
	if diff := cmp.Diff(want, owner.texts(`td[data-label="Result"]`)); diff != "" {
		t.Errorf("what became of each address (-want +got):\n%s\nat %s", diff, owner.where())
	}
}

// joinAs accepts an invitation with the login of another account's owner, and goes
// to and fro between the two.
func (c *client) joinAs(t *testing.T, p *person, other *client) {
	t.Helper()
	link := c.link(t, other.owner.Email, "/invitations/", 1)
	p.mustAnswer(link, http.StatusOK, "There is a login for this address already")
	p.click("Sign in to join")
	p.fill("login", other.owner.Email)
	p.fill("password", other.owner.Password)
	p.click("Sign in")
	p.giveCode(other.owner)
	if at := c.admin(p.at()); at != link {
		t.Fatalf("after signing in at %s, want the invitation again", at)
	}
	p.click("Join " + c.account.Name)
	p.mustBeAt(c.path(""), "You have joined "+c.account.Name)
	p.switchTo(other.account.Name)
	p.mustBeAt(other.path(""))
	p.switchTo(c.account.Name)
	p.mustBeAt(c.path(""))
}

// mustBeIn looks for another account than this one in the switcher.
func (p *person) mustBeIn(c *client) {
	p.t.Helper()
	p.visit(c.admin(c.path("")))
	p.mustBeAt(c.path(""))
	if got := run1(p, chromedp.Evaluate[int](`document.querySelectorAll('#switcher-list li').length`)); got > 1 {
		p.t.Errorf("the switcher offers %d accounts, want this one", got)
	}
}

// deactivate keeps a user out, by the user's page.
func (c *client) deactivate(t *testing.T, owner *person, name string) {
	t.Helper()
	owner.visit(c.admin(c.path("/settings/users")))
	// The owner stands first, and both owners have one name.
	owner.visit(owner.href(fmt.Sprintf(`//tr[contains(., %q) and not(contains(., "You"))]//a`, name)))
	owner.do(clickIn("main", "Deactivate"))
	owner.load(clickIn("dialog", "Deactivate"))
	owner.mustBeAt(owner.at(), "Deactivated")
}

// TestInvitationExpires: the link says so, the owner's list says so, and a new
// link works where the old one does not.
func TestInvitationExpires(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	c := newClient(t, "expires")
	owner, late := newPerson(chrome, t), newPerson(chrome, t)
	owner.signIn(c.world, c.owner)
	c.inviteAll(t, owner, "late@expires.example")
	old := c.link(t, "late@expires.example", "/invitations/", 1)
	c.exec(t, `UPDATE enrolld_invitations SET sent_at = sent_at - INTERVAL 8 DAY, expires_at = expires_at - INTERVAL 8 DAY WHERE account_id = ?`,
		c.account.ID)

	late.mustAnswer(old, http.StatusGone, "This invitation has expired")
	owner.visit(c.admin(c.path("/settings/users/invitations")))
	if diff := cmp.Diff([]string{"Expired"}, owner.texts(`td[data-label="State"]`)); diff != "" {
		t.Errorf("the state of the invitation (-want +got):\n%s", diff)
	}
	owner.click("Resend")
	owner.mustBeAt(c.path("/settings/users/invitations"), "A new link is on its way to late@expires.example")
	if diff := cmp.Diff([]string{"Open"}, owner.texts(`td[data-label="State"]`)); diff != "" {
		t.Errorf("the state after the new link (-want +got):\n%s", diff)
	}
	fresh := c.link(t, "late@expires.example", "/invitations/", 2)
	if fresh == old {
		t.Fatal("the new link is the old one")
	}
	late.mustAnswer(old, http.StatusNotFound, "A newer link may have been sent")
	late.mustAnswer(fresh, http.StatusOK, "Create your login")
	late.fill("name", "Lara Late")
	late.fill("password", ownPassword)
	late.click("Create login and join")
	late.mustBeAt(c.path(""), "Your login is made")
}
