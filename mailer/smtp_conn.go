package mailer

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// conn is one connection to a relay, signed in and ready. One goroutine uses it at
// a time; only interrupt may be called by others.
type conn struct {
	raw    net.Conn
	client *smtp.Client
	cfg    Config

	mu          sync.Mutex // guards interrupted together with raw's deadline
	interrupted bool
}

// dial connects, greets, encrypts and signs in. Every error is a *SendError.
func dial(ctx context.Context, cfg Config) (_ *conn, err error) {
	dialer := net.Dialer{Timeout: cfg.Timeout}
	raw, err := dialer.DialContext(ctx, "tcp", cfg.Addr())
	if err != nil {
		return nil, cfg.dialError(err)
	}
	c := &conn{raw: raw, cfg: cfg}
	defer func() {
		if err != nil {
			_ = raw.Close()
		}
	}()
	defer context.AfterFunc(ctx, c.interrupt)()
	for _, step := range []func(context.Context) error{c.greet, c.startTLS, c.signIn} {
		if err := c.arm(cfg.Timeout); err != nil {
			return nil, cfg.dialError(err)
		}
		if err := step(ctx); err != nil {
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			return nil, cfg.dialError(err)
		}
	}
	return c, nil
}

// greet reads the relay's greeting and says EHLO, both under TLS for smtps://.
func (c *conn) greet(ctx context.Context) error {
	line := c.raw
	if c.cfg.TLS == TLSImplicit {
		secure := tls.Client(c.raw, c.cfg.tlsConfig())
		if err := secure.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("TLS handshake: %w", err)
		}
		line = secure
	}
	client, err := smtp.NewClient(line, c.cfg.Host)
	if err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	c.client = client
	if err := client.Hello(c.cfg.helloName()); err != nil {
		return fmt.Errorf("EHLO: %w", err)
	}
	return nil
}

// startTLS encrypts where the mode asks for it.
func (c *conn) startTLS(context.Context) error {
	if c.cfg.TLS == TLSNone || c.cfg.TLS == TLSImplicit {
		return nil
	}
	offered, _ := c.client.Extension("STARTTLS")
	if !offered {
		if c.cfg.TLS == TLSOpportunistic {
			return nil
		}
		return c.cfg.configError(nil, "the relay %s does not offer STARTTLS, so nothing was sent; "+
			"use smtps:// if it has TLS from the start, or tls=none in the smtp-url "+
			"if the way to it is private", c.cfg.Addr())
	}
	if err := c.client.StartTLS(c.cfg.tlsConfig()); err != nil {
		return fmt.Errorf("STARTTLS: %w", err)
	}
	return nil
}

// arm gives the next steps so long, unless somebody interrupted.
func (c *conn) arm(d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.interrupted {
		return context.Canceled
	}
	return c.raw.SetDeadline(time.Now().Add(d))
}

// interrupt ends what the connection waits for. It cannot be used afterwards.
func (c *conn) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.interrupted = true
	// An error means that it is closed, which is as good.
	_ = c.raw.SetDeadline(time.Unix(1, 0))
}

// goodbyeTimeout is all that a polite end may cost.
const goodbyeTimeout = 2 * time.Second

// quit takes leave and closes. Nothing depends on the answer.
func (c *conn) quit() {
	if c.arm(goodbyeTimeout) == nil {
		_ = c.client.Quit()
	}
	_ = c.raw.Close()
}

func (c Config) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: c.Host, RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12}
}

// helloName is what EHLO says. Container names with odd letters make relays refuse.
func (c Config) helloName() string {
	if c.Hello != "" {
		return c.Hello
	}
	if name, err := os.Hostname(); err == nil && len(name) <= 253 && hostName.MatchString(name) {
		return name
	}
	return "localhost"
}
