package bulk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
)

// Options of a Worker. The zero values are for production.
type Options struct {
	Log *slog.Logger
	// Batch is how many customers are worked on in one transaction.
	Batch int
	// Lease is how long a claim holds: longer than the slowest batch.
	Lease time.Duration
	// Queued is told when a transaction left mail or signals in their queues.
	Queued func()
}

// Defaults of Options.
const (
	DefaultBatch = 500
	leaseTerm    = time.Minute
	placeTTL     = 5 * time.Second
	turn         = 20          // batches, after which an action waits behind the others: they may be small, and of other accounts
	holdFor      = time.Minute // of those whose account is paused, or which fail as a whole
	// maxFailed is how many customers may fail one after the other before the action
	// stops: then it is not they that are wrong.
	maxFailed = 50
)

// Worker does what bulk actions want, batch by batch. Several may run at once, in
// one process and in many: each action is one worker's at a time.
type Worker struct {
	x   *Bulks
	opt Options

	mu   sync.Mutex // guards held; taken for a whole Step
	held *work
}

// work is an action that a worker holds.
type work struct {
	Bulk
	lease   store.Lease
	place   provision.Place
	placeAt time.Time // when place was read
	failed  int       // customers who failed one after the other
	batches int       // that were done since it was claimed
}

// NewWorker makes a Worker.
func NewWorker(db *store.DB, opt Options) *Worker {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Batch == 0 {
		opt.Batch = DefaultBatch
	}
	if opt.Lease == 0 {
		opt.Lease = leaseTerm
	}
	if opt.Queued == nil {
		opt.Queued = func() {}
	}
	return &Worker{x: On(db), opt: opt}
}

// errLost says that an action is another's now, or was changed by somebody.
var errLost = enrolld.Errorf(enrolld.Conflict, "somebody changed this bulk action, or another worker has it")

// Step does one batch of the action that has waited longest. It returns 0 when
// there is nothing to do.
func (w *Worker) Step(ctx context.Context) (int, error) { return w.step(ctx, 0) }

// StepOf does one batch of an action; 0 when it does not wait for a worker, or
// another one has it.
func (w *Worker) StepOf(ctx context.Context, id int64) (int, error) { return w.step(ctx, id) }

func (w *Worker) step(ctx context.Context, only int64) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held == nil {
		held, err := w.claim(ctx, only)
		if err != nil || held == nil {
			return 0, err
		}
		w.held = held
	}
	ended, err := w.work(ctx, w.held)
	switch {
	case errors.Is(err, errLost):
		return 1, w.release(ctx, 0) // whoever has the lease now, reads where it stands
	case enrolld.CodeOf(err) == enrolld.Unavailable:
		return 0, err // it stays ours, and is tried again
	case err != nil:
		return 0, errors.Join(err, w.release(ctx, holdFor))
	case ended:
		w.held = nil
		return 1, nil
	}
	if w.held.batches++; w.held.batches >= turn {
		return 1, w.release(ctx, 0)
	}
	return 1, nil
}

// work does one batch; ended: the action waits for no worker any more.
func (w *Worker) work(ctx context.Context, h *work) (ended bool, err error) {
	if now := w.x.db.Now(); h.placeAt.IsZero() || now.Sub(h.placeAt) >= placeTTL {
		place, err := provision.LoadPlace(ctx, w.x.db, h.AccountID)
		if err != nil {
			return false, enrolld.Wrap(enrolld.Unavailable, err, "%s", enrolld.MessageOf(err))
		}
		h.place, h.placeAt = place, now
	}
	if h.State == Gathering {
		return w.gather(ctx, h, h.place)
	}
	if h.place.Account.PausedAt != nil {
		return true, w.release(ctx, holdFor)
	}
	defer w.opt.Queued()
	if h.State == Undoing {
		return w.undo(ctx, h, h.place)
	}
	return w.run(ctx, h, h.place)
}

// claim leases the action that is due longest, or the one that is named.
func (w *Worker) claim(ctx context.Context, only int64) (*work, error) {
	h := &work{lease: store.NewLease()}
	err := w.x.db.InTx(ctx, func(tx *store.Tx) error {
		where, args := `due_at <= ?`, []any{tx.Now()}
		if only != 0 {
			where, args = `due_at <= ? AND id = ?`, append(args, only)
		}
		list, err := store.Collect(ctx, tx, scanBulk,
			`SELECT `+bulkColumns+` WHERE `+where+` ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED`, args...)
		if err != nil || len(list) == 0 {
			h.Bulk = Bulk{}
			return err
		}
		h.Bulk = list[0]
		_, err = tx.ExecContext(ctx, `UPDATE enrolld_bulks SET lease = ?, due_at = ? WHERE id = ?`, h.lease[:], tx.Now().Add(w.opt.Lease), h.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim a bulk action: %w", err)
	}
	if h.ID == 0 {
		return nil, nil //nolint:nilnil // nothing is due, which is no error
	}
	return h, nil
}

// release gives the held action back, to be claimed after a while.
func (w *Worker) release(ctx context.Context, after time.Duration) error {
	h := w.held
	w.held = nil
	if h == nil {
		return nil
	}
	_, err := w.x.db.Conn().ExecContext(ctx, `UPDATE enrolld_bulks SET lease = '', due_at = ? WHERE id = ? AND lease = ?`,
		w.x.db.Now().Add(after), h.ID, h.lease[:])
	return store.Classify(err)
}

// Release gives back what the worker holds, before it ends: another worker need
// not wait for the lease to run out.
func (w *Worker) Release(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.release(ctx, 0)
}

// keep notes how far the held action is, in the transaction that brought it there;
// errLost when it is not ours any more, or stands elsewhere.
func (w *Worker) keep(ctx context.Context, tx *store.Tx, h *work, next Bulk) error {
	var due any
	if next.State.Waits() {
		due = tx.Now().Add(w.opt.Lease)
	}
	res, err := tx.ExecContext(ctx, `UPDATE enrolld_bulks SET state = ?, counts = ?, gathered = ?, position = ?, note = ?, due_at = ?,
		ready_at = ?, finished_at = ? WHERE id = ? AND lease = ? AND state = ? AND gathered = ? AND position = ?`,
		string(next.State), encode(next.Tally), next.gathered, next.position, cut(next.Note, 500), due, next.ReadyAt, next.EndedAt,
		h.ID, h.lease[:], string(h.State), h.gathered, h.position)
	if err != nil {
		return fmt.Errorf("note how far a bulk action is: %w", err)
	}
	return wantOne(res)
}

func wantOne(res sql.Result) error {
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		err = errLost
	}
	return err
}

// Prepare puts a set together at once, if it is small, so that nobody waits for a
// worker: up to some batches.
func (x *Bulks) Prepare(ctx context.Context, id int64) error {
	const batches = 3
	w := NewWorker(x.db, Options{})
	for range batches {
		n, err := w.StepOf(ctx, id)
		if err != nil {
			return errors.Join(err, w.Release(ctx))
		}
		if n == 0 || w.held == nil {
			break
		}
	}
	return w.Release(ctx)
}
