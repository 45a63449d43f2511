package e2e

import (
	"strings"
	"testing"
	"time"

	"enrolld/cmd/academy"
	"enrolld/mailer/mailbox"
)

// TestRelayTroubles sells to people whose mail meets each kind of trouble; when
// it is over, each has one message, or it is known why not.
func TestRelayTroubles(t *testing.T) {
	w := Start(t)
	troubles := map[string]func(mailbox.Event) mailbox.Action{
		"refused": at(mailbox.StageRcpt, mailbox.Action{Code: 550, Text: "no such mailbox"}),
		"busy":    at(mailbox.StageRcpt, mailbox.Action{Code: 451, Text: "greylisted, come back"}),
		"full":    at(mailbox.StageAnswer, mailbox.Action{Code: 452, Text: "insufficient storage"}),
		"cut":     at(mailbox.StageContent, mailbox.Action{Drop: true}),
		"mute":    at(mailbox.StageAnswer, mailbox.Action{Drop: true}), // taken, but never confirmed
		"slow":    at(mailbox.StageContent, mailbox.Action{Delay: 2 * time.Second}),
		"fine":    func(mailbox.Event) mailbox.Action { return mailbox.Action{} },
	}
	w.Mailbox.SetHook(func(e mailbox.Event) mailbox.Action {
		name, _, _ := strings.Cut(strings.TrimPrefix(e.To, "relay-"), "@")
		if trouble := troubles[name]; trouble != nil {
			return trouble(e)
		}
		return mailbox.Action{}
	})
	t.Cleanup(func() { w.Mailbox.SetHook(nil) })
	address := func(name string) string { return "relay-" + name + "@example.org" }
	for name := range troubles {
		who := academy.Person{Email: address(name), First: name, Last: "Relay"}
		w.sell(t, academy.ThriveCart(number(), who, false, time.Now()))
	}
	eventually(t, "a first attempt at each", func() bool {
		return w.count(t, `SELECT COUNT(*) FROM enrolld_messages WHERE recipient LIKE 'relay-%' AND response <> ''`) ==
			len(troubles)
	})
	for name, want := range map[string]struct{ state, response string }{
		"refused": {"dead", "550"}, "busy": {"queued", "451"}, "full": {"queued", "452"}, "cut": {"queued", ""},
		"mute": {"queued", ""}, "slow": {"sent", "250"}, "fine": {"sent", "250"},
	} {
		c := w.customer(t, address(name))
		if len(c.Messages) != 1 {
			t.Errorf("%s: %d messages, want 1", name, len(c.Messages))
			continue
		}
		m := c.Messages[0]
		if m.State != want.state || !strings.Contains(m.Response, want.response) || m.Response == "" || m.Attempts < 1 {
			t.Errorf("%s: %s after %d attempts, %q; want %s and %q",
				name, m.State, m.Attempts, m.Response, want.state, want.response)
		}
		if !w.hasAccess(t, address(name), 0) {
			t.Errorf("%s: no access; mail must not matter to it", name)
		}
	}
	w.Mailbox.SetHook(nil)
	w.allSent(t, "relay-%")
	for name := range troubles {
		want := 1
		if name == "refused" {
			want = 0
		}
		if got := w.received(address(name)); got != want {
			t.Errorf("%s: %d different mails, want %d", name, got, want)
		}
	}
}

// TestRelayAway: nobody answers at the relay's address for a while.
func TestRelayAway(t *testing.T) {
	w := Start(t)
	w.Mailbox.SetHook(at(mailbox.StageConnect, mailbox.Action{Drop: true}))
	t.Cleanup(func() { w.Mailbox.SetHook(nil) })
	w.Mailbox.Hangup()
	who := academy.Person{Email: "away@example.org", First: "A", Last: "Way"}
	w.sell(t, academy.ThriveCart(number(), who, false, time.Now()))
	eventually(t, "a first attempt", func() bool {
		return w.count(t, `SELECT COUNT(*) FROM enrolld_messages
			WHERE recipient = 'away@example.org' AND response <> ''`) == 1
	})
	if m := w.customer(t, who.Email).Messages; len(m) != 1 || m[0].State != "queued" || m[0].Response == "" {
		t.Errorf("messages: %+v, want one that waits and says why", m)
	}
	if !w.hasAccess(t, who.Email, 0) {
		t.Error("no access; mail must not matter to it")
	}
	w.Mailbox.SetHook(nil)
	w.allSent(t, "away@%")
	if got := w.received(who.Email); got != 1 {
		t.Errorf("%d different mails, want 1", got)
	}
}

// at misbehaves at one stage.
func at(stage mailbox.Stage, a mailbox.Action) func(mailbox.Event) mailbox.Action {
	return func(e mailbox.Event) mailbox.Action {
		if e.Stage == stage {
			return a
		}
		return mailbox.Action{}
	}
}

// allSent makes waiting messages due until none waits. The schedule itself, of
// minutes and hours, has its tests elsewhere.
func (w *world) allSent(t *testing.T, recipients string) {
	t.Helper()
	eventually(t, "no message waits", func() bool {
		w.exec(t, `UPDATE enrolld_messages SET due_at = UTC_TIMESTAMP(6)
			WHERE state = 'queued' AND due_at > UTC_TIMESTAMP(6) AND recipient LIKE ?`, recipients)
		return w.count(t, `SELECT COUNT(*) FROM enrolld_messages
			WHERE state = 'queued' AND recipient LIKE ?`, recipients) == 0
	})
}

// received counts the different mails to an address.
func (w *world) received(to string) int {
	ids := map[string]bool{}
	for _, m := range w.Mailbox.Messages() {
		if m.To[0] == to {
			ids[m.MessageID] = true
		}
	}
	return len(ids)
}
