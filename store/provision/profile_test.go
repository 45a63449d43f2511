package provision_test

import (
	"fmt"
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

func change(w *pt.World, p provision.Profile) (inWordPress bool, err error) {
	w.T.Helper()
	err = identity(w, func(tx *store.Tx, at provision.Place) (err error) {
		inWordPress, err = provision.ChangeProfile(w.T.Context(), tx, at, maya, p)
		return err
	})
	return inWordPress, err
}

const userEmails = `SELECT user_login, user_email, user_activation_key FROM wp_users ORDER BY ID`

// A new address goes to WordPress for users that we made, for others when asked
// to, and never for the team's.
func TestChangeEmail(t *testing.T) {
	t.Parallel()
	w, _, _ := paintings(t)
	w.Exec("UPDATE enrolld_accounts SET companion_at = ?", w.Clock.Now())
	at, err := provision.LoadPlace(t.Context(), w.DB, w.Account.ID)
	w.Check(err)
	setEmail := func(login, email string) {
		w.Exec("UPDATE wp_users SET user_email = ? WHERE user_login = ?", email, login)
	}
	theirs := func(string) { w.Exec("UPDATE enrolld_customers SET wp_created = FALSE") }
	for login, test := range map[string]struct {
		change func(login string)
		asked  bool
		want   provision.Standing
		moves  bool
	}{
		"ours":      {func(string) {}, false, provision.StandingOurs, true},
		"before":    {theirs, false, provision.StandingTheirs, false},
		"asked":     {theirs, true, provision.StandingTheirs, true},
		"elsewhere": {func(login string) { setEmail(login, "elsewhere@x.example") }, false, provision.StandingTheirs, false},
		"itself":    {func(login string) { setEmail(login, "new-itself@x.example") }, false, provision.StandingTheirs, false},
		"deleted":   {func(login string) { w.Exec("DELETE FROM wp_users WHERE user_login = ?", login) }, true, provision.StandingNone, false},
		"team": {func(login string) {
			w.Exec(`UPDATE wp_usermeta SET meta_value = 'a:1:{s:13:"administrator";b:1;}' WHERE meta_key = 'wp_capabilities'
				AND user_id = (SELECT ID FROM wp_users WHERE user_login = ?)`, login)
		}, true, provision.StandingTeam, false},
	} {
		w.Receive(login+" buys", pt.Buy(login, login+"@example.org", "paint"))
		w.Exec("UPDATE wp_users SET user_activation_key = 'key' WHERE user_login = ?", login)
		test.change(login)
		w.Exec("DELETE FROM enrolld_signals")
		was := w.Rows(userEmails)
		c := customer(w, login+"@example.org")
		if got, err := provision.StandingOf(t.Context(), w.DB.Conn(), at, c); got != test.want || err != nil {
			t.Errorf("%s: standing %q, %v, want %q", login, got, err, test.want)
		}
		moved, err := change(w, provision.Profile{CustomerID: c.ID, Email: "New-" + login + "@x.example", First: "Anna", InWordPress: test.asked})
		w.Check(err)
		if moved != test.moves {
			t.Errorf("%s: changed in WordPress: %t, want %t", login, moved, test.moves)
		}
		if test.moves {
			w.Want(`SELECT user_email, user_activation_key FROM wp_users WHERE user_login = '`+login+`'`, "New-"+login+"@x.example|")
			w.Want(`SELECT kind, user_id FROM enrolld_signals`, fmt.Sprint("purge|", c.WPUserID))
		} else {
			w.Want(userEmails, was...)
			w.Want(`SELECT kind FROM enrolld_signals WHERE kind = 'purge'`)
		}
		w.Want(`SELECT email, first_name FROM enrolld_customers WHERE id = `+id(c), "New-"+login+"@x.example|Anna")
		w.Exec("UPDATE enrolld_customers SET wp_created = TRUE")
	}
}

// What comes late by the old address, and what comes by the new one, is one
// customer's and one user's.
func TestChangeEmailDeliveries(t *testing.T) {
	t.Parallel()
	w, ann, _ := paintings(t)
	w.Exec("INSERT INTO wp_users (user_login, user_email) VALUES ('old', 'taken@example.org')")
	for name, test := range map[string]struct {
		profile provision.Profile
		want    enrolld.Code
	}{
		"another customer's": {provision.Profile{CustomerID: ann.ID, Email: "bob@example.org"}, enrolld.Conflict},
		"another user's":     {provision.Profile{CustomerID: ann.ID, Email: "Taken@example.org"}, enrolld.Conflict},
		"none":               {provision.Profile{CustomerID: ann.ID, Email: "ann"}, enrolld.Invalid},
		"WordPress cannot":   {provision.Profile{CustomerID: ann.ID, Email: "änn@example.org"}, enrolld.Invalid},
		"stale":              {provision.Profile{CustomerID: ann.ID, Email: "x@example.org", Revision: 77}, enrolld.Conflict},
		"nobody":             {provision.Profile{CustomerID: 77, Email: "x@example.org"}, enrolld.NotFound},
	} {
		_, err := change(w, test.profile)
		wantCode(t, name, err, test.want)
	}
	_, err := change(w, provision.Profile{CustomerID: ann.ID, Email: "anna@new.example", First: "Anna", Revision: customer(w, "ann@example.org").Revision})
	w.Check(err)
	w.Receive("late", pt.Refund("1", time.Minute))
	w.Receive("old", pt.Buy("3", "ann@example.org", "weave"))
	w.Receive("new", pt.Buy("4", "anna@new.example", "sculpt"))
	w.Want(pt.Access, "anna@new.example|15|no end", "anna@new.example|18|no end", "bob@example.org|15|no end")
	w.Want(`SELECT COUNT(*) FROM wp_users`, "3")
	w.Want(`SELECT p.before_state, p.after_state FROM enrolld_audit a JOIN enrolld_audit_personal p ON p.id = a.personal_id
		WHERE a.action = 'customer.changed'`,
		`{"email":"ann@example.org","first_name":"Ann","last_name":"Lee"}|{"email":"anna@new.example","first_name":"Anna","last_name":"","in_wordpress":true}`)

	// Back again: the two addresses change places.
	_, err = change(w, provision.Profile{CustomerID: ann.ID, Email: "ann@example.org", First: "Ann", Last: "Lee"})
	w.Check(err)
	w.Want(`SELECT email, part_of FROM enrolld_customers WHERE id = `+id(ann)+` OR part_of <> 0 ORDER BY id`, "ann@example.org|0", "anna@new.example|"+id(ann))
	w.Want(userEmails, "ann|ann@example.org|", "bob|bob@example.org|", "old|taken@example.org|")
}

// A customer of whom WordPress could hold no address gets a user with one it can.
func TestChangeEmailMendsProblem(t *testing.T) {
	t.Parallel()
	w, _, _ := paintings(t)
	w.Receive("jörg buys", pt.Buy("9", "jörg@example.org", "paint"))
	joerg := customer(w, "jörg@example.org")
	if joerg.Problem == "" {
		t.Fatal("WordPress holds the address")
	}
	_, err := change(w, provision.Profile{CustomerID: joerg.ID, Email: "joerg@example.org"})
	w.Check(err)
	w.Want(`SELECT email, problem, wp_user_id IS NOT NULL FROM enrolld_customers WHERE id = `+id(joerg), "joerg@example.org||1")
	w.Want(mailsOut, "joerg@example.org|welcome")
}

// Mail that waits goes to where the customer is to be reached now: the address was
// mistyped, perhaps, and is nobody's or somebody else's.
func TestChangeEmailRedirectsMail(t *testing.T) {
	t.Parallel()
	w, _, _ := paintings(t)
	w.Receive("cleo buys", pt.Buy("7", "cloe@example.org", "weave"))
	w.Receive("cleo buys more", pt.Buy("8", "cloe@example.org", "paint"))
	w.Receive("dan buys", pt.Buy("9", "dan@example.org", "paint"))
	w.Receive("eve buys", pt.Buy("10", "eve@example.org", "paint"))
	w.Want(mailsOut, "cloe@example.org|welcome", "cloe@example.org|access", "dan@example.org|welcome", "eve@example.org|welcome")
	w.Exec(`UPDATE enrolld_messages SET state = 'sent' WHERE kind = 'access'`)
	w.Exec(`UPDATE enrolld_messages SET lease = REPEAT('x', 16) WHERE recipient = 'dan@example.org'`) // on its way
	w.Exec(`UPDATE enrolld_messages SET data = '{"link_user": 3}' WHERE recipient = 'eve@example.org'`)
	w.Exec(`UPDATE enrolld_customers SET wp_created = FALSE WHERE email = 'eve@example.org'`)
	w.Exec(`INSERT INTO enrolld_messages (account_id, customer_id, kind, cause, recipient, recipient_name, data, state, due_at, created_at)
		SELECT account_id, customer_id, 'note', 'a note', recipient, '', '{}', 'queued', due_at, created_at FROM enrolld_messages
		WHERE recipient = 'cloe@example.org' AND kind = 'welcome'`) // of another kind: for whoever reads it there
	for _, who := range []string{"cloe", "dan", "eve"} {
		_, err := change(w, provision.Profile{CustomerID: customer(w, who+"@example.org").ID, Email: who + "@new.example"})
		w.Check(err)
	}
	w.Want(`SELECT recipient, kind, state FROM enrolld_messages
		WHERE kind IN ('welcome', 'access', 'note') AND recipient NOT REGEXP '^(ann|bob)@' ORDER BY id`,
		"cloe@new.example|welcome|queued", "cloe@example.org|access|sent", "dan@example.org|welcome|queued", "eve@example.org|welcome|queued",
		"cloe@example.org|note|queued")
	eve := customer(w, "eve@new.example")
	_, err := change(w, provision.Profile{CustomerID: eve.ID, Email: "eve@example.org"})
	w.Check(err)
	_, err = change(w, provision.Profile{CustomerID: eve.ID, Email: "eve@other.example", InWordPress: true})
	w.Check(err)
	w.Want(`SELECT recipient FROM enrolld_messages WHERE kind = 'welcome' AND customer_id = `+id(eve), "eve@other.example")
}
