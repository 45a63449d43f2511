package service

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// diary is a step that writes down when it ran.
type diary struct {
	mu    sync.Mutex
	begin time.Time
	at    []time.Duration
	do    func(run int) (int, error) // run counts from 1
}

func (d *diary) step(context.Context) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = append(d.at, time.Since(d.begin))
	return d.do(len(d.at))
}

func (d *diary) entries() []time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]time.Duration(nil), d.at...)
}

var errBroken = errors.New("broken")

// TestLoop lets loops run in a time of their own and compares when they stepped.
func TestLoop(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	for _, tt := range []struct {
		name   string
		do     func(int) (int, error)
		wakes  []time.Duration // pauses before each wake-up
		lasts  time.Duration
		stepat []time.Duration
	}{
		{
			name:  "idle",
			do:    func(int) (int, error) { return 0, nil },
			lasts: 25 * s, stepat: []time.Duration{0, 10 * s, 20 * s},
		},
		{
			name:  "work is done without a pause",
			do:    func(n int) (int, error) { return max(0, 4-n), nil },
			lasts: 11 * s, stepat: []time.Duration{0, 0, 0, 0, 10 * s},
		},
		{
			name:  "a wake-up ends a pause",
			do:    func(int) (int, error) { return 0, nil },
			wakes: []time.Duration{3 * s, s}, lasts: 15 * s, stepat: []time.Duration{0, 3 * s, 4 * s, 14 * s},
		},
		{
			name:  "failures are repeated ever more slowly",
			do:    func(int) (int, error) { return 0, errBroken },
			lasts: 61 * s, stepat: []time.Duration{
				0, 500 * ms, 1500 * ms, 3500 * ms, 7500 * ms, 15500 * ms, 30500 * ms, 45500 * ms, 60500 * ms,
			},
		},
		{
			name:  "a wake-up does not hurry what fails",
			do:    func(int) (int, error) { return 0, errBroken },
			wakes: []time.Duration{100 * ms, 100 * ms}, lasts: 1600 * ms, stepat: []time.Duration{0, 500 * ms, 1500 * ms},
		},
		{
			name: "a success forgets the failures",
			do: func(n int) (int, error) {
				return 0, map[bool]error{true: errBroken}[n < 3 || n == 4]
			},
			lasts: 12500 * ms, stepat: []time.Duration{0, 500 * ms, 1500 * ms, 11500 * ms, 12000 * ms},
		},
		{
			name:  "a failure after work rests too",
			do:    func(n int) (int, error) { return 1, map[bool]error{true: errBroken}[n == 2 || n == 3] },
			lasts: 1400 * ms, stepat: []time.Duration{0, 0, 500 * ms},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &diary{begin: time.Now(), do: tt.do}
				wake, stop, ended := make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
				l := loop{name: "test", step: d.step, idle: 10 * s, wake: wake, log: slog.New(slog.DiscardHandler)}
				go func() {
					defer close(ended)
					l.run(t.Context(), stop)
				}()
				end := time.NewTimer(tt.lasts)
				for _, pause := range tt.wakes {
					<-time.After(pause)
					wake <- struct{}{}
					synctest.Wait()
					select { // as a full wake-up does, it waits for the next step
					case <-wake:
					default:
					}
				}
				<-end.C
				close(stop)
				<-ended
				if diff := cmp.Diff(tt.stepat, d.entries()); diff != "" {
					t.Errorf("steps (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestLoopEnds: at its end a loop finishes the step under way and begins no other.
func TestLoopEnds(t *testing.T) {
	for name, end := range map[string]func(stop, cancel func()){
		"stopped": func(stop, _ func()) { stop() },
		"cut":     func(_, cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				stop, ended := make(chan struct{}), make(chan struct{})
				var begun, done int
				var cut error
				step := func(ctx context.Context) (int, error) {
					begun++
					select {
					case <-time.After(time.Minute):
						done++
					case <-ctx.Done():
						cut = ctx.Err()
					}
					return 1, ctx.Err()
				}
				l := loop{name: "test", step: step, idle: time.Second, log: slog.New(slog.DiscardHandler)}
				go func() {
					defer close(ended)
					l.run(ctx, stop)
				}()
				<-time.After(90 * time.Second)
				end(func() { close(stop) }, cancel)
				<-ended
				wantDone := map[string]int{"stopped": 2, "cut": 1}[name]
				if begun != 2 || done != wantDone || (cut != nil) != (name == "cut") {
					t.Errorf("begun %d, done %d, cut short by %v; want 2 begun, %d done", begun, done, cut, wantDone)
				}
			})
		})
	}
}
