package importing_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/importing"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

const small = "Name;E-Mail\n" +
	"Ann Lee;ann@example.org\n" +
	"Bob Roe;bob@example.org\n" +
	"Nobody;nonsense\n" +
	"Jörg;jörg@example.org\n" +
	"Ann again;ANN@example.org\n" +
	"Cy Poe;cy@example.org\n"

// TestImport takes a list in: customers, WordPress users, access, no mail.
func TestImport(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Map("paint", enrolld.Rule{}, 12)
	d.Receive("sale", pt.Buy("1", "bob@example.org", "paint"))
	d.Exec(`DELETE FROM enrolld_messages`)
	draft := d.draft(small, terms(12, 15))
	before := d.Counts()
	counted, err := d.x.Preview(t.Context(), d.Account.ID, draft.ID, func(importing.Import) {})
	d.Check(err)
	want := importing.Counts{Rows: 6, New: 2, Known: 1, Same: 1, Invalid: 2}
	if counted.State != importing.Ready || counted.Preview == nil || *counted.Preview != want {
		t.Errorf("preview: got %s %+v, want ready %+v", counted.State, counted.Preview, want)
	}
	if diff := cmp.Diff(before, d.Counts()); diff != "" {
		t.Errorf("the preview wrote (-before +after):\n%s", diff)
	}

	_, err = d.x.Start(t.Context(), maya, d.Account.ID, draft.ID)
	d.Check(err)
	d.work()
	done := d.get(draft.ID)
	if done.State != importing.Done || done.Counts != want || done.EndedAt == nil {
		t.Errorf("got %s %+v, want done %+v", done.State, done.Counts, want)
	}
	d.Want(pt.Users, "ann|ann@example.org", "bob|bob@example.org", "cy|cy@example.org")
	d.Want(pt.Access, "ann@example.org|12|no end", "ann@example.org|15|no end", "bob@example.org|12|no end",
		"bob@example.org|15|no end", "cy@example.org|12|no end", "cy@example.org|15|no end")
	d.Want(`SELECT email, first_name, last_name FROM enrolld_customers ORDER BY email`,
		"ann@example.org|Ann|Lee", "bob@example.org|Ann|Lee", "cy@example.org|Cy|Poe")
	d.Want(`SELECT COUNT(*), COUNT(announced_at) FROM enrolld_grants WHERE cause_kind = 'import'`, "6|6")
	d.Want(`SELECT COUNT(*) FROM enrolld_messages`, "0")
	d.Want(`SELECT actor, login_id, action, COUNT(*) FROM enrolld_audit WHERE login_id IS NOT NULL GROUP BY 1, 2, 3 ORDER BY action`,
		"Maya Lind|7|access.granted|5", "Maya Lind|7|import.done|1", "Maya Lind|7|import.started|1", "Maya Lind|7|import.uploaded|1")
	rejected := "\ufeffProblem;Name;E-Mail\r\n" +
		"line 4: column 2 “E-Mail”: this is not an email address;Nobody;nonsense\r\n" +
		"line 5: WordPress cannot hold this address: before the @ stand only ASCII letters, " +
		"digits and !#$%&'*+/=?^_`{|}~.-;Jörg;jörg@example.org\r\n"
	if diff := cmp.Diff(rejected, d.rejects(draft.ID)); diff != "" {
		t.Errorf("rejects (-want +got):\n%s", diff)
	}

	// A sale that is refunded later leaves what the import gave.
	d.Receive("refund", pt.Refund("1", day))
	d.Want(`SELECT COUNT(*) FROM enrolld_access`, "6")
	d.Want(`SELECT kind FROM enrolld_messages`)
}

// TestImport_notifies sends one message to each, and counts them beforehand.
// Whose user was made without a word is welcomed, with the link to set a password.
func TestImport_notifies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	until := d.Clock.Now().Add(30 * day)
	d.take(list(0, 2), importing.Terms{Courses: terms(12).Courses, EndsAt: &until})
	d.take(list(8, 2), importing.Terms{Courses: terms(12).Courses, EndsAt: &until})
	d.Exec(`UPDATE enrolld_customers SET blocked_at = NOW() WHERE email = 'p9@example.org'`) // who is told nothing
	d.Exec(`UPDATE enrolld_customers SET removed_at = NOW(), gone = TRUE WHERE email = 'p8@example.org'`)
	d.Exec(`UPDATE enrolld_grants g JOIN enrolld_customers c ON c.id = g.customer_id SET state = 'suspended', reason = 'removed' WHERE c.gone`)
	with := terms(12, 15)
	with.Notify = true
	draft := d.draft(list(1, 3)+"p9@example.org,Ann,Lee\np8@example.org,Ann,Lee\n", with)
	counted, err := d.x.Preview(t.Context(), d.Account.ID, draft.ID, func(importing.Import) {})
	d.Check(err)
	if want := (importing.Counts{Rows: 5, New: 2, Known: 3, Mails: 4, Blocked: 1, Back: 1}); *counted.Preview != want {
		t.Errorf("preview: got %+v, want %+v", *counted.Preview, want)
	}
	_, err = d.x.Start(t.Context(), maya, d.Account.ID, draft.ID)
	d.Check(err)
	d.work()
	d.Want(`SELECT recipient, kind, JSON_EXTRACT(data, '$.courses[*].title') FROM enrolld_messages ORDER BY recipient`,
		`p1@example.org|welcome|["Sculpture"]`, `p2@example.org|welcome|["Painting", "Sculpture"]`,
		`p3@example.org|welcome|["Painting", "Sculpture"]`, `p8@example.org|welcome|["Painting", "Sculpture"]`)
	d.Want(`SELECT DISTINCT 2 - urgency FROM enrolld_messages`, "2") // they let pass what somebody waits for
	d.Pass(31 * day)
	d.Want(pt.Access, "p1@example.org|12|no end", "p1@example.org|15|no end", "p2@example.org|12|no end", "p2@example.org|15|no end",
		"p3@example.org|12|no end", "p3@example.org|15|no end",
		"p8@example.org|12|no end", "p8@example.org|15|no end")
	// What was given quietly ends with a word all the same.
	d.Want(`SELECT recipient, kind FROM enrolld_messages ORDER BY id LIMIT 100 OFFSET 4`, "p0@example.org|expired")
}

// Somebody who is merged, while an import is undone, into a customer whose turn is over
// keeps nothing of it.
func TestUndoBesideMerge(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.take(list(0, 12), importing.Terms{Courses: []enrolld.CourseRef{pt.Course(12)}})
	_, err := d.x.Undo(t.Context(), maya, d.Account.ID, i.ID)
	d.Check(err)
	_, err = d.worker.Step(t.Context())
	d.Check(err)
	at, err := provision.LoadPlace(t.Context(), d.DB, d.Account.ID)
	d.Check(err)
	done := d.get(i.ID).Undo.After
	d.Check(d.DB.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := provision.Merge(t.Context(), tx, at, maya, provision.Pair{KeptID: done, GoneID: done + 3})
		return err
	}))
	d.Want(`SELECT COUNT(*) FROM enrolld_grants WHERE state = 'live'`, "5")
	d.work()
	d.Want(`SELECT COUNT(*) FROM enrolld_grants WHERE state = 'live'`, "0")
	if got := d.get(i.ID); got.State != importing.Undone || got.Undo.Undone+got.Undo.Kept != 12 || got.Undo.Failed != 0 {
		t.Errorf("%s, %+v, want 12 customers undone", got.State, got.Undo)
	}
}

// TestUndo sorts customers into three buckets.
func TestUndo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Map("paint", enrolld.Rule{}, 12)
	i := d.take(list(0, 5), terms(12))
	d.Receive("sale", pt.Buy("1", "p1@example.org", "paint"))
	later := d.Clock.Now().Add(90 * day)
	d.Exec(`UPDATE enrolld_grants SET ends_at = ? WHERE customer_id = (SELECT id FROM enrolld_customers WHERE email = 'p2@example.org')`, later)
	d.Exec(`UPDATE enrolld_grants SET state = 'ended', reason = 'revoked', ends_at = created_at
		WHERE customer_id = (SELECT id FROM enrolld_customers WHERE email = 'p3@example.org')`)
	d.Exec(`CREATE TRIGGER stuck BEFORE DELETE ON enrolld_access FOR EACH ROW
		IF OLD.user_id = (SELECT ID FROM wp_users WHERE user_email = 'p4@example.org') THEN SIGNAL SQLSTATE '45000'; END IF`)
	got := d.undo(i.ID)
	if got.State != importing.Undone || got.Undo.Undone != 1 || got.Undo.Kept != 3 || got.Undo.Failed != 1 {
		t.Errorf("got %s %+v, want 1 undone, 3 kept, 1 failed", got.State, got.Undo)
	}
	d.Want(`SELECT c.email, r.verdict, r.problem FROM enrolld_import_rows r JOIN enrolld_customers c ON c.id = r.place ORDER BY 1`,
		"p1@example.org|kept|page:12: an order gives it too", "p2@example.org|kept|page:12: it was changed since",
		"p3@example.org|kept|page:12: it has ended already (taken away by the team)",
		"p4@example.org|failed|the database refused this row; the service's log says why")
	d.Want(`SELECT user_email FROM wp_users WHERE ID NOT IN (SELECT user_id FROM enrolld_access)`, "p0@example.org")
	left, err := d.x.Left(t.Context(), d.Account.ID, i.ID, 0, 10)
	if d.Check(err); len(left) != 4 || !left[3].Failed {
		t.Errorf("left: got %+v, want four customers, the last failed", left)
	}
}

// TestRefusedRow leaves out the one row that the database refuses in the middle of
// a batch; its file of rejected rows can be imported once the cause is mended.
func TestRefusedRow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Exec(`CREATE TRIGGER stuck BEFORE INSERT ON wp_users FOR EACH ROW
		IF NEW.user_email = 'p17@example.org' THEN SIGNAL SQLSTATE '45000'; END IF`)
	i := d.take(list(0, 40), terms(12))
	if want := (importing.Counts{Rows: 40, New: 39, Refused: 1}); i.Counts != want || i.State != importing.Done {
		t.Errorf("got %s %+v, want done %+v", i.State, i.Counts, want)
	}
	d.Want(`SELECT COUNT(*) FROM enrolld_access`, "39")
	d.Want(`SELECT COUNT(*) FROM enrolld_customers WHERE email = 'p17@example.org'`, "0")
	d.Exec(`DROP TRIGGER stuck`)
	again := d.take(d.rejects(i.ID), terms(12))
	if want := (importing.Counts{Rows: 1, New: 1}); again.Counts != want {
		t.Errorf("the rejected rows: got %+v, want %+v", again.Counts, want)
	}
	d.Want(`SELECT COUNT(*) FROM enrolld_access`, "40")
}

// TestEveryRowRefused pauses instead of going through a million failures.
func TestEveryRowRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Exec(`CREATE TRIGGER stuck BEFORE INSERT ON wp_users FOR EACH ROW SIGNAL SQLSTATE '45000'`)
	i := d.take(list(0, 80), terms(12))
	if i.State != importing.Paused || i.Counts.Refused != 50 || i.Note == "" {
		t.Errorf("got %s %+v %q, want paused behind 50 refused rows, with a note", i.State, i.Counts, i.Note)
	}
	d.Want(`SELECT COUNT(stopped_at) FROM enrolld_imports`, "1")
	d.Exec(`DROP TRIGGER stuck`)
	_, err := d.x.Resume(t.Context(), maya, d.Account.ID, i.ID)
	d.Want(`SELECT COUNT(stopped_at) FROM enrolld_imports`, "0")
	d.Check(err)
	d.work()
	if got, want := d.get(i.ID).Counts, (importing.Counts{Rows: 80, New: 30, Refused: 50}); got != want {
		t.Errorf("resumed: got %+v, want %+v", got, want)
	}
}

// TestPausedAccount waits with it.
func TestPausedAccount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Check(d.DB.SetPaused(t.Context(), d.Account.ID, true))
	i := d.start(list(0, 3), terms(12))
	d.work()
	if got := d.get(i.ID); got.State != importing.Running || got.Counts.Rows != 0 {
		t.Errorf("got %s %+v, want running and nothing taken", got.State, got.Counts)
	}
	d.Check(d.DB.SetPaused(t.Context(), d.Account.ID, false))
	d.Clock.Advance(time.Minute)
	d.work()
	if got := d.get(i.ID); got.State != importing.Done {
		t.Errorf("got %s, want done", got.State)
	}
}

// TestPreviewKilled: who counts a list and dies before the first row leaves it to a
// worker.
func TestPreviewKilled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.draft(list(0, 3), terms(12))
	d.Exec(`CREATE TRIGGER killed BEFORE UPDATE ON enrolld_imports FOR EACH ROW
		IF HEX(NEW.lease) <> REPEAT('0', 32) THEN SIGNAL SQLSTATE '45000'; END IF`)
	if _, err := d.x.Preview(t.Context(), d.Account.ID, i.ID, func(importing.Import) {}); err == nil {
		t.Fatal("it was counted: this proves nothing")
	}
	d.Exec(`DROP TRIGGER killed`)
	d.work()
	if got := d.get(i.ID); got.State != importing.Ready || got.Preview == nil || got.Preview.New != 3 {
		t.Errorf("got %s %+v, want ready with 3 new", got.State, got.Preview)
	}
}
