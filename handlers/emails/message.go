package emails

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/mailer"
	"enrolld/mailer/letter"
	"enrolld/store"
	"enrolld/store/outbox"
)

type messagePage struct {
	page.Base
	Now      time.Time
	Back     string
	Name     string
	What     string
	State    page.Fact
	Facts    []page.Fact
	Subject  string
	Text     string
	Problem  string // why it cannot be shown
	AgainURL string // "" for who may not, or while it waits
}

var messageView = page.New[messagePage](files, "message")

// found is the message that the address names, with whom it went to.
func (s *Screens) found(r *gate.Request) (c enrolld.Customer, m store.MailRecord, err error) {
	customer, err := r.ID("customer")
	if err != nil {
		return c, m, err
	}
	id, err := r.ID("message")
	if err != nil {
		return c, m, err
	}
	if c, err = s.frame.DB.Customer(r.Context(), r.Account.ID, customer, r.Scope()); err != nil {
		return c, m, err
	}
	m, err = s.frame.DB.Message(r.Context(), r.Account.ID, customer, id)
	return c, m, err
}

func (s *Screens) show(r *gate.Request) error {
	c, m, err := s.found(r)
	if err != nil {
		return err
	}
	p := &messagePage{
		Base: r.Base(letter.TitleOf(m.Kind)), Now: r.Now(), Back: r.Path(fmt.Sprintf("/customers/%d", c.ID)), Name: c.Label(), What: letter.TitleOf(m.Kind),
		State: stateOf(m), Facts: facts(m),
	}
	if p.Subject, p.Text, err = s.read(r, m); err != nil {
		p.Problem = gate.Sentence(err)
	}
	if maySendAgain(r, m) {
		p.AgainURL = pathOf(r, c.ID, m.ID) + "/again"
	}
	return gate.Show(r, messageView, p)
}

func facts(m store.MailRecord) []page.Fact {
	out := []page.Fact{{Term: "To", Text: m.To}, {Term: "Queued", Text: moment(m.CreatedAt)}}
	if m.FirstAt != nil {
		out = append(out, page.Fact{Term: "First tried", Text: moment(*m.FirstAt)})
	}
	out = append(out, page.Fact{Term: "Tried", Text: times(m.Attempts)})
	switch {
	case m.SentAt != nil:
		out = append(out, page.Fact{Term: "Sent", Text: moment(*m.SentAt)})
	case m.State == string(enrolld.SendRetry) && !m.Sending:
		out = append(out, page.Fact{Term: "Next try", Text: moment(m.DueAt)})
	}
	if m.Response != "" {
		out = append(out, page.Fact{Term: "The server's answer", Text: m.Response})
	}
	if m.ReturnedAt != nil {
		out = append(out, page.Fact{Term: "Came back", Text: moment(*m.ReturnedAt)})
	}
	if m.ReturnedText != "" {
		out = append(out, page.Fact{Term: "With the words", Text: m.ReturnedText})
	}
	if strings.HasPrefix(m.Cause, "resend:") {
		out = append(out, page.Fact{Term: "Cause", Text: "Sent again by somebody of the team"})
	}
	return out
}

func times(n int) string {
	switch n {
	case 0:
		return "Not yet"
	case 1:
		return "Once"
	}
	return strconv.Itoa(n) + " times"
}

func moment(at time.Time) string { return at.UTC().Format("2 January 2006, 15:04 UTC") }

// hiddenLink stands for the link to set a password, which nobody of the team gets
// to see: it is a way in.
const (
	hiddenLink = "https://link-not-shown.invalid/"
	shownLink  = "[the link to set a password is not shown]"
)

// read is what a message says, written again from what is stored of it, in the
// revision of the text that was fixed when it first went out.
func (s *Screens) read(r *gate.Request, m store.MailRecord) (subject, text string, err error) {
	account := r.Account
	msg := &enrolld.Message{
		ID: m.ID, AccountID: account.ID, CustomerID: m.CustomerID, Kind: enrolld.MessageKind(m.Kind), Cause: m.Cause, To: m.To, ToName: m.ToName,
		Data: m.Data, FromName: account.FromName, FromAddress: account.FromAddress, Wording: m.Wording,
	}
	if m.Wording.ID != 0 {
		saved, err := s.frame.DB.WordingByID(r.Context(), account.ID, m.Wording.ID)
		if err != nil {
			return "", "", err
		}
		msg.Wording = saved.Wording
	}
	msg.Data.SetPasswordURL = hiddenLink
	out, err := mailer.Render(msg)
	return out.Subject, strings.ReplaceAll(out.Text, hiddenLink, shownLink), err
}

// maySendAgain: a welcome carries a link to set a password, and is for who may send
// those. A note to an address of before goes there once.
func maySendAgain(r *gate.Request, m store.MailRecord) bool {
	if m.State == string(enrolld.SendRetry) || m.Kind == string(enrolld.MessageEmailChanged) {
		return false
	}
	return m.Kind != string(enrolld.MessageWelcome) || r.May(enrolld.PermPasswords)
}

func (s *Screens) askAgain(r *gate.Request) error {
	c, m, err := s.found(r)
	if err != nil {
		return err
	}
	if !maySendAgain(r, m) {
		return r.Redirect(pathOf(r, c.ID, m.ID))
	}
	text := []string{fmt.Sprintf("The same email goes to %s once more, to where the member is reached now.", c.Label())}
	if m.Kind == string(enrolld.MessageWelcome) {
		text = []string{fmt.Sprintf("The same email goes to %s once more, at the address of their WordPress user, with a fresh link to set a password. "+
			"The link in the earlier email stops working.", c.Label())}
	}
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base("Send again?"), Confirm: page.Confirm{
		Title: "Send this email again?", Text: append(text, "What was sent cannot be taken back."), Action: pathOf(r, c.ID, m.ID) + "/again",
		Verb: "Send again", Cancel: pathOf(r, c.ID, m.ID),
	}})
}

// againPerHour is how many emails are sent again to one customer, whoever does it.
var againPerHour = store.Budget{Every: 12 * time.Minute, Burst: 5}

func (s *Screens) again(r *gate.Request) error {
	c, m, err := s.found(r)
	if err != nil {
		return err
	}
	if m.Kind == string(enrolld.MessageWelcome) && !r.May(enrolld.PermPasswords) {
		return enrolld.Errorf(enrolld.Forbidden, "this email carries a link to set a password, and you do not have the permission to send those")
	}
	wait, err := s.frame.DB.Spend(r.Context(), fmt.Sprintf("send again %d", c.ID), againPerHour)
	if err != nil {
		return err
	}
	if wait > 0 {
		return store.TooOften(wait)
	}
	if err := outbox.SendAgain(r.Context(), s.frame.DB, r.Actor(), r.Account.ID, c.ID, m.ID); err != nil {
		if code := enrolld.CodeOf(err); code != enrolld.Invalid && code != enrolld.Conflict {
			return err
		}
		r.Flash(page.Warning, "Nothing was sent. "+gate.Sentence(err))
		return r.Redirect(pathOf(r, c.ID, m.ID))
	}
	return r.Done(r.Path(fmt.Sprintf("/customers/%d", c.ID)), "The email is on its way to %s again.", c.Label())
}
