package provision_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
	"enrolld/store/sandbox"
	"enrolld/store/storetest"
)

// TestServerKilledUnderLoad kills the database server while deliveries come in
// and two replicas work. Whatever was acknowledged has its effect in the end,
// and all of it once.
func TestServerKilledUnderLoad(t *testing.T) {
	t.Parallel()
	storetest.Need(t)
	if missing := sandbox.Missing(sandbox.DatabaseParts...); len(missing) > 0 {
		t.Skipf("no server of our own to kill: missing %q", missing)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	server, err := sandbox.StartMariaDB(ctx, sandbox.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	if err := server.CreateDatabase(ctx, "crash"); err != nil {
		t.Fatal(err)
	}
	w := pt.On(t, func() *store.DB { return storetest.OpenOn(t, server, "crash", 8, storetest.Keyring()) })
	w.Map("paint", enrolld.Rule{}, 12)

	var working sync.WaitGroup
	stop := make(chan struct{})
	for _, batch := range []int{3, 20} {
		p := w.Replica(provision.Options{Batch: batch})
		working.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = p.Step(ctx) // fails while the server is away
				}
			}
		})
	}
	const buyers = 150
	var stored atomic.Int64
	var sending sync.WaitGroup
	for sender := range 3 {
		sending.Go(func() {
			for i := sender; i < buyers; i += 3 {
				key := fmt.Sprint(i)
				w.Reader.Says(key, provision.Reading{Events: []enrolld.Event{
					pt.Buy(key, fmt.Sprintf("buyer%d@example.org", i/2), "paint"), // two orders each
				}})
				for w.PutBody(key) != nil { // as a platform that tries again
					if ctx.Err() != nil {
						return
					}
				}
				stored.Add(1)
			}
		})
	}
	for range 3 {
		if err := killAfter(ctx, server, &stored, stored.Load()+20); err != nil {
			t.Fatal(err)
		}
	}
	sending.Wait()
	close(stop)
	working.Wait()
	for range 8 { // what was leased when the server died, and what failed then
		w.Pass(provision.DefaultLease)
	}
	want := fmt.Sprint(buyers / 2)
	w.Want(`SELECT state, COUNT(*) FROM enrolld_deliveries GROUP BY 1`, fmt.Sprintf("done|%d", buyers))
	w.Want(`SELECT COUNT(*), COUNT(DISTINCT number) FROM enrolld_orders`, fmt.Sprintf("%d|%[1]d", buyers))
	w.Want(`SELECT COUNT(*) FROM enrolld_grants WHERE state = 'live'`, fmt.Sprint(buyers))
	w.Want(`SELECT COUNT(*), COUNT(DISTINCT user_email) FROM wp_users`, want+"|"+want)
	w.Want(`SELECT COUNT(*) FROM wp_usermeta`, fmt.Sprint(13*buyers/2))
	w.Want(`SELECT COUNT(*) FROM enrolld_access`, want)
	w.Want(`SELECT kind, COUNT(*) FROM enrolld_messages GROUP BY 1`, "welcome|"+want)
	w.Want(`SELECT action, COUNT(*) FROM enrolld_audit GROUP BY 1`, "access.granted|"+want)
}

// killAfter kills the server once so many deliveries are stored, and starts it
// again.
func killAfter(ctx context.Context, server *sandbox.MariaDB, stored *atomic.Int64, n int64) error {
	for stored.Load() < n {
		select {
		case <-ctx.Done():
			return errors.New("the load did not get on")
		case <-time.After(time.Millisecond):
		}
	}
	server.Kill()
	return server.Restart(ctx)
}
