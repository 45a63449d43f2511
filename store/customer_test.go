package store_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

func person(name string) enrolld.Customer {
	return enrolld.Customer{Key: enrolld.EmailKey(name + "@example.com"), Email: name + "@Example.com"}
}

// lockCustomers returns the customers in the order of their keys.
func (w *world) lockCustomers(people ...enrolld.Customer) []enrolld.Customer {
	w.t.Helper()
	var out []enrolld.Customer
	w.inTx(func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = tx.LockCustomers(ctx, w.account.ID, people)
		return err
	})
	slices.SortFunc(out, func(a, b enrolld.Customer) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

func TestLockCustomers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, zoe := person("ann"), person("zoë")
	zoe.First, zoe.Last = strings.Repeat("é", 200), "O'Hara"
	got := w.lockCustomers(zoe, ann)
	at := w.clock.Now()
	want := []enrolld.Customer{
		{ID: 1, AccountID: w.account.ID, Key: ann.Key, Email: ann.Email, Revision: 1, CreatedAt: at},
		{
			ID: 2, AccountID: w.account.ID, Key: zoe.Key, Email: zoe.Email, First: strings.Repeat("é", 125), Last: "O'Hara",
			Revision: 1, CreatedAt: at,
		},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("new customers (-want +got):\n%s", diff)
	}
	w.clock.Advance(time.Hour)
	one, err := w.db.CustomerByKey(t.Context(), w.account.ID, zoe.Key)
	w.check(err)
	if diff := gocmp.Diff(want[1], one); diff != "" {
		t.Errorf("by key (-want +got):\n%s", diff)
	}
	_, err = w.db.CustomerByKey(t.Context(), w.account.ID+1, zoe.Key)
	wantCode(t, "customer of another account", err, enrolld.NotFound)
}

// Names are taken from who says them first.
func TestLockCustomersNames(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ first, then, want [2]string }{
		"filled later":      {[2]string{"", ""}, [2]string{"Ann", "Lee"}, [2]string{"Ann", "Lee"}},
		"not overwritten":   {[2]string{"Ann", "Lee"}, [2]string{"Bob", "Ray"}, [2]string{"Ann", "Lee"}},
		"not emptied":       {[2]string{"Ann", "Lee"}, [2]string{"", ""}, [2]string{"Ann", "Lee"}},
		"last comes later":  {[2]string{"Ann", ""}, [2]string{"Ann", "Lee"}, [2]string{"Ann", "Lee"}},
		"first stays empty": {[2]string{"", "Lee"}, [2]string{"Bob", "Ray"}, [2]string{"", "Lee"}},
	}
	w := newWorld(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := person(strings.ReplaceAll(name, " ", "."))
			p.First, p.Last = test.first[0], test.first[1]
			w.lockCustomers(p)
			p.First, p.Last = test.then[0], test.then[1]
			p.Email = "other@example.com"
			got := w.lockCustomers(p)[0]
			want := got
			want.First, want.Last, want.Email, want.Revision = test.want[0], test.want[1], person("x").Email, 2
			want.Email = person(strings.ReplaceAll(name, " ", ".")).Email
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Many workers meet the same people at once: one customer each, each lock
// counted.
func TestLockCustomersTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const workers, rounds, people = 8, 5, 12
	replicas := []*store.DB{w.db, w.replica(0)}
	errs := make([]error, workers)
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for round := range rounds {
				var list []enrolld.Customer
				for p := range people {
					list = append(list, person(fmt.Sprint("p", (p*7+i+round)%people)))
				}
				errs[i] = errors.Join(errs[i], replicas[i%2].InTx(t.Context(), func(tx *store.Tx) error {
					locked, err := tx.LockCustomers(t.Context(), w.account.ID, slices.Clone(list))
					if err == nil && len(locked) != people {
						return fmt.Errorf("%d customers are locked", len(locked))
					}
					return err
				}))
			}
		})
	}
	all.Wait()
	w.check(errors.Join(errs...))
	w.want("SELECT COUNT(*), MIN(revision), MAX(revision) FROM enrolld_customers",
		fmt.Sprintf("%d|%d|%d", people, workers*rounds, workers*rounds))
}

// A customer is locked until the transaction ends.
func TestLockCustomersWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	known := w.lockCustomers(person("ann"))
	other := w.replica(1)
	id := connection(t, other)
	done := make(chan error, 1)
	var revision int64
	w.inTx(func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.LockCustomersByID(ctx, w.account.ID, []int64{known[0].ID}); err != nil {
			return err
		}
		go func() {
			done <- other.InTx(ctx, func(tx *store.Tx) error {
				got, err := tx.LockCustomers(ctx, w.account.ID, []enrolld.Customer{person("ann")})
				if err == nil {
					revision = got[0].Revision
				}
				return err
			})
		}()
		w.awaitBlocked(id)
		return nil
	})
	w.check(w.receiveErr(done))
	if revision != 3 {
		t.Errorf("the second one sees revision %d, want 3", revision)
	}
}

func TestLockCustomersByID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.lockCustomers(person("ann"), person("bob"))
	var got []enrolld.Customer
	w.inTx(func(ctx context.Context, tx *store.Tx) (err error) {
		got, err = tx.LockCustomersByID(ctx, w.account.ID, []int64{2, 99})
		return errors.Join(err, func() error {
			foreign, err := tx.LockCustomersByID(ctx, w.account.ID+1, []int64{1})
			if len(foreign) != 0 {
				t.Errorf("another account locked %+v", foreign)
			}
			return err
		}())
	})
	if len(got) != 1 || got[0].ID != 2 || got[0].Revision != 2 {
		t.Errorf("locked %+v, want customer 2 at revision 2", got)
	}
	w.want("SELECT revision FROM enrolld_customers ORDER BY id", "1", "2")
}

func TestSaveCustomers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := w.lockCustomers(person("ann"), person("bob"), person("eve"))
	due := w.clock.Now().Add(time.Hour)
	list[0].WPUserID, list[0].WPCreated, list[0].DueAt = 42, true, &due
	list[0].First, list[0].Revision = "Not written", 77
	list[1].Problem = strings.Repeat("p", 300)
	w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.SaveCustomers(ctx, list[:2]) })
	w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.SaveCustomers(ctx, nil) })
	got, err := w.db.CustomerByKey(t.Context(), w.account.ID, list[0].Key)
	w.check(err)
	want := list[0]
	want.First, want.Revision = "", 1
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("what was written (-want +got):\n%s", diff)
	}
	w.want("SELECT id, wp_user_id, wp_created, LENGTH(problem), due_at FROM enrolld_customers WHERE id > 1 ORDER BY id",
		"2|NULL|0|250|NULL", "3|NULL|0|0|NULL")
}

func TestDueCustomers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := w.lockCustomers(person("ann"), person("bob"), person("eve"), person("sam"))
	start := w.clock.Now()
	for i, minutes := range []int{3, 1, 5} {
		due := start.Add(time.Duration(minutes) * time.Minute)
		list[i].DueAt = &due
	}
	w.inTx(func(ctx context.Context, tx *store.Tx) error { return tx.SaveCustomers(ctx, list) })
	due := func(n int) []int64 {
		t.Helper()
		got, err := w.db.DueCustomers(t.Context(), n)
		w.check(err)
		for _, d := range got {
			if d.AccountID != w.account.ID {
				t.Errorf("due customer of account %d, want %d", d.AccountID, w.account.ID)
			}
		}
		return idsOf(got, func(d store.DueCustomer) int64 { return d.ID })
	}
	none := due(10)
	w.clock.Set(start.Add(3 * time.Minute))
	both, first := due(10), due(1)
	w.check(w.db.PutOffDue(t.Context(), []int64{2}, start.Add(time.Hour)))
	w.check(w.db.PutOffDue(t.Context(), nil, start))
	if diff := gocmp.Diff([][]int64{{}, {2, 1}, {2}, {1}}, [][]int64{none, both, first, due(10)}); diff != "" {
		t.Errorf("who is due (-want +got):\n%s", diff)
	}
}
