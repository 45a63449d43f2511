package wordpress

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

// envOf is an environment of the given pairs.
func envOf(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

// brief shows what a test of the parser compares.
func brief(c Config) string {
	return fmt.Sprintf("%s %s %s %s:%s %s %t", c.DBName, c.DBUser, c.DBPassword.Reveal(), c.Network, c.Addr,
		c.TablePrefix, c.Multisite)
}

// What the rows of the tables leave out.
const (
	noBoth   = "define('DB_USER','u'); define('DB_PASSWORD','p');"
	noPrefix = noBoth + "define('DB_HOST','h');"
	noHost   = noBoth + "$table_prefix='wp_';"
	rest     = noPrefix + "$table_prefix='wp_';"
)

func TestReadConfig_forms(t *testing.T) {
	env := envOf("NAME", "envname", "EMPTY", "", "WORDPRESS_DB_NAME", "dockername", "WP_PASS_FILE",
		"PASSFILE")
	for _, tt := range []struct{ name, src, want string }{
		{"sample",
			`<?php
			// ** Database settings ** //
			/** The name */
			define( 'DB_NAME', 'wp' );
			define( "DB_USER", "us\"er" );
			define('DB_PASSWORD',
				'it\'s \\ $ecret' ) ;
			define( 'DB_HOST', 'db.internal:3307' );
			define( 'DB_CHARSET', 'utf8' );
			$table_prefix = 'x1_';
			if ( ! defined( 'ABSPATH' ) ) { define( 'ABSPATH', __DIR__ . '/' ); }
			require_once ABSPATH . 'wp-settings.php';`,
			`wp us"er it's \ $ecret tcp:db.internal:3307 x1_ false`},
		{"commented out",
			`<?php # define('DB_NAME','a');
			// define('DB_NAME','b'); ?> define('DB_NAME','c'); <?php /* define('DB_NAME','d'); */
			define('DB_NAME','e');` + rest,
			"e u p tcp:h:3306 wp_ false"},
		{"in a string",
			`<?php $x = "define('DB_NAME','a');"; define('DB_NAME','b');` + rest,
			"b u p tcp:h:3306 wp_ false"},
		{"in a heredoc",
			"<?php $x = <<<EOT\ndefine('DB_NAME','a');\nEOT;\ndefine('DB_NAME','b');" + rest,
			"b u p tcp:h:3306 wp_ false"},
		{"defined or",
			`<?php defined('DB_NAME') || define('DB_NAME','a');
				defined('DB_NAME') or define('DB_NAME', 'b');` + rest,
			"a u p tcp:h:3306 wp_ false"},
		{"if not defined",
			`<?php if (!defined('DB_NAME')) { define('DB_NAME', 'a'); }` + rest,
			"a u p tcp:h:3306 wp_ false"},
		{"const",
			`<?php const DB_NAME = 'a';` + rest,
			"a u p tcp:h:3306 wp_ false"},
		{"getenv",
			`<?php define('DB_NAME', getenv('NAME'));` + rest,
			"envname u p tcp:h:3306 wp_ false"},
		{"getenv cast",
			`<?php define('DB_NAME', (string) getenv('NAME', true));` + rest,
			"envname u p tcp:h:3306 wp_ false"},
		{"_ENV", `<?php define('DB_NAME', $_ENV['NAME']);` + rest,
			"envname u p tcp:h:3306 wp_ false"},
		{"_SERVER", `<?php define('DB_NAME', $_SERVER["NAME"] ?? 'def');` + rest,
			"envname u p tcp:h:3306 wp_ false"},
		{"elvis",
			`<?php define('DB_NAME', getenv('GONE') ?: 'def');` + rest,
			"def u p tcp:h:3306 wp_ false"},
		{"elvis empty",
			`<?php define('DB_NAME', getenv('EMPTY') ?: 'def');` + rest,
			"def u p tcp:h:3306 wp_ false"},
		{"coalesce",
			`<?php define('DB_NAME', $_ENV['GONE'] ?? getenv('NAME') ?? 'def');` + rest,
			"envname u p tcp:h:3306 wp_ false"},
		{"concatenated",
			`<?php $site = 'a'; define('DB_NAME', $site . '_' . "b");` + rest,
			"a_b u p tcp:h:3306 wp_ false"},
		{"docker",
			`<?php define('DB_NAME', getenv_docker('WORDPRESS_DB_NAME', 'wordpress'));
			define('DB_USER', getenv_docker('WORDPRESS_DB_USER', 'example username'));
			define('DB_PASSWORD', getenv_docker('WP_PASS', 'x')); 
			define('DB_HOST', getenv_docker('H', 'mysql'));
			$table_prefix = getenv_docker('WORDPRESS_TABLE_PREFIX', 'wp_');`,
			"dockername example username from file tcp:mysql:3306 wp_ false"},
		{"multisite",
			`<?php define('DB_NAME','a'); define('MULTISITE', true);` + rest,
			"a u p tcp:h:3306 wp_ true"},
		{"not multisite",
			`<?php define('DB_NAME','a'); define('MULTISITE', false);` + rest,
			"a u p tcp:h:3306 wp_ false"},
		{"prefix guarded",
			`<?php define('DB_NAME','a'); if (!isset($table_prefix)) { $table_prefix = 'y_'; }` + noPrefix,
			"a u p tcp:h:3306 y_ false"},
		{"one of two from the environment",
			`<?php if (isset($_ENV['P'])) { define('DB_NAME', $_ENV['P']); }
				else { define('DB_NAME','a'); }` + rest,
			"a u p tcp:h:3306 wp_ false"},
		{"socket",
			`<?php define('DB_NAME','a'); define('DB_HOST','localhost:/run/x.sock');` + noHost,
			"a u p unix:/run/x.sock wp_ false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "pass"), "from file\r\n")
			write(t, filepath.Join(dir, "wp-config.php"), tt.src)
			c, err := ReadConfig(dir, func(name string) (string, bool) {
				if v, ok := env(name); v == "PASSFILE" {
					return filepath.Join(dir, "pass"), ok
				}
				return env(name)
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := brief(c); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestReadConfig_errors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"empty", ``, "DB_NAME"},
		{"no user",
			`<?php define('DB_NAME','a');`, "no DB_USER that can be read"},
		{"no prefix",
			`<?php define('DB_NAME','a');` + strings.TrimSuffix(rest,
				"$table_prefix='wp_';"), "$table_prefix"},
		{"bad prefix",
			`<?php define('DB_NAME','a'); $table_prefix = 'wp-';` + strings.TrimSuffix(rest,
				"$table_prefix='wp_';"), "letters, digits and _"},
		{"variable unset",
			`<?php define('DB_NAME', getenv('GONE'));`,
			"environment variable GONE, which is not set"},
		{"host variable unset",
			`<?php define('DB_NAME','a'); define('DB_HOST', getenv('H'));` + noHost,
			"variable H"},
		{"ambiguous",
			`<?php if (is_local()) { define('DB_NAME','a'); } else { define('DB_NAME','b'); }` + rest,
			"several ways"},
		{"a call",
			`<?php define('DB_NAME', decrypt('x'));` + rest,
			"without running PHP"},
		{"interpolated",
			`<?php define('DB_NAME', "wp_$site");` + rest,
			"without running PHP"},
		{"never closed",
			`<?php define('DB_NAME', 'wp` + strings.ReplaceAll(rest, "'", `"`), "DB_NAME"},
		{"bad host",
			`<?php define('DB_NAME','a'); define('DB_HOST','h:port');` + strings.Replace(rest,
				"define('DB_HOST','h');", "", 1), "DB_HOST"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "wp-config.php"), tt.src)
			_, err := ReadConfig(dir, envOf())
			if err == nil || !strings.Contains(err.Error(), tt.want) ||
				enrolld.CodeOf(err) != enrolld.Invalid {
				t.Fatalf("got %v, want code invalid and %q", err, tt.want)
			}
			if tt.name != "bad prefix" && !strings.Contains(enrolld.MessageOf(err), "--dsn") {
				t.Errorf("%v does not name --dsn", err)
			}
		})
	}
	if _, err := ReadConfig(t.TempDir(), envOf()); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("no file: %v", err)
	}
	if _, err := ReadConfig("/no/such/place", envOf()); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("no directory: %v", err)
	}
}

func TestReadConfig_places(t *testing.T) {
	root := t.TempDir()
	site := filepath.Join(root, "site")
	write(t, filepath.Join(site, "wp-config.php"), `<?php define('DB_NAME','a');`+rest)
	write(t, filepath.Join(site, "public", "wp-settings.php"), "")
	write(t, filepath.Join(site, "public", "wp-includes", "version.php"), "")
	for _, path := range []string{site, filepath.Join(site, "wp-config.php"), filepath.Join(site,
		"public")} {
		c, err := ReadConfig(path, envOf())
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if c.Dir != filepath.Join(site, "public") || c.ContentDir != filepath.Join(site, "public",
			"wp-content") {
			t.Errorf("%s: directories %s and %s", path, c.Dir, c.ContentDir)
		}
	}
	// A parent that is a WordPress itself is another site.
	write(t, filepath.Join(site, "wp-settings.php"), "")
	if _, err := ReadConfig(filepath.Join(site, "public"),
		envOf()); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("another site's file was taken: %v", err)
	}
}

func TestReadConfig_requires(t *testing.T) {
	root := t.TempDir()
	site := filepath.Join(root, "a", "site")
	write(t, filepath.Join(site, "wp-config.php"), `<?php require __DIR__ . '/secrets.php';
		require_once(dirname(__FILE__) . "/gone.php"); include '/etc/passwd';
		require dirname(__DIR__, 2) . '/outside.php';`)
	write(t, filepath.Join(site, "secrets.php"),
		`<?php define('DB_NAME','a');`+rest+` require __DIR__ . '/deeper.php';`)
	write(t, filepath.Join(site, "deeper.php"), `<?php define('CUSTOM_USER_TABLE','x');`)
	write(t, filepath.Join(root, "outside.php"), `<?php define('CUSTOM_USER_META_TABLE','x');`)
	c, err := ReadConfig(site, envOf())
	if err != nil {
		t.Fatal(err)
	}
	if got := brief(c) + c.CustomUserTable + c.CustomUserMetaTable; got != "a u p tcp:h:3306 wp_ false" {
		t.Errorf("got %s: one level deep, within the tree", got)
	}
}

const bedrockConfig = `<?php
use Roots\WPConfig\Config;
use function Env\env;
$root_dir = dirname(__DIR__);
$webroot_dir = $root_dir . '/web';
$dotenv = Dotenv\Dotenv::createImmutable($root_dir, ['.env', '.env.local'], false);
Config::define('WP_HOME', env('WP_HOME'));
Config::define('WP_SITEURL', env('WP_SITEURL'));
Config::define('CONTENT_DIR', '/app');
Config::define('WP_CONTENT_DIR', $webroot_dir . Config::get('CONTENT_DIR'));
if (env('DB_SSL')) { Config::define('MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL); }
Config::define('DB_NAME', env('DB_NAME'));
Config::define('DB_USER', env('DB_USER'));
Config::define('DB_PASSWORD', env('DB_PASSWORD'));
Config::define('DB_HOST', env('DB_HOST') ?: 'localhost');
Config::define('DB_CHARSET', 'utf8mb4');
$table_prefix = env('DB_PREFIX') ?: 'wp_';
if (env('DATABASE_URL')) {
    $dsn = (object) parse_url(env('DATABASE_URL'));
    Config::define('DB_NAME', substr($dsn->path, 1));
    Config::define('DB_USER', $dsn->user);
    Config::define('DB_PASSWORD', isset($dsn->pass) ? $dsn->pass : null);
    Config::define('DB_HOST', isset($dsn->port) ? "{$dsn->host}:{$dsn->port}" : $dsn->host);
}
if (!defined('ABSPATH')) { define('ABSPATH', $webroot_dir . '/wp/'); }
`

func TestReadConfig_bedrock(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "web", "wp-config.php"), `<?php
		require_once dirname(__DIR__) . '/vendor/autoload.php';
		require_once dirname(__DIR__) . '/config/application.php';
		require_once ABSPATH . 'wp-settings.php';`)
	write(t, filepath.Join(root, "config", "application.php"), bedrockConfig)
	write(t, filepath.Join(root, "web", "wp", "wp-settings.php"), "")
	write(t, filepath.Join(root, "web", "wp", "wp-includes", "version.php"), "")
	write(t, filepath.Join(root, ".env"),
		"DB_NAME='name' # the name\nDB_USER=user\nDB_PASSWORD=\"p#\\$ \\\"x\"\n"+
			"DB_HOST=db.example # host\nexport WP_HOME=https://a.example\nWP_SITEURL=\"${WP_HOME}/wp\"\n")
	write(t, filepath.Join(root, ".env.local"), "DB_NAME=local\n")
	for _, path := range []string{filepath.Join(root, "web"), filepath.Join(root, "web", "wp")} {
		c, err := ReadConfig(path, envOf("DB_USER", "real"))
		if err != nil {
			t.Fatal(err)
		}
		want := Config{DBName: "local", DBUser: "real", DBPassword: `p#$ "x`, Network: "tcp",
			Addr:    "db.example:3306",
			Charset: "utf8mb4", TablePrefix: "wp_", HomeURL: "https://a.example",
			SiteURL: "https://a.example/wp",
			Dir:     filepath.Join(root, "web", "wp"), ContentDir: filepath.Join(root, "web", "app")}
		if diff := cmp.Diff(want, c); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	c, err := ReadConfig(filepath.Join(root, "web"), envOf("DATABASE_URL",
		"mysql://me:p%40ss@db:3307/shop?x=y"))
	if err != nil || brief(c) != "shop me p%40ss tcp:db:3307 wp_ false" {
		t.Errorf("DATABASE_URL: %s, %v", brief(c), err)
	}
}

// The configuration that Debian ships needs PHP: it must be refused, not guessed.
func TestReadConfig_debian(t *testing.T) {
	path := wordPressDir + "/wp-config.php"
	if _, err := os.Stat(path); err != nil {
		t.Skip("WordPress is not installed")
	}
	if _, err := ReadConfig(path, envOf()); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("got %v, want code invalid: there is no password in it", err)
	}
}

func TestParseHost(t *testing.T) {
	for _, tt := range []struct{ host, want string }{
		{"127.0.0.1", "tcp 127.0.0.1:3306"}, {"db:3307", "tcp db:3307"}, {"localhost",
			"unix /run/mysqld/mysqld.sock"},
		{"", "unix /run/mysqld/mysqld.sock"}, {"localhost:3307", "tcp 127.0.0.1:3307"},
		{"localhost:/tmp/x.sock", "unix /tmp/x.sock"}, {":/tmp/x.sock", "unix /tmp/x.sock"},
		{"/tmp/x.sock", "unix /tmp/x.sock"},
		{"[::1]:3307", "tcp [::1]:3307"}, {"::1", "tcp [::1]:3306"}, {"[fe80::1]", "tcp [fe80::1]:3306"},
		{"p:db", "tcp db:3306"}, {"h:port", ""}, {"h:0", ""}, {"h:99999", ""}, {"a/b", ""}, {"[::1:33", ""},
	} {
		network, addr, err := parseHost(tt.host, func(path string) bool { return path == sockets[0] })
		if got := strings.TrimSpace(network + " " + addr); got != tt.want ||
			(err != nil) != (tt.want == "") {
			t.Errorf("%q: got %q, %v; want %q", tt.host, got, err, tt.want)
		}
	}
	if network, addr, _ := parseHost("localhost",
		func(string) bool { return false }); network+addr != "tcp127.0.0.1:3306" {
		t.Errorf("localhost without a socket: %s %s", network, addr)
	}
}

func FuzzConfig(f *testing.F) {
	f.Add(`<?php $a = 'aaaaaaaa';` + strings.Repeat(`$a = $a . $a;`, 60))
	f.Add(`<?php define('DB_NAME','a');` + rest)
	f.Add(bedrockConfig)
	f.Add("<?php define('A', ((((getenv('X') ?: 'y'))); <<<E\nE;")
	f.Fuzz(func(t *testing.T, src string) {
		s := newScan(envOf("X", "y"), "/srv/wp")
		s.file("/srv/wp/wp-config.php", src)
		s.fromURL()
		c, err := s.config("wp-config.php")
		if err == nil && (!tablePattern.MatchString(c.TablePrefix) || c.Addr == "") {
			t.Errorf("%q gives %+v", src, c)
		}
	})
}

func FuzzDotenv(f *testing.F) {
	f.Add("A=1\nexport B='x y' # c\nC=\"${A} \\n\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		values := map[string]string{}
		parseDotenv(text, values, envOf())
		for name := range values {
			if name == "" || strings.ContainsAny(name, " =\n") {
				t.Errorf("%q gives the name %q", text, name)
			}
		}
		databaseURL(text)
	})
}
