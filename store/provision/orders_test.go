package provision_test

import (
	"testing"
	"time"

	"enrolld"
	pt "enrolld/store/provision/provisiontest"
)

func TestRefundBeforeItsPurchase(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Receive("refund", pt.Refund("1", day))
	w.Want(pt.Deliveries, "refund|done|kept until the purchase comes, which says who bought")
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	w.Want(pt.Grants, "ann@example.org|12|paint|ended|refunded")
	w.Want(pt.Access)
	w.Want(pt.Users)
	w.Want(pt.Messages)
	w.Want(`SELECT COUNT(*) FROM enrolld_orders`, "1")
}

func TestStaleRetryChangesNothing(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	w.Receive("refund", pt.Refund("1", day))
	before := w.Counts()
	w.Pass(30 * day)
	w.Receive("the sale in another envelope", pt.Buy("1", "ann@example.org", "paint"))
	before["enrolld_delivery_effects"] = "3"
	wantSame(t, w, before)
	w.Want(pt.Grants, "ann@example.org|12|paint|ended|refunded")
	w.Want(pt.Access)
	w.Want(`SELECT changes FROM enrolld_delivery_effects ORDER BY delivery_id DESC LIMIT 1`, "null")
}

func TestTwoOrdersOfOneCourse(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Receive("first", pt.Buy("1", "ann@example.org", "paint"))
	w.Receive("second", pt.Buy("2", "ann@example.org", "paint"))
	w.Receive("refund of the first", pt.Refund("1", day))
	w.Want(pt.Grants, "ann@example.org|12|paint|ended|refunded", "ann@example.org|12|paint|live|paid")
	w.Want(pt.Access, "ann@example.org|12|no end")
	w.Want(`SELECT action FROM enrolld_audit ORDER BY id`, "access.granted")
	w.Receive("refund of the second", pt.Refund("2", day))
	w.Want(pt.Access)
	w.Want(`SELECT action FROM enrolld_audit ORDER BY id`, "access.granted", "access.revoked")
	// The second order was never announced, but its course was.
	w.Want(`SELECT kind FROM enrolld_messages ORDER BY id`, "welcome", "refunded")
}

func TestRefundActsOnItsLine(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Map("sculpt", enrolld.Rule{}, 15)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint", "sculpt"))
	w.Receive("refund", pt.RefundLine("1", "paint", day))
	w.Want(pt.Access, "ann@example.org|15|no end")
	w.Want(pt.Messages,
		`ann@example.org|welcome|["Painting", "Sculpture"]`, `ann@example.org|refunded|["Painting"]`)
}

// TestOrdersThatTurnOutToBeOne joins two orders that had different buyers at
// first: the earliest statement says who has it, the other loses it.
func TestOrdersThatTurnOutToBeOne(t *testing.T) {
	t.Parallel()
	for name, last := range map[string]bool{"the earliest came first": false, "the earliest came last": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := pt.New(t)
			w.Map("paint", enrolld.Rule{}, 12)
			w.Map("sculpt", enrolld.Rule{}, 15)
			early, late := pt.Buy("1", "ann@example.org", "paint"), pt.Buy("1", "bob@example.org", "sculpt")
			late.At, late.Refs = late.At.Add(time.Minute), []string{"invoice:1"}
			list := []enrolld.Event{early, late}
			if last {
				list[0], list[1] = late, early
			}
			w.Receive("a", list[0])
			w.Receive("b", list[1])
			w.Want(`SELECT COUNT(*) FROM enrolld_orders`, "2")
			both := pt.Event("1", time.Hour, enrolld.EventPayment)
			both.Refs = []string{"invoice:1", "order:1"}
			w.Receive("both", both)

			w.Want(`SELECT c.email, (SELECT COUNT(*) FROM enrolld_order_refs r WHERE r.order_id = o.id) FROM enrolld_orders o
				JOIN enrolld_customers c ON c.id = o.customer_id`, "ann@example.org|2")
			w.Want(pt.Access, "ann@example.org|12|no end", "ann@example.org|15|no end")
			w.Want(`SELECT c.email, g.course_id, g.reason FROM enrolld_grants g JOIN enrolld_customers c ON c.id = g.customer_id
				WHERE g.state = 'live' ORDER BY 2`, "ann@example.org|12|paid", "ann@example.org|15|paid")
			w.Want(`SELECT COUNT(*) FROM enrolld_order_lines`, "2")
			w.Want(`SELECT COUNT(*), COUNT(DISTINCT order_id) FROM enrolld_delivery_effects`, "3|1")
			w.Want(`SELECT changes FROM enrolld_delivery_effects ORDER BY delivery_id DESC LIMIT 1`,
				`["orders joined","page:15 live: paid for"]`)
			w.Receive("refund", pt.Refund("1", day))
			w.Want(pt.Access)
		})
	}
}

// TestEarlierEventNamesAnotherBuyer moves an order to whom the earliest
// statement names, and takes the first one's access away.
func TestEarlierEventNamesAnotherBuyer(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	later := pt.Buy("1", "bob@example.org", "paint")
	later.At = later.At.Add(time.Hour)
	w.Receive("later", later)
	w.Want(pt.Access, "bob@example.org|12|no end")
	w.Receive("earlier", pt.Buy("1", "ann@example.org", "paint"))
	w.Want(pt.Access, "ann@example.org|12|no end")
	w.Want(pt.Grants, "ann@example.org|12|paint|live|paid", "bob@example.org|12|paint|ended|no_rule")
	w.Want(pt.Messages, `bob@example.org|welcome|["Painting"]`, `ann@example.org|welcome|["Painting"]`)
	w.Want(`SELECT c.email, a.action FROM enrolld_audit a JOIN enrolld_customers c ON c.id = a.customer_id
		ORDER BY 1, a.id`,
		"ann@example.org|access.granted", "bob@example.org|access.granted", "bob@example.org|access.revoked")
	w.Receive("later again", later)
	w.Want(pt.Access, "ann@example.org|12|no end")
}

// TestMistypedBuyer: an address that cannot be used names nobody. The order waits,
// in plain sight, until the platform states one that can, and then is that
// person's, in whatever order the two came.
func TestMistypedBuyer(t *testing.T) {
	t.Parallel()
	later := pt.Buy("1", "bob@example.org", "paint")
	later.At = later.At.Add(time.Hour)
	earlier := pt.Buy("1", "not an address", "paint")
	for name, list := range map[string][]enrolld.Event{"first": {earlier, later}, "last": {later, earlier}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := pt.New(t)
			w.Map("paint", enrolld.Rule{}, 12)
			w.Receive("one", list[0])
			if name == "first" {
				w.Want(pt.Access)
				w.Want(`SELECT state, note FROM enrolld_deliveries WHERE body = 'one'`,
					"parked|the buyer's address cannot be used: the email address has a character that addresses cannot have")
			}
			w.Receive("two", list[1])
			w.Want(pt.Access, "bob@example.org|12|no end")
			w.Want(`SELECT COUNT(*) FROM enrolld_deliveries WHERE state = 'done'`, "2")
		})
	}
}
