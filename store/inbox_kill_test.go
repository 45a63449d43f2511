package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"enrolld"
	"enrolld/store"
	"enrolld/store/sandbox"
	"enrolld/store/storetest"
)

// A server that dies: without its database the inbox says so, with it again it
// goes on, and what Put answered with nil is there whenever the server died.
func TestInboxServerKilled(t *testing.T) {
	t.Parallel()
	storetest.Need(t)
	server, db := ownServer(t)
	inbox := store.NewInbox(db)
	defer inbox.Close()
	w := &world{t: t, db: db, clock: storetest.NewClock()}
	w.check(inbox.Put(t.Context(), w.delivery("evt_1")))
	server.Kill()
	wantCode(t, "Put without a server", inbox.Put(t.Context(), w.delivery("evt_2")), enrolld.Unavailable)
	wantCode(t, "Ping without a server", db.Ping(t.Context()), enrolld.Unavailable)
	w.check(server.Restart(t.Context()))
	w.check(inbox.Put(t.Context(), w.delivery("evt_2")))
	w.check(db.Ping(t.Context()))
	w.want("SELECT id, body FROM enrolld_deliveries", `1|{"key":"evt_1"}`, `2|{"key":"evt_2"}`)
	killUnderLoad(w, server, inbox)
}

func killUnderLoad(w *world, server *sandbox.MariaDB, inbox *store.Inbox) {
	t := w.t
	t.Helper()

	const rounds, senders, enough = 3, 32, 400
	var kept []string
	for round := range rounds {
		var mu sync.Mutex
		stored, dead := make(chan struct{}), make(chan struct{})
		n := 0
		var all sync.WaitGroup
		for s := range senders {
			all.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-dead:
						return
					default:
					}
					key := fmt.Sprintf("evt_%d_%d_%d", round, s, i)
					if err := inbox.Put(t.Context(), w.delivery(key)); err != nil {
						wantCode(t, key, err, enrolld.Unavailable)
						return // the server is gone
					}
					mu.Lock()
					kept = append(kept, key)
					if n++; n == enough {
						close(stored)
					}
					mu.Unlock()
				}
			})
		}
		<-stored
		server.Kill()
		close(dead)
		all.Wait()
		w.check(server.Restart(t.Context()))
		w.check(w.db.Ping(t.Context()))
	}

	there := map[string]bool{}
	for _, body := range w.rows("SELECT body FROM enrolld_deliveries") {
		there[body] = true
	}
	lost := 0
	for _, key := range kept {
		if !there[`{"key":"`+key+`"}`] {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d stored deliveries are lost", lost, len(kept))
	}
	t.Logf("%d deliveries were confirmed, %d are there", len(kept), len(there))
}

// ownServer starts a server that the test may kill, with a migrated database.
func ownServer(t testing.TB) (*sandbox.MariaDB, *store.DB) {
	t.Helper()
	if missing := sandbox.Missing(sandbox.DatabaseParts...); len(missing) > 0 {
		t.Skip("this test kills its server and there is none to start: apt-get install " + strings.Join(missing, " "))
	}
	// A server that starts removes the temporary tables of others from the folder
	// that it shares with them.
	server, err := sandbox.StartMariaDB(t.Context(), sandbox.Options{
		Dir: t.TempDir(), ExtraArgs: []string{"--tmpdir=" + t.TempDir()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := server.CreateDatabase(t.Context(), "school"); err != nil {
		t.Fatal(err)
	}
	db := storetest.OpenOn(t, server, "school", 0, storetest.Keyring())
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return server, db
}
