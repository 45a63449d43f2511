package provisiontest

import (
	"context"
	"sync"

	"enrolld"
	"enrolld/store/provision"
)

// Reader says of each body what it was told to say.
type Reader struct {
	mu    sync.Mutex
	says  map[string]func(context.Context) (provision.Reading, error)
	reads map[string]int
}

// NewReader makes a reader that knows no body.
func NewReader() *Reader {
	return &Reader{says: map[string]func(context.Context) (provision.Reading, error){}, reads: map[string]int{}}
}

// Says sets what a body says.
func (r *Reader) Says(body string, reading provision.Reading) {
	r.Does(body, func(context.Context) (provision.Reading, error) { return reading, nil })
}

// Fails makes the reading of a body fail.
func (r *Reader) Fails(body string, err error) {
	r.Does(body, func(context.Context) (provision.Reading, error) { return provision.Reading{}, err })
}

// Does sets what happens when a body is read.
func (r *Reader) Does(body string, f func(context.Context) (provision.Reading, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.says[body] = f
}

// Reads says how often a body was read.
func (r *Reader) Reads(body string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reads[body]
}

// Read implements provision.Reader.
func (r *Reader) Read(ctx context.Context, s provision.Source) (provision.Reading, error) {
	r.mu.Lock()
	f := r.says[string(s.Body)]
	r.reads[string(s.Body)]++
	r.mu.Unlock()
	if f == nil {
		return provision.Reading{}, enrolld.Errorf(enrolld.Invalid, "nobody said what %q says", s.Body)
	}
	return f(ctx)
}
