package wordpress

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"enrolld"
)

// Config is what wp-config.php says about the database and the site.
type Config struct {
	DBName, DBUser string
	DBPassword     enrolld.Secret
	Network, Addr  string // "unix" and a socket, or "tcp" and host:port
	Charset        string // DB_CHARSET, utf8mb4 for utf8 and when missing
	TablePrefix    string
	Multisite      bool

	CustomUserTable, CustomUserMetaTable string // empty in nearly all sites
	HomeURL, SiteURL                     string // WP_HOME and WP_SITEURL; they override the options

	Dir        string // where wp-includes is
	ContentDir string // WP_CONTENT_DIR: wp-content, web/app in Bedrock
}

// ReadConfig finds and reads wp-config.php without running PHP. path is the
// file, the directory of WordPress, or a directory whose parent holds the file;
// wp-load.php searches in the same order. env looks environment variables up,
// as os.LookupEnv does.
//
// Values may be literals or come from the environment, from Docker's
// getenv_docker or from Bedrock's .env; another file of the same tree that the
// file requires by a literal path is read too, one level deep. Errors have code
// Invalid or NotFound; they name the constant and the way out, --dsn.
func ReadConfig(path string, env func(string) (string, bool)) (Config, error) {
	file, dir, err := findConfig(path)
	if err != nil {
		return Config{}, err
	}
	src, err := readSmall(file)
	if err != nil {
		return Config{}, enrolld.Wrap(enrolld.NotFound, err,
			"cannot read %s; give the database with --dsn", file)
	}
	s, err := scanConfig(file, dir, src, env)
	if err != nil {
		return Config{}, err
	}
	c, err := s.config(file)
	if err != nil {
		return Config{}, err
	}
	c.Dir, c.ContentDir = s.directories(file, dir)
	return c, nil
}

// findConfig returns the file, and the WordPress directory when path shows it.
func findConfig(path string) (file, dir string, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return "", "", enrolld.Wrap(enrolld.Invalid, err, "the path of wp-config.php is not valid")
	}
	fi, err := os.Stat(path)
	if err != nil {
		return "", "", enrolld.Wrap(enrolld.NotFound, err,
			"there is no %s; give the WordPress directory", path)
	}
	if !fi.IsDir() {
		if dir = filepath.Dir(path); !exists(dir, "wp-settings.php") {
			dir = ""
		}
		return path, dir, nil
	}
	if exists(path, "wp-settings.php") {
		dir = path
	}
	if exists(path, "wp-config.php") {
		return filepath.Join(path, "wp-config.php"), dir, nil
	}
	parent := filepath.Dir(path)
	if exists(parent, "wp-config.php") && !exists(parent, "wp-settings.php") {
		return filepath.Join(parent, "wp-config.php"), dir, nil
	}
	return "", "", enrolld.Errorf(enrolld.NotFound,
		"there is no wp-config.php in %s nor above it; give its path, or the database with --dsn", path)
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

// scanConfig scans the file, and then with its .env the files that it requires.
func scanConfig(file, dir, src string, env func(string) (string, bool)) (*scan, error) {
	s := newScan(env, dir)
	s.file(file, src)
	required := s.requires
	for _, root := range dotenvRoots(file, required, s.mentions["Dotenv"]) {
		values, err := readDotenv(root, env)
		if err != nil {
			return nil, enrolld.Wrap(enrolld.Invalid, err,
				"cannot read .env of %s; give the database with --dsn", root)
		}
		if len(values) > 0 {
			env = layered(env, values)
		}
	}
	s = newScan(env, dir)
	s.file(file, src)
	for _, path := range required {
		if !within(file, path) {
			continue
		}
		text, err := readSmall(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, enrolld.Wrap(enrolld.Invalid, err,
				"%s requires a file that we cannot read; use --dsn", file)
		}
		s.file(path, text)
	}
	s.fromURL()
	return s, nil
}

// dotenvRoots returns where .env files may lie: the project of Bedrock's
// config/application.php, and beside a wp-config.php that uses Dotenv itself.
func dotenvRoots(file string, required []string, usesDotenv bool) []string {
	var out []string
	for _, path := range required {
		if strings.HasSuffix(path, "/config/application.php") && within(file, path) {
			out = append(out, filepath.Dir(filepath.Dir(path)))
		}
	}
	if usesDotenv {
		out = append(out, filepath.Dir(file), filepath.Dir(filepath.Dir(file)))
	}
	return out
}

func layered(env func(string) (string, bool), values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if v, ok := env(name); ok {
			return v, true
		}
		v, ok := values[name]
		return v, ok
	}
}

// within says whether a required file is of the same tree: below the directory
// of wp-config.php or below its parent (Bedrock), and not WordPress itself.
func within(file, path string) bool {
	switch filepath.Base(path) {
	case "wp-settings.php", "wp-load.php", "autoload.php":
		return false
	}
	for _, root := range []string{filepath.Dir(file), filepath.Dir(filepath.Dir(file))} {
		if root != "/" && strings.HasPrefix(path, root+"/") {
			return true
		}
	}
	return false
}

// fromURL lets DATABASE_URL override the DB_ constants where the files use it.
func (s *scan) fromURL() {
	text, ok := s.env("DATABASE_URL")
	if !ok || !s.mentions["DATABASE_URL"] {
		return
	}
	values, ok := databaseURL(text)
	if !ok {
		return
	}
	for name, v := range values {
		s.defs[name] = []definition{{value: phpValue{text: v}}}
	}
}

// config gathers the values that the constants and $table_prefix have.
func (s *scan) config(file string) (Config, error) {
	var c Config
	var host, password, multisite string
	for _, want := range []struct {
		name     string
		to       *string
		required bool
	}{
		{"DB_NAME", &c.DBName, true},
		{"DB_USER", &c.DBUser, true},
		{"DB_PASSWORD", &password, true},
		{"DB_HOST", &host, false},
		{"DB_CHARSET", &c.Charset, false},
		{tablePrefix, &c.TablePrefix, true},
		{"MULTISITE", &multisite, false},
		{"CUSTOM_USER_TABLE", &c.CustomUserTable, false},
		{"CUSTOM_USER_META_TABLE", &c.CustomUserMetaTable, false},
		{"WP_HOME", &c.HomeURL, false},
		{"WP_SITEURL", &c.SiteURL, false},
	} {
		v, found, ambiguous := s.lookup(want.name)
		if want.required && (!found || ambiguous) || ambiguous && want.name == "DB_HOST" {
			return Config{}, missing(file, want.name, v, ambiguous)
		}
		*want.to = v.text
	}
	if _, ok := s.defs["DB_HOST"]; ok && host == "" {
		if v, found, _ := s.lookup("DB_HOST"); !found {
			return Config{}, missing(file, "DB_HOST", v, false)
		}
	}
	return c.finish(file, host, password, multisite)
}

func (c Config) finish(file, host, password, multisite string) (Config, error) {
	if !tablePattern.MatchString(c.TablePrefix) {
		return Config{}, enrolld.Errorf(enrolld.Invalid,
			"$table_prefix in %s is %q; only letters, digits and _ can stand in it", file, c.TablePrefix)
	}
	var err error
	if c.Network, c.Addr, err = ParseHost(host); err != nil {
		return Config{}, enrolld.Wrap(enrolld.Invalid, err,
			"DB_HOST in %s is not understood; use --dsn", file)
	}
	if c.Charset == "" || strings.EqualFold(c.Charset, "utf8") {
		c.Charset = "utf8mb4"
	}
	c.DBPassword = enrolld.Secret(password)
	c.Multisite = phpValue{text: multisite}.truthy()
	c.HomeURL, c.SiteURL = strings.TrimRight(c.HomeURL, "/"), strings.TrimRight(c.SiteURL, "/")
	return c, nil
}

func missing(file, name string, v phpValue, ambiguous bool) error {
	switch {
	case ambiguous:
		return enrolld.Errorf(enrolld.Invalid,
			"%s defines %s in several ways and only PHP can tell which; give the database with --dsn",
			file, name)
	case v.missing != "":
		return enrolld.Errorf(enrolld.Invalid,
			"%s takes %s from the environment variable %s, which is not set here; set it, or use --dsn",
			file, name, strings.Join(strings.Fields(v.missing), " or "))
	}
	return enrolld.Errorf(enrolld.Invalid,
		"%s has no %s that can be read without running PHP; give the database with --dsn", file, name)
}

// directories returns where WordPress and its content are: as the path showed,
// as ABSPATH says, or the only directory below that is a WordPress.
func (s *scan) directories(file, dir string) (abs, content string) {
	base := filepath.Dir(file)
	if dir == "" {
		if v, ok, _ := s.lookup("ABSPATH"); ok && exists(v.text, "wp-includes") {
			dir = filepath.Clean(v.text)
		}
	}
	if dir == "" {
		dir = base
		if found, _ := filepath.Glob(filepath.Join(base, "*", "wp-settings.php")); len(found) == 1 {
			dir = filepath.Dir(found[0])
		}
	}
	content = filepath.Join(dir, "wp-content")
	if v, ok, ambiguous := s.lookup("WP_CONTENT_DIR"); ok && !ambiguous && filepath.IsAbs(v.text) {
		content = filepath.Clean(v.text)
	}
	return dir, content
}
