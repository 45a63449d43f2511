package enrolld_test

import (
	"encoding/json"
	"testing"
	"time"

	"enrolld"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func orders(events []enrolld.Event) []enrolld.Order {
	out := make([]enrolld.Order, len(events))
	for i, e := range events {
		out[i] = e.Order()
	}
	return out
}

func encoded(t *testing.T, o enrolld.Order) string {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatalf("encode %+v: %v", o, err)
	}
	return string(b)
}

func decoded(t *testing.T, s string) enrolld.Order {
	t.Helper()
	var o enrolld.Order
	if err := json.Unmarshal([]byte(s), &o); err != nil {
		t.Fatalf("decode %s: %v", s, err)
	}
	return o
}

// sameOrder compares whole records; an order that knows nothing of something may
// say so by a nil or an empty map.
func sameOrder(t *testing.T, got, want enrolld.Order, what string, events []enrolld.Event) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || !got.Equal(want) {
		t.Fatalf("%s (-want +got):\n%s\nEqual: %v, events: %v", what, diff, got.Equal(want), kinds(events))
	}
}

func TestMergeEveryOrderOfShortHistories(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	for range 60 {
		events := newLife(rng, 1+rng.IntN(6))
		all := orders(events)
		want := merge(events)
		permute(all, func(order []enrolld.Order) {
			var got enrolld.Order
			for _, o := range order {
				got = got.Merge(o)
			}
			if !got.Equal(want) {
				sameOrder(t, got, want, "another order of arrival", events)
			}
		})
	}
}

func TestMergeShuffledWithDuplicates(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	for range 12 {
		events := newLife(rng, 10+rng.IntN(30))
		want := merge(events)
		for range 300 {
			if got := merge(shuffledWithDuplicates(rng, events)); !got.Equal(want) {
				sameOrder(t, got, want, "shuffled, with duplicates", events)
			}
		}
	}
}

// TestMergeLaws checks the laws on records of several events, not only on single
// events, and that nothing is changed in passing.
func TestMergeLaws(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	for range 300 {
		events := newLife(rng, 3+rng.IntN(20))
		i := rng.IntN(len(events))
		j := i + rng.IntN(len(events)-i)
		a, b, c := merge(events[:i]), merge(events[i:j]), merge(events[j:])
		before := []string{encoded(t, a), encoded(t, b), encoded(t, c)}
		sameOrder(t, a.Merge(b), b.Merge(a), "commutative", events)
		sameOrder(t, a.Merge(b).Merge(c), a.Merge(b.Merge(c)), "associative", events)
		sameOrder(t, a.Merge(a), a, "idempotent", events)
		sameOrder(t, a.Merge(b).Merge(b).Merge(a), a.Merge(b), "idempotent later", events)
		sameOrder(t, a.Merge(enrolld.Order{}), a, "nothing to add", events)
		after := []string{encoded(t, a), encoded(t, b), encoded(t, c)}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Fatalf("Merge changed what it was given (-before +after):\n%s", diff)
		}
	}
}

func TestMergeLeavesEventsAlone(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	events := newLife(rng, 40)
	before, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	merge(events)
	after, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Errorf("the events were changed (-before +after):\n%s", diff)
	}
}

// TestMergeStored is the life of a real record: written and read back between
// any two events.
func TestMergeStored(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	for range 100 {
		events := newLife(rng, 3+rng.IntN(20))
		want := merge(events)
		var got enrolld.Order
		for _, e := range shuffledWithDuplicates(rng, events) {
			got = decoded(t, encoded(t, got.Merge(decoded(t, encoded(t, e.Order())))))
		}
		sameOrder(t, got, want, "stored between events", events)
	}
}

// TestMergeJoinsRecords has events of one order begin as two records, because
// they name it differently, until one event that carries both names joins them.
func TestMergeJoinsRecords(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	for range 100 {
		events := newLife(rng, 3+rng.IntN(20))
		for i := range events {
			events[i].Refs = []string{[]string{"order:1", "payment:9"}[rng.IntN(2)]}
		}
		link := event(1, enrolld.EventPayment)
		link.Refs = []string{"order:1", "payment:9"}
		var records [2]enrolld.Order
		for _, e := range events {
			i := 0
			if e.Refs[0] == "payment:9" {
				i = 1
			}
			records[i] = records[i].Merge(e.Order())
		}
		want := merge(append(events, link))
		sameOrder(t, records[1].Merge(link.Order()).Merge(records[0]), want, "joined", events)
	}
}

// TestMergeForeignText merges texts that are no UTF-8, as old platforms send
// them: unlike each other in memory, they are one text once stored.
func TestMergeForeignText(t *testing.T) {
	t.Parallel()
	a, b := buy(0, line("caf\xe9", 100)), buy(0, line("caf\xe8", 100))
	a.Buyer.First, b.Buyer.First = "Ren\xe9", "Ren\xe8"
	a.Number, b.Number = "\xff", "\xfe"
	ab, ba := a.Order().Merge(b.Order()), b.Order().Merge(a.Order())
	sameOrder(t, ab, ba, "commutative", nil)
	sameOrder(t, decoded(t, encoded(t, ab)), ab, "stored", nil)
}

// TestEventTimesAreMoments writes one instant in two ways; both are one record.
func TestEventTimesAreMoments(t *testing.T) {
	t.Parallel()
	a := month(status(10, cancelling, 31, 31))
	b := month(status(10, cancelling, 31, 31))
	zone, fine := time.FixedZone("", 3600), 300*time.Nanosecond
	for i := range b {
		b[i].At = b[i].At.In(zone).Add(fine)
	}
	b[1].Payment.Value.PaidUntil = b[1].Payment.Value.PaidUntil.In(zone).Add(fine)
	b[2].Subscription.Value.EndsAt = b[2].Subscription.Value.EndsAt.In(zone).Add(fine)
	b[0].Lines[0].Sale.SoldAt = b[0].Lines[0].Sale.SoldAt.In(zone).Add(fine)
	sameOrder(t, merge(b), merge(a), "other zone, nanoseconds", a)
}
