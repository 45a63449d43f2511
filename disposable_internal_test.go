package enrolld

import (
	"slices"
	"strings"
	"testing"
)

func TestEmbeddedLists(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, list  string
		least, most int
	}{
		{"disposable.txt", disposableList, 3000, 20_000},
		{"passwords.txt", passwordList, 3000, 20_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			head, _, _ := strings.Cut(tt.list, "\n\n")
			if !strings.Contains(head, "Source: ") || !strings.Contains(head, "Licence: ") {
				t.Errorf("the list does not say its source and licence: %q", head)
			}
			lines := dataLines(tt.list)
			if len(lines) < tt.least || len(lines) > tt.most {
				t.Errorf("%d lines; want %d to %d", len(lines), tt.least, tt.most)
			}
			if !slices.IsSorted(lines) || len(slices.Compact(slices.Clone(lines))) != len(lines) {
				t.Error("the lines are not sorted, or one is there twice")
			}
			for _, line := range lines {
				if line == "" || line != strings.ToLower(strings.TrimSpace(line)) {
					t.Errorf("line %q is not in lower case and trimmed", line)
				}
			}
		})
	}
}
