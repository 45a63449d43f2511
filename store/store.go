package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"

	"enrolld"
)

// Config says where the database is.
type Config struct {
	// DSN is in the driver's form: user:password@unix(/path)/database or
	// user:password@tcp(host:port)/database. Session settings in it are overruled.
	DSN enrolld.Secret
	// MaxConns bounds the pool; 0 means 16.
	MaxConns int
}

// DB is Enrolld's database. It is safe for concurrent use.
type DB struct {
	sql     *sql.DB
	connect driver.Connector // for pools of their own, beside sql
	name    string           // our own schema
	keys    *Keyring
	now     func() time.Time
}

// Timeouts of the connection itself. A statement is bounded by its context.
const (
	dialTimeout = 5 * time.Second
	idleTimeout = 5 * time.Minute
	ioTimeout   = time.Minute
)

// Open prepares the pool without touching the network.
func Open(cfg Config, keys *Keyring) (*DB, error) {
	c, err := mysql.ParseDSN(cfg.DSN.Reveal())
	if err != nil {
		return nil, enrolld.Wrap(enrolld.Invalid, err,
			"the database address (--dsn) cannot be read; it looks like user:password@tcp(127.0.0.1:3306)/database")
	}
	if c.DBName == "" {
		return nil, enrolld.Errorf(enrolld.Invalid, "the database address (--dsn) names no database")
	}
	c.ParseTime, c.Loc = true, time.UTC
	c.InterpolateParams = true // one round trip a statement; safe with utf8mb4
	c.ClientFoundRows = true   // an UPDATE answers how many rows it met, changed or not
	c.MultiStatements = false
	c.RejectReadOnly = true
	c.Timeout, c.ReadTimeout, c.WriteTimeout = dialTimeout, ioTimeout, ioTimeout
	c.Params = nil
	c.Logger = &mysql.NopLogger{} // what goes wrong is in the errors that we return
	c.Collation = "utf8mb4_unicode_ci"
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, fmt.Errorf("prepare the database connection: %w", err)
	}
	connect := sessionConnector{connector}
	pool := sql.OpenDB(connect)
	conns := cfg.MaxConns
	if conns == 0 {
		conns = 16
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxIdleTime(idleTimeout)
	return &DB{sql: pool, connect: connect, name: c.DBName, keys: keys, now: time.Now}, nil
}

// Close closes the pool.
func (db *DB) Close() error { return db.sql.Close() }

// Name is the schema that holds our tables.
func (db *DB) Name() string { return db.name }

// Keys are the keys that secrets are sealed with and links are made of.
func (db *DB) Keys() *Keyring { return db.keys }

// Conn is the pool itself, for reading outside transactions.
func (db *DB) Conn() *sql.DB { return db.sql }

// SetClock replaces the clock, for tests that travel in time. It must be called
// before the database is used.
func (db *DB) SetClock(now func() time.Time) { db.now = now }

// Now is the store's clock: UTC, in the database's precision.
func (db *DB) Now() time.Time { return db.now().UTC().Truncate(time.Microsecond) }

// Ping says whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.sql.PingContext(ctx); err != nil {
		return Classify(err)
	}
	return nil
}

// sessionSettings are set on every connection, whatever the server's defaults
// are. Strictness stays for our own tables; WordPress's get valid values only.
// READ COMMITTED: we lock the rows that we decide by, and gap locks would only
// make strangers' inserts wait.
var sessionSettings = []string{
	"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
	"SET time_zone = '+00:00', innodb_lock_wait_timeout = 10, " +
		"sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
}

// sessionConnector applies the session settings to each new connection.
type sessionConnector struct{ driver.Connector }

func (c sessionConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range sessionSettings {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, s, nil); err != nil {
			_ = conn.Close()
			return nil, err
		}
	}
	return conn, nil
}
