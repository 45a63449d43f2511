package mailer

import (
	"bufio"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/mailer/mailbox"
)

// brokenRelay is a relay that hangs up: after it answered a command, or in the
// content after so many lines.
func brokenRelay(t *testing.T, after string, lines int) Config {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			hangUpAfter(c, after, lines)
			c.Close()
		}
	}()
	host, port, _ := net.SplitHostPort(l.Addr().String())
	n, _ := strconv.Atoi(port)
	return Config{Host: host, Port: n, TLS: TLSNone, Timeout: 5 * time.Second}
}

func hangUpAfter(c net.Conn, after string, lines int) {
	say := func(s string) { _, _ = c.Write([]byte(s + "\r\n")) }
	say("220 broken.example ESMTP")
	in := bufio.NewScanner(c)
	for in.Scan() {
		verb, _, _ := strings.Cut(strings.ToUpper(in.Text()), " ")
		switch verb {
		case "DATA":
			say("354 go on")
			for n := 0; n < lines && in.Scan(); n++ {
			}
			if verb == after {
				return
			}
		default:
			say("250 ok")
		}
		if verb == after {
			return
		}
	}
}

// TestHangUps: a relay that hangs up before it had any of the content is passed over
// for the next; later the message waits, and has one Message-ID whoever takes it.
func TestHangUps(t *testing.T) {
	tests := []struct {
		after  string
		lines  int
		passed bool
	}{
		{"EHLO", 0, true}, {"MAIL", 0, true}, {"RCPT", 0, true}, {"DATA", 0, false}, {"DATA", 20, false},
	}
	for _, tt := range tests {
		t.Run(tt.after+strconv.Itoa(tt.lines), func(t *testing.T) {
			t.Parallel()
			second := startMailbox(t, mailbox.Options{})
			q := newFakeQueue(messageTo(1, "maya@example.com"))
			w := newTestWorker(q, startTransport(t, brokenRelay(t, tt.after, tt.lines), configFor(second)), nil)
			step(t, w, 1)
			if got := len(second.Messages()) == 1; got != tt.passed {
				t.Errorf("the second relay has it: %t, want %t; %v", got, tt.passed, q.states())
			}
			want := "1 queued "
			if tt.passed {
				want = "1 sent "
			}
			if got := q.states()[0]; !strings.HasPrefix(got, want) {
				t.Errorf("state: %s, want %s", got, want)
			}
		})
	}
}

// TestUnwillingRelays: who says before any recipient that it takes nothing now is
// passed over, and so is who does not answer; a recipient's own trouble is no reason
// to ask somebody else.
func TestUnwillingRelays(t *testing.T) {
	tests := []struct {
		name   string
		hook   mailbox.Hook
		passed bool
	}{
		{"421 at the greeting", onceAt(mailbox.StageHello, 9, mailbox.Action{Code: 421, Text: "too many connections"}), true},
		{"452 at MAIL", onceAt(mailbox.StageMail, 9, mailbox.Action{Code: 452, Text: "no disk"}), true},
		{"slow", onceAt(mailbox.StageRcpt, 9, mailbox.Action{Delay: time.Hour}), true},
		{"greylisted", onceAt(mailbox.StageRcpt, 9, mailbox.Action{Code: 450, Text: "greylisted"}), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tries := 0
			first := startMailbox(t, mailbox.Options{Hook: func(e mailbox.Event) mailbox.Action {
				if e.Stage == mailbox.StageHello {
					tries++ // messages go one after the other
				}
				return tt.hook(e)
			}})
			second := startMailbox(t, mailbox.Options{})
			cfg := configFor(first)
			if tt.name == "slow" {
				cfg.Timeout = 300 * time.Millisecond
			}
			tr := NewTransport(cfg, configFor(second)) // with the pause
			defer tr.Close()
			for id := range int64(2) {
				_, err := tr.Send(t.Context(), sampleOutgoing(t, id, "maya@example.com"))
				if (err == nil) != tt.passed {
					t.Errorf("message %d: %v", id, err)
				}
			}
			_ = first.Close()
			if got := len(second.Messages()); got != 2 && tt.passed || got != 0 && !tt.passed {
				t.Errorf("%d messages at the second relay", got)
			}
			if tt.name == "slow" && tries != 1 {
				t.Errorf("the slow relay was asked %d times, want once", tries)
			}
		})
	}
}

// TestWrongPassword: a relay that refuses to sign us in is passed over.
func TestWrongPassword(t *testing.T) {
	first := startMailbox(t, mailbox.Options{Users: map[string]string{"enrolld": "right"}})
	second := startMailbox(t, mailbox.Options{})
	cfg := configFor(first)
	cfg.User, cfg.Password = "enrolld", "wrong"
	tr := startTransport(t, cfg, configFor(second))
	if _, err := tr.Send(t.Context(), sampleOutgoing(t, 1, "maya@example.com")); err != nil || len(second.Messages()) != 1 {
		t.Errorf("Send: %v, %d messages at the second relay", err, len(second.Messages()))
	}
}

// TestBothRelaysAway: mail waits, and goes out once when one is back.
func TestBothRelaysAway(t *testing.T) {
	gone := func(e mailbox.Event) mailbox.Action { return mailbox.Action{Drop: e.Stage == mailbox.StageConnect} }
	first, second := startMailbox(t, mailbox.Options{Hook: gone}), startMailbox(t, mailbox.Options{Hook: gone})
	q := newFakeQueue(messageTo(1, "maya@example.com"), messageTo(2, "ben@example.com"))
	w := newTestWorker(q, startTransport(t, configFor(first), configFor(second)), nil)
	for range 3 {
		step(t, w, 2)
		for _, s := range q.states() {
			if !strings.Contains(s, "queued") || !strings.Contains(s, "cannot be reached") {
				t.Errorf("with both away: %s", s)
			}
		}
		q.advance(time.Hour)
	}
	second.SetHook(nil)
	step(t, w, 2)
	if len(first.Messages()) != 0 || len(second.Messages()) != 2 {
		t.Errorf("%d and %d messages, want 0 and 2", len(first.Messages()), len(second.Messages()))
	}
}

// TestWorkerPacesProviders: those over a limit wait in the queue with no attempt
// counted, and the others go out; a provider who wants less gets less.
func TestWorkerPacesProviders(t *testing.T) {
	throttle := onceAt(mailbox.StageRcpt, 2, mailbox.Action{Code: 421, Text: "4.7.28 too much"}) // a kept connection is replaced first
	box := startMailbox(t, mailbox.Options{Hook: func(e mailbox.Event) mailbox.Action {
		if strings.HasSuffix(e.To, "@web.de") {
			return throttle(e)
		}
		return mailbox.Action{}
	}})
	var list []*enrolld.Message
	for i, to := range []string{"a@gmail.com", "b@googlemail.com", "c@example.com", "d@gmail.com", "e@example.com"} {
		list = append(list, messageTo(int64(i+1), to))
	}
	q := newFakeQueue(list...)
	w := NewWorker(q, startTransport(t, configFor(box)), Options{
		Now: q.clock, Chance: func() float64 { return 0.5 }, Limits: Limits{"gmail": 0.5}, Concurrency: 1,
	})
	step(t, w, 5)
	if got := strings.Join(q.states(), ";"); strings.Count(got, " sent ") != 3 || !strings.Contains(got, ";2 queued;") {
		t.Errorf("first round: %s", got)
	}
	q.advance(2 * time.Second)
	step(t, w, 1)
	q.advance(2 * time.Second)
	step(t, w, 1)
	if n := len(box.Messages()); n != 5 {
		t.Errorf("%d messages arrived, want 5", n)
	}
	for _, r := range q.rows {
		if r.message.Attempts != 1 {
			t.Errorf("message %d has %d attempts, want 1", r.message.ID, r.message.Attempts)
		}
	}
	q = newFakeQueue(messageTo(1, "a@web.de"), messageTo(2, "b@gmx.net"), messageTo(3, "c@example.com"))
	w.queue = q
	w.Now = q.clock
	step(t, w, 3)
	if got := strings.Join(q.states(), "; "); !strings.HasPrefix(got, "1 queued 421 4.0.0 4.7.28 too much; 2 queued; 3 sent") {
		t.Errorf("while GMX wants less: %s", got)
	}
}
