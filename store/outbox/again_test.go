package outbox_test

import (
	"fmt"
	"strings"
	"testing"

	"enrolld"
	"enrolld/store"
	"enrolld/store/outbox"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
	"enrolld/store/wordpress"
)

var maya = enrolld.Actor{LoginID: 7, Name: "Maya Lind"}

// wantLink expects one message with a link that WordPress accepts.
func wantLink(w *pt.World, to string) {
	w.T.Helper()
	list := claim(w)
	if len(list) != 1 || list[0].To != to {
		w.T.Fatalf("claimed %d messages (%+v), want one to %s", len(list), list, to)
	}
	_, key, _ := strings.Cut(list[0].Data.SetPasswordURL, "&key=")
	key, _, _ = strings.Cut(key, "&")
	stored := w.Rows(`SELECT user_activation_key FROM wp_users`)[0]
	if err := wordpress.VerifyResetKey(stored, key, w.Clock.Now()); err != nil {
		w.T.Errorf("WordPress says of the link: %v", err)
	}
	finish(w, list, enrolld.SendSent, 0)
}

// TestSendAgain sends a welcome twice: the second has a fresh link, and goes to
// where the WordPress user is reached.
func TestSendAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Receive("sale", pt.Buy("77", "ann@example.org", "paint"))
	again := func() error { return outbox.SendAgain(t.Context(), w.DB, maya, w.Account.ID, 1, 1) }
	if err := again(); enrolld.CodeOf(err) != enrolld.Conflict {
		t.Errorf("while it waits: got %v, want conflict", err)
	}
	wantLink(w, "ann@example.org")
	w.Exec(`UPDATE wp_users SET user_email = 'ann@new.example'`)
	for n := range 2 {
		w.Check(again())
		if err := again(); enrolld.CodeOf(err) != enrolld.Conflict {
			t.Errorf("while number %d waits: got %v, want conflict", n, err)
		}
		wantLink(w, "ann@new.example")
	}
	w.Want(`SELECT cause FROM enrolld_messages WHERE id > 1 ORDER BY id`, "resend:1:1", "resend:1:2")
	w.Want(`SELECT a.customer_id, a.login_id, p.after_state FROM enrolld_audit a JOIN enrolld_audit_personal p ON p.id = a.personal_id
		WHERE a.action = 'message.resent' ORDER BY a.id`,
		`1|7|{"kind":"welcome","message":1}`, `1|7|{"kind":"welcome","message":1}`)

	// Who gets more rights after it was queued gets no link with it.
	w.Check(again())
	w.Exec(`UPDATE wp_usermeta SET meta_value = 'a:1:{s:6:"editor";b:1;}' WHERE meta_key = 'wp_capabilities'`)
	list := claim(w)
	if len(list) != 1 || list[0].Data.SetPasswordURL != "" {
		t.Errorf("claimed %+v, want one message without a link", list)
	}
	finish(w, list, enrolld.SendSent, 0)
	if err := again(); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("to an editor: got %v, want invalid", err)
	}
	for what, set := range map[string]string{"blocked": "blocked_at = NOW()", "removed": "removed_at = NOW(), gone = TRUE", "erased": "erased_at = NOW()"} {
		w.Exec(`UPDATE enrolld_customers SET ` + set)
		if err := again(); enrolld.CodeOf(err) != enrolld.Conflict {
			t.Errorf("to somebody who was %s: got %v, want conflict", what, err)
		}
		if err := w.DB.InTx(t.Context(), func(tx *store.Tx) error {
			at, err := provision.LoadPlace(t.Context(), w.DB, w.Account.ID)
			if err != nil {
				return err
			}
			list, err := provision.SendLinks(t.Context(), tx, at, maya, provision.Links{CustomerIDs: []int64{1}, Reason: what})
			if err == nil && (len(list) != 1 || !strings.Contains(list[0].Refused, what)) {
				t.Errorf("a link to somebody who was %s: %+v, want it refused", what, list)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
		w.Exec(`UPDATE enrolld_customers SET blocked_at = NULL, removed_at = NULL, gone = FALSE, erased_at = NULL`)
	}
	w.Exec(`UPDATE enrolld_messages SET kind = 'email_changed' WHERE id = 1`)
	if err := again(); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("a note to the address of before: got %v, want invalid", err)
	}
	w.Exec(`UPDATE enrolld_messages SET kind = 'welcome' WHERE id = 1`)
	w.Exec(`DELETE FROM wp_users`)
	if err := again(); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("to nobody: got %v, want invalid", err)
	}
	other, _ := w.AddAccount("Other", w.Site)
	if err := outbox.SendAgain(t.Context(), w.DB, maya, other.ID, 1, 1); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("another account's: got %v, want not found", err)
	}
}

// TestLinksAreValid: what somebody has sent has a link that WordPress accepts, for
// a user who was there before, too.
func TestLinksAreValid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(`INSERT INTO wp_users (ID, user_login, user_email) VALUES (5, 'ann', 'ann@example.org')`)
	w.Receive("sale", pt.Buy("77", "ann@example.org", "paint"))
	finish(w, claim(w), enrolld.SendSent, 0)
	at, err := provision.LoadPlace(t.Context(), w.DB, w.Account.ID)
	w.Check(err)
	w.Check(w.DB.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := provision.SendLinks(t.Context(), tx, at, maya, provision.Links{CustomerIDs: []int64{1}, Reason: fmt.Sprint(1)})
		return err
	}))
	wantLink(w, "ann@example.org")
}
