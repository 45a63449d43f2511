package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strings"
)

// AuditWords are what an entry of the audit log says in words. Those about a
// customer lie beside the log, which nobody changes, so that they can be erased.
type AuditWords struct {
	Detail        []byte
	Subject       string
	Before, After []byte // JSON; nil: nothing to show
}

// personal says whether an entry's words may name a customer: whatever is not a
// course and its end.
func (e AuditEntry) personal() bool {
	if e.CustomerID == 0 || strings.HasPrefix(e.Action, "access.") || strings.HasPrefix(e.Action, "ground.") {
		return false
	}
	return e.Subject != "" || e.Before != nil || e.After != nil || e.Detail != "" && e.Detail != "{}"
}

// setAside puts the words of entries about customers where they can be erased, and
// leaves the way to them in the entry.
func (tx *Tx) setAside(ctx context.Context, entries []AuditEntry) ([]AuditEntry, [][]byte, error) {
	ids, out := make([][]byte, len(entries)), make([]AuditEntry, len(entries))
	var rows [][]any
	for i, e := range entries {
		if e.personal() {
			before, err := stateJSON(e.Before)
			if err != nil {
				return nil, nil, err
			}
			after, err := stateJSON(e.After)
			if err != nil {
				return nil, nil, err
			}
			ids[i] = make([]byte, 16)
			_, _ = rand.Read(ids[i]) // crypto/rand.Read does not fail
			rows = append(rows, []any{ids[i], e.CustomerID, orEmptyJSON(e.Detail), clip(e.Subject, maxSubject), before, after})
			e.Detail, e.Subject, e.Before, e.After = "", "", nil, nil
		}
		out[i] = e
	}
	err := InsertRows(ctx, tx, `INSERT INTO enrolld_audit_personal (id, customer_id, detail, subject, before_state, after_state) VALUES `, rows, "")
	if err != nil {
		return nil, nil, fmt.Errorf("write the audit log: %w", err)
	}
	return out, ids, nil
}

func orEmptyJSON(s string) string {
	if s == "" {
		return "{}"
	}
	return s
}

// AuditWordsOf reads the words of entries that lie beside the log, by the id in
// personal_id. Those of somebody who was erased are not there.
func (db *DB) AuditWordsOf(ctx context.Context, ids [][]byte) (map[string]AuditWords, error) {
	out := make(map[string]AuditWords, len(ids))
	for len(ids) > 0 {
		part := ids[:min(len(ids), maxRows)]
		ids = ids[len(part):]
		list, args := In(part)
		_, err := Collect(ctx, db.sql, func(rows *sql.Rows, _ *struct{}) error {
			var id string
			var w AuditWords
			err := rows.Scan(&id, &w.Detail, &w.Subject, &w.Before, &w.After)
			out[id] = w
			return err
		}, `SELECT id, detail, subject, before_state, after_state FROM enrolld_audit_personal WHERE id IN `+list, args...)
		if err != nil {
			return nil, Classify(fmt.Errorf("read the audit log: %w", err))
		}
	}
	return out, nil
}
