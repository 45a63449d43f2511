package gate

import (
	"sync"

	"enrolld"
)

// Crowd bounds how many requests that take long there are at once in this process, of
// all logins and of each. It is safe for concurrent use.
type Crowd struct {
	most, each int

	mu  sync.Mutex
	all int
	by  map[int64]int
}

// NewCrowd makes a Crowd of at most so many, and so many of one login.
func NewCrowd(most, each int) *Crowd {
	return &Crowd{most: most, each: each, by: map[int64]int{}}
}

// Enter lets a login in; leave is to be called once. It returns an error of code
// Unavailable when there are too many; what says of what, in the plural.
func (c *Crowd) Enter(loginID int64, what string) (leave func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= c.most || c.by[loginID] >= c.each {
		return nil, enrolld.Errorf(enrolld.Unavailable, "too many %s at once: wait until one has ended", what)
	}
	c.all++
	c.by[loginID]++
	return func() { c.leave(loginID) }, nil
}

func (c *Crowd) leave(loginID int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.by[loginID]--; c.by[loginID] == 0 {
		delete(c.by, loginID)
	}
}
