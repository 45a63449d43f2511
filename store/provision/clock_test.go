package provision_test

import (
	"testing"
	"time"

	"enrolld"
	pt "enrolld/store/provision/provisiontest"
)

// countWrites makes triggers count what is done to enrolld_access.
func countWrites(w *pt.World) {
	w.Exec(`CREATE TABLE writes (what VARCHAR(10))`)
	for _, what := range []string{"INSERT", "UPDATE", "DELETE"} {
		w.Exec(`CREATE TRIGGER count_` + what + ` AFTER ` + what + ` ON enrolld_access FOR EACH ROW
			INSERT INTO writes VALUES ('` + what + `')`)
	}
}

const writes = `SELECT what, COUNT(*) FROM writes GROUP BY what ORDER BY what`

func TestStartDelay(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{StartDelay: 3 * day}, 12)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	w.Want(pt.Grants, "ann@example.org|12|paint|pending|starts_later")
	w.Want(pt.Users)
	w.Want(pt.Messages)
	w.Want(`SELECT due_at FROM enrolld_customers`, "2026-03-07T04:06:07.891011Z")
	w.Pass(2 * day)
	w.Want(pt.Access)
	w.Pass(day)
	w.Want(pt.Access, "ann@example.org|12|no end")
	w.Want(pt.Messages, `ann@example.org|welcome|["Painting"]`)
	w.Want(`SELECT due_at FROM enrolld_customers`, "NULL")
}

func TestDurationEnds(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	countWrites(w)
	w.Map("paint", enrolld.Rule{Duration: 30 * day}, 12)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	w.Want(pt.Access, "ann@example.org|12|2026-04-03 04:06:07.891011")
	w.Want(`SELECT JSON_VALUE(data, '$.courses[0].until') FROM enrolld_messages`, "2026-04-03T04:06:07.891011Z")
	w.Pass(30*day - time.Hour - time.Microsecond)
	w.Want(pt.Access, "ann@example.org|12|2026-04-03 04:06:07.891011")
	w.Pass(time.Microsecond)
	w.Want(pt.Access)
	w.Want(pt.Grants, "ann@example.org|12|paint|ended|expired")
	w.Want(writes, "DELETE|1", "INSERT|1")
	w.Want(`SELECT kind FROM enrolld_messages ORDER BY id`, "welcome", "expired")
	w.Want(`SELECT actor, action FROM enrolld_audit ORDER BY id`, "delivery|access.granted", "clock|access.revoked")
}

func TestGraceOfASubscription(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	countWrites(w)
	w.Map("club", enrolld.Rule{Grace: 2 * day}, 18)
	w.Receive("sale", pt.Subscribe("1", "ann@example.org", "club", pt.Start.Add(30*day)))
	w.Want(pt.Access, "ann@example.org|18|2026-04-05 05:06:07.891011") // paid term and grace
	w.Pass(30 * day)
	w.Want(pt.Grants, "ann@example.org|18|club|live|grace")
	w.Pass(day)
	renewed := pt.Event("1", 31*day, enrolld.EventPayment)
	renewed.Payment = &enrolld.EventPart[enrolld.Payment]{ID: "p2", Value: enrolld.Payment{
		Amount: pt.USD(1000), Subscription: "s1", PaidUntil: pt.Start.Add(60 * day),
	}}
	w.Receive("renewal", renewed)
	w.Want(pt.Grants, "ann@example.org|18|club|live|paid")
	w.Want(pt.Access, "ann@example.org|18|2026-05-05 05:06:07.891011")
	w.Want(writes, "INSERT|1", "UPDATE|1") // the one change is the end
	w.Pass(31*day + time.Hour)
	w.Want(pt.Access)
	w.Want(pt.Grants, "ann@example.org|18|club|ended|expired")
	w.Want(writes, "DELETE|1", "INSERT|1", "UPDATE|1")
	w.Want(`SELECT kind FROM enrolld_messages ORDER BY id`, "welcome", "expired")
}

// TestCourseIsWrittenAtFirstAndLastGround counts the writes of the LMS row while
// grounds come and go.
func TestCourseIsWrittenAtFirstAndLastGround(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	countWrites(w)
	w.Map("paint", enrolld.Rule{}, 12)
	for _, step := range []struct {
		key   string
		event enrolld.Event
		want  []string
	}{
		{"first", pt.Buy("1", "ann@example.org", "paint"), []string{"INSERT|1"}},
		{"second", pt.Buy("2", "ann@example.org", "paint"), []string{"INSERT|1"}},
		{"third", pt.Buy("3", "ann@example.org", "paint"), []string{"INSERT|1"}},
		{"first is given back", pt.Refund("1", day), []string{"INSERT|1"}},
		{"second is disputed", pt.Dispute("2", day, enrolld.DisputeOpen), []string{"INSERT|1"}},
		{"third is given back", pt.Refund("3", day), []string{"DELETE|1", "INSERT|1"}},
		{"second is won", pt.Dispute("2", 2*day, enrolld.DisputeWon), []string{"DELETE|1", "INSERT|2"}},
		{"second is given back", pt.Refund("2", 3*day), []string{"DELETE|2", "INSERT|2"}},
		{"second is given back, said again", pt.Refund("2", 3*day), []string{"DELETE|2", "INSERT|2"}},
	} {
		w.Receive(step.key, step.event)
		if got := w.Rows(writes); !equal(got, step.want) {
			t.Errorf("after %q: got writes %q, want %q", step.key, got, step.want)
		}
	}
}

// TestGrantsOfPeopleGoByTheClock lets a grant start and end that no order gives,
// beside one that an order gives.
func TestGrantsOfPeopleGoByTheClock(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("sculpt", enrolld.Rule{}, 15)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "sculpt"))
	w.Exec(`INSERT INTO enrolld_grants (customer_id, lms, course_id, cause_kind, cause_id, account_id, state, reason,
		starts_at, ends_at, created_at, updated_at)
		SELECT id, 'page', 12, 'person', 1, account_id, 'pending', 'starts_later', ?, ?, ?, ?
		FROM enrolld_customers`, pt.Start.Add(day), pt.Start.Add(3*day), pt.Start, pt.Start)
	w.Exec(`UPDATE enrolld_customers SET due_at = ?`, pt.Start)
	w.Work()
	w.Want(pt.Access, "ann@example.org|15|no end")
	w.Pass(day)
	w.Want(pt.Access, "ann@example.org|12|2026-03-07 05:06:07.891011", "ann@example.org|15|no end")
	w.Pass(2 * day)
	w.Want(pt.Access, "ann@example.org|15|no end")
	w.Want(pt.Grants, "ann@example.org|12||ended|expired", "ann@example.org|15|sculpt|live|paid")
}
