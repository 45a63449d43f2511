package importing

import "time"

// SetMaxSize is for the tests, which do not upload a gigabyte.
func (x *Imports) SetMaxSize(n int64) { x.maxSize = n }

// SetMaxKept is for the tests, which do not upload fifty files.
func (x *Imports) SetMaxKept(lists int, bytes int64) { x.maxLists, x.maxKept = lists, bytes }

// SetPatience is for the tests, which do not wait for seconds.
func (w *Worker) SetPatience(d time.Duration) { w.patience = d }
