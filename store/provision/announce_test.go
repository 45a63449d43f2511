package provision_test

import (
	"testing"
	"time"

	"enrolld"
	pt "enrolld/store/provision/provisiontest"
)

// TestMessages walks members through what can happen; each step says which
// messages it adds.
func TestMessages(t *testing.T) {
	t.Parallel()
	type step struct {
		key   string
		event enrolld.Event
		want  []string
	}
	const ann = "ann@example.org"
	unpaid := pt.Buy("1", ann, "paint")
	sale := *unpaid.Lines[0].Sale
	sale.Paid, unpaid.Lines[0].Sale = false, &sale
	paid := pt.Buy("1", ann, "paint")
	paid.At = paid.At.Add(time.Minute)
	tests := map[string][]step{
		"several courses in one mail": {
			{"sale", pt.Buy("1", ann, "paint", "sculpt", "both"), []string{`welcome|["Painting", "Sculpture"]`}},
			{"next", pt.Buy("2", ann, "weave"), []string{`access|["Weaving"]`}},
		},
		"a course that is open already": {
			{"sale", pt.Buy("1", ann, "paint"), []string{`welcome|["Painting"]`}},
			{"again", pt.Buy("2", ann, "paint"), nil},
			{"and one more", pt.Buy("3", ann, "both"), []string{`access|["Sculpture"]`}},
		},
		"a dispute that is won": {
			{"sale", pt.Buy("1", ann, "paint"), []string{`welcome|["Painting"]`}},
			{"dispute", pt.Dispute("1", day, enrolld.DisputeOpen), nil},
			{"won", pt.Dispute("1", 2*day, enrolld.DisputeWon), nil},
		},
		"a dispute of the second ground is won": {
			{"sale", pt.Buy("1", ann, "paint"), []string{`welcome|["Painting"]`}},
			{"again", pt.Buy("2", ann, "paint"), nil},
			{"refund", pt.Refund("1", day), nil},
			{"dispute", pt.Dispute("2", day, enrolld.DisputeOpen), nil},
			{"won", pt.Dispute("2", 2*day, enrolld.DisputeWon), nil},
		},
		"a dispute that is lost": {
			{"sale", pt.Buy("1", ann, "paint"), []string{`welcome|["Painting"]`}},
			{"lost", pt.Dispute("1", day, enrolld.DisputeLost), nil},
		},
		"money that comes late": {
			{"order", unpaid, nil},
			{"money", paid, []string{`welcome|["Painting"]`}},
		},
		"a refund": {
			{"sale", pt.Buy("1", ann, "both"), []string{`welcome|["Painting", "Sculpture"]`}},
			{"refund", pt.Refund("1", day), []string{`refunded|["Painting", "Sculpture"]`}},
			{"said again", pt.Refund("1", day), nil},
		},
		"a refund of which there was nothing to tell": {
			{"order", unpaid, nil},
			{"refund", pt.Refund("1", day), nil},
			{"money", paid, nil},
		},
		"bought anew after the refund": {
			{"sale", pt.Buy("1", ann, "paint"), []string{`welcome|["Painting"]`}},
			{"refund", pt.Refund("1", day), []string{`refunded|["Painting"]`}},
			{"anew", pt.Buy("2", ann, "paint"), []string{`access|["Painting"]`}},
		},
		"a page that is gone": {
			{"sale", pt.Buy("1", ann, "gone"), []string{`welcome|["Course page:99"]`}},
		},
		"a start that is yet to come": {
			{"sale", pt.Buy("1", ann, "later"), nil},
			{"refund", pt.Refund("1", day), nil},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := pt.New(t)
			for product, pages := range map[string][]int64{"paint": {12}, "sculpt": {15}, "weave": {18}, "both": {12, 15}, "gone": {99}} {
				w.Map(product, enrolld.Rule{}, pages...)
			}
			w.Map("later", enrolld.Rule{StartDelay: 9 * day}, 12)
			var want []string
			for _, s := range steps {
				w.Receive(s.key, s.event)
				want = append(want, s.want...)
				if got := w.Rows(`SELECT kind, JSON_EXTRACT(data, '$.courses[*].title') FROM enrolld_messages ORDER BY id`); !equal(got, want) {
					t.Fatalf("after %q: got messages %q, want %q", s.key, got, want)
				}
			}
			w.Want(`SELECT COUNT(*) - COUNT(DISTINCT cause) FROM enrolld_messages`, "0")
			// Replaying everything tells nobody anything again.
			_, err := w.DB.Replay(t.Context(), w.Account.ID, delivered)
			w.Check(err)
			w.Work()
			w.Want(`SELECT kind, JSON_EXTRACT(data, '$.courses[*].title') FROM enrolld_messages ORDER BY id`, want...)
		})
	}
}

// TestTwoAccountsOnOneSite shares the WordPress users, and nothing else.
func TestTwoAccountsOnOneSite(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	other, source := w.AddAccount("Second Academy", w.Site)
	w.Map("paint", enrolld.Rule{}, 12)
	_, err := w.DB.MapProduct(t.Context(), enrolld.Product{
		AccountID: other.ID, Platform: pt.Platform, Key: "paint", Rule: enrolld.Rule{Courses: []enrolld.CourseRef{pt.Course(12)}},
	})
	w.Check(err)
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
	_, err := w.DB.MapProduct(t.Context(), enrolld.Product{
		AccountID: old.ID, Platform: pt.Platform, Key: "paint", Rule: enrolld.Rule{Courses: []enrolld.CourseRef{pt.Course(12)}},
	})
	w.Check(err)
	w.PutFrom(source, "old", pt.Buy("1", "ann@example.org", "paint"))
	w.Put("new", pt.Buy("1", "bob@example.org", "paint"))
	w.Work()
	alter := "ALTER TABLE `" + w.DB.Name() + "`.`old_users` ENGINE=InnoDB;"
	w.Want(`SELECT body, state, attempts, note LIKE '%`+alter+`%' FROM enrolld_deliveries ORDER BY id`, "old|queued|1|1", "new|done|1|0")
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
			w.Receive("first", pt.Buy("1", "ann@example.org", "paint"))
			w.Exec(`RENAME TABLE ` + table + ` TO moving`)
			w.Clock.Advance(time.Minute)
			w.Put("second", pt.Buy("2", "bob@example.org", "paint"))
			w.Work()
			w.Want(`SELECT state, attempts FROM enrolld_deliveries`, "done|1", "queued|1")
			w.Pass(3 * day)
			w.Want(pt.Grants, "ann@example.org|12|paint|live|paid")
			w.Exec(`RENAME TABLE moving TO ` + table)
			w.Clock.Set(pt.Start.Add(day))
			w.Exec(`UPDATE enrolld_deliveries SET due_at = received_at`)
			w.Work()
			w.Want(`SELECT DISTINCT state FROM enrolld_deliveries`, "done")
			w.Want(pt.Access, "ann@example.org|12|2026-03-06 04:06:07.891011", "bob@example.org|12|2026-03-06 04:06:07.891011")
			w.Pass(6 * day)
			w.Want(pt.Access)
		})
	}
}
