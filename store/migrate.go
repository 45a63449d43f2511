package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"enrolld"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

const (
	migrationTable = "enrolld_migrations"
	migrationLock  = "enrolld_migration_lock"
)

// Migration is one step of the schema.
type Migration struct {
	Version   int64      `json:"version"`
	Name      string     `json:"name"`
	AppliedAt *time.Time `json:"applied_at,omitempty"`
}

func (db *DB) migrator() (*goose.Provider, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, fmt.Errorf("find the migrations: %w", err)
	}
	locker, err := lock.NewMySQLTableLocker(lock.WithTableName(migrationLock), lock.WithTableLockTimeout(time.Second, 120))
	if err != nil {
		return nil, fmt.Errorf("prepare the migration lock: %w", err)
	}
	return goose.NewProvider(goose.DialectMySQL, db.sql, files,
		goose.WithTableName(migrationTable), goose.WithLocker(locker), goose.WithSlog(slog.New(slog.DiscardHandler)))
}

// Migrate brings the schema up to date. Replicas that start together wait for
// the first. Every migration leaves the previous version of the service able to
// run. It returns the steps that it applied.
func (db *DB) Migrate(ctx context.Context) ([]Migration, error) {
	p, err := db.migrator()
	if err != nil {
		return nil, err
	}
	pending, err := p.HasPending(ctx)
	if err != nil || !pending {
		return nil, Classify(err)
	}
	results, err := p.Up(ctx)
	if err != nil {
		return nil, Classify(fmt.Errorf("migrate: %w", err))
	}
	now := db.Now()
	out := make([]Migration, len(results))
	for i, r := range results {
		out[i] = Migration{Version: r.Source.Version, Name: r.Source.Path, AppliedAt: &now}
	}
	return out, nil
}

// Migrations lists every step and whether it is applied.
func (db *DB) Migrations(ctx context.Context) ([]Migration, error) {
	p, err := db.migrator()
	if err != nil {
		return nil, err
	}
	status, err := p.Status(ctx)
	if err != nil {
		return nil, Classify(fmt.Errorf("read the migrations: %w", err))
	}
	out := make([]Migration, len(status))
	for i, s := range status {
		out[i] = Migration{Version: s.Source.Version, Name: s.Source.Path}
		if s.State == goose.StateApplied {
			out[i].AppliedAt = &s.AppliedAt
		}
	}
	return out, nil
}

// CheckSchema says whether every migration is applied.
func (db *DB) CheckSchema(ctx context.Context) error {
	p, err := db.migrator()
	if err != nil {
		return err
	}
	pending, err := p.HasPending(ctx)
	switch {
	case errors.Is(err, database.ErrVersionNotFound) || pending:
		return enrolld.Errorf(enrolld.Unavailable, "the database schema is not up to date: run 'enrolld migrate up'")
	case err != nil:
		return Classify(fmt.Errorf("read the schema's version: %w", err))
	}
	return nil
}
