package integrations

import (
	"context"
	"crypto/sha256"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/jellydator/ttlcache/v3"
	"golang.org/x/sync/singleflight"

	"enrolld"
)

// Cache keeps answers of a platform's API for a while: certificates, tokens,
// the customer behind an id. Errors are not kept. A question that several ask at
// once is asked once.
type Cache[T any] struct {
	kept    *ttlcache.Cache[[sha256.Size]byte, T]
	flights singleflight.Group
}

// NewCache makes a cache of at most so many answers, each kept for ttl.
func NewCache[T any](most uint64, ttl time.Duration) *Cache[T] {
	return &Cache[T]{kept: ttlcache.New(
		ttlcache.WithCapacity[[sha256.Size]byte, T](most),
		ttlcache.WithTTL[[sha256.Size]byte, T](ttl),
		ttlcache.WithDisableTouchOnHit[[sha256.Size]byte, T](),
	)}
}

// Get returns the answer to a question, asking when it is not kept. The key's
// parts name the question and whose it is: put the API key among them where
// accounts see different answers. Only their hash is kept.
func (c *Cache[T]) Get(ctx context.Context, ask func(context.Context) (T, error), key ...string) (T, error) {
	sum := sha256.Sum256([]byte(Key(key...)))
	if item := c.kept.Get(sum); item != nil {
		return item.Value(), nil
	}
	ch := c.flights.DoChan(string(sum[:]), func() (_ any, err error) {
		defer func() { // it has a goroutine of its own, in which a panic ends the process
			if p := recover(); p != nil {
				err = enrolld.Wrap(enrolld.Internal, fmt.Errorf("panic: %v\n%s", p, debug.Stack()), "a platform's answer broke something")
			}
		}()
		// Who asked first may give up; the others still want the answer.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), APITimeout)
		defer cancel()
		v, err := ask(ctx)
		if err == nil {
			c.kept.Set(sum, v, ttlcache.DefaultTTL)
		}
		return v, err
	})
	var none T
	select {
	case <-ctx.Done():
		return none, enrolld.Wrap(enrolld.Unavailable, ctx.Err(), "the platform did not answer in time")
	case r := <-ch:
		v, ok := r.Val.(T)
		if !ok {
			v = none
		}
		return v, r.Err
	}
}

// Peek returns what is kept, asking nobody.
func (c *Cache[T]) Peek(key ...string) (T, bool) {
	if item := c.kept.Get(sha256.Sum256([]byte(Key(key...)))); item != nil {
		return item.Value(), true
	}
	var none T
	return none, false
}
