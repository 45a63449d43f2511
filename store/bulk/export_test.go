package bulk

import "context"

// Drop is what Sweep does with a draft that it found.
var Drop = (*Bulks).drop

// NextChanged are the next ones to be undone behind a customer.
func (w *Worker) NextChanged(ctx context.Context, b Bulk, behind int64) ([]int64, error) {
	b.position = behind
	return w.next(ctx, &work{Bulk: b}, touched)
}
