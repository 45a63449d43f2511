package provision_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"enrolld"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

const unmapped = `product paint ("The paint") is not mapped to a course`

func TestUnknownProductWaitsForItsMapping(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	for _, name := range []string{"ann", "bob", "cy"} {
		w.Put(name, pt.Buy(name, name+"@example.org", "paint"))
	}
	w.Put("ann again", pt.Buy("ann2", "ann@example.org", "paint"))
	w.Work()
	w.Want(pt.Deliveries,
		"ann|parked|"+unmapped, "bob|parked|"+unmapped, "cy|parked|"+unmapped, "ann again|parked|"+unmapped)
	w.Want(`SELECT product_key, name, mapped_at FROM enrolld_products`, "paint|The paint|NULL")
	w.Want(`SELECT COUNT(*), SUM(parked) FROM enrolld_order_lines`, "4|4")
	w.Want(pt.Users)

	w.Map("paint", enrolld.Rule{}, 12)
	w.Work()
	w.Want(pt.Deliveries, "ann|done|", "bob|done|", "cy|done|", "ann again|done|")
	w.Want(pt.Access, "ann@example.org|12|no end", "bob@example.org|12|no end", "cy@example.org|12|no end")
	w.Want(`SELECT recipient, kind FROM enrolld_messages ORDER BY 1`,
		"ann@example.org|welcome", "bob@example.org|welcome", "cy@example.org|welcome")
	w.Want(`SELECT DISTINCT actor FROM enrolld_audit`, "clock")
	w.Want(`SELECT SUM(parked) FROM enrolld_order_lines`, "0")
}

func TestVariantAndProductMappings(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	gold := pt.Buy("1", "ann@example.org", "paint")
	gold.Lines[0].Product.Variant = "gold"
	w.Receive("gold", gold)
	w.Map("paint/gold", enrolld.Rule{}, 12, 15)
	w.Work()
	w.Want(pt.Access, "ann@example.org|12|no end", "ann@example.org|15|no end")
	w.Want(pt.Deliveries, "gold|done|")
}

// TestDeliveryWaitsForAllItsOrders parks a delivery that is about two orders
// until neither waits.
func TestDeliveryWaitsForAllItsOrders(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Receive("two", pt.Buy("1", "ann@example.org", "paint"), pt.Buy("2", "bob@example.org", "sculpt"))
	w.Map("paint", enrolld.Rule{}, 12)
	w.Work()
	w.Want(`SELECT state FROM enrolld_deliveries`, "parked")
	w.Map("sculpt", enrolld.Rule{}, 15)
	w.Work()
	w.Want(`SELECT state FROM enrolld_deliveries`, "done")
}

// TestNextDeliverySettlesWhatWaited has another delivery of the customer come
// between the mapping and the clock: it grants what waited, and says so on the
// delivery that had parked.
func TestNextDeliverySettlesWhatWaited(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("sculpt", enrolld.Rule{}, 15)
	w.Receive("first", pt.Buy("1", "ann@example.org", "paint"))
	w.Map("paint", enrolld.Rule{}, 12)
	w.Put("second", pt.Buy("2", "ann@example.org", "sculpt"))
	w.Drain(w.Processor)
	w.Want(pt.Access, "ann@example.org|12|no end", "ann@example.org|15|no end")
	w.Want(pt.Deliveries, "first|done|", "second|done|")
}

// TestRefundEndsTheWaiting has nobody map a product whose sale was given back.
func TestRefundEndsTheWaiting(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	w.Receive("refund", pt.Refund("1", day))
	w.Want(pt.Deliveries, "sale|done|", "refund|done|")
	w.Want(`SELECT SUM(parked) FROM enrolld_order_lines`, "0")
}

// TestMappingRace maps a product while its purchases are on their way through
// two replicas: whoever is late is found by the mapping or by the sweep.
func TestMappingRace(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	const buyers = 60
	for i := range buyers {
		w.Put(fmt.Sprint(i), pt.Buy(fmt.Sprint(i), fmt.Sprintf("buyer%d@example.org", i), "paint"))
	}
	var running sync.WaitGroup
	running.Go(func() {
		race(t, w.Replica(provision.Options{Batch: 3}), w.Replica(provision.Options{Batch: 2}))
	})
	for w.Rows(`SELECT COUNT(*) FROM enrolld_customers`)[0] == "0" { // until the work has begun
		if t.Context().Err() != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
	w.Map("paint", enrolld.Rule{}, 12)
	running.Wait()
	_, err := w.DB.SweepParked(t.Context())
	w.Check(err)
	w.Work()
	w.Want(`SELECT COUNT(*), COUNT(DISTINCT user_id) FROM enrolld_access`, fmt.Sprintf("%d|%[1]d", buyers))
	w.Want(`SELECT state, COUNT(*) FROM enrolld_deliveries GROUP BY state`, fmt.Sprintf("done|%d", buyers))
	w.Want(`SELECT kind, COUNT(*) FROM enrolld_messages GROUP BY kind`, fmt.Sprintf("welcome|%d", buyers))
}

// TestSweepFindsWhoTheMappingMissed leaves the state that a cluster can come to:
// the product is mapped, the line is parked, nobody is due.
func TestSweepFindsWhoTheMappingMissed(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	w.Map("paint", enrolld.Rule{}, 12)
	w.Exec(`UPDATE enrolld_customers SET due_at = NULL`)
	w.Work()
	w.Want(pt.Access)
	if n, err := w.DB.SweepParked(t.Context()); n != 1 || err != nil {
		t.Errorf("SweepParked: got %d, %v, want 1", n, err)
	}
	w.Work()
	w.Want(pt.Access, "ann@example.org|12|no end")
	w.Want(pt.Deliveries, "sale|done|")
}

func TestChangedRuleDerivesAgain(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	w.Clock.Advance(time.Minute)

	w.Map("paint", enrolld.Rule{Duration: 10 * day}, 12, 15)
	w.Work()
	w.Want(pt.Access, "ann@example.org|12|2026-03-14 04:06:07.891011", "ann@example.org|15|2026-03-14 04:06:07.891011")
	w.Want(pt.Messages, `ann@example.org|welcome|["Painting"]`, `ann@example.org|access|["Sculpture"]`)

	w.Map("paint", enrolld.Rule{}, 15) // course 12 is unmapped
	w.Work()
	w.Want(pt.Access, "ann@example.org|15|no end")
	w.Want(pt.Grants, "ann@example.org|12|paint|ended|no_rule", "ann@example.org|15|paint|live|paid")

	w.Map("paint", enrolld.Rule{}, 12, 15)
	w.Work()
	w.Want(pt.Access, "ann@example.org|12|no end", "ann@example.org|15|no end")
	w.Want(`SELECT COUNT(*) FROM enrolld_messages`, "2")
	w.Want(`SELECT action, detail FROM enrolld_audit ORDER BY id`,
		`access.granted|{"course":"page:12"}`,
		`access.granted|{"course":"page:15","until":"2026-03-14T04:06:07.891011Z"}`,
		`access.changed|{"course":"page:12","until":"2026-03-14T04:06:07.891011Z"}`,
		`access.revoked|{"course":"page:12","until":"2026-03-14T04:06:07.891011Z"}`,
		`access.changed|{"course":"page:15"}`,
		`access.granted|{"course":"page:12"}`)
}

// TestCourseOfAnUnknownLMS keeps the sale waiting with a note, and its batch
// mates not at all.
func TestCourseOfAnUnknownLMS(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Map("strange", enrolld.Rule{Courses: []enrolld.CourseRef{{LMS: "chalkboard", ID: 1}}})
	w.Put("strange", pt.Buy("1", "ann@example.org", "strange"))
	w.Put("sound", pt.Buy("2", "bob@example.org", "paint"))
	w.Work()
	w.Want(pt.Deliveries, `strange|queued|there is no LMS named "chalkboard"`, "sound|done|")
	w.Map("strange", enrolld.Rule{}, 15)
	w.Pass(time.Minute)
	w.Want(pt.Access, "ann@example.org|15|no end", "bob@example.org|12|no end")
}
