package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"enrolld/store"
)

// connection returns the number of the only connection of a handle.
func connection(t testing.TB, db *store.DB) int64 {
	t.Helper()
	var id int64
	if err := db.Conn().QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// looks makes looks at innodb_trx follow each other slowly: the server renews
// what the table shows only when nobody has read it for a tenth of a second.
var looks sync.Mutex

const lookEvery = 150 * time.Millisecond

// awaitBlocked returns when a connection waits for a row that another one has
// locked. It fails the test when that does not come to pass.
func (w *world) awaitBlocked(connection int64) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if w.blocked(connection) {
			return
		}
	}
	w.t.Fatal("the other transaction never waited")
}

func (w *world) blocked(connection int64) bool {
	w.t.Helper()
	looks.Lock()
	defer looks.Unlock()
	<-time.After(lookEvery)
	var n int
	err := w.db.Conn().QueryRowContext(w.t.Context(), `SELECT COUNT(*) FROM information_schema.innodb_trx
		WHERE trx_mysql_thread_id = ? AND trx_state = 'LOCK WAIT'`, connection).Scan(&n)
	if err != nil {
		w.t.Fatalf("look for a waiting transaction: %v", err)
	}
	return n > 0
}

// impatient makes a transaction give up at the first lock that it has to wait for.
func impatient(ctx context.Context, tx *store.Tx) error {
	_, err := tx.ExecContext(ctx, "SET SESSION innodb_lock_wait_timeout = 1")
	return err
}

// receiveErr waits for the end of what runs aside.
func (w *world) receiveErr(done <-chan error) error {
	w.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		w.t.Fatal("it never ended")
		return nil
	}
}
