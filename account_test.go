package enrolld_test

import (
	"testing"
	"time"

	"enrolld"
)

// TestCompanionKnows: a sub-account has its parent's plugin, which was installed
// before it was made.
func TestCompanionKnows(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)
	before, after := made.Add(-time.Second), made.Add(time.Second)
	for name, tt := range map[string]struct {
		installed *time.Time
		want      bool
	}{
		"never": {nil, false}, "before": {&before, false}, "with it": {&made, true}, "after": {&after, true},
	} {
		if got := (enrolld.Account{CreatedAt: made, CompanionAt: tt.installed}).CompanionKnows(); got != tt.want {
			t.Errorf("installed %s: %v, want %v", name, got, tt.want)
		}
	}
}
