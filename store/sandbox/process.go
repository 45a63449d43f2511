package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// stopGrace is how long a server may take to end in good order.
const stopGrace = 20 * time.Second

// process is a child that runs until it is told to stop. The goroutine started
// by startProcess owns cmd.Wait; everyone else waits for done.
type process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{}
	err  error // of Wait; read after done is closed
}

// startProcess runs a program in a process group of its own, its output appended
// to the file log. When this process dies, so does the group.
func startProcess(cmd *exec.Cmd, log string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open server log: %w", err)
	}
	defer func() { _ = out.Close() }() // the child has its own descriptor
	cmd.Stdout, cmd.Stderr = out, out
	name := cmd.Path
	if err := guard(cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{cmd: cmd, log: log, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.err = cmd.Wait()
		killGroup(cmd.Process) // workers that it has left behind
	}()
	return p, nil
}

// running tells whether the process has not ended yet.
func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// kill ends the process at once and waits until it is gone.
func (p *process) kill() {
	if p.running() {
		killGroup(p.cmd.Process)
	}
	<-p.done
}

// stop asks the process to end, and ends it when it does not.
func (p *process) stop() error {
	if !p.running() {
		return nil
	}
	if err := terminate(p.cmd.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop process %d: %w", p.cmd.Process.Pid, err)
	}
	timer := time.NewTimer(stopGrace)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
		p.kill()
		return fmt.Errorf("process %d did not stop within %v and was killed", p.cmd.Process.Pid, stopGrace)
	}
}

// failure describes why a server is not there, with the end of its log.
func (p *process) failure(what string, err error) error {
	if !p.running() {
		err = fmt.Errorf("it ended: %w", errors.Join(p.err, err))
	}
	return fmt.Errorf("%s: %w\n%s", what, err, tail(p.log))
}

// tail returns the last lines of a log.
func tail(file string) string {
	const most = 2000
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	if len(b) > most {
		b = b[len(b)-most:]
	}
	return strings.TrimSpace(string(b))
}
