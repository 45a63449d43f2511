package store_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

const day = 24 * time.Hour

// mailed adds a customer with an address.
func (w *world) mailed(id int64, address string) {
	w.t.Helper()
	w.exec("INSERT INTO enrolld_customers (id, account_id, email_key, email, courses, created_at) VALUES (?,?,?,?,0,?)",
		id, w.account.ID, address, address, w.clock.Now())
}

// sent queues and sends one message and returns it.
func (w *world) sent(customer int64, address, cause string) *enrolld.Message {
	w.t.Helper()
	m := w.message(customer, cause)
	m.To = address
	w.queueMessages(m)
	got := w.claimMessages(100)
	if len(got) != 1 {
		w.t.Fatalf("claimed %d messages, want one", len(got))
	}
	w.finishMessages(enrolld.SendResult{Message: got[0], State: enrolld.SendSent, Response: "250 ok"})
	return got[0]
}

func (w *world) about(m *enrolld.Message, kind enrolld.ReportKind) enrolld.MailReport {
	return enrolld.MailReport{
		Kind: kind, MessageID: enrolld.MessageID(m.ID, m.Mark, "mail.example"), At: w.clock.Now(), Text: "550 no such user",
	}
}

func (w *world) take(account int64, byAddress bool, reports ...enrolld.MailReport) []string {
	w.t.Helper()
	out, err := w.db.TakeReports(w.t.Context(), account, byAddress, reports)
	w.check(err)
	return out
}

// withheld says of a message of each kind to a customer whether it may go out.
func (w *world) withheld(customer int64, address string) string {
	w.t.Helper()
	var list []*enrolld.Message
	for i, kind := range []enrolld.MessageKind{enrolld.MessageWelcome, "expiring", enrolld.MessageTeam} {
		list = append(list, &enrolld.Message{ID: int64(i), AccountID: w.account.ID, CustomerID: customer, Kind: kind, To: address})
	}
	got, err := w.db.Withheld(w.t.Context(), list)
	w.check(err)
	return fmt.Sprintf("%s|%s|%s", got[0], got[1], got[2])
}

const (
	goesOut = "||"
	bounces = "not sent, since mail to this address bounces: 550 no such user"
)

// TestReports: what comes back marks its message and keeps mail from the address, once.
func TestReports(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mailed(1, "ann@example.org")
	w.mailed(2, "bob@example.org")
	ann, bob := w.sent(1, "Ann@example.org", "a 1"), w.sent(2, "bob@example.org", "b 1")
	forged := w.about(ann, enrolld.ReportBounced)
	forged.MessageID = strings.Replace(forged.MessageID, ".", ".0", 1)[:len(forged.MessageID)]
	if got := w.take(0, true, forged); !cmp.Equal(got, []string{store.ReportUnknown}) {
		t.Errorf("a forged Message-ID: %v", got)
	}
	guess := sha256.Sum256(fmt.Appendf(nil, "%d/%d/%s/%s", ann.ID, ann.AccountID, ann.Cause, "mail.example"))
	forged.MessageID = fmt.Sprintf("m%d.%x@mail.example", ann.ID, guess[:8])
	if got := w.take(0, true, forged); !cmp.Equal(got, []string{store.ReportUnknown}) {
		t.Errorf("a Message-ID made of what can be counted: %v", got)
	}
	both := []enrolld.MailReport{w.about(bob, enrolld.ReportComplained), w.about(ann, enrolld.ReportBounced)}
	if diff := cmp.Diff([]string{store.ReportUnknown, store.ReportUnknown}, w.take(w.account.ID+1, true, both...)); diff != "" {
		t.Errorf("reports for another account (-want +got):\n%s", diff)
	}
	for _, want := range []string{store.ReportTaken, store.ReportKnown} {
		if diff := cmp.Diff([]string{want, want}, w.take(0, false, both...)); diff != "" {
			t.Errorf("reports (-want +got):\n%s", diff)
		}
		w.want("SELECT id, state, returned_text FROM enrolld_messages ORDER BY id",
			"1|bounced|550 no such user", "2|complained|550 no such user")
	}
	if got, want := w.withheld(1, "ann@Example.org"), bounces+"|"+bounces+"|"; got != want {
		t.Errorf("who bounced: %s, want %s", got, want)
	}
	if got, want := w.withheld(2, "bob@example.org"), "|not sent, since the recipient called our mail spam|"; got != want {
		t.Errorf("who complained: %s, want %s", got, want)
	}
	w.want("SELECT COUNT(*) FROM enrolld_mail_suppressions WHERE reason LIKE '%ann%' OR address LIKE '%ann%'", "0")
	// A bounce counts for less than the complaint that came first.
	w.take(0, false, w.about(bob, enrolld.ReportBounced))
	w.want("SELECT state FROM enrolld_messages WHERE id = 2", "complained")
	if got := w.withheld(2, "bob@example.org"); !strings.HasPrefix(got, "not sent, since mail to this address bounces") {
		t.Errorf("who complained and bounced: %s", got)
	}
}

// TestBounceOvertakesFinish: the bounce is there before the relay's answer is noted.
func TestBounceOvertakesFinish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mailed(1, "zoë@example.com")
	w.queueMessages(w.message(1, "a"))
	m := w.claimMessages(1)[0]
	w.take(0, false, w.about(m, enrolld.ReportBounced))
	w.finishMessages(enrolld.SendResult{Message: m, State: enrolld.SendSent, Response: "250 ok"})
	w.want("SELECT state, response, sent_at IS NULL FROM enrolld_messages", "bounced|250 ok|0")
}

// TestReportByAddress: without a Message-ID, the last message of the last days counts.
func TestReportByAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mailed(1, "ann@example.org")
	w.sent(1, "ann@example.org", "a 1")
	w.sent(1, "ann@example.org", "a 2")
	r := enrolld.MailReport{Kind: enrolld.ReportBounced, MessageID: "other@ses.example", Recipient: "Ann@Example.org", Text: "gone"}
	tests := []struct {
		account   int64
		byAddress bool
		recipient string
		later     time.Duration
		want      string
	}{
		{0, false, r.Recipient, 0, store.ReportUnknown},
		{0, true, "carl@example.org", 0, store.ReportUnknown},
		{0, true, "no address", 0, store.ReportUnknown},
		{w.account.ID + 1, true, r.Recipient, 0, store.ReportUnknown},
		{w.account.ID, true, r.Recipient, 0, store.ReportTaken},
		{0, true, r.Recipient, 0, store.ReportKnown},
		{0, true, r.Recipient, 15 * day, store.ReportUnknown},
	}
	for _, tt := range tests {
		w.clock.Advance(tt.later)
		r.Recipient = tt.recipient
		if got := w.take(tt.account, tt.byAddress, r)[0]; got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
	w.want("SELECT id, state FROM enrolld_messages ORDER BY id", "1|sent", "2|bounced")
}

// TestSoftBounces: five in a row over three days give an address up, and nothing less.
func TestSoftBounces(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		every time.Duration
		kinds string // of the messages in turn: s soft, . nothing came back
		want  bool
	}{
		{"five over four days", day, "sssss", true},
		{"four", day, "ssss", false},
		{"five at once", time.Hour, "sssss", false},
		{"one arrived between", day, "sss.ss", false},
		{"five after one arrived", day, "ss.sssss", true},
	}
	w := newWorld(t)
	for i, tt := range tests {
		customer, address := int64(i+1), fmt.Sprintf("ann%d@example.org", i)
		w.mailed(customer, address)
		for n, kind := range tt.kinds {
			w.clock.Advance(tt.every)
			m := w.sent(customer, address, fmt.Sprint(i, n))
			if kind == 's' {
				for range 3 { // told again, it counts once
					w.take(0, false, w.about(m, enrolld.ReportSoft))
				}
			}
		}
		if got := w.withheld(customer, address) != goesOut; got != tt.want {
			t.Errorf("%s: suppressed %t, want %t", tt.name, got, tt.want)
		}
	}
}

// TestLift: somebody lets mail go there again; old news does not undo that, new does.
func TestLift(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mailed(1, "ann@example.org")
	actor := enrolld.Actor{LoginID: 7, Name: "Maya"}
	lift := func() error { return w.db.LiftSuppression(t.Context(), actor, w.account.ID, 1) }
	if got := enrolld.CodeOf(lift()); got != enrolld.Conflict {
		t.Errorf("lifting nothing: %s", got)
	}
	m := w.sent(1, "ann@example.org", "a 1")
	w.take(0, false, w.about(m, enrolld.ReportBounced))
	if got := enrolld.CodeOf(w.db.LiftSuppression(t.Context(), actor, w.account.ID+1, 1)); got != enrolld.NotFound {
		t.Errorf("lifting for another account: %s", got)
	}
	w.check(lift())
	w.take(0, false, w.about(m, enrolld.ReportBounced))
	if got := w.withheld(1, "ann@example.org"); got != goesOut {
		t.Errorf("after it was lifted: %s", got)
	}
	w.want("SELECT a.action, a.actor, a.login_id, p.subject FROM enrolld_audit a JOIN enrolld_audit_personal p ON p.id = a.personal_id",
		"customer.mail_resumed|Maya|7|ann@example.org")
	w.take(0, false, w.about(w.sent(1, "ann@example.org", "a 2"), enrolld.ReportBounced))
	if got := w.withheld(1, "ann@example.org"); got == goesOut {
		t.Error("a later bounce changes nothing")
	}
}

// TestLiftByAddress: a provider that names no message tells of a bounce again, after
// it was lifted and a later message went out. The report is of before that one.
func TestLiftByAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mailed(1, "ann@example.org")
	w.sent(1, "ann@example.org", "a 1")
	r := enrolld.MailReport{Kind: enrolld.ReportBounced, Recipient: "ann@example.org", At: w.clock.Now(), Text: "550 no such user"}
	w.take(0, true, r)
	w.check(w.db.LiftSuppression(t.Context(), enrolld.Actor{Name: "Maya"}, w.account.ID, 1))
	w.clock.Advance(time.Hour)
	w.sent(1, "ann@example.org", "a 2")
	if diff := cmp.Diff([]string{store.ReportKnown}, w.take(0, true, r)); diff != "" {
		t.Errorf("told again (-want +got):\n%s", diff)
	}
	if got := w.withheld(1, "ann@example.org"); got != goesOut {
		t.Errorf("after it was lifted: %s", got)
	}
	w.want("SELECT state FROM enrolld_messages ORDER BY id", "bounced", "sent")
	r.At = w.clock.Now()
	w.take(0, true, r)
	w.want("SELECT state FROM enrolld_messages ORDER BY id", "bounced", "bounced")
}

// TestRefusedForGood: a recipient whom the relay does not know is not written to again.
func TestRefusedForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.queueMessages(w.message(1, "a"))
	m := w.claimMessages(1)[0]
	w.finishMessages(enrolld.SendResult{Message: m, State: enrolld.SendDead, Gone: true, Response: "550 no such user"})
	w.want("SELECT state FROM enrolld_messages", "dead")
	if got := w.withheld(1, m.To); got != bounces+"|"+bounces+"|" {
		t.Errorf("after a refusal: %s", got)
	}
}

// TestHeld: what was not tried comes back at its time, and no attempt counts.
func TestHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.queueMessages(w.message(1, "a"))
	for range 2 {
		m := w.claimMessages(1)[0]
		if m.Attempts != 0 {
			t.Errorf("%d attempts, want none", m.Attempts)
		}
		w.finishMessages(enrolld.SendResult{Message: m, State: enrolld.SendRetry, Held: true, RetryAt: w.clock.Now().Add(time.Hour)})
		w.want("SELECT state, attempts, first_attempt_at IS NULL, response FROM enrolld_messages", "queued|0|1|")
		if got := w.claimMessages(1); len(got) != 0 {
			t.Error("claimed before its time")
		}
		w.clock.Advance(time.Hour)
	}
}

// TestUnsubscribe: the customer ends a kind of mail and begins it again; what is
// transactional cannot be ended, and no token can be made up.
func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mailed(1, "ann@example.org")
	s := store.Subscription{AccountID: w.account.ID, CustomerID: 1, Kind: "expiring"}
	keys := w.db.Keys()
	token := keys.UnsubscribeToken(s)
	got, err := keys.OpenUnsubscribe(token)
	w.check(err)
	if diff := cmp.Diff(s, got); diff != "" {
		t.Errorf("token (-want +got):\n%s", diff)
	}
	welcome := s
	welcome.Kind = enrolld.MessageWelcome
	for _, bad := range []string{
		"", "x", token + "x", token[:len(token)-1], strings.Replace(token, "1.1.", "1.2.", 1), "1.1.." + token, "..." + token,
		keys.UnsubscribeToken(welcome),
	} {
		if _, err := keys.OpenUnsubscribe(bad); enrolld.CodeOf(err) != enrolld.NotFound {
			t.Errorf("token %q: %v, want NotFound", bad, err)
		}
	}
	from := enrolld.Actor{Addr: "203.0.113.9"}
	for range 2 {
		w.check(w.db.Unsubscribe(t.Context(), s, from, true))
		if got, want := w.withheld(1, "ann@example.org"), "|not sent, since the customer unsubscribed from reminders before access ends|"; got != want {
			t.Errorf("unsubscribed: %s, want %s", got, want)
		}
	}
	w.check(w.db.Unsubscribe(t.Context(), s, from, false))
	if got := w.withheld(1, "ann@example.org"); got != goesOut {
		t.Errorf("subscribed again: %s", got)
	}
	w.want("SELECT actor, action, remote_addr FROM enrolld_audit ORDER BY id",
		"customer|customer.unsubscribed|203.0.113.9", "customer|customer.resubscribed|203.0.113.9")
	s.CustomerID = 9
	if err := w.db.Unsubscribe(t.Context(), s, from, true); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("somebody who is gone: %v", err)
	}
}

func TestMailSources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	added, err := w.db.AddMailSource(t.Context(), store.MailSource{Provider: "ses", Secrets: []enrolld.Secret{"arn:aws:sns:eu"}})
	w.check(err)
	got, err := w.db.MailSourceByToken(t.Context(), added.Token.Reveal())
	w.check(err)
	if diff := cmp.Diff(added, got); diff != "" {
		t.Errorf("by token (-want +got):\n%s", diff)
	}
	list, err := w.db.MailSources(t.Context())
	w.check(err)
	if diff := cmp.Diff([]store.MailSource{added}, list); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	w.want("SELECT COUNT(*) FROM enrolld_mail_sources WHERE sealed LIKE '%arn%'", "0")
	w.check(w.db.RemoveMailSource(t.Context(), added.ID))
	if _, err := w.db.MailSourceByToken(t.Context(), added.Token.Reveal()); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("a source that was removed: %v", err)
	}
}

// TestComplaintAfterLift: letting mail go to an address again that bounced is nothing
// about spam; what somebody called so may be a message of before.
func TestComplaintAfterLift(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mailed(1, "ann@example.org")
	first := w.sent(1, "ann@example.org", "a 1")
	w.take(0, false, w.about(w.sent(1, "ann@example.org", "a 2"), enrolld.ReportBounced))
	w.check(w.db.LiftSuppression(t.Context(), enrolld.Actor{Name: "Maya"}, w.account.ID, 1))
	for _, want := range []string{store.ReportTaken, store.ReportKnown} {
		if got := w.take(0, false, w.about(first, enrolld.ReportComplained)); !cmp.Equal(got, []string{want}) {
			t.Errorf("a late complaint: %v, want %s", got, want)
		}
		if got, want := w.withheld(1, "ann@example.org"), "|not sent, since the recipient called our mail spam|"; got != want {
			t.Errorf("who complained of an older message: %s, want %s", got, want)
		}
	}
	w.take(0, false, w.about(first, enrolld.ReportBounced))
	w.want("SELECT bounced_at IS NULL, lifted_message, message_id FROM enrolld_mail_suppressions", "1|2|2")

	w.take(0, false, w.about(w.sent(1, "ann@example.org", "a 3"), enrolld.ReportBounced))
	spam := w.about(w.sent(1, "ann@example.org", "a 4"), enrolld.ReportComplained)
	spam.Text = "complaint: abuse"
	w.take(0, false, spam)
	if got, want := w.withheld(1, "ann@example.org"), bounces+"|"+bounces+"|"; got != want {
		t.Errorf("who bounced, then complained: %s, want %s", got, want)
	}
}
