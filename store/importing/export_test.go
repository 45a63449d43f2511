package importing

import "time"

// SetMaxSize is for the tests, which do not upload a gigabyte.
func (x *Imports) SetMaxSize(n int64) { x.maxSize = n }

// SetPatience is for the tests, which do not wait for seconds.
func (w *Worker) SetPatience(d time.Duration) { w.patience = d }
