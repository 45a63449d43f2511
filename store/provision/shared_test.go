package provision_test

import (
	"testing"
	"time"

	"enrolld"
	pt "enrolld/store/provision/provisiontest"
)

// TestTwoAddressesOneUser: somebody changes their address in WordPress and buys
// again with the new one. What the old customer loses stays open while the new one
// has it, and the other way round.
func TestTwoAddressesOneUser(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Map("club", enrolld.Rule{}, 12, 15)
	until := pt.Start.AddDate(0, 0, 30)
	w.Receive("old", pt.Buy("1", "old@example.org", "paint"))
	w.Exec("UPDATE wp_users SET user_email = 'new@example.org' WHERE user_email = 'old@example.org'")
	w.Receive("new", pt.Subscribe("2", "new@example.org", "club", until))
	w.Want(`SELECT COUNT(*), COUNT(DISTINCT wp_user_id) FROM enrolld_customers`, "2|1")
	grace := until.Add(enrolld.DefaultGrace).Format("2006-01-02 15:04:05.000000")
	w.Want(pt.Access, "new@example.org|12|no end", "new@example.org|15|"+grace)

	w.Receive("old back", pt.Refund("1", time.Minute))
	w.Want(pt.Access, "new@example.org|12|"+grace, "new@example.org|15|"+grace)
	w.Want(`SELECT action, JSON_VALUE(detail, '$.course') FROM enrolld_audit WHERE action = 'access.revoked'`)
	if got := check(t, w, false); len(got) != 0 {
		t.Errorf("differences: %q", got)
	}
	w.Receive("old again", pt.Buy("3", "old@example.org", "paint"))
	w.Want(pt.Access, "new@example.org|12|no end", "new@example.org|15|"+grace)
	w.Receive("new back", pt.Refund("2", time.Hour))
	w.Want(pt.Access, "new@example.org|12|no end")
	w.Receive("old back again", pt.Refund("3", 2*time.Hour))
	w.Want(pt.Access)

	// Both at once, in one transaction.
	w.Put("both old", pt.Buy("4", "old@example.org", "paint"))
	w.Put("both new", pt.Buy("5", "new@example.org", "paint"))
	w.Work()
	w.Put("both old back", pt.Refund("4", 3*time.Hour))
	w.Put("new sculpts", pt.Buy("6", "new@example.org", "club"))
	w.Work()
	w.Want(pt.Access, "new@example.org|12|no end", "new@example.org|15|no end")
	if got := check(t, w, false); len(got) != 0 {
		t.Errorf("differences: %q", got)
	}
}
