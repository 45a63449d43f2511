package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"enrolld"
	companion "enrolld/integrations/wordpress"
	"enrolld/mailer"
	"enrolld/store"
	"enrolld/store/provision"
	"enrolld/store/wordpress"
)

type doctorCmd struct {
	SMTPURL []enrolld.Secret `help:"Mail relay to try, as for serve." env:"ENROLLD_SMTP_URL" name:"smtp-url" placeholder:"URL"`
	DKIM    dkimFlags        `embed:""`
}

// finding is one thing that the doctor looked at.
type finding struct {
	Level string `json:"level"` // ok, note, warning, error
	About string `json:"about"`
	What  string `json:"what"`
	Mend  string `json:"mend,omitempty"`
}

// examination collects findings.
type examination struct {
	*app
	lookup   lookupTXT
	findings []finding
}

func (e *examination) ok(about, what string) {
	e.findings = append(e.findings, finding{Level: "ok", About: about, What: what})
}

func (e *examination) bad(level, about, what, mend string) {
	e.findings = append(e.findings, finding{Level: level, About: about, What: what, Mend: mend})
}

const (
	maxClockSkew  = 2 * time.Second
	doctorTimeout = 20 * time.Second
)

// Run looks at everything and fails when something needs mending.
func (c doctorCmd) Run(a *app) error {
	e := &examination{app: a, lookup: net.DefaultResolver.LookupTXT}
	var senders []string
	if db, err := a.open(); err != nil {
		e.bad("error", "configuration", explain(err), "")
	} else {
		defer func() { _ = db.Close() }()
		e.database(db)
		senders = e.senders(db)
	}
	e.relays(c.SMTPURL)
	e.dkim(c.DKIM, senders)
	failed := 0
	for _, f := range e.findings {
		if f.Level == "error" {
			failed++
		}
	}
	err := a.print(e.findings, func(w io.Writer) {
		for _, f := range e.findings {
			_, _ = fmt.Fprintf(w, "%-8s %-22s %s\n", f.Level, f.About, f.What)
			if f.Mend != "" {
				_, _ = fmt.Fprintf(w, "%-8s %-22s → %s\n", "", "", f.Mend)
			}
		}
	})
	if err == nil && failed > 0 {
		return enrolld.Errorf(enrolld.Invalid, "%d thing(s) need mending", failed)
	}
	return err
}

func (e *examination) database(db *store.DB) {
	ctx, cancel := context.WithTimeout(e.ctx, doctorTimeout)
	defer cancel()
	if err := db.Ping(ctx); err != nil {
		e.bad("error", "database", explain(err), "Check that the server runs and that address, user and password are right.")
		return
	}
	e.ok("database", "answers")
	e.clock(ctx, db)
	e.server(ctx, db)
	if err := db.CheckSchema(ctx); err != nil {
		e.bad("error", "schema", enrolld.MessageOf(err), "enrolld migrate up")
		return
	}
	e.ok("schema", "up to date")
	e.audit(ctx, db)
	accounts, err := db.Accounts(ctx)
	if err != nil {
		e.bad("error", "accounts", explain(err), "")
		return
	}
	if len(accounts) == 0 {
		e.bad("warning", "accounts", "there is none", "enrolld account add --name … --wp-config …")
	}
	for _, x := range accounts {
		e.account(ctx, db, x)
	}
	e.queues(ctx, db)
}

func (e *examination) clock(ctx context.Context, db *store.DB) {
	var there time.Time
	before := time.Now()
	if err := db.Conn().QueryRowContext(ctx, "SELECT UTC_TIMESTAMP(6)").Scan(&there); err != nil {
		e.bad("error", "clock", explain(err), "")
		return
	}
	if skew := there.Sub(before).Abs(); skew > maxClockSkew {
		e.bad("error", "clock", fmt.Sprintf("this machine and the database differ by %s", skew.Round(time.Millisecond)),
			"Run an NTP client on both: signatures and access times depend on the clock.")
		return
	}
	e.ok("clock", "agrees with the database")
}

func (e *examination) account(ctx context.Context, db *store.DB, account enrolld.Account) {
	about := "account " + account.Name
	site, err := db.Site(ctx, account.SiteID)
	if err != nil {
		e.bad("error", about, explain(err), "")
		return
	}
	wp := provision.WordPressSite(site, account.BlogID)
	problems, err := wordpress.Problems(ctx, db.Conn(), wp)
	if err != nil {
		e.bad("error", about, explain(err), "Check that our database user may read WordPress's tables.")
		return
	}
	for _, p := range problems {
		e.bad(string(p.Severity), about, p.What, p.Mend)
	}
	if len(problems) == 0 {
		e.ok(about, "WordPress's tables are sound")
	}
	if wordpress.CheckEngines(ctx, db.Conn(), wp) == nil { // else nothing works with this site, and that has been said
		e.companion(ctx, db, account, about)
	}
	if account.PausedAt != nil {
		e.bad("note", about, "processing is paused", "enrolld account resume --account "+account.Name)
	}
	if list, err := db.Integrations(ctx, account.ID); err != nil {
		e.bad("error", about, explain(err), "Is this the secret key file that the secrets were stored with?")
	} else if len(list) == 0 {
		e.bad("warning", about, "no checkout tool is connected", "enrolld integration add --account "+account.Name+" …")
	} else {
		e.silence(ctx, db, about, list)
	}
}

// silence looks for sources that send nothing any more.
func (e *examination) silence(ctx context.Context, db *store.DB, about string, list []store.Integration) {
	for _, i := range list {
		r, err := db.Rhythm(ctx, i.ID)
		if err != nil {
			e.bad("error", about, explain(err), "")
			return
		}
		if r.Silent && i.DisabledAt == nil {
			e.bad("warning", about, fmt.Sprintf("%s (integration %d) has sent nothing since %s; its longest usual pause is %s",
				i.Platform, i.ID, r.Last.Format(dateTime), r.Usual.Round(time.Hour)),
				"Is the webhook still switched on there, and its address right? Then see 'enrolld reconcile'.")
		}
	}
}

func (e *examination) companion(ctx context.Context, db *store.DB, account enrolld.Account, about string) {
	if account.CompanionAt == nil {
		e.bad("warning", about, "the companion plugin is not installed: pages are not protected, caches are not cleared",
			"enrolld companion install --account "+account.Name)
		return
	}
	if !account.CompanionKnows() {
		client, err := db.Account(ctx, account.RootID())
		if err != nil {
			e.bad("error", about, explain(err), "")
			return
		}
		e.bad("error", about, "the companion plugin was installed before this sub-account was made: courses stay closed to its customers",
			"enrolld companion install --account "+client.Name)
		return
	}
	examined := *e.app
	examined.ctx = ctx
	h, err := companionHealth(&examined, db, account)
	switch {
	case enrolld.CodeOf(err) == enrolld.NotFound:
		e.bad("error", about, "the companion plugin is gone from the site: "+explain(err),
			"enrolld companion install --account "+account.Name)
	case err != nil:
		e.bad("error", about, "the companion plugin does not answer: "+explain(err), "Open the site; look into its PHP error log.")
	case !h.TableOK:
		e.bad("error", about, "the companion plugin cannot read our access table",
			"Grant WordPress's database user SELECT on "+db.Name()+".enrolld_access.")
	case h.Version != companion.Version:
		e.bad("warning", about, "the companion plugin is version "+h.Version+", ours is "+companion.Version,
			"enrolld companion install --account "+account.Name)
	case !h.EntriesOK:
		e.bad("error", about, "the companion plugin cannot write our table of entries: nobody can log in as a customer",
			"enrolld companion install --account "+account.Name+"; and grant WordPress's database user SELECT and UPDATE on "+db.Name()+".enrolld_entries.")
	default:
		e.ok(about, "companion plugin "+h.Version+" on WordPress "+h.WordPress)
	}
}

func (e *examination) queues(ctx context.Context, db *store.DB) {
	queues, err := db.Queues(ctx)
	if err != nil {
		e.bad("error", "queues", explain(err), "")
		return
	}
	for _, q := range queues {
		if q.Lag > time.Minute {
			e.bad("warning", "queue of "+q.Name, fmt.Sprintf("the oldest item is overdue by %s", q.Lag.Round(time.Second)),
				"Is 'enrolld serve' running?")
		}
		for _, state := range []enrolld.DeliveryState{enrolld.DeliveryParked, enrolld.DeliveryDead} {
			if n := q.Depth[string(state)]; n > 0 && q.Name == "deliveries" {
				e.bad("warning", "deliveries", fmt.Sprintf("%d are %s", n, state), "enrolld deliveries list --state "+string(state))
			}
		}
	}
}

func (e *examination) relays(urls []enrolld.Secret) {
	if len(urls) == 0 {
		e.bad("note", "mail", "no relay given to try", "enrolld doctor --smtp-url …")
	}
	for _, u := range urls {
		config, err := mailer.ParseURL(u.Reveal())
		if err != nil {
			e.bad("error", "mail", explain(err), "")
			continue
		}
		t := mailer.NewTransport(config)
		ctx, cancel := context.WithTimeout(e.ctx, doctorTimeout)
		err = t.Check(ctx)
		cancel()
		_ = t.Close()
		if err != nil {
			e.bad("error", "mail", config.String()+": "+explain(err), "Check host, port, user, password and TLS of --smtp-url.")
			continue
		}
		e.ok("mail", config.String()+" answers")
	}
}
