package service

import (
	"context"
	"log/slog"
	"time"
)

// step does one piece of a queue's work and returns how much it found.
type step func(context.Context) (int, error)

// bell wakes a loop. Ringing it twice before it is heard is ringing it once.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// loop runs a step again and again: at once while there is work, after idle or
// a wake-up when there is none, after a growing pause when it fails. It ends
// when stop is closed, after the step that is under way; ctx cuts that short.
type loop struct {
	name string
	step step
	idle time.Duration
	wake bell
	log  *slog.Logger
	end  func(context.Context) error // after the last step; may be nil
}

const (
	firstPause = 500 * time.Millisecond
	maxPause   = 15 * time.Second
)

func (l loop) run(ctx context.Context, stop <-chan struct{}) {
	defer l.finish(ctx)
	pause := firstPause
	for {
		wait := l.idle
		n, err := l.step(ctx)
		switch {
		case err != nil:
			l.log.ErrorContext(ctx, "worker failed", "worker", l.name, "error", err, "again_in", pause)
			wait, pause = pause, min(2*pause, maxPause)
		case n > 0:
			wait, pause = 0, firstPause
		default:
			pause = firstPause
		}
		if !l.rest(ctx, stop, wait, err == nil) {
			return
		}
	}
}

// rest waits and says whether to go on.
func (l loop) rest(ctx context.Context, stop <-chan struct{}, wait time.Duration, wakes bool) bool {
	wake := l.wake
	if !wakes {
		wake = nil // what just failed is not tried faster because more of it comes
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-stop:
		return false
	case <-ctx.Done():
		return false
	default:
	}
	select {
	case <-timer.C:
	case <-wake:
	case <-stop:
		return false
	case <-ctx.Done():
		return false
	}
	return true
}
