package provision_test

import (
	"strings"
	"testing"

	"enrolld"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

func TestPurchaseMakesEverything(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12, 15)
	w.Check(w.DB.SetCompanion(t.Context(), w.Account.ID, "key of the companion"))
	w.Receive("sale", pt.Buy("77", "Ann.Lee@Example.org", "paint"))

	w.Want(`SELECT email_key, email, first_name, last_name, wp_created, problem, due_at FROM enrolld_customers`,
		"ann.lee@example.org|Ann.Lee@Example.org|Ann|Lee|1||NULL")
	w.Want(`SELECT user_login, user_nicename, user_email, user_url, user_registered, user_activation_key, user_status,
		display_name FROM wp_users`, "Ann.Lee|ann-lee|Ann.Lee@Example.org||2026-03-04T05:06:07Z||0|Ann Lee")
	w.Want(`SELECT meta_key, meta_value FROM wp_usermeta ORDER BY umeta_id`,
		"nickname|Ann.Lee", "first_name|Ann", "last_name|Lee", "description|", "rich_editing|true",
		"syntax_highlighting|true", "comment_shortcuts|false", "admin_color|fresh", "use_ssl|0",
		"show_admin_bar_front|true", "locale|", `wp_capabilities|a:1:{s:10:"subscriber";b:1;}`, "wp_user_level|0")
	w.Want(`SELECT o.number, o.test, o.first_ref, r.ref, c.email FROM enrolld_orders o
		JOIN enrolld_order_refs r ON r.order_id = o.id JOIN enrolld_customers c ON c.id = o.customer_id`,
		"77|0|order:77|order:77|Ann.Lee@Example.org")
	w.Want(`SELECT line_key, product_key, parked FROM enrolld_order_lines`, "paint|paint|0")
	w.Want(`SELECT course_id, cause_kind, cause_line, state, reason, starts_at, ends_at, announced_at IS NOT NULL
		FROM enrolld_grants ORDER BY course_id`,
		"12|order|paint|live|paid|2026-03-04T04:06:07.891011Z|NULL|1",
		"15|order|paint|live|paid|2026-03-04T04:06:07.891011Z|NULL|1")
	w.Want(pt.Access, "Ann.Lee@Example.org|12|no end", "Ann.Lee@Example.org|15|no end")
	w.Want(`SELECT kind, recipient, recipient_name, state, data FROM enrolld_messages`,
		`welcome|Ann.Lee@Example.org|Ann Lee|queued|{"site_name":"Tom \u0026 Jerry's School",`+
			`"site_url":"https://school.example","login_url":"https://school.example/wp/wp-login.php",`+
			`"login":"Ann.Lee","first_name":"Ann","order":"77","courses":[`+
			`{"title":"Painting","url":"https://school.example/?page_id=12"},`+
			`{"title":"Sculpture","url":"https://school.example/?page_id=15"}]}`)
	w.Want(`SELECT kind, course_id, cause, user_id = (SELECT ID FROM wp_users) FROM enrolld_signals ORDER BY course_id`,
		"granted|12|delivery|1", "granted|15|delivery|1")
	w.Want(`SELECT actor, action, customer_id IS NOT NULL, delivery_id, detail FROM enrolld_audit ORDER BY id`,
		`delivery|access.granted|1|1|{"course":"page:12"}`, `delivery|access.granted|1|1|{"course":"page:15"}`)
	w.Want(`SELECT state, note, attempts, finished_at IS NOT NULL FROM enrolld_deliveries`, "done||1|1")
	w.Want(`SELECT customer_id = (SELECT id FROM enrolld_customers), changes FROM enrolld_delivery_effects`,
		`1|["order added","WordPress user 1 made","page:12 live: paid for","page:15 live: paid for"]`)
}

func TestSignalsOnlyForACompanion(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	w.Want(`SELECT COUNT(*) FROM enrolld_signals`, "0")
	w.Check(w.DB.SetCompanion(t.Context(), w.Account.ID, "key of the companion"))
	w.Clock.Advance(day) // what a processor knows of an account is seconds old at most
	w.Receive("refund", pt.Refund("1", day))
	w.Want(`SELECT kind, course_id FROM enrolld_signals`, "revoked|12")
}

// refusals make one late step of a purchase fail, each in its own way.
var refusals = map[string]struct{ spoil, mend string }{
	"orders":        {"RENAME TABLE enrolld_orders TO gone", "RENAME TABLE gone TO enrolld_orders"},
	"references":    refusing("enrolld_order_refs"),
	"products":      refusing("enrolld_products"),
	"reservations":  {"RENAME TABLE enrolld_site_names TO gone", "RENAME TABLE gone TO enrolld_site_names"},
	"users":         refusing("wp_users"),
	"user meta":     refusing("wp_usermeta"),
	"access":        refusing("enrolld_access"),
	"course titles": {"RENAME TABLE wp_posts TO gone", "RENAME TABLE gone TO wp_posts"},
	"lines":         refusing("enrolld_order_lines"),
	"grants":        refusing("enrolld_grants"),
	"messages":      {"RENAME TABLE enrolld_messages TO gone", "RENAME TABLE gone TO enrolld_messages"},
	"signals":       refusing("enrolld_signals"),
	"audit":         refusing("enrolld_audit"),
	"effects":       refusing("enrolld_delivery_effects"),
	"own state": {
		`CREATE TRIGGER refuse BEFORE UPDATE ON enrolld_deliveries FOR EACH ROW
			IF NEW.state <> 'queued' THEN SIGNAL SQLSTATE '45000'; END IF`, "DROP TRIGGER refuse",
	},
}

func refusing(table string) struct{ spoil, mend string } {
	return struct{ spoil, mend string }{
		"CREATE TRIGGER refuse BEFORE INSERT ON " + table + " FOR EACH ROW SIGNAL SQLSTATE '45000'", "DROP TRIGGER refuse",
	}
}

// TestAllOrNothing spoils each later step of a purchase: nothing at all is left
// but the delivery, which waits; once the step works it has its whole effect.
func TestAllOrNothing(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Check(w.DB.SetCompanion(t.Context(), w.Account.ID, "key of the companion"))
	for name, refusal := range refusals {
		t.Run(name, func(t *testing.T) {
			buyer, product := strings.ReplaceAll(name, " ", ".")+"@example.org", "product of "+name
			w.Map("paint", enrolld.Rule{}, 12)
			before := w.Counts()
			w.Exec(refusal.spoil)
			w.Put(name, pt.Buy(name, buyer, "paint", product))
			n, err := w.Processor.Step(t.Context())
			w.Exec(refusal.mend)
			if n != 1 || err != nil {
				t.Fatalf("Step: got %d, %v, want 1 claimed and no error: it is the delivery's", n, err)
			}
			wantSame(t, w, before)
			w.Want(`SELECT state, attempts, lease = REPEAT(CHAR(0), 16), note <> '' FROM enrolld_deliveries
				WHERE body = '`+name+`'`,
				"queued|1|1|1")

			w.Pass(day)
			w.Want(`SELECT COUNT(*) FROM enrolld_access a JOIN wp_users u ON u.ID = a.user_id AND u.user_email = '`+buyer+`'`,
				"1")
			w.Want(`SELECT state, attempts FROM enrolld_deliveries WHERE body = '`+name+`'`, "parked|2")
			w.Want(`SELECT kind FROM enrolld_messages WHERE recipient = '`+buyer+`'`, "welcome")
		})
	}
}

// TestSettlingIsAllOrNothing is the same for what the clock does.
func TestSettlingIsAllOrNothing(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{Duration: day}, 12)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	before := w.Counts()
	w.Exec("CREATE TRIGGER refuse BEFORE INSERT ON enrolld_audit FOR EACH ROW SIGNAL SQLSTATE '45000'")
	w.Pass(day)
	w.Exec("DROP TRIGGER refuse")
	wantSame(t, w, before)
	w.Want(pt.Grants, "ann@example.org|12|paint|live|paid")
	w.Pass(provision.DueRetry)
	w.Want(pt.Grants, "ann@example.org|12|paint|ended|expired")
	w.Want(`SELECT COUNT(*) FROM enrolld_access`, "0")
}
