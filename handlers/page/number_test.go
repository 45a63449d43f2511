package page_test

import (
	"math"
	"testing"

	"enrolld/handlers/page"
)

func TestNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 10_203: "10,203", 1_000_000: "1,000,000", -1: "-1", -100: "-100", -1000: "-1,000",
		math.MinInt64: "-9,223,372,036,854,775,808",
	} {
		if got := page.Number(n); got != want {
			t.Errorf("Number(%d): got %q, want %q", n, got, want)
		}
	}
}

func TestPlural(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 products wait", 1: "1 product waits", 2: "2 products wait", 1204: "1,204 products wait"} {
		if got := page.Plural(n, "product waits", "products wait"); got != want {
			t.Errorf("Plural(%d): got %q, want %q", n, got, want)
		}
	}
}
