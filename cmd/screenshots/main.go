// Command screenshots takes the pictures of the documentation: every screen of the
// admin, and every page that a member sees, with the demo's data, at desktop and
// phone width, light and dark. Look at them before you commit them.
//
//	go run ./cmd/screenshots [-dir docs/screenshots] [-only REGEXP]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"enrolld/cmd/academy"
	"enrolld/cmd/tour"
	"enrolld/mailer/mailbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

const (
	pageTimeout = 30 * time.Second
	saleTimeout = 20 * time.Second
	// tallest is how much of a long page is shown, in CSS pixels.
	tallest = 2000
)

func run(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("screenshots", flag.ContinueOnError)
	out := flags.String("dir", filepath.Join("docs", "screenshots"), "where the pictures go")
	only := flags.String("only", "", "take those whose names match")
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("read -only: %w", err)
	}
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	dir, err := os.MkdirTemp("", "enrolld-screenshots")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	a, err := academy.Start(ctx, academy.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Stop()) }()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("disable-quic", true))
	browser, cancel := chromedp.NewExecAllocator(ctx, options...)
	defer cancel()
	browser, closeTab := chromedp.NewContext(browser)
	defer closeTab()
	if err := chromedp.Do(browser); err != nil {
		return fmt.Errorf("start the browser: %w", err)
	}
	c := camera{*out, wanted}
	if err := c.site(browser, a); err != nil {
		return err
	}
	return c.admin(browser, a)
}

// camera takes pictures.
type camera struct {
	dir    string
	wanted *regexp.Regexp // the names of pictures
}

// site takes pictures of what members see.
func (c camera) site(browser context.Context, a *academy.Academy) error {
	mail, err := sell(browser, a)
	if err != nil {
		return err
	}
	tab, cancel := chromedp.NewContext(browser)
	defer cancel()
	for _, page := range []struct{ name, url string }{
		{"mailbox", a.MailURL + "/"},
		{"mail", fmt.Sprintf("%s/messages/%d", a.MailURL, mail.ID)},
		{"notice", a.Courses[0].URL},
	} {
		if !c.wanted.MatchString(page.name) {
			continue
		}
		if err := chromedp.Do(tab, chromedp.Navigate(page.url), chromedp.WaitReady("body")); err != nil {
			return fmt.Errorf("open %s: %w", page.name, err)
		}
		if err := c.shoot(tab, page.name, tour.Looks(), false); err != nil {
			return err
		}
	}
	return nil
}

// admin takes pictures of every screen of the admin.
func (c camera) admin(browser context.Context, a *academy.Academy) error {
	office, err := tour.Furnish(browser, a)
	if err != nil {
		return err
	}
	for _, v := range tour.Visitors() {
		if err := c.visit(browser, office, v); err != nil {
			return fmt.Errorf("the %s: %w", v, err)
		}
	}
	return nil
}

// visit takes pictures of what one visitor sees.
func (c camera) visit(browser context.Context, office *tour.Office, v tour.Visitor) error {
	tab, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	defer cancel()
	if err := chromedp.Do(tab); err != nil { // it lives as long as what it is opened with
		return err
	}
	if err := office.Arrive(tab, v); err != nil {
		return err
	}
	for _, s := range office.Screens() {
		if s.Who != v || !c.wanted.MatchString(s.Name) {
			continue
		}
		if err := c.screen(tab, office, s); err != nil {
			return err
		}
	}
	return nil
}

func (c camera) screen(tab context.Context, office *tour.Office, s tour.Screen) error {
	tab, stop := context.WithTimeout(tab, pageTimeout)
	defer stop()
	looks := slices.DeleteFunc(tour.Looks(), func(l tour.Look) bool { return s.Phone && !l.Phone })
	if err := tour.Show(tab, looks[0], 0); err != nil {
		return err
	}
	if err := office.Open(tab, s); err != nil {
		return err
	}
	return c.shoot(tab, s.Name, looks, !s.Floats)
}

// shoot takes the pictures of the page that is open; a long one is shown in full
// when whole is true.
func (c camera) shoot(tab context.Context, name string, looks []tour.Look, whole bool) error {
	for _, l := range looks {
		if err := tour.Show(tab, l, 0); err != nil {
			return err
		}
		if whole {
			height, err := chromedp.Run(tab, chromedp.Evaluate[int64](`document.documentElement.scrollHeight`))
			if err != nil {
				return err
			}
			if err := tour.Show(tab, l, min(max(height, l.Height), tallest)); err != nil {
				return err
			}
		}
		png, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
		if err != nil {
			return fmt.Errorf("%s, %s: %w", name, l.Name, err)
		}
		if png, err = shrink(png); err != nil {
			return fmt.Errorf("%s, %s: %w", name, l.Name, err)
		}
		if err := os.WriteFile(filepath.Join(c.dir, name+"-"+l.Name+".png"), png, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sell makes the demo's sales and returns the first welcome.
func sell(ctx context.Context, a *academy.Academy) (mailbox.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, saleTimeout)
	defer cancel()
	ann := academy.Person{Email: "ann@example.org", First: "Ann", Last: "O'Neil"}
	now := time.Now()
	for _, s := range []academy.Sale{
		academy.Stripe("shot1", academy.Person{Email: "ben@example.org", First: "Ben", Last: "Okafor"}, now),
		academy.Generic("A-1001", academy.Person{Email: "cleo@example.org", First: "Cléo", Last: "Martin"}, now),
		academy.ThriveCart("1514394", ann, true, now),
	} {
		if _, err := a.Post(ctx, s); err != nil {
			return mailbox.Message{}, err
		}
	}
	return a.Mailbox.Wait(ctx, func(m mailbox.Message) bool {
		return len(m.To) == 1 && m.To[0] == ann.Email && strings.HasPrefix(m.Subject, "Welcome")
	})
}
