package store

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"enrolld"
)

// Inbox stores deliveries durably. Those that come at the same time share one
// commit: while one batch is being written the next one gathers, so a lone
// delivery never waits for company, and a crowd pays for one flush.
type Inbox struct {
	pool    *sql.DB // the writers' own, so that busy workers cannot keep deliveries out
	in      chan *pending
	writers sync.WaitGroup
	stop    chan struct{}
	ended   chan struct{} // closed when the writers have ended
}

// pending is a delivery whose sender waits for the answer.
type pending struct {
	row  []any
	size int
	done chan error // buffered: the writer never waits for the sender
}

// Limits of one batch, and how many batches may be under way at once: while one
// waits for the disk another one is being sent.
const (
	inboxBatch   = 128
	inboxBytes   = 4 << 20
	inboxWriters = 2
	inboxTimeout = 10 * time.Second
)

// NewInbox starts the writers. Close ends them.
func NewInbox(db *DB) *Inbox {
	b := &Inbox{pool: sql.OpenDB(db.connect), in: make(chan *pending, inboxBatch*inboxWriters), stop: make(chan struct{}), ended: make(chan struct{})}
	b.pool.SetMaxOpenConns(inboxWriters)
	for range inboxWriters {
		b.writers.Add(1)
		go b.write()
	}
	return b
}

// Put stores a delivery and returns once it is durable. A delivery that is known
// by its key already counts as stored. An error means that the sender must try
// again; it has code Unavailable when the database is away.
func (b *Inbox) Put(ctx context.Context, d Delivery) error {
	p := &pending{row: d.row(), size: len(d.Body), done: make(chan error, 1)}
	closing := enrolld.Errorf(enrolld.Unavailable, "the service is shutting down")
	select {
	case b.in <- p:
	case <-b.stop:
		return closing
	case <-ctx.Done():
		return Classify(ctx.Err())
	}
	select {
	case err := <-p.done:
		return err
	case <-b.ended: // it came too late to be written, or was written last
		select {
		case err := <-p.done:
			return err
		default:
			return closing
		}
	case <-ctx.Done():
		return Classify(ctx.Err()) // perhaps stored all the same: the retry is a duplicate then
	}
}

// Close waits for what was taken in to be written. A Put that comes later fails.
func (b *Inbox) Close() {
	close(b.stop)
	b.writers.Wait()
	_ = b.pool.Close() // nothing is under way
	close(b.ended)
}

func (b *Inbox) write() {
	defer b.writers.Done()
	w := &inboxWriter{pool: b.pool}
	defer w.close()
	for {
		select {
		case p := <-b.in:
			w.flush(b.gather(p))
		case <-b.stop:
			for {
				select {
				case p := <-b.in:
					w.flush(b.gather(p))
				default:
					return
				}
			}
		}
	}
}

// gather adds to a first delivery whatever else is waiting already.
func (b *Inbox) gather(first *pending) []*pending {
	batch, size := []*pending{first}, first.size
	for len(batch) < inboxBatch && size < inboxBytes {
		select {
		case p := <-b.in:
			batch, size = append(batch, p), size+p.size
		default:
			return batch
		}
	}
	return batch
}

// Rejected keeps a request that was not proven authentic, for its owner to look
// at. It is never worked on; the caller limits how many are kept.
func (db *DB) Rejected(ctx context.Context, d Delivery) error {
	d.State = enrolld.DeliveryRejected
	d.Key = "rejected " + d.Key // never in the way of an authentic delivery
	return Classify(InsertRows(ctx, db.sql, insertDelivery, [][]any{d.row()}, countDuplicate))
}
