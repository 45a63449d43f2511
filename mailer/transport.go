package mailer

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"enrolld"
)

// Transport sends through an SMTP relay, and through others when that one cannot be
// reached. Connections are kept for the next message, at most Config.Connections per
// relay. It is safe for concurrent use; call Close when done.
type Transport struct {
	relays []*relay
	dkim   *DKIM
}

// NewTransport makes a Transport. It connects with the first message, not before.
func NewTransport(primary Config, fallback ...Config) *Transport {
	t := &Transport{relays: []*relay{newRelay(primary)}}
	for _, cfg := range fallback {
		t.relays = append(t.relays, newRelay(cfg))
	}
	return t
}

// SignWith has every message signed from now on. Call it before the first one.
func (t *Transport) SignWith(d *DKIM) { t.dkim = d }

// Send hands out to a relay and returns its answer, e.g. "250 2.0.0 Ok: queued as
// 4A1F". It waits for a free connection and, with a rate, for its turn.
//
// A relay that cannot be reached, refuses to sign us in, or breaks off before it had
// any of the content is passed over for the next one, and for a few seconds by the
// messages after this one. A kept connection that turns out dead is replaced first.
//
// Every error is a *SendError. Cancelling ctx ends the wait and the conversation as
// long as the content has not begun; after that Send returns what the relay says, at
// the latest after four times Config.Timeout.
func (t *Transport) Send(ctx context.Context, out *Outgoing) (response string, err error) {
	env, err := newEnvelope(out)
	if err != nil {
		return "", &SendError{Permanent: true, Response: "the message cannot be built: " + reason(err), cause: err}
	}
	if t.dkim != nil {
		if env.wire, err = t.dkim.sign(env.wire, env.from[strings.LastIndexByte(env.from, '@')+1:]); err != nil {
			return "", &SendError{Response: "the message cannot be signed", cause: err}
		}
	}
	var failure *SendError
	for _, r := range t.relays {
		response, other, failed := r.send(ctx, env)
		if failed == nil {
			return response, nil
		}
		failure = moreUseful(failure, failed)
		if !other || ctx.Err() != nil {
			return "", failed
		}
	}
	return "", failure
}

// moreUseful picks what to report of two relays that both failed: what a person has
// to mend, else the first.
func moreUseful(first, second *SendError) *SendError {
	if first == nil || second.Config && !first.Config {
		return second
	}
	return first
}

// Check connects to the first relay and signs in, without sending anything. The
// error says what to change in the smtp-url.
func (t *Transport) Check(ctx context.Context) error {
	c, err := dial(ctx, t.relays[0].cfg)
	if err != nil {
		return fmt.Errorf("check the relay: %w", err)
	}
	c.quit()
	return nil
}

// Close ends the idle connections politely. Messages on their way are not disturbed;
// wait for Send to return first if they matter.
func (t *Transport) Close() error {
	var wg sync.WaitGroup
	for _, r := range t.relays {
		wg.Go(r.close)
	}
	wg.Wait()
	return nil
}

// reason is what may be kept of an error that did not come from a relay.
func reason(err error) string { return scrub(enrolld.MessageOf(err), nil) }
