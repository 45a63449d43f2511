package main

import (
	"fmt"
	"io"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	"enrolld/store/wordpress"
)

type accountCmd struct {
	Add    accountAdd    `cmd:"" help:"Add a client account."`
	List   accountList   `cmd:"" help:"List the client accounts."`
	Pause  accountPause  `cmd:"" help:"Stop processing an account's deliveries; they are still received."`
	Resume accountResume `cmd:"" help:"Process an account's deliveries again, those that waited first."`
}

type accountAdd struct {
	Name     string `help:"Name of the account." required:""`
	Site     string `help:"The site's wp-config.php or folder; default: --wp-config." placeholder:"FILE"`
	WPSchema string `help:"The site's database, when there is no wp-config.php to read." placeholder:"NAME" name:"wp-schema"`
	WPPrefix string `help:"The site's table prefix, with --wp-schema." default:"wp_" name:"wp-prefix"`
	SiteURL  string `help:"Where the site's log-in screens are, when WordPress's own settings are wrong." placeholder:"URL" name:"site-url"`
	Blog     int64  `help:"Number of the blog on a multisite network." default:"1"`
	From     string `help:"Sender's address of mail to members; default: the site administrator's." placeholder:"EMAIL"`
	FromName string `help:"Sender's name; default: the site's title."`
	LinkDays int    `help:"How many days a set-password link is valid." default:"7"`
}

// Run checks that the site can be used and adds the account.
func (c accountAdd) Run(a *app) error {
	account := enrolld.Account{
		Name: c.Name, BlogID: c.Blog, SiteURL: c.SiteURL, FromName: c.FromName, FromAddress: c.From, LinkDays: c.LinkDays,
	}
	if err := account.Validate(); err != nil {
		return err
	}
	site, err := c.site(a)
	if err != nil {
		return err
	}
	return a.withDB(func(db *store.DB) error {
		if err := checkSite(a, db, site, c.Blog); err != nil {
			return err
		}
		added, err := db.AddAccount(a.ctx, account, site)
		if err != nil {
			return err
		}
		return a.print(accountView(added), func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "Account %q is added.\nNext: enrolld companion install --account %q, "+
				"then enrolld integration add --account %q --platform thrivecart --secret-file FILE\n", added.Name, added.Name, added.Name)
		})
	})
}

func (c accountAdd) site(a *app) (store.Site, error) {
	path := c.Site
	if path == "" && c.WPSchema == "" {
		path = a.database.WPConfig
	}
	if path == "" {
		if c.WPSchema == "" {
			return store.Site{}, enrolld.Errorf(enrolld.Invalid, "say where the site is: --site with its wp-config.php, or --wp-schema")
		}
		return store.Site{
			Schema: c.WPSchema, BasePrefix: c.WPPrefix, UsersTable: c.WPPrefix + "users", UserMetaTable: c.WPPrefix + "usermeta",
			Multisite: c.Blog > 1,
		}, nil
	}
	wp, err := wordpress.ReadConfig(path, a.env)
	if err != nil {
		return store.Site{}, err
	}
	return siteOf(wp), nil
}

// siteOf is the site that a wp-config.php describes.
func siteOf(wp wordpress.Config) store.Site {
	s := store.Site{
		Schema: wp.DBName, BasePrefix: wp.TablePrefix, Multisite: wp.Multisite, ContentDir: wp.ContentDir,
		UsersTable: wp.CustomUserTable, UserMetaTable: wp.CustomUserMetaTable,
	}
	if s.UsersTable == "" {
		s.UsersTable = s.BasePrefix + "users"
	}
	if s.UserMetaTable == "" {
		s.UserMetaTable = s.BasePrefix + "usermeta"
	}
	return s
}

// checkSite refuses a site that we could not use safely.
func checkSite(a *app, db *store.DB, site store.Site, blog int64) error {
	site.ID = 1 // names need a scope to be checked; the real one comes with the account
	problems, err := wordpress.Problems(a.ctx, db.Conn(), provision.WordPressSite(site, blog))
	if err != nil {
		return err
	}
	for _, p := range problems {
		if p.Severity == wordpress.Error {
			return enrolld.Errorf(enrolld.Invalid, "%s %s", p.What, p.Mend)
		}
		_, _ = fmt.Fprintf(a.err, "%s: %s %s\n", p.Severity, p.What, p.Mend)
	}
	return nil
}

type accountJSON struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	Blog      int64  `json:"blog"`
	Companion bool   `json:"companion"`
	Paused    bool   `json:"paused"`
}

func accountView(x enrolld.Account) accountJSON {
	return accountJSON{ID: x.ID, Name: x.Name, Blog: x.BlogID, Companion: x.CompanionAt != nil, Paused: x.PausedAt != nil}
}

type accountList struct{}

// Run lists the accounts.
func (accountList) Run(a *app) error {
	return a.withDB(func(db *store.DB) error {
		list, err := db.Accounts(a.ctx)
		if err != nil {
			return err
		}
		views := make([]accountJSON, len(list))
		for i, x := range list {
			views[i] = accountView(x)
		}
		return a.print(views, func(w io.Writer) {
			for _, v := range views {
				_, _ = fmt.Fprintf(w, "%-30s blog %-3d companion %-5t paused %t\n", v.Name, v.Blog, v.Companion, v.Paused)
			}
		})
	})
}

type accountPause struct {
	Account string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
}

// Run pauses processing.
func (c accountPause) Run(a *app) error {
	return setPaused(a, c.Account, true, "Deliveries of %q are received and wait. 'enrolld account resume' goes on.\n")
}

type accountResume struct {
	Account string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
}

// Run resumes processing.
func (c accountResume) Run(a *app) error {
	return setPaused(a, c.Account, false, "Deliveries of %q are processed again.\n")
}

func setPaused(a *app, name string, paused bool, text string) error {
	return a.withAccount(name, func(db *store.DB, account enrolld.Account) error {
		if err := db.SetPaused(a.ctx, account.ID, paused); err != nil {
			return err
		}
		_, err := fmt.Fprintf(a.out, text, account.Name)
		return err
	})
}
