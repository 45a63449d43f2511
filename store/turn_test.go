package store_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestTakeTurn: once in a while, by one of all replicas.
func TestTakeTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	crowd := func() int32 {
		var taken atomic.Int32
		var wg sync.WaitGroup
		for range 6 {
			db := w.replica(2)
			wg.Go(func() {
				mine, err := db.TakeTurn(t.Context(), "reconcile:1", time.Hour)
				if err != nil {
					t.Error(err)
				}
				if mine {
					taken.Add(1)
				}
			})
		}
		wg.Wait()
		return taken.Load()
	}
	for _, tt := range []struct {
		pass time.Duration
		want int32
	}{{0, 1}, {0, 0}, {59 * time.Minute, 0}, {time.Minute, 1}, {time.Hour, 1}} {
		w.clock.Advance(tt.pass)
		if got := crowd(); got != tt.want {
			t.Errorf("after %s: %d took the turn, want %d", tt.pass, got, tt.want)
		}
	}
	if mine, err := w.db.TakeTurn(t.Context(), "reconcile:2", time.Hour); !mine || err != nil {
		t.Errorf("another turn: %t, %v", mine, err)
	}
}
