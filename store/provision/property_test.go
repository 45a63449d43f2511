package provision_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

var seedFlag = flag.Uint64("seed", 20260304, "first seed of the random histories")

const sagas = 12

// TestAnyOrderGivesTheSame tells each random history twice: in order and in one
// batch, and shuffled among all others, with duplicates, in batches of 1 to 200,
// by two replicas at once. Both must end as Derive says.
func TestAnyOrderGivesTheSame(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	for product, rule := range sagaRules() {
		w.Map(product, rule)
	}
	rng := rand.New(rand.NewPCG(*seedFlag, 2))
	var inOrder, shuffled []*saga
	var keys []string
	for i := range uint64(sagas) {
		inOrder = append(inOrder, newSaga(*seedFlag+i, fmt.Sprintf("a%d", i)))
		shuffled = append(shuffled, newSaga(*seedFlag+i, fmt.Sprintf("b%d", i)))
		for j, e := range inOrder[i].events {
			w.Put(fmt.Sprintf("%s event %d", inOrder[i].prefix, j), e)
		}
		if n, err := w.Processor.Step(t.Context()); n != len(inOrder[i].events) || err != nil {
			t.Fatalf("Step: got %d, %v, want one batch of %d", n, err, len(inOrder[i].events))
		}
		for j, e := range shuffled[i].events {
			for _, envelope := range []string{"", " again"}[:1+rng.IntN(2)] { // the same said in two deliveries
				key := fmt.Sprintf("%s event %d%s", shuffled[i].prefix, j, envelope)
				w.Reader.Says(key, provision.Reading{Events: []enrolld.Event{e}})
				keys = append(keys, key)
				if rng.IntN(4) == 0 {
					keys = append(keys, key) // and one delivery that comes twice
				}
			}
		}
	}
	rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	tellAll(w, rng, keys)

	for i := range inOrder {
		want := inOrder[i].outcome(w.Clock.Now())
		slices.Sort(want)
		for _, s := range []*saga{inOrder[i], shuffled[i]} {
			got := s.told(w)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("saga %s, -seed=%d: Derive says - but it is +:\n%s", s.prefix, *seedFlag+uint64(i), diff)
			}
		}
	}
	w.Want(`SELECT user_email FROM wp_users GROUP BY user_email HAVING COUNT(*) > 1`)
	w.Want(`SELECT email FROM enrolld_customers c WHERE wp_user_id IS NULL AND EXISTS
		(SELECT 1 FROM enrolld_grants g WHERE g.customer_id = c.id AND g.state = 'live')`)
	w.Want(`SELECT number FROM enrolld_orders GROUP BY number HAVING COUNT(*) > 1`)
	w.Want(`SELECT recipient FROM enrolld_messages WHERE kind = 'welcome' GROUP BY recipient HAVING COUNT(*) > 1`)
	w.Want(`SELECT COUNT(*) FROM enrolld_deliveries WHERE state NOT IN ('done', 'parked')`, "0")
}

// tellAll puts deliveries while two replicas work on them.
func tellAll(w *pt.World, rng *rand.Rand, keys []string) {
	var workers sync.WaitGroup
	told := make(chan struct{})
	for range 2 {
		var processors []*provision.Processor
		for range 4 {
			batch := 1 + rng.IntN(12)
			if rng.IntN(2) == 0 {
				batch = 1 + rng.IntN(200)
			}
			processors = append(processors, w.Replica(provision.Options{Batch: batch}))
		}
		workers.Go(func() {
			for turn := 0; ; turn++ {
				n, err := processors[turn%len(processors)].Step(w.T.Context())
				if err != nil {
					w.T.Errorf("Step: %v", err)
					return
				}
				if n > 0 {
					continue
				}
				select {
				case <-told:
					return
				default:
				}
			}
		})
	}
	for _, key := range keys {
		w.Check(w.PutBody(key))
	}
	close(told)
	workers.Wait()
	for range 20 { // what two replicas deadlocked on too often waits for its next attempt
		w.Pass(time.Minute)
	}
}
