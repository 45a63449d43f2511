package mailer

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/mailer/mailbox"
)

func messageTo(id int64, to string) *enrolld.Message {
	m := sampleMessage(enrolld.MessageAccess)
	m.ID, m.To = id, to
	return m
}

func newTestWorker(q *fakeQueue, s Sender, log io.Writer) *Worker {
	if log == nil {
		log = io.Discard
	}
	return NewWorker(q, s, Options{
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now: q.clock, Chance: func() float64 { return 0.5 }, Domain: "mail.acme.example",
	})
}

// step runs one Step and checks how many messages it claimed.
func step(t *testing.T, w *Worker, want int) {
	t.Helper()
	if n, err := w.Step(t.Context()); n != want || err != nil {
		t.Fatalf("Step = %d, %v, want %d", n, err, want)
	}
}

// TestWorkerEndToEnd: one message of each fate, through a relay, to the end.
func TestWorkerEndToEnd(t *testing.T) {
	greylist := onceAt(mailbox.StageRcpt, 2, mailbox.Action{Code: 451, Text: "greylisted"})
	box := startMailbox(t, mailbox.Options{Hook: func(e mailbox.Event) mailbox.Action {
		switch {
		case e.Stage != mailbox.StageRcpt:
		case e.To == "gone@example.com":
			return mailbox.Action{Code: 550, Text: "unknown gone@example.com"}
		case e.To == "later@example.com":
			return greylist(e)
		}
		return mailbox.Action{}
	}})
	bad := messageTo(4, "bad@example.com")
	bad.Kind = "party"
	q := newFakeQueue(messageTo(1, "maya@example.com"), messageTo(2, "gone@example.com"),
		messageTo(3, "later@example.com"), bad)
	var log strings.Builder
	var logMu sync.Mutex
	w := newTestWorker(q, startTransport(t, configFor(box)), writerFunc(func(p []byte) (int, error) {
		logMu.Lock()
		defer logMu.Unlock()
		return log.Write(p)
	}))
	var seen []string
	w.Observe = func(kind, outcome string) {
		logMu.Lock()
		defer logMu.Unlock()
		seen = append(seen, kind+" "+outcome)
	}
	step(t, w, 4)
	got := q.states()
	if !strings.HasPrefix(got[0], "1 sent 250 2.0.0 Ok: queued as ") {
		t.Errorf("first message: %s", got[0])
	}
	want := []string{"2 dead 550 5.0.0 unknown [address]", "3 queued 451 4.0.0 greylisted",
		`4 dead cannot be prepared: there is no template for messages of kind "party"`}
	if diff := cmp.Diff(want, got[1:]); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	step(t, w, 0) // not due yet
	q.advance(time.Minute)
	step(t, w, 1)
	q.advance(time.Minute) // the second wait is two minutes
	step(t, w, 0)
	q.advance(time.Minute)
	step(t, w, 1)
	if got := q.states()[2]; !strings.HasPrefix(got, "3 sent 250") {
		t.Errorf("third message: %s", got)
	}
	if n := len(box.Messages()); n != 2 {
		t.Errorf("%d messages arrived, want 2", n)
	}
	slices.Sort(seen)
	if diff := cmp.Diff([]string{"access dead", "access retry", "access retry", "access sent", "access sent",
		"party dead"}, seen); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
	for _, private := range []string{"example.com", "Maya", "maya"} {
		if strings.Contains(log.String(), private) {
			t.Errorf("the log has %q:\n%s", private, log.String())
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// senderFunc is a Sender made of a function.
type senderFunc func(ctx context.Context, out *Outgoing) (string, error)

func (f senderFunc) Send(ctx context.Context, out *Outgoing) (string, error) { return f(ctx, out) }

func TestWorkerOutcomes(t *testing.T) {
	tests := []struct {
		name  string
		err   error
		age   time.Duration
		state string
	}{
		{"temporary", &SendError{Response: "451 later"}, 0, "1 queued 451 later"},
		{"config", &SendError{Response: "check the smtp-url", Config: true}, 0, "1 queued check the smtp-url"},
		{"permanent", &SendError{Response: "550 no", Permanent: true}, 0, "1 dead 550 no"},
		{"too old", &SendError{Response: "451 later"}, 5 * 24 * time.Hour, "1 dead gave up; last: 451 later"},
		{"foreign", errors.New("maya@example.com"), 0, "1 queued something went wrong on our side"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := messageTo(1, "maya@example.com")
			m.FirstAt = testTime.Add(-tt.age)
			q := newFakeQueue(m)
			step(t, newTestWorker(q, senderFunc(func(context.Context, *Outgoing) (string, error) {
				return "", tt.err
			}), nil), 1)
			if diff := cmp.Diff([]string{tt.state}, q.states()); diff != "" {
				t.Errorf("states (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPanics: what panics is dead before it is sent, and waits when it is the
// sender; the others go on.
func TestPanics(t *testing.T) {
	q := newFakeQueue(messageTo(1, "a@example.com"), messageTo(2, "b@example.com"), messageTo(3,
		"c@example.com"))
	w := newTestWorker(q, senderFunc(func(_ context.Context, out *Outgoing) (string, error) {
		if out.To.Address == "b@example.com" {
			panic("sender")
		}
		return "250 ok", nil
	}), nil)
	panics := 1
	w.Concurrency = 1
	w.Now = func() time.Time { // the clock is read while the first message is prepared
		if now := q.clock(); panics == 0 {
			return now
		}
		panics++
		if panics == 7 { // after the turns', the claim's and the rest's
			panics = 0
			panic("prepare")
		}
		return q.clock()
	}
	step(t, w, 3)
	want := []string{"1 dead cannot be prepared: a defect in our program",
		"2 queued a defect in our program", "3 sent 250 ok"}
	if diff := cmp.Diff(want, q.states()); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

// TestShutdown: what the relay took is recorded although ctx ended meanwhile; what
// had not begun is left to its lease.
func TestShutdown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	box := startMailbox(t, mailbox.Options{Hook: func(e mailbox.Event) mailbox.Action {
		if e.Stage == mailbox.StageAnswer {
			cancel()
		}
		return mailbox.Action{}
	}})
	q := newFakeQueue(messageTo(1, "a@example.com"), messageTo(2, "b@example.com"))
	w := newTestWorker(q, startTransport(t, configFor(box)), nil)
	w.Concurrency = 1
	if _, err := w.Step(ctx); err != nil {
		t.Errorf("Step: %v", err)
	}
	if diff := cmp.Diff([]string{"1 sent 250 2.0.0 Ok: queued as 1", "2 queued"}, q.states()); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	q.advance(testLease)
	step(t, w, 1)
	if n := len(box.Messages()); n != 2 {
		t.Errorf("%d messages arrived, want 2", n)
	}
}

func TestFinishIsTriedAgain(t *testing.T) {
	send := senderFunc(func(context.Context, *Outgoing) (string, error) { return "250 ok", nil })
	q := newFakeQueue(messageTo(1, "a@example.com"))
	q.fail = 2
	step(t, newTestWorker(q, send, nil), 1)
	if diff := cmp.Diff([]string{"1 sent 250 ok"}, q.states()); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	q = newFakeQueue(messageTo(1, "a@example.com"))
	q.fail = finishTries
	_, err := newTestWorker(q, send, nil).Step(t.Context())
	if err == nil || !strings.Contains(err.Error(), "message 1") {
		t.Errorf("Step with a queue that is away: %v", err)
	}
}

// TestLeaseRunsOut: messages that waited too long are left to the next claim.
func TestLeaseRunsOut(t *testing.T) {
	q := newFakeQueue(messageTo(1, "a@example.com"), messageTo(2, "b@example.com"))
	w := newTestWorker(q, senderFunc(func(context.Context, *Outgoing) (string, error) {
		q.advance(testLease)
		return "250 ok", nil
	}), nil)
	w.Concurrency, w.Lease = 1, testLease
	step(t, w, 2)
	if diff := cmp.Diff([]string{"1 sent 250 ok", "2 queued"}, q.states()); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}
