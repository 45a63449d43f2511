package bulk_test

import (
	"fmt"
	"testing"

	"enrolld/store"
	"enrolld/store/bulk"
	"enrolld/store/provision"
)

// merge makes one customer of two.
func (d *desk) merge(kept, gone string) {
	d.T.Helper()
	at, err := provision.LoadPlace(d.T.Context(), d.DB, d.Account.ID)
	d.Check(err)
	pair := provision.Pair{KeptID: d.id(kept), GoneID: d.id(gone)}
	d.Check(d.DB.InTx(d.T.Context(), func(tx *store.Tx) error {
		_, err := provision.Merge(d.T.Context(), tx, at, maya, pair)
		return err
	}))
}

// TestUndoneOfMerged: what was done with somebody who was merged since is taken back
// from who stayed, once for each of the two, in one batch or in two.
func TestUndoneOfMerged(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"in one batch": 100, "in two": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.worker = bulk.NewWorker(d.DB, bulk.Options{Batch: size})
			d.give(byPaul, 15, nil, "ann@example.org", "bob@example.org", "cleo@example.org", "dan@example.org", "eve@example.org")
			d.give(byPaul, 12, nil, "cleo@example.org", "eve@example.org")
			given := d.done(filter(store.CustomerFilter{}), bulk.Give, terms(12, 18))
			d.merge("ann@example.org", "bob@example.org")  // both have it of the action
			d.merge("bob@example.org", "cleo@example.org") // into ann: had a course already
			d.merge("eve@example.org", "dan@example.org")
			same(t, "undone", d.undone(given.ID).Done.Undone, 5)
			d.Want(`SELECT u.user_email, a.course_id FROM enrolld_access a JOIN wp_users u ON u.ID = a.user_id ORDER BY 1, 2`,
				"ann@example.org|12", "ann@example.org|15", "eve@example.org|12", "eve@example.org|15")
		})
	}
}

// TestTakenFromMerged: what was taken from somebody who was merged since is given back
// to who stayed.
func TestTakenFromMerged(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.give(byPaul, 12, nil, "ann@example.org", "bob@example.org")
	d.give(byImport, 18, nil, "bob@example.org")
	taken := d.done(filter(store.CustomerFilter{}), bulk.Take, terms(12, 18))
	d.merge("ann@example.org", "bob@example.org")
	b := d.undone(taken.ID)
	same(t, "undone", []int64{b.Done.Undone, b.Done.Kept}, []int64{2, 0})
	d.Want(`SELECT customer_id, COUNT(*) FROM enrolld_grants WHERE state = 'live' GROUP BY 1`, fmt.Sprintf("%d|3", d.id("ann@example.org")))
}
