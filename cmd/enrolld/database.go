package main

import (
	"net"

	"github.com/go-sql-driver/mysql"

	"enrolld"
	"enrolld/store"
	"enrolld/store/wordpress"
)

// databaseFlags say where the database is. wp-config.php is enough.
type databaseFlags struct {
	DSN       enrolld.Secret `help:"Database address, user:password@tcp(host:port)/database; instead of --wp-config." env:"ENROLLD_DSN" placeholder:"DSN"`
	WPConfig  string         `help:"WordPress's wp-config.php, or its folder: database and site are read from it." env:"ENROLLD_WP_CONFIG" placeholder:"FILE" name:"wp-config"`
	Schema    string         `help:"Keep Enrolld's tables in this database of the same server; default: WordPress's own." env:"ENROLLD_DATABASE" placeholder:"NAME" name:"database"`
	SecretKey string         `help:"File with the key that secrets are encrypted with; made when missing." env:"ENROLLD_SECRET_KEY_FILE" default:"${key_file}" placeholder:"FILE" name:"secret-key-file"`
}

// open opens the database that the flags name.
func (a *app) open() (*store.DB, error) {
	dsn, err := a.database.dsn(a.env)
	if err != nil {
		return nil, err
	}
	keys, err := store.LoadKeyring(a.database.SecretKey, true)
	if err != nil {
		return nil, err
	}
	return store.Open(store.Config{DSN: dsn}, keys)
}

func (f databaseFlags) dsn(env func(string) (string, bool)) (enrolld.Secret, error) {
	if f.DSN == "" && f.WPConfig == "" {
		return "", enrolld.Errorf(enrolld.Invalid,
			"say where the database is: --wp-config with the path of WordPress's wp-config.php, or --dsn")
	}
	var c *mysql.Config
	if f.DSN != "" {
		parsed, err := mysql.ParseDSN(f.DSN.Reveal())
		if err != nil {
			return "", enrolld.Errorf(enrolld.Invalid, "--dsn cannot be read; it looks like user:password@tcp(127.0.0.1:3306)/database")
		}
		c = parsed
	} else {
		wp, err := wordpress.ReadConfig(f.WPConfig, env)
		if err != nil {
			return "", err
		}
		c = mysql.NewConfig()
		c.User, c.Passwd, c.DBName = wp.DBUser, wp.DBPassword.Reveal(), wp.DBName
		c.Net, c.Addr = wp.Network, wp.Addr
	}
	if f.Schema != "" {
		c.DBName = f.Schema
	}
	if c.Net == "tcp" {
		if _, _, err := net.SplitHostPort(c.Addr); err != nil {
			c.Addr = net.JoinHostPort(c.Addr, "3306")
		}
	}
	return enrolld.Secret(c.FormatDSN()), nil
}

// withDB runs f with the database open.
func (a *app) withDB(f func(*store.DB) error) error {
	db, err := a.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return f(db)
}

// withAccount runs f with the database and an account; an empty name means the
// only account there is.
func (a *app) withAccount(name string, f func(*store.DB, enrolld.Account) error) error {
	return a.withDB(func(db *store.DB) error {
		account, err := db.AccountByName(a.ctx, name)
		if err != nil {
			return err
		}
		return f(db, account)
	})
}
