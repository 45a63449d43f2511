package e2e

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"enrolld"
	"enrolld/cmd/academy"
	"enrolld/handlers/gate"
	"enrolld/mailer/mailbox"
)

// client is a client account of one test's own, and who owns it.
type client struct {
	*world
	account enrolld.Account
	owner   *academy.User
}

// newClient makes one. The word is in its addresses and in no other test's.
func newClient(t *testing.T, word string) *client {
	t.Helper()
	w := Start(t)
	account, err := w.AddClient(t.Context(), enrolld.Account{Name: strings.ToUpper(word[:1]) + word[1:] + " School"})
	if err != nil {
		t.Fatal(err)
	}
	owner, err := w.AddOwner(t.Context(), account.ID, "owner@"+word+".example", "Olive Owner")
	if err != nil {
		t.Fatal(err)
	}
	return &client{w, account, owner}
}

// path is an address below the account.
func (c *client) path(below string) string { return gate.AccountPath(c.account.ID) + below }

// admin is an address of the admin.
func (w *world) admin(path string) string { return w.AdminURL() + path }

// link waits for the n-th mail to an address with a link to a path of ours, and
// returns the link; n counts from 1.
func (w *world) link(t *testing.T, to, path string, n int) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	link := regexp.MustCompile(regexp.QuoteMeta(w.admin(path)) + `[\w-]+`)
	seen := map[int64]bool{}
	m, err := w.Mailbox.Wait(ctx, func(m mailbox.Message) bool {
		if slices.Contains(m.To, to) && link.MatchString(m.Text) {
			seen[m.ID] = true
		}
		return len(seen) >= n
	})
	if err != nil {
		t.Fatalf("mail %d with a link to %s, to %s: %v", n, path, to, err)
	}
	return link.FindString(m.Text)
}

// at is the path of the page that is open.
func (p *person) at() string {
	p.t.Helper()
	u, err := url.Parse(run1(p, chromedp.Location()))
	if err != nil {
		p.t.Fatal(err)
	}
	return u.Path
}

// mustBeAt says where the person is to be, and what the page is to say.
func (p *person) mustBeAt(path string, words ...string) {
	p.t.Helper()
	text := run1(p, chromedp.Evaluate[string](pageText))
	if got := p.at(); got != path {
		p.t.Fatalf("at %s, want %s:\n%s", got, path, text)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			p.t.Fatalf("%s does not say %q:\n%s", path, w, text)
		}
	}
}

// mustAnswer opens an address and says what is to be answered.
func (p *person) mustAnswer(url string, status int64, words string) {
	p.t.Helper()
	if v := p.visit(url); v.status != status || !strings.Contains(v.text, words) {
		p.t.Fatalf("%s: %d, want %d with %q:\n%s", url, v.status, status, words, v.text)
	}
}

// field is a field of a form by its name; value tells boxes of one name apart.
func field(name string, value ...string) chromedp.CSS {
	s := fmt.Sprintf(`[name=%q]`, name)
	for _, v := range value {
		s += fmt.Sprintf(`[value=%q]`, v)
	}
	return chromedp.CSS(s)
}

// fill types into a field, over what is there.
func (p *person) fill(name, text string) {
	p.t.Helper()
	p.do(chromedp.Focus(field(name), chromedp.NodeVisible))
	run1(p, chromedp.Evaluate[bool](`document.activeElement.select() ?? true`))
	p.do(chromedp.KeyEvent(text))
}

// choose ticks a box, or one of several choices.
func (p *person) choose(name, value string) {
	p.t.Helper()
	p.do(chromedp.Click(field(name, value), chromedp.NodeVisible))
}

// named is a button or a link by its words.
func named(words string) chromedp.Search {
	return chromedp.Search(fmt.Sprintf(`//*[self::button or self::a][normalize-space(.)=%q]`, words))
}

// click presses what leads to another page.
func (p *person) click(words string) view {
	p.t.Helper()
	return p.load(chromedp.Click(named(words), chromedp.NodeVisible))
}

// givePassword goes to sign in with a name and a password.
func (p *person) givePassword(w *world, name, password string) {
	p.t.Helper()
	p.visit(w.admin("/sign-in"))
	p.fill("login", name)
	p.fill("password", password)
	p.click("Sign in")
}

// giveCode enters what the authenticator app shows.
func (p *person) giveCode(u *academy.User) {
	p.t.Helper()
	p.mustBeAt("/sign-in/code")
	code, err := u.NextCode()
	if err != nil {
		p.t.Fatal(err)
	}
	p.fill("code", code)
	p.click("Continue")
}

// signIn signs a user in, with the second factor when there is one.
func (p *person) signIn(w *world, u *academy.User) {
	p.t.Helper()
	p.givePassword(w, u.Email, u.Password)
	if u.TOTPSecret != "" {
		p.giveCode(u)
	}
	if at := p.at(); strings.HasPrefix(at, "/sign-in") {
		p.t.Fatalf("%s is not signed in\nat %s", u.Email, p.where())
	}
}

// signOut signs out by the person's menu.
func (p *person) signOut() {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS("details.person > summary"), chromedp.NodeVisible))
	p.click("Sign out")
	p.mustBeAt("/sign-in")
}

// switchTo goes to another account by the switcher.
func (p *person) switchTo(name string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS("details.switcher > summary"), chromedp.NodeVisible))
	p.load(chromedp.Click(chromedp.Search(fmt.Sprintf(`//*[@id="switcher-list"]//a[contains(., %q)]`, name)), chromedp.NodeVisible))
}

// texts are the words of the elements that a selector finds.
func (p *person) texts(selector string) []string {
	p.t.Helper()
	return run1(p, chromedp.Evaluate[[]string](fmt.Sprintf(`[...document.querySelectorAll(%q)].map(e => e.innerText.trim())`, selector)))
}

// href is where a link leads.
func (p *person) href(xpath string) string {
	p.t.Helper()
	return run1(p, chromedp.JavascriptAttribute[string](chromedp.Search(xpath), "href"))
}

// clickIn presses a button or a link inside an element.
func clickIn(element, words string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.Search(fmt.Sprintf(
		`//%s//*[self::button or self::a][normalize-space(.)=%q]`, element, words)), chromedp.NodeVisible)
}
