package enrolld_test

import (
	"math/rand/v2"
	"testing"

	"enrolld"

	"github.com/google/go-cmp/cmp"
)

// A scenario is a story of one order and what a seller and a member expect at
// some moments of it. Whatever the order of arrival, the answer is the same.
type scenario struct {
	name   string
	events []enrolld.Event
	rule   enrolld.Rule
	// others are rules of single products or variants ("club/annual"); nil: not mapped.
	others     map[string]*enrolld.Rule
	acceptTest bool
	want       []answer
}

// An answer is what describe says at a day.
type answer struct {
	day  float64
	want string
}

func runScenarios(t *testing.T, scenarios []scenario) {
	t.Helper()
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, e := range s.events {
				if err := e.Check(); err != nil {
					t.Fatalf("the scenario has an event that no adapter may make: %v", err)
				}
			}
			s.check(t, merge(s.events))
		})
	}
}

func (s scenario) derive(o enrolld.Order, d float64) enrolld.Derived {
	sold := enrolld.Sold{OrderID: 7, Platform: "test", AcceptTest: s.acceptTest, Order: o}
	return enrolld.Derive([]enrolld.Sold{sold}, byProduct(s.rule, s.others), day(d))
}

func (s scenario) check(t *testing.T, o enrolld.Order) {
	t.Helper()
	var first []enrolld.Derived
	for _, a := range s.want {
		d := s.derive(o, a.day)
		first = append(first, d)
		if got := describe(d); got != a.want {
			t.Errorf("on day %v:\n got %s\nwant %s", a.day, got, a.want)
		}
	}
	arrivals(t, s.events, func(order []enrolld.Event) {
		for i, a := range s.want {
			if diff := cmp.Diff(first[i], s.derive(merge(order), a.day)); diff != "" {
				t.Fatalf("on day %v another order of arrival derives (-first +other):\n%s\n%s", a.day, diff, kinds(order))
			}
		}
	})
}

// arrivals calls f with the events in every order, or with 200 orders where
// there are too many, each with some duplicates.
func arrivals(t *testing.T, events []enrolld.Event, f func([]enrolld.Event)) {
	t.Helper()
	if len(events) <= 5 {
		permute(events, f)
		return
	}
	rng := seeded(t)
	for range 200 {
		f(shuffledWithDuplicates(rng, events))
	}
}

func shuffledWithDuplicates(rng *rand.Rand, events []enrolld.Event) []enrolld.Event {
	out := append([]enrolld.Event(nil), events...)
	for range rng.IntN(len(events) + 1) {
		out = append(out, events[rng.IntN(len(events))])
	}
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// permute calls f with every order of the events (Heap's algorithm).
func permute[T any](items []T, f func([]T)) {
	a := append([]T(nil), items...)
	var rec func(int)
	rec = func(n int) {
		if n <= 1 {
			f(a)
			return
		}
		for i := range n {
			rec(n - 1)
			if n%2 == 0 {
				a[i], a[n-1] = a[n-1], a[i]
			} else {
				a[0], a[n-1] = a[n-1], a[0]
			}
		}
	}
	rec(len(a))
}

func kinds(events []enrolld.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, string(e.Kind)+" "+sinceEpoch(e.At))
	}
	return out
}
