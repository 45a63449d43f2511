package mailer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"enrolld"
)

// Queue is where messages wait; *outbox.Messages implements it.
type Queue interface {
	// Claim leases at most max messages that are due, of a rank or before it, ready to
	// render: links made, the account's sender filled in. They come in the order of
	// their ranks, and some of the last rank are among them if there are any.
	//
	// turn is asked once of each, before anything is done for it, and says when it may go,
	// the zero time when it may now: one that may not is left until then, with no attempt
	// counted. n counts those, too. None is not an error.
	Claim(ctx context.Context, max int, last enrolld.Rank, turn func(*enrolld.Message) time.Time) (
		ready []*enrolld.Message, n int, err error)
	// Finish records how attempts ended. When a lease is no longer valid, that a
	// message was sent must be recorded all the same, since it is in the world; any
	// other result must be ignored. Neither may fail the rest.
	Finish(ctx context.Context, results []enrolld.SendResult) error
}

// Sender sends one email; *Transport implements it. An error that is not a
// *SendError counts as temporary.
type Sender interface {
	Send(ctx context.Context, out *Outgoing) (response string, err error)
}

// Options are a Worker's settings. The zero value of each has a default.
type Options struct {
	Log    *slog.Logger     // default: slog.Default()
	Now    func() time.Time // default: time.Now
	Chance func() float64   // in [0,1), spreads retries; default: math/rand

	Concurrency int    // messages on their way at a time; default DefaultConnections
	Batch       int    // most messages per claim; default 100
	Domain      string // right side of Message-IDs; default "localhost"

	// Lease is how long a claim protects a message. A message that has waited for
	// half of it is left to the next claim, since another replica could be at it
	// before we are done. 0: no such check.
	Lease time.Duration

	// Limits are how much may go to each provider; nil: as much as there is. Whoever is
	// out of turn waits in the queue, and nobody waits for them.
	Limits Limits

	// Observe, if set, is called once per attempt with the message's kind and
	// "sent", "retry", "held" or "dead". Calls may be concurrent.
	Observe func(kind, outcome string)
}

func (o *Options) setDefaults() {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Chance == nil {
		o.Chance = rand.Float64
	}
	if o.Concurrency <= 0 {
		o.Concurrency = DefaultConnections
	}
	if o.Batch <= 0 {
		o.Batch = 100
	}
	if o.Domain == "" {
		o.Domain = "localhost"
	}
	if o.Observe == nil {
		o.Observe = func(string, string) {}
	}
}

// Worker sends what waits in a Queue. It is safe for concurrent use.
type Worker struct {
	queue   Queue
	sender  Sender
	traffic *traffic
	Options
}

// NewWorker makes a Worker.
func NewWorker(q Queue, s Sender, o Options) *Worker {
	o.setDefaults()
	return &Worker{queue: q, sender: s, traffic: newTraffic(o.Limits), Options: o}
}

// Step does a round with messages of all ranks.
func (w *Worker) Step(ctx context.Context) (n int, err error) {
	return w.round(ctx, enrolld.RankMany)
}

// Express does a round with what somebody waits for, and nothing else: beside Step, so
// that a message which comes while a large batch is on its way does not wait for its end.
func (w *Worker) Express(ctx context.Context) (n int, err error) {
	return w.round(ctx, enrolld.RankWaited)
}

// round claims one batch, sends it concurrently and records how each message ended,
// in groups while the others are still on their way. n is the number of messages
// claimed: 0 means that nothing was due.
//
// When ctx ends, messages that have not begun are left to their lease, and those
// whose content is with the relay are waited for and recorded. err is about the
// queue; a message that could not be sent is not an error of round.
func (w *Worker) round(ctx context.Context, last enrolld.Rank) (n int, err error) {
	messages, n, err := w.queue.Claim(ctx, w.Batch, last, w.turn)
	if err != nil {
		return 0, fmt.Errorf("claim messages: %w", err)
	}
	if len(messages) == 0 {
		return n, nil
	}
	todo := make(chan *enrolld.Message, len(messages))
	for _, m := range messages {
		todo <- m
	}
	close(todo)
	results := make(chan enrolld.SendResult, len(messages)) // never blocks a sender
	claimed := w.Now()
	var senders sync.WaitGroup
	for range min(w.Concurrency, len(messages)) {
		senders.Go(func() { w.sendAll(ctx, claimed, todo, results) })
	}
	go func() { // ends with the senders, and the loop below ends with it
		senders.Wait()
		close(results)
	}()
	return n, w.finishAll(ctx, results)
}

// turn says when a message may go by the pace of its provider; the zero time for now,
// which is a later moment for whoever asks than for us.
func (w *Worker) turn(m *enrolld.Message) time.Time {
	now := w.Now()
	at := w.traffic.turn(m.ID, m.Rank, domainOf(m.To), now)
	if !at.After(now) {
		return time.Time{}
	}
	w.Observe(string(m.Kind), "held")
	return at
}

// sendAll works off todo until it is empty or time is up.
func (w *Worker) sendAll(ctx context.Context, claimed time.Time, todo <-chan *enrolld.Message,
	results chan<- enrolld.SendResult) {
	for m := range todo {
		if ctx.Err() != nil || w.Lease > 0 && w.Now().Sub(claimed) > w.Lease/2 {
			continue
		}
		if r, ended := w.attempt(ctx, m); ended {
			w.note(ctx, r)
			results <- r
		}
	}
}

// attempt sends m. ended is false when ctx stopped it before the relay had it.
func (w *Worker) attempt(ctx context.Context, m *enrolld.Message) (r enrolld.SendResult, ended bool) {
	domain, now := domainOf(m.To), w.Now()
	if at := w.traffic.rests(domain, now); at.After(now) { // since the claim
		return enrolld.SendResult{Message: m, State: enrolld.SendRetry, RetryAt: at, Held: true}, true
	}
	out, err := w.prepare(m)
	if err != nil {
		if enrolld.CodeOf(err) == enrolld.Unavailable {
			return w.retry(m, reason(err)), true
		}
		w.Log.ErrorContext(ctx, "message cannot be prepared", "message", m.ID, "kind", m.Kind,
			"error", scrub(err.Error(), nil))
		return enrolld.SendResult{Message: m, State: enrolld.SendDead,
			Response: "cannot be prepared: " + reason(err)}, true
	}
	response, err := w.send(ctx, out)
	w.heed(ctx, domain, err)
	var e *SendError
	switch errors.As(err, &e); {
	case err == nil:
		return enrolld.SendResult{Message: m, State: enrolld.SendSent, Response: response}, true
	case IsPermanent(err):
		return enrolld.SendResult{Message: m, State: enrolld.SendDead, Response: e.Response, Gone: e.Gone}, true
	case ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)):
		return enrolld.SendResult{}, false
	case e != nil && e.Config:
		w.Log.ErrorContext(ctx, "mail waits until somebody mends this", "message", m.ID, "reason", e.Response)
		return w.retry(m, e.Response), true
	case e != nil:
		return w.retry(m, e.Response), true
	}
	return w.retry(m, reason(err)), true
}

// heed notes how the provider of a domain liked what it got.
func (w *Worker) heed(ctx context.Context, domain string, err error) {
	var e *SendError
	switch errors.As(err, &e); {
	case err == nil:
		w.traffic.well(domain, w.Now())
	case e != nil && e.SlowDown:
		provider, until := w.traffic.slower(domain, w.Now())
		if _, known := providers[provider]; !known {
			provider = "another" // whose mail it is, is nobody's business
		}
		w.Log.WarnContext(ctx, "a mail provider wants less of us", "provider", provider, "until", until, "reason", e.Response)
	}
}

// domainOf is the domain of an address, in ASCII; "" when it is none, which Compose
// finds out.
func domainOf(address string) string {
	_, key, err := enrolld.ParseEmail(address)
	if err != nil {
		return ""
	}
	return key.Domain()
}

// prepare renders and addresses m. A panic becomes an error: one message that no
// template expected must not stop the others.
func (w *Worker) prepare(m *enrolld.Message) (out *Outgoing, err error) {
	defer recovered(&err)
	r, err := Render(m)
	if err != nil {
		return nil, err
	}
	return Compose(m, r, w.Domain, w.Now())
}

func (w *Worker) send(ctx context.Context, out *Outgoing) (response string, err error) {
	defer recovered(&err)
	return w.sender.Send(ctx, out)
}

// recovered turns a panic into an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = enrolld.Wrap(enrolld.Internal, fmt.Errorf("panic: %v", p), "a defect in our program")
	}
}

// retry decides when to try again, or that it was long enough.
func (w *Worker) retry(m *enrolld.Message, why string) enrolld.SendResult {
	now := w.Now()
	first := m.FirstAt
	if first.IsZero() {
		first = now
	}
	wait, ok := enrolld.MailRetry.Wait(m.Attempts+1, now.Sub(first), w.Chance())
	if !ok {
		return enrolld.SendResult{Message: m, State: enrolld.SendDead, Response: "gave up; last: " + why}
	}
	return enrolld.SendResult{Message: m, State: enrolld.SendRetry, Response: why, RetryAt: now.Add(wait)}
}

// note logs and counts one ended attempt, by the message's number only.
func (w *Worker) note(ctx context.Context, r enrolld.SendResult) {
	m := r.Message
	switch r.State {
	case enrolld.SendSent:
		w.Observe(string(m.Kind), "sent")
		w.Log.DebugContext(ctx, "message sent", "message", m.ID, "kind", m.Kind, "response", r.Response)
	case enrolld.SendRetry:
		if r.Held {
			w.Observe(string(m.Kind), "held")
			return
		}
		w.Observe(string(m.Kind), "retry")
		w.Log.WarnContext(ctx, "message waits", "message", m.ID, "kind", m.Kind, "attempt", m.Attempts+1,
			"until", r.RetryAt, "reason", r.Response)
	case enrolld.SendDead:
		w.Observe(string(m.Kind), "dead")
		w.Log.WarnContext(ctx, "message is dead", "message", m.ID, "kind", m.Kind, "attempt", m.Attempts+1,
			"reason", r.Response)
	}
}
