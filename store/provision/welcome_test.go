package provision_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

// TestQuietThenTold: who was imported quietly, and gets a course later, is welcomed
// with a link to set a password; the message about new courses would have them log
// in with an account of which they know nothing.
func TestQuietThenTold(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("weave", enrolld.Rule{}, 18)
	quiet := func(email string) { give(t, w, to(email, byImport, 12)) }
	quiet("ann@example.org")
	quiet("set@example.org")
	w.Exec(`UPDATE wp_users SET user_pass = '$wp$2y$10$chosen' WHERE user_email = 'set@example.org'`)
	w.Exec(`INSERT INTO wp_users (ID, user_login, user_pass, user_nicename, user_email, display_name) VALUES
		(900, 'own', '$P$Bown', 'own', 'own@example.org', 'Own')`)
	quiet("own@example.org")
	give(t, w, notified(to("told@example.org", byMaya, 12)))
	w.Exec(`DELETE FROM enrolld_messages WHERE kind = 'access'`)
	w.Want(pt.Messages, `told@example.org|welcome|["Painting"]`)

	for i, email := range []string{"ann@example.org", "set@example.org", "own@example.org", "told@example.org"} {
		w.Receive(fmt.Sprint("sale ", i), pt.Buy(fmt.Sprint(i), email, "weave"))
	}
	give(t, w, notified(to("ann@example.org", byMaya, 15)))
	w.Want(pt.Messages, `told@example.org|welcome|["Painting"]`,
		`ann@example.org|welcome|["Weaving"]`, `set@example.org|access|["Weaving"]`, `own@example.org|access|["Weaving"]`,
		`told@example.org|access|["Weaving"]`, `ann@example.org|access|["Sculpture"]`)
}

// TestLateWelcome: the link of a welcome that comes late goes to the address of the
// WordPress user: whoever changes the customer's gets into no account by it.
func TestLateWelcome(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	ann := give(t, w, to("ann@example.org", byImport, 12))[0].CustomerID
	w.Exec(`UPDATE wp_users SET user_email = 'ann@new.example'`)
	w.Exec(`UPDATE enrolld_customers SET email_key = 'eve@example.org', email = 'eve@example.org' WHERE id = ?`, ann)
	give(t, w, notified(provision.Gift{CustomerID: ann, Grants: to("", byMaya, 15).Grants}))
	w.Want(pt.Messages, `ann@new.example|welcome|["Sculpture"]`)
}

// TestSendLinks sends a link to whoever may get one, to the address of the WordPress
// user, and once for one occasion.
func TestSendLinks(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	ann := give(t, w, to("ann@example.org", byImport, 12, 15))[0].CustomerID
	boss := give(t, w, to("boss@example.org", byImport, 12))[0].CustomerID
	set := give(t, w, to("set@example.org", byImport, 12))[0].CustomerID
	none := give(t, w, back(ann, byMaya, 18), provision.Gift{Email: "none@example.org"})[1].CustomerID
	w.Exec(`UPDATE wp_users SET user_pass = '$wp$2y$10$chosen', user_email = 'set@new.example' WHERE user_email = 'set@example.org'`)
	w.Exec(`UPDATE wp_usermeta m JOIN wp_users u ON u.ID = m.user_id SET m.meta_value = 'a:1:{s:6:"editor";b:1;}'
		WHERE m.meta_key = 'wp_capabilities' AND u.user_email = 'boss@example.org'`)
	send := func(reason string, ids ...int64) []provision.Linked {
		t.Helper()
		at, err := provision.LoadPlace(t.Context(), w.DB, w.Account.ID)
		w.Check(err)
		var out []provision.Linked
		w.Check(w.DB.InTx(t.Context(), func(tx *store.Tx) (err error) {
			out, err = provision.SendLinks(t.Context(), tx, at, maya, provision.Links{CustomerIDs: ids, Reason: reason})
			return err
		}))
		return out
	}
	got := send("one", ann, boss, set, none)
	want := []provision.Linked{
		{CustomerID: ann},
		{CustomerID: boss, Refused: "the WordPress user has more than a customer's rights: WordPress itself sends such links"},
		{CustomerID: set},
		{CustomerID: none, Refused: "there is no WordPress user yet: give access to a course first"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("who gets a link (-want +got):\n%s", diff)
	}
	messages := []string{`ann@example.org|welcome|["Painting", "Sculpture"]`, `set@new.example|welcome|["Painting"]`}
	w.Want(pt.Messages, messages...)
	send("one", ann, set)
	w.Want(pt.Messages, messages...)
	send("another", ann)
	w.Want(pt.Messages, append(messages, messages[0])...)
	w.Want(`SELECT DISTINCT customer_id, actor, login_id FROM enrolld_audit WHERE action = 'customer.link_sent' ORDER BY 1`,
		fmt.Sprintf("%d|Maya Lind|7", ann), fmt.Sprintf("%d|Maya Lind|7", set))
}

// TestGive_restore puts back what was taken, as it was; an import would not give
// again what it gave before.
func TestGive_restore(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	until := pt.Start.Add(9 * day)
	gift := to("ann@example.org", byImport, 12)
	gift.Grants[0].Until = &until
	ann := give(t, w, gift)[0].CustomerID
	before := w.Rows(`SELECT state, reason, starts_at, ends_at FROM enrolld_grants`)
	give(t, w, back(ann, byImport, 12))
	w.Clock.Advance(day)
	give(t, w, provision.Gift{CustomerID: ann, Grants: gift.Grants})
	w.Want(pt.Access)
	restored := gift.Grants[0]
	restored.From = pt.Start
	give(t, w, provision.Gift{CustomerID: ann, Restore: []enrolld.Grant{restored}})
	w.Want(`SELECT state, reason, starts_at, ends_at FROM enrolld_grants`, before...)
	w.Want(`SELECT COUNT(*) FROM enrolld_messages`, "0")
	_, err := tryGive(w, provision.Gift{CustomerID: ann, Restore: []enrolld.Grant{{Course: pt.Course(12), Cause: enrolld.Cause{Kind: enrolld.CauseOrder, ID: 1}}}})
	if enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("an order's ground: got %v, want invalid", err)
	}
}
