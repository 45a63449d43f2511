package provision_test

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
	"enrolld/store/storetest"
)

// galeraSockets names the sockets of a cluster's nodes, with commas between; its
// user is root, without a password.
const galeraSockets = "ENROLLD_GALERA_SOCKETS"

// TestGalera has three writers of a cluster work on the same people: every node
// takes the deliveries in, again, and works on all of them.
func TestGalera(t *testing.T) {
	sockets := strings.Split(os.Getenv(galeraSockets), ",")
	if len(sockets) < 2 {
		t.Skipf("no cluster: %s names the sockets of its nodes", galeraSockets)
	}
	name := "enrolld_test_" + strings.ToLower(rand.Text()[:12])
	admin, err := sql.Open("mysql", "root@unix("+sockets[0]+")/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = admin.Exec("DROP DATABASE " + name)
		_ = admin.Close()
	})
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name+" COLLATE utf8mb4_unicode_ci"); err != nil {
		t.Fatal(err)
	}
	open := func(socket string) *store.DB {
		db, err := store.Open(store.Config{DSN: enrolld.Secret("root@unix(" + socket + ")/" + name)}, storetest.Keyring())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	w := pt.On(t, func() *store.DB { return open(sockets[0]) })
	w.Map("paint", enrolld.Rule{}, 12)
	w.Map("sculpt", enrolld.Rule{}, 15)
	var nodes []*store.DB
	var processors []*provision.Processor
	for _, socket := range sockets {
		node := open(socket)
		nodes, processors = append(nodes, node), append(processors, w.NewProcessor(node, provision.Options{Batch: 7}))
	}
	const people = 40
	var keys []string
	for i := range people {
		order, email := fmt.Sprint(i), fmt.Sprintf("buyer%d@example.org", i)
		bought := pt.Buy(order, email, "paint", "waits")
		bought.Refs = append(bought.Refs, "payment:"+order)
		again := pt.Buy(order, email, "paint")
		again.Refs = []string{"payment:" + order, "order:" + order}
		for key, e := range map[string]enrolld.Event{
			"bought": bought, "again": again, "other": pt.Buy(order+"b", email, "sculpt"), "refund": pt.Refund(order+"b", day),
		} {
			w.Reader.Says(key+order, provision.Reading{Events: []enrolld.Event{e}})
			keys = append(keys, key+order)
		}
	}
	for part := range slices.Chunk(keys, len(keys)/2) { // work on the one while the other comes in
		var senders sync.WaitGroup
		for _, node := range nodes {
			senders.Go(func() { send(t, w, node, part) })
		}
		race(t, processors...)
		senders.Wait()
	}
	race(t, processors...)
	w.Map("waits", enrolld.Rule{}, 18)
	for range 10 { // what the nodes refused each other too often waits for its next attempt
		w.Clock.Advance(provision.DefaultLease)
		race(t, processors...)
		_, err := nodes[1].SweepParked(t.Context())
		w.Check(err)
		_, err = processors[1].DueAll(t.Context())
		w.Check(err)
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if w.Rows(`SELECT COUNT(*) FROM enrolld_deliveries WHERE state = 'done'`)[0] == fmt.Sprint(4*people) {
			break // the first node has applied what the others wrote
		}
	}
	want := fmt.Sprint(people)
	w.Want(`SELECT state, COUNT(*) FROM enrolld_deliveries GROUP BY 1`, fmt.Sprintf("done|%d", 4*people))
	w.Want(`SELECT COUNT(*), COUNT(DISTINCT number) FROM enrolld_orders`, fmt.Sprintf("%d|%[1]d", 2*people))
	w.Want(`SELECT COUNT(*), COUNT(DISTINCT order_id) FROM enrolld_order_refs`, fmt.Sprintf("%d|%d", 3*people, 2*people))
	w.Want(`SELECT COUNT(*) FROM enrolld_customers`, want)
	w.Want(`SELECT COUNT(*), COUNT(DISTINCT user_email), COUNT(DISTINCT user_login) FROM wp_users`, want+"|"+want+"|"+want)
	w.Want(`SELECT COUNT(*) FROM wp_usermeta`, fmt.Sprint(13*people))
	w.Want(`SELECT course_id, COUNT(*) FROM enrolld_access GROUP BY 1`, "12|"+want, "18|"+want)
	w.Want(`SELECT COUNT(*) FROM enrolld_messages WHERE kind = 'welcome'`, want)
	t.Log("attempts:", w.Rows(`SELECT attempts, COUNT(*) FROM enrolld_deliveries GROUP BY 1 ORDER BY 1`))
}

// send puts deliveries through a node.
func send(t *testing.T, w *pt.World, node *store.DB, keys []string) {
	t.Helper()
	inbox := store.NewInbox(node)
	defer inbox.Close()
	for _, key := range keys {
		var err error
		for range 10 { // a node may stand still for a while; a platform tries again
			if err = inbox.Put(t.Context(), w.Delivery(w.Source, key)); err == nil {
				break
			}
		}
		if err != nil {
			t.Errorf("Put: %v", err)
		}
	}
}
