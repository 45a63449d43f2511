package provision_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

// identity runs f in a transaction of its own.
func identity(w *pt.World, f func(*store.Tx, provision.Place) error) error {
	w.T.Helper()
	at, err := provision.LoadPlace(w.T.Context(), w.DB, w.Account.ID)
	w.Check(err)
	return w.DB.InTx(w.T.Context(), func(tx *store.Tx) error { return f(tx, at) })
}

func merge(w *pt.World, kept, gone int64) (m store.Merge, err error) {
	w.T.Helper()
	err = identity(w, func(tx *store.Tx, at provision.Place) (err error) {
		m, err = provision.Merge(w.T.Context(), tx, at, maya, provision.Pair{KeptID: kept, GoneID: gone})
		return err
	})
	return m, err
}

func unmerge(w *pt.World, m store.Merge) error {
	w.T.Helper()
	return identity(w, func(tx *store.Tx, at provision.Place) error {
		_, err := provision.Unmerge(w.T.Context(), tx, at, maya, m.KeptID, m.ID)
		return err
	})
}

func addAddress(w *pt.World, customer int64, email string) error {
	w.T.Helper()
	return identity(w, func(tx *store.Tx, at provision.Place) error {
		return provision.AddAddress(w.T.Context(), tx, at.Account.ID, maya, customer, email)
	})
}

func customer(w *pt.World, email string) enrolld.Customer {
	w.T.Helper()
	c, err := w.DB.CustomerByKey(w.T.Context(), w.Account.ID, enrolld.EmailKey(email))
	w.Check(err)
	return c
}

func wantCode(t *testing.T, what string, err error, want enrolld.Code) {
	t.Helper()
	if got := enrolld.CodeOf(err); got != want {
		t.Errorf("%s: got %q (%v), want %q", what, got, err, want)
	}
}

// paintings is a world with ann, who paints, and bob, who sculpts.
func paintings(t *testing.T) (w *pt.World, ann, bob enrolld.Customer) {
	t.Helper()
	w = pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Map("sculpt", enrolld.Rule{}, 15)
	w.Map("weave", enrolld.Rule{}, 18)
	w.Receive("ann buys", pt.Buy("1", "ann@example.org", "paint"))
	w.Receive("bob buys", pt.Buy("2", "bob@example.org", "sculpt"))
	w.Exec("UPDATE enrolld_messages SET state = 'sent'")
	return w, customer(w, "ann@example.org"), customer(w, "bob@example.org")
}

const (
	live     = `SELECT email FROM enrolld_customers WHERE part_of = 0 ORDER BY email`
	mailsOut = `SELECT recipient, kind FROM enrolld_messages WHERE state = 'queued' ORDER BY id`
)

func TestFurtherAddress(t *testing.T) {
	t.Parallel()
	w, ann, bob := paintings(t)
	w.Check(addAddress(w, ann.ID, "Lee@Work.example"))
	wantCode(t, "the same again", addAddress(w, ann.ID, "lee@work.example"), enrolld.Conflict)
	wantCode(t, "their own", addAddress(w, ann.ID, "ann@example.org"), enrolld.Conflict)
	wantCode(t, "for somebody else", addAddress(w, bob.ID, "lee@work.example"), enrolld.Conflict)
	wantCode(t, "somebody else's", addAddress(w, ann.ID, "bob@example.org"), enrolld.Conflict)

	// Both addresses in one batch, and by hand, and in one list.
	w.Put("by the further one", pt.Buy("3", "lee@work.example", "sculpt"))
	w.Put("by the main one", pt.Buy("4", "ann@example.org", "paint"))
	w.Work()
	given := give(t, w, to("LEE@work.example", byMaya, 18), to("ann@example.org", byImport, 18))
	if given[0].CustomerID != ann.ID || given[1].CustomerID != ann.ID || given[0].New {
		t.Errorf("given %+v, want both to customer %d", given, ann.ID)
	}
	w.Want(live, "ann@example.org", "bob@example.org")
	w.Want(pt.Access, "ann@example.org|12|no end", "ann@example.org|15|no end", "ann@example.org|18|no end", "bob@example.org|15|no end")
	w.Want(`SELECT COUNT(*) FROM wp_users`, "2")

	addresses, err := w.DB.AddressesOf(t.Context(), w.Account.ID, ann.ID)
	w.Check(err)
	remove := func() error {
		return identity(w, func(tx *store.Tx, at provision.Place) error {
			return provision.RemoveAddress(t.Context(), tx, at.Account.ID, maya, ann.ID, addresses[0].ID)
		})
	}
	wantCode(t, "an address that orders came by is removed", remove(), enrolld.Conflict)
	w.Check(addAddress(w, ann.ID, "spare@example.org"))
	addresses, err = w.DB.AddressesOf(t.Context(), w.Account.ID, ann.ID)
	w.Check(err)
	addresses = addresses[1:]
	w.Check(remove())
	wantCode(t, "removed twice", remove(), enrolld.NotFound)
	w.Receive("by the removed one", pt.Buy("5", "spare@example.org", "paint"))
	w.Want(live, "ann@example.org", "bob@example.org", "spare@example.org")
	w.Want(`SELECT a.action, JSON_VALUE(COALESCE(p.after_state, p.before_state), '$.address') FROM enrolld_audit a
		JOIN enrolld_audit_personal p ON p.id = a.personal_id WHERE a.action LIKE 'customer.%' ORDER BY a.id`,
		"customer.address_added|Lee@Work.example", "customer.address_added|spare@example.org", "customer.address_removed|spare@example.org")
}

// A purchase by a further address names somebody who has no name.
func TestFurtherAddressNames(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Check(identity(w, func(tx *store.Tx, at provision.Place) error {
		g := provision.Gift{Email: "ann@example.org", Grants: []enrolld.Grant{{Course: pt.Course(12), Cause: byMaya}}}
		_, err := provision.Give(t.Context(), tx, at, maya, []provision.Gift{g})
		return err
	}))
	ann := customer(w, "ann@example.org")
	w.Check(addAddress(w, ann.ID, "lee@work.example"))
	w.Receive("named", pt.Buy("1", "lee@work.example", "paint"))
	page, err := w.DB.CustomerPage(t.Context(), w.Account.ID, store.AllProducts(), store.CustomerFilter{Words: "ann lee work", Limit: 5})
	w.Check(err)
	if len(page.Rows) != 1 || page.Rows[0].First != "Ann" || page.Rows[0].ID != ann.ID {
		t.Errorf("found %+v, want Ann Lee alone", page.Rows)
	}
}

// The link in a mail of before the merge still ends mail, and nobody gets it again by
// the undoing.
func TestMergedUnsubscribes(t *testing.T) {
	t.Parallel()
	w, ann, bob := paintings(t)
	m, err := merge(w, ann.ID, bob.ID)
	w.Check(err)
	link := store.Subscription{AccountID: w.Account.ID, CustomerID: bob.ID, Kind: enrolld.MessageExpiring}
	w.Check(w.DB.Unsubscribe(t.Context(), link, enrolld.Actor{}, true))
	const ended = `SELECT customer_id, kind FROM enrolld_mail_optouts ORDER BY 1`
	w.Want(ended, id(ann)+"|expiring")
	w.Want(`SELECT customer_id FROM enrolld_audit WHERE action = 'customer.unsubscribed'`, id(ann))
	if got, err := w.DB.OptOuts(t.Context(), w.Account.ID, bob.ID); err != nil || len(got) != 1 || got[0] != enrolld.MessageExpiring {
		t.Errorf("the page of the link shows %v, %v, want reminders ended", got, err)
	}
	w.Check(unmerge(w, m))
	w.Want(ended, id(ann)+"|expiring", id(bob)+"|expiring")
	link.CustomerID = 4711
	wantCode(t, "of nobody", w.DB.Unsubscribe(t.Context(), link, enrolld.Actor{}, true), enrolld.NotFound)
}

func TestMerge(t *testing.T) {
	t.Parallel()
	w, ann, bob := paintings(t)
	w.Check(addAddress(w, bob.ID, "bob@work.example"))
	_, err := merge(w, ann.ID, ann.ID)
	wantCode(t, "with oneself", err, enrolld.Invalid)
	w.Exec(`INSERT INTO enrolld_mail_optouts (account_id, customer_id, kind, at) VALUES (?, ?, 'news', NOW())`, w.Account.ID, bob.ID)
	for _, c := range []enrolld.Customer{ann, bob} { // Maya is on the site as both
		w.Check(identity(w, func(tx *store.Tx, at provision.Place) error {
			_, _, err := tx.AddEntry(t.Context(), store.NewEntry{AccountID: at.Account.ID, CustomerID: c.ID, LoginID: 7, UserID: c.WPUserID})
			return err
		}))
	}
	m, err := merge(w, ann.ID, bob.ID)
	w.Check(err)

	w.Want(`SELECT customer_id FROM enrolld_entries WHERE ended_at IS NULL`, id(ann))
	w.Want(`SELECT customer_id, kind FROM enrolld_mail_optouts ORDER BY 1`, id(ann)+"|news", id(bob)+"|news")
	w.Want(live, "ann@example.org")
	w.Want(pt.Access, "ann@example.org|12|no end", "ann@example.org|15|no end")
	w.Want(`SELECT COUNT(*) FROM wp_users`, "2")
	w.Want(`SELECT customer_id, COUNT(*) FROM enrolld_orders GROUP BY 1`, fmt.Sprintf("%d|2", ann.ID))
	w.Want(mailsOut)
	for _, email := range []string{"bob@example.org", "bob@work.example"} {
		if got := customer(w, email).ID; got != ann.ID {
			t.Errorf("%s leads to %d, want %d", email, got, ann.ID)
		}
	}
	_, err = w.DB.Customer(t.Context(), w.Account.ID, bob.ID, store.AllProducts())
	wantCode(t, "who was merged, by id", err, enrolld.NotFound)
	into, err := w.DB.MergedInto(t.Context(), w.Account.ID, bob.ID)
	if into != ann.ID || err != nil {
		t.Errorf("merged into %d, %v, want %d", into, err, ann.ID)
	}

	// What deliveries tell later reaches ann.
	w.Receive("bob gives back", pt.Refund("2", time.Minute))
	w.Receive("bob buys more", pt.Buy("3", "bob@work.example", "weave"))
	w.Want(pt.Access, "ann@example.org|12|no end", "ann@example.org|18|no end")
	w.Want(live, "ann@example.org")
	found, err := w.DB.CustomerPage(t.Context(), w.Account.ID, store.AllProducts(), store.CustomerFilter{Words: "bob@work", Limit: 9, Count: true})
	w.Check(err)
	if len(found.Rows) != 1 || found.Rows[0].ID != ann.ID || found.Rows[0].Courses != 2 || found.Total != 1 {
		t.Errorf("found %+v, want ann with two courses", found)
	}

	w.Check(unmerge(w, m))
	w.Want(live, "ann@example.org", "bob@example.org")
	w.Want(pt.Access, "ann@example.org|12|no end", "bob@example.org|18|no end")
	w.Want(`SELECT c.email, o.number FROM enrolld_orders o JOIN enrolld_customers c ON c.id = o.customer_id ORDER BY o.number`,
		"ann@example.org|1", "bob@example.org|2", "bob@example.org|3")
	if got := customer(w, "bob@work.example").ID; got != bob.ID {
		t.Errorf("bob's further address leads to %d, want %d", got, bob.ID)
	}
	wantCode(t, "undone twice", unmerge(w, m), enrolld.NotFound)
	w.Want(`SELECT a.action, p.subject, COUNT(*) FROM enrolld_audit a JOIN enrolld_audit_personal p ON p.id = a.personal_id
		WHERE a.action LIKE 'customer.%merged' GROUP BY 1, 2 ORDER BY 1`,
		"customer.merged|bob@example.org|1", "customer.unmerged|bob@example.org|2")
	if got := check(t, w, false); len(got) != 0 {
		t.Errorf("differences: %q", got)
	}
}

// Two customers may have a course from the same hand, each until another day.
func TestMergeGrants(t *testing.T) {
	t.Parallel()
	w, ann, bob := paintings(t)
	long, short := w.Clock.Now().AddDate(0, 0, 60), w.Clock.Now().AddDate(0, 0, 30)
	until := func(email string, end time.Time) provision.Gift {
		g := to(email, byMaya, 18)
		g.Grants[0].Until = &end
		return g
	}
	give(t, w, until("ann@example.org", short), until("bob@example.org", long), to("bob@example.org", byImport, 12))
	before := w.Rows(pt.Grants)
	access := w.Rows(pt.Access)
	m, err := merge(w, ann.ID, bob.ID)
	w.Check(err)
	w.Want(pt.Access, "ann@example.org|12|no end", "ann@example.org|15|no end", "ann@example.org|18|"+long.Format("2006-01-02 15:04:05.000000"))
	w.Want(`SELECT DISTINCT customer_id FROM enrolld_grants`, fmt.Sprint(ann.ID))
	w.Check(unmerge(w, m))
	w.Want(pt.Grants, before...)
	w.Want(pt.Access, access...)
	w.Want(mailsOut)
}

// Two customers may both be in a bulk action, and have the course from the same hand
// besides: what an undoing looks for goes back with them.
func TestMergeGrantsOfBulk(t *testing.T) {
	t.Parallel()
	w, ann, bob := paintings(t)
	inBulk := byMaya
	inBulk.Line = "bulk:5"
	for _, c := range []enrolld.Customer{ann, bob} {
		give(t, w, to(string(c.Key), byMaya, 18), to(string(c.Key), inBulk, 18))
	}
	before, access := w.Rows(pt.Grants), w.Rows(pt.Access)
	m, err := merge(w, ann.ID, bob.ID)
	w.Check(err)
	w.Want(`SELECT customer_id, COUNT(*) FROM enrolld_grants WHERE course_id = 18 AND state = 'live' GROUP BY 1`, id(ann)+"|4")
	w.Check(unmerge(w, m))
	w.Want(pt.Grants, before...)
	w.Want(pt.Access, access...)
}

// Who stays without a WordPress user goes on with that of the other.
func TestMergeTakesUser(t *testing.T) {
	t.Parallel()
	w, ann, _ := paintings(t)
	w.Receive("sam waits", pt.Buy("7", "sam@example.org", "unmapped"))
	sam := customer(w, "sam@example.org")
	m, err := merge(w, sam.ID, ann.ID)
	w.Check(err)
	w.Want(pt.Access, "ann@example.org|12|no end", "bob@example.org|15|no end")
	w.Want(`SELECT COUNT(*) FROM wp_users`, "2")
	w.Receive("sam weaves", pt.Buy("8", "sam@example.org", "weave"))
	w.Want(pt.Access, "ann@example.org|12|no end", "ann@example.org|18|no end", "bob@example.org|15|no end")
	w.Exec("UPDATE enrolld_messages SET state = 'sent'")

	w.Check(unmerge(w, m))
	w.Want(pt.Access, "ann@example.org|12|no end", "bob@example.org|15|no end", "sam@example.org|18|no end")
	w.Want(mailsOut, "sam@example.org|welcome")
	w.Want(`SELECT email, wp_created FROM enrolld_customers ORDER BY email`, "ann@example.org|1", "bob@example.org|1", "sam@example.org|1")
}

// Mail that waits is about a WordPress user who has nothing to enter any more: it
// stays, and the one who remains is told instead.
func TestMergeHaltsMail(t *testing.T) {
	t.Parallel()
	w, ann, _ := paintings(t)
	w.Receive("cleo buys", pt.Buy("7", "cleo@example.org", "weave"))
	cleo := customer(w, "cleo@example.org")
	m, err := merge(w, ann.ID, cleo.ID)
	w.Check(err)
	w.Want(mailsOut, "ann@example.org|access")
	w.Exec("UPDATE enrolld_messages SET state = 'sent' WHERE state = 'queued'")
	w.Check(unmerge(w, m))
	w.Want(mailsOut, "cleo@example.org|welcome")
	w.Want(`SELECT recipient, customer_id FROM enrolld_messages WHERE recipient = 'cleo@example.org'`, fmt.Sprintf("cleo@example.org|%d", cleo.ID))
}

func TestMergeOfOneUser(t *testing.T) {
	t.Parallel()
	w, ann, bob := paintings(t)
	w.Exec("UPDATE enrolld_customers SET wp_user_id = ? WHERE id = ?", ann.WPUserID, bob.ID)
	w.Exec("UPDATE enrolld_access SET user_id = ? WHERE user_id = ?", ann.WPUserID, bob.WPUserID)
	m, err := merge(w, ann.ID, bob.ID)
	w.Check(err)
	w.Want(pt.Access, "ann@example.org|12|no end", "ann@example.org|15|no end")
	w.Check(unmerge(w, m))
	w.Want(pt.Access, "ann@example.org|12|no end", "ann@example.org|15|no end")
	w.Receive("bob gives back", pt.Refund("2", time.Minute))
	w.Want(pt.Access, "ann@example.org|12|no end")
}

// A merge can be taken back as long as it is the last that happened to who stayed.
func TestUnmergeRefused(t *testing.T) {
	t.Parallel()
	w, ann, bob := paintings(t)
	w.Receive("cleo buys", pt.Buy("7", "cleo@example.org", "weave"))
	cleo := customer(w, "cleo@example.org")
	first, err := merge(w, bob.ID, cleo.ID)
	w.Check(err)
	second, err := merge(w, ann.ID, bob.ID)
	w.Check(err)
	wantCode(t, "the first, while the second stands", unmerge(w, first), enrolld.NotFound)
	_, err = merge(w, ann.ID, bob.ID)
	wantCode(t, "who was merged already", err, enrolld.Conflict)

	main := func(email string) {
		t.Helper()
		w.Check(identity(w, func(tx *store.Tx, at provision.Place) error {
			_, err := provision.ChangeProfile(t.Context(), tx, at, maya, provision.Profile{CustomerID: ann.ID, Email: email})
			return err
		}))
	}
	w.Want(pt.Access, "ann@example.org|12|no end", "ann@example.org|15|no end", "ann@example.org|18|no end")
	w.Exec("DELETE FROM wp_users WHERE user_email = 'cleo@example.org'")
	main("cleo@example.org")
	wantCode(t, "with an address of theirs as the main one", unmerge(w, second), enrolld.Conflict)
	main("ann@example.org")
	w.Check(unmerge(w, second))
	if got := customer(w, "cleo@example.org").ID; got != bob.ID {
		t.Errorf("cleo's address leads to %d, want %d", got, bob.ID)
	}
	w.Check(unmerge(w, first))
	w.Want(live, "ann@example.org", "bob@example.org", "cleo@example.org")
}

// TestMergesMeet has people merge two ways round at once, in a chain, with
// deliveries in between: nobody is lost in a circle, and no order.
func TestMergesMeet(t *testing.T) {
	t.Parallel()
	w, ann, bob := paintings(t)
	w.Receive("cleo buys", pt.Buy("7", "cleo@example.org", "weave"))
	cleo := customer(w, "cleo@example.org")
	const orders = 12
	for i := range orders {
		email := []string{"ann@example.org", "bob@example.org", "cleo@example.org"}[i%3]
		w.Put(fmt.Sprint("late ", i), pt.Buy(fmt.Sprint("late", i), email, "paint"))
	}
	var all sync.WaitGroup
	for _, pair := range [][2]int64{{ann.ID, bob.ID}, {bob.ID, ann.ID}, {bob.ID, cleo.ID}, {cleo.ID, ann.ID}} {
		all.Go(func() {
			if _, err := merge(w, pair[0], pair[1]); err != nil && enrolld.CodeOf(err) != enrolld.Conflict {
				t.Errorf("merge: %v", err)
			}
		})
	}
	for range 2 {
		p := w.Replica(provision.Options{Batch: 2})
		all.Go(func() {
			for {
				n, err := p.Step(t.Context())
				if err != nil {
					t.Errorf("Step: %v", err)
				}
				if n == 0 {
					return
				}
			}
		})
	}
	all.Wait()
	for range 5 {
		w.Pass(time.Minute)
	}
	w.Want(`SELECT COUNT(*) FROM enrolld_customers c WHERE part_of <> 0 AND NOT EXISTS
		(SELECT 1 FROM enrolld_customers k WHERE k.id = c.part_of AND k.part_of = 0)`, "0")
	w.Want(`SELECT COUNT(*) FROM enrolld_orders o JOIN enrolld_customers c ON c.id = o.customer_id AND c.part_of = 0`, fmt.Sprint(orders+3))
	w.Want(`SELECT COUNT(*) FROM enrolld_grants g JOIN enrolld_customers c ON c.id = g.customer_id WHERE c.part_of <> 0 AND g.state = 'live'`, "0")
	wantOrdersByAddress(w)
	if got := check(t, w, false); len(got) != 0 {
		t.Errorf("differences: %q", got)
	}
}

// wantOrdersByAddress fails when an order is not its buyer's.
func wantOrdersByAddress(w *pt.World) {
	w.T.Helper()
	w.Want(`SELECT o.number, o.customer_id FROM enrolld_orders o
		LEFT JOIN enrolld_customers k ON k.email_key = JSON_VALUE(o.record, '$.buyer.v.email')
			AND o.customer_id = IF(k.part_of = 0, k.id, k.part_of)
		WHERE o.customer_id IS NOT NULL AND k.id IS NULL`)
}

func id(c enrolld.Customer) string { return fmt.Sprint(c.ID) }
