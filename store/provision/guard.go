package provision

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"enrolld"
)

// survive turns a panic of f into an error: a defect that one delivery meets
// must keep nobody else waiting.
func survive(f func() error) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case runtime.Error:
			err = fmt.Errorf("panic: %w\n%s", r, debug.Stack())
		default: // its text may quote the delivery
			err = fmt.Errorf("panic of type %T\n%s", r, debug.Stack())
		}
	}()
	return f()
}

// notTheirs is an error that is not the fault of the deliveries or customers
// that meet it: a site that is moving, a course of an LMS that we do not write.
// Whatever its code says, they wait until it is mended.
func notTheirs(err error) error {
	if enrolld.CodeOf(err) == enrolld.Unavailable {
		return err
	}
	return enrolld.Wrap(enrolld.Internal, err, "%s", enrolld.MessageOf(err))
}
