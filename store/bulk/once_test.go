package bulk_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/bulk"
	pt "enrolld/store/provision/provisiontest"
	"enrolld/store/storetest"
)

var seedFlag = flag.Uint64("seed", 20261122, "seed of the random batches")

// takeTurns has workers of all kinds of batches work, who die in the middle of one
// or between two, or lose their lease.
func (d *desk) takeTurns(rng *rand.Rand, id int64) {
	d.T.Helper()
	var workers []*bulk.Worker
	for d.get(id).State.Waits() {
		if len(workers) == 0 || rng.IntN(3) == 0 {
			workers = append(workers, bulk.NewWorker(d.DB, bulk.Options{Batch: 1 + rng.IntN(40)}))
		}
		ctx, cancel := context.WithCancel(d.T.Context())
		if rng.IntN(4) == 0 {
			go cancel() // somewhere in the middle
		}
		n, err := workers[rng.IntN(len(workers))].Step(ctx)
		cancel()
		if err != nil && ctx.Err() == nil {
			d.T.Fatal(err)
		}
		if n == 0 || rng.IntN(5) == 0 {
			d.Clock.Advance(2 * time.Minute) // whoever holds it is too slow, or dead
		}
	}
}

// TestOnce extends everybody by days, in batches of any size, by workers who die
// and lose their leases: everybody is extended once, and it is taken back once.
func TestOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const n = 150
	until := d.Clock.Now().Add(30 * day)
	d.give(byImport, 12, &until, people(0, n)...)
	rng := rand.New(rand.NewPCG(*seedFlag, 3))
	chosen, err := d.x.Choose(t.Context(), maya, d.Account.ID, filter(store.CustomerFilter{}))
	d.Check(err)
	plus := terms(12)
	plus.Days = 7
	b, err := d.x.Decide(t.Context(), maya, d.Account.ID, chosen.ID, bulk.Extend, plus)
	d.Check(err)
	d.takeTurns(rng, b.ID)
	same(t, "foreseen", d.get(b.ID).Foreseen, bulk.Counts{Change: n, Members: n})
	d.Check(d.x.Start(t.Context(), maya, d.Account.ID, b.ID))
	d.takeTurns(rng, b.ID)
	same(t, fmt.Sprintf("-seed=%d: done", *seedFlag), d.get(b.ID).Done, bulk.Counts{Change: n})
	d.Want(`SELECT ends_at, COUNT(*) FROM enrolld_access GROUP BY 1`, fmt.Sprintf("%s|%d", until.Add(7*day).Format(time.RFC3339Nano), n))
	d.Want(`SELECT COUNT(*) FROM enrolld_grants`, fmt.Sprint(2*n))
	d.Want(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'access.changed'`, fmt.Sprint(n))
	d.Check(d.x.Undo(t.Context(), maya, d.Account.ID, b.ID))
	d.takeTurns(rng, b.ID)
	same(t, fmt.Sprintf("-seed=%d: undone", *seedFlag), d.get(b.ID).Done, bulk.Counts{Change: n, Undone: n})
	d.Want(`SELECT ends_at, COUNT(*) FROM enrolld_access GROUP BY 1`, fmt.Sprintf("%s|%d", until.Format(time.RFC3339Nano), n))
}

// TestAtOnce does two things with the same people at once while deliveries about
// them come in: each has its effect, and access is what the ledger says.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Map("paint", enrolld.Rule{}, 18)
	const n = 60
	d.give(byPaul, 15, nil, people(0, n)...)
	give := d.decided(filter(store.CustomerFilter{}), bulk.Give, terms(12))
	take := d.decided(filter(store.CustomerFilter{}), bulk.Take, terms(15))
	for i, p := range people(0, n) {
		d.Put(fmt.Sprintf("sale %d", i), pt.Buy(fmt.Sprint(i), p, "paint"))
	}
	d.Check(d.x.Start(t.Context(), maya, d.Account.ID, give.ID))
	d.Check(d.x.Start(t.Context(), maya, d.Account.ID, take.ID))
	var all sync.WaitGroup
	for _, id := range []int64{give.ID, take.ID} {
		db := storetest.Open(t, d.DB.Name(), 4)
		db.SetClock(d.Clock.Now)
		w := bulk.NewWorker(db, bulk.Options{Batch: 7})
		all.Go(func() {
			for d.get(id).State == bulk.Running {
				if _, err := w.StepOf(t.Context(), id); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Go(d.Work)
	all.Wait()
	same(t, "given", d.get(give.ID).Done, bulk.Counts{Change: n})
	same(t, "taken", d.get(take.ID).Done, bulk.Counts{Change: n})
	d.Want(`SELECT course_id, COUNT(*) FROM enrolld_access GROUP BY 1 ORDER BY 1`, fmt.Sprintf("12|%d", n), fmt.Sprintf("18|%d", n))
}

// TestTurns: a large action has a small one wait for some batches, and not for its end.
func TestTurns(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.give(byPaul, 15, nil, people(0, 60)...)
	d.give(byPaul, 18, nil, people(0, 3)...)
	large := d.decided(filter(store.CustomerFilter{Course: pt.Course(15)}), bulk.Give, terms(12))
	small := d.decided(filter(store.CustomerFilter{Course: pt.Course(18)}), bulk.Give, terms(12))
	d.worker = bulk.NewWorker(d.DB, bulk.Options{Batch: 1})
	for _, b := range []bulk.Bulk{large, small} {
		d.Check(d.x.Start(t.Context(), maya, d.Account.ID, b.ID))
		_, err := d.worker.Step(t.Context())
		d.Check(err)
		d.Clock.Advance(time.Second)
	}
	for d.get(small.ID).State == bulk.Running {
		_, err := d.worker.Step(t.Context())
		d.Check(err)
	}
	if b := d.get(large.ID); b.State != bulk.Running || b.Done.Seen() > 25 {
		t.Errorf("the large one is %s, %+v, when the small one is done", b.State, b.Done)
	}
	d.work()
	same(t, "the large one", d.get(large.ID).Done.Seen(), int64(60))
}

// TestOneFails: who it fails with is noted and left out, the others are not.
func TestOneFails(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.give(byPaul, 15, nil, people(0, 20)...)
	b := d.decided(filter(store.CustomerFilter{}), bulk.Give, terms(12))
	d.Exec(fmt.Sprintf(`CREATE TRIGGER refuse BEFORE INSERT ON enrolld_grants FOR EACH ROW
		IF NEW.customer_id = %d THEN SIGNAL SQLSTATE '45000'; END IF`, d.id("p007@example.org")))
	d.Check(d.x.Start(t.Context(), maya, d.Account.ID, b.ID))
	d.work()
	same(t, "done", d.get(b.ID).Done, bulk.Counts{Change: 19, Failed: 1})
	same(t, "failed", d.targets(b.ID, bulk.WentWrong), []string{"p007@example.org|failed||the database refused it; the service's log says why"})
}

// TestAllFail: it stops by itself when it fails with everybody.
func TestAllFail(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.give(byPaul, 15, nil, people(0, 80)...)
	b := d.decided(filter(store.CustomerFilter{}), bulk.Give, terms(12))
	d.Exec(`CREATE TRIGGER refuse BEFORE INSERT ON enrolld_grants FOR EACH ROW SIGNAL SQLSTATE '45000'`)
	d.Check(d.x.Start(t.Context(), maya, d.Account.ID, b.ID))
	d.work()
	got := d.get(b.ID)
	if got.State != bulk.Cancelled || got.Done.Failed != 50 || !strings.Contains(got.Note, "failed with the last 50 customers") {
		t.Errorf("got %s %+v %q, want cancelled after 50", got.State, got.Done, got.Note)
	}
}

// TestCancel ends it between two batches; what was done can be undone.
func TestCancel(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.give(byPaul, 15, nil, people(0, 30)...)
	b := d.decided(filter(store.CustomerFilter{}), bulk.Give, terms(12))
	d.worker = bulk.NewWorker(d.DB, bulk.Options{Batch: 10})
	d.Check(d.x.Start(t.Context(), maya, d.Account.ID, b.ID))
	_, err := d.worker.Step(t.Context())
	d.Check(err)
	d.Check(d.x.Cancel(t.Context(), maya, d.Account.ID, b.ID))
	d.work()
	same(t, "done", d.get(b.ID).Done, bulk.Counts{Change: 10})
	d.Want(`SELECT COUNT(*) FROM enrolld_access WHERE course_id = 12`, "10")
	if n, left := len(d.targets(b.ID, bulk.Changed)), len(d.targets(b.ID, bulk.NotReached)); n != 10 || left != 20 {
		t.Errorf("listed as changed: %d, as not reached: %d, want 10 and 20", n, left)
	}
	same(t, "undone", d.undone(b.ID).Done, bulk.Counts{Change: 10, Undone: 10})
	d.Want(`SELECT COUNT(*) FROM enrolld_access WHERE course_id = 12`, "0")
}

// TestSweep_started: what is started between being looked for and being dropped keeps
// its set.
func TestSweep_started(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.give(byPaul, 15, nil, people(0, 3)...)
	b := d.decided(filter(store.CustomerFilter{}), bulk.Give, terms(12))
	d.Check(d.x.Start(t.Context(), maya, d.Account.ID, b.ID))
	d.Check(bulk.Drop(d.x, t.Context(), b.ID))
	d.work()
	same(t, "done", d.get(b.ID).Done, bulk.Counts{Change: 3})
}

func TestSweep(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.give(byPaul, 15, nil, people(0, 3)...)
	done := d.done(filter(store.CustomerFilter{}), bulk.Give, terms(12))
	draft := d.decided(filter(store.CustomerFilter{}), bulk.Give, terms(18))
	sweep := func() {
		_, err := d.x.Sweep(t.Context())
		d.Check(err)
	}
	const left = `SELECT bulk_id, COUNT(*) FROM enrolld_bulk_targets GROUP BY 1 ORDER BY 1`
	sweep()
	d.Want(left, fmt.Sprintf("%d|3", done.ID), fmt.Sprintf("%d|3", draft.ID))
	d.Clock.Advance(2 * day)
	sweep()
	d.Want(left, fmt.Sprintf("%d|3", done.ID))
	if _, err := d.x.Get(t.Context(), d.Account.ID, draft.ID); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("a draft of the day before yesterday: got %v, want not found", err)
	}
	d.Clock.Advance(90 * day)
	sweep()
	d.Want(left)
	if b := d.get(done.ID); b.CanUndo(d.Clock.Now()) || b.Done.Change != 3 {
		t.Errorf("got %+v, want its counts without a way to undo", b)
	}
}
