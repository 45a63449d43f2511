package outbox_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store/outbox"
	pt "enrolld/store/provision/provisiontest"
	"enrolld/store/wordpress"
)

// admin is where mail to the team comes from and leads to.
var admin = outbox.Options{BaseURL: "https://admin.example/", From: "enrolld@admin.example"}

// claim takes what is due from the mail queue.
func claim(w *pt.World) []*enrolld.Message {
	w.T.Helper()
	list, _, err := outbox.NewMessages(w.DB, admin).Claim(w.T.Context(), 100, enrolld.RankMany, nil)
	w.Check(err)
	return list
}

// finish reports one attempt with each message.
func finish(w *pt.World, list []*enrolld.Message, state enrolld.SendState, after time.Duration) {
	w.T.Helper()
	var results []enrolld.SendResult
	for _, m := range list {
		results = append(results, enrolld.SendResult{
			Message: m, State: state, Response: "250 so", RetryAt: w.Clock.Now().Add(after),
		})
	}
	w.Check(outbox.NewMessages(w.DB, admin).Finish(w.T.Context(), results))
}

func newWorld(t *testing.T) *pt.World {
	t.Helper()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Map("sculpt", enrolld.Rule{}, 15)
	return w
}

// TestWelcomeCarriesOneLinkThroughAllAttempts claims a message three times: it
// has one link, which WordPress accepts for LinkDays from the last attempt on.
func TestWelcomeCarriesOneLinkThroughAllAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Receive("sale", pt.Buy("77", "Ann.Lee@example.org", "paint"))
	var links []string
	for range 3 {
		list := claim(w)
		if len(list) != 1 || list[0].Attempts != len(links) {
			t.Fatalf("claim %d: got %d messages, want one with its attempts counted", len(links)+1, len(list))
		}
		m := list[0]
		links = append(links, m.Data.SetPasswordURL)
		if want := w.Clock.Now().Add(7 * day); !m.Data.LinkValidUntil.Equal(want) {
			t.Errorf("the link is valid until %v, want %v", m.Data.LinkValidUntil, want)
		}
		stored := w.Rows(`SELECT user_activation_key FROM wp_users`)[0]
		key := strings.TrimPrefix(links[0], "https://school.example/wp/wp-login.php?login=Ann.Lee&key=")
		key = strings.TrimSuffix(key, "&action=rp")
		for at, want := range map[time.Duration]error{0: nil, 7*day - time.Second: nil, 7 * day: wordpress.ErrKeyExpired} {
			if got := wordpress.VerifyResetKey(stored, key, w.Clock.Now().Add(at)); !errors.Is(got, want) {
				t.Errorf("WordPress would say %v of the key after %v, want %v", got, at, want)
			}
		}
		if strings.Contains(stored, key) || strings.Contains(w.Rows(`SELECT data FROM enrolld_messages`)[0], key) {
			t.Error("the key itself is stored")
		}
		finish(w, list, enrolld.SendRetry, time.Hour)
		if again := claim(w); len(again) != 0 {
			t.Errorf("claimed %d messages before they were due", len(again))
		}
		w.Pass(day)
	}
	if links[0] != links[1] || links[1] != links[2] {
		t.Errorf("the links differ: %q", links)
	}
	finish(w, claim(w), enrolld.SendSent, 0)
	w.Want(`SELECT state, attempts, response, sent_at IS NOT NULL FROM enrolld_messages`, "sent|4|250 so|1")
	w.Pass(day)
	if again := claim(w); len(again) != 0 {
		t.Errorf("claimed %d messages after they were sent", len(again))
	}
}

func TestOnlyTheWelcomeOfOurUserHasALink(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before, between string // before the sale, and between the sale and the mail
		kind            enrolld.MessageKind
		link            bool
	}{
		"a user of ours": {"", "", enrolld.MessageWelcome, true},
		"known to WordPress": {
			`INSERT INTO wp_users (ID, user_login, user_email) VALUES (5, 'ann', 'ann@example.org')`, "",
			enrolld.MessageAccess, false,
		},
		"deleted since": {"", `DELETE FROM wp_users`, enrolld.MessageWelcome, false},
		// The customer has another WordPress user by now, who has a password.
		"replaced since": {
			"", `UPDATE wp_users u, enrolld_customers c SET u.ID = 9, user_activation_key = 'theirs', wp_user_id = 9`,
			enrolld.MessageWelcome, false,
		},
		// The mail goes to where the customer was to be reached, a typing error perhaps:
		// whoever reads it there must not get in.
		"of another address since":    {"", `UPDATE wp_users SET user_email = 'anna@example.org'`, enrolld.MessageWelcome, false},
		"an address in other letters": {"", `UPDATE wp_users SET user_email = 'ANN@example.org'`, enrolld.MessageWelcome, true},
		"of the team since": {
			"", `UPDATE wp_usermeta SET meta_value = 'a:1:{s:6:"editor";b:1;}' WHERE meta_key = 'wp_capabilities'`, enrolld.MessageWelcome, false,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if tt.before != "" {
				w.Exec(tt.before)
			}
			w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
			if tt.between != "" {
				w.Exec(tt.between)
			}
			list := claim(w)
			if len(list) != 1 || list[0].Kind != tt.kind || (list[0].Data.SetPasswordURL != "") != tt.link {
				t.Fatalf("got %+v, want one %s message, with a link: %t", list, tt.kind, tt.link)
			}
			if list[0].Data.LoginURL != "https://school.example/wp/wp-login.php" {
				t.Errorf("log in at %s", list[0].Data.LoginURL)
			}
			if !tt.link && tt.before == "" {
				w.Want(`SELECT user_activation_key FROM wp_users WHERE user_activation_key NOT IN ('', 'theirs')`)
			}
			if name == "replaced since" {
				w.Want(`SELECT user_activation_key FROM wp_users`, "theirs")
			}
		})
	}
}

func TestSender(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, tt := range []struct{ set, name, address string }{
		{"SET site_url = ''", "Tom & Jerry's School", "owner@school.example"},
		{"SET from_name = 'The Team'", "The Team", "owner@school.example"},
		{"SET from_address = 'team@school.example'", "The Team", "team@school.example"},
		{"SET site_url = 'https://login.example/'", "The Team", "team@school.example"},
	} {
		w.Exec(`UPDATE enrolld_accounts ` + tt.set)
		w.Clock.Advance(10 * time.Second)
		w.Receive(tt.set, pt.Buy(tt.set, fmt.Sprintf("buyer%d@example.org", i), "paint"))
		list := claim(w)
		if len(list) != 1 {
			t.Fatalf("%s: got %d messages, want one", tt.set, len(list))
		}
		got := []string{list[0].FromName, list[0].FromAddress}
		if diff := cmp.Diff([]string{tt.name, tt.address}, got); diff != "" {
			t.Errorf("%s: sender (-want +got):\n%s", tt.set, diff)
		}
		link := list[0].Data.SetPasswordURL
		if strings.Contains(tt.set, "login.example") && !strings.HasPrefix(link, "https://login.example/wp-login.php?") {
			t.Errorf("the link does not lead to the address that the account names: %s", link)
		}
	}
}

// TestSiteThatCannotBeReadKeepsOnlyItsOwnMail has one account's tables away: its
// mail waits by the schedule and dies at its end, the other's goes out.
func TestSiteThatCannotBeReadKeepsOnlyItsOwnMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(`CREATE TABLE other_users LIKE wp_users`)
	w.Exec(`CREATE TABLE other_usermeta LIKE wp_usermeta`)
	site := w.Site
	site.UsersTable, site.UserMetaTable = "other_users", "other_usermeta"
	other, source := w.AddAccount("Second Academy", site)
	w.MapIn(other, "paint", enrolld.Rule{}, 12)
	w.PutFrom(source, "other", pt.Buy("1", "bob@example.org", "paint"))
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	w.Exec(`DROP TABLE other_users`)
	list := claim(w)
	if len(list) != 1 || list[0].To != "ann@example.org" {
		t.Fatalf("got %d messages, want Ann's", len(list))
	}
	finish(w, list, enrolld.SendSent, 0)
	w.Want(`SELECT recipient, state, attempts, response LIKE 'there is no table %' FROM enrolld_messages ORDER BY 1`,
		"ann@example.org|sent|1|0", "bob@example.org|queued|1|1")
	queue := outbox.NewMessages(w.DB, admin)
	for range 5 * 24 {
		w.Clock.Advance(time.Hour)
		if list, _, err := queue.Claim(t.Context(), 100, enrolld.RankMany, nil); len(list) > 0 {
			t.Fatalf("got %d messages, %v, want none", len(list), err)
		}
	}
	w.Want(`SELECT recipient, state FROM enrolld_messages ORDER BY 1`, "ann@example.org|sent", "bob@example.org|dead")
}

// TestMessageThatCannotBeCompletedKeepsNobodyElse has one user whom WordPress's
// table refuses to change: that message waits and dies at the end of its
// schedule, the account's others go out.
func TestMessageThatCannotBeCompletedKeepsNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"ann", "bob", "cid"} {
		w.Receive(name, pt.Buy(name, name+"@example.org", "paint"))
	}
	w.Exec(`CREATE TRIGGER refuse BEFORE UPDATE ON wp_users FOR EACH ROW
		IF NEW.user_email = 'bob@example.org' THEN SIGNAL SQLSTATE '45000'; END IF`)
	list := claim(w)
	if len(list) != 2 || list[0].To != "ann@example.org" || list[1].To != "cid@example.org" {
		t.Fatalf("got %d messages, want Ann's and Cid's", len(list))
	}
	for _, m := range list {
		if m.Data.SetPasswordURL == "" || m.FromAddress == "" {
			t.Errorf("the message to %s is not complete", m.To)
		}
	}
	finish(w, list, enrolld.SendSent, 0)
	const query = `SELECT recipient, state, attempts FROM enrolld_messages ORDER BY 1`
	w.Want(query, "ann@example.org|sent|1", "bob@example.org|queued|1", "cid@example.org|sent|1")
	for range 5 * 24 {
		w.Clock.Advance(time.Hour)
		if list, _, err := outbox.NewMessages(w.DB, admin).Claim(t.Context(), 100, enrolld.RankMany, nil); len(list) > 0 {
			t.Fatalf("got %d messages, %v, want none", len(list), err)
		}
	}
	w.Want(`SELECT state FROM enrolld_messages ORDER BY recipient`, "sent", "dead", "sent")
}

// TestClaimPurgesTheObjectCache queues a signal, for the key is in WordPress's
// table but perhaps not in its cache.
func TestClaimPurgesTheObjectCache(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	claim(w)
	w.Want(`SELECT COUNT(*) FROM enrolld_signals`, "0")
	w.Check(w.DB.SetCompanion(t.Context(), w.Account.ID, "key of the companion"))
	w.Pass(day)
	claim(w)
	w.Want(`SELECT kind, user_id = (SELECT ID FROM wp_users) FROM enrolld_signals`, "purge|1")
}
