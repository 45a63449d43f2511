package store_test

import (
	"fmt"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"enrolld/store"
)

// Words that too many have to read them all are asked of who may be in the list, and
// words beside one that few have are asked of those few: either way exactly those are
// found who have them all.
func TestCustomerPageOfCommonWords(t *testing.T) {
	t.Parallel()
	const people = 1500
	w := newWorld(t)
	one := w.replica(1)
	w.crowd(people)
	w.exec("UPDATE enrolld_customers SET courses = MOD(id, 2)") // nobody is indexed anew
	w.exec("UPDATE enrolld_customers SET gone = TRUE WHERE MOD(id, 500) = 1")
	shelf := `IF(MOD(seq, 500) = 1, account.id | (1 << 62), account.id)`
	for _, words := range []struct {
		where string
		list  []string
	}{
		{"TRUE", []string{"al", "alder", "alma", "alpaca"}},
		{"MOD(seq, 2) = 0", []string{"bet", "beta", "bete", "beth", "betony", "betula", "betty"}},
		{"MOD(seq, 300) = 0", []string{"rare"}},
		{"seq = 1001", []string{"rare", "bestow", "\x01g"}}, // who is gone
	} {
		for _, word := range words.list {
			w.exec(`INSERT INTO enrolld_customer_words (account_id, word, customer_id) SELECT `+shelf+`, ?, seq
				FROM (SELECT ? AS id) account JOIN seq_1_to_`+fmt.Sprint(people)+` WHERE `+words.where, word, w.account.ID)
		}
	}
	w.exec("ANALYZE TABLE enrolld_customers, enrolld_customer_words")
	ids := func(in func(id int64) bool) []int64 {
		out := []int64{}
		for id := int64(people); id > 0; id-- {
			if id%500 != 1 && in(id) {
				out = append(out, id)
			}
		}
		return out
	}
	even := func(id int64) bool { return id%2 == 0 }
	for _, test := range []struct {
		filter store.CustomerFilter
		most   int // rows that the first page of ten may read
		want   []int64
	}{
		{store.CustomerFilter{Words: "al"}, 9500, ids(func(int64) bool { return true })},
		{store.CustomerFilter{Words: "al bet"}, 18_000, ids(even)},
		{store.CustomerFilter{Words: "bet al", NoAccess: true}, 18_000, ids(even)},
		{store.CustomerFilter{Words: "al", Source: fmt.Sprint(w.source.ID)}, 9500, []int64{}},
		{store.CustomerFilter{Words: "al bet rare"}, 2 * fewReads, ids(func(id int64) bool { return id%300 == 0 })},
		{store.CustomerFilter{Words: "al bet nobody"}, fewReads, []int64{}},
		{store.CustomerFilter{Words: "bestow al", Standing: store.StandingRemoved}, fewReads, []int64{1001}},
	} {
		c := &crowded{world: w}
		for _, limit := range []int{10, 700} {
			test.filter.Limit = limit
			if diff := gocmp.Diff(test.want, rowIDs(c.walk(store.AllProducts(), test.filter))); diff != "" {
				t.Errorf("%+v, %d a page (-want +got):\n%s", test.filter, limit, diff)
			}
		}
		test.filter.Limit = 10
		before := w.reads(one)
		p, err := one.CustomerPage(t.Context(), w.account.ID, store.AllProducts(), test.filter)
		w.check(err)
		if got := w.reads(one) - before; got > test.most || p.Next == 0 && len(p.Rows) != len(test.want) {
			t.Errorf("%+v read %d rows for %d customers, want at most %d", test.filter, got, len(p.Rows), test.most)
		}
	}
}
