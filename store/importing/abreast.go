package importing

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"enrolld"
	"enrolld/store/provision"
	"enrolld/store/wordpress"
)

// lanes is how many parts of a batch are worked on at a time: while the database
// writes one, the next are made ready or written beside it. A fourth adds little, and
// purchases want their share of the database.
const lanes = 3

// patience is how long a part that is done waits for the one before it, holding
// its locks. It may be these that the other needs, which no database can see.
const patience = 3 * time.Second

// convoy takes the parts of a batch in side by side. Each is one transaction, and
// they commit in the order of the file: a part waits with the note how far the file
// is read until the one before it has committed, and is rolled back when that
// fails. So whoever looks, or dies, finds a whole beginning of the file.
type convoy struct {
	w     *Worker
	h     *work
	names *wordpress.Names
	lanes chan struct{}
	group sync.WaitGroup
	parts []*part
	fails atomic.Bool
}

// part is some rows on their way into the database.
type part struct {
	lines    []line
	last     bool // the file ends with it
	before   *part
	beside   provision.Beside
	patience time.Duration
	locked   chan struct{} // closed when its customers are locked, or it is over
	over     chan struct{} // closed when it is over; err says how
	err      error
	panics   any
}

func (w *Worker) convoy(h *work) *convoy {
	return &convoy{w: w, h: h, names: wordpress.NewNames(), lanes: make(chan struct{}, lanes)}
}

// start begins with a part, once there is a free lane and the customers of the part
// before are locked: so they are locked and numbered in the order of the file.
func (c *convoy) start(ctx context.Context, lines []line, last bool) {
	c.lanes <- struct{}{}
	p := &part{lines: lines, last: last, patience: c.w.patience, locked: make(chan struct{}), over: make(chan struct{})}
	p.beside = provision.Beside{Names: c.names.Side(), Locked: sync.OnceFunc(func() { close(p.locked) })}
	if n := len(c.parts); n > 0 {
		p.before = c.parts[n-1]
		<-p.before.locked
	}
	c.parts = append(c.parts, p)
	c.group.Go(func() {
		defer func() {
			if p.panics = recover(); p.panics != nil {
				p.err = errGaveWay
			}
			if p.err != nil {
				c.fails.Store(true)
			}
			p.beside.Locked()
			close(p.over)
			<-c.lanes
		}()
		p.err = c.w.commit(ctx, c.h, lines, last, p)
	})
}

// errGaveWay says that a part was rolled back, for the sake of one before it.
var errGaveWay = enrolld.Errorf(enrolld.Conflict, "the rows before these were not taken")

// turn waits until the part may commit.
func (p *part) turn(ctx context.Context) error {
	if p == nil || p.before == nil {
		return nil
	}
	wait := time.NewTimer(p.patience)
	defer wait.Stop()
	select {
	case <-p.before.over:
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		return errGaveWay
	}
	if p.before.err != nil {
		return errGaveWay
	}
	return nil
}

// wait returns when all parts are over: those that were not committed, and why the
// first of them was not.
func (c *convoy) wait() (rest []*part, err error) {
	c.group.Wait()
	for i, p := range c.parts {
		if p.panics != nil {
			panic(p.panics)
		}
		if p.err != nil {
			return c.parts[i:], p.err
		}
	}
	return nil, nil
}
