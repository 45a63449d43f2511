package importing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"enrolld"
	"enrolld/importer"
	"enrolld/store"
	"enrolld/store/provision"
)

// Decide sets how the file is read and what everybody in it is given. What was
// counted before counts no more. Errors: those of importer.Plan.Check, Invalid for
// a course that the site does not have or an end that is past, Conflict when the
// import has begun.
func (x *Imports) Decide(ctx context.Context, accountID, id int64, plan importer.Plan, terms Terms) (Import, error) {
	if err := plan.Check(); err != nil {
		return Import{}, err
	}
	if err := x.checkTerms(ctx, accountID, terms); err != nil {
		return Import{}, err
	}
	return x.redraft(ctx, accountID, id, plan, terms)
}

func (x *Imports) checkTerms(ctx context.Context, accountID int64, terms Terms) error {
	if terms.EndsAt != nil && !terms.EndsAt.After(x.db.Now()) {
		return enrolld.Errorf(enrolld.Invalid, "the end of access is past: choose a later day")
	}
	account, err := x.db.Account(ctx, accountID)
	if err != nil {
		return err
	}
	courses, err := provision.Courses(ctx, x.db, account)
	if err != nil {
		return err
	}
	known := make([]enrolld.CourseRef, len(courses))
	for i, c := range courses {
		known[i] = c.Ref
	}
	for i, c := range terms.Courses {
		if !slices.Contains(known, c) {
			return enrolld.Errorf(enrolld.Invalid, "the site has no course %s: choose another", c)
		}
		if slices.Contains(terms.Courses[:i], c) {
			return enrolld.Errorf(enrolld.Invalid, "the course %s is chosen twice", c)
		}
	}
	return nil
}

// among wants one of some states.
func (i Import) among(states ...State) error {
	if slices.Contains(states, i.State) {
		return nil
	}
	return enrolld.Errorf(enrolld.Conflict, "this import is %s: that cannot be done with it now", stateWords[i.State])
}

var stateWords = map[State]string{
	Uploading: "being uploaded", Draft: "waiting for decisions", Checking: "being counted", Ready: "ready to start", Running: "running",
	Paused: "paused", Done: "done", Cancelled: "cancelled", Undoing: "being undone", Undone: "undone",
}

// Text is the state for people: “this import is …”.
func (s State) Text() string { return stateWords[s] }

// move is a change of an import's state by somebody.
type move struct {
	from   []State
	to     State
	set    string // further assignments
	args   []any
	action string // for the audit log; empty: nothing to tell
	also   func(*store.Tx, Import) error
}

func (x *Imports) move(ctx context.Context, actor enrolld.Actor, accountID, id int64, m move, check func(Import) error) (Import, error) {
	err := x.db.InTx(ctx, func(tx *store.Tx) error {
		i, err := lock(ctx, tx, accountID, id)
		if err != nil {
			return err
		}
		if err := i.among(m.from...); err != nil {
			return err
		}
		if err := check(i); err != nil {
			return err
		}
		args := append([]any{string(m.to)}, m.args...)
		if _, err := tx.ExecContext(ctx, `UPDATE enrolld_imports SET state = ?, lease = '', `+m.set+` WHERE id = ?`, append(args, id)...); err != nil {
			return fmt.Errorf("change an import: %w", err)
		}
		if m.also != nil {
			if err := m.also(tx, i); err != nil {
				return err
			}
		}
		if m.action == "" {
			return nil
		}
		return audit(ctx, tx, actor, i, m.action)
	})
	if err != nil {
		return Import{}, err
	}
	return x.Get(ctx, accountID, id)
}

func audit(ctx context.Context, tx *store.Tx, actor enrolld.Actor, i Import, action string) error {
	entry := store.AuditBy(actor, i.AccountID, action)
	entry.Subject = i.FileName
	entry.Detail = encode(struct {
		Import   int64               `json:"import"`
		Courses  []enrolld.CourseRef `json:"courses,omitempty"`
		Template string              `json:"template,omitempty"`
		Counts   Counts              `json:"counts"`
	}{i.ID, i.Terms.Courses, i.Terms.Template, i.Counts})
	return tx.Audit(ctx, []store.AuditEntry{entry})
}

func anyhow(Import) error { return nil }

// Check has a worker count what would come of the import; see Preview.
func (x *Imports) Check(ctx context.Context, actor enrolld.Actor, accountID, id int64) (Import, error) {
	return x.move(ctx, actor, accountID, id, move{
		from: []State{Draft, Ready}, to: Checking, set: `preview = '', counted = 0, note = '', due_at = ?`, args: []any{x.db.Now()},
	}, startable)
}

// Start has the workers take the list in. Errors: Conflict when it has begun
// already, Invalid when something is still to be decided.
func (x *Imports) Start(ctx context.Context, actor enrolld.Actor, accountID, id int64) (Import, error) {
	return x.start(ctx, actor, accountID, id, anyhow)
}

// StartShown is Start for who was shown what would happen: shown is Import.Shown of
// then. Errors: those of Start, and Conflict when something else would happen now.
func (x *Imports) StartShown(ctx context.Context, actor enrolld.Actor, accountID, id int64, shown string) (Import, error) {
	return x.start(ctx, actor, accountID, id, func(i Import) error {
		if i.Preview == nil || i.Shown() != shown {
			return enrolld.Errorf(enrolld.Conflict, "somebody decided anew meanwhile, or the rows were counted again: look at what would happen now, then start")
		}
		return nil
	})
}

// Shown stands for what people are shown of an import before it starts: how it is
// read, what everybody gets, and how many rows come to what.
func (i Import) Shown() string {
	sum := sha256.Sum256([]byte(encode([]any{i.Plan, i.Terms, i.Preview})))
	return hex.EncodeToString(sum[:16])
}

func (x *Imports) start(ctx context.Context, actor enrolld.Actor, accountID, id int64, check func(Import) error) (Import, error) {
	now := x.db.Now()
	set, args := `started_at = ?, due_at = ?`, []any{now, now}
	if actor.LoginID != 0 { // from here on it is theirs
		set, args = set+`, login_id = ?, actor = ?`, append(args, actor.LoginID, cut(actor.Name, 100))
	}
	return x.move(ctx, actor, accountID, id, move{
		from: []State{Draft, Ready}, to: Running, action: "import.started", set: set, args: args,
	}, func(i Import) error {
		if i.Terms.EndsAt != nil && !i.Terms.EndsAt.After(now) {
			return enrolld.Errorf(enrolld.Invalid, "the end of access is past: choose a later day")
		}
		if err := check(i); err != nil {
			return err
		}
		return startable(i)
	})
}

func startable(i Import) error {
	if len(i.Terms.Courses) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "choose at least one course")
	}
	return i.Plan.Check()
}

// Pause stops the import between two batches; Resume goes on behind them.
func (x *Imports) Pause(ctx context.Context, actor enrolld.Actor, accountID, id int64) (Import, error) {
	return x.move(ctx, actor, accountID, id, move{
		from: []State{Running}, to: Paused, set: `due_at = NULL`, action: "import.paused",
	}, anyhow)
}

// Resume goes on with a paused import.
func (x *Imports) Resume(ctx context.Context, actor enrolld.Actor, accountID, id int64) (Import, error) {
	return x.move(ctx, actor, accountID, id, move{
		from: []State{Paused}, to: Running, set: `note = '', stopped_at = NULL, due_at = ?`, args: []any{x.db.Now()}, action: "import.resumed",
	}, anyhow)
}

// Cancel ends the import between two batches. What was given stays; Undo takes it
// back. One that has not begun goes with its file.
func (x *Imports) Cancel(ctx context.Context, actor enrolld.Actor, accountID, id int64) error {
	i, err := x.Get(ctx, accountID, id)
	if err != nil {
		return err
	}
	if i.StartedAt == nil {
		return x.discard(ctx, actor, i)
	}
	_, err = x.move(ctx, actor, accountID, id, move{
		from: []State{Running, Paused}, to: Cancelled, set: `due_at = NULL, finished_at = ?`, args: []any{x.db.Now()}, action: "import.cancelled",
		also: func(tx *store.Tx, i Import) error { return tell(ctx, tx, i, enrolld.EventImportCancelled) },
	}, anyhow)
	return err
}

// Discard removes an import that has not begun, with its file. Errors: Conflict when
// it has begun.
func (x *Imports) Discard(ctx context.Context, actor enrolld.Actor, accountID, id int64) error {
	i, err := x.Get(ctx, accountID, id)
	if err != nil {
		return err
	}
	return x.discard(ctx, actor, i)
}

func (x *Imports) discard(ctx context.Context, actor enrolld.Actor, i Import) error {
	if err := i.among(Draft, Checking, Ready); err != nil {
		return err
	}
	return x.drop(ctx, i.ID, func(tx *store.Tx) error { return audit(ctx, tx, actor, i, "import.discarded") })
}

// Undo has the workers take back what the import gave, unless something else gives
// it too or it was changed since.
func (x *Imports) Undo(ctx context.Context, actor enrolld.Actor, accountID, id int64) (Import, error) {
	return x.move(ctx, actor, accountID, id, move{
		from: []State{Done, Cancelled, Paused}, to: Undoing, action: "import.undo",
		set: `note = '', undo_counts = ?, due_at = ?`, args: []any{encode(UndoCounts{LoginID: actor.LoginID, Name: actor.Name}), x.db.Now()},
	}, anyhow)
}

func loginOrNull(actor enrolld.Actor) any {
	if actor.LoginID == 0 {
		return nil
	}
	return actor.LoginID
}
