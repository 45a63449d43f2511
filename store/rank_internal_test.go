package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

// TestInTurn claims eight at a time of what waits by rank.
func TestInTurn(t *testing.T) {
	t.Parallel()
	const n = 8
	for _, tt := range []struct {
		name  string
		waits [3]int
		last  enrolld.Rank
		want  [3]int
		reads int
	}{
		{"nothing", [3]int{}, enrolld.RankMany, [3]int{}, 3},
		{"a few of each", [3]int{2, 1, 3}, enrolld.RankMany, [3]int{2, 1, 3}, 3},
		{"a large list alone", [3]int{0, 0, 100}, enrolld.RankMany, [3]int{0, 0, 8}, 3},
		{"a purchase before a large list", [3]int{1, 0, 100}, enrolld.RankMany, [3]int{1, 0, 7}, 3},
		{"purchases without end", [3]int{100, 0, 100}, enrolld.RankMany, [3]int{6, 0, 2}, 3},
		{"purchases and reminders without end", [3]int{100, 100, 100}, enrolld.RankMany, [3]int{6, 1, 1}, 3},
		{"reminders and a large list", [3]int{0, 100, 100}, enrolld.RankMany, [3]int{0, 7, 1}, 3},
		{"purchases alone", [3]int{100, 0, 0}, enrolld.RankMany, [3]int{8, 0, 0}, 4},
		{"purchases, and reminders behind them", [3]int{100, 1, 0}, enrolld.RankMany, [3]int{7, 1, 0}, 4},
		{"reminders alone", [3]int{0, 100, 0}, enrolld.RankMany, [3]int{0, 8, 0}, 4},
		{"only what somebody waits for", [3]int{100, 100, 100}, enrolld.RankWaited, [3]int{8, 0, 0}, 1},
	} {
		reads := 0
		read := func(rank enrolld.Rank, n int) ([]int64, error) {
			reads++
			var out []int64
			for i := range min(n, tt.waits[rank]) {
				out = append(out, int64(rank)*1000+int64(i))
			}
			return out, nil
		}
		list, err := inTurn(n, tt.last, func(id int64) int64 { return id }, read)
		if err != nil {
			t.Fatal(err)
		}
		var got [3]int
		seen := map[int64]bool{}
		for _, id := range list {
			got[id/1000]++
			seen[id] = true
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || len(seen) != len(list) || reads != tt.reads {
			t.Errorf("%s: in %d reads, want %d; %d of them twice; by rank (-want +got):\n%s", tt.name, reads, tt.reads, len(list)-len(seen), diff)
		}
	}
}
