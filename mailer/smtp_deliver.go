package mailer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"syscall"

	"github.com/wneessen/go-mail/smtp"
)

// stage is how far a conversation came.
type stage int

const (
	stageMail    stage = iota // MAIL FROM
	stageRcpt                 // RCPT TO
	stageData                 // DATA, before any content
	stageContent              // content, and the answer to its end
)

// outcome is how a conversation ended.
type outcome struct {
	response string     // the relay's final answer, when err is nil
	err      *SendError // nil: the relay took responsibility
	stage    stage      // where it ended
	broken   bool       // the connection itself failed, not only the message
	keep     bool       // the connection can carry another message
}

// deliver holds one conversation. Cancelling ctx interrupts it until the content
// begins; from there it runs to its end, since stopping then would leave open
// whether the relay took the message.
func (c *conn) deliver(ctx context.Context, env *envelope) outcome {
	stop := context.AfterFunc(ctx, c.interrupt)
	defer stop()
	if offered, _ := c.client.Extension("SMTPUTF8"); env.utf8 && !offered {
		return outcome{keep: true, err: &SendError{Permanent: true,
			Response: "the relay cannot deliver to an address with letters outside ASCII"}}
	}
	// Asking for SMTPUTF8 without need makes later relays without it bounce the mail.
	c.client.SkipSMTPUTF8(!env.utf8)
	var content io.WriteCloser
	steps := []func() error{
		stageMail: func() error { return c.client.Mail("<" + env.from + ">") },
		stageRcpt: func() error { return c.client.Rcpt("<" + env.to + ">") },
		stageData: func() (err error) { content, err = c.client.Data(); return err },
	}
	for at, step := range steps {
		err := c.arm(c.cfg.Timeout)
		if err == nil {
			err = step()
		}
		if err != nil {
			return c.failed(ctx, stage(at), err, env)
		}
	}
	if !stop() {
		return c.failed(ctx, stageData, context.Canceled, env)
	}
	return c.transmit(ctx, content, env)
}

// transmit sends the content and waits for the answer.
func (c *conn) transmit(ctx context.Context, content io.WriteCloser, env *envelope) outcome {
	err := c.arm(c.cfg.answerTimeout())
	if err == nil {
		_, err = content.Write(env.wire)
	}
	if err == nil {
		err = content.Close()
	}
	if err != nil {
		return c.failed(context.WithoutCancel(ctx), stageContent, err, env)
	}
	response := "250"
	if d, ok := content.(*smtp.DataCloser); ok {
		response = strings.TrimSpace("250 " + scrub(d.ServerResponse(), env))
	}
	return outcome{response: response, stage: stageContent, keep: true}
}

// failed words err and says what it means for message and connection.
func (c *conn) failed(ctx context.Context, at stage, err error, env *envelope) outcome {
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		reason := networkReason(err)
		if ctx.Err() != nil {
			err, reason = ctx.Err(), "stopped before it was sent"
		}
		return outcome{stage: at, broken: true, err: &SendError{cause: err, Response: reason}}
	}
	o := outcome{stage: at, err: c.cfg.refusal(at, answer, env)}
	if answer.Code == 421 {
		o.broken = true
		return o
	}
	// After the answer to the content the relay has forgotten the message by itself.
	o.keep = at == stageContent || c.arm(c.cfg.Timeout) == nil && c.client.Reset() == nil
	return o
}

// refusal judges an answer that says no.
func (c Config) refusal(at stage, answer *textproto.Error, env *envelope) *SendError {
	text := answerText(answer, env)
	e := &SendError{Code: answer.Code, Response: text, SlowDown: slowDown(at, answer), cause: answer}
	switch code := answer.Code; {
	case code < 500:
	case code == 530 || code == 534 || code == 535 || code == 538:
		e.Config = true
		e.Response = fmt.Sprintf("the relay %s wants us to sign in differently; "+
			"check user, password and tls of the smtp-url (%s)", c.Addr(), text)
	case at == stageMail:
		e.Config = true
		e.Response = "the relay refuses the account's sender address; check it, and whether the relay knows it (" +
			text + ")"
	case deniesRelaying(answer.Msg):
		e.Config = true
		e.Response = fmt.Sprintf("the relay %s does not pass on mail for us; check user and password of "+
			"the smtp-url (%s)", c.Addr(), text)
	case at == stageRcpt && code == 552, code == 503:
		// RFC 5321 §4.5.3.1.10: 552 there means "too many, later"; 503 is a confused
		// conversation, which a new connection cures.
	default:
		e.Permanent, e.Gone = true, recipientGone(at, answer)
	}
	return e
}

// deniesRelaying recognises the answers of relays that do not know us ("554 5.7.1
// Relay access denied"). Their codes are those of a refused recipient, but every
// message meets them, and the fault is ours.
func deniesRelaying(msg string) bool {
	msg = strings.ToLower(msg)
	if strings.Contains(msg, "unable to relay") {
		return true
	}
	_, rest, found := strings.Cut(msg, "relay")
	return found && (strings.Contains(rest, "denied") || strings.Contains(rest, "not permitted") ||
		strings.Contains(rest, "not allowed") || strings.Contains(rest, "prohibited"))
}

// networkReason says in few words why a connection failed. The errors' own texts
// hold local addresses and ports, different each time.
func networkReason(err error) string {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "stopped before it was sent"
	case errors.As(err, &dns):
		return "its name is not known (DNS)"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE):
		return "connection closed by the relay"
	}
	return "connection failed: " + scrub(err.Error(), nil)
}
