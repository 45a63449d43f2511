package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"enrolld"
	"enrolld/mailer/feedback"
	"enrolld/store"
)

type mailSourceCmd struct {
	Add    mailSourceAdd    `cmd:"" help:"Let a mail provider tell of bounces and complaints; prints the address to paste there."`
	List   mailSourceList   `cmd:"" help:"List who tells of bounces and complaints, with their addresses."`
	Remove mailSourceRemove `cmd:"" help:"Forget a source; its address stops working."`
}

type mailSourceAdd struct {
	Provider   string `help:"ses, postmark, sendgrid, mailgun, brevo, or mailbox for bounces that you pipe here yourself." required:""`
	Account    string `help:"Only of this account's mail; default: of all mail." placeholder:"NAME"`
	SecretFile string `help:"File with what proves the provider's events; - reads it from standard input. See docs/mail-events.md." placeholder:"FILE" name:"secret-file"`
	BaseURL    string `help:"How the outside reaches this service, for the printed address." env:"ENROLLD_BASE_URL" name:"base-url" placeholder:"URL" default:"http://127.0.0.1:8765"`
}

// Run checks the secret and adds the source.
func (c mailSourceAdd) Run(a *app) error {
	providers := feedback.Providers(nil)
	provider, ok := providers[c.Provider]
	if !ok {
		return enrolld.Errorf(enrolld.Invalid, "there is no mail provider %q; there are: %s",
			c.Provider, strings.Join(slices.Sorted(maps.Keys(providers)), ", "))
	}
	source := store.MailSource{Provider: c.Provider}
	if c.SecretFile != "" {
		secret, err := a.readSecret(c.SecretFile)
		if err != nil {
			return err
		}
		source.Secrets = []enrolld.Secret{secret}
	}
	if err := provider.Check(source.Secrets); err != nil {
		return err
	}
	return a.withDB(func(db *store.DB) error {
		if c.Account != "" {
			account, err := db.AccountByName(a.ctx, c.Account)
			if err != nil {
				return err
			}
			source.AccountID = account.ID
		}
		added, err := db.AddMailSource(a.ctx, source)
		if err != nil {
			return err
		}
		v := mailSourceView(added, c.BaseURL)
		return a.print(v, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%s may tell of bounces and complaints. Paste this address there:\n\n  %s\n\n"+
				"Whoever knows the address can try to send; treat it like a password.\n", provider.Title(), v.URL)
		})
	})
}

type mailSourceJSON struct {
	ID       int64  `json:"id"`
	Provider string `json:"provider"`
	Account  int64  `json:"account,omitempty"`
	URL      string `json:"url"`
	Secrets  int    `json:"secrets"`
}

func mailSourceView(m store.MailSource, base string) mailSourceJSON {
	return mailSourceJSON{m.ID, m.Provider, m.AccountID, strings.TrimRight(base, "/") + "/mail-events/" + m.Token.Reveal(), len(m.Secrets)}
}

type mailSourceList struct {
	BaseURL string `help:"How the outside reaches this service." env:"ENROLLD_BASE_URL" name:"base-url" placeholder:"URL" default:"http://127.0.0.1:8765"`
}

// Run lists the sources.
func (c mailSourceList) Run(a *app) error {
	return a.withDB(func(db *store.DB) error {
		list, err := db.MailSources(a.ctx)
		if err != nil {
			return err
		}
		views := make([]mailSourceJSON, len(list))
		for i, m := range list {
			views[i] = mailSourceView(m, c.BaseURL)
		}
		return a.print(views, func(w io.Writer) {
			for _, v := range views {
				_, _ = fmt.Fprintf(w, "%d  %-10s %s\n", v.ID, v.Provider, v.URL)
			}
		})
	})
}

type mailSourceRemove struct {
	ID int64 `arg:"" help:"The source's number."`
}

// Run removes a source.
func (c mailSourceRemove) Run(a *app) error {
	return a.withDB(func(db *store.DB) error { return db.RemoveMailSource(a.ctx, c.ID) })
}
