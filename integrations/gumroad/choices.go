package gumroad

import (
	"slices"
	"strings"

	"enrolld/integrations"
)

// choices lists the variants that a product can be sold in, written as variant
// writes them: one choice of each kind, sorted by kind. Where there are very many
// it lists none.
func choices(variants integrations.Node) []string {
	kinds := variants.List()
	slices.SortStableFunc(kinds, func(a, b integrations.Node) int {
		return strings.Compare(a.Get("title").Text(), b.Get("title").Text())
	})
	out := []string{""}
	for _, kind := range kinds {
		var more []string
		for _, option := range kind.Get("options").List() {
			name := integrations.Clean(option.Get("name").Text())
			if name == "" {
				continue
			}
			for _, before := range out {
				more = append(more, strings.TrimPrefix(before+", "+name, ", "))
			}
		}
		if len(more) > mostVariants {
			return nil
		}
		if len(more) > 0 {
			out = more
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}
