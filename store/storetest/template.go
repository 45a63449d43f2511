package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"enrolld"
	"enrolld/store"
	"enrolld/store/sandbox"
)

// template is a migrated database that the others are copied from: copying
// takes a fraction of the time that migrating does.
type template struct {
	name   string
	tables []string // statements that make the tables
}

// fill makes Enrolld's tables in an empty database.
func fill(t testing.TB, name string) error {
	t.Helper()
	shared.Lock()
	server := serve(t)
	if shared.template == nil {
		made, err := newTemplate(t.Context(), server)
		if err != nil {
			shared.Unlock()
			return err
		}
		shared.template = made
	}
	from := shared.template
	shared.Unlock()

	pool, err := sql.Open("mysql", server.DSN(name))
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer func() { _ = pool.Close() }()
	pool.SetMaxOpenConns(1)
	for _, statement := range from.tables {
		if _, err := pool.ExecContext(t.Context(), statement); err != nil {
			return fmt.Errorf("copy a table: %w", err)
		}
	}
	_, err = pool.ExecContext(t.Context(),
		"INSERT INTO enrolld_migrations SELECT * FROM `"+from.name+"`.enrolld_migrations")
	if err != nil {
		return fmt.Errorf("copy the schema's version: %w", err)
	}
	return nil
}

func newTemplate(ctx context.Context, server *sandbox.MariaDB) (*template, error) {
	made := &template{name: randomName()}
	if err := server.CreateDatabase(ctx, made.name); err != nil {
		return nil, err
	}
	db, err := store.Open(store.Config{DSN: enrolld.Secret(server.DSN(made.name))}, Keyring())
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Migrate(ctx); err != nil {
		return nil, err
	}
	names, err := tableNames(ctx, db.Conn())
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		var again, statement string
		row := db.Conn().QueryRowContext(ctx, "SHOW CREATE TABLE `"+name+"`")
		if err := row.Scan(&again, &statement); err != nil {
			return nil, fmt.Errorf("read the form of table %s: %w", name, err)
		}
		made.tables = append(made.tables, strings.TrimSpace(statement))
	}
	return made, nil
}

func tableNames(ctx context.Context, pool *sql.DB) ([]string, error) {
	rows, err := pool.QueryContext(ctx, `SELECT table_name FROM information_schema.tables
		WHERE table_schema = DATABASE() ORDER BY table_name`)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("list tables: %w", err)
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
