package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

// TestCustomersOfAnImport finds whom an import gave something, whatever became of it,
// and nobody by another account's import.
func TestCustomersOfAnImport(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 30)
	const mine, theirs = 5, 6
	var imported []int64
	gives := func(account int64, b buyer, id int64, course int64, state enrolld.GrantState) {
		c.inTx(func(ctx context.Context, tx *store.Tx) error {
			return tx.SaveGrants(ctx, []store.Grant{{CustomerID: b.id, AccountID: account, Grant: enrolld.Grant{
				Course: enrolld.CourseRef{LMS: "page", ID: course}, Cause: enrolld.Cause{Kind: enrolld.CauseImport, ID: id},
				State: state, Reason: enrolld.ReasonKept, From: tx.Now(),
			}}})
		})
	}
	for i, b := range c.people {
		switch i % 3 {
		case 0:
			gives(c.account.ID, b, mine, 10, enrolld.GrantLive)
			gives(c.account.ID, b, mine, 11, enrolld.GrantEnded)
			imported = append(imported, b.id)
		case 1:
			gives(c.account.ID, b, mine+10, 10, enrolld.GrantLive)
		}
	}
	gives(c.account.ID+1, c.people[0], theirs, 10, enrolld.GrantLive)
	slices.Reverse(imported)
	source := fmt.Sprint(c.source.ID)
	for name, tt := range map[string]struct {
		scope  store.ProductScope
		filter store.CustomerFilter
		want   []int64
	}{
		"alone":             {store.AllProducts(), store.CustomerFilter{Import: mine}, imported},
		"and a source":      {store.AllProducts(), store.CustomerFilter{Import: mine, Source: source}, both(imported, c.oracle(nil, store.CustomerFilter{Source: source}))},
		"and words":         {store.AllProducts(), store.CustomerFilter{Import: mine, Words: "ann"}, both(imported, c.oracle(nil, store.CustomerFilter{Words: "ann"}))},
		"another account's": {store.AllProducts(), store.CustomerFilter{Import: theirs}, []int64{}},
		"some products":     {c.member(71, "ink"), store.CustomerFilter{Import: mine}, []int64{}},
	} {
		for _, limit := range []int{2, 50} {
			tt.filter.Limit, tt.filter.Count = limit, true
			if diff := gocmp.Diff(tt.want, rowIDs(c.walk(tt.scope, tt.filter))); diff != "" {
				t.Errorf("%s, %d a page (-want +got):\n%s", name, limit, diff)
			}
			p, err := c.db.CustomerPage(t.Context(), c.account.ID, tt.scope, tt.filter)
			if c.check(err); p.Total != len(tt.want) {
				t.Errorf("%s: counted %d, want %d", name, p.Total, len(tt.want))
			}
		}
	}
}

func both(a, b []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(a), func(id int64) bool { return !slices.Contains(b, id) })
}
