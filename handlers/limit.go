package handlers

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiter gives each key a budget of its own, and forgets keys that rest. The
// number of keys is bounded: when strangers bring too many at once, they share.
type limiter[K comparable] struct {
	every time.Duration // one event per
	burst int
	now   func() time.Time

	mu     sync.Mutex
	keys   map[K]*rate.Limiter
	swept  time.Time
	shared *rate.Limiter
}

const limiterKeys = 10_000

func newLimiter[K comparable](every time.Duration, burst int, now func() time.Time) *limiter[K] {
	return &limiter[K]{
		every: every, burst: burst, now: now, keys: map[K]*rate.Limiter{},
		shared: rate.NewLimiter(rate.Every(every/10), burst),
	}
}

// allow takes one event off the key's budget and says whether there was one.
func (l *limiter[K]) allow(key K) bool {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	lim, ok := l.keys[key]
	if !ok {
		l.sweep(now)
		if len(l.keys) >= limiterKeys {
			return l.shared.AllowN(now, 1)
		}
		lim = rate.NewLimiter(rate.Every(l.every), l.burst)
		l.keys[key] = lim
	}
	return lim.AllowN(now, 1)
}

// spent says whether the key's budget is used up, and takes nothing off it.
func (l *limiter[K]) spent(key K) bool {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	lim, ok := l.keys[key]
	if !ok {
		l.sweep(now)
		if len(l.keys) < limiterKeys {
			return false
		}
		lim = l.shared
	}
	return lim.TokensAt(now) < 1
}

// sweep forgets the keys whose budget is full again.
func (l *limiter[K]) sweep(now time.Time) {
	if now.Sub(l.swept) < l.every {
		return
	}
	l.swept = now
	for k, lim := range l.keys {
		if lim.TokensAt(now) >= float64(l.burst) {
			delete(l.keys, k)
		}
	}
}
