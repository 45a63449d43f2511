//go:build !unix

package platformtest

import "time"

var began = time.Now()

// cpuTime is the time by the clock, where the system does not say better.
func cpuTime() time.Duration { return time.Since(began) }
