package bulk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"enrolld/store"
	"enrolld/store/jobs"
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
	turn         = 20 // batches, after which an action waits behind the others: they may be small, and of other accounts
	// maxFailed is how many customers may fail one after the other before the action
	// stops: then it is not they that are wrong.
	maxFailed = 50
)

// Worker does what bulk actions want, batch by batch. Several may run at once, in
// one process and in many: each action is one worker's at a time.
type Worker struct {
	*jobs.Worker[work]

	x   *Bulks
	opt Options
}

// work is an action that a worker holds.
type work struct {
	Bulk
	jobs.Hold

	failed int // customers who failed one after the other
}

// NewWorker makes a Worker.
func NewWorker(db *store.DB, opt Options) *Worker {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Batch == 0 {
		opt.Batch = DefaultBatch
	}
	if opt.Queued == nil {
		opt.Queued = func() {}
	}
	w := &Worker{x: On(db), opt: opt}
	w.Worker = jobs.NewWorker(db, jobs.Kind[work]{
		Name: "a bulk action", Table: "enrolld_bulks", Columns: bulkColumns, Turn: turn, Do: w.do,
		Scan: func(rows *sql.Rows, h *work) error { return scanBulk(rows, &h.Bulk) },
		ID:   func(h *work) int64 { return h.ID },
		Hold: func(h *work) *jobs.Hold { return &h.Hold },
	}, opt.Lease)
	return w
}

// do does one batch. A set is put together while the account is paused, too.
func (w *Worker) do(ctx context.Context, h *work) error {
	err := w.Place(ctx, &h.Hold, h.AccountID)
	if err != nil && (h.State != Gathering || !errors.Is(err, jobs.ErrPaused)) {
		return err
	}
	do := w.run
	switch h.State {
	case Gathering:
		do = w.gather
	case Undoing:
		do = w.undo
	}
	if h.State != Gathering {
		defer w.opt.Queued()
	}
	ended, err := do(ctx, h)
	if err == nil && ended {
		h.End()
	}
	return err
}

// keep notes how far the held action is, in the transaction that brought it there;
// jobs.ErrLost when it is not ours any more, or stands elsewhere.
func (w *Worker) keep(ctx context.Context, tx *store.Tx, h *work, next Bulk) error {
	var due any
	if next.State.Waits() {
		due = w.Until()
	}
	res, err := tx.ExecContext(ctx, `UPDATE enrolld_bulks SET state = ?, counts = ?, gathered = ?, position = ?, note = ?, due_at = ?,
		ready_at = ?, finished_at = ? WHERE id = ? AND lease = ? AND state = ? AND gathered = ? AND position = ?`,
		string(next.State), encode(next.Tally), next.gathered, next.position, cut(next.Note, 500), due, next.ReadyAt, next.EndedAt,
		h.ID, h.Lease[:], string(h.State), h.gathered, h.position)
	if err != nil {
		return fmt.Errorf("note how far a bulk action is: %w", err)
	}
	return jobs.WantOne(res)
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
		if n == 0 {
			break
		}
	}
	return w.Release(ctx)
}
