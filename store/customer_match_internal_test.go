package store

import "testing"

func TestNextLook(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ looked, in, n, want int }{
		{200, 0, 50, 1000},      // nobody yet: five times as many
		{200, 22, 50, 395},      // one in nine: what is missing, and half as much again
		{200, 50, 50, 200},      // nearly there
		{5000, 40, 50, 2062},    // one in 125
		{900, 1, 50, 4500},      // never more than five times as many
		{5000, 1, 50, 5000},     // nor more than are read at once
		{5000, 900, 900, 200},   // never fewer than at first
		{200, 180, 2000, 1000},  // a long page
		{1000, 1000, 1001, 200}, // of everybody
	} {
		if got := nextLook(test.looked, test.in, test.n); got != test.want {
			t.Errorf("nextLook(%d, %d, %d) = %d, want %d", test.looked, test.in, test.n, got, test.want)
		}
	}
}
