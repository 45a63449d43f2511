package letter

import (
	"strings"
	"unicode"
)

// Cut shortens s to at most n runes, the last of them an ellipsis when something
// was cut. It does not leave a joiner or an accent without its letter.
func Cut(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	end := n - 1
	for end > 0 && continues(runes[end]) {
		end--
	}
	head := strings.TrimRightFunc(string(runes[:end]), func(r rune) bool {
		return unicode.IsSpace(r) || r == '\u200D'
	})
	return head + "…"
}

// continues says whether r belongs to the rune before it.
func continues(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc) || r == '\u200D' ||
		r >= '\uFE00' && r <= '\uFE0F' || r >= '\U0001F3FB' && r <= '\U0001F3FF'
}
