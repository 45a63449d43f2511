package customers

import (
	"slices"
	"testing"
)

func TestFold(t *testing.T) {
	t.Parallel()
	list := make([]int, 30)
	for i := range list {
		list[i] = i
	}
	for n, want := range map[int]int{0: 0, 1: 1, 6: 6, 8: 8, 9: 6, 30: 6} {
		got := fold(list[:n], 6)
		if len(got.Shown) != want || !slices.Equal(slices.Concat(got.Shown, got.Rest), list[:n]) {
			t.Errorf("of %d: shown %v, the rest %v; want %d shown and nothing lost", n, got.Shown, got.Rest, want)
		}
	}
}
