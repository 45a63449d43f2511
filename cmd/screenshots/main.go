// Command screenshots takes the pictures of the README: every page that a member
// or an owner sees, with the demo's data, at desktop and phone width, light and
// dark. Look at them before you commit them.
//
//	go run ./cmd/screenshots [-dir docs/screenshots]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"enrolld/cmd/academy"
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

// look is one way to see a page.
type look struct {
	name          string
	width, height int64
	scheme        string
}

var looks = []look{
	{"light", 1280, 800, "light"},
	{"dark", 1280, 800, "dark"},
	{"phone-light", 390, 844, "light"},
	{"phone-dark", 390, 844, "dark"},
}

const (
	pageTimeout = 30 * time.Second
	saleTimeout = 20 * time.Second
)

func run(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("screenshots", flag.ContinueOnError)
	out := flags.String("dir", filepath.Join("docs", "screenshots"), "where the pictures go")
	if err := flags.Parse(args); err != nil {
		return err
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
	mail, err := sell(ctx, a)
	if err != nil {
		return err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("disable-quic", true))
	browser, cancel := chromedp.NewExecAllocator(ctx, options...)
	defer cancel()
	for _, page := range []struct{ name, url string }{
		{"mailbox", a.MailURL + "/"},
		{"mail", fmt.Sprintf("%s/messages/%d", a.MailURL, mail.ID)},
		{"notice", a.Courses[0].URL},
	} {
		for _, l := range looks {
			if err := capture(browser, l, page.url, filepath.Join(*out, page.name+"-"+l.name+".png")); err != nil {
				return fmt.Errorf("%s, %s: %w", page.name, l.name, err)
			}
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

// capture takes the picture of one page in a tab of its own.
func capture(browser context.Context, l look, url, path string) error {
	tab, cancel := chromedp.NewContext(browser)
	defer cancel()
	tab, stop := context.WithTimeout(tab, pageTimeout)
	defer stop()
	if err := chromedp.Do(tab, chromedp.EmulateViewport(l.width, l.height)); err != nil {
		return err
	}
	_, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}},
	})
	if err != nil {
		return err
	}
	if err := chromedp.Do(tab, chromedp.Navigate(url), chromedp.WaitReady("body")); err != nil {
		return err
	}
	png, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	return os.WriteFile(path, png, 0o644)
}
