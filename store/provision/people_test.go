package provision_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"enrolld"
	pt "enrolld/store/provision/provisiontest"
)

// addUser adds a user as WordPress would, with a role.
func addUser(w *pt.World, id int64, login, email, role string) {
	w.Exec(`INSERT INTO wp_users (ID, user_login, user_pass, user_nicename, user_email, user_registered, display_name)
		VALUES (?, ?, 'their password', ?, ?, '2020-01-01', 'Their Name')`, id, login, login, email)
	w.Exec(`INSERT INTO wp_usermeta (user_id, meta_key, meta_value)
		VALUES (?, 'wp_capabilities', ?), (?, 'first_name', 'Their')`,
		id, fmt.Sprintf(`a:1:{s:%d:"%s";b:1;}`, len(role), role), id)
}

// TestExistingUsersStayAsTheyAre sells to people whom WordPress knows: by an
// address in other letters, and to its administrator.
func TestExistingUsersStayAsTheyAre(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	addUser(w, 7, "member", "Ann.LEE@Example.ORG", "subscriber")
	addUser(w, 8, "boss", "boss@example.org", "administrator")
	const users = `SELECT * FROM wp_users ORDER BY ID`
	const meta = `SELECT * FROM wp_usermeta ORDER BY umeta_id`
	usersBefore, metaBefore := w.Rows(users), w.Rows(meta)
	w.Put("member", pt.Named(pt.Buy("1", "ann.lee@example.org", "paint"), "Other", "Name"))
	w.Put("boss", pt.Named(pt.Buy("2", "BOSS@example.org", "paint"), "Other", "Name"))
	w.Work()
	w.Want(users, usersBefore...)
	w.Want(meta, metaBefore...)
	w.Want(`SELECT user_id, course_id FROM enrolld_access ORDER BY 1`, "7|12", "8|12")
	w.Want(`SELECT email, wp_user_id, wp_created FROM enrolld_customers ORDER BY 2`,
		"ann.lee@example.org|7|0", "BOSS@example.org|8|0")
	w.Want(`SELECT recipient, kind, JSON_VALUE(data, '$.login') FROM enrolld_messages ORDER BY 1`,
		"ann.lee@example.org|access|member", "BOSS@example.org|access|boss")
	w.Receive("refund", pt.Refund("2", day))
	w.Want(users, usersBefore...)
	w.Want(`SELECT user_id FROM enrolld_access`, "7")
}

// TestUserDeletedInWordPress deletes a member's user. The next change makes
// another one, opens all that is to be open, and sends the link to it.
func TestUserDeletedInWordPress(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]struct {
		event enrolld.Event
		want  []string
		mail  string
	}{
		"a purchase": {
			pt.Buy("2", "ann@example.org", "sculpt"), []string{"ann@example.org|12|no end", "ann@example.org|15|no end"},
			`ann@example.org|welcome|["Painting", "Sculpture"]`,
		},
		"a refund of another": {
			pt.Refund("0", day), []string{"ann@example.org|12|no end"}, `ann@example.org|welcome|["Painting"]`,
		},
		"a refund of all": {
			pt.Refund("1", day), []string{"ann@example.org|18|no end"}, `ann@example.org|welcome|["Weaving"]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := pt.New(t)
			for product, page := range map[string]int64{"paint": 12, "sculpt": 15, "weave": 18} {
				w.Map(product, enrolld.Rule{}, page)
			}
			other := "weave"
			if name == "a purchase" {
				other = "paint"
			}
			w.Put("0", pt.Buy("0", "ann@example.org", other))
			w.Receive("1", pt.Buy("1", "ann@example.org", "paint"))
			w.Exec(`DELETE FROM wp_users`)
			w.Exec(`DELETE FROM wp_usermeta`)
			w.Receive("next", next.event)
			w.Want(pt.Access, next.want...)
			w.Want(`SELECT ID FROM wp_users`, "2")
			w.Want(`SELECT wp_user_id, problem FROM enrolld_customers`, "2|")
			w.Want(pt.Messages+` DESC LIMIT 1`, next.mail)
			w.Want(`SELECT COUNT(*) FROM enrolld_messages`, "2")
		})
	}
}

func TestLoginsThatCollide(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	addUser(w, 7, "info", "somebody@else.example", "subscriber")
	for i, email := range []string{
		"info@a.example", "info@b.example", "Info@c.example", "in+fo@d.example", "admin@e.example",
	} {
		w.Put(email, pt.Buy(fmt.Sprint(i), email, "paint"))
	}
	w.Work()
	w.Want(`SELECT COUNT(DISTINCT user_login), COUNT(DISTINCT user_nicename), COUNT(*) FROM wp_users`, "6|6|6")
	w.Want(`SELECT COUNT(*) FROM wp_users WHERE user_login IN ('info', 'admin')`, "1")
	w.Want(`SELECT COUNT(*), COUNT(DISTINCT user_id) FROM enrolld_access WHERE user_id <> 7`, "5|5")
}

// TestNamesOfBuyers sells to people with names that would harm somewhere, or
// have none: all get their course, and WordPress a name without the harm.
func TestNamesOfBuyers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 300)
	names := map[string]struct{ first, last, wantFirst, wantDisplay string }{
		"serialized": {`O:8:"Evil":0:{}`, "", `s:15:"O:8:"Evil":0:{}";`, `O:8:"Evil":0:{}`},
		"crlf":       {"Ann\r\nBcc: all@example.org", "Lee", "Ann Bcc: all@example.org", "Ann Bcc: all@example.org Lee"},
		"tags":       {"<script>alert(1)</script>Ann", "& Sons", "Ann", "Ann &amp; Sons"},
		"long":       {long, "Lee", strings.Repeat("ä", 125), ""},
		"emoji":      {"Ann 🎨", "Lee", "Ann 🎨", "Ann 🎨 Lee"},
		"empty":      {"", "", "", "empty"},
		"bytes":      {"Ann\xff", "Lee", "Ann", "Ann Lee"},
	}
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	for name, tt := range names {
		w.Put(name, pt.Named(pt.Buy(name, name+"@example.org", "paint"), tt.first, tt.last))
	}
	w.Work()
	for name, tt := range names {
		user := `(SELECT ID FROM wp_users WHERE user_email = '` + name + `@example.org')`
		w.Want(`SELECT state, note FROM enrolld_deliveries WHERE body = '`+name+`'`, "done|")
		w.Want(`SELECT course_id FROM enrolld_access WHERE user_id = `+user, "12")
		w.Want(`SELECT meta_value FROM wp_usermeta WHERE meta_key = 'first_name' AND user_id = `+user, tt.wantFirst)
		if tt.wantDisplay != "" {
			w.Want(`SELECT display_name FROM wp_users WHERE user_email = '`+name+`@example.org'`, tt.wantDisplay)
		}
		w.Want(`SELECT kind FROM enrolld_messages WHERE recipient = '`+name+`@example.org'`, "welcome")
	}
}

// TestAddressThatWordPressCannotHold keeps the sale, says what is wrong, and
// holds up nobody else; its refund ends the waiting.
func TestAddressThatWordPressCannotHold(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	const problem = "WordPress cannot hold this address: before the @ stand only ASCII letters, " +
		"digits and !#$%&'*+/=?^_`{|}~.-"
	w.Put("jörg", pt.Buy("1", "jörg@example.org", "paint"))
	w.Put("long", pt.Buy("2", strings.Repeat("a", 60)+"@"+strings.Repeat("b", 50)+".example", "paint"))
	w.Put("sound", pt.Buy("3", "ann@example.org", "paint"))
	w.Work()
	w.Want(`SELECT body, state, note FROM enrolld_deliveries ORDER BY id`,
		"jörg|parked|no WordPress user: "+problem,
		"long|parked|no WordPress user: WordPress holds addresses of 6 to 100 characters; this one has 119", "sound|done|")
	w.Want(`SELECT problem FROM enrolld_customers WHERE email = 'jörg@example.org'`, problem)
	w.Want(`SELECT g.state FROM enrolld_grants g
		JOIN enrolld_customers c ON c.id = g.customer_id AND c.email = 'jörg@example.org'`,
		"live")
	w.Want(pt.Access, "ann@example.org|12|no end")

	// Once WordPress can hold it, whatever comes next gives everything.
	w.Exec(`UPDATE enrolld_customers SET email = 'joerg@example.org', email_key = 'joerg@example.org', due_at = ?
		WHERE email = 'jörg@example.org'`, pt.Start)
	w.Pass(time.Minute)
	w.Want(pt.Access, "ann@example.org|12|no end", "joerg@example.org|12|no end")
	w.Want(`SELECT body, state, note FROM enrolld_deliveries WHERE body = 'jörg'`, "jörg|done|")
	w.Want(`SELECT kind FROM enrolld_messages WHERE recipient = 'joerg@example.org'`, "welcome")

	w.Receive("refund", pt.Refund("2", day))
	w.Want(`SELECT body, state, note FROM enrolld_deliveries WHERE body IN ('long', 'refund') ORDER BY id`,
		"long|done|", "refund|done|")
	w.Want(`SELECT COUNT(*) FROM enrolld_customers WHERE problem <> ''`, "0")
}

func TestAddressThatIsNone(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Put("none", pt.Buy("1", "ann at example", "paint"))
	w.Put("sound", pt.Buy("2", "ann@example.org", "paint"))
	nobody := pt.Buy("3", "", "paint")
	w.Put("nobody", nobody)
	w.Work()
	w.Want(pt.Deliveries,
		"none|parked|the buyer's address cannot be used: the email address has a character that addresses cannot have",
		"sound|done|", "nobody|done|kept until the purchase comes, which says who bought")
	w.Want(`SELECT COUNT(*), SUM(customer_id IS NULL) FROM enrolld_orders`, "3|2")
	w.Want(pt.Access, "ann@example.org|12|no end")
}

// TestTestOrders gives nothing for a test order, unless the source says so.
func TestTestOrders(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	trial := pt.Buy("1", "ann@example.org", "paint")
	trial.Test = true
	w.Receive("test", trial)
	w.Receive("real", pt.Buy("1", "bob@example.org", "paint"))
	w.Want(pt.Deliveries, "test|done|a test order: recorded, no access given", "real|done|")
	w.Want(pt.Access, "bob@example.org|12|no end")
	w.Want(pt.Grants, "ann@example.org|12|paint|ended|test", "bob@example.org|12|paint|live|paid")
	w.Source.AcceptTest = true
	w.Check(w.DB.UpdateIntegration(t.Context(), w.Source))
	w.Clock.Advance(time.Minute)
	w.Receive("test again", trial)
	w.Want(pt.Access, "ann@example.org|12|no end", "bob@example.org|12|no end")
}
