package mailer

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/mailer/mailbox"
)

// TestFaults has one conversation per fault, then one with a relay that behaves.
func TestFaults(t *testing.T) {
	tests := []struct {
		name      string
		at        mailbox.Stage
		action    mailbox.Action
		permanent bool
		config    bool
		response  string
		copies    int // in the mailbox after the second attempt
	}{
		{"recipient refused", mailbox.StageRcpt, mailbox.Action{Code: 550,
			Text: "<maya@example.com>: no mailbox maya"},
			true, false, "550 5.0.0 <[address]>: no mailbox [recipient]", 1},
		{"content refused", mailbox.StageAnswer, mailbox.Action{Code: 554, Text: "spam"}, true, false,
			"554 5.0.0 spam", 1},
		{"greylisted", mailbox.StageRcpt, mailbox.Action{Code: 451, Text: "later"}, false, false,
			"451 4.0.0 later", 1},
		{"too many recipients", mailbox.StageRcpt, mailbox.Action{Code: 552, Text: "full"}, false, false,
			"552 5.0.0 full", 1},
		{"busy after content", mailbox.StageAnswer, mailbox.Action{Code: 452, Text: "disk"}, false, false,
			"452 4.0.0 disk", 1},
		{"shutting down", mailbox.StageRcpt, mailbox.Action{Code: 421, Text: "bye"}, false, false,
			"421 4.0.0 bye", 1},
		{"sender refused", mailbox.StageMail, mailbox.Action{Code: 553, Text: "not yours"}, false, true,
			"the relay refuses the account's sender address", 1},
		{"relay denied", mailbox.StageRcpt, mailbox.Action{Code: 554, Text: "Relay access denied"}, false, true,
			"does not pass on mail for us", 1},
		{"login wanted", mailbox.StageMail, mailbox.Action{Code: 530, Text: "who are you"}, false, true,
			"check user", 1},
		{"not ready", mailbox.StageHello, mailbox.Action{Code: 554, Text: "go away"}, false, false,
			"is not ready", 1},
		{"no connection", mailbox.StageConnect, mailbox.Action{Drop: true}, false, false, "cannot be reached", 1},
		{"dropped at recipient", mailbox.StageRcpt, mailbox.Action{Drop: true}, false, false,
			"connection closed", 1},
		{"dropped in content", mailbox.StageContent, mailbox.Action{Drop: true}, false, false,
			"connection closed", 1},
		// Nobody can know whether it was taken: the copy has the same Message-ID.
		{"dropped after content", mailbox.StageAnswer, mailbox.Action{Drop: true}, false, false,
			"connection closed", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			times := 1
			if tt.at == mailbox.StageHello {
				times = 2 // the client falls back to HELO
			}
			m := startMailbox(t, mailbox.Options{Hook: onceAt(tt.at, times, tt.action)})
			tr := startTransport(t, configFor(m))
			out := sampleOutgoing(t, 1, "maya@example.com")
			_, err := tr.Send(t.Context(), out)
			var e *SendError
			if !errors.As(err, &e) {
				t.Fatalf("Send: %v, want a SendError", err)
			}
			if e.Permanent != tt.permanent || e.Config != tt.config || !strings.Contains(e.Response, tt.response) {
				t.Errorf("Send: permanent %t config %t %q, want %t %t %q", e.Permanent, e.Config, e.Response,
					tt.permanent, tt.config, tt.response)
			}
			if strings.Contains(e.Error(), "maya") {
				t.Errorf("the error names the recipient: %v", e)
			}
			if code := enrolld.CodeOf(err); (code == enrolld.Invalid) != tt.permanent {
				t.Errorf("code = %q", code)
			}
			response, err := tr.Send(t.Context(), out)
			if err != nil || !strings.HasPrefix(response, "250 2.0.0 Ok: queued as ") {
				t.Errorf("second attempt: %q, %v", response, err)
			}
			want := slices.Repeat([]string{out.MessageID}, tt.copies)
			if diff := cmp.Diff(want, idsOf(m)); diff != "" {
				t.Errorf("mailbox (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSlowRelay(t *testing.T) {
	m := startMailbox(t, mailbox.Options{Hook: onceAt(mailbox.StageRcpt, 1,
		mailbox.Action{Delay: time.Minute})})
	cfg := configFor(m)
	cfg.Timeout = 200 * time.Millisecond
	tr := startTransport(t, cfg)
	out := sampleOutgoing(t, 1, "maya@example.com")
	_, err := tr.Send(t.Context(), out)
	if err == nil || IsPermanent(err) || err.Error() != "no answer in time" {
		t.Errorf("Send to a slow relay: %v, want a temporary timeout", err)
	}
	if _, err := tr.Send(t.Context(), out); err != nil {
		t.Errorf("second attempt: %v", err)
	}
	if diff := cmp.Diff([]string{out.MessageID}, idsOf(m)); diff != "" {
		t.Errorf("mailbox (-want +got):\n%s", diff)
	}
}

// TestConnectionIsReused sends several messages and counts connections.
func TestConnectionIsReused(t *testing.T) {
	connections := 0
	m := startMailbox(t, mailbox.Options{Hook: func(e mailbox.Event) mailbox.Action {
		if e.Stage == mailbox.StageConnect {
			connections++ // connections come one at a time
		}
		return mailbox.Action{}
	}})
	tr := startTransport(t, configFor(m))
	for id := range int64(5) {
		if _, err := tr.Send(t.Context(), sampleOutgoing(t, id, "maya@example.com")); err != nil {
			t.Fatal(err)
		}
	}
	_ = m.Close()
	if connections != 1 {
		t.Errorf("%d connections for 5 messages, want 1", connections)
	}
}

// TestDeadPooledConnection: the relay hung up while the connection was idle. That is
// no failed attempt.
func TestDeadPooledConnection(t *testing.T) {
	tests := []struct {
		name   string
		before func(*mailbox.Mailbox)
	}{
		{"closed", func(m *mailbox.Mailbox) { m.Hangup() }},
		{"says 421", func(m *mailbox.Mailbox) {
			m.SetHook(onceAt(mailbox.StageMail, 1, mailbox.Action{Code: 421, Text: "too many messages"}))
		}},
		{"says 451", func(m *mailbox.Mailbox) {
			m.SetHook(onceAt(mailbox.StageMail, 1, mailbox.Action{Code: 451, Text: "reconnect"}))
		}},
		{"hangs up at RCPT", func(m *mailbox.Mailbox) {
			m.SetHook(onceAt(mailbox.StageRcpt, 1, mailbox.Action{Drop: true}))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := startMailbox(t, mailbox.Options{})
			tr := startTransport(t, configFor(m))
			first, second := sampleOutgoing(t, 1, "maya@example.com"), sampleOutgoing(t, 2, "maya@example.com")
			if _, err := tr.Send(t.Context(), first); err != nil {
				t.Fatal(err)
			}
			tt.before(m)
			if _, err := tr.Send(t.Context(), second); err != nil {
				t.Errorf("Send over a dead connection: %v", err)
			}
			if diff := cmp.Diff([]string{first.MessageID, second.MessageID}, idsOf(m)); diff != "" {
				t.Errorf("mailbox (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFailover(t *testing.T) {
	first := startMailbox(t, mailbox.Options{})
	second := startMailbox(t, mailbox.Options{})
	tr := startTransport(t, configFor(first), configFor(second))
	send := func(id int64, to string) error {
		_, err := tr.Send(t.Context(), sampleOutgoing(t, id, to))
		return err
	}
	if err := send(1, "a@example.com"); err != nil {
		t.Fatal(err)
	}
	first.SetHook(func(e mailbox.Event) mailbox.Action {
		return mailbox.Action{Drop: e.Stage == mailbox.StageRcpt || e.Stage == mailbox.StageConnect}
	})
	if err := send(2, "b@example.com"); err != nil {
		t.Errorf("with the first relay down: %v", err)
	}
	// A refused recipient is no reason to ask somebody else.
	first.SetHook(func(e mailbox.Event) mailbox.Action {
		if e.Stage == mailbox.StageRcpt {
			return mailbox.Action{Code: 550, Text: "no"}
		}
		return mailbox.Action{}
	})
	if err := send(3, "c@example.com"); !IsPermanent(err) {
		t.Errorf("refused by the first relay: %v, want a permanent error", err)
	}
	_ = first.Close()
	_ = second.Close()
	err := send(4, "d@example.com")
	if err == nil || IsPermanent(err) || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("with both down: %v", err)
	}
	if a, b := len(first.Messages()), len(second.Messages()); a != 1 || b != 1 {
		t.Errorf("%d and %d messages, want 1 and 1", a, b)
	}
}

// TestDeadRelayIsLeftAlone: the messages of a batch do not all wait for a dead relay.
func TestDeadRelayIsLeftAlone(t *testing.T) {
	tries := 0
	m := startMailbox(t, mailbox.Options{Hook: func(e mailbox.Event) mailbox.Action {
		tries++
		return mailbox.Action{Drop: true}
	}})
	tr := NewTransport(configFor(m))
	for range 3 {
		if _, err := tr.Send(t.Context(), sampleOutgoing(t, 1, "maya@example.com")); err == nil {
			t.Fatal("Send: no error")
		}
	}
	_ = m.Close()
	if tries != 1 {
		t.Errorf("%d connections, want 1", tries)
	}
}

func TestIdleConnectionIsClosed(t *testing.T) {
	m := startMailbox(t, mailbox.Options{})
	cfg := configFor(m)
	cfg.Idle = time.Millisecond
	tr := startTransport(t, cfg)
	if _, err := tr.Send(t.Context(), sampleOutgoing(t, 1, "maya@example.com")); err != nil {
		t.Fatal(err)
	}
	tr.relays[0].goodbyes.Wait() // the timer's own end
	if c := tr.relays[0].take(); c != nil {
		t.Error("the idle connection is still in the pool")
	}
}

// TestCancel: before the content a conversation stops with ctx; after it, it ends
// with the relay's word.
func TestCancel(t *testing.T) {
	for _, at := range []mailbox.Stage{mailbox.StageHello, mailbox.StageRcpt, mailbox.StageAnswer} {
		t.Run(string(at), func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			m := startMailbox(t, mailbox.Options{Hook: func(e mailbox.Event) mailbox.Action {
				if e.Stage != at {
					return mailbox.Action{}
				}
				cancel()
				if at == mailbox.StageAnswer {
					return mailbox.Action{Delay: 50 * time.Millisecond}
				}
				return mailbox.Action{Delay: time.Hour}
			}})
			cfg := configFor(m)
			cfg.Timeout = time.Hour
			_, err := startTransport(t, cfg).Send(ctx, sampleOutgoing(t, 1, "maya@example.com"))
			if at == mailbox.StageAnswer {
				if err != nil || len(m.Messages()) != 1 {
					t.Errorf("cancelled after the content: %v, %d messages", err, len(m.Messages()))
				}
				return
			}
			if !errors.Is(err, context.Canceled) || len(m.Messages()) != 0 {
				t.Errorf("Send: %v, want context.Canceled", err)
			}
		})
	}
}

func TestNonASCIIAddress(t *testing.T) {
	m := startMailbox(t, mailbox.Options{})
	tr := startTransport(t, configFor(m))
	if _, err := tr.Send(t.Context(), sampleOutgoing(t, 1, "jörg@bücher.example")); err != nil {
		t.Fatal(err)
	}
	if got := m.Messages()[0].To; !slices.Equal(got, []string{"jörg@xn--bcher-kva.example"}) {
		t.Errorf("recipients = %q", got)
	}
}

func TestSendChecksAddresses(t *testing.T) {
	tr := startTransport(t, Config{Host: "localhost", Port: 1})
	out := sampleOutgoing(t, 1, "maya@example.com")
	out.To.Address = "a@b.example>\r\nRCPT TO:<c@d.example"
	if _, err := tr.Send(t.Context(), out); !IsPermanent(err) {
		t.Errorf("Send: %v, want a permanent error", err)
	}
}
