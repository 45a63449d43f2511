package importing_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/importing"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

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

// TestPreviewComesTrue foresees random lists for customers who have courses by all
// causes, some of which end, who were blocked or removed, or have two addresses: the
// import counts what was counted, and so many messages go out.
func TestPreviewComesTrue(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Map("paint", enrolld.Rule{}, 12)
	rng := rand.New(rand.NewPCG(*seedFlag, 6))
	at, err := provision.LoadPlace(t.Context(), d.DB, d.Account.ID)
	d.Check(err)
	for n := range people * 3 / 4 {
		d.lead(rng, at, n)
	}
	var seen importing.Counts
	for range 4 {
		d.Exec(`DELETE FROM enrolld_messages`)
		var rows []string
		for n := range people {
			for range rng.IntN(3) {
				rows = append(rows, address(n))
			}
		}
		rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		told := terms(12, 15)
		told.Notify = true
		if days := rng.IntN(3); days > 0 {
			until := d.Clock.Now().Add(time.Duration(10*days) * day).Truncate(time.Second)
			told.EndsAt = &until
		}
		draft := d.draft("Email\n"+strings.Join(rows, "\n")+"\n", told)
		want := d.count(draft.ID)
		seen.Known, seen.More, seen.Blocked, seen.Back = seen.Known+want.Known, seen.More+want.More, seen.Blocked+want.Blocked, seen.Back+want.Back
		_, err := d.x.Start(t.Context(), maya, d.Account.ID, draft.ID)
		d.Check(err)
		d.work()
		d.Want(`SELECT COUNT(*) FROM enrolld_messages`, fmt.Sprint(want.Mails))
		want.Mails, want.Blocked, want.Back = 0, 0, 0
		if got := d.get(draft.ID).Counts; got != want {
			t.Errorf("-seed=%d: got %+v, counted %+v", *seedFlag, got, want)
		}
		d.Pass(time.Duration(rng.IntN(15)) * day)
	}
	if seen.Known == 0 || seen.More == 0 || seen.Blocked == 0 || seen.Back == 0 {
		t.Errorf("-seed=%d: %+v: the lists prove little", *seedFlag, seen)
	}
}

// people of TestPreviewComesTrue: the last quarter are strangers, or further addresses
// of the first.
const people = 24

func address(n int) string { return fmt.Sprintf("p%d@example.org", n) }

// lead gives a customer a past: courses by an order, a person and an import, and
// perhaps a decision of the team, or a further address.
func (d *desk) lead(rng *rand.Rand, at provision.Place, n int) {
	d.T.Helper()
	ctx, email := d.T.Context(), address(n)
	if rng.IntN(3) == 0 {
		d.Receive("sale of "+email, pt.Buy(email, email, "paint"))
	}
	gift := provision.Gift{Email: email}
	for _, kind := range []enrolld.CauseKind{enrolld.CausePerson, enrolld.CauseImport} {
		g := enrolld.Grant{Course: pt.Course(12), Cause: enrolld.Cause{Kind: kind, ID: 4711}}
		if rng.IntN(2) == 0 {
			until := d.Clock.Now().Add(time.Duration(1+rng.IntN(40)) * day)
			g.Until = &until
		}
		if rng.IntN(2) == 0 {
			gift.Grants = append(gift.Grants, g)
		}
	}
	d.Check(d.DB.InTx(ctx, func(tx *store.Tx) error {
		given, err := provision.Give(ctx, tx, at, maya, []provision.Gift{gift})
		if err != nil {
			return err
		}
		switch id := given[0].CustomerID; rng.IntN(6) {
		case 0:
			return provision.Decide(ctx, tx, at, maya, provision.Decision{CustomerID: id, Act: provision.Block, Reason: "shares the login"})
		case 1:
			return provision.Decide(ctx, tx, at, maya, provision.Decision{CustomerID: id, Act: provision.Remove})
		case 2, 3:
			if n < people/4 {
				return provision.AddAddress(ctx, tx, d.Account.ID, maya, id, address(n+people*3/4))
			}
		}
		return nil
	}))
}
