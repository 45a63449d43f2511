package mailer

import (
	"bytes"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

// checkHeaders composes m and fails when the headers are not exactly ours.
func checkHeaders(t *testing.T, m *enrolld.Message, r Rendered) {
	t.Helper()
	out, err := Compose(m, r, "mail.acme.example", testTime)
	if err != nil {
		t.Fatalf("Compose: %v", err)
	}
	env, err := newEnvelope(out)
	if err != nil {
		t.Fatalf("newEnvelope: %v", err)
	}
	if env.to != "maya@example.com" || env.from != "hello@acme.example" {
		t.Errorf("envelope = %q → %q", env.from, env.to)
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(env.wire))
	if err != nil {
		t.Fatalf("ReadMessage: %v", err)
	}
	var names []string
	for name, values := range parsed.Header {
		names = append(names, name)
		if len(values) != 1 {
			t.Errorf("header %s %d times: %q", name, len(values), values)
		}
	}
	slices.Sort(names)
	want := []string{"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version",
		"Reply-To", "Subject", "To"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	for header, address := range map[string]string{"To": "maya@example.com", "From": "hello@acme.example",
		"Reply-To": "help@acme.example"} {
		list, err := parsed.Header.AddressList(header)
		if err != nil || len(list) != 1 || list[0].Address != address {
			t.Errorf("%s = %q (%v), want only %s", header, parsed.Header.Get(header), err, address)
		}
	}
	head, _, _ := bytes.Cut(env.wire, []byte("\r\n\r\n"))
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n\x00") || !isASCII(string(line)) {
			t.Errorf("header line %q", line)
		}
	}
}

func TestCompose(t *testing.T) {
	m := sampleMessage(enrolld.MessageAccess)
	m.ToName, m.FromName = "José \"Pepe\" <x@evil.example>", "Acmé\r\nBcc: y@evil.example"
	m.To = "Maya@Bücher.example"
	r, err := Render(m)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Compose(m, r, "mail.acme.example", testTime)
	if err != nil {
		t.Fatal(err)
	}
	want := &Outgoing{
		MessageID: enrolld.MessageID(m.ID, m.Mark, "mail.acme.example"), Date: testTime,
		From:    mail.Address{Name: "Acmé Bcc: y@evil.example", Address: "hello@acme.example"},
		ReplyTo: &mail.Address{Name: "Acmé Bcc: y@evil.example", Address: "help@acme.example"},
		To:      mail.Address{Address: "Maya@Bücher.example"}, // the name looked like an address
		Subject: r.Subject, HTML: r.HTML, Text: r.Text,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Compose (-want +got):\n%s", diff)
	}
	env, err := newEnvelope(got)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Maya@xn--bcher-kva.example"; env.to != want || env.utf8 {
		t.Errorf("recipient = %q (utf8 %t), want %q in ASCII", env.to, env.utf8, want)
	}
}

func TestComposeRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*enrolld.Message)
		want   enrolld.Code
	}{
		{"recipient", func(m *enrolld.Message) { m.To = "a@b.example>\r\nRCPT TO:<c@d.example" }, enrolld.Invalid},
		{"two recipients", func(m *enrolld.Message) { m.To = "a@b.example, c@d.example" }, enrolld.Invalid},
		{"sender", func(m *enrolld.Message) { m.FromAddress = "" }, enrolld.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := sampleMessage(enrolld.MessageAccess)
			tt.change(m)
			_, err := Compose(m, Rendered{}, "x", testTime)
			if got := enrolld.CodeOf(err); got != tt.want {
				t.Errorf("Compose: %v, code %q, want %q", err, got, tt.want)
			}
		})
	}
}

// TestComposeSaysWhatToMend: the sender of a member's mail is the account's, that
// of the team's the operator's.
func TestComposeSaysWhatToMend(t *testing.T) {
	for kind, want := range map[enrolld.MessageKind]string{
		enrolld.MessageAccess: "in the account's settings", enrolld.MessageTeam: "--mail-from",
	} {
		m := sampleMessage(kind)
		m.FromAddress = "enrolld@localhost"
		_, err := Compose(m, Rendered{}, "x", testTime)
		if enrolld.CodeOf(err) != enrolld.Unavailable || !strings.Contains(enrolld.MessageOf(err), want) {
			t.Errorf("Compose a %s message: %v, want unavailable with %q", kind, err, want)
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add("Maya", "Acme", "Your access")
	f.Add("\"a\" <b@c>", "a\r\nBcc: x@y.example", "=?utf-8?q?=0D=0A?=")
	f.Add("\\", "\"", "\x00")
	f.Fuzz(func(t *testing.T, to, from, subject string) {
		m := sampleMessage(enrolld.MessageAccess)
		m.ToName, m.FromName = to, from
		checkHeaders(t, m, Rendered{Subject: subject, HTML: "<p>x", Text: "x"})
	})
}

// TestUnsubscribeHeader: what a mailbox can click is https, and only what is not
// transactional has it.
func TestUnsubscribeHeader(t *testing.T) {
	for url, want := range map[string]string{
		"": "", "http://localhost:8765/unsubscribe/x": "", "https://admin.example/unsubscribe/x": "https://admin.example/unsubscribe/x",
	} {
		m := sampleMessage(enrolld.MessageAccess)
		m.UnsubscribeURL = url
		r, err := Render(m)
		if err != nil {
			t.Fatal(err)
		}
		out, err := Compose(m, r, "mail.acme.example", testTime)
		if err != nil {
			t.Fatal(err)
		}
		wire, err := buildMIME(out)
		if err != nil {
			t.Fatal(err)
		}
		has := strings.Contains(string(wire), "List-Unsubscribe: <"+want+">") &&
			strings.Contains(string(wire), "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
		if out.Unsubscribe != want || has != (want != "") {
			t.Errorf("with %q: %q, headers %t, want %q", url, out.Unsubscribe, has, want)
		}
	}
}
