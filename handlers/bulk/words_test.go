package bulk

import (
	"slices"
	"testing"

	"enrolld/store/bulk"
)

// TestNotes_more: who has it already is given one more reason, and the page says so.
func TestNotes_more(t *testing.T) {
	t.Parallel()
	b := bulk.Bulk{Action: bulk.Give, Tally: bulk.Tally{Foreseen: bulk.Counts{Same: 2, More: 2, Members: 2}}}
	want := "2 customers have it already: what you give is one more reason, and stays when the other one goes."
	if got := notes(b); !slices.Contains(got, want) {
		t.Errorf("got %q, want among them %q", got, want)
	}
}
