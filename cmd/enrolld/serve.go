package main

import (
	"net/netip"
	"net/url"
	"time"

	"enrolld"
	"enrolld/cmd/service"
	"enrolld/mailer"
	"enrolld/store"
)

type serveCmd struct {
	Listen         string           `help:"Address to receive webhooks on." default:"127.0.0.1:8765" env:"ENROLLD_LISTEN"`
	MetricsListen  string           `help:"Address for /metrics, for the operator only; empty: none." default:"127.0.0.1:9765" env:"ENROLLD_METRICS_LISTEN"`
	BaseURL        string           `help:"How the outside reaches this service, e.g. https://hooks.example.com." env:"ENROLLD_BASE_URL" name:"base-url" placeholder:"URL"`
	SMTPURL        []enrolld.Secret `help:"Mail relay, smtp://user:password@host:587 or smtps://host:465; a second one takes over when the first is away." env:"ENROLLD_SMTP_URL" name:"smtp-url" placeholder:"URL"`
	MailLimits     string           `help:"File that says how much mail may go to each provider, lines such as 'gmail 20/s'; see docs/mail-events.md." env:"ENROLLD_MAIL_LIMITS" name:"mail-limits" placeholder:"FILE"`
	DKIM           dkimFlags        `embed:""`
	MailFrom       string           `help:"Sender of mail to the team, e.g. enrolld@example.com; default: enrolld@ the host of --base-url." env:"ENROLLD_MAIL_FROM" placeholder:"ADDRESS"`
	TrustedProxies []string         `help:"Networks whose X-Forwarded-For is believed, e.g. 10.0.0.0/8." env:"ENROLLD_TRUSTED_PROXIES" placeholder:"CIDR"`
	Workers        int              `help:"How many process deliveries at a time; 0: only receive, other replicas do the work." default:"2" env:"ENROLLD_WORKERS"`
	ReconcileEvery time.Duration    `help:"Ask the checkout tools so often what never came, and take it in, e.g. 24h; 0: never." default:"0" env:"ENROLLD_RECONCILE_EVERY" name:"reconcile-every" placeholder:"DURATION"`
	Migrate        bool             `help:"Bring the schema up to date at the start." default:"true" negatable:"" env:"ENROLLD_MIGRATE"`
}

// Validate checks the settings that depend on nothing outside.
func (c serveCmd) Validate() error {
	if c.Workers < 0 || c.Workers > 64 {
		return enrolld.Errorf(enrolld.Invalid, "--workers: 0 to 64")
	}
	if c.ReconcileEvery != 0 && c.ReconcileEvery < time.Hour {
		return enrolld.Errorf(enrolld.Invalid, "--reconcile-every: an hour or more, or 0")
	}
	if c.BaseURL != "" {
		if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return enrolld.Errorf(enrolld.Invalid, "--base-url: an address such as https://hooks.example.com")
		}
	}
	if c.MailFrom != "" {
		if _, _, err := enrolld.ParseEmail(c.MailFrom); err != nil {
			return enrolld.Wrap(enrolld.Invalid, err, "--mail-from: %s", enrolld.MessageOf(err))
		}
	}
	if _, err := c.relays(); err != nil {
		return err
	}
	if _, err := readLimits(c.MailLimits); err != nil {
		return err
	}
	if _, err := c.DKIM.dkim(); err != nil {
		return err
	}
	_, err := c.proxies()
	return err
}

func (c serveCmd) relays() ([]mailer.Config, error) {
	out := make([]mailer.Config, len(c.SMTPURL))
	for i, s := range c.SMTPURL {
		relay, err := mailer.ParseURL(s.Reveal())
		if err != nil {
			return nil, err
		}
		out[i] = relay
	}
	return out, nil
}

func (c serveCmd) proxies() ([]netip.Prefix, error) {
	out := make([]netip.Prefix, len(c.TrustedProxies))
	for i, s := range c.TrustedProxies {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, enrolld.Errorf(enrolld.Invalid, "--trusted-proxies: %q is no network such as 10.0.0.0/8", s)
		}
		out[i] = p.Masked()
	}
	return out, nil
}

// Run serves until it is told to stop.
func (c serveCmd) Run(a *app) error {
	relays, err := c.relays()
	if err != nil {
		return err
	}
	proxies, err := c.proxies()
	if err != nil {
		return err
	}
	limits, err := readLimits(c.MailLimits)
	if err != nil {
		return err
	}
	dkim, err := c.DKIM.dkim()
	if err != nil {
		return err
	}
	return a.withDB(func(db *store.DB) error {
		s, err := service.Start(service.Config{
			DB: db, Log: a.log, Listen: c.Listen, MetricsListen: c.MetricsListen, BaseURL: c.BaseURL, MailFrom: c.MailFrom,
			Relays: relays, MailLimits: limits, DKIM: dkim, Proxies: proxies, Workers: c.Workers, Migrate: c.Migrate, APIs: a.apis, ReconcileEvery: c.ReconcileEvery,
		})
		if err != nil {
			return err
		}
		a.log.Info("serving", "listen", s.Addr(), "metrics", s.MetricsAddr(), "relays", len(relays), "version", version)
		if len(relays) == 0 {
			a.log.Warn("no --smtp-url: mail is queued and waits")
		}
		select {
		case <-a.ctx.Done():
			a.log.Info("stopping: finishing what is under way")
			return s.Stop()
		case err := <-s.Failed():
			_ = s.Stop()
			return err
		}
	})
}
