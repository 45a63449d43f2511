package platformtest

import (
	"math/rand/v2"
	"testing"

	"enrolld"
)

func TestPermutations(t *testing.T) {
	for n, want := range map[int]int{1: 1, 3: 6, 6: 720, 7: 500} {
		seen := map[string]bool{}
		for _, p := range permutations(n, rand.New(rand.NewPCG(1, 2))) {
			if len(p) != n {
				t.Fatalf("a permutation of %d things has %d", n, len(p))
			}
			key := ""
			for _, i := range p {
				key += string(rune('a' + i))
			}
			seen[key] = true
		}
		if n <= 6 && len(seen) != want {
			t.Errorf("%d things: got %d orders, want %d", n, len(seen), want)
		}
	}
}

func TestPlayJoins(t *testing.T) {
	ref := func(refs ...string) enrolld.Order { return enrolld.Order{Refs: enrolld.NewRefSet(refs...)} }
	if got := len(play([]enrolld.Order{ref("a"), ref("b"), ref("c"), ref("a", "b")})); got != 2 {
		t.Errorf("got %d orders, want 2", got)
	}
}
