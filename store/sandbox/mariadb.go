package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
)

// pollEvery is how often we ask a starting server whether it is there.
const pollEvery = 20 * time.Millisecond

// longestSocket is the longest path that we hand to a server as its socket;
// the kernel's own limit is 108 bytes.
const longestSocket = 100

// Options says where a MariaDB server keeps its files.
type Options struct {
	Dir       string   // data, log and socket; made when it does not exist
	ExtraArgs []string // further arguments of mariadbd, such as --innodb-buffer-pool-size=1G
}

// MariaDB is a database server of our own, or one that somebody lent us.
// Its methods may be called from several goroutines.
type MariaDB struct {
	dir     string
	socket  string
	args    []string
	scratch []string // folders to remove on Stop
	lent    bool     // somebody else's: never stopped by us

	mu      sync.Mutex
	process *process // nil when stopped
}

// StartMariaDB starts a server with its data in o.Dir, setting the data up when
// the folder has none, and returns when it answers.
func StartMariaDB(ctx context.Context, o Options) (*MariaDB, error) {
	if missing := Missing(DatabaseParts...); len(missing) > 0 {
		return nil, missingError(missing)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("find database folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make database folder: %w", err)
	}
	m := &MariaDB{dir: dir, socket: filepath.Join(dir, "mysqld.sock"), args: o.ExtraArgs}
	if len(m.socket) > longestSocket {
		short, err := os.MkdirTemp("", "enrolld-db")
		if err != nil {
			return nil, fmt.Errorf("make socket folder: %w", err)
		}
		m.scratch = append(m.scratch, short)
		m.socket = filepath.Join(short, "mysqld.sock")
	}
	if err := m.setUp(ctx); err != nil {
		return nil, errors.Join(err, m.Stop())
	}
	if err := m.start(ctx); err != nil {
		return nil, errors.Join(err, m.Stop())
	}
	return m, nil
}

// Shared returns the server whose socket the environment variable
// ENROLLD_TEST_SOCKET names (user root, no password), or starts a private one
// in a folder of Scratch that Stop removes. Stop leaves a lent server running.
func Shared(ctx context.Context) (*MariaDB, error) {
	if socket := os.Getenv("ENROLLD_TEST_SOCKET"); socket != "" {
		m := &MariaDB{socket: socket, lent: true}
		if err := m.await(ctx, nil); err != nil {
			return nil, fmt.Errorf("reach the database server of ENROLLD_TEST_SOCKET: %w", err)
		}
		return m, nil
	}
	dir, err := Scratch("enrolld-db")
	if err != nil {
		return nil, fmt.Errorf("make database folder: %w", err)
	}
	m, err := StartMariaDB(ctx, Options{Dir: dir})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	m.scratch = append(m.scratch, dir)
	return m, nil
}

// Socket returns the path of the unix socket.
func (m *MariaDB) Socket() string { return m.socket }

// DSN returns the data source name of a database for go-sql-driver; without a
// name, of the server. Times are read as time.Time in UTC.
func (m *MariaDB) DSN(database string) string {
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = "root", "unix", m.socket, database
	c.ParseTime = true
	c.Params = map[string]string{"charset": "utf8mb4"}
	return c.FormatDSN()
}

// CreateDatabase makes a database unless there is one of that name.
func (m *MariaDB) CreateDatabase(ctx context.Context, name string) error {
	return m.exec(ctx, "create database "+name,
		"CREATE DATABASE IF NOT EXISTS "+quoteName(name)+" CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
}

// DropDatabase removes a database and all that is in it.
func (m *MariaDB) DropDatabase(ctx context.Context, name string) error {
	return m.exec(ctx, "drop database "+name, "DROP DATABASE IF EXISTS "+quoteName(name))
}

// Kill ends the server as a power cut would: at once, without a chance to
// write anything. A lent server is left alone.
func (m *MariaDB) Kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process != nil {
		m.process.kill()
		m.process = nil
	}
}

// Restart stops the server if it runs, and starts it again with the same data.
func (m *MariaDB) Restart(ctx context.Context) error {
	if m.lent {
		return errors.New("restart database server: it belongs to somebody else")
	}
	m.mu.Lock()
	p := m.process
	m.process = nil
	m.mu.Unlock()
	if p != nil {
		if err := p.stop(); err != nil {
			return fmt.Errorf("restart database server: %w", err)
		}
	}
	return m.start(ctx)
}

// Stop ends the server in good order and removes the temporary folders that we
// made. It does nothing the second time, or to a lent server.
func (m *MariaDB) Stop() error {
	m.mu.Lock()
	p, scratch := m.process, m.scratch
	m.process, m.scratch = nil, nil
	m.mu.Unlock()
	var errs []error
	if p != nil {
		errs = append(errs, p.stop())
	}
	for _, dir := range scratch {
		errs = append(errs, os.RemoveAll(dir))
	}
	return errors.Join(errs...)
}

func (m *MariaDB) data() string { return filepath.Join(m.dir, "data") }

// temp makes the folder for the server's temporary tables. A server that starts
// clears away what it finds of such tables, so it must not find another's.
func (m *MariaDB) temp() (string, error) {
	dir := filepath.Join(m.dir, "tmp")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the database's temporary folder: %w", err)
	}
	return dir, nil
}

// setUp makes the system tables when the data folder has none.
func (m *MariaDB) setUp(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(m.data(), "mysql")); err == nil {
		return nil
	}
	temp, err := m.temp()
	if err != nil {
		return err
	}
	args := append([]string{"--no-defaults", "--auth-root-authentication-method=normal",
		"--datadir=" + m.data(), "--tmpdir=" + temp, "--skip-test-db"}, asRoot()...)
	out, err := exec.CommandContext(ctx, command("mariadb-install-db"), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("set database folder up: %w\n%s", err, out)
	}
	return nil
}

func (m *MariaDB) start(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process != nil && m.process.running() {
		return errors.New("start database server: it runs already")
	}
	temp, err := m.temp()
	if err != nil {
		return err
	}
	args := append([]string{"--no-defaults", "--datadir=" + m.data(), "--socket=" + m.socket, "--tmpdir=" + temp,
		"--skip-networking", "--pid-file=" + filepath.Join(m.dir, "mysqld.pid")}, asRoot()...)
	p, err := startProcess(exec.Command(command("mariadbd"), append(args, m.args...)...),
		filepath.Join(m.dir, "mariadbd.log"))
	if err != nil {
		return err
	}
	if err := m.await(ctx, p); err != nil {
		err = p.failure("start database server", err)
		p.kill()
		return err
	}
	m.process = p
	return nil
}

// await returns when the server answers a query, p (when it is ours) has ended,
// or ctx is over.
func (m *MariaDB) await(ctx context.Context, p *process) error {
	var ended <-chan struct{}
	if p != nil {
		ended = p.done
	}
	return poll(ctx, ended, func() error { return m.ping(ctx) })
}

func (m *MariaDB) ping(ctx context.Context) error {
	if _, err := os.Stat(m.socket); err != nil {
		return fmt.Errorf("look for database socket: %w", err)
	}
	return m.exec(ctx, "ask database server", "DO 1")
}

func (m *MariaDB) exec(ctx context.Context, what, query string) error {
	db, err := sql.Open("mysql", m.DSN(""))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, query); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// poll calls try until it succeeds, the process behind it has ended, or ctx is
// over; it returns try's last error then.
func poll(ctx context.Context, ended <-chan struct{}, try func() error) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ended:
			return err
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

// asRoot is the argument that lets the server run as root, which it refuses
// otherwise.
func asRoot() []string {
	if os.Geteuid() == 0 {
		return []string{"--user=root"}
	}
	return nil
}

func quoteName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func missingError(packages []string) error {
	return fmt.Errorf("not installed: try apt-get install %s", strings.Join(packages, " "))
}
