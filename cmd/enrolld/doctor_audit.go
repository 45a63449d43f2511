package main

import (
	"context"

	"enrolld/store"
)

// audit says whether our database user could change the audit log. No code of
// ours does, so serving needs no such right; without it, somebody who took over
// the service could not cover their tracks.
func (e *examination) audit(ctx context.Context, db *store.DB) {
	for _, statement := range []string{
		"UPDATE enrolld_audit SET id = id WHERE id < 0", "DELETE FROM enrolld_audit WHERE id < 0",
	} {
		_, err := db.Conn().ExecContext(ctx, statement)
		if store.IsDenied(err) {
			continue
		}
		if err != nil {
			e.bad("error", "audit log", explain(err), "")
			return
		}
		e.bad("note", "audit log", "our database user may change and delete entries; Enrolld never does and needs no such right",
			"Give 'enrolld serve' a database user with SELECT and INSERT alone on enrolld_audit; run migrations as another one.")
		return
	}
	e.ok("audit log", "our database user can append to it, and nothing else")
}
