//go:build unix

package platformtest

import (
	"syscall"
	"time"
)

// cpuTime is what the process has used of its processors: what a benchmark costs
// on a machine that has other things to do.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
