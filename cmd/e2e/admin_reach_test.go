package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"enrolld"
	"enrolld/handlers/gate"
)

// TestKeyboardOnly signs in and invites somebody with Tab, Space, Enter and
// letters. Wherever the focus goes, it is seen.
func TestKeyboardOnly(t *testing.T) {
	t.Parallel()
	c, p := newClient(t, "keyboard"), newPerson(browser(t), t)
	if _, err := chromedp.Call(p.ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	p.visit(c.admin("/sign-in"))
	p.tabTo(`[name=login]`, c.owner.Email)
	p.tabTo(`[name=password]`, c.owner.Password)
	p.enter()
	code, err := c.owner.NextCode()
	if err != nil {
		t.Fatal(err)
	}
	p.tabTo(`[name=code]`, code)
	p.enter()
	p.mustBeAt(c.path(""))

	p.do(chromedp.KeyEvent(kb.Tab))
	if p.focus() == "" { // it was outside of the page
		p.do(chromedp.KeyEvent(kb.Tab))
	}
	if got := p.focus(); got != "Skip to the content" {
		t.Errorf("the first Tab leads to %q, want the skip link", got)
	}
	p.do(chromedp.KeyEvent(kb.Enter))
	if got := run1(p, chromedp.Evaluate[string](`document.activeElement.id`)); got != "main" {
		t.Errorf("the skip link leads to %q, want main", got)
	}
	p.tabTo(`#nav a[href$="/settings/users"]`)
	p.enter()
	p.mustBeAt(c.path("/settings/users"))
	p.tabTo(`main a[href$="/users/invite"]`)
	p.enter()
	p.tabTo(`[name=emails]`, "keys@keyboard.example")
	p.tabTo(`[name=rights]`, kb.ArrowUp, kb.ArrowDown) // all, and back to chosen ones
	p.tabTo(`[name=permission][value="products.view"]`, " ")
	p.tabTo(`main .submit button`)
	p.enter()
	p.mustBeAt(c.path("/settings/users/invite"), "1 invited")
	c.link(t, "keys@keyboard.example", "/invitations/", 1)
}

// enter presses Enter, which leads to another page.
func (p *person) enter() {
	p.t.Helper()
	p.load(chromedp.KeyEvent(kb.Enter))
}

// tabTo presses Tab until an element has the focus, and types.
func (p *person) tabTo(selector string, typed ...string) {
	p.t.Helper()
	there := `document.activeElement.matches(` + "`" + selector + "`" + `)`
	const most = 80
	for range most {
		if run1(p, chromedp.Evaluate[bool](there)) {
			p.focus()
			for _, keys := range typed {
				p.do(chromedp.KeyEvent(keys))
			}
			return
		}
		p.do(chromedp.KeyEvent(kb.Tab))
		p.focus()
	}
	p.t.Fatalf("%s is not reached by pressing Tab %d times\nat %s", selector, most, p.where())
}

// seen answers what has the focus, and what is wrong with how it is seen. A choice
// may be outlined and pressed as a whole.
const seen = `(() => {
	const e = document.activeElement, choice = e.closest('.choice') ?? e, box = e.getBoundingClientRect();
	if (e === document.body) return { words: '', wrong: '' };
	const outlined = (x) => getComputedStyle(x).outlineStyle !== 'none' && parseFloat(getComputedStyle(x).outlineWidth) >= 2;
	const x = Math.max(box.left, 0) + Math.min(box.width, 8) / 2, y = Math.max(box.top, 0) + Math.min(box.height, 8) / 2;
	const top = document.elementFromPoint(x, y);
	const inner = e.type === 'date' && !e.matches(':focus-visible'); // a button of the browser's own, which it outlines
	let wrong = '';
	if (!outlined(e) && !outlined(choice) && !inner) wrong = 'has no outline';
	else if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) wrong = 'is out of sight';
	else if (!top || !(choice.contains(top) || top.contains(e))) wrong = 'is behind ' + top?.outerHTML.slice(0, 80);
	return { words: (e.innerText || e.name || e.id || e.tagName).trim(), wrong };
})()`

// focus is what has the focus, "" when nothing in the page has; it insists that it
// is seen.
func (p *person) focus() string {
	p.t.Helper()
	run1(p, chromedp.Evaluate[bool](`document.getAnimations().forEach((a) => a.finish()) ?? true`))
	got := run1(p, chromedp.Evaluate[struct{ Words, Wrong string }](seen))
	if got.Wrong != "" {
		p.t.Errorf("at %s the focus on %q %s", p.at(), got.Words, got.Wrong)
	}
	return got.Words
}

// TestWithoutScript does with plain pages and forms what script makes smoother.
func TestWithoutScript(t *testing.T) {
	t.Parallel()
	c, p := newClient(t, "plain"), newPerson(browser(t), t)
	second, err := c.AddClient(t.Context(), enrolld.Account{Name: "Second School", ParentID: c.account.ID})
	if err != nil {
		t.Fatal(err)
	}
	off := emulation.SetScriptExecutionDisabledParams{Value: true}
	if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, off); err != nil {
		t.Fatal(err)
	}
	p.signIn(c.world, c.owner)
	p.mustBeAt("/accounts", "Choose an account")
	p.load(clickIn("main", c.account.Name))
	p.mustBeAt(c.path(""))
	c.inviteAll(t, p, "plain@plain.example")

	p.visit(c.admin(c.path("/settings/users/invitations")))
	p.click("Remove")
	if at := p.at(); !strings.HasSuffix(at, "/remove") {
		t.Fatalf("at %s, want a page that asks whether to remove the invitation", at)
	}
	p.click("Remove")
	p.mustBeAt(c.path("/settings/users/invitations"), "The invitation of plain@plain.example is removed")
	gone := newPerson(browser(t), t)
	gone.mustAnswer(c.link(t, "plain@plain.example", "/invitations/", 1), http.StatusGone, "This invitation was taken back")

	p.switchTo(second.Name)
	p.mustBeAt(gate.AccountPath(second.ID))
	p.signOut()
	p.visit(c.admin(c.path("")))
	p.mustBeAt("/sign-in")
}
