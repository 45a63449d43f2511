package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// DefaultKeep is how many messages are kept where Options say nothing.
const DefaultKeep = 200

// maxMessageBytes is the largest message taken.
const maxMessageBytes = 10 << 20

// Options say how a Mailbox behaves. The zero value is a plain relay on a free port
// of 127.0.0.1, without TLS and without passwords.
type Options struct {
	Addr        string            // where to listen for SMTP; default "127.0.0.1:0"
	Keep        int               // messages kept, the oldest goes first; default DefaultKeep
	TLS         *tls.Config       // offers STARTTLS with it
	ImplicitTLS bool              // with TLS: speaks TLS from the first byte, no STARTTLS
	Users       map[string]string // passwords by user; when not empty, PLAIN or LOGIN is required
	Hook        Hook              // misbehaviour, see SetHook
	Now         func() time.Time  // clock of Message.ReceivedAt; default time.Now
}

// Mailbox is a running SMTP server and the messages it got. As an http.Handler it
// serves, relative to wherever it is mounted (with http.StripPrefix):
//
//	GET /                    list, newest first
//	GET /messages.json       {"messages": […]}, newest first, without bodies
//	GET /messages/{id}       one message as a page, as JSON for Accept: application/json
//	GET /messages/{id}.json  one message as JSON
//	GET /messages/{id}/html  its HTML body, sandboxed
//	GET /messages/{id}/raw   its source
type Mailbox struct {
	opts     Options
	listener *listener
	server   *smtp.Server
	handler  http.Handler
	served   chan error // Serve's result
	ctx      context.Context
	cancel   context.CancelFunc
	close    func() error // once
	now      func() time.Time

	mu       sync.Mutex // guards what follows
	hook     Hook
	messages []Message // oldest first
	lastID   int64
	changed  chan struct{} // closed and replaced when a message arrives
}

// Start listens and serves until ctx ends or Close is called.
func Start(ctx context.Context, o Options) (*Mailbox, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Keep <= 0 {
		o.Keep = DefaultKeep
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	inner, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen for SMTP on %s: %w", o.Addr, err)
	}
	m := &Mailbox{opts: o, now: o.Now, hook: o.Hook, changed: make(chan struct{}), served: make(chan error, 1)}
	m.ctx, m.cancel = context.WithCancel(ctx)
	m.listener = &listener{Listener: inner, allow: m.allowConnection, open: make(map[net.Conn]bool)}
	m.server = m.newServer()
	m.handler = m.routes()
	m.close = sync.OnceValue(m.stop)
	go func() {
		var l net.Listener = m.listener
		if o.TLS != nil && o.ImplicitTLS {
			l = tls.NewListener(l, o.TLS)
		}
		m.served <- m.server.Serve(l)
	}()
	context.AfterFunc(m.ctx, func() { _ = m.close() })
	return m, nil
}

func (m *Mailbox) newServer() *smtp.Server {
	s := smtp.NewServer(smtp.BackendFunc(m.newSession))
	s.Domain = "mailbox.localhost"
	s.MaxMessageBytes = maxMessageBytes
	s.MaxRecipients = 50
	s.EnableSMTPUTF8 = true
	s.AllowInsecureAuth = true // loopback only
	s.ErrorLog = log.New(io.Discard, "", 0)
	if !m.opts.ImplicitTLS {
		s.TLSConfig = m.opts.TLS
	}
	return s
}

// stopTimeout is how long Close waits for conversations whose connection is gone.
const stopTimeout = 5 * time.Second

// stop ends the server and waits for it.
func (m *Mailbox) stop() error {
	m.cancel()
	m.listener.stop()
	<-m.served //nolint:errcheck // it says that it was closed
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := m.server.Shutdown(ctx); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("stop the mailbox: %w", err)
	}
	return nil
}

// Close ends the server and every connection. The messages stay readable.
func (m *Mailbox) Close() error { return m.close() }

// SMTPAddr is "host:port" of the SMTP server.
func (m *Mailbox) SMTPAddr() string { return m.listener.Addr().String() }

// Hangup closes every open SMTP connection, as relays do with idle ones.
func (m *Mailbox) Hangup() { m.listener.hangup() }

// Messages returns what is kept, oldest first.
func (m *Mailbox) Messages() []Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.messages)
}

// Message returns one message.
func (m *Mailbox) Message(id int64) (Message, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.messages, func(msg Message) bool { return msg.ID == id })
	if i < 0 {
		return Message{}, false
	}
	return m.messages[i], true
}

// Wait returns the oldest kept message for which match is true, and waits for it
// until ctx ends. match may be called several times with the same message.
func (m *Mailbox) Wait(ctx context.Context, match func(Message) bool) (Message, error) {
	for {
		m.mu.Lock()
		messages, changed := slices.Clone(m.messages), m.changed
		m.mu.Unlock()
		for _, msg := range messages {
			if match(msg) {
				return msg, nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Message{}, fmt.Errorf("wait for a message, %d are here: %w", len(messages), ctx.Err())
		}
	}
}

// keep stores msg and wakes who waits.
func (m *Mailbox) keep(msg Message) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lastID++
	msg.ID = m.lastID
	m.messages = append(m.messages, msg)
	if over := len(m.messages) - m.opts.Keep; over > 0 {
		m.messages = slices.Delete(m.messages, 0, over)
	}
	close(m.changed)
	m.changed = make(chan struct{})
	return msg.ID
}

// ServeHTTP shows the mailbox.
func (m *Mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }
