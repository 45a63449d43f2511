package mailer

import (
	"context"
	"sync"
	"time"
)

// pace spreads messages evenly. The zero interval lets all pass.
type pace struct {
	interval time.Duration

	mu   sync.Mutex
	next time.Time // when the next message may go
}

// newPace makes a pace of so many messages per second; 0 is no limit.
func newPace(perSecond float64) *pace {
	p := &pace{}
	if perSecond > 0 {
		p.interval = time.Duration(float64(time.Second) / perSecond)
	}
	return p
}

// reserve returns when the caller may go, and moves the others behind it.
func (p *pace) reserve(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.next
	if at.Before(now) {
		at = now
	}
	p.next = at.Add(p.interval)
	return at
}

// wait returns when it is the caller's turn, or with ctx's error.
func (p *pace) wait(ctx context.Context) error {
	if p.interval == 0 {
		return ctx.Err()
	}
	now := time.Now()
	timer := time.NewTimer(p.reserve(now).Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
