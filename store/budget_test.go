package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld/store"
)

var three = store.Budget{Every: time.Hour, Burst: 3}

func TestSpend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, step := range []struct {
		after time.Duration
		want  time.Duration // how long to wait; 0: spent one
	}{
		{0, 0}, {0, 0}, {0, 0}, {0, time.Hour}, {20 * time.Minute, 40 * time.Minute}, {40 * time.Minute, 0}, {0, time.Hour},
		{10 * time.Hour, 0}, {0, 0}, {0, 0}, {0, time.Hour},
	} {
		w.clock.Advance(step.after)
		left, err := w.db.Left(t.Context(), "sign-in of ann", three)
		w.check(err)
		got, err := w.db.Spend(t.Context(), "sign-in of ann", three)
		w.check(err)
		if got != step.want || left != step.want {
			t.Errorf("at %v: Spend = %v, Left = %v, want %v", w.clock.Now(), got, left, step.want)
		}
	}
	other, err := w.db.Spend(t.Context(), "sign-in of bob", three)
	w.check(err)
	if other != 0 {
		t.Errorf("another budget: wait %v, want none", other)
	}
	w.clock.Advance(100 * time.Hour)
	w.check(w.db.SweepBudgets(t.Context()))
	w.want(`SELECT COUNT(*) FROM enrolld_budgets`, "0")
}

// A clock that was ahead for a while keeps nobody out for longer than the budget is.
func TestSpendAfterTheClockWasAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	right := w.clock.Now()
	w.clock.Advance(1000 * time.Hour)
	for range 3 {
		if wait, err := w.db.Spend(t.Context(), "sign-in of ann", three); err != nil || wait != 0 {
			t.Fatalf("Spend = %v, %v", wait, err)
		}
	}
	w.clock.Set(right)
	left, err := w.db.Left(t.Context(), "sign-in of ann", three)
	w.check(err)
	got, err := w.db.Spend(t.Context(), "sign-in of ann", three)
	w.check(err)
	if got != time.Hour || left != time.Hour {
		t.Errorf("Spend = %v, Left = %v, want an hour: the budget is empty, and no more than that", got, left)
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"198.51.100.7": "198.51.100.7", "::ffff:198.51.100.7": "198.51.100.7", "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "": "", "invalid IP": "invalid IP",
	} {
		if got := store.Place(addr); got != want {
			t.Errorf("Place(%q) = %q, want %q", addr, got, want)
		}
	}
}

// TestSpendAtOnce: however many spend at once, on two replicas, no more than the
// budget is spent.
func TestSpendAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	replicas := []*store.DB{w.db, w.replica(4)}
	type answer struct {
		wait time.Duration
		err  error
	}
	answers := make(chan answer)
	for i := range 12 {
		go func() {
			wait, err := replicas[i%2].Spend(context.WithoutCancel(t.Context()), "one", three)
			answers <- answer{wait, err}
		}()
	}
	spent := 0
	for range 12 {
		a := <-answers
		w.check(a.err)
		if a.wait == 0 {
			spent++
		}
	}
	if spent != three.Burst {
		t.Errorf("spent %d, want %d", spent, three.Burst)
	}
}

// TestHoldBudgets: several at once, of which some are spent; nothing counts when
// the transaction fails.
func TestHoldBudgets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	spend := func(times map[string]int, fail error) error {
		return w.db.InTx(t.Context(), func(tx *store.Tx) error {
			held, err := tx.HoldBudgets(t.Context(), three, "a", "b", "c")
			if err != nil {
				return err
			}
			for i, name := range []string{"a", "b", "c"} {
				for range times[name] {
					held[i].Spend()
				}
			}
			return errors.Join(tx.SaveBudgets(t.Context(), held), fail)
		})
	}
	failure := errors.New("failed")
	if err := spend(map[string]int{"a": 3, "b": 3, "c": 3}, failure); !errors.Is(err, failure) {
		t.Fatal(err)
	}
	w.check(spend(map[string]int{"a": 3, "b": 1}, nil))
	w.check(spend(map[string]int{"a": 5, "b": 1}, nil))
	var got []time.Duration
	for _, name := range []string{"a", "b", "c"} {
		_, err := w.db.Spend(t.Context(), name, three)
		w.check(err)
		wait, err := w.db.Left(t.Context(), name, three)
		w.check(err)
		got = append(got, wait)
	}
	if diff := cmp.Diff([]time.Duration{time.Hour, time.Hour, 0}, got); diff != "" {
		t.Errorf("waits afterwards (-want +got):\n%s", diff)
	}
}
