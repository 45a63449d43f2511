package main

import (
	"fmt"
	"io"

	"enrolld/store"
)

type migrateCmd struct {
	Up     migrateUp     `cmd:"" help:"Bring the schema up to date; safe while the service runs."`
	Status migrateStatus `cmd:"" help:"Show which steps are applied."`
}

type migrateUp struct{}

// Run brings the schema up to date.
func (migrateUp) Run(a *app) error {
	return a.withDB(func(db *store.DB) error {
		applied, err := db.Migrate(a.ctx)
		if err != nil {
			return err
		}
		return a.print(applied, func(w io.Writer) {
			for _, m := range applied {
				_, _ = fmt.Fprintln(w, "applied", m.Name)
			}
			_, _ = fmt.Fprintln(w, "The schema is up to date.")
		})
	})
}

type migrateStatus struct{}

// Run lists the steps of the schema.
func (migrateStatus) Run(a *app) error {
	return a.withDB(func(db *store.DB) error {
		list, err := db.Migrations(a.ctx)
		if err != nil {
			return err
		}
		return a.print(list, func(w io.Writer) {
			for _, m := range list {
				state := "pending"
				if m.AppliedAt != nil {
					state = "applied " + m.AppliedAt.Format("2006-01-02 15:04")
				}
				_, _ = fmt.Fprintf(w, "%-34s %s\n", m.Name, state)
			}
		})
	})
}
