package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"enrolld"
	"enrolld/store"
	"enrolld/store/sandbox"
)

// TestDoctorAudit: a database user for serving needs SELECT and INSERT on the
// audit log and no more, and the doctor says which rights ours has.
func TestDoctorAudit(t *testing.T) {
	if missing := sandbox.Missing(sandbox.DatabaseParts...); len(missing) > 0 {
		if os.Getenv("CI") == "true" {
			t.Fatalf("install %v", missing)
		}
		t.Skipf("needs: apt-get install %s", strings.Join(missing, " "))
	}
	name, err := newDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key := t.TempDir() + "/key"
	keys, err := store.LoadKeyring(key, true)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(store.Config{DSN: enrolld.Secret(server.DSN(name))}, keys)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := doctor(t, server.DSN(name), key); !strings.Contains(got, "may change and delete entries") {
		t.Errorf("as root the doctor says\n%s\nwant a note about the audit log", got)
	}

	config, err := mysql.ParseDSN(server.DSN(name))
	if err != nil {
		t.Fatal(err)
	}
	config.User = "s_" + name[len(name)-10:]
	for _, q := range append(grants(t, db, name, config.User), "FLUSH PRIVILEGES") {
		if _, err := db.Conn().ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	t.Cleanup(func() { _, _ = db.Conn().ExecContext(context.Background(), "DROP USER '"+config.User+"'@'localhost'") })
	if got := doctor(t, config.FormatDSN(), key); !strings.Contains(got, "can append to it, and nothing else") {
		t.Errorf("as the serving user the doctor says\n%s\nwant that it can only append", got)
	}
	serving, err := store.Open(store.Config{DSN: enrolld.Secret(config.FormatDSN())}, keys)
	if err != nil {
		t.Fatal(err)
	}
	defer serving.Close()
	if err := serving.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.Audit(t.Context(), []store.AuditEntry{{AccountID: 1, Actor: "test", Action: "account.entered"}})
	}); err != nil {
		t.Errorf("append as the serving user: %v", err)
	}
	if _, err := serving.Conn().ExecContext(t.Context(), "DELETE FROM enrolld_audit"); !store.IsDenied(err) {
		t.Errorf("delete as the serving user: %v, want it denied", err)
	}
}

// grants make a user who may do everything with our tables but change the audit log.
func grants(t *testing.T, db *store.DB, name, user string) []string {
	t.Helper()
	out := []string{fmt.Sprintf("CREATE USER '%s'@'localhost'", user)}
	rows, err := db.Conn().QueryContext(t.Context(), "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", name)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			t.Fatal(err)
		}
		rights := "SELECT, INSERT, UPDATE, DELETE"
		if table == "enrolld_audit" {
			rights = "SELECT, INSERT"
		}
		out = append(out, fmt.Sprintf("GRANT %s ON `%s`.`%s` TO '%s'@'localhost'", rights, name, table, user))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func doctor(t *testing.T, dsn, key string) string {
	t.Helper()
	var out, errs bytes.Buffer
	run(t.Context(), []string{"--dsn", dsn, "--secret-key-file", key, "doctor"}, os.LookupEnv, strings.NewReader(""), &out, &errs)
	return out.String() + errs.String()
}
