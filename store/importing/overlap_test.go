package importing_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store/importing"
	pt "enrolld/store/provision/provisiontest"
)

// TestImport_twice: a file that was imported before changes nothing for anybody, and
// is a ground of its own: either import can be undone without the other's giving way.
func TestImport_twice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.take(list(0, 5), terms(12))
	before := d.Counts()
	second := d.take(list(0, 5), terms(12))
	if want := (importing.Counts{Rows: 5, Same: 5, More: 5}); second.Counts != want {
		t.Errorf("again: got %+v, want %+v", second.Counts, want)
	}
	after := d.Counts()
	for _, c := range []map[string]string{before, after} {
		delete(c, "enrolld_audit") // that it was imported again
		delete(c, "enrolld_grants")
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("importing again wrote (-before +after):\n%s", diff)
	}
	if got := d.undo(first.ID); got.Undo.Undone != 0 || got.Undo.Kept != 5 {
		t.Errorf("undo of the first: got %+v, want 5 who keep it", got.Undo)
	}
	d.Want(`SELECT COUNT(*) FROM enrolld_access`, "5")
	d.Want(`SELECT DISTINCT problem FROM enrolld_import_rows`, "page:12: another import gives it too")
	if got := d.undo(second.ID); got.Undo.Undone != 5 || got.Undo.Kept != 0 {
		t.Errorf("undo of the second: got %+v, want 5 undone", got.Undo)
	}
	d.Want(`SELECT COUNT(*) FROM enrolld_access`, "0")
	if got, want := d.take(list(0, 5), terms(12)).Counts, (importing.Counts{Rows: 5, Known: 5}); got != want {
		t.Errorf("after both: got %+v, want %+v", got, want)
	}
	d.Want(`SELECT COUNT(*) FROM enrolld_access`, "5")
}

// TestImport_ofBuyers: who bought a course notices nothing of a list, and keeps the
// course by it when the money goes back.
func TestImport_ofBuyers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Map("paint", enrolld.Rule{}, 12)
	d.Receive("sale", pt.Buy("1", "p0@example.org", "paint"))
	d.Exec(`DELETE FROM enrolld_messages`)
	told := terms(12)
	told.Notify = true
	draft := d.draft(list(0, 1), told)
	want := importing.Counts{Rows: 1, Same: 1, More: 1}
	if got := d.count(draft.ID); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	_, err := d.x.Start(t.Context(), maya, d.Account.ID, draft.ID)
	d.Check(err)
	d.work()
	if got := d.get(draft.ID).Counts; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	d.Receive("refund", pt.Refund("1", day))
	d.Want(pt.Access, "p0@example.org|12|no end")
	d.Want(`SELECT COUNT(*) FROM enrolld_messages`, "0")
}

// TestListsThatOverlap takes random lists with random ends in at the same time, and
// undoes them one after the other: at any time a course is open to those whom a list
// that stands has, until the latest day that one of these says, and each list is one
// ground for each of its people.
func TestListsThatOverlap(t *testing.T) {
	t.Parallel()
	const persons, lists = 12, 5
	d := newDesk(t)
	rng := rand.New(rand.NewPCG(*seedFlag, 3))
	standing := map[int64][]string{} // what each list gives, as lines of the ledger
	for range lists {
		var b strings.Builder
		b.WriteString("Email\n")
		end, gives := "no end", terms(12)
		if days := rng.IntN(4); days > 0 {
			until := d.Clock.Now().Add(time.Duration(days) * day).Truncate(time.Second)
			end, gives.EndsAt = until.UTC().Format("2006-01-02 15:04:05.000000"), &until
		}
		var has []string
		for n := range persons {
			if rng.IntN(2) == 0 {
				email := fmt.Sprintf("p%02d@example.org", n)
				has = append(has, email+"|12|"+end)
				fmt.Fprintln(&b, email)
			}
		}
		standing[d.start(b.String(), gives).ID] = has
	}
	d.takeTurns(rng)
	ids := slices.Sorted(maps.Keys(standing))
	for _, id := range ids {
		d.Want(fmt.Sprintf(`SELECT c.email, COUNT(*) FROM enrolld_grants g JOIN enrolld_customers c ON c.id = g.customer_id
			WHERE g.cause_id = %d GROUP BY 1 ORDER BY 1`, id), ones(standing[id])...)
	}
	d.Want(pt.Access, opened(standing)...)
	for _, n := range rng.Perm(lists) {
		d.undo(ids[n])
		delete(standing, ids[n])
		d.Want(pt.Access, opened(standing)...)
	}
}

// ones is a line for everybody in a list: once.
func ones(list []string) []string {
	var out []string
	for _, line := range list {
		email, _, _ := strings.Cut(line, "|")
		out = append(out, email+"|1")
	}
	return out
}

// opened is what some lists come to: the latest end of each person. “no end” sorts
// behind every date.
func opened(lists map[int64][]string) []string {
	latest := map[string]string{}
	for _, list := range lists {
		for _, line := range list {
			email, _, _ := strings.Cut(line, "|")
			latest[email] = max(latest[email], line)
		}
	}
	return slices.Sorted(maps.Values(latest))
}
