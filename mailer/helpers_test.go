package mailer

import (
	"context"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"enrolld"
	"enrolld/mailer/mailbox"
)

var testTime = time.Date(2026, 5, 2, 9, 0, 0, 0, time.UTC)

// sampleMessage is a whole message of the kind.
func sampleMessage(kind enrolld.MessageKind) *enrolld.Message {
	until := time.Date(2026, 5, 3, 23, 30, 0, 0, time.UTC)
	m := &enrolld.Message{
		ID: 42, AccountID: 7, CustomerID: 9, Kind: kind, Cause: "grant/42", Mark: "0011223344556677",
		To: "maya@example.com", ToName: "Maya Okafor",
		FromName: "Acme Academy", FromAddress: "hello@acme.example", ReplyTo: "help@acme.example",
		Data: enrolld.MessageData{
			SiteName: "Acme Academy", SiteURL: "https://acme.example",
			LoginURL: "https://acme.example/wp-login.php",
			Login:    "maya.okafor", FirstName: "Maya", Order: "1514394",
			Courses: []enrolld.MessageCourse{
				{Title: "Ink & Wash", URL: "https://acme.example/courses/ink-wash/"},
				{Title: "Letterforms from the Ground Up", URL: "https://acme.example/courses/letterforms/",
					Until: &until},
			},
		},
	}
	if kind == enrolld.MessageWelcome {
		m.Data.SetPasswordURL = "https://acme.example/wp-login.php" +
			"?action=rp&key=Zk3vQ9xW2bN7mT5rLc8H&login=maya.okafor"
		m.Data.LinkValidUntil = time.Date(2026, 5, 3, 14, 5, 0, 0, time.UTC)
	}
	if kind == enrolld.MessageExpiring || kind == enrolld.MessageExpired || kind == enrolld.MessagePaymentFailed {
		m.Data.Until = &until
	}
	if kind == enrolld.MessageEmailChanged {
		m.Data.Courses, m.Data.Order, m.Data.NewAddress = nil, "", enrolld.MaskAddress("okafor@new.example")
	}
	if kind == enrolld.MessageTeam {
		m.Data = enrolld.MessageData{Team: sampleTeam(enrolld.EventInvitation)}
	}
	return m
}

// sampleOutgoing is a composed message to the address.
func sampleOutgoing(t testing.TB, id int64, to string) *Outgoing {
	t.Helper()
	m := sampleMessage(enrolld.MessageAccess)
	m.ID, m.To = id, to
	r, err := Render(m)
	if err != nil {
		t.Fatal(err)
	}
	out, err := Compose(m, r, "mail.acme.example", testTime)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// startMailbox starts a relay; it ends with the test.
func startMailbox(t testing.TB, o mailbox.Options) *mailbox.Mailbox {
	t.Helper()
	m, err := mailbox.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// configFor reaches the mailbox in the clear, with little patience.
func configFor(m *mailbox.Mailbox) Config {
	host, port, _ := net.SplitHostPort(m.SMTPAddr())
	n, _ := strconv.Atoi(port)
	return Config{Host: host, Port: n, TLS: TLSNone, Timeout: 5 * time.Second}
}

// startTransport makes a transport that does not wait after a failed connection.
func startTransport(t testing.TB, primary Config, fallback ...Config) *Transport {
	t.Helper()
	tr := NewTransport(primary, fallback...)
	for _, r := range tr.relays {
		r.pause = 0
	}
	t.Cleanup(func() { _ = tr.Close() })
	return tr
}

// onceAt misbehaves the first n times at the stage.
func onceAt(at mailbox.Stage, n int, a mailbox.Action) mailbox.Hook {
	var mu sync.Mutex
	return func(e mailbox.Event) mailbox.Action {
		mu.Lock()
		defer mu.Unlock()
		if e.Stage != at || n == 0 {
			return mailbox.Action{}
		}
		n--
		return a
	}
}

// idsOf lists the Message-IDs in the mailbox.
func idsOf(m *mailbox.Mailbox) []string {
	var ids []string
	for _, msg := range m.Messages() {
		ids = append(ids, msg.MessageID)
	}
	return ids
}
