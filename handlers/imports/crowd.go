package imports

import (
	"sync"

	"enrolld"
)

// How many requests that take long there are at once, in this process.
const (
	mostUploads, uploadsEach = 16, 3
	mostStreams, streamsEach = 200, 10
)

// crowd bounds how many are in at once, of all logins and of each.
type crowd struct {
	most, each int

	mu  sync.Mutex
	all int
	by  map[int64]int
}

func newCrowd(most, each int) *crowd { return &crowd{most: most, each: each, by: map[int64]int{}} }

// enter lets a login in; leave is to be called once. It returns an error of code
// Unavailable when there are too many.
func (c *crowd) enter(loginID int64, what string) (leave func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= c.most || c.by[loginID] >= c.each {
		return nil, enrolld.Errorf(enrolld.Unavailable, "too many %s at once: wait until one has ended", what)
	}
	c.all++
	c.by[loginID]++
	return func() { c.leave(loginID) }, nil
}

func (c *crowd) leave(loginID int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.by[loginID]--; c.by[loginID] == 0 {
		delete(c.by, loginID)
	}
}
