package team

import "runtime"

// HashSession is what scs stores for a token.
var HashSession = hashSession

// For tests of what cannot be seen from outside.
var (
	NobodysHash = nobodysHash
	ArgonParams = argonParams
)

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
