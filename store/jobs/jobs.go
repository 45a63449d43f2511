package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
)

// Term is how long a claim holds when nobody says otherwise: longer than the
// slowest step.
const Term = time.Minute

const (
	placeTTL = 5 * time.Second
	holdFor  = time.Minute // of jobs whose account is paused, or which fail as a whole
)

// ErrLost says that a job is another worker's now, or was changed by somebody. A
// step that finds this has changed nothing.
var ErrLost = enrolld.Errorf(enrolld.Conflict, "somebody changed this, or another worker has it")

// WantOne is ErrLost unless a statement changed exactly one row.
func WantOne(res sql.Result) error {
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		err = ErrLost
	}
	return err
}

// Hold is a worker's hold on a job.
type Hold struct {
	Lease store.Lease

	placeAt time.Time // when place was read
	place   provision.Place
	steps   int // that were done since it was claimed
	ended   bool
}

// End says that the job waits for no worker any more: it is not given back.
func (h *Hold) End() { h.ended = true }

// Ended says whether End was called.
func (h *Hold) Ended() bool { return h.ended }

// Place is where the job's account is, as Worker.Place read it last.
func (h *Hold) Place() provision.Place { return h.place }

// Kind is what the jobs of one table are; J is a job as a worker holds it.
type Kind[J any] struct {
	Name    string // for errors: "an import"
	Table   string
	Columns string // what Scan reads, with the FROM
	Scan    func(*sql.Rows, *J) error
	ID      func(*J) int64
	Hold    func(*J) *Hold
	// Do does one step. Errors: ErrLost, ErrPaused; with Unavailable the job goes behind
	// the others, since it may be its own site that is away, and stays the worker's while
	// the database is; with any other it is left alone for a while.
	Do func(context.Context, *J) error
	// Turn is how many steps a job is done before it goes behind the others.
	Turn int
}

// ErrPaused says that a job's account is paused: it is left alone for a while.
var ErrPaused = errors.New("the account is paused")

// Worker does the jobs of a kind. Several may run at once, in one process and in
// many: each job is one worker's at a time.
type Worker[J any] struct {
	db   *store.DB
	kind Kind[J]
	term time.Duration

	mu   sync.Mutex // guards held; taken for a whole Step
	held *J
}

// NewWorker makes a Worker whose claims hold for a term; 0: Term.
func NewWorker[J any](db *store.DB, kind Kind[J], term time.Duration) *Worker[J] {
	if term == 0 {
		term = Term
	}
	return &Worker[J]{db: db, kind: kind, term: term}
}

// Until is until when a claim that is renewed now holds.
func (w *Worker[J]) Until() time.Time { return w.db.Now().Add(w.term) }

// Term is how long a claim holds.
func (w *Worker[J]) Term() time.Duration { return w.term }

// Step does one step of the job that has waited longest. It returns 0 when there
// is nothing to do.
func (w *Worker[J]) Step(ctx context.Context) (int, error) { return w.step(ctx, 0) }

// StepOf does one step of a job, and gives back another one that the worker holds; 0
// when it does not wait for a worker, or another one has it.
func (w *Worker[J]) StepOf(ctx context.Context, id int64) (int, error) { return w.step(ctx, id) }

func (w *Worker[J]) step(ctx context.Context, only int64) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held != nil && only != 0 && w.kind.ID(w.held) != only {
		if err := w.release(ctx, 0); err != nil {
			return 0, err
		}
	}
	if w.held == nil {
		held, err := w.claim(ctx, only)
		if err != nil || held == nil {
			return 0, err
		}
		w.held = held
	}
	hold := w.kind.Hold(w.held)
	err := w.kind.Do(ctx, w.held)
	switch {
	case errors.Is(err, ErrLost):
		return 1, w.release(ctx, 0) // whoever has the lease now, reads where it stands
	case errors.Is(err, ErrPaused):
		return 1, w.release(ctx, holdFor)
	case enrolld.CodeOf(err) == enrolld.Unavailable:
		held := w.held
		if w.release(ctx, 0) != nil {
			w.held = held
		}
		return 0, err
	case err != nil:
		return 0, errors.Join(err, w.release(ctx, holdFor))
	case hold.ended:
		w.held = nil
		return 1, nil
	}
	if hold.steps++; hold.steps >= w.kind.Turn {
		return 1, w.release(ctx, 0)
	}
	return 1, nil
}

// Place has the hold know where the job's account is. Errors: ErrPaused.
func (w *Worker[J]) Place(ctx context.Context, h *Hold, accountID int64) error {
	if now := w.db.Now(); h.placeAt.IsZero() || now.Sub(h.placeAt) >= placeTTL {
		place, err := provision.LoadPlace(ctx, w.db, accountID)
		if err != nil {
			return enrolld.Wrap(enrolld.Unavailable, err, "%s", enrolld.MessageOf(err))
		}
		h.place, h.placeAt = place, now
	}
	if h.place.Account.PausedAt != nil {
		return ErrPaused
	}
	return nil
}

// claim leases the job that is due longest, or the one that is named.
func (w *Worker[J]) claim(ctx context.Context, only int64) (held *J, err error) {
	lease := store.NewLease()
	var unread error
	err = w.db.InTx(ctx, func(tx *store.Tx) error {
		held, unread = nil, nil
		where, args := `due_at <= ?`, []any{tx.Now()}
		if only != 0 {
			where, args = `due_at <= ? AND id = ?`, append(args, only)
		}
		ids, err := store.Collect(ctx, tx, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
			`SELECT id FROM `+w.kind.Table+` WHERE `+where+` ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED`, args...)
		if err != nil || len(ids) == 0 {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE `+w.kind.Table+` SET lease = ?, due_at = ? WHERE id = ?`,
			lease[:], tx.Now().Add(w.term), ids[0]); err != nil {
			return err
		}
		list, err := store.Collect(ctx, tx, w.kind.Scan, `SELECT `+w.kind.Columns+` WHERE id = ?`, ids[0])
		if err != nil {
			// A row that cannot be read, by this version perhaps, is leased like any other:
			// the rest need not wait for it.
			if unread = store.Classify(err); enrolld.CodeOf(unread) == enrolld.Unavailable {
				return err
			}
			return nil
		}
		held = &list[0]
		w.kind.Hold(held).Lease = lease
		return nil
	})
	if err = errors.Join(err, unread); err != nil {
		return nil, fmt.Errorf("claim %s: %w", w.kind.Name, err)
	}
	return held, nil
}

// release gives the held job back, to be claimed after a while.
func (w *Worker[J]) release(ctx context.Context, after time.Duration) error {
	held := w.held
	w.held = nil
	if held == nil {
		return nil
	}
	lease := w.kind.Hold(held).Lease
	_, err := w.db.Conn().ExecContext(ctx, `UPDATE `+w.kind.Table+` SET lease = '', due_at = ? WHERE id = ? AND lease = ?`,
		w.db.Now().Add(after), w.kind.ID(held), lease[:])
	return store.Classify(err)
}

// Release gives back what the worker holds, before it ends: another worker need
// not wait for the lease to run out.
func (w *Worker[J]) Release(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.release(ctx, 0)
}
