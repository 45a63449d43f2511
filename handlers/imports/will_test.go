package imports

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld/store/importing"
)

// TestWill_shut: whom the team shut out is told of before anything happens.
func TestWill_shut(t *testing.T) {
	t.Parallel()
	got := will(importing.Counts{Rows: 4, Known: 4, Blocked: 1, Back: 2}, importing.Terms{}, site{})
	want := []string{
		"1 of these is blocked: what they get opens nothing until somebody unblocks them.",
		"2 of these were removed from the academy, and are customers again by it.",
		"No emails go out.",
	}
	if diff := cmp.Diff(want, got[1:]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestWill_more: who has everything already is told of as such, apart from rows that
// come again, and can be imported all the same.
func TestWill_more(t *testing.T) {
	t.Parallel()
	got := will(importing.Counts{Rows: 4, Same: 4, More: 3}, importing.Terms{Notify: true}, site{})
	want := []string{
		"3 known customers have all of it already and notice nothing. This list is one more reason: they keep it when another import is undone.",
		"1 row changes nothing: the person came before in this file.",
		"0 emails go out.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
