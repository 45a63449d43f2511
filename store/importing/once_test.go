package importing_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/importing"
	"enrolld/store/provision/provisiontest"
	"enrolld/store/sandbox"
	"enrolld/store/storetest"
)

var seedFlag = flag.Uint64("seed", 20261122, "seed of the random files and batches")

// customers are the keys of all customers, in order.
func (d *desk) customers() []string {
	return d.Rows(`SELECT email_key FROM enrolld_customers ORDER BY 1`)
}

// wantOnce expects exactly these customers, each with one user, ground and access.
func (d *desk) wantOnce(people []string) {
	d.T.Helper()
	d.wantLists(people, 1)
}

// wantLists expects exactly these customers, each with one user and one access, whose
// ground is there once for each of so many lists.
func (d *desk) wantLists(people []string, lists int) {
	d.T.Helper()
	if diff := cmp.Diff(people, d.customers()); diff != "" {
		d.T.Errorf("customers (-want +got):\n%s", diff)
	}
	n := fmt.Sprint(len(people))
	d.Want(`SELECT COUNT(*), COUNT(DISTINCT user_email) FROM wp_users`, n+"|"+n)
	grounds := fmt.Sprint(lists * len(people))
	d.Want(`SELECT COUNT(*), COUNT(DISTINCT customer_id), COUNT(DISTINCT customer_id, cause_id) FROM enrolld_grants WHERE state = 'live'`,
		grounds+"|"+n+"|"+grounds)
	d.Want(`SELECT COUNT(*) FROM enrolld_access`, n)
	d.Want(`SELECT COUNT(*) FROM wp_usermeta`, fmt.Sprint(13*len(people)))
	d.Want(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'access.granted'`, n)
}

// TestAnyBatches imports a messy file in batches of random sizes, by two replicas
// at once, with leases that run out, and then again and again: each time adds a ground
// of its own, and the access, the users and the mail are those of the first time. The
// counts are those of the preview.
func TestAnyBatches(t *testing.T) {
	t.Parallel()
	const rows = 700
	d := newDesk(t)
	file, people := messy(t, *seedFlag, rows)
	rng := rand.New(rand.NewPCG(*seedFlag, 1))
	told := terms(12)
	told.Notify = true
	var first importing.Counts
	for n := 1; n <= 3; n++ {
		draft := d.draft(file, told)
		counted := d.count(draft.ID)
		_, err := d.x.Start(t.Context(), maya, d.Account.ID, draft.ID)
		d.Check(err)
		d.takeTurns(rng)
		done, mails := d.get(draft.ID), counted.Mails
		counted.Mails = 0 // which are said before alone
		if done.State != importing.Done || done.Counts != counted {
			t.Errorf("-seed=%d: time %d: got %s %+v, want done as counted %+v", *seedFlag, n, done.State, done.Counts, counted)
		}
		d.wantLists(people, n)
		d.Want(`SELECT COUNT(*), COUNT(DISTINCT customer_id) FROM enrolld_messages`, fmt.Sprintf("%d|%[1]d", len(people)))
		if n == 1 {
			first = counted
			first.Mails = mails
			continue
		}
		want := importing.Counts{Rows: first.Rows, Same: first.New + first.Same, More: first.New, Invalid: first.Invalid}
		if counted != want || mails != 0 || first.Mails != first.New {
			t.Errorf("-seed=%d: time %d: counted %+v and %d mails, want %+v and none", *seedFlag, n, counted, mails, want)
		}
	}
}

// count has the rows of an import counted.
func (d *desk) count(id int64) importing.Counts {
	d.T.Helper()
	i, err := d.x.Preview(d.T.Context(), d.Account.ID, id, func(importing.Import) {})
	d.Check(err)
	return *i.Preview
}

// takeTurns has workers of all kinds of batches and parts work, who die between two batches
// or lose their lease.
func (d *desk) takeTurns(rng *rand.Rand) {
	d.T.Helper()
	ctx := d.T.Context()
	var workers []*importing.Worker
	for {
		if len(workers) == 0 || rng.IntN(3) == 0 {
			workers = append(workers, importing.NewWorker(d.DB, importing.Options{Batch: 1 + rng.IntN(90), Part: 1 + rng.IntN(40)}))
		}
		n, err := workers[rng.IntN(len(workers))].Step(ctx)
		d.Check(err)
		if n == 0 || rng.IntN(5) == 0 {
			d.Clock.Advance(2 * time.Minute) // whoever holds it is too slow, or dead
		}
		if d.Rows(`SELECT COUNT(*) FROM enrolld_imports WHERE state = 'running'`)[0] == "0" {
			return
		}
	}
}

// TestTwoReplicas work on one import at the same time: one has it.
func TestTwoReplicas(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.start(list(0, 120), terms(12))
	var all sync.WaitGroup
	for range 2 {
		db := storetest.Open(t, d.DB.Name(), 4)
		db.SetClock(d.Clock.Now)
		w := importing.NewWorker(db, importing.Options{Batch: 12, Part: 3})
		all.Go(func() {
			for d.get(i.ID).State == importing.Running {
				if _, err := w.Step(t.Context()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	if got, want := d.get(i.ID).Counts, (importing.Counts{Rows: 120, New: 120}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	d.Want(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'import.done'`, "1")
	d.Want(`SELECT COUNT(*) FROM enrolld_access`, "120")
}

// TestStoppedInTheMiddle pauses and cancels between two batches.
func TestStoppedInTheMiddle(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	w := importing.NewWorker(d.DB, importing.Options{Batch: 10})
	step := func() {
		t.Helper()
		_, err := w.Step(t.Context())
		d.Check(err)
	}
	i := d.start(list(0, 40), terms(12))
	step()
	_, err := d.x.Pause(t.Context(), maya, d.Account.ID, i.ID)
	d.Check(err)
	step() // it does not know yet
	if got := d.get(i.ID); got.State != importing.Paused || got.Counts.Rows != 10 {
		t.Errorf("paused: got %s %+v, want 10 rows", got.State, got.Counts)
	}
	d.Want(`SELECT COUNT(*) FROM enrolld_customers`, "10")
	_, err = d.x.Resume(t.Context(), maya, d.Account.ID, i.ID)
	d.Check(err)
	step()
	d.Check(d.x.Cancel(t.Context(), maya, d.Account.ID, i.ID))
	step()
	if got := d.get(i.ID); got.State != importing.Cancelled || got.Counts.Rows != 20 {
		t.Errorf("cancelled: got %s %+v, want 20 rows", got.State, got.Counts)
	}
	if got := d.undo(i.ID); got.Undo.Undone != 20 {
		t.Errorf("undone: got %+v, want 20", got.Undo)
	}
	d.Want(`SELECT COUNT(*) FROM enrolld_access`, "0")
	if _, err := d.x.Start(t.Context(), maya, d.Account.ID, i.ID); enrolld.CodeOf(err) != enrolld.Conflict {
		t.Errorf("start what is undone: got %v, want conflict", err)
	}
}

// killedEnv names the database of the process that TestKilled kills.
const killedEnv = "ENROLLD_TEST_KILLED_IMPORT"

// TestKilled kills a process in the middle of an import, again and again, then its
// database; the next one goes on behind the last row. Exactly the rows of the file
// are there in the end, once.
func TestKilled(t *testing.T) {
	t.Parallel()
	if dsn := os.Getenv(killedEnv); dsn != "" {
		takeUntilKilled(t, enrolld.Secret(dsn))
		return
	}
	storetest.Need(t)
	if missing := sandbox.Missing(sandbox.DatabaseParts...); len(missing) > 0 {
		t.Skipf("no server of our own to kill: missing %q", missing)
	}
	server, err := sandbox.StartMariaDB(t.Context(), sandbox.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	if err := server.CreateDatabase(t.Context(), "killed"); err != nil {
		t.Fatal(err)
	}
	d := deskIn(provisiontest.On(t, func() *store.DB { return storetest.OpenOn(t, server, "killed", 8, storetest.Keyring()) }))
	file, people := messy(t, *seedFlag, 1500)
	i := d.start(file, terms(12))
	for rows := int64(0); rows < 1000; {
		rows = d.killBehind(server.DSN("killed"), i.ID, rows+200)
	}
	if got := d.get(i.ID); got.State != importing.Running {
		t.Fatalf("the import is %s before it was killed in its middle: this proves nothing", got.State)
	}
	server.Kill()
	if _, err := d.worker.Step(t.Context()); enrolld.CodeOf(err) != enrolld.Unavailable {
		t.Errorf("without a database: got %v, want unavailable", err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(2 * time.Minute) // the lease of whoever died
	d.work()
	if got := d.get(i.ID); got.State != importing.Done || got.Counts.New != int64(len(people)) {
		t.Errorf("got %s %+v, want %d new", got.State, got.Counts, len(people))
	}
	d.wantOnce(people)
}

// killBehind starts a process that works on the import, kills it once so many rows
// are done, at whatever it is doing then, and returns how many there are.
func (d *desk) killBehind(dsn string, id, rows int64) int64 {
	d.T.Helper()
	d.Exec(`UPDATE enrolld_imports SET due_at = ?, lease = '' WHERE state = 'running'`, d.Clock.Now()) // the last one's lease
	ctx, cancel := context.WithTimeout(d.T.Context(), time.Minute)
	defer cancel()
	worker := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKilled$")
	worker.Env = append(os.Environ(), killedEnv+"="+dsn)
	var said strings.Builder
	worker.Stdout, worker.Stderr = &said, &said
	d.Check(worker.Start())
	i := d.get(id)
	for i.State == importing.Running && i.Counts.Rows < rows && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
		i = d.get(id)
	}
	d.Check(worker.Process.Kill())
	_ = worker.Wait()
	if ctx.Err() != nil {
		d.T.Fatalf("the import does not get on: %s", said.String())
	}
	return d.get(id).Counts.Rows
}

// takeUntilKilled is the process that is killed.
func takeUntilKilled(t *testing.T, dsn enrolld.Secret) {
	db, err := store.Open(store.Config{DSN: dsn}, storetest.Keyring())
	if err != nil {
		t.Fatal(err)
	}
	db.SetClock(storetest.NewClock().Now)
	w := importing.NewWorker(db, importing.Options{Batch: 28, Part: 7})
	for n := 1; n > 0; {
		if n, err = w.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFileAcrossParts reads what stands on the border of two parts of a file.
func TestFileAcrossParts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var b strings.Builder
	b.WriteString("Email,Notes\n")
	var people []string
	for n := 0; b.Len() < 2<<20+1000; n++ {
		email := fmt.Sprintf("p%04d@example.org", n)
		people = append(people, email)
		fmt.Fprintf(&b, "%s,%s\n", email, strings.Repeat("x", 5000))
	}
	i := d.take(b.String(), terms(12))
	if i.Counts.New != int64(len(people)) || i.Size != int64(b.Len()) {
		t.Errorf("got %+v of %d bytes, want %d people of %d bytes", i.Counts, i.Size, len(people), b.Len())
	}
	slices.Sort(people)
	d.wantOnce(people)
	d.Want(`SELECT COUNT(*) FROM enrolld_import_files`, "3")
}

// TestDatabaseAway tries a batch again that the database was not there for.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	w := importing.NewWorker(d.DB, importing.Options{Batch: 10})
	d.Exec(`CREATE TRIGGER away BEFORE INSERT ON wp_users FOR EACH ROW
		IF NEW.user_email = 'p17@example.org' THEN SIGNAL SQLSTATE '70100' SET MYSQL_ERRNO = 1317; END IF`)
	i := d.start(list(0, 40), terms(12))
	_, err := w.Step(t.Context())
	d.Check(err)
	for range 2 {
		if _, err := w.Step(t.Context()); enrolld.CodeOf(err) != enrolld.Unavailable {
			t.Errorf("got %v, want unavailable", err)
		}
	}
	d.Exec(`DROP TRIGGER away`)
	for n := 1; n > 0; {
		n, err = w.Step(t.Context())
		d.Check(err)
	}
	if got, want := d.get(i.ID).Counts, (importing.Counts{Rows: 40, New: 40}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestCommitWithoutAnswer has the database be further than the worker knows, as
// when the answer to a commit is lost: it goes on from there.
func TestCommitWithoutAnswer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	whole := d.take(list(0, 40), terms(12)) // for the place of its end
	w := importing.NewWorker(d.DB, importing.Options{Batch: 10})
	i := d.start(list(0, 40), terms(15))
	_, err := w.Step(t.Context())
	d.Check(err)
	d.Exec(`UPDATE enrolld_imports a JOIN enrolld_imports b ON b.id = ? SET a.position = b.position, a.counts = b.counts WHERE a.id = ?`,
		whole.ID, i.ID)
	for n := 1; n > 0; {
		n, err = w.Step(t.Context())
		d.Check(err)
	}
	if got := d.get(i.ID); got.State != importing.Done || got.Counts != whole.Counts {
		t.Errorf("got %s %+v, want done %+v", got.State, got.Counts, whole.Counts)
	}
	d.Want(`SELECT course_id, COUNT(*) FROM enrolld_access GROUP BY 1 ORDER BY 1`, "12|40", "15|10")
}

// TestTurns: a large import has a small one wait for some batches, and not for its
// end; and takes every row once, though it is given back in between.
func TestTurns(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var people []string
	for n := range 30 {
		people = append(people, fmt.Sprintf("p%02d@example.org", n))
	}
	d.worker = importing.NewWorker(d.DB, importing.Options{Batch: 1})
	step := func() {
		_, err := d.worker.Step(t.Context())
		d.Check(err)
	}
	large := d.start("Email\n"+strings.Join(people, "\n")+"\n", terms(12))
	step()
	d.Clock.Advance(time.Second)
	small := d.start("Email\nsmall@example.org\n", terms(12))
	for range 8 {
		step()
		d.Clock.Advance(time.Second)
	}
	if s, l := d.get(small.ID), d.get(large.ID); s.State != importing.Done || l.State != importing.Running {
		t.Errorf("after some batches the small one is %s and the large one %s, want done and running", s.State, l.State)
	}
	d.work()
	d.wantOnce(append(people, "small@example.org"))
}
