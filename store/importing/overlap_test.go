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
	"enrolld/store"
	"enrolld/store/importing"
	"enrolld/store/provision"
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
	const people, lists = 12, 5
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
		for n := range people {
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

// TestOneCustomerTwice: two addresses of one customer are one person, to the preview
// as to the import, whichever comes first and wherever a batch ends.
func TestOneCustomerTwice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.take(list(0, 3), terms(15))
	at, err := provision.LoadPlace(t.Context(), d.DB, d.Account.ID)
	d.Check(err)
	d.Check(d.DB.InTx(t.Context(), func(tx *store.Tx) error {
		if _, err := provision.Merge(t.Context(), tx, at, maya, provision.Pair{KeptID: 1, GoneID: 3}); err != nil {
			return err
		}
		return provision.AddAddress(t.Context(), tx, d.Account.ID, maya, 1, "further@example.org")
	}))
	rng := rand.New(rand.NewPCG(*seedFlag, 4))
	rows := []string{"p0@example.org", "p1@example.org", "p2@example.org", "further@example.org", "new@example.org", "NEW@example.org", "Further@example.org"}
	told := terms(12)
	told.Notify = true
	for n, want := range []importing.Counts{
		{Rows: 7, New: 1, Known: 2, Same: 4, Mails: 3}, {Rows: 7, Same: 7, More: 3}, {Rows: 7, Same: 7, More: 3},
	} {
		rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		draft := d.draft("Email\n"+strings.Join(rows, "\n")+"\n", told)
		if got := d.count(draft.ID); got != want {
			t.Errorf("-seed=%d: %v: counted %+v, want %+v", *seedFlag, rows, got, want)
		}
		again := 0
		for _, row := range d.browse(draft.ID, importing.Same, 50) {
			if slices.Contains(row.Problems, "the same customer came before in this file, by another address") {
				again++
			}
		}
		if again != 2 {
			t.Errorf("%d rows are said to be of a customer who came before, want 2 of three addresses", again)
		}
		_, err := d.x.Start(t.Context(), maya, d.Account.ID, draft.ID)
		d.Check(err)
		d.worker = importing.NewWorker(d.DB, importing.Options{Batch: 1 + n, Part: 1})
		d.work()
		want.Mails = 0
		if got := d.get(draft.ID); got.Counts != want {
			t.Errorf("-seed=%d: %v: got %+v, want %+v", *seedFlag, rows, got.Counts, want)
		}
	}
	d.Want(`SELECT COUNT(*), COUNT(DISTINCT customer_id, cause_id) FROM enrolld_grants WHERE course_id = 12`, "9|9")
	d.Want(`SELECT COUNT(*) FROM enrolld_messages`, "3")
}

// TestTwin finds the import of the same bytes that stands, of the same account.
func TestTwin(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	twin := func(file string) int64 {
		t.Helper()
		draft := d.draft(file, terms(12))
		i, ok, err := d.x.Twin(t.Context(), d.Account.ID, draft.ID)
		d.Check(err)
		if ok != (i.ID != 0) || ok && i.StartedAt == nil {
			t.Errorf("got %t and %+v, want one that has begun", ok, i)
		}
		d.Check(d.x.Discard(t.Context(), maya, d.Account.ID, draft.ID))
		return i.ID
	}
	wants := func(what, file string, want int64) {
		t.Helper()
		if got := twin(file); got != want {
			t.Errorf("%s: got import %d, want %d", what, got, want)
		}
	}
	d.draft(list(0, 3), terms(12))
	wants("drafts alone", list(0, 3), 0)
	first := d.take(list(0, 3), terms(15))
	wants("the same", list(0, 3), first.ID)
	wants("other people", list(1, 3), 0)
	wants("one byte more", list(0, 3)+"\n", 0)
	second := d.take(list(0, 3), terms(15))
	wants("the latest", list(0, 3), second.ID)
	d.undo(second.ID)
	wants("that is not undone", list(0, 3), first.ID)
	d.Check(d.DB.InTx(t.Context(), func(tx *store.Tx) error { return importing.Forget(t.Context(), tx, []importing.Import{first}) }))
	wants("whose file is gone", list(0, 3), first.ID)
	d.take("Email\nnonsense\n", terms(12))
	wants("that gave something", "Email\nnonsense\n", 0)
	other, _ := d.AddAccount("Other", d.Site)
	if _, ok, err := d.x.Twin(t.Context(), other.ID, first.ID); err != nil || ok {
		t.Errorf("of another account: got %t, %v, want none", ok, err)
	}
	d.Want(`SELECT COUNT(DISTINCT digest) FROM enrolld_imports WHERE digest <> ''`, "2")
}
