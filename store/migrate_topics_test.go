package store_test

import (
	"fmt"
	"strings"
	"testing"

	"enrolld/store/storetest"
)

// TestMigrateTopics: owners and admins of before get the mail that a new login has,
// unless they, or the owner for an admin, chose; nobody else does.
func TestMigrateTopics(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	w := &world{t: t, db: db}
	member := func(account, login int, kind, chose string, topics ...string) {
		owner := "NULL"
		if kind == "owner" {
			owner = fmt.Sprint(account)
		}
		id := account*100 + login
		w.exec(fmt.Sprintf(`INSERT INTO enrolld_members (id, account_id, login_id, type, owner_of, created_at) VALUES (%d, %d, %d, '%s', %s, NOW())`,
			id, account, login, kind, owner))
		for _, topic := range topics {
			w.exec(`INSERT INTO enrolld_member_topics (member_id, topic) VALUES (?, ?)`, id, topic)
		}
		if chose != "" {
			w.exec(`INSERT INTO enrolld_audit (account_id, login_id, at, actor, action, detail) VALUES (?, ?, NOW(), 'Ann', ?, '')`, account, login, chose)
		}
	}
	member(1, 1, "owner", "member.added", "team.changed")
	member(1, 2, "admin", "", "import.finished")
	member(1, 3, "admin", "member.topics")
	member(1, 4, "user", "")
	member(2, 1, "owner", "member.topics", "import.finished") // the login of account 1's owner
	member(2, 2, "admin", "")
	version := 0
	for _, file := range migrationNames(t) {
		if strings.HasSuffix(file, "_topics_of_before.sql") {
			_, err := fmt.Sscanf(file, "migrations/%d_", &version)
			w.check(err)
		}
	}
	for range 2 {
		w.exec(`DELETE FROM enrolld_migrations WHERE version_id >= ?`, version)
		if _, err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.want(`SELECT member_id, topic FROM enrolld_member_topics ORDER BY member_id, topic`,
			"101|deliveries.failed", "101|import.finished", "101|team.changed", "102|deliveries.failed", "102|import.finished",
			"201|import.finished", "202|import.finished")
	}
}
