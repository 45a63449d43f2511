package enrolld_test

import (
	"flag"
	"math/rand/v2"
	"testing"
)

var seedFlag = flag.Uint64("seed", 20260101, "seed of the random tests")

// seeded returns the test's random numbers: the same in every run, unless -seed
// says otherwise, and printed when the test fails.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := *seedFlag
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("random numbers from -seed=%d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, uint64(len(t.Name()))))
}
