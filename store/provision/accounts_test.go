package provision_test

import (
	"testing"
	"time"

	"enrolld"
	pt "enrolld/store/provision/provisiontest"
)

// TestTwoAccountsOnOneSite shares the WordPress users, and nothing else.
func TestTwoAccountsOnOneSite(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	other, source := w.AddAccount("Second Academy", w.Site)
	w.Map("paint", enrolld.Rule{}, 12)
	w.MapIn(other, "paint", enrolld.Rule{}, 12)
	// One platform's numbers in two accounts are two orders.
	w.Put("first", pt.Buy("1", "ann@example.org", "paint"))
	w.PutFrom(source, "second", pt.Buy("1", "Ann@example.org", "paint"))
	w.Work()
	w.Want(`SELECT COUNT(*) FROM wp_users`, "1")
	w.Want(`SELECT account_id, COUNT(DISTINCT wp_user_id) FROM enrolld_customers GROUP BY 1`, "1|1", "2|1")
	w.Want(`SELECT account_id, course_id FROM enrolld_access ORDER BY 1`, "1|12", "2|12")
	w.Want(`SELECT account_id, kind FROM enrolld_messages ORDER BY 1`, "1|welcome", "2|access")
	w.Want(`SELECT COUNT(*) FROM enrolld_orders`, "2")
	w.Put("refund", pt.Refund("1", day))
	w.Work()
	w.Want(`SELECT account_id, course_id FROM enrolld_access`, "2|12")
}

// TestSiteWithoutTransactions has one of two sites keep its users in MyISAM: its
// deliveries wait with the statement that mends it, the other's do not.
func TestSiteWithoutTransactions(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Exec(`CREATE TABLE old_users LIKE wp_users`)
	w.Exec(`ALTER TABLE old_users ENGINE=MyISAM`)
	w.Exec(`CREATE TABLE old_usermeta LIKE wp_usermeta`)
	site := w.Site
	site.UsersTable, site.UserMetaTable = "old_users", "old_usermeta"
	old, source := w.AddAccount("Old Academy", site)
	w.Map("paint", enrolld.Rule{}, 12)
	w.MapIn(old, "paint", enrolld.Rule{}, 12)
	w.PutFrom(source, "old", pt.Buy("1", "ann@example.org", "paint"))
	w.Put("new", pt.Buy("1", "bob@example.org", "paint"))
	w.Work()
	alter := "ALTER TABLE `" + w.DB.Name() + "`.`old_users` ENGINE=InnoDB;"
	w.Want(`SELECT body, state, attempts, note LIKE '%`+alter+`%' FROM enrolld_deliveries ORDER BY id`,
		"old|queued|1|1", "new|done|1|0")
	w.Want(`SELECT COUNT(*) FROM old_users`, "0")
	w.Exec(alter)
	w.Pass(time.Minute)
	w.Want(`SELECT user_email FROM old_users`, "ann@example.org")
	w.Want(`SELECT state, attempts FROM enrolld_deliveries`, "done|2", "done|1")
}

// TestSiteThatIsMoving takes WordPress's tables away for a while: deliveries and
// the clock's work wait, whatever the error's code, and go on afterwards.
func TestSiteThatIsMoving(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"wp_users", "wp_options", "wp_usermeta", "wp_posts"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			w := pt.New(t)
			w.Map("paint", enrolld.Rule{Duration: 2 * day}, 12)
			w.Map("weave", enrolld.Rule{}, 18)
			w.Receive("first", pt.Buy("1", "ann@example.org", "paint"))
			w.Exec(`RENAME TABLE ` + table + ` TO moving`)
			w.Clock.Advance(time.Minute)
			w.Put("second", pt.Buy("2", "bob@example.org", "weave"))
			w.Work()
			w.Want(`SELECT state, attempts FROM enrolld_deliveries`, "done|1", "queued|1")
			w.Pass(3 * day)
			w.Want(pt.Grants, "ann@example.org|12|paint|live|paid")
			w.Exec(`RENAME TABLE moving TO ` + table)
			w.Pass(day)
			w.Want(`SELECT state, attempts FROM enrolld_deliveries`, "done|1", "done|3")
			w.Want(pt.Access, "bob@example.org|18|no end")
			w.Want(pt.Grants, "ann@example.org|12|paint|ended|expired", "bob@example.org|18|weave|live|paid")
		})
	}
}
