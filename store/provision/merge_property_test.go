package provision_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

// people is what a test knows of who is who, by the plain rules: an address is one
// customer's, an order is its buyer's, what a hand gave goes where its customer goes.
type people struct {
	of     map[string]int64            // address → customer
	gone   map[int64]int64             // customer → into whom
	hand   map[int64]map[string]string // customer → ground → what it gives
	merges []known
}

// known is a merge with what went along.
type known struct {
	store.Merge
	addresses []string
	grounds   map[string]string // ground as it was → ground as the other has it
}

func (p *people) live() []int64 {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(p.hand)), func(id int64) bool { return p.gone[id] != 0 })
}

func (p *people) merge(m store.Merge) {
	k := known{Merge: m, grounds: map[string]string{}}
	for a, id := range p.of {
		if id == m.GoneID {
			k.addresses = append(k.addresses, a)
			p.of[a] = m.KeptID
		}
	}
	for g, gives := range p.hand[m.GoneID] {
		as := g
		if _, twice := p.hand[m.KeptID][g]; twice {
			as = fmt.Sprint(g, " of merge ", m.ID)
		}
		k.grounds[g] = as
		p.hand[m.KeptID][as] = gives
	}
	p.hand[m.GoneID] = map[string]string{}
	p.gone[m.GoneID] = m.KeptID
	p.merges = append(p.merges, k)
}

// undoable are the merges into somebody who is nobody's part.
func (p *people) undoable() []int {
	var out []int
	for i, m := range p.merges {
		if p.gone[m.KeptID] == 0 {
			out = append(out, i)
		}
	}
	return out
}

func (p *people) undo(i int) {
	m := p.merges[i]
	p.merges = slices.Delete(p.merges, i, i+1)
	delete(p.gone, m.GoneID)
	for _, a := range m.addresses {
		p.of[a] = m.GoneID
	}
	for g, as := range m.grounds {
		p.hand[m.GoneID][g] = p.hand[m.KeptID][as]
		delete(p.hand[m.KeptID], as)
	}
}

// TestMergesAnyOrder merges customers and takes merges back at random, while
// deliveries about them come in anywhere between and hands give courses. It ends
// with the access that Derive says of the orders of each, and of what hands gave.
func TestMergesAnyOrder(t *testing.T) {
	t.Parallel()
	for round := range uint64(3) {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			t.Parallel()
			mergeAnyOrder(t, *seedFlag+round)
		})
	}
}

func mergeAnyOrder(t *testing.T, seed uint64) {
	w := pt.New(t)
	for product, rule := range sagaRules() {
		w.Map(product, rule)
	}
	rng := rand.New(rand.NewPCG(seed, 3))
	var events []enrolld.Event
	for i := range uint64(3) {
		events = append(events, newSaga(seed+i, fmt.Sprintf("s%d", i)).events...)
	}
	rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	p := &people{of: map[string]int64{}, gone: map[int64]int64{}, hand: map[int64]map[string]string{}}
	for _, e := range events {
		if e.Buyer != nil && p.of[e.Buyer.Email] == 0 {
			given := give(t, w, provision.Gift{Email: e.Buyer.Email})
			p.of[e.Buyer.Email] = given[0].CustomerID
			p.hand[given[0].CustomerID] = map[string]string{}
		}
	}
	var worker sync.WaitGroup
	told := make(chan struct{})
	worker.Go(func() { keepStepping(w, told) })
	for i, e := range events {
		w.Put(fmt.Sprint("event ", i), e)
		p.happens(w, rng)
	}
	close(told)
	worker.Wait()
	for range 20 {
		w.Pass(time.Minute)
	}
	wantOrdersByAddress(w)
	if diff := cmp.Diff(p.outcome(events, w.Clock.Now()), p.told(w)); diff != "" {
		t.Errorf("-seed=%d: access by Derive - but it is +:\n%s", seed, diff)
	}
	if got := check(t, w, false); len(got) != 0 {
		t.Errorf("-seed=%d: differences: %q", seed, got)
	}
}

func keepStepping(w *pt.World, told <-chan struct{}) {
	p := w.Replica(provision.Options{Batch: 3})
	for {
		n, err := p.Step(w.T.Context())
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
}

// happens does one thing with the people, or nothing.
func (p *people) happens(w *pt.World, rng *rand.Rand) {
	w.T.Helper()
	one := func(list []int64) int64 { return list[rng.IntN(len(list))] }
	switch rng.IntN(5) {
	case 0, 1:
		list := p.live()
		kept, gone := one(list), one(list)
		if kept == gone {
			return
		}
		m, err := patiently(func() (store.Merge, error) { return merge(w, kept, gone) })
		w.Check(err)
		p.merge(m)
	case 2:
		list := p.undoable()
		if len(list) == 0 {
			return
		}
		i := list[rng.IntN(len(list))]
		_, err := patiently(func() (store.Merge, error) { return p.merges[i].Merge, unmerge(w, p.merges[i].Merge) })
		w.Check(err)
		p.undo(i)
	case 3:
		id, course, hand := one(p.live()), []int64{12, 15, 18}[rng.IntN(3)], int64(7+rng.IntN(2))
		ground := fmt.Sprint(course, " by ", hand)
		_, err := patiently(func() ([]provision.Given, error) {
			return tryGive(w, provision.Gift{CustomerID: id, Grants: []enrolld.Grant{{
				Course: pt.Course(course), Cause: enrolld.Cause{Kind: enrolld.CausePerson, ID: hand},
			}}})
		})
		w.Check(err)
		p.hand[id][ground] = fmt.Sprint(course)
	}
}

// patiently tries again what deadlocked too often.
func patiently[T any](f func() (T, error)) (v T, err error) {
	for range 20 {
		if v, err = f(); err == nil || !errors.Is(err, store.ErrAgain) && enrolld.CodeOf(err) != enrolld.Unavailable {
			return v, err
		}
	}
	return v, err
}

// outcome is who has what, by the rules.
func (p *people) outcome(events []enrolld.Event, now time.Time) []string {
	orders := map[string]enrolld.Order{}
	for _, e := range events {
		number := strings.SplitN(e.OrderRefs()[0], ":", 2)[1]
		orders[number] = orders[number].Merge(e.Order())
	}
	rules := sagaRules()
	find := func(_ string, p enrolld.ProductRef) (enrolld.Rule, bool) { r, ok := rules[p.ID]; return r, ok }
	grants := map[int64][]enrolld.Grant{}
	for _, o := range orders {
		id := p.of[o.Buyer.Value.Email]
		grants[id] = append(grants[id], enrolld.Derive([]enrolld.Sold{{Platform: pt.Platform, Order: o}}, find, now).Grants...)
	}
	for id, hand := range p.hand {
		for _, course := range hand {
			ref, _ := enrolld.ParseCourseRef("page:" + course)
			grants[id] = append(grants[id], enrolld.Grant{Course: ref, State: enrolld.GrantLive})
		}
	}
	var out []string
	for id, list := range grants {
		for _, a := range enrolld.AccessOf(list) {
			out = append(out, fmt.Sprintf("%d has %d until %s", id, a.Course.ID, until(a.Until)))
		}
	}
	slices.Sort(out)
	return out
}

// told is who has what, as WordPress knows.
func (p *people) told(w *pt.World) []string {
	w.T.Helper()
	var out []string
	for _, row := range w.Rows(`SELECT c.id, a.course_id, COALESCE(a.ends_at, 'no end') FROM enrolld_access a
		LEFT JOIN enrolld_customers c ON c.wp_user_id = a.user_id AND c.part_of = 0`) {
		cells := strings.Split(row, "|")
		out = append(out, fmt.Sprintf("%s has %s until %s", cells[0], cells[1], cells[2]))
	}
	slices.Sort(out)
	return out
}
