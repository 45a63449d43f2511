package platformtest

import (
	"maps"
	"slices"
	"testing"
)

// The duties of an adapter, as subtests of Run are named, with what Lacks calls
// them.
var duties = map[string]string{
	"verify": "verify", "forged": "forged", "identify": "identify", "life": "life", "rotation": Rotation, "test_mode": TestMode,
	"confirmation": Confirmation, "catalogue": Catalogue, "refund": RefundAPI,
}

// Recipe lists what the recipe of a platform that comes through another one has
// shown: facts by the tests that show them, and why the others are lacking. The
// duties are those of the adapter that it comes through.
func Recipe(t *testing.T, title, through string, shows map[string]func(*testing.T), lacks map[string]string) {
	t.Helper()
	s := Suite{Lacks: lacks}
	t.Run(title, func(t *testing.T) {
		t.Attr("platform", title)
		for _, fact := range slices.Sorted(maps.Keys(facts)) {
			t.Run("facts/"+fact, func(t *testing.T) {
				show, ok := shows[fact]
				switch {
				case ok:
					show(t)
				case !s.lacks(t, fact):
					t.Errorf("no test shows %q, and nothing says why", fact)
				}
			})
		}
		for _, name := range slices.Sorted(maps.Keys(duties)) {
			t.Run(name, func(t *testing.T) {
				if !s.lacks(t, duties[name]) {
					t.Attr("lacks", through)
					t.Skip(through)
				}
			})
		}
	})
}
