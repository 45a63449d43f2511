package mailer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"github.com/wneessen/go-mail/smtp"
)

// signIn authenticates when there is a user.
func (c *conn) signIn(context.Context) error {
	if c.cfg.User == "" {
		return nil
	}
	_, secure := c.client.TLSConnectionState()
	ok, offered := c.client.Extension("AUTH")
	if !ok {
		return c.cfg.configError(nil, "the relay %s does not let anyone sign in here; "+
			"check host, port and tls of the smtp-url, or leave user and password out", c.cfg.Addr())
	}
	auth := c.cfg.mechanism(strings.Fields(strings.ToUpper(offered)), secure)
	if auth == nil {
		return c.cfg.configError(nil, "the relay %s offers no way to sign in that is safe here (encrypted: %t, "+
			"offered: %s); use tls=required in the smtp-url", c.cfg.Addr(), secure, scrub(offered, nil))
	}
	err := c.client.Auth(auth)
	var answer *textproto.Error
	if errors.As(err, &answer) && answer.Code >= 500 {
		return c.cfg.configError(answer, "the relay %s refuses user and password; check the smtp-url (%s)",
			c.cfg.Addr(), answerText(answer, nil))
	}
	if err != nil {
		return fmt.Errorf("AUTH: %w", err)
	}
	return nil
}

// mechanism picks how to sign in, nil when nothing offered is fit. Over TLS the
// plain ways come first: relays advertise the others even for users whose stored
// password only fits PLAIN. In the clear only those that do not show the password,
// save on loopback.
func (c Config) mechanism(offered []string, secure bool) smtp.Auth {
	user, password := c.User, c.Password.Reveal()
	inClear := isLoopback(c.Host)
	plain := []string{"PLAIN", "LOGIN"}
	order := []string{"SCRAM-SHA-256", "CRAM-MD5"}
	switch {
	case secure:
		order = append(plain, order...)
	case inClear:
		order = append(order, plain...)
	}
	for _, name := range order {
		if !slices.Contains(offered, name) {
			continue
		}
		switch name {
		case "PLAIN":
			return smtp.PlainAuth("", user, password, c.Host, inClear)
		case "LOGIN":
			return smtp.LoginAuth(user, password, c.Host, inClear)
		case "CRAM-MD5":
			return smtp.CRAMMD5Auth(user, password)
		case "SCRAM-SHA-256":
			return smtp.ScramSHA256Auth(user, password)
		}
	}
	return nil
}

// configError is a *SendError that a person has to mend.
func (c Config) configError(cause error, format string, args ...any) *SendError {
	return &SendError{Config: true, Code: codeOf(cause), Response: fmt.Sprintf(format, args...), cause: cause}
}

// dialError words what went wrong before the relay was ready. It is never
// permanent: it says nothing about the message.
func (c Config) dialError(err error) *SendError {
	if done, ok := errors.AsType[*SendError](err); ok {
		return done
	}
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return c.configError(err, "the certificate of the relay %s is not valid: %s; "+
			"check the host name in the smtp-url", c.Addr(), oneLine(cert.Err.Error()))
	}
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		return &SendError{Code: answer.Code, cause: err,
			Response: fmt.Sprintf("the relay %s is not ready: %s", c.Addr(), answerText(answer, nil))}
	}
	return &SendError{cause: err,
		Response: fmt.Sprintf("the relay %s cannot be reached: %s", c.Addr(), networkReason(err))}
}

// answerText is an answer as it stood on the line, cleaned.
func answerText(e *textproto.Error, env *envelope) string {
	return fmt.Sprintf("%d %s", e.Code, scrub(e.Msg, env))
}

func codeOf(err error) int {
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		return answer.Code
	}
	return 0
}
