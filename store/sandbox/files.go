package sandbox

import (
	"crypto/rand"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

//go:embed php theme
var embedded embed.FS

// script returns one of our PHP files. They are part of this package, so one
// that is not there is a mistake in it.
func script(name string) string {
	b, err := embedded.ReadFile("php/" + name)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// copyWordPress makes a site's own copy of WordPress. The folder wp-includes,
// five sixths of it all, is a link to the original: nothing writes there, and
// nothing there looks for wp-config.php beside itself. wp-config.php is left
// behind, because Debian's is a special one.
func copyWordPress(source, target string) error {
	entries, err := os.ReadDir(source)
	if err != nil {
		return fmt.Errorf("read WordPress: %w", err)
	}
	if err := os.MkdirAll(target, 0o755); err != nil {
		return fmt.Errorf("make site folder: %w", err)
	}
	for _, e := range entries {
		from, to := filepath.Join(source, e.Name()), filepath.Join(target, e.Name())
		switch name := e.Name(); {
		case name == "wp-includes":
			err = os.Symlink(from, to)
		case name == "wp-config.php" || strings.HasPrefix(name, "."):
		default:
			err = copyTree(from, to)
		}
		if err != nil {
			return fmt.Errorf("copy WordPress: %w", err)
		}
	}
	return nil
}

// copyTree copies files and folders, following links: Debian's point outside of
// the tree. A link to nowhere (to a package that is not installed) is left out.
func copyTree(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		if l, lerr := os.Lstat(from); lerr == nil && l.Mode()&fs.ModeSymlink != 0 {
			return nil
		}
		return err
	}
	if !info.IsDir() {
		return copyFile(from, to)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := copyTree(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

// chooseTheme writes our plain theme and settles o.Theme: the one asked for,
// else the newest default theme there, else the plain one.
func (w *WordPress) chooseTheme(o *SiteOptions) error {
	plain, err := fs.Sub(embedded, "theme")
	if err != nil {
		return err
	}
	themes := filepath.Join(w.ContentDir, "themes")
	if err := os.CopyFS(filepath.Join(themes, "plain"), plain); err != nil {
		return fmt.Errorf("write theme: %w", err)
	}
	wanted := []string{o.Theme}
	if o.Theme == "" {
		wanted = []string{"twentytwentyfive", "twentytwentyfour", "twentytwentythree",
			"twentytwentytwo", "twentytwentyone", "twentytwenty", "plain"}
	}
	for _, theme := range wanted {
		if isFile(filepath.Join(themes, theme, "style.css")) {
			o.Theme = theme
			return nil
		}
	}
	return fmt.Errorf("theme %q is not installed", o.Theme)
}

// wpConfig renders an ordinary wp-config.php.
func wpConfig(o *SiteOptions, addr string, network bool) string {
	var b strings.Builder
	b.WriteString("<?php\n")
	text := func(name, value string) { fmt.Fprintf(&b, "define( '%s', %s );\n", name, quotePHP(value)) }
	flag := func(name string, value bool) { fmt.Fprintf(&b, "define( '%s', %t );\n", name, value) }
	text("DB_NAME", o.Database)
	text("DB_USER", "root")
	text("DB_PASSWORD", "")
	text("DB_HOST", "localhost:"+o.DB.Socket())
	text("DB_CHARSET", "utf8mb4")
	text("DB_COLLATE", "")
	for _, name := range []string{"AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE"} {
		text(name+"_KEY", salt())
		text(name+"_SALT", salt())
	}
	fmt.Fprintf(&b, "\n$table_prefix = %s;\n\n", quotePHP(o.Prefix))
	text("WP_DEFAULT_THEME", o.Theme)
	flag("WP_DEBUG", o.Debug)
	flag("WP_DEBUG_LOG", o.Debug)
	flag("WP_DEBUG_DISPLAY", false)
	flag("DISABLE_WP_CRON", true)
	flag("AUTOMATIC_UPDATER_DISABLED", true)
	flag("WP_HTTP_BLOCK_EXTERNAL", true)
	text("WP_ACCESSIBLE_HOSTS", "127.0.0.1,localhost")
	flag("WP_ALLOW_MULTISITE", o.Multisite)
	if network {
		flag("MULTISITE", true)
		flag("SUBDOMAIN_INSTALL", false)
		text("DOMAIN_CURRENT_SITE", addr)
		text("PATH_CURRENT_SITE", "/")
		b.WriteString("define( 'SITE_ID_CURRENT_SITE', 1 );\ndefine( 'BLOG_ID_CURRENT_SITE', 1 );\n")
	}
	b.WriteString("\nif ( ! defined( 'ABSPATH' ) ) {\n\tdefine( 'ABSPATH', __DIR__ . '/' );\n}\n" +
		"require_once ABSPATH . 'wp-settings.php';\n")
	return b.String()
}

// quotePHP returns s as a PHP string in single quotes.
func quotePHP(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func salt() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
