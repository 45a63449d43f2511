package mailbox

import (
	"errors"
	"time"

	"github.com/emersion/go-smtp"
)

// Stage is a moment of an SMTP conversation at which a Hook decides.
type Stage string

// The stages, in the order of a conversation.
const (
	StageConnect Stage = "connect" // a connection arrives; only Drop has an effect
	StageHello   Stage = "hello"   // EHLO
	StageMail    Stage = "mail"    // MAIL FROM
	StageRcpt    Stage = "rcpt"    // RCPT TO
	StageContent Stage = "content" // in the middle of the content: Drop loses the message
	StageAnswer  Stage = "answer"  // the content is complete: Drop keeps it and answers nothing
)

// Event is what a Hook decides about.
type Event struct {
	Stage Stage
	From  string // known from StageMail on
	To    string // known from StageRcpt on; the last recipient
}

// Action is what the mailbox does at a stage. The zero value is to behave well.
type Action struct {
	Delay time.Duration // waits first, at most until Close
	Drop  bool          // then closes the connection without a word
	Code  int           // or answers with it, e.g. 451 or 550; at StageAnswer nothing is kept then
	Text  string        // text of the answer
}

// Hook misbehaves on demand. Calls may be concurrent.
type Hook func(Event) Action

// errDropped ends a conversation whose connection is closed already.
var errDropped = errors.New("connection dropped by the hook")

// SetHook changes the misbehaviour; nil ends it.
func (m *Mailbox) SetHook(h Hook) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hook = h
}

func (m *Mailbox) decide(e Event) Action {
	m.mu.Lock()
	h := m.hook
	m.mu.Unlock()
	if h == nil {
		return Action{}
	}
	return h(e)
}

func (m *Mailbox) allowConnection() bool { return !m.decide(Event{Stage: StageConnect}).Drop }

// act does what the hook wants. An error ends the stage.
func (m *Mailbox) act(c *smtp.Conn, e Event) error { return m.do(c, m.decide(e)) }

// do misbehaves as an action says.
func (m *Mailbox) do(c *smtp.Conn, a Action) error {
	if a.Delay > 0 {
		timer := time.NewTimer(a.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-m.ctx.Done():
			return errDropped
		}
	}
	if a.Drop {
		_ = c.Conn().Close()
		return errDropped
	}
	if a.Code != 0 {
		return &smtp.SMTPError{Code: a.Code, EnhancedCode: smtp.EnhancedCode{a.Code / 100, 0, 0}, Message: a.Text}
	}
	return nil
}
