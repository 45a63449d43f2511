package importing

// SetMaxSize is for the tests, which do not upload a gigabyte.
func (x *Imports) SetMaxSize(n int64) { x.maxSize = n }
