package importing

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"enrolld"
	"enrolld/importer"
	"enrolld/store"
)

// State is where an import stands.
type State string

// The states.
const (
	Uploading State = "uploading" // its file is coming in
	Draft     State = "draft"     // columns and courses are to be decided
	Checking  State = "checking"  // its rows are being counted
	Ready     State = "ready"     // counted
	Running   State = "running"   //
	Paused    State = "paused"    // by somebody, or because too much failed: see Note
	Done      State = "done"      //
	Cancelled State = "cancelled" // what was given before stays
	Undoing   State = "undoing"   //
	Undone    State = "undone"    //
)

// Import is a list of customers and what becomes of it.
type Import struct {
	ID        int64
	AccountID int64
	FileName  string
	Size      int64 // bytes
	State     State
	Plan      importer.Plan
	Terms     Terms
	At        importer.At // where reading goes on
	Counted   int64       // bytes of the file that were counted, while it is Checking
	Preview   *Counts     // nil: not counted since the last decision
	Counts    Counts      // of the rows before At
	Undo      UndoCounts
	Note      string        // why it is paused, for people
	By        enrolld.Actor // who brought it and, once it is started, who started it: LoginID and Name
	CreatedAt time.Time
	StartedAt *time.Time
	EndedAt   *time.Time
}

// Terms are what everybody in the list is given.
type Terms struct {
	Courses []enrolld.CourseRef
	EndsAt  *time.Time // nil: no end
	Notify  bool       // members are told
	// Template names the variant of the text in which they are; empty: the standard one.
	Template string
}

// Counts are of rows.
type Counts struct {
	Rows    int64 `json:"rows"`
	New     int64 `json:"new"`               // become customers
	Known   int64 `json:"known"`             // are customers, who get something
	Same    int64 `json:"same"`              // for whom nothing changes
	More    int64 `json:"more,omitempty"`    // of Same: customers for whom the list is one more reason for what they have
	Invalid int64 `json:"invalid"`           // cannot be taken
	Refused int64 `json:"refused,omitempty"` // could not be written: see the file of rejected rows
	Mails   int64 `json:"mails,omitempty"`   // of a preview: messages that would go out

	// Of a preview: those of Known to whom nothing opens, since they are blocked, and
	// those who were removed and are customers again by it.
	Blocked int64 `json:"blocked,omitempty"`
	Back    int64 `json:"back,omitempty"`
}

// add counts b to c.
func (c Counts) add(b Counts) Counts {
	return Counts{
		c.Rows + b.Rows, c.New + b.New, c.Known + b.Known, c.Same + b.Same, c.More + b.More, c.Invalid + b.Invalid,
		c.Refused + b.Refused, c.Mails + b.Mails, c.Blocked + b.Blocked, c.Back + b.Back,
	}
}

// People is how many customers the list is about: who are new, who get something, and
// for whom it is one more reason.
func (c Counts) People() int64 { return c.New + c.Known + c.More }

// note counts a row by its verdict.
func (c *Counts) note(v Verdict) {
	c.Rows++
	switch v {
	case New:
		c.New++
	case Known:
		c.Known++
	case Same:
		c.Same++
	case Invalid:
		c.Invalid++
	case Refused:
		c.Refused++
	}
}

// Verdict is what becomes of a row.
type Verdict string

// The verdicts.
const (
	New     Verdict = "new"
	Known   Verdict = "known"
	Same    Verdict = "same"
	Invalid Verdict = "invalid"
	Refused Verdict = "refused"
)

// UndoCounts are of customers, in three buckets.
type UndoCounts struct {
	Undone int64 `json:"undone"`
	Kept   int64 `json:"kept"`   // something else gives it too, or it was changed since
	Failed int64 `json:"failed"` //
	After  int64 `json:"after"`  // the last customer who was looked at

	LoginID int64  `json:"login_id,omitempty"` // who undid it
	Name    string `json:"name,omitempty"`
}

// Imports are the imports of all accounts. It is safe for concurrent use.
type Imports struct {
	db       *store.DB
	maxSize  int64
	maxLists int
	maxKept  int64
}

// On makes Imports of a database.
func On(db *store.DB) *Imports { return &Imports{db, MaxSize, MaxLists, MaxKept} }

const importColumns = `id, account_id, file_name, size, state, plan, courses, ends_at, notify, position, preview, counts, undo_counts, note,
	COALESCE(login_id, 0), actor, created_at, started_at, finished_at, counted, template FROM enrolld_imports`

func scanImport(rows *sql.Rows, i *Import) error {
	var plan, courses, position, preview, counts, undo string
	err := rows.Scan(&i.ID, &i.AccountID, &i.FileName, &i.Size, &i.State, &plan, &courses, &i.Terms.EndsAt, &i.Terms.Notify,
		&position, &preview, &counts, &undo, &i.Note, &i.By.LoginID, &i.By.Name, &i.CreatedAt, &i.StartedAt, &i.EndedAt,
		&i.Counted, &i.Terms.Template)
	if err != nil {
		return err
	}
	for _, x := range []struct {
		text string
		to   any
	}{{plan, &i.Plan}, {courses, &i.Terms.Courses}, {position, &i.At}, {preview, &i.Preview}, {counts, &i.Counts}, {undo, &i.Undo}} {
		if x.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(x.text), x.to); err != nil {
			return fmt.Errorf("decode import %d: %w", i.ID, err)
		}
	}
	return nil
}

const noImport = "there is no such import"

// Get reads an import of an account.
func (x *Imports) Get(ctx context.Context, accountID, id int64) (Import, error) {
	list, err := store.Collect(ctx, x.db.Conn(), scanImport,
		`SELECT `+importColumns+` WHERE id = ? AND account_id = ?`, id, accountID)
	return store.One(list, err, noImport)
}

// List lists an account's imports, the newest first; before is the last one of
// the page before, or 0.
func (x *Imports) List(ctx context.Context, accountID, before int64, limit int) ([]Import, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	list, err := store.Collect(ctx, x.db.Conn(), scanImport,
		`SELECT `+importColumns+` WHERE account_id = ? AND id < ? ORDER BY id DESC LIMIT ?`, accountID, before, limit)
	return list, store.Classify(err)
}

// lock reads an import for a change.
func lock(ctx context.Context, tx *store.Tx, accountID, id int64) (Import, error) {
	list, err := store.Collect(ctx, tx, scanImport,
		`SELECT `+importColumns+` WHERE id = ? AND account_id = ? FOR UPDATE`, id, accountID)
	return store.One(list, err, noImport)
}

// encode is v as a column has it. What it is given can always be encoded.
func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err))
	}
	return string(b)
}
