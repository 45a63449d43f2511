package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"enrolld"
	"enrolld/cmd/service"
	"enrolld/integrations"
	"enrolld/store"
)

type integrationCmd struct {
	Add    integrationAdd    `cmd:"" help:"Connect a checkout tool; prints the address to paste there."`
	List   integrationList   `cmd:"" help:"List an account's checkout tools and their addresses."`
	Rotate integrationRotate `cmd:"" help:"Change the secret or the API key without losing a delivery."`
	Set    integrationSet    `cmd:"" help:"Change the settings; what waited for that is worked on again."`
}

type integrationAdd struct {
	Account    string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
	Platform   string `help:"The checkout tool, e.g. thrivecart, stripe, generic." required:""`
	Name       string `help:"A name of your own, for several of one platform."`
	SecretFile string `help:"File with the signing secret; - reads it from standard input. Some platforms have none." placeholder:"FILE" name:"secret-file"`
	APIKeyFile string `help:"File with an API key, where the platform's deliveries leave things out." placeholder:"FILE" name:"api-key-file"`
	Settings   string `help:"File with the platform's own settings, as JSON." placeholder:"FILE" name:"settings-file"`
	AcceptTest bool   `help:"Give access for test orders too." name:"accept-test"`
	BaseURL    string `help:"How the outside reaches this service, for the printed address." env:"ENROLLD_BASE_URL" name:"base-url" placeholder:"URL" default:"http://127.0.0.1:8765"`
}

// Run checks the settings and adds the integration.
func (c integrationAdd) Run(a *app) error {
	platform, err := platformNamed(c.Platform)
	if err != nil {
		return err
	}
	if c.SecretFile == "-" && c.APIKeyFile == "-" {
		return enrolld.Errorf(enrolld.Invalid, "only one of --secret-file and --api-key-file can be standard input")
	}
	i := store.Integration{Platform: platform.Name(), Name: c.Name, AcceptTest: c.AcceptTest}
	if c.SecretFile != "" {
		secret, err := a.readSecret(c.SecretFile)
		if err != nil {
			return err
		}
		i.Secrets = []enrolld.Secret{secret}
	}
	if c.APIKeyFile != "" {
		if i.APIKey, err = a.readSecret(c.APIKeyFile); err != nil {
			return err
		}
	}
	if c.Settings != "" {
		if i.Settings, err = os.ReadFile(c.Settings); err != nil {
			return enrolld.Wrap(enrolld.Invalid, err, "the settings file cannot be read")
		}
	}
	config := integrations.Config{Secrets: i.Secrets, APIKey: i.APIKey, Settings: i.Settings}
	if err := platform.CheckConfig(config); err != nil {
		return err
	}
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		i.AccountID = account.ID
		added, err := db.AddIntegration(a.ctx, i)
		if err != nil {
			return err
		}
		v := integrationView(added, c.BaseURL)
		return a.print(v, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%s is connected to %q. Paste this address there as the webhook URL:\n\n  %s\n\n"+
				"Whoever knows the address can try to send; treat it like a password.\n", platform.Title(), account.Name, v.URL)
		})
	})
}

func platformNamed(name string) (integrations.Platform, error) {
	platforms := service.Platforms(nil)
	if p, ok := platforms[name]; ok {
		return p, nil
	}
	return nil, enrolld.Errorf(enrolld.Invalid, "there is no platform %q; there are: %s",
		name, strings.Join(slices.Sorted(maps.Keys(platforms)), ", "))
}

// readSecret reads a secret from a file, without the line end that editors add.
func (a *app) readSecret(path string) (enrolld.Secret, error) {
	var text []byte
	var err error
	if path == "-" {
		text, err = io.ReadAll(io.LimitReader(a.in, 1<<16))
	} else {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return "", enrolld.Wrap(enrolld.Invalid, err, "the secret cannot be read")
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if strings.TrimSpace(secret) == "" {
		return "", enrolld.Errorf(enrolld.Invalid, "the secret in %s is empty", path)
	}
	return enrolld.Secret(secret), nil
}

type integrationJSON struct {
	ID         int64           `json:"id"`
	Platform   string          `json:"platform"`
	Name       string          `json:"name,omitempty"`
	URL        string          `json:"url"`
	Secrets    int             `json:"secrets"`
	APIKey     bool            `json:"api_key"`
	AcceptTest bool            `json:"accept_test"`
	Settings   json.RawMessage `json:"settings,omitempty"`
}

func integrationView(i store.Integration, base string) integrationJSON {
	return integrationJSON{
		ID: i.ID, Platform: i.Platform, Name: i.Name, Secrets: len(i.Secrets), APIKey: i.APIKey != "", AcceptTest: i.AcceptTest,
		URL:      strings.TrimSuffix(base, "/") + "/webhooks/" + i.Platform + "/" + i.Token.Reveal(),
		Settings: i.Settings,
	}
}

type integrationList struct {
	Account string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
	BaseURL string `help:"How the outside reaches this service, for the printed addresses." env:"ENROLLD_BASE_URL" name:"base-url" placeholder:"URL" default:"http://127.0.0.1:8765"`
}

// Run lists an account's integrations.
func (c integrationList) Run(a *app) error {
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		list, err := db.Integrations(a.ctx, account.ID)
		if err != nil {
			return err
		}
		views := make([]integrationJSON, len(list))
		for i, x := range list {
			views[i] = integrationView(x, c.BaseURL)
		}
		return a.print(views, func(w io.Writer) {
			for _, v := range views {
				_, _ = fmt.Fprintf(w, "%-4d %-12s %-20s %d secret(s)  %s\n", v.ID, v.Platform, v.Name, v.Secrets, v.URL)
			}
		})
	})
}

type integrationRotate struct {
	Account    string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
	ID         int64  `arg:"" help:"Number of the integration, from 'integration list'."`
	SecretFile string `help:"File with the new secret; the old one stays valid beside it." placeholder:"FILE" name:"secret-file"`
	APIKeyFile string `help:"File with a new API key, which takes the place of the old one." placeholder:"FILE" name:"api-key-file"`
	Keep       bool   `help:"Keep all older secrets valid beside the new one, as where each campaign has its own."`
	DropOld    bool   `help:"End the rotation: only the newest secret stays valid." name:"drop-old"`
}

// Run adds a secret beside the old one, or drops the old one, and sets the API
// key. What waited for that is queued again.
func (c integrationRotate) Run(a *app) error {
	if c.DropOld && c.SecretFile != "" || !c.DropOld && c.SecretFile == "" && c.APIKeyFile == "" {
		return enrolld.Errorf(enrolld.Invalid,
			"give either --secret-file, to begin, or --drop-old, to end; --api-key-file beside them or alone")
	}
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		i, err := db.Integration(a.ctx, c.ID)
		if err != nil || i.AccountID != account.ID {
			return enrolld.Wrap(enrolld.NotFound, err, "account %q has no integration %d", account.Name, c.ID)
		}
		if err := c.change(a, &i); err != nil {
			return err
		}
		if err := db.UpdateIntegration(a.ctx, i); err != nil {
			return err
		}
		n, err := db.RequeueParked(a.ctx, i.ID)
		if err != nil {
			return err
		}
		done := rotated{Secrets: len(i.Secrets), APIKey: i.APIKey != "", Queued: n}
		return a.print(done, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%d secret(s) are valid now.\n%d parked delivery(ies) are queued again.\n", done.Secrets, done.Queued)
		})
	})
}

// rotated is what a rotation left.
type rotated struct {
	Secrets int   `json:"secrets"`
	APIKey  bool  `json:"api_key"`
	Queued  int64 `json:"queued"` // deliveries that were parked for want of a key
}

// change sets what the flags name, when the platform can work with it.
func (c integrationRotate) change(a *app, i *store.Integration) (err error) {
	if c.SecretFile == "-" && c.APIKeyFile == "-" {
		return enrolld.Errorf(enrolld.Invalid, "only one of --secret-file and --api-key-file can be standard input")
	}
	if c.DropOld || c.SecretFile != "" && !c.Keep {
		i.Secrets = i.Secrets[max(len(i.Secrets)-1, 0):] // the newest
	}
	if c.SecretFile != "" {
		secret, err := a.readSecret(c.SecretFile)
		if err != nil {
			return err
		}
		i.Secrets = append(i.Secrets, secret)
	}
	if c.APIKeyFile != "" {
		if i.APIKey, err = a.readSecret(c.APIKeyFile); err != nil {
			return err
		}
	}
	platform, err := platformNamed(i.Platform)
	if err != nil {
		return err
	}
	return platform.CheckConfig(integrations.Config{Secrets: i.Secrets, APIKey: i.APIKey, Settings: i.Settings})
}
