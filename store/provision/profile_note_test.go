package provision_test

import (
	"testing"

	"enrolld"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

const notes = `SELECT recipient, JSON_VALUE(data, '$.new_address') FROM enrolld_messages WHERE kind = 'email_changed' ORDER BY id`

// TestChangeEmailNote: the address of before hears of a change, once, and not the new
// one in full; who is shut out, or knows of no account, hears nothing.
func TestChangeEmailNote(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		quiet  bool
		before string // SQL
		told   bool
	}{
		"bought":                     {told: true},
		"blocked":                    {before: `UPDATE enrolld_customers SET blocked_at = NOW()`},
		"removed":                    {before: `UPDATE enrolld_customers SET removed_at = NOW(), gone = TRUE`},
		"quietly imported":           {quiet: true},
		"quiet, then set a password": {quiet: true, before: `UPDATE wp_users SET user_pass = '$wp$2y$10$chosen'`, told: true},
		"quiet, there before us":     {quiet: true, before: `UPDATE enrolld_customers SET wp_created = FALSE`, told: true},
		"quiet, got a link":          {quiet: true, before: `INSERT INTO enrolld_messages (account_id, customer_id, kind, cause, recipient, data, state, due_at, created_at) SELECT account_id, id, 'welcome', 'link', email, '{}', 'sent', NOW(), NOW() FROM enrolld_customers`, told: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := pt.New(t)
			if test.quiet {
				give(t, w, to("ann@example.org", byImport, 12))
			} else {
				w.Map("paint", enrolld.Rule{}, 15)
				w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
			}
			if test.before != "" {
				w.Exec(test.before)
			}
			ann := customer(w, "ann@example.org")
			save := func(email, first string) {
				_, err := change(w, provision.Profile{CustomerID: ann.ID, Email: email, First: first})
				w.Check(err)
			}
			save("ann@example.org", "Anna")
			save("Ann@Example.org", "Anna")
			w.Want(notes)
			save("zoe@secret.example", "Anna")
			if !test.told {
				w.Want(notes)
				return
			}
			save("zoe@secret.example", "Zoe")
			save("yan@third.example", "Zoe")
			w.Want(notes, "Ann@Example.org|z•••@s•••.example", "zoe@secret.example|y•••@t•••.example")
			w.Want(`SELECT COUNT(*) FROM enrolld_messages WHERE kind = 'email_changed' AND data LIKE '%third.example%'`, "0")
		})
	}
}
