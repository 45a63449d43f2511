package provision_test

import (
	"testing"

	pt "enrolld/store/provision/provisiontest"
)

// TestOrderGone has a reference lead to an order that is not there, as while
// another worker joins it to a second one: the delivery waits, and nothing is
// saved that belongs to no account.
func TestOrderGone(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Receive("first", pt.Buy("77", "ann@example.org", "paint"))
	w.Exec(`DELETE FROM enrolld_orders`)
	w.Put("second", pt.Buy("77", "bob@example.org", "paint"))
	w.Work()
	w.Want(`SELECT COUNT(*) FROM enrolld_orders`, "0")
	w.Want(`SELECT state FROM enrolld_deliveries ORDER BY id`, "parked", "queued")
}
