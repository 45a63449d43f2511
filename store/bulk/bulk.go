package bulk

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"enrolld"
	"enrolld/store"
)

// State is where a bulk action stands.
type State string

// The states.
const (
	Choosing  State = "choosing"  // what to do is to be decided
	Gathering State = "gathering" // its set is being put together and counted
	Ready     State = "ready"     // to be started
	Running   State = "running"   //
	Done      State = "done"      //
	Cancelled State = "cancelled" // what was done before stays: see Note
	Undoing   State = "undoing"   //
	Undone    State = "undone"    //
)

// Waits says whether a worker is at it.
func (s State) Waits() bool { return s == Gathering || s == Running || s == Undoing }

// Action is what is done.
type Action string

// The actions.
const (
	Give    Action = "give"    // courses, until a day or without end
	Take    Action = "take"    // courses that people and imports gave; what orders give stays
	Extend  Action = "extend"  // access that is open and has an end
	Welcome Action = "welcome" // with a link, to those who never set a password
)

// Undoable says whether what is done can be taken back.
func (a Action) Undoable() bool { return a != Welcome }

// Terms are what an action is about.
type Terms struct {
	Courses []enrolld.CourseRef `json:"courses,omitempty"` // none to Welcome
	Until   *time.Time          `json:"until,omitempty"`   // to Give: nil is without end; to Extend: nil means by Days
	Days    int                 `json:"days,omitempty"`    // to Extend
	Notify  bool                `json:"notify,omitempty"`  // to Give: members are told
	// Template names the variant of the text in which they are; empty: the standard one.
	Template string `json:"template,omitempty"`
}

// Selection is whom an action is for.
type Selection struct {
	// Filter picks them; with IDs it is those who were chosen by hand. Its order and
	// its paging say nothing.
	Filter store.CustomerFilter
	Words  string // the filter as people read it; "" for everybody
}

// MostChosen is how many customers can be chosen by hand.
const MostChosen = 5000

// Counts are of customers.
type Counts struct {
	Change  int64 `json:"change"`            // something is done with them
	Same    int64 `json:"same"`              // nothing changes for them
	More    int64 `json:"more,omitempty"`    // of Same: what is given is one more reason for what they have
	Refused int64 `json:"refused"`           // it cannot be done with them
	Failed  int64 `json:"failed,omitempty"`  // it went wrong
	Orders  int64 `json:"orders,omitempty"`  // of those who change: an order gives a course of it, too
	Mails   int64 `json:"mails,omitempty"`   // messages that go out
	Undone  int64 `json:"undone,omitempty"`  //
	Kept    int64 `json:"kept,omitempty"`    // changed since, and left alone by the undoing
	Stuck   int64 `json:"stuck,omitempty"`   // the undoing went wrong
	Members int64 `json:"members,omitempty"` // in the set
}

// Seen is how many have been looked at.
func (c Counts) Seen() int64 { return c.Change + c.Same + c.Refused + c.Failed }

// Touched is with how many something is done: who change, and who get one more reason.
func (c Counts) Touched() int64 { return c.Change + c.More }

func (c Counts) add(b Counts) Counts {
	return Counts{
		c.Change + b.Change, c.Same + b.Same, c.More + b.More, c.Refused + b.Refused, c.Failed + b.Failed, c.Orders + b.Orders,
		c.Mails + b.Mails, c.Undone + b.Undone, c.Kept + b.Kept, c.Stuck + b.Stuck, c.Members + b.Members,
	}
}

// Tally is what was foreseen, and what came of it.
type Tally struct {
	Foreseen Counts `json:"foreseen"`
	Done     Counts `json:"done"`
}

// Bulk is something that is done with many customers.
type Bulk struct {
	ID        int64
	AccountID int64
	State     State
	Action    Action // "" while Choosing
	Terms     Terms
	Chosen    bool // by hand; otherwise everybody in a filter
	Selection Selection
	Tally
	Note     string        // why it stopped, for people
	By       enrolld.Actor // who decided: LoginID and Name
	UndoneBy enrolld.Actor
	// CreatedAt is when it was chosen, ReadyAt when its set was fixed.
	CreatedAt                   time.Time
	ReadyAt, StartedAt, EndedAt *time.Time

	gathered, position int64
}

// CanUndo says whether it can be taken back at a time.
func (b Bulk) CanUndo(now time.Time) bool {
	return b.Action.Undoable() && (b.State == Done || b.State == Cancelled) && b.StartedAt != nil && b.Done.Touched() > 0 &&
		b.EndedAt != nil && now.Sub(*b.EndedAt) < keepTargets
}

// cause is that of the grounds that the action gives.
func (b Bulk) cause() enrolld.Cause {
	return enrolld.Cause{Kind: enrolld.CausePerson, ID: b.By.LoginID, Line: fmt.Sprintf("bulk:%d", b.ID)}
}

// Bulks are the bulk actions of all accounts. It is safe for concurrent use.
type Bulks struct{ db *store.DB }

// On makes Bulks of a database.
func On(db *store.DB) *Bulks { return &Bulks{db} }

const bulkColumns = `id, account_id, state, action, terms, chosen, picks, words, counts, gathered, position, note,
	COALESCE(login_id, 0), actor, COALESCE(undone_login, 0), undone_by, created_at, ready_at, started_at, finished_at FROM enrolld_bulks`

func scanBulk(rows *sql.Rows, b *Bulk) error {
	var terms, picks, counts string
	err := rows.Scan(&b.ID, &b.AccountID, &b.State, &b.Action, &terms, &b.Chosen, &picks, &b.Selection.Words, &counts, &b.gathered,
		&b.position, &b.Note, &b.By.LoginID, &b.By.Name, &b.UndoneBy.LoginID, &b.UndoneBy.Name, &b.CreatedAt, &b.ReadyAt, &b.StartedAt, &b.EndedAt)
	if err != nil {
		return err
	}
	for _, x := range []struct {
		text string
		to   any
	}{{terms, &b.Terms}, {picks, &b.Selection.Filter}, {counts, &b.Tally}} {
		if err := json.Unmarshal([]byte(x.text), x.to); err != nil {
			return fmt.Errorf("decode bulk action %d: %w", b.ID, err)
		}
	}
	return nil
}

// Get reads a bulk action of an account.
func (x *Bulks) Get(ctx context.Context, accountID, id int64) (Bulk, error) {
	list, err := store.Collect(ctx, x.db.Conn(), scanBulk, `SELECT `+bulkColumns+` WHERE id = ? AND account_id = ?`, id, accountID)
	return store.One(list, err, noBulk)
}

const noBulk = "there is no such bulk action"

// List lists an account's bulk actions that were started, the newest first; before
// is the last one of the page before, or 0.
func (x *Bulks) List(ctx context.Context, accountID, before int64, limit int) ([]Bulk, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	list, err := store.Collect(ctx, x.db.Conn(), scanBulk, `SELECT `+bulkColumns+`
		WHERE account_id = ? AND id < ? AND started_at IS NOT NULL ORDER BY id DESC LIMIT ?`, accountID, before, limit)
	return list, store.Classify(err)
}

// among wants one of some states.
func (b Bulk) among(states ...State) error {
	if slices.Contains(states, b.State) {
		return nil
	}
	return enrolld.Errorf(enrolld.Conflict, "this is %s by now, so that this cannot be done with it any more", stateWords[b.State])
}

var stateWords = map[State]string{
	Choosing: "still to be decided", Gathering: "being counted", Ready: "ready to start", Running: "running", Done: "done",
	Cancelled: "cancelled", Undoing: "being undone", Undone: "undone",
}

// encode is v as a column has it. What it is given can always be encoded.
func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err))
	}
	return string(b)
}

// cut shortens text to n characters.
func cut(s string, n int) string {
	runes := []rune(s)
	return string(runes[:min(n, len(runes))])
}
