package platformtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

// Life is the story of one order, told by samples in the order in which they
// happen.
type Life struct {
	Name    string
	Shows   []string // the facts that it shows, see Facts
	Samples []string
	Rule    enrolld.Rule // of every product; a course is added
	Want    []Moment
}

// Moment is what access the whole story gives at a time: by line, its state and
// reason, and until when: "live paid until 2026-04-04T10:15:00Z".
type Moment struct {
	At    time.Time
	Lines map[string]string
}

// live plays a life in every order there is, or in some when there are too
// many, each time with something delivered twice. All must end in one order.
func (s Suite) live(t *testing.T, l Life) {
	t.Helper()
	var steps []enrolld.Order
	for _, name := range l.Samples {
		parsed, err := s.understand(t, s.signed(s.sample(t, name)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var o enrolld.Order
		for _, e := range parsed.Events {
			o = o.Merge(e.Order())
		}
		steps = append(steps, o)
	}
	want := play(steps)
	if len(want) != 1 {
		t.Fatalf("the life of one order makes %d orders", len(want))
	}
	random := rand.New(rand.NewPCG(3, 4)) // repeatable on purpose
	for _, p := range permutations(len(steps), random) {
		var shuffled []enrolld.Order
		for _, i := range append(p, p[random.IntN(len(p))]) {
			shuffled = append(shuffled, steps[i])
		}
		got := play(shuffled)
		if len(got) != 1 || !got[0].Equal(want[0]) {
			t.Fatalf("deliveries in the order %v make another order (-as happened +shuffled):\n%s",
				p, cmp.Diff(want, got))
		}
	}
	for _, m := range l.Want {
		if diff := cmp.Diff(m.Lines, s.access(want[0], l.Rule, m.At)); diff != "" {
			t.Errorf("access at %s (-want +got):\n%s", m.At.Format(time.RFC3339), diff)
		}
	}
}

// everything delivers all samples, each fact that the platform tells of, in many
// orders of arrival and with some of them twice: whatever comes first, the same
// orders come of it.
func (s Suite) everything(t *testing.T) {
	const rounds = 200
	var steps []enrolld.Order
	for _, sample := range s.Samples {
		parsed, err := s.understand(t, s.signed(sample))
		if err != nil {
			t.Fatalf("%s: %v", sample.Name, err)
		}
		for _, e := range parsed.Events {
			steps = append(steps, e.Order())
		}
	}
	want := sorted(play(steps))
	random := rand.New(rand.NewPCG(7, 8)) // repeatable on purpose
	for range rounds {
		var shuffled []enrolld.Order
		for _, i := range random.Perm(len(steps)) {
			shuffled = append(shuffled, steps[i])
			if random.IntN(4) == 0 {
				shuffled = append(shuffled, steps[random.IntN(len(steps))])
			}
		}
		got := sorted(play(shuffled))
		if len(got) != len(want) {
			t.Fatalf("%d orders, want %d", len(got), len(want))
		}
		for i := range got {
			if !got[i].Equal(want[i]) {
				t.Fatalf("another order of arrival makes another order (-want +got):\n%s", cmp.Diff(want[i], got[i]))
			}
		}
	}
}

// sorted puts orders into the order of their first references.
func sorted(orders []enrolld.Order) []enrolld.Order {
	slices.SortFunc(orders, func(a, b enrolld.Order) int { return slices.Compare(a.Refs.Sorted(), b.Refs.Sorted()) })
	return orders
}

// play merges deliveries as the store does: into the order with a common
// reference, joining orders that turn out to be one.
func play(steps []enrolld.Order) []enrolld.Order {
	var orders []enrolld.Order
	for _, o := range steps {
		orders = slices.DeleteFunc(orders, func(known enrolld.Order) bool {
			for ref := range known.Refs {
				if _, ok := o.Refs[ref]; ok {
					o = o.Merge(known)
					return true
				}
			}
			return false
		})
		orders = append(orders, o)
	}
	return orders
}

func (s Suite) access(o enrolld.Order, rule enrolld.Rule, now time.Time) map[string]string {
	rule.Courses = []enrolld.CourseRef{{LMS: "page", ID: 1}}
	rules := func(string, enrolld.ProductRef) (enrolld.Rule, bool) { return rule, true }
	sold := []enrolld.Sold{{OrderID: 1, Platform: s.Platform.Name(), AcceptTest: true, Order: o}}
	out := map[string]string{}
	for _, g := range enrolld.Derive(sold, rules, now).Grants {
		out[g.Cause.Line] = strings.TrimSpace(fmt.Sprintf("%s %s %s", g.State, g.Reason, until(g.Until)))
	}
	return out
}

func until(t *time.Time) string {
	if t == nil {
		return ""
	}
	return "until " + t.Format(time.RFC3339)
}

// permutations returns all orders of n things up to 6, 500 at random beyond.
func permutations(n int, random *rand.Rand) [][]int {
	const all, some = 6, 500
	var out [][]int
	if n > all {
		for range some {
			out = append(out, random.Perm(n))
		}
		return out
	}
	var extend func(done, left []int)
	extend = func(done, left []int) {
		if len(left) == 0 {
			out = append(out, slices.Clone(done))
		}
		for i := range left {
			rest := slices.Delete(slices.Clone(left), i, i+1)
			extend(append(slices.Clone(done), left[i]), rest)
		}
	}
	things := make([]int, n)
	for i := range things {
		things[i] = i
	}
	extend(nil, things)
	return out
}
