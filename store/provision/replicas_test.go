package provision_test

import (
	"fmt"
	"sync"
	"testing"

	"enrolld"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

// race has processors work at once until nothing is due for any of them.
func race(t *testing.T, processors ...*provision.Processor) {
	t.Helper()
	var running sync.WaitGroup
	for _, p := range processors {
		running.Go(func() {
			for {
				n, err := p.Step(t.Context())
				if err != nil {
					t.Errorf("Step: %v", err)
				}
				if n == 0 || err != nil {
					return
				}
			}
		})
	}
	running.Wait()
}

// TestOneDeliveryManyTimes sends one delivery 50 times at once, to two replicas
// that already work, and then once more.
func TestOneDeliveryManyTimes(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	w.Check(w.DB.SetCompanion(t.Context(), w.Account.ID, "key of the companion"))
	replicas := []*provision.Processor{w.Replica(provision.Options{Batch: 1}), w.Replica(provision.Options{})}
	w.Reader.Says("sale", provision.Reading{Events: []enrolld.Event{pt.Buy("1", "ann@example.org", "paint")}})
	var senders sync.WaitGroup
	for range 50 {
		senders.Go(func() {
			if err := w.PutBody("sale"); err != nil {
				t.Errorf("Put: %v", err)
			}
		})
	}
	race(t, replicas...)
	senders.Wait()
	race(t, replicas...)
	w.Put("sale", pt.Buy("1", "ann@example.org", "paint"))
	race(t, replicas...)

	w.Want(`SELECT state, duplicates, attempts FROM enrolld_deliveries`, "done|50|1")
	once := map[string]string{
		"enrolld_customers": "1", "enrolld_orders": "1", "enrolld_order_refs": "1", "enrolld_order_lines": "1",
		"enrolld_grants": "1", "enrolld_access": "1", "enrolld_messages": "1", "enrolld_signals": "1",
		"enrolld_audit": "1", "enrolld_delivery_effects": "1", "enrolld_site_names": "3", "enrolld_products": "1",
		"wp_users": "1", "wp_usermeta": "13",
	}
	wantSame(t, w, once)
}

// TestOneOrderOnTwoReplicas lets deliveries about one order race: each knows it
// by other references, or by the same. Round after round with a new buyer.
func TestOneOrderOnTwoReplicas(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Map("paint", enrolld.Rule{}, 12)
	var replicas []*provision.Processor
	for range 2 {
		replicas = append(replicas, w.Replica(provision.Options{Batch: 1}))
	}
	const rounds = 8
	for i := range rounds {
		order, email := fmt.Sprint(i), fmt.Sprintf("buyer%d@example.org", i)
		bought := pt.Buy(order, email, "paint")
		bought.Refs = append(bought.Refs, "payment:"+order)
		paid := pt.Event(order, 0, enrolld.EventPayment)
		paid.Refs = []string{"payment:" + order, "order:" + order} // another first one
		paid.Payment = &enrolld.EventPart[enrolld.Payment]{ID: "p", Value: enrolld.Payment{Amount: pt.USD(1000)}}
		again := pt.Buy(order, email, "paint")
		again.Refs = []string{"order:" + order, "invoice:" + order}
		for name, e := range map[string]enrolld.Event{"bought": bought, "paid": paid, "again": again} {
			w.Put(name+order, e)
		}
		race(t, replicas...)
	}
	w.Want(`SELECT number, COUNT(*) FROM enrolld_orders GROUP BY number HAVING COUNT(*) <> 1`)
	w.Want(`SELECT COUNT(*), SUM(customer_id IS NOT NULL) FROM enrolld_orders`, fmt.Sprintf("%d|%[1]d", rounds))
	w.Want(`SELECT COUNT(*), COUNT(DISTINCT order_id) FROM enrolld_order_refs`, fmt.Sprintf("%d|%d", 3*rounds, rounds))
	w.Want(`SELECT COUNT(*) FROM wp_users`, fmt.Sprint(rounds))
	w.Want(`SELECT kind, COUNT(*) FROM enrolld_messages GROUP BY kind`, fmt.Sprintf("welcome|%d", rounds))
	w.Want(`SELECT state, COUNT(*) FROM enrolld_deliveries GROUP BY state`, fmt.Sprintf("done|%d", 3*rounds))
}

// TestOneBuyerOnTwoReplicas lets one person's orders race, with new people in
// between: one customer, one user, one welcome each.
func TestOneBuyerOnTwoReplicas(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	products := []string{"paint", "sculpt", "weave"}
	for i, page := range []int64{12, 15, 18} {
		w.Map(products[i], enrolld.Rule{}, page)
	}
	const people = 10
	for i := range people {
		for j, p := range products {
			order := fmt.Sprintf("%d-%d", i, j)
			w.Put(order, pt.Buy(order, fmt.Sprintf("Buyer%d@example.org", i), p))
		}
	}
	opt := provision.Options{Batch: 4}
	race(t, w.Replica(opt), w.Replica(opt), w.Replica(opt))
	want := fmt.Sprint(people)
	w.Want(`SELECT COUNT(*) FROM enrolld_customers`, want)
	w.Want(`SELECT COUNT(*) FROM wp_users`, want)
	w.Want(`SELECT COUNT(*) FROM enrolld_messages WHERE kind = 'welcome'`, want)
	w.Want(`SELECT COUNT(*), COUNT(DISTINCT user_id) FROM enrolld_access`, fmt.Sprintf("%d|%d", 3*people, people))
}
