package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/cmd/academy"
	"enrolld/mailer/mailbox"
	"enrolld/store/sandbox"
)

type demoCmd struct {
	Dir        string `help:"Keep data here; default: a temporary folder that is removed at the end." placeholder:"DIR"`
	Listen     string `help:"Address of Enrolld." default:"127.0.0.1:8765"`
	SiteListen string `help:"Address of the WordPress site." default:"127.0.0.1:8766"`
	MailListen string `help:"Address of the mailbox's pages." default:"127.0.0.1:8767"`
	Once       bool   `help:"Stop after the sales, for scripts."`
}

const demoWait = 15 * time.Second

// Run starts the academy, makes three sales and a refund, and waits.
func (c demoCmd) Run(a *app) error {
	if missing := sandbox.Missing(sandbox.SiteParts...); len(missing) > 0 {
		return enrolld.Errorf(enrolld.Unavailable, "the demo needs Debian's packages: apt-get install %s", strings.Join(missing, " "))
	}
	dir := c.Dir
	if dir == "" {
		temp, err := os.MkdirTemp("", "enrolld-demo")
		if err != nil {
			return fmt.Errorf("make a folder for the demo: %w", err)
		}
		defer func() { _ = os.RemoveAll(temp) }()
		dir = temp
	}
	d := &demo{app: a}
	d.say("Starting, everything privately and on this machine only:")
	var err error
	d.academy, err = academy.Start(a.ctx, academy.Options{
		Dir: dir, Listen: c.Listen, SiteListen: c.SiteListen, MailListen: c.MailListen, Log: a.log,
		Report: func(s string) { d.say("  ✓ " + s) },
	})
	if err != nil {
		return err
	}
	err = d.show()
	if err == nil && !c.Once {
		d.guide()
		<-a.ctx.Done()
	}
	d.say("Stopping.")
	return errors.Join(err, d.academy.Stop())
}

type demo struct {
	*app
	academy *academy.Academy
}

func (d *demo) say(s string) { _, _ = fmt.Fprintln(d.out, s) }

// show makes the sales and watches what they do.
func (d *demo) show() error {
	d.say("\nThree sales and a refund, signed as each checkout tool signs:")
	ann := academy.Person{Email: "ann@example.org", First: "Ann", Last: "O'Neil"}
	ben := academy.Person{Email: "ben@example.org", First: "Ben", Last: "Okafor"}
	cleo := academy.Person{Email: "cleo@example.org", First: "Cléo", Last: "Martin"}
	now := time.Now()
	for _, s := range []struct {
		what string
		who  academy.Person
		sale academy.Sale
	}{
		{"ThriveCart: Ann buys Ink & Wash with a bump", ann, academy.ThriveCart("1514394", ann, true, now)},
		{"Stripe: Ben buys Watercolour Landscapes", ben, academy.Stripe("demo1", ben, now)},
		{"Generic: Cléo buys everything", cleo, academy.Generic("A-1001", cleo, now)},
		{"ThriveCart: Ann's bump is refunded", ann, academy.ThriveCartRefund("1514394", "bump", ann, now.Add(time.Second))},
	} {
		if err := d.sale(s.what, s.who, s.sale); err != nil {
			return err
		}
	}
	return nil
}

// sale posts one sale and waits for its mail.
func (d *demo) sale(what string, who academy.Person, s academy.Sale) error {
	ctx, cancel := context.WithTimeout(d.ctx, demoWait)
	defer cancel()
	before := len(d.academy.Mailbox.Messages())
	begin := time.Now()
	status, err := d.academy.Post(ctx, s)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return enrolld.Errorf(enrolld.Internal, "%s: Enrolld answered %d", what, status)
	}
	accepted := time.Since(begin)
	m, err := d.academy.Mailbox.Wait(ctx, func(m mailbox.Message) bool {
		return m.ID > int64(before) && slices.Contains(m.To, who.Email)
	})
	if err != nil {
		return enrolld.Wrap(enrolld.Internal, err, "%s: no mail came", what)
	}
	d.say(fmt.Sprintf("  ✓ %-46s stored in %s, mail after %s: %q",
		what, accepted.Round(time.Millisecond), time.Since(begin).Round(time.Millisecond), m.Subject))
	return nil
}

// guide says where to click.
func (d *demo) guide() {
	w := d.out
	ac := d.academy
	_, _ = fmt.Fprintf(w, `
Look around:
  Admin         %s          as %s, password %s
                then 'use a recovery code': %s, %s, …
                or as %s, password %s, who may look at products only
  Mailbox       %s          the three welcomes; click 'Set your password' in one
  Course page   %s   closed to strangers; log in as Ann after setting her password
  WordPress     %s/wp-admin/   as %s, password %s
  Why           %s

Make another sale, to an address of yours:
`, ac.AdminURL(), ac.Owner.Email, ac.Owner.Password, ac.Owner.RecoveryCodes[0], ac.Owner.RecoveryCodes[1],
		ac.Helper.Email, ac.Helper.Password, ac.MailURL, ac.Courses[0].URL, ac.Site.URL, ac.AdminUser, ac.AdminPassword,
		why(os.Args[0], ac.MariaDB.DSN(ac.Database), ac.KeyFile))
	d.curl(w)
	_, _ = fmt.Fprintln(w, "\nCtrl-C stops everything.")
}

// why is a command for another terminal. It names the program as it was called,
// since nothing says that it is on the path.
func why(program, dsn, keyFile string) string {
	return fmt.Sprintf("%s --dsn '%s' --secret-key-file %s customer show ann@example.org", program, dsn, keyFile)
}

func (d *demo) curl(w io.Writer) {
	you := academy.Person{Email: "you@example.org", First: "You", Last: "Yourself"}
	s := academy.ThriveCart("1514395", you, false, time.Now())
	_, _ = fmt.Fprintf(w, "  curl -d '%s' %s\n", strings.ReplaceAll(string(s.Body), "'", "%27"), d.academy.Hooks["thrivecart"])
}
