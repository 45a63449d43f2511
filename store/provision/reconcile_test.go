package provision_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

// told is what a platform's API says: each an event of its own delivery.
func told(w *pt.World, events ...enrolld.Event) []provision.Told {
	out := make([]provision.Told, len(events))
	for i, e := range events {
		out[i] = provision.Told{Source: w.Source, Reading: provision.Reading{Events: []enrolld.Event{e}}}
	}
	return out
}

// short writes differences as tests compare them, sorted.
func short(list []provision.Difference) []string {
	out := []string{}
	for _, d := range list {
		out = append(out, fmt.Sprintf("%s|%s|%s|%s|%s", d.Kind, d.Email, d.Course, d.Order, d.Because))
	}
	slices.Sort(out)
	return out
}

func check(t *testing.T, w *pt.World, mend bool) []string {
	t.Helper()
	var out []provision.Difference
	w.Check(w.Processor.Check(t.Context(), w.Account.ID, mend, func(found []provision.Difference) { out = append(out, found...) }))
	return short(out)
}

// TestPreview compares what a platform's API says with what came, and changes
// nothing, not even who there is in WordPress.
func TestPreview(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Receive("ann", pt.Buy("1", "ann@example.org", "paint"))
	w.Receive("bob", pt.Buy("2", "bob@example.org", "paint"))
	w.Receive("cy's refund", pt.Refund("3", time.Minute)) // its purchase never came
	before := w.Counts()
	got, err := w.Processor.Preview(t.Context(), w.Account.ID, told(w,
		pt.Buy("1", "ann@example.org", "paint"), // known
		pt.Buy("2", "bob@example.org", "paint"), pt.Refund("2", time.Minute),
		pt.Buy("3", "cy@example.org", "paint"), // known to be refunded
		pt.Buy("4", "di@example.org", "paint"),
		pt.Buy("5", "eve@example.org", "sculpt"),
		pt.Buy("6", "not an address", "paint"),
	))
	w.Check(err)
	want := []string{
		"paid, no access|di@example.org|page:12|4|paid for",
		`paid, no access|eve@example.org|0|5|product sculpt ("The sculpt") is not mapped to a course`,
		"paid, no access||0|6|the buyer's address cannot be used: the email address has a character that addresses cannot have",
		"refunded, still access|bob@example.org|page:12|2|refunded",
	}
	if diff := cmp.Diff(want, short(got)); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, w.Counts()); diff != "" {
		t.Errorf("a preview changed something (-before +after):\n%s", diff)
	}
	w.Want(pt.Access, "ann@example.org|12|no end", "bob@example.org|12|no end")
}

// TestCheck finds what differs from what is stored already: by us, on the site,
// in WordPress; and mends it.
func TestCheck(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12, 15)
	for i, name := range []string{"ann", "bob", "cy", "di", "eve"} {
		w.Receive(name, pt.Buy(fmt.Sprint(i), name+"@example.org", "paint"))
	}
	w.Receive("fay", pt.Buy("9", "fay@example.org", "sculpt"))
	if got := check(t, w, false); len(got) != 1 {
		t.Fatalf("all is well but for a product to map, got %q", got)
	}
	w.Receive("cy back", pt.Refund("2", time.Minute))
	user := func(name string) string {
		return fmt.Sprintf("(SELECT ID FROM wp_users WHERE user_email = '%s@example.org')", name)
	}
	// Ann is taken out of a course by hand, and into one that we know nothing of.
	w.Exec("DELETE FROM enrolld_access WHERE course_id = 12 AND user_id = " + user("ann"))
	w.Exec("INSERT INTO enrolld_access (user_id, course_id, account_id, granted_at) SELECT ID, 77, ?, NOW() FROM wp_users WHERE user_email = 'ann@example.org'", w.Account.ID)
	// Bob's ledger was changed by hand, Cy is let in again, Di's access ends by
	// the LMS, Eve's WordPress user is deleted.
	w.Exec("UPDATE enrolld_grants SET state = 'ended' WHERE course_id = 15 AND customer_id = (SELECT id FROM enrolld_customers WHERE email = 'bob@example.org')")
	w.Exec("INSERT INTO enrolld_access (user_id, course_id, account_id, granted_at) SELECT ID, 12, ?, NOW() FROM wp_users WHERE user_email = 'cy@example.org'", w.Account.ID)
	w.Exec("UPDATE enrolld_access SET ends_at = '2026-04-01' WHERE course_id = 12 AND user_id = " + user("di"))
	w.Exec("DELETE FROM wp_users WHERE user_email = 'eve@example.org'")
	const onSite = "somebody else changed it on the site, or for another time"
	want := []string{
		"paid, no access|ann@example.org|page:12||" + onSite,
		"paid, no access|bob@example.org|page:15||it is due, and was not given",
		"paid, no access|di@example.org|page:12||" + onSite,
		"paid, no access|eve@example.org|page:12||it is due, and was not given",
		"paid, no access|eve@example.org|page:15||it is due, and was not given",
		`paid, no access|fay@example.org|0|9|product sculpt ("The sculpt") is not mapped to a course`,
		"refunded, still access|cy@example.org|page:12||" + onSite,
	}
	before := w.Counts()
	if diff := cmp.Diff(want, check(t, w, false)); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, w.Counts()); diff != "" {
		t.Errorf("looking changed something (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(want, check(t, w, true)); diff != "" {
		t.Errorf("mended (-want +got):\n%s", diff)
	}
	if got := check(t, w, false); len(got) != 1 { // fay waits for a person
		t.Errorf("after mending: %q", got)
	}
	w.Want(pt.Access,
		"ann@example.org|12|no end", "ann@example.org|15|no end", "ann@example.org|77|no end",
		"bob@example.org|12|no end", "bob@example.org|15|no end",
		"di@example.org|12|no end", "di@example.org|15|no end",
		"eve@example.org|12|no end", "eve@example.org|15|no end")
	w.Want(`SELECT action FROM enrolld_audit WHERE actor = 'reconcile' AND action LIKE 'access.re%' ORDER BY 1`,
		"access.removed", "access.restored", "access.restored")
}

// TestArrivalsAreNoted: each hour in which a source sent something, once.
func TestArrivalsAreNoted(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	for i := range 5 {
		w.Receive(fmt.Sprint("a", i), pt.Buy(fmt.Sprint(i), "ann@example.org", "paint"))
		w.Pass(20 * time.Minute)
	}
	w.Want(`SELECT HOUR(hour) FROM enrolld_arrivals`, "5", "6")
	w.Pass(3 * time.Hour)
	asked := w.Delivery(w.Source, "asked for")
	w.Reader.Says("asked for", provision.Reading{Events: []enrolld.Event{pt.Buy("9", "ann@example.org", "paint")}})
	w.Check(w.DB.TakeIn(t.Context(), []store.Delivery{func() store.Delivery {
		asked.RequestID = store.TakenIn
		return asked
	}()}))
	w.Work()
	w.Want(`SELECT COUNT(*) FROM enrolld_orders`, "6")
	w.Want(`SELECT HOUR(hour) FROM enrolld_arrivals`, "5", "6")
}

// TestPlatformsAreAskedOutsideTransactions: while a platform's API is being asked,
// nothing of ours is locked.
func TestPlatformsAreAskedOutsideTransactions(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	open := -1
	w.Reader.Does("asked", func(ctx context.Context) (provision.Reading, error) {
		err := w.DB.Conn().QueryRowContext(ctx, `SELECT COUNT(*) FROM information_schema.innodb_trx t
			JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id WHERE p.db = DATABASE()`).Scan(&open)
		return provision.Reading{Events: []enrolld.Event{pt.Buy("1", "ann@example.org", "paint")}}, err
	})
	w.Check(w.PutBody("asked"))
	w.Work()
	if open != 0 {
		t.Errorf("%d transactions are open while a platform is asked, want none", open)
	}
	w.Want(pt.Access, "ann@example.org|12|no end")
}
