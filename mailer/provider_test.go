package mailer

import (
	"fmt"
	"math/rand/v2"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

func TestProviderOf(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]string{
		"gmail.com": "gmail", "GoogleMail.com": "gmail", "hotmail.co.uk": "outlook", "live.nl": "outlook", "outlook.de": "outlook",
		"yahoo.com.br": "yahoo", "web.de": "gmx", "gmx.net": "gmx", "me.com": "icloud",
		"example.com": "example.com", "mail.gmail.com": "mail.gmail.com", "live.some.host.example": "live.some.host.example",
		"live": "live", "notgmail.com": "notgmail.com", "": "",
	} {
		if got := providerOf(domain); got != want {
			t.Errorf("%s is received by %s, want %s", domain, got, want)
		}
	}
}

func TestParseLimits(t *testing.T) {
	t.Parallel()
	got, err := ParseLimits(strings.NewReader("# ours\ngmail.com 30/m\n\n*  1200/h # small ones\nBücher.example 2/s\ngmx none\n"))
	want := DefaultLimits()
	want["gmail"], want["*"], want["xn--bcher-kva.example"], want["gmx"] = 0.5, 1.0/3, 2, 0
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("limits (-want +got):\n%s%v", diff, err)
	}
	for text, want := range map[string]string{
		"gmail": "line 1: write a provider", "\ngmail 20": `line 2: "20" is not how many`, "gmail 0/s": "is not how many",
		"gmail 1e9/s": "is not how many", "gmail NaN/s": "is not how many", "nonsense 1/s": "neither a domain nor one of",
	} {
		_, err := ParseLimits(strings.NewReader(text))
		if enrolld.CodeOf(err) != enrolld.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want Invalid with %q", text, err, want)
		}
	}
}

// TestTrafficKeepsPace: whatever the order and the number of those who ask, no
// provider gets more than its rate in any stretch of time, everybody gets a turn, and
// who is not limited goes at once.
func TestTrafficKeepsPace(t *testing.T) {
	t.Parallel()
	const rate, messages = 5, 200
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		tr := newTraffic(Limits{"gmail": rate})
		if at := tr.turn(9999, enrolld.RankMany, "example.com", testTime); at != testTime {
			t.Fatalf("who is not limited goes at %v", at)
		}
		due := map[int64]time.Time{}
		for id := range int64(messages) {
			due[id] = testTime
		}
		var went []time.Time
		asked := 0
		for now := testTime; len(due) > 0; now = now.Add(time.Duration(random.IntN(1500)) * time.Millisecond) {
			for id, at := range due {
				if at.After(now) {
					continue
				}
				asked++
				if next := tr.turn(id, enrolld.RankMany, []string{"gmail.com", "googlemail.com"}[id%2], now); next.After(now) {
					due[id] = next
					continue
				}
				delete(due, id)
				went = append(went, now)
			}
			if now.Sub(testTime) > time.Hour {
				t.Fatalf("seed %d: %d messages still wait after an hour", seed, len(due))
			}
		}
		if asked > 2*messages {
			t.Errorf("seed %d: %d messages asked %d times, want at most twice each", seed, messages, asked)
		}
		// Turns are a fifth of a second apart; who comes later than their turn may
		// meet the next ones, by at most a look at the queue.
		if took := went[len(went)-1].Sub(testTime); took < (messages-1)*time.Second/rate {
			t.Errorf("seed %d: all went in %v, faster than the limit", seed, took)
		}
		for i, at := range went {
			n := 1
			for n+i < len(went) && went[i+n].Sub(at) < time.Second {
				n++
			}
			if n > rate*5/2+1 {
				t.Errorf("seed %d: %d went within a second", seed, n)
				break
			}
		}
	}
}

// TestTrafficOfMany: of more messages than are remembered, those that find no room
// ask again, and the provider gets its rate all the while.
func TestTrafficOfMany(t *testing.T) {
	t.Parallel()
	const rate, messages, room = 10, 1000, 100
	tr := newTraffic(Limits{"gmail": rate})
	tr.room = room
	due := map[int64]time.Time{}
	for id := range int64(messages) {
		due[id] = testTime
	}
	asked, now := 0, testTime
	for ; len(due) > 0; now = now.Add(time.Second) {
		for id, at := range due {
			if at.After(now) {
				continue
			}
			asked++
			if next := tr.turn(id, enrolld.RankMany, "gmail.com", now); next.After(now) {
				due[id] = next
			} else {
				delete(due, id)
			}
		}
		if now.Sub(testTime) > 10*messages/rate*time.Second {
			t.Fatalf("%d messages still wait", len(due))
		}
	}
	if took, most := now.Sub(testTime), 3*messages/rate*time.Second/2; took > most {
		t.Errorf("all went in %v, want at most %v", took, most)
	}
	if most := messages * messages / room; asked > most {
		t.Errorf("asked %d times, want at most %d", asked, most)
	}
}

// TestTrafficBacksOff: who wants less gets nothing for a while, twice as long the
// next time, and its messages do not come all at once then.
func TestTrafficBacksOff(t *testing.T) {
	t.Parallel()
	tr := newTraffic(nil)
	now := testTime
	var waits []time.Duration
	for range 8 {
		_, until := tr.slower("example.com", now)
		tr.slower("example.com", now.Add(time.Second)) // one more that was on its way
		waits = append(waits, until.Sub(now)/time.Minute)
		now = until
	}
	if diff := cmp.Diff([]time.Duration{1, 2, 4, 8, 16, 30, 30, 30}, waits); diff != "" {
		t.Errorf("minutes (-want +got):\n%s", diff)
	}
	_, until := tr.slower("example.com", now)
	var turns []time.Duration
	for id := range int64(3) {
		turns = append(turns, tr.turn(id, enrolld.RankMany, "example.com", now).Sub(until))
	}
	if diff := cmp.Diff([]time.Duration{0, time.Second, 2 * time.Second}, turns); diff != "" {
		t.Errorf("turns after the pause (-want +got):\n%s", diff)
	}
	if at := tr.turn(7, enrolld.RankMany, "example.org", now); at != now {
		t.Error("another domain waits too")
	}
	tr.well("example.com", until)
	if _, again := tr.slower("example.com", until); again.Sub(until) != firstBackoff {
		t.Errorf("after a message that was taken the pause is %v", again.Sub(until))
	}
	if tr.turn(8, enrolld.RankMany, "example.org", now.Add(2*time.Hour)); len(tr.lanes) != 0 || len(tr.turns) != 0 {
		t.Errorf("%d lanes and %d turns are still kept", len(tr.lanes), len(tr.turns))
	}
}

// TestOldTurns: turns that nobody came for are not taken all at once.
func TestOldTurns(t *testing.T) {
	t.Parallel()
	tr := newTraffic(Limits{"*": 1})
	for id := range int64(5) {
		tr.turn(id, enrolld.RankMany, "example.com", testTime)
	}
	tr.turn(99, enrolld.RankMany, "example.org", testTime.Add(slotLife)) // has what is old forgotten; these are not yet
	later := testTime.Add(2*slotLife - time.Second)
	var got []int
	for id := range int64(5) {
		got = append(got, int(tr.turn(id, enrolld.RankMany, "example.com", later).Sub(later)/time.Second))
	}
	slices.Sort(got)
	if diff := cmp.Diff([]int{0, 1, 2, 3, 4}, got); diff != "" {
		t.Errorf("seconds (-want +got):\n%s", diff)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		at     stage
		answer string
		want   string
	}{
		{stageRcpt, "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in local recipient table", "gone"},
		{stageRcpt, "550 5.1.10 null MX", "gone"},
		{stageRcpt, "554 5.2.1 mailbox disabled", "gone"},
		{stageContent, "550 5.1.1 no such user", "gone"},
		{stageRcpt, "550 No such user here", "gone"},
		{stageRcpt, "550 Requested action not taken: mailbox unavailable", ""},
		{stageRcpt, "550 Mailbox not found", "gone"},
		{stageRcpt, "551 user unknown", "gone"},
		{stageRcpt, "550 5.0.0 The account does not exist", "gone"},
		{stageContent, "550 does not exist", ""}, // of the content anything may be meant
		{stageRcpt, "550 5.7.1 unknown user, or policy", ""},
		{stageRcpt, "552 5.2.2 mailbox full", ""},
		{stageRcpt, "550 5.1.8 bad sender", ""},
		{stageMail, "550 5.1.1 no such user", ""},
		{stageRcpt, "450 4.1.1 user unknown for now", ""},
		{stageRcpt, "550 Blocked by our list, see https://example.com", ""},

		{stageRcpt, "421 4.7.0 too many messages", "slow"},
		{stageContent, "421 4.7.28 unusual rate of unsolicited mail", "slow"},
		{stageRcpt, "451 4.7.650 temporarily rate limited", "slow"},
		{stageRcpt, "450 4.3.2 busy", "slow"},
		{stageRcpt, "421 bye", "slow"},
		{stageMail, "421 4.7.0 too many connections", ""}, // the relay's own
		{stageRcpt, "450 4.7.1 Greylisted, come back later", ""},
		{stageRcpt, "452 4.2.2 mailbox full", ""},
		{stageRcpt, "451 later", ""},
		{stageRcpt, "550 5.7.1 no", ""},
	}
	for _, tt := range tests {
		var code int
		var msg string
		if _, err := fmt.Sscanf(tt.answer, "%d", &code); err != nil {
			t.Fatal(err)
		}
		msg = tt.answer[4:]
		e := Config{Host: "mx", Port: 25}.refusal(tt.at, &textproto.Error{Code: code, Msg: msg}, &envelope{to: "a@b.example"})
		got := ""
		switch {
		case e.Gone && e.SlowDown, e.Gone && !e.Permanent, e.SlowDown && e.Permanent:
			got = "nonsense"
		case e.Gone:
			got = "gone"
		case e.SlowDown:
			got = "slow"
		}
		if got != tt.want {
			t.Errorf("%q: %q, want %q", tt.answer, got, tt.want)
		}
	}
}
