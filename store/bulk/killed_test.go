package bulk_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/bulk"
	"enrolld/store/storetest"
)

// killedEnv names the database of the process that TestKilled kills.
const killedEnv = "ENROLLD_TEST_KILLED_BULK"

// TestKilled kills a process in the middle of a bulk action, again and again, and
// again while it is undone; the next one goes on behind the last customer.
// Everybody is extended once, and taken back once.
func TestKilled(t *testing.T) {
	t.Parallel()
	if dsn := os.Getenv(killedEnv); dsn != "" {
		workUntilKilled(t, enrolld.Secret(dsn))
		return
	}
	d := newDesk(t)
	const n = 300
	until := d.Clock.Now().Add(30 * day)
	d.give(byImport, 12, &until, people(0, n)...)
	plus := terms(12)
	plus.Days = 7
	b := d.decided(filter(store.CustomerFilter{}), bulk.Extend, plus)
	const ends = `SELECT ends_at, COUNT(*) FROM enrolld_access GROUP BY 1`

	d.Check(d.x.Start(t.Context(), maya, d.Account.ID, b.ID))
	for at, later := int64(0), time.Duration(0); at < 3*n/4; later += 700 * time.Microsecond {
		at = d.killBehind(b.ID, bulk.Running, at+n/15, later, func(c bulk.Counts) int64 { return c.Seen() })
	}
	d.work()
	same(t, "done", d.get(b.ID).Done, bulk.Counts{Change: n})
	d.Want(ends, fmt.Sprintf("%s|%d", until.Add(7*day).Format(time.RFC3339Nano), n))
	d.Want(`SELECT COUNT(*), COUNT(DISTINCT customer_id) FROM enrolld_grants WHERE cause_kind = 'person'`, fmt.Sprintf("%d|%d", n, n))
	d.Want(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'access.changed'`, fmt.Sprint(n))

	d.Check(d.x.Undo(t.Context(), maya, d.Account.ID, b.ID))
	d.killBehind(b.ID, bulk.Undoing, n/6, time.Millisecond, func(c bulk.Counts) int64 { return c.Undone })
	d.work()
	same(t, "undone", d.get(b.ID).Done, bulk.Counts{Change: n, Undone: n})
	d.Want(ends, fmt.Sprintf("%s|%d", until.Format(time.RFC3339Nano), n))
}

// killBehind starts a process that works on the action, kills it a moment
// after it is so far, at whatever it is doing then, and returns how far it is. It has to be in its
// middle still.
func (d *desk) killBehind(id int64, state bulk.State, far int64, later time.Duration, how func(bulk.Counts) int64) int64 {
	d.T.Helper()
	ctx, cancel := context.WithTimeout(d.T.Context(), time.Minute)
	defer cancel()
	worker := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKilled$")
	worker.Env = append(os.Environ(), killedEnv+"="+storetest.Server(d.T).DSN(d.DB.Name()))
	var said strings.Builder
	worker.Stdout, worker.Stderr = &said, &said
	d.Check(worker.Start())
	for b := d.get(id); b.State == state && how(b.Done) < far && ctx.Err() == nil; b = d.get(id) {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(later) // moments of many lengths, for they are to end in every part of a batch
	d.Check(worker.Process.Kill())
	_ = worker.Wait()
	b := d.get(id)
	if b.State != state || how(b.Done) < far {
		d.T.Fatalf("killed when it was %s, %+v, not in its middle: this proves nothing: %s", b.State, b.Done, said.String())
	}
	d.Exec(`UPDATE enrolld_bulks SET due_at = ?, lease = '' WHERE id = ?`, d.Clock.Now(), id) // the lease of the dead has run out
	return how(b.Done)
}

// workUntilKilled is the process that is killed.
func workUntilKilled(t *testing.T, dsn enrolld.Secret) {
	db, err := store.Open(store.Config{DSN: dsn}, storetest.Keyring())
	if err != nil {
		t.Fatal(err)
	}
	db.SetClock(storetest.NewClock().Now)
	w := bulk.NewWorker(db, bulk.Options{Batch: 4})
	for n := 1; n > 0; {
		if n, err = w.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
