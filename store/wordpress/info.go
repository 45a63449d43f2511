package wordpress

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"enrolld"
)

// Versions of the database schema, option db_version.
const (
	dbVersion68 = 60421 // WordPress 6.8: $wp$2y$ passwords, $generic$ keys
	dbVersion70 = 61833 // WordPress 7.0, and 7.1 all the same
)

// Info is what Inspect learned of a site. It may be kept for some minutes: a
// stale one costs no more than an old default role.
type Info struct {
	Version   string // "6.9.7" from ReadVersion; Inspect leaves it empty
	DBVersion int    // option db_version, 60717 on WordPress 6.9

	SiteURL    string // where wp-login.php is, without a slash at the end
	HomeURL    string // the public front page, without a slash at the end
	Name       string // blogname, unescaped
	AdminEmail string

	// DefaultRole is what new users get: option default_role, or subscriber
	// when that role is missing or goes beyond reading.
	DefaultRole string
	// ConfiguredRole is option default_role as it stands.
	ConfiguredRole string
	Roles          Roles
	SuperAdmins    []string // logins; a network only

	Locale   string         // WPLANG, en_US when empty
	Location *time.Location // timezone_string, else gmt_offset
	Plugins  []string       // "dir/file.php": active ones and those of the network, sorted
	Domain   string         // the blog's domain; a network only

	UsersCharset   string // of users.user_login: utf8mb4, utf8mb3, latin1 …
	UsersCollation string // of users.user_email
	MetaCharset    string // of usermeta.meta_value
}

// Inspect reads what the other functions need to know of a site. Errors:
// NotFound when the users or options table is missing.
func Inspect(ctx context.Context, conn Conn, site Site) (Info, error) {
	if err := site.Validate(); err != nil {
		return Info{}, err
	}
	info := Info{Location: time.UTC}
	for _, step := range []func(context.Context, Conn, Site) error{
		info.readColumns, info.readOptions, info.readNetwork,
	} {
		if err := step(ctx, conn, site); err != nil {
			return Info{}, fmt.Errorf("inspect WordPress at %s: %w", site, err)
		}
	}
	slices.Sort(info.Plugins)
	info.Plugins = slices.Compact(info.Plugins)
	return info, nil
}

func (i *Info) readColumns(ctx context.Context, conn Conn, site Site) error {
	type column struct{ table, name, charset, collation string }
	columns, err := collect(ctx, conn, func(rows *sql.Rows) (column, error) {
		var c column
		err := rows.Scan(&c.table, &c.name, &c.charset, &c.collation)
		return c, err
	}, `SELECT TABLE_NAME, COLUMN_NAME, COALESCE(CHARACTER_SET_NAME, ''), COALESCE(COLLATION_NAME, '')
		FROM information_schema.COLUMNS
		WHERE TABLE_SCHEMA = ? AND (
			TABLE_NAME = ? AND COLUMN_NAME IN ('user_login', 'user_email')
			OR TABLE_NAME = ? AND COLUMN_NAME = 'meta_value')`,
		site.Schema, site.usersName(), site.userMetaName())
	if err != nil {
		return fmt.Errorf("read column character sets: %w", err)
	}
	for _, c := range columns {
		switch c.name {
		case "user_login":
			i.UsersCharset = c.charset
		case "user_email":
			i.UsersCollation = c.collation
		case "meta_value":
			i.MetaCharset = c.charset
		}
	}
	if i.UsersCollation == "" {
		return enrolld.Errorf(enrolld.NotFound,
			"there is no table %s.%s: check the database name and the table prefix",
			site.Schema, site.usersName())
	}
	return nil
}

// optionNames are the options that Inspect reads, besides {P}user_roles.
var optionNames = []string{
	"siteurl", "home", "blogname", "admin_email", "default_role", "WPLANG",
	"timezone_string", "gmt_offset", "active_plugins", "db_version",
}

func (i *Info) readOptions(ctx context.Context, conn Conn, site Site) error {
	names := append(slices.Clone(optionNames), site.Prefix()+"user_roles")
	options, err := readPairs(ctx, conn,
		"SELECT option_name, option_value FROM "+site.blogTable("options")+
			" WHERE option_name IN ("+repeat("?", len(names))+")", anys(names)...)
	if err != nil {
		return fmt.Errorf("read options: %w", err)
	}
	i.DBVersion, _ = strconv.Atoi(options["db_version"])
	i.SiteURL = strings.TrimRight(options["siteurl"], "/")
	i.HomeURL = strings.TrimRight(options["home"], "/")
	i.Name = html.UnescapeString(options["blogname"])
	i.AdminEmail = options["admin_email"]
	i.Locale = options["WPLANG"]
	if i.Locale == "" {
		i.Locale = "en_US"
	}
	i.Location = location(options["timezone_string"], options["gmt_offset"])
	i.ConfiguredRole = options["default_role"]
	if i.Roles, err = parseRoles(options[site.Prefix()+"user_roles"]); err != nil {
		return fmt.Errorf("read option %suser_roles: %w", site.Prefix(), err)
	}
	i.DefaultRole = i.Roles.forNewUsers(i.ConfiguredRole)
	if text := options["active_plugins"]; text != "" {
		plugins, err := UnserializeArray(text)
		if err != nil {
			return fmt.Errorf("read option active_plugins: %w", err)
		}
		i.Plugins = append(i.Plugins, plugins.Strings()...)
	}
	return nil
}

func (i *Info) readNetwork(ctx context.Context, conn Conn, site Site) error {
	if !site.Multisite {
		return nil
	}
	var err error
	if i.SuperAdmins, err = readSuperAdmins(ctx, conn, site); err != nil {
		return err
	}
	values, err := collect(ctx, conn, scanString,
		"SELECT meta_value FROM "+site.networkTable("sitemeta")+
			" WHERE meta_key = 'active_sitewide_plugins' AND meta_value <> ''")
	if err != nil {
		return fmt.Errorf("read the plugins of the network: %w", err)
	}
	for _, text := range values {
		plugins, err := UnserializeArray(text)
		if err != nil {
			return fmt.Errorf("read active_sitewide_plugins: %w", err)
		}
		for _, e := range plugins.Entries {
			if name, ok := e.Key.(string); ok {
				i.Plugins = append(i.Plugins, name)
			}
		}
	}
	err = conn.QueryRowContext(ctx, "SELECT domain FROM "+site.networkTable("blogs")+
		" WHERE blog_id = ?", max(site.BlogID, 1)).Scan(&i.Domain)
	if err != nil {
		return notFound(err, fmt.Sprintf("blog %d of the network", site.BlogID))
	}
	return nil
}

// readSuperAdmins returns the logins of every network in the tables: one admin
// too many is treated with care, one too few is not.
func readSuperAdmins(ctx context.Context, conn Conn, site Site) ([]string, error) {
	values, err := collect(ctx, conn, scanString, "SELECT meta_value FROM "+site.networkTable("sitemeta")+
		" WHERE meta_key = 'site_admins' AND meta_value <> ''")
	if err != nil {
		return nil, fmt.Errorf("read the super admins: %w", err)
	}
	var out []string
	for _, text := range values {
		admins, err := UnserializeArray(text)
		if err != nil {
			return nil, fmt.Errorf("read site_admins: %w", err)
		}
		out = append(out, admins.Strings()...)
	}
	return out, nil
}

func readPairs(ctx context.Context, conn Conn, query string, args ...any) (map[string]string, error) {
	rows, err := collect(ctx, conn, func(rows *sql.Rows) ([2]string, error) {
		var kv [2]string
		err := rows.Scan(&kv[0], &kv[1])
		return kv, err
	}, query, args...)
	out := make(map[string]string, len(rows))
	for _, kv := range rows {
		out[kv[0]] = kv[1]
	}
	return out, err
}

// location is wp_timezone: a named zone, else an offset in hours, perhaps 5.75.
func location(name, offset string) *time.Location {
	if name != "" {
		if loc, err := time.LoadLocation(name); err == nil {
			return loc
		}
	}
	hours, err := strconv.ParseFloat(offset, 64)
	if err != nil || hours == 0 || !(math.Abs(hours) <= 15) { // NaN is not
		return time.UTC
	}
	seconds := int(math.Round(hours * 3600))
	sign, rest := '+', seconds
	if rest < 0 {
		sign, rest = '-', -rest
	}
	return time.FixedZone(fmt.Sprintf("%c%02d:%02d", sign, rest/3600, rest%3600/60), seconds)
}

// fastHashes says whether the site understands $generic$ keys. The schema moves
// with the upgrade, the files before it: both must be new enough.
func (i Info) fastHashes() bool {
	return i.DBVersion >= dbVersion68 && (i.Version == "" || atLeast(i.Version, 6, 8))
}

// adminColor is the colour scheme of new users: modern came with 7.0.
func (i Info) adminColor() string {
	if atLeast(i.Version, 7, 0) || i.Version == "" && i.DBVersion >= dbVersion70 {
		return "modern"
	}
	return "fresh"
}

// infiniteScrolling says whether new users have that meta row. Without the
// version of the files, 7.0 and 7.1 look the same; then the row stays out, as
// for every user from before 7.1.
func (i Info) infiniteScrolling() bool {
	return atLeast(i.Version, 7, 1) || i.Version == "" && i.DBVersion > dbVersion70
}

// binary says whether the users table compares case, so that we must not.
func (i Info) binary() bool {
	return strings.HasSuffix(i.UsersCollation, "_bin") || i.UsersCollation == "binary"
}

// column names a column of the users table for comparison without case.
func (i Info) column(name string) string {
	if i.binary() {
		return "LOWER(" + name + ")"
	}
	return name
}

func (i Info) superAdmin(login string) bool {
	return slices.ContainsFunc(i.SuperAdmins, func(s string) bool { return strings.EqualFold(s, login) })
}

var errNoVersion = errors.New("no $wp_version in it")
