package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
)

// SiteOptions describes a WordPress site to install. Dir, DB and Database are
// needed; the rest has defaults.
type SiteOptions struct {
	Dir      string   // the site is Dir/wordpress, which must not exist
	DB       *MariaDB // the server that it uses
	Database string   // made when it does not exist
	Prefix   string   // of the tables; "wp_"

	Title         string // "Example Academy"
	AdminUser     string // "admin"
	AdminPassword string // "admin"
	AdminEmail    string // "admin@example.com"

	Addr      string // to listen on; "127.0.0.1:0", where port 0 picks a free one now
	Multisite bool   // make it a network in subdirectories
	Debug     bool   // log PHP's notices to wp-content/debug.log
	Theme     string // "plain" is ours; by default the newest of WordPress's own
	// Source is where WordPress itself is: by default the folder that
	// ENROLLD_TEST_WORDPRESS names, else Debian's.
	Source string
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// complete fills the defaults in and checks what was given.
func (o *SiteOptions) complete() error {
	fill := func(s *string, def string) {
		if *s == "" {
			*s = def
		}
	}
	fill(&o.Prefix, "wp_")
	fill(&o.Title, "Example Academy")
	fill(&o.AdminUser, "admin")
	fill(&o.AdminPassword, "admin")
	fill(&o.AdminEmail, "admin@example.com")
	fill(&o.Addr, "127.0.0.1:0")
	fill(&o.Source, os.Getenv("ENROLLD_TEST_WORDPRESS"))
	fill(&o.Source, debianWordPress)
	switch {
	case o.Dir == "":
		return errors.New("no folder given")
	case o.DB == nil:
		return errors.New("no database server given")
	case !namePattern.MatchString(o.Database):
		return fmt.Errorf("database name %q: want letters, digits and underscores", o.Database)
	case !namePattern.MatchString(o.Prefix):
		return fmt.Errorf("table prefix %q: want letters, digits and underscores", o.Prefix)
	}
	return nil
}

// InstallWordPress installs a site: its files, its configuration and its
// tables. The site sends no mail, calls no other host and runs no scheduled
// tasks. Start starts its web server.
func InstallWordPress(ctx context.Context, o SiteOptions) (*WordPress, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("install WordPress: %w", err)
	}
	needed := SiteParts
	if o.Source != debianWordPress {
		needed = []string{"php-cli", "php-mysql", "php-xml", "php-mbstring"}
	}
	if missing := Missing(needed...); len(missing) > 0 {
		return nil, missingError(missing)
	}
	addr, err := freeAddr(ctx, o.Addr)
	if err != nil {
		return nil, fmt.Errorf("install WordPress: %w", err)
	}
	base, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("install WordPress: %w", err)
	}
	dir := filepath.Join(base, "wordpress")
	w := &WordPress{
		URL: "http://" + addr, Dir: dir, addr: addr, multisite: o.Multisite,
		ConfigPath: filepath.Join(dir, "wp-config.php"),
		ContentDir: filepath.Join(dir, "wp-content"),
		log:        filepath.Join(base, "php.log"),
		router:     filepath.Join(base, "router.php"),
	}
	if err := w.writeFiles(&o); err != nil {
		return nil, fmt.Errorf("install WordPress: %w", err)
	}
	if err := o.DB.CreateDatabase(ctx, o.Database); err != nil {
		return nil, fmt.Errorf("install WordPress: %w", err)
	}
	if err := w.install(ctx, &o); err != nil {
		return nil, fmt.Errorf("install WordPress: %w", err)
	}
	return w, nil
}

func (w *WordPress) writeFiles(o *SiteOptions) error {
	if _, err := os.Stat(w.Dir); err == nil {
		return fmt.Errorf("%s exists already", w.Dir)
	}
	if err := copyWordPress(o.Source, w.Dir); err != nil {
		return err
	}
	if err := w.chooseTheme(o); err != nil {
		return err
	}
	mu := filepath.Join(w.ContentDir, "mu-plugins")
	for _, dir := range []string{mu, filepath.Join(w.ContentDir, "uploads")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make site folders: %w", err)
		}
	}
	for path, body := range map[string]string{
		w.router:                            script("router.php"),
		filepath.Join(mu, "00-sandbox.php"): script("quiet.php"),
		w.ConfigPath:                        wpConfig(o, w.addr, false),
	} {
		if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
			return fmt.Errorf("write site files: %w", err)
		}
	}
	return nil
}

func (w *WordPress) install(ctx context.Context, o *SiteOptions) error {
	args := map[string]any{
		"dir": w.Dir, "url": w.URL, "domain": w.addr, "theme": o.Theme, "title": o.Title,
		"user": o.AdminUser, "password": o.AdminPassword, "email": o.AdminEmail,
	}
	if _, err := w.php(ctx, script("install.php"), args); err != nil {
		return err
	}
	if !o.Multisite {
		return nil
	}
	if _, err := w.php(ctx, script("network.php"), args); err != nil {
		return fmt.Errorf("make network: %w", err)
	}
	if err := os.WriteFile(w.ConfigPath, []byte(wpConfig(o, w.addr, true)), 0o644); err != nil {
		return fmt.Errorf("write wp-config.php: %w", err)
	}
	return nil
}

// freeAddr resolves port 0 to a port that is free now. WordPress stores its own
// address, so the port must be known before the server runs.
func freeAddr(ctx context.Context, addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("address %q: %w", addr, err)
	}
	if port != "0" {
		return addr, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	_, port, err = net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return net.JoinHostPort(host, port), nil
}
