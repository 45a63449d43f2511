package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"enrolld"
	companion "enrolld/integrations/wordpress"
	"enrolld/store"
	"enrolld/store/provision"
)

type companionCmd struct {
	Install companionInstall `cmd:"" help:"Install or update the plugin in the account's site."`
	Status  companionStatus  `cmd:"" help:"Ask the plugin how it is."`
}

type companionInstall struct {
	Account    string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
	ContentDir string `help:"The site's wp-content folder, when it was not found from wp-config.php." placeholder:"DIR" name:"content-dir"`
}

// Run installs the plugin as a must-use plugin with its configuration.
func (c companionInstall) Run(a *app) error {
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		path, changed, err := installCompanion(a, db, account, c.ContentDir)
		if err != nil {
			return err
		}
		return a.print(map[string]any{"path": path, "changed": changed, "version": companion.Version}, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "The companion plugin %s is in %s.\n", companion.Version, path)
		})
	})
}

// installCompanion writes plugin and configuration for every account of the
// account's site: the files are the site's, not the account's.
func installCompanion(a *app, db *store.DB, account enrolld.Account, contentDir string) (string, bool, error) {
	site, err := db.Site(a.ctx, account.SiteID)
	if err != nil {
		return "", false, err
	}
	if contentDir == "" {
		contentDir = site.ContentDir
	}
	if contentDir == "" {
		return "", false, enrolld.Errorf(enrolld.Invalid, "say where the site's plugins go: --content-dir with its wp-content folder")
	}
	accounts, err := db.Accounts(a.ctx)
	if err != nil {
		return "", false, err
	}
	accounts = slices.DeleteFunc(accounts, func(x enrolld.Account) bool {
		return x.SiteID != account.SiteID || x.ID != account.ID && x.CompanionAt == nil
	})
	ofBlog := map[int64][]enrolld.Account{}
	for _, x := range accounts {
		ofBlog[x.BlogID] = append(ofBlog[x.BlogID], x)
	}
	blogs := map[int64]companion.Blog{}
	for id, list := range ofBlog {
		blog := companion.Blog{Table: companion.Table(db.Name(), "enrolld_access"), Entries: companion.Table(db.Name(), "enrolld_entries")}
		if blog.Key, err = companionKey(a, db, list); err != nil {
			return "", false, err
		}
		for _, x := range list {
			blog.Accounts = append(blog.Accounts, x.ID)
		}
		blogs[id] = blog
	}
	changed, err := companion.Install(contentDir, companion.Config{Blogs: blogs})
	if err != nil {
		return "", false, err
	}
	for _, x := range accounts { // a blog has one key: all of its accounts sign with it
		if err := db.SetCompanion(a.ctx, x.ID, blogs[x.BlogID].Key); err != nil {
			return "", false, err
		}
	}
	return contentDir, changed, nil
}

// companionKey is the key of a blog: one that an account of it has, or a new one.
func companionKey(a *app, db *store.DB, ofBlog []enrolld.Account) (enrolld.Secret, error) {
	for _, x := range ofBlog {
		key, err := db.CompanionKey(a.ctx, x.ID)
		if enrolld.CodeOf(err) != enrolld.NotFound {
			return key, err
		}
	}
	b := make([]byte, 32)
	_, _ = rand.Read(b) // crypto/rand.Read does not fail
	return enrolld.Secret(hex.EncodeToString(b)), nil
}

type companionStatus struct {
	Account string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
}

// Run asks the plugin.
func (c companionStatus) Run(a *app) error {
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		h, err := companionHealth(a, db, account)
		if err != nil {
			return err
		}
		return a.print(h, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "plugin %s, WordPress %s, PHP %s, object cache %t, table readable %t\n",
				h.Version, h.WordPress, h.PHP, h.ObjectCache, h.TableOK)
		})
	})
}

func companionHealth(a *app, db *store.DB, account enrolld.Account) (companion.Health, error) {
	key, err := db.CompanionKey(a.ctx, account.ID)
	if err != nil {
		return companion.Health{}, err
	}
	at, err := provision.LoadPlace(a.ctx, db, account.ID)
	if err != nil {
		return companion.Health{}, err
	}
	client := &companion.Client{BaseURL: at.SiteURL(), Key: key}
	return client.Health(a.ctx)
}
