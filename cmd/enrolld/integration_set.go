package main

import (
	"fmt"
	"io"
	"os"

	"enrolld"
	"enrolld/integrations"
	"enrolld/store"
)

type integrationSet struct {
	Account    string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
	ID         int64  `arg:"" help:"Number of the integration, from 'integration list'."`
	Settings   string `help:"File with the platform's own settings, as JSON; they take the place of the old ones." placeholder:"FILE" name:"settings-file"`
	Name       string `help:"A name of your own."`
	AcceptTest *bool  `help:"Give access for test orders too." name:"accept-test" negatable:""`
	Disable    bool   `help:"Take no deliveries from it any more." xor:"state"`
	Enable     bool   `help:"Take deliveries from it again." xor:"state"`
}

// Run changes what the flags name, when the platform can work with it.
func (c integrationSet) Run(a *app) error {
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		i, err := db.Integration(a.ctx, c.ID)
		if err != nil || i.AccountID != account.ID {
			return enrolld.Wrap(enrolld.NotFound, err, "account %q has no integration %d", account.Name, c.ID)
		}
		if err := c.change(db, &i); err != nil {
			return err
		}
		if err := db.UpdateIntegration(a.ctx, i); err != nil {
			return err
		}
		n, err := db.RequeueParked(a.ctx, i.ID)
		if err != nil {
			return err
		}
		return a.print(map[string]int64{"queued": n}, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "The integration is changed.\n%d parked delivery(ies) are queued again.\n", n)
		})
	})
}

func (c integrationSet) change(db *store.DB, i *store.Integration) (err error) {
	if c.Settings != "" {
		if i.Settings, err = os.ReadFile(c.Settings); err != nil {
			return enrolld.Wrap(enrolld.Invalid, err, "the settings file cannot be read")
		}
	}
	if c.Name != "" {
		i.Name = c.Name
	}
	if c.AcceptTest != nil {
		i.AcceptTest = *c.AcceptTest
	}
	switch now := db.Now(); {
	case c.Disable:
		i.DisabledAt = &now
	case c.Enable:
		i.DisabledAt = nil
	}
	platform, err := platformNamed(i.Platform)
	if err != nil {
		return err
	}
	return platform.CheckConfig(integrations.Config{Secrets: i.Secrets, APIKey: i.APIKey, Settings: i.Settings})
}
