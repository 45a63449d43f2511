package importing

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/jobs"
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
	turn         = 5 // batches, after which an import waits behind the others: they may be small, and of other accounts
)

// Worker takes imports in, batch by batch. Several may run at once, in one process
// and in many: each import is one worker's at a time.
type Worker struct {
	*jobs.Worker[work]

	x        *Imports
	opt      Options
	patience time.Duration // of a part for the one before it
}

// work is an import that a worker holds.
type work struct {
	Import
	jobs.Hold

	rows    *rows // behind Import.At; nil: to be opened
	refused int   // rows that were refused one after the other
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
	if opt.Queued == nil {
		opt.Queued = func() {}
	}
	w := &Worker{x: On(db), opt: opt, patience: patience}
	w.Worker = jobs.NewWorker(db, jobs.Kind[work]{
		Name: "an import", Table: "enrolld_imports", Columns: importColumns, Turn: turn, Do: w.do,
		Scan: func(rows *sql.Rows, h *work) error { return scanImport(rows, &h.Import) },
		ID:   func(h *work) int64 { return h.ID },
		Hold: func(h *work) *jobs.Hold { return &h.Hold },
	}, opt.Lease)
	return w
}

// do does one batch.
func (w *Worker) do(ctx context.Context, h *work) (err error) {
	defer func() {
		if err != nil {
			h.rows = nil // it may stand behind rows that were not taken
		}
	}()
	if h.State == Checking {
		return w.counted(ctx, h)
	}
	if err := w.Place(ctx, &h.Hold, h.AccountID); err != nil {
		return err
	}
	defer w.opt.Queued()
	do := w.take
	if h.State == Undoing {
		do = w.undo
	}
	ended, err := do(ctx, h)
	if err == nil && ended {
		w.opt.Log.InfoContext(ctx, "import ended", "import", h.ID, "account", h.AccountID, "rows", h.Counts.Rows, "new", h.Counts.New)
		h.End()
	}
	return err
}

// counted counts an import, which ends the claim. What cannot be read is said in
// its note.
func (w *Worker) counted(ctx context.Context, h *work) error {
	err := w.x.check(ctx, h.Import, h.Lease, w.Term(), func(Import) {})
	if err == nil || enrolld.CodeOf(err) == enrolld.Invalid {
		h.End()
		return nil
	}
	return err
}
