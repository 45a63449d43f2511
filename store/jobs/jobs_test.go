package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"enrolld"
	"enrolld/store/jobs"
	"enrolld/store/storetest"
)

// TestOneHolder: a job is one worker's from its claim on, until it has ended.
func TestOneHolder(t *testing.T) {
	t.Parallel()
	b := newBench(t, "3")
	mine, other := b.worker(), b.worker()
	b.step(mine, 1)
	b.step(other, 0)
	if n, err := other.StepOf(t.Context(), 1); n != 0 || err != nil {
		t.Errorf("a job of another worker by its number: got %d, %v, want 0", n, err)
	}
	b.clock.Advance(term - time.Second)
	b.step(mine, 1) // renews the claim
	b.clock.Advance(term - time.Second)
	b.step(other, 0)
	b.step(mine, 1)
	b.want(3)
	b.clock.Advance(time.Hour)
	b.step(mine, 0)
	b.step(other, 0)
}

// TestLost: whoever was away for longer than the claim, or dead, does nothing to a job
// that another worker goes on with, and takes nothing from it by giving back.
func TestLost(t *testing.T) {
	t.Parallel()
	b := newBench(t, "5")
	slow, dead, other := b.worker(), b.worker(), b.worker()
	b.step(dead, 1)
	b.clock.Advance(term)
	b.step(slow, 1)
	b.clock.Advance(term)
	b.step(other, 1)
	b.want(3)
	b.step(slow, 1) // finds that it is another worker's
	b.want(3)
	b.step(slow, 0)
	if err := dead.Release(t.Context()); err != nil {
		t.Error(err)
	}
	b.step(slow, 0)
	b.step(other, 1)
	b.step(other, 1)
	b.want(5)
	b.step(dead, 0)
	b.order(1, 1, 1, 1, 1)
}

// TestGivesBack: what a worker gives back waits for nobody's claim to run out.
func TestGivesBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, "3")
	mine, other := b.worker(), b.worker()
	b.step(mine, 1)
	for range 2 {
		if err := mine.Release(t.Context()); err != nil {
			t.Error(err)
		}
	}
	b.step(other, 1)
	b.step(mine, 0)
	b.step(other, 1)
	b.want(3)
}

// TestTurns: a long job goes behind the others after its turn.
func TestTurns(t *testing.T) {
	t.Parallel()
	b := newBench(t, "5", "1", "3")
	b.turn = 2
	w := b.worker()
	for range 9 {
		b.step(w, 1)
		b.clock.Advance(time.Second)
	}
	b.step(w, 0)
	b.want(5, 1, 3)
	b.order(1, 1, 2, 3, 3, 1, 1, 3, 1)
}

// TestOneByNumber: a worker that is asked for one job gives back the one it holds.
func TestOneByNumber(t *testing.T) {
	t.Parallel()
	b := newBench(t, "3", "3")
	w, other := b.worker(), b.worker()
	b.step(w, 1)
	if n, err := w.StepOf(t.Context(), 2); n != 1 || err != nil {
		t.Errorf("the second job: got %d, %v, want 1", n, err)
	}
	b.want(1, 1)
	b.step(other, 1)
	b.want(2, 1)
	if n, err := w.StepOf(t.Context(), 3); n != 0 || err != nil {
		t.Errorf("no job: got %d, %v, want 0", n, err)
	}
}

// TestAlwaysFails: a job that cannot be done keeps nobody waiting, whatever keeps it
// from being done, and is tried again.
func TestAlwaysFails(t *testing.T) {
	t.Parallel()
	const wait = time.Minute
	tests := map[string]struct {
		err  error
		code enrolld.Code  // of the step
		rest time.Duration // for which it is left alone
	}{
		"a fault":               {errors.New("division by zero"), enrolld.Internal, wait},
		"a site that is away":   {enrolld.Errorf(enrolld.Unavailable, "a table is missing"), enrolld.Unavailable, 0},
		"an account at a pause": {jobs.ErrPaused, "", wait},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "2", "2")
			tries := 0
			b.fail = func(c *counting) error {
				if c.id != 1 || tries == 3 {
					return nil
				}
				tries++
				return tt.err
			}
			w := b.worker()
			try := func() {
				t.Helper()
				if tt.code == "" {
					b.step(w, 1)
				} else {
					b.failed(w, tt.code)
				}
			}
			b.clock.Advance(time.Second)
			try()
			b.step(w, 1)
			b.step(w, 1)
			b.want(0, 2)
			for range 2 {
				if b.clock.Advance(tt.rest - min(tt.rest, time.Second)); tt.rest > 0 {
					b.step(w, 0)
					b.clock.Advance(time.Second)
				}
				try()
			}
			b.clock.Advance(tt.rest)
			b.step(w, 1)
			b.step(w, 1)
			b.want(2, 2)
		})
	}
}

// TestDatabaseAway: while the database is, a worker holds on to its job, and goes on.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	b := newBench(t, "3", "1")
	w, other := b.worker(), b.worker()
	b.step(w, 1)
	away, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Step(away); enrolld.CodeOf(err) != enrolld.Unavailable {
		t.Errorf("without a database: got %v, want unavailable", err)
	}
	b.step(other, 1)
	b.want(1, 1)
	b.step(w, 1)
	b.step(w, 1)
	b.want(3, 1)
}

// TestUnreadable: a row that cannot be read stands in nobody's way.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	b := newBench(t, "x", "2")
	w := b.worker()
	b.failed(w, enrolld.Internal)
	b.step(w, 1)
	b.step(w, 1)
	b.want(0, 2)
	b.step(w, 0)
	b.exec(`UPDATE counting SET wants = '1' WHERE id = 1`)
	b.clock.Advance(term)
	b.step(w, 1)
	b.want(1, 2)
}

// TestOtherClocks has workers whose clocks are hours apart, and jump, work on the same
// jobs at once: every step is done, each once and in order.
func TestOtherClocks(t *testing.T) {
	t.Parallel()
	const wants = 12
	b := newBench(t, fmt.Sprint(wants), fmt.Sprint(wants), fmt.Sprint(wants))
	b.turn = 3
	clocks := make([]*storetest.Clock, 4)
	var all sync.WaitGroup
	for i := range clocks {
		clocks[i] = storetest.NewClock()
		clocks[i].Set(b.clock.Now().Add(time.Duration(i-1) * time.Hour))
		db := storetest.Open(t, b.db.Name(), 2)
		db.SetClock(clocks[i].Now)
		w := b.workerOn(db)
		all.Go(func() {
			for n := range 400 {
				if _, err := w.Step(t.Context()); err != nil {
					t.Errorf("worker %d: %v", i, err)
				}
				clocks[i].Advance([]time.Duration{2 * term, -term, term, time.Second}[(n+i)%4])
			}
		})
	}
	all.Wait()
	b.want(wants, wants, wants)
	if got := b.ints(`SELECT COUNT(*) FROM counted`); got[0] != 3*wants {
		t.Errorf("%d steps were done, want %d", got[0], 3*wants)
	}
}
