package bulk

import (
	"context"
	"fmt"
	"slices"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
)

const (
	maxDays  = 3650
	maxWords = 500
)

// Choose notes whom something is to be done with. Errors: Invalid for nobody, or
// more than MostChosen by hand.
func (x *Bulks) Choose(ctx context.Context, actor enrolld.Actor, accountID int64, s Selection) (Bulk, error) {
	byHand := s.Filter.IDs != nil
	switch {
	case byHand && len(s.Filter.IDs) == 0:
		return Bulk{}, enrolld.Errorf(enrolld.Invalid, "tick at least one customer")
	case len(s.Filter.IDs) > MostChosen:
		return Bulk{}, enrolld.Errorf(enrolld.Invalid, "at most 5,000 customers can be ticked: use a filter for more")
	}
	s.Filter.Order, s.Filter.After, s.Filter.Limit, s.Filter.Count = store.CustomersNewest, 0, 0, false
	b := Bulk{AccountID: accountID, State: Choosing, Chosen: byHand, Selection: s, By: actor}
	return x.add(ctx, b)
}

// add writes a new one.
func (x *Bulks) add(ctx context.Context, b Bulk) (Bulk, error) {
	var due any
	if b.State.Waits() {
		due = x.db.Now()
	}
	res, err := x.db.Conn().ExecContext(ctx, `INSERT INTO enrolld_bulks
		(account_id, state, action, terms, chosen, picks, words, counts, due_at, login_id, actor, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, '{}', ?, ?, ?, ?)`, b.AccountID, string(b.State), string(b.Action), encode(b.Terms), b.Chosen,
		encode(b.Selection.Filter), cut(b.Selection.Words, maxWords), due, loginOrNull(b.By), cut(b.By.Name, 100), x.db.Now())
	if err != nil {
		return Bulk{}, store.Classify(fmt.Errorf("add a bulk action: %w", err))
	}
	id, err := res.LastInsertId()
	if err != nil {
		return Bulk{}, err
	}
	return x.Get(ctx, b.AccountID, id)
}

func loginOrNull(actor enrolld.Actor) any {
	if actor.LoginID == 0 {
		return nil
	}
	return actor.LoginID
}

// Decide says what is to be done, and has the set put together. What was decided
// before stands in a set of its own: deciding anew makes another bulk action of the
// same selection. Errors: Invalid for terms that make no sense, Conflict when it
// has begun.
func (x *Bulks) Decide(ctx context.Context, actor enrolld.Actor, accountID, id int64, action Action, terms Terms) (Bulk, error) {
	if err := x.check(ctx, accountID, action, terms); err != nil {
		return Bulk{}, err
	}
	b, err := x.Get(ctx, accountID, id)
	if err != nil {
		return Bulk{}, err
	}
	if err := b.among(Choosing, Gathering, Ready); err != nil {
		return Bulk{}, err
	}
	return x.add(ctx, Bulk{AccountID: accountID, State: Gathering, Action: action, Terms: terms, Chosen: b.Chosen, Selection: b.Selection, By: actor})
}

func (x *Bulks) check(ctx context.Context, accountID int64, action Action, t Terms) error {
	past := t.Until != nil && !t.Until.After(x.db.Now())
	switch action {
	case Give:
		if past {
			return enrolld.Errorf(enrolld.Invalid, "the end of access is past: choose a later day")
		}
		if err := x.checkTemplate(ctx, accountID, t.Template); err != nil {
			return err
		}
	case Take:
	case Extend:
		switch {
		case (t.Until == nil) == (t.Days == 0):
			return enrolld.Errorf(enrolld.Invalid, "say until which day access is extended, or by how many days")
		case past:
			return enrolld.Errorf(enrolld.Invalid, "this day is past: choose a later one")
		case t.Until == nil && (t.Days < 1 || t.Days > maxDays):
			return enrolld.Errorf(enrolld.Invalid, "access can be extended by 1 to 3,650 days")
		}
	case Welcome:
		return nil
	default:
		return enrolld.Errorf(enrolld.Invalid, "choose what to do")
	}
	return x.checkCourses(ctx, accountID, t.Courses)
}

func (x *Bulks) checkTemplate(ctx context.Context, accountID int64, name string) error {
	if name == "" {
		return nil
	}
	names, err := x.db.AccessTexts(ctx, accountID)
	if err == nil && !slices.Contains(names, name) {
		err = enrolld.Errorf(enrolld.Invalid, "the text of the email is not there any more: choose another one")
	}
	return err
}

func (x *Bulks) checkCourses(ctx context.Context, accountID int64, list []enrolld.CourseRef) error {
	if len(list) == 0 {
		return enrolld.Errorf(enrolld.Invalid, "choose at least one course")
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
	for i, c := range list {
		switch {
		case !slices.Contains(known, c):
			return enrolld.Errorf(enrolld.Invalid, "the site has no course %s: choose another", c)
		case slices.Contains(list[:i], c):
			return enrolld.Errorf(enrolld.Invalid, "the course %s is chosen twice", c)
		}
	}
	return nil
}

// Start has the workers do it. Errors: Conflict when it has begun or is still being
// counted, Invalid when nothing would be done.
func (x *Bulks) Start(ctx context.Context, actor enrolld.Actor, accountID, id int64) error {
	now := x.db.Now()
	return x.move(ctx, actor, accountID, id, move{
		from: []State{Ready}, to: Running, action: "bulk.started",
		// The set is fixed: what it was picked by, a name perhaps, is kept no longer.
		set: `started_at = ?, due_at = ?, picks = '{}'`, args: []any{now, now},
	}, func(b Bulk) error {
		if b.Foreseen.Touched() == 0 {
			return enrolld.Errorf(enrolld.Invalid, "there is nothing to do for anybody in this set")
		}
		if b.Terms.Until != nil && !b.Terms.Until.After(now) {
			return enrolld.Errorf(enrolld.Invalid, "the day until which access was to last is over: choose a later one")
		}
		return nil
	})
}

// Cancel ends it between two batches. What was done stays; Undo takes it back.
func (x *Bulks) Cancel(ctx context.Context, actor enrolld.Actor, accountID, id int64) error {
	return x.move(ctx, actor, accountID, id, move{
		from: []State{Running}, to: Cancelled, action: "bulk.cancelled", set: `due_at = NULL, finished_at = ?`, args: []any{x.db.Now()},
	}, anyhow)
}

// Undo has the workers take back what was done, unless it was changed since.
func (x *Bulks) Undo(ctx context.Context, actor enrolld.Actor, accountID, id int64) error {
	now := x.db.Now()
	return x.move(ctx, actor, accountID, id, move{
		from: []State{Done, Cancelled}, to: Undoing, action: "bulk.undo",
		set:  `position = 0, note = '', undone_by = ?, undone_login = ?, due_at = ?`,
		args: []any{cut(actor.Name, 100), loginOrNull(actor), now},
	}, func(b Bulk) error {
		if !b.CanUndo(now) {
			return enrolld.Errorf(enrolld.Invalid, "there is nothing here that could be undone, or it was too long ago")
		}
		return nil
	})
}

func anyhow(Bulk) error { return nil }

// move is a change of state that somebody wants.
type move struct {
	from   []State
	to     State
	set    string
	args   []any
	action string // of the audit log
}

func (x *Bulks) move(ctx context.Context, actor enrolld.Actor, accountID, id int64, m move, may func(Bulk) error) error {
	return x.db.InTx(ctx, func(tx *store.Tx) error {
		list, err := store.Collect(ctx, tx, scanBulk, `SELECT `+bulkColumns+` WHERE id = ? AND account_id = ? FOR UPDATE`, id, accountID)
		b, err := store.One(list, err, noBulk)
		if err != nil {
			return err
		}
		if err := b.among(m.from...); err != nil {
			return err
		}
		if err := may(b); err != nil {
			return err
		}
		args := append([]any{string(m.to)}, m.args...)
		if _, err := tx.ExecContext(ctx, `UPDATE enrolld_bulks SET state = ?, lease = '', `+m.set+` WHERE id = ?`, append(args, id)...); err != nil {
			return fmt.Errorf("change a bulk action: %w", err)
		}
		return audit(ctx, tx, actor, b, m.action)
	})
}

func audit(ctx context.Context, tx *store.Tx, actor enrolld.Actor, b Bulk, action string) error {
	entry := store.AuditBy(actor, b.AccountID, action)
	entry.Subject = "everybody"
	switch {
	case b.Chosen:
		entry.Subject = "customers who were ticked"
	case b.Selection.Words != "":
		entry.Subject = b.Selection.Words
	}
	entry.Detail = encode(struct {
		Bulk   int64  `json:"bulk"`
		Action Action `json:"action"`
		Terms  Terms  `json:"terms"`
		Counts Tally  `json:"counts"`
	}{b.ID, b.Action, b.Terms, b.Tally})
	return tx.Audit(ctx, []store.AuditEntry{entry})
}
