package mailbox

import (
	"net"
	"sync"
)

// listener knows its open connections and may refuse new ones.
type listener struct {
	net.Listener
	allow func() bool

	mu      sync.Mutex // guards what follows
	open    map[net.Conn]bool
	stopped bool
}

// Accept returns the next connection that is allowed.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if !l.allow() {
			_ = c.Close()
			continue
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.stopped {
			_ = c.Close()
			return nil, net.ErrClosed
		}
		l.open[c] = true
		return &tracked{Conn: c, l: l}, nil
	}
}

// stop takes no more connections and closes the open ones.
func (l *listener) stop() {
	l.mu.Lock()
	l.stopped = true
	l.mu.Unlock()
	_ = l.Close()
	l.hangup()
}

// hangup closes all open connections.
func (l *listener) hangup() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		_ = c.Close()
	}
}

// tracked tells its listener when it is closed.
type tracked struct {
	net.Conn
	l *listener
}

// Close closes the connection and forgets it.
func (t *tracked) Close() error {
	t.l.mu.Lock()
	delete(t.l.open, t.Conn)
	t.l.mu.Unlock()
	return t.Conn.Close()
}
