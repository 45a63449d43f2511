//go:build unix

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"enrolld/mailer/mailbox"
)

// takeOver stops the service inside the tests for the length of one, for
// processes of their own to work on its database.
func (w *world) takeOver(t *testing.T) {
	t.Helper()
	if err := w.StopService(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.StartService(); err != nil {
			t.Error(err)
		}
	})
}

// process is the program serving.
type process struct {
	w    *world
	args []string
	addr string // host:port; free until the first start

	cmd  *exec.Cmd
	log  *logFile
	done chan struct{}
}

// serve starts the program with mail to a mailbox of its own.
func (w *world) serve(t *testing.T, box *mailbox.Mailbox) *process {
	t.Helper()
	p := &process{w: w, addr: "127.0.0.1:0", args: []string{
		"--log-json", "--dsn", w.MariaDB.DSN(w.Database), "--secret-key-file", w.KeyFile, "serve", "--metrics-listen=",
		"--smtp-url", "smtp://" + box.SMTPAddr() + "?connections=8",
	}}
	p.start(t)
	t.Cleanup(func() { p.signal(syscall.SIGKILL) })
	return p
}

// mailbox starts one for a test.
func newMailbox(t *testing.T) *mailbox.Mailbox {
	t.Helper()
	box, err := mailbox.Start(context.WithoutCancel(t.Context()), mailbox.Options{Keep: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return box
}

// watched runs the program as the leader of a group that ends with the tests,
// however they end.
const watched = `exec 3<&0
{ cat <&3; kill -9 0; } >/dev/null 2>&1 &
exec "$0" "$@" 3<&- </dev/null`

// start starts the process, again where it was before, and waits for it.
func (p *process) start(t *testing.T) {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"-c", watched, p.w.program}, append(p.args, "--listen", p.addr)...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log := &logFile{}
	cmd.Stderr = log
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait()
	}()
	p.cmd, p.log, p.done = cmd, log, done
	eventually(t, "the process serves", func() bool {
		select {
		case <-done:
			t.Fatalf("the process ended:\n%s", log)
		default:
		}
		if p.addr = first(log.serving(), p.addr); strings.HasSuffix(p.addr, ":0") {
			return false
		}
		return p.status(t, "/readyz") == http.StatusOK
	})
}

// first returns the first text that says something.
func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// signal ends the process by its id and waits for it; it returns its exit status.
// The service itself is bound to end: see its drain times.
func (p *process) signal(s os.Signal) int {
	_ = p.cmd.Process.Signal(s)
	<-p.done
	return p.cmd.ProcessState.ExitCode()
}

// hook is a platform's webhook on this process.
func (p *process) hook(platform string) string {
	u, err := url.Parse(p.w.Hooks[platform])
	if err != nil {
		panic(err) // the academy made it
	}
	u.Host = p.addr
	return u.String()
}

// status asks for a path; 0 means that there was no answer.
func (p *process) status(t *testing.T, path string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.addr+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// logFile keeps what a process logs.
type logFile struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logFile) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logFile) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// serving is the address that the process says it serves on.
func (l *logFile) serving() string {
	for line := range strings.Lines(l.String()) {
		var entry struct{ Msg, Listen string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "serving" {
			if _, _, err := net.SplitHostPort(entry.Listen); err == nil {
				return entry.Listen
			}
		}
	}
	return ""
}

// outage takes MariaDB away by down; the function returned brings it back, which
// happens at the end of the test at the latest.
func (w *world) outage(t *testing.T, down func() error) (end func()) {
	t.Helper()
	if err := down(); err != nil {
		t.Fatal(err)
	}
	end = sync.OnceFunc(func() {
		// Where the socket has a folder of its own, it may be gone with the server.
		if err := os.MkdirAll(filepath.Dir(w.MariaDB.Socket()), 0o700); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := w.MariaDB.Restart(ctx); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(end)
	return end
}
