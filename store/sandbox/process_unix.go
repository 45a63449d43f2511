//go:build unix

package sandbox

import (
	"os"
	"os/exec"
	"syscall"
)

// watch runs a program, and beside it a watcher that reads from a pipe which we
// hold open: when we die, however we die, the pipe ends, and the watcher kills
// the group. The kernel's own way, a parent-death signal, would reach the web
// server but not its workers.
const watch = `exec 3<&0
{ cat <&3 >/dev/null 2>&1; kill -9 0; } &
exec "$0" "$@" 3<&- </dev/null`

// guard makes cmd the leader of a process group that ends with us. A group of
// its own also means that Ctrl-C in a terminal reaches us and not the servers.
func guard(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Args = append([]string{"sh", "-c", watch, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	_, err := cmd.StdinPipe() // closed by Wait
	return err
}

// terminate asks the process to end.
func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

// killGroup ends the process, its workers and its watcher at once.
func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }
