package tour

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/chromedp"

	"enrolld/cmd/academy"
)

// Visitor is who looks at a screen.
type Visitor string

// The visitors. Each needs a browser context of their own.
const (
	Stranger Visitor = "stranger"
	Halfway  Visitor = "halfway"  // gave the password, not the second factor
	Owner    Visitor = "owner"    // of the academy
	Helper   Visitor = "helper"   // may look at products
	Newcomer Visitor = "newcomer" // has to change the first password
	Owing    Visitor = "owing"    // an Admin without a second factor
)

// Visitors are all of them.
func Visitors() []Visitor { return []Visitor{Stranger, Halfway, Owner, Helper, Newcomer, Owing} }

// Arrive makes the tab's browser context that of a visitor.
func (o *Office) Arrive(tab context.Context, v Visitor) error {
	switch v {
	case Stranger:
		return nil
	case Halfway:
		return o.password(tab, o.priya)
	case Owner:
		return o.signIn(tab, o.Owner)
	case Helper:
		return o.signIn(tab, o.Helper)
	case Newcomer:
		return o.signIn(tab, o.lena)
	case Owing:
		return o.signIn(tab, o.jonas)
	}
	return fmt.Errorf("there is no visitor %q", v)
}

// signIn signs a user in, with a code when they have an app.
func (o *Office) signIn(tab context.Context, u *academy.User) error {
	if err := o.password(tab, u); err != nil {
		return err
	}
	if u.TOTPSecret != "" {
		code, err := u.NextCode()
		if err != nil {
			return err
		}
		if err := submit(tab, "Continue", "code", code); err != nil {
			return err
		}
	}
	at, err := chromedp.Run(tab, chromedp.Location())
	if err == nil && strings.Contains(at, "/sign-in") {
		err = fmt.Errorf("%s is still at %s", u.Email, at)
	}
	return err
}

func (o *Office) password(tab context.Context, u *academy.User) error {
	if err := chromedp.Do(tab, chromedp.Navigate(o.AdminURL()+"/sign-in")); err != nil {
		return err
	}
	return submit(tab, "Sign in", "login", u.Email, "password", u.Password)
}

// submit fills in the named fields, in pairs of name and text, and presses a
// button that leads to another page.
func submit(tab context.Context, verb string, fields ...string) error {
	for field := range slices.Chunk(fields, 2) {
		if err := chromedp.Do(tab, chromedp.SetValue(chromedp.CSS(fmt.Sprintf(`main [name=%q]`, field[0])), field[1])); err != nil {
			return fmt.Errorf("fill in %s: %w", field[0], err)
		}
	}
	button := chromedp.Search(fmt.Sprintf(`//main//button[normalize-space(.)=%q]`, verb))
	if _, err := chromedp.RunResponse(tab, chromedp.Click(button, chromedp.NodeVisible)); err != nil {
		return fmt.Errorf("press %q: %w", verb, err)
	}
	return nil
}

// Open brings a tab to a screen and does what is done there.
func (o *Office) Open(tab context.Context, s Screen) error {
	if err := chromedp.Do(tab, chromedp.Navigate(o.AdminURL()+s.Path), chromedp.WaitReady(chromedp.CSS("main"))); err != nil {
		return fmt.Errorf("open %s: %w", s.Name, err)
	}
	if s.then == nil {
		return nil
	}
	if err := s.then(tab); err != nil {
		return fmt.Errorf("at %s: %w", s.Name, err)
	}
	return nil
}
