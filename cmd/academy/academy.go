package academy

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"enrolld"
	"enrolld/cmd/service"
	companion "enrolld/integrations/wordpress"
	"enrolld/mailer"
	"enrolld/mailer/mailbox"
	"enrolld/store"
	"enrolld/store/sandbox"
	"enrolld/store/team"
)

// Options say where things are.
type Options struct {
	Dir        string // data and files; must be empty or not exist
	Listen     string // of Enrolld; "127.0.0.1:0" when empty
	SiteListen string // of WordPress; "127.0.0.1:0" when empty
	MailListen string // of the mailbox's pages; "127.0.0.1:0" when empty
	Database   sandbox.Options
	Log        *slog.Logger
	// Report is told what is being done, for people to watch.
	Report func(string)
	// Service changes the service's configuration before it starts.
	Service func(*service.Config)
}

// Course is a course of the academy.
type Course struct {
	ID    int64
	Title string
	URL   string
}

// Academy is the running whole.
type Academy struct {
	MariaDB *sandbox.MariaDB
	Site    *sandbox.WordPress
	Mailbox *mailbox.Mailbox
	MailURL string
	DB      *store.DB
	Service *service.Service
	Account enrolld.Account
	Courses []Course
	Hooks   map[string]string // webhook addresses by platform

	// Owner has a second factor; Helper may look at products and nothing else.
	Owner, Helper *User
	People        *team.Team // what is done with logins and members

	AdminUser, AdminPassword string // of WordPress
	KeyFile                  string
	Database                 string

	log     *slog.Logger
	config  service.Config
	mailWeb *http.Server
	closers []func() error
}

const (
	databaseName = "academy"
	siteTitle    = "Ink & Wash Academy"
)

// Start starts everything. After an error nothing is left running.
func Start(ctx context.Context, o Options) (a *Academy, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Report == nil {
		o.Report = func(string) {}
	}
	a = &Academy{
		Hooks: map[string]string{}, AdminUser: "owner", AdminPassword: randomText(8), Database: databaseName,
		KeyFile: filepath.Join(o.Dir, "secret.key"), log: o.Log,
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Stop())
			a = nil
		}
	}()
	for _, step := range []struct {
		report string
		do     func(context.Context, Options) error
	}{
		{"a private MariaDB", a.startDatabase},
		{"a WordPress site with three courses", a.startSite},
		{"a mailbox to look into", a.startMailbox},
		{"Enrolld, connected to ThriveCart, Stripe and a generic source", a.startService},
	} {
		begin := time.Now()
		if err := step.do(ctx, o); err != nil {
			return a, fmt.Errorf("start %s: %w", step.report, err)
		}
		o.Report(fmt.Sprintf("%s (%.1f s)", step.report, time.Since(begin).Seconds()))
	}
	return a, nil
}

// Stop stops everything, in the reverse order.
func (a *Academy) Stop() error {
	var errs []error
	for _, v := range slices.Backward(a.closers) {
		errs = append(errs, v())
	}
	a.closers = nil
	return errors.Join(errs...)
}

func (a *Academy) startDatabase(ctx context.Context, o Options) (err error) {
	o.Database.Dir = filepath.Join(o.Dir, "db")
	if a.MariaDB, err = sandbox.StartMariaDB(ctx, o.Database); err != nil {
		return err
	}
	a.closers = append(a.closers, a.MariaDB.Stop)
	return nil
}

func (a *Academy) startSite(ctx context.Context, o Options) (err error) {
	a.Site, err = sandbox.InstallWordPress(ctx, sandbox.SiteOptions{
		Dir: o.Dir, DB: a.MariaDB, Database: databaseName, Title: siteTitle, Addr: o.SiteListen,
		AdminUser: a.AdminUser, AdminPassword: a.AdminPassword, AdminEmail: "hello@inkandwash.example",
	})
	if err != nil {
		return err
	}
	// What WordPress puts into a new site is nobody's course.
	if _, err := a.Site.Eval(ctx, `foreach ( array( 'Sample Page', 'Hello world!' ) as $title ) {
		foreach ( get_posts( array( 'title' => $title, 'post_type' => 'any', 'post_status' => 'any' ) ) as $post ) {
			wp_delete_post( $post->ID, true );
		}
	}`); err != nil {
		return err
	}
	for _, c := range courses {
		id, err := a.Site.CreatePage(ctx, sandbox.Page{Title: c.title, Content: c.content, Course: true})
		if err != nil {
			return err
		}
		for _, l := range c.lessons {
			if _, err := a.Site.CreatePage(ctx, sandbox.Page{Title: l.title, Content: l.content, Parent: id}); err != nil {
				return err
			}
		}
		a.Courses = append(a.Courses, Course{ID: id, Title: c.title, URL: fmt.Sprintf("%s/?page_id=%d", a.Site.URL, id)})
	}
	if err := a.Site.Start(ctx); err != nil {
		return err
	}
	a.closers = append(a.closers, a.Site.Stop)
	return nil
}

func (a *Academy) startMailbox(ctx context.Context, o Options) (err error) {
	if a.Mailbox, err = mailbox.Start(context.WithoutCancel(ctx), mailbox.Options{}); err != nil {
		return err
	}
	a.closers = append(a.closers, a.Mailbox.Close)
	listen := o.MailListen
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen for the mailbox: %w", err)
	}
	a.mailWeb = &http.Server{Handler: a.Mailbox, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = a.mailWeb.Serve(l) }()
	a.closers = append(a.closers, a.mailWeb.Close)
	a.MailURL = "http://" + l.Addr().String()
	return nil
}

func (a *Academy) startService(ctx context.Context, o Options) error {
	keys, err := store.LoadKeyring(a.KeyFile, true)
	if err != nil {
		return err
	}
	if a.DB, err = store.Open(store.Config{DSN: enrolld.Secret(a.MariaDB.DSN(databaseName))}, keys); err != nil {
		return err
	}
	a.closers = append(a.closers, a.DB.Close)
	if _, err := a.DB.Migrate(ctx); err != nil {
		return err
	}
	if err := a.connect(ctx); err != nil {
		return err
	}
	if err := a.addPeople(ctx); err != nil {
		return err
	}
	relay, err := mailer.ParseURL("smtp://" + a.Mailbox.SMTPAddr() + "?tls=none&connections=8")
	if err != nil {
		return err
	}
	a.config = service.Config{
		DB: a.DB, Log: a.log, Listen: o.Listen, Relays: []mailer.Config{relay}, Workers: service.DefaultWorkers,
	}
	if a.config.Listen == "" {
		a.config.Listen = "127.0.0.1:0"
	}
	if o.Service != nil {
		o.Service(&a.config)
	}
	if err := a.StartService(); err != nil {
		return err
	}
	a.closers = append(a.closers, a.StopService)
	return a.addIntegrations(ctx)
}

// AdminURL is the address of the admin.
func (a *Academy) AdminURL() string { return a.Service.BaseURL() }

// StartService starts Enrolld; Start did so the first time.
func (a *Academy) StartService() (err error) {
	if a.Service, err = service.Start(a.config); err != nil {
		return err
	}
	a.config.Listen = a.Service.Addr() // the addresses stay when it is started again
	return nil
}

// StopService stops Enrolld, draining it.
func (a *Academy) StopService() error {
	if a.Service == nil {
		return nil
	}
	err := a.Service.Stop()
	a.Service = nil
	return err
}

// connect adds the account and installs the companion plugin.
func (a *Academy) connect(ctx context.Context) (err error) {
	a.Account, err = a.DB.AddAccount(ctx, enrolld.Account{Name: siteTitle, BlogID: 1, LinkDays: 7}, a.place())
	if err != nil {
		return err
	}
	key := enrolld.Secret(randomText(32))
	_, err = companion.Install(a.Site.ContentDir, companion.Config{Blogs: map[int64]companion.Blog{
		1: {Accounts: []int64{a.Account.ID}, Key: key, Table: companion.Table(databaseName, "enrolld_access"), Entries: companion.Table(databaseName, "enrolld_entries")},
	}})
	if err != nil {
		return err
	}
	if err := a.DB.SetCompanion(ctx, a.Account.ID, key); err != nil {
		return err
	}
	a.Account, err = a.DB.Account(ctx, a.Account.ID)
	return err
}

// addIntegrations connects the three sources and maps their products.
func (a *Academy) addIntegrations(ctx context.Context) error {
	for _, i := range []store.Integration{
		{Platform: "thrivecart", Secrets: []enrolld.Secret{ThriveCartSecret}},
		{Platform: "stripe", Secrets: []enrolld.Secret{StripeSecret}},
		{Platform: "generic", Secrets: []enrolld.Secret{GenericSecret}},
	} {
		i.AccountID = a.Account.ID
		added, err := a.DB.AddIntegration(ctx, i)
		if err != nil {
			return err
		}
		a.Hooks[i.Platform] = "http://" + a.Service.Addr() + "/webhooks/" + i.Platform + "/" + added.Token.Reveal()
	}
	for _, p := range []struct {
		platform, key, name string
		courses             []int
	}{
		{"thrivecart", "product-12", "Ink & Wash", []int{0}},
		{"thrivecart", "bump-12", "Urban Sketching", []int{1}},
		{"stripe", "prod_watercolour", "Watercolour Landscapes", []int{2}},
		{"generic", "everything", "All three courses", []int{0, 1, 2}},
	} {
		rule := enrolld.Rule{}
		for _, n := range p.courses {
			rule.Courses = append(rule.Courses, enrolld.CourseRef{LMS: "page", ID: a.Courses[n].ID})
		}
		if _, err := a.DB.MapProduct(ctx, enrolld.Product{
			AccountID: a.Account.ID, Platform: p.platform, Key: p.key, Name: p.name, Rule: rule,
		}); err != nil {
			return err
		}
	}
	return nil
}

func randomText(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // crypto/rand.Read does not fail
	return hex.EncodeToString(b)
}
