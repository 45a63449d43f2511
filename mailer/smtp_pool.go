package mailer

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"
)

// relay is one SMTP relay with its connections.
type relay struct {
	cfg   Config
	pace  *pace
	slots chan struct{} // one element per connection in use
	pause time.Duration // how long a relay that cannot be reached is left alone

	mu        sync.Mutex // guards what follows
	idle      []*idleConn
	downUntil time.Time
	downErr   *SendError
	closed    bool

	goodbyes sync.WaitGroup // timers that close idle connections
}

// idleConn waits for its next message or its end. Whoever takes it out of
// relay.idle owns it.
type idleConn struct {
	*conn
	timer *time.Timer
}

// relayPause keeps a batch from knocking at a dead relay once per message.
const relayPause = 10 * time.Second

func newRelay(cfg Config) *relay {
	cfg = cfg.withDefaults()
	return &relay{
		cfg: cfg, pace: newPace(cfg.Rate), pause: relayPause,
		slots: make(chan struct{}, cfg.Connections),
	}
}

// send tries this relay. other says that another relay may be tried: this one was
// not reached, or broke off before it had any of the content.
func (r *relay) send(ctx context.Context, env *envelope) (response string, other bool, err *SendError) {
	if err := r.down(); err != nil {
		return "", true, err
	}
	if err := r.pace.wait(ctx); err != nil {
		return "", false, stopped(err)
	}
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return "", false, stopped(ctx.Err())
	}
	if c := r.take(); c != nil {
		o := r.deliverOn(ctx, c, env)
		if !o.stale() || ctx.Err() != nil {
			return o.response, false, o.err
		}
		// It had grown old in the pool; that is no failure of the message.
	}
	c, err := r.connect(ctx)
	if err != nil {
		return "", true, err
	}
	o := r.deliverOn(ctx, c, env)
	if o.slow() && ctx.Err() == nil {
		r.leaveAlone(o.err)
	}
	return o.response, o.unwilling(), o.err
}

// unwilling says whether another relay may do better: the connection broke before
// the content, or the relay wants nothing of us for now, whoever the recipient is.
func (o outcome) unwilling() bool {
	if o.err == nil {
		return false
	}
	return o.broken && o.stage < stageContent || o.stage == stageMail && o.err.Code >= 400 && o.err.Code < 500
}

// slow says whether the relay did not answer in time before it had anything: the next
// message would wait as long.
func (o outcome) slow() bool {
	return o.broken && o.stage < stageContent && o.err != nil && errors.Is(o.err, os.ErrDeadlineExceeded)
}

// leaveAlone passes the relay over for a while.
func (r *relay) leaveAlone(why *SendError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.downErr, r.downUntil = why, time.Now().Add(r.pause)
}

// stale says whether a pooled connection ended in a way that a new one may cure:
// it broke before the content, or the relay has had enough of it.
func (o outcome) stale() bool {
	if o.err == nil || o.stage >= stageContent {
		return false
	}
	return o.broken || o.stage == stageMail && o.err.Code >= 400 && o.err.Code < 500
}

func (r *relay) deliverOn(ctx context.Context, c *conn, env *envelope) outcome {
	o := outcome{}
	// Also after a panic: the connection must not leak, nor be used again.
	defer func() {
		if o.keep {
			r.put(c)
		} else {
			_ = c.raw.Close()
		}
	}()
	o = c.deliver(ctx, env)
	return o
}

// connect opens a connection and notes when that fails, or works again.
func (r *relay) connect(ctx context.Context) (*conn, *SendError) {
	c, err := dial(ctx, r.cfg)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.downErr = nil
		return c, nil
	}
	var e *SendError
	if !errors.As(err, &e) {
		e = &SendError{cause: err, Response: "the relay cannot be reached"}
	}
	if ctx.Err() == nil {
		r.downErr, r.downUntil = e, time.Now().Add(r.pause) // as in leaveAlone; r.mu is held
	}
	return nil, e
}

// down returns the last failure to connect while it is fresh.
func (r *relay) down() *SendError {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.downErr != nil && time.Now().Before(r.downUntil) {
		return r.downErr
	}
	return nil
}

// take hands out the connection used last, nil when none is idle.
func (r *relay) take() *conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.idle) == 0 {
		return nil
	}
	c := r.idle[len(r.idle)-1]
	r.idle = r.idle[:len(r.idle)-1]
	if c.timer.Stop() {
		r.goodbyes.Done()
	}
	return c.conn
}

// put keeps c for the next message, or for the idle time.
func (r *relay) put(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		_ = c.raw.Close()
		return
	}
	i := &idleConn{conn: c}
	r.goodbyes.Add(1)
	i.timer = time.AfterFunc(r.cfg.Idle, func() {
		defer r.goodbyes.Done()
		if r.remove(i) {
			c.quit()
		}
	})
	r.idle = append(r.idle, i)
}

// remove takes i out and says whether it was still there.
func (r *relay) remove(i *idleConn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n, other := range r.idle {
		if other == i {
			r.idle = append(r.idle[:n], r.idle[n+1:]...)
			return true
		}
	}
	return false
}

// close ends the idle connections and waits for it. Those in use end with their
// message.
func (r *relay) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	for c := r.take(); c != nil; c = r.take() {
		r.goodbyes.Go(c.quit)
	}
	r.goodbyes.Wait()
}

func stopped(err error) *SendError {
	return &SendError{cause: err, Response: "stopped before it was sent"}
}
