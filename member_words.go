package enrolld

import (
	"strings"
	"time"
)

// Words says what the terms give, in one line for mail: "Admin with all
// permissions", "User: View products, View emails until 3 May 2026 14:00 UTC".
func (t Terms) Words(now time.Time) string {
	var b strings.Builder
	b.WriteString(t.Type.Title())
	if t.Type == TypeOwner || t.All {
		b.WriteString(" with all permissions")
	} else {
		b.WriteString(": " + t.heldWords(now))
	}
	switch {
	case !t.Scope.AllProducts && !t.Scope.AllAccounts:
		b.WriteString("; for chosen accounts and products")
	case !t.Scope.AllProducts:
		b.WriteString("; for chosen products")
	case !t.Scope.AllAccounts:
		b.WriteString("; for chosen accounts")
	}
	return b.String()
}

func (t Terms) heldWords(now time.Time) string {
	held := t.Held(now)
	if len(held) == 0 {
		return "no permissions"
	}
	words := make([]string, len(held))
	for i, p := range held {
		words[i] = p.Title
		if until := t.Rights[p.Key]; !until.IsZero() {
			words[i] += until.UTC().Format(" until 2 January 2006 15:04 UTC")
		}
	}
	return strings.Join(words, ", ")
}
