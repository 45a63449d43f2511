package mailbox

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one SMTP connection after EHLO.
type session struct {
	m      *Mailbox
	conn   *smtp.Conn
	signed bool
	from   string
	to     []string
}

func (m *Mailbox) newSession(c *smtp.Conn) (smtp.Session, error) {
	if err := m.act(c, Event{Stage: StageHello}); err != nil {
		return nil, err
	}
	return &session{m: m, conn: c}, nil
}

// event is what the hook is asked about.
func (s *session) event(at Stage) Event {
	e := Event{Stage: at, From: s.from}
	if len(s.to) > 0 {
		e.To = s.to[len(s.to)-1]
	}
	return e
}

// Mail takes MAIL FROM.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if len(s.m.opts.Users) > 0 && !s.signed {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0},
			Message: "Authentication required"}
	}
	s.from = from
	return s.m.act(s.conn, s.event(StageMail))
}

// Rcpt takes RCPT TO.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	e := s.event(StageRcpt)
	e.To = to
	if err := s.m.act(s.conn, e); err != nil {
		return err
	}
	s.to = append(s.to, to)
	return nil
}

// Data takes the content and keeps the message.
func (s *session) Data(r io.Reader) error {
	if err := s.m.act(s.conn, s.event(StageContent)); err != nil {
		return err
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read the content: %w", err)
	}
	// What is kept is kept before the client can know that the connection is gone:
	// its next try may be quicker than we are.
	action := s.m.decide(s.event(StageAnswer))
	message := parse(raw, s.from, s.to, s.m.now())
	if action.Drop {
		s.m.keep(message)
	}
	switch err := s.m.do(s.conn, action); {
	case errors.Is(err, errDropped) && !action.Drop: // closed while it waited
		s.m.keep(message)
		return err
	case err != nil:
		return err
	}
	id := s.m.keep(message)
	return &smtp.SMTPError{Code: 250, EnhancedCode: smtp.EnhancedCode{2, 0, 0},
		Message: fmt.Sprintf("Ok: queued as %d", id)}
}

// Reset forgets the message on its way.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout ends the session.
func (s *session) Logout() error { return nil }

// AuthMechanisms lists how to sign in.
func (s *session) AuthMechanisms() []string {
	if len(s.m.opts.Users) == 0 {
		return nil
	}
	return []string{sasl.Plain, sasl.Login}
}

// Auth begins to sign in.
func (s *session) Auth(mech string) (sasl.Server, error) {
	switch mech {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return s.check(user, password) }), nil
	case sasl.Login:
		return &loginServer{check: s.check}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (s *session) check(user, password string) error {
	want, ok := s.m.opts.Users[user]
	if !ok || subtle.ConstantTimeCompare([]byte(want), []byte(password)) != 1 {
		return smtp.ErrAuthFailed
	}
	s.signed = true
	return nil
}

// loginServer is the server's side of AUTH LOGIN, which go-sasl no longer has.
type loginServer struct {
	check func(user, password string) error
	user  string
	step  int
}

// Next asks for the user, then for the password.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch {
	case l.step == 1 && response == nil:
		return []byte("Username:"), false, nil
	case l.user == "":
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}
