// Package unsubscribe is where customers end mail that is not transactional: by one
// click of their mailbox (RFC 8058), or on a page. The token of the address says whose
// mail and of what kind; it proves itself, so nobody signs in. They may begin it again
// here; the team cannot.
package unsubscribe

import (
	"embed"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

//go:embed templates/*.tmpl
var files embed.FS

// Screens are the pages of this package.
type Screens struct {
	frame *gate.Frame
}

// New makes the screens.
func New(f *gate.Frame) *Screens { return &Screens{f} }

// Routes are the addresses of this package.
func (s *Screens) Routes() []gate.Route {
	const path = store.UnsubscribePath + "{token}"
	return []gate.Route{
		{Name: "unsubscribe", Method: http.MethodGet, Path: path, Access: gate.Anyone, Handle: s.show},
		{Name: "unsubscribe.save", Method: http.MethodPost, Path: path, Access: gate.Anyone, Handle: s.save},
	}
}

type subscriptionPage struct {
	page.Base
	What  string // is sent: "reminders before access ends"
	From  string // the account's name
	Ended bool
	Verb  string
	Wish  string // what the button asks for
}

var subscriptionView = page.New[subscriptionPage](files, "subscription")

// What a form of ours asks for. A mailbox's click has no such field.
const (
	field     = "wish"
	wishEnd   = "end"
	wishBegin = "begin"
)

// again is how often somebody may change their mind: each change is in the audit log.
var again = store.Budget{Every: 10 * time.Minute, Burst: 10}

func (s *Screens) show(r *gate.Request) error {
	sub, err := s.frame.DB.Keys().OpenUnsubscribe(r.Var("token"))
	if err != nil {
		return err
	}
	account, err := s.frame.DB.Account(r.Context(), sub.AccountID)
	if err != nil {
		return err
	}
	ended, err := s.frame.DB.OptOuts(r.Context(), sub.AccountID, sub.CustomerID)
	if err != nil {
		return err
	}
	p := &subscriptionPage{What: sub.Kind.InWords(), From: account.Name, Verb: "Stop these emails", Wish: wishEnd}
	if p.Ended = slices.Contains(ended, sub.Kind); p.Ended {
		p.Verb, p.Wish = "Get them again", wishBegin
	}
	p.Base = r.Base("Emails from " + account.Name)
	return gate.Show(r, subscriptionView, p)
}

// save does what the form asks for; a mailbox's click ends the mail, and is answered
// without a redirect, which mailboxes do not follow.
func (s *Screens) save(r *gate.Request) error {
	sub, err := s.frame.DB.Keys().OpenUnsubscribe(r.Var("token"))
	if err != nil {
		return err
	}
	form, err := r.Form()
	if err != nil {
		return err
	}
	wish := form.Get(field)
	if wish == wishBegin {
		wait, err := s.frame.DB.Spend(r.Context(), fmt.Sprintf("subscribe %d %d", sub.AccountID, sub.CustomerID), again)
		if err == nil && wait > 0 {
			err = store.TooOften(wait)
		}
		if err != nil {
			return err
		}
	}
	if err := s.frame.DB.Unsubscribe(r.Context(), sub, r.Actor(), wish != wishBegin); err != nil {
		return err
	}
	if wish == "" {
		r.Writer.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := io.WriteString(r.Writer, "You get no more of these emails.\n")
		return err
	}
	return r.Redirect(r.URL.Path)
}
