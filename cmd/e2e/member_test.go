package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"enrolld/cmd/academy"
)

const password = "correct horse battery staple 9!"

// notice is what a page says to those who may not read it.
const (
	noticeStranger = "This page is part of a course"
	noticeMember   = "Your account does not include this course"
)

// TestMember follows a buyer of each platform through a browser: from the
// welcome mail to the course, and out of it after a refund.
func TestMember(t *testing.T) {
	w := Start(t)
	chrome := browser(t)
	for _, tt := range []struct {
		platform string
		buys     func(id string, p academy.Person) academy.Sale
		refund   func(id string, p academy.Person) academy.Sale
		closes   int   // the course that the refund closes
		stays    []int // and those that stay open
	}{
		{
			platform: "thrivecart",
			buys: func(id string, p academy.Person) academy.Sale {
				return academy.ThriveCart(id, p, true, time.Now())
			},
			refund: func(id string, p academy.Person) academy.Sale {
				return academy.ThriveCartRefund(id, "bump", p, time.Now().Add(time.Second))
			},
			closes: 1, stays: []int{0},
		},
		{
			platform: "stripe",
			buys:     func(id string, p academy.Person) academy.Sale { return academy.Stripe(id, p, time.Now()) },
			refund: func(id string, _ academy.Person) academy.Sale {
				return academy.StripeRefund(id, time.Now().Add(time.Second))
			},
			closes: 2,
		},
		{
			platform: "generic",
			buys:     func(id string, p academy.Person) academy.Sale { return academy.Generic(id, p, time.Now()) },
			refund: func(id string, p academy.Person) academy.Sale {
				return academy.GenericEvent(id+"-r", map[string]any{
					"id": id + "-r", "event": "refund", "occurred_at": time.Now().Add(time.Second).UTC().Format(time.RFC3339),
					"order_id": id, "customer": map[string]any{"email": p.Email}, "amount": "149.00", "currency": "EUR",
				})
			},
			closes: 0,
		},
	} {
		t.Run(tt.platform, func(t *testing.T) {
			who := academy.Person{Email: "member-" + tt.platform + "@example.org", First: "Ann", Last: "O'Neil"}
			id := number()
			w.sell(t, tt.buys(id, who))
			w.mail(t, who.Email, 1)

			member := newPerson(chrome, t)
			w.enter(t, member, who.Email)
			course := w.Courses[tt.closes]
			for _, n := range append(tt.stays, tt.closes) {
				w.mustBeOpen(t, member, w.Courses[n])
			}
			if tt.platform == "thrivecart" {
				member.picture("open")
			}
			w.mustBeClosed(t, newPerson(chrome, t), course, noticeStranger)

			w.sell(t, tt.refund(id, who))
			gone := w.mail(t, who.Email, 2)
			if !strings.Contains(gone.Text, course.Title) {
				t.Errorf("the mail after the refund does not name %s:\n%s", course.Title, gone.Text)
			}
			if v := member.reload(); v.status != 403 || !strings.Contains(v.text, noticeMember) {
				t.Errorf("after the refund: %d, want 403 with the notice:\n%s", v.status, v.text)
			}
			if tt.platform == "thrivecart" {
				member.picture("notice")
			}
			w.mustBeClosed(t, member, course, noticeMember)
			for _, n := range tt.stays {
				w.mustBeOpen(t, member, w.Courses[n])
			}
		})
	}
}

// enter goes the way of a new member: mailbox, mail, set-password link,
// WordPress's own screens, logged in.
func (w *world) enter(t *testing.T, p *person, email string) {
	t.Helper()
	p.visit(w.MailURL)
	link := fmt.Sprintf(`//li/a[contains(., "Welcome") and contains(., %q)]`, email)
	p.do(chromedp.Click(chromedp.Search(link)), chromedp.WaitVisible(chromedp.CSS("iframe")))
	p.visit(run1(p, chromedp.Evaluate[string](`document.querySelector('iframe').src`))) // the mail by itself
	p.follow(`a[href*="action=rp"]`, "wp-login.php")
	pass1 := chromedp.ID("pass1")
	p.do(chromedp.WaitVisible(pass1))
	// WordPress fills the field with a proposal once its meter is loaded; typing
	// over the whole of it replaces it.
	run1(p, chromedp.Poll[bool](`typeof zxcvbn === 'function' && document.querySelector('#pass1').value !== ''`))
	run1(p, chromedp.Evaluate[bool](`document.querySelector('#pass1').select() ?? true`))
	p.do(chromedp.KeyEvent(password))
	if got := run1(p, chromedp.Value(pass1)); got != password {
		t.Fatalf("typed %q, want %q", got, password)
	}
	if v := p.press("#wp-submit"); v.status != 200 || !strings.Contains(v.text, "Your password has been reset") {
		t.Fatalf("setting the password: %d\n%s", v.status, p.where())
	}
	p.visit(w.Site.URL + "/wp-login.php")
	p.do(
		chromedp.WaitVisible(chromedp.ID("user_login")),
		chromedp.SetValue(chromedp.ID("user_login"), email), chromedp.SetValue(chromedp.ID("user_pass"), password),
	)
	p.press("#wp-submit")
	if url := run1(p, chromedp.Location()); !strings.Contains(url, "/wp-admin/") {
		t.Fatalf("not logged in\nat %s", p.where())
	}
}

// lesson is the page below a course, and a sentence on it.
func (w *world) lesson(t *testing.T, c academy.Course) (url, sentence string) {
	t.Helper()
	out := w.eval(t, `$l = get_pages( array( 'child_of' => %d ) )[0];
		echo $l->ID, "\n", wp_strip_all_tags( $l->post_content );`, c.ID)
	id, sentence, _ := strings.Cut(out, "\n")
	return w.Site.URL + "/?page_id=" + id, sentence
}

func (w *world) mustBeOpen(t *testing.T, p *person, c academy.Course) {
	t.Helper()
	content := w.eval(t, `echo wp_strip_all_tags( explode( '</p>', get_post( %d )->post_content )[0] );`, c.ID)
	if v := p.visit(c.URL); v.status != 200 || !strings.Contains(v.text, content) {
		t.Errorf("%s: %d, want 200 with %q:\n%s", c.Title, v.status, content, v.text)
	}
	lesson, sentence := w.lesson(t, c)
	if v := p.visit(lesson); v.status != 200 || !strings.Contains(v.text, sentence) {
		t.Errorf("lesson of %s: %d, want 200 with %q:\n%s", c.Title, v.status, sentence, v.text)
	}
}

func (w *world) mustBeClosed(t *testing.T, p *person, c academy.Course, notice string) {
	t.Helper()
	lesson, sentence := w.lesson(t, c)
	for _, url := range []string{c.URL, lesson} {
		v := p.visit(url)
		if v.status != 403 || !strings.Contains(v.text, notice) || strings.Contains(v.text, sentence) {
			t.Errorf("%s: %d, want 403 with %q and nothing of it:\n%s", url, v.status, notice, v.text)
		}
	}
}
