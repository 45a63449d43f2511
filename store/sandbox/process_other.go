//go:build !unix

package sandbox

import (
	"os"
	"os/exec"
)

// guard does nothing: elsewhere than on Unix a server survives a parent that
// dies without stopping it.
func guard(*exec.Cmd) error { return nil }

func terminate(p *os.Process) error { return p.Signal(os.Interrupt) }

func killGroup(p *os.Process) { _ = p.Kill() }
