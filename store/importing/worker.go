package importing

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
	// Batch is how many rows are taken at a Step, Part how many of them in one
	// transaction; at most Batch.
	Batch, Part int
	// Lease is how long a claim holds: longer than the slowest transaction.
	Lease time.Duration
	// Queued is told when a transaction left mail or signals in their queues.
	Queued func()
}

// Defaults of Options.
const (
	DefaultBatch = 8000
	DefaultPart  = 1000
	leaseTerm    = time.Minute
	placeTTL     = 5 * time.Second
	holdFor      = time.Minute // of imports whose account is paused
)

// Worker takes imports in, batch by batch. Several may run at once, in one process
// and in many: each import is one worker's at a time. It holds an import from one
// Step to the next.
type Worker struct {
	x        *Imports
	opt      Options
	patience time.Duration // of a part for the one before it

	mu   sync.Mutex // guards held; taken for a whole Step
	held *work
}

// work is an import that a worker holds.
type work struct {
	Import
	lease   store.Lease
	place   provision.Place
	placeAt time.Time // when place was read
	rows    *rows     // behind Import.At; nil: to be opened
	refused int       // rows that were refused one after the other
}

// NewWorker makes a Worker.
func NewWorker(db *store.DB, opt Options) *Worker {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Batch == 0 {
		opt.Batch = DefaultBatch
	}
	if opt.Part == 0 {
		opt.Part = DefaultPart
	}
	opt.Part = min(opt.Part, opt.Batch)
	if opt.Lease == 0 {
		opt.Lease = leaseTerm
	}
	if opt.Queued == nil {
		opt.Queued = func() {}
	}
	return &Worker{x: On(db), opt: opt, patience: patience}
}

// Step does one batch of the import that has waited longest. It returns 0 when
// there is nothing to do.
func (w *Worker) Step(ctx context.Context) (int, error) { return w.step(ctx, 0) }

// StepOf does one batch of an import; 0 when it does not wait for a worker, or
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
	h := w.held
	n, err := w.work(ctx, h)
	if err != nil {
		h.rows = nil // it may stand behind rows that were not taken
	}
	switch {
	case errors.Is(err, errLost):
		// Paused, cancelled, another's; or a commit whose answer was lost. Whoever
		// has the lease now, reads where it stands.
		return 1, w.release(ctx, 0)
	case enrolld.CodeOf(err) == enrolld.Unavailable:
		return 0, err // it stays ours, and is tried again
	case err != nil:
		return 0, errors.Join(err, w.release(ctx, holdFor))
	}
	return n, nil
}

func (w *Worker) work(ctx context.Context, h *work) (int, error) {
	if h.State == Checking {
		w.held = nil // done or not: check ends the claim
		return 1, w.counted(ctx, h)
	}
	if now := w.x.db.Now(); h.placeAt.IsZero() || now.Sub(h.placeAt) >= placeTTL {
		place, err := provision.LoadPlace(ctx, w.x.db, h.AccountID)
		if err != nil {
			return 0, enrolld.Wrap(enrolld.Unavailable, err, "%s", enrolld.MessageOf(err))
		}
		h.place, h.placeAt = place, now
	}
	if h.place.Account.PausedAt != nil {
		return 0, w.release(ctx, holdFor)
	}
	defer w.opt.Queued()
	do := w.take
	if h.State == Undoing {
		do = w.undo
	}
	ended, err := do(ctx, h)
	if err == nil && ended {
		w.opt.Log.InfoContext(ctx, "import ended", "import", h.ID, "account", h.AccountID, "rows", h.Counts.Rows, "new", h.Counts.New)
		w.held = nil
	}
	return 1, err
}

// counted counts an import. What cannot be read is said in its note.
func (w *Worker) counted(ctx context.Context, h *work) error {
	err := w.x.check(ctx, h.Import, h.lease, w.opt.Lease, func(Import) {})
	if c := enrolld.CodeOf(err); c == enrolld.Invalid || errors.Is(err, errLost) {
		return nil
	}
	return err
}

// claim leases the import that is due longest, or the one that is named.
func (w *Worker) claim(ctx context.Context, only int64) (*work, error) {
	h := &work{lease: store.NewLease()}
	err := w.x.db.InTx(ctx, func(tx *store.Tx) error {
		where, args := `due_at <= ?`, []any{tx.Now()}
		if only != 0 {
			where, args = `due_at <= ? AND id = ?`, append(args, only)
		}
		list, err := store.Collect(ctx, tx, scanImport,
			`SELECT `+importColumns+` WHERE `+where+` ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED`, args...)
		if err != nil || len(list) == 0 {
			h.Import = Import{}
			return err
		}
		h.Import = list[0]
		_, err = tx.ExecContext(ctx, `UPDATE enrolld_imports SET lease = ?, due_at = ? WHERE id = ?`,
			h.lease[:], tx.Now().Add(w.opt.Lease), h.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim an import: %w", err)
	}
	if h.ID == 0 {
		return nil, nil //nolint:nilnil // nothing is due, which is no error
	}
	return h, nil
}

// release gives the held import back, to be claimed after a while.
func (w *Worker) release(ctx context.Context, after time.Duration) error {
	h := w.held
	w.held = nil
	if h == nil {
		return nil
	}
	err := w.x.hold(ctx, h.ID, h.lease, `lease = '', due_at = ?`, w.x.db.Now().Add(after))
	if errors.Is(err, errLost) {
		return nil
	}
	return err
}

// Release gives back what the worker holds, before it ends: another worker need
// not wait for the lease to run out.
func (w *Worker) Release(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.release(ctx, 0)
}

func wantOne(res sql.Result) error {
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		err = errLost
	}
	return err
}
