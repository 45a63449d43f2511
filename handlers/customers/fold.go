package customers

// How much of a history stands on the page; the rest opens below it. Somebody who
// pays by the month has dozens of each.
const (
	mostShown     = 6  // orders, emails
	mostHappening = 20 // entries of the timeline
)

// folded is a list of which the older part is out of the way.
type folded[T any] struct{ Shown, Rest []T }

// fold leaves out of the way what is more than n, but never only a line or two.
func fold[T any](list []T, n int) folded[T] {
	if len(list) <= n+2 {
		return folded[T]{Shown: list}
	}
	return folded[T]{list[:n], list[n:]}
}
