package team

import "runtime"

// HashSession is what scs stores for a token.
var HashSession = hashSession

// For tests of what cannot be seen from outside.
var (
	NobodysHash = New(nil).nobodysHash()
	ArgonParams = argonParams
)

// Crowd takes every place in the queue for that, until leave is called.
func (t *Team) Crowd() (leave func()) {
	n := cap(t.queue)
	for range n {
		t.queue <- struct{}{}
	}
	return func() {
		for range n {
			<-t.queue
		}
	}
}

// Busy takes every turn to hash a password, until done is called.
func (t *Team) Busy() (done func()) {
	for range runtime.NumCPU() {
		t.hashes <- struct{}{}
	}
	return func() {
		for range runtime.NumCPU() {
			<-t.hashes
		}
	}
}
