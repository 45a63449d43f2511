package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"time"

	"github.com/gorilla/mux"

	"enrolld"
	"enrolld/integrations"
	"enrolld/store"
)

const (
	maxBody    = 1 << 20
	maxFlights = 256 // bodies in memory at once: a quarter of a gigabyte at the worst

	// Somebody who guesses tokens gets so many tries.
	missEvery = 3 * time.Second
	missBurst = 30
	// Somebody who guesses the short proofs of some platforms gets so many tries at
	// one integration from one network, and everybody together so many: 32 bits take
	// a decade then.
	guessEvery    = time.Second
	guessBurst    = 60
	guessAllEvery = 100 * time.Millisecond
	guessAllBurst = 600
	// Rejected deliveries are kept so often per integration; all are counted.
	rejectEvery = 10 * time.Second
	rejectBurst = 20
	// So many are kept, the last ones.
	keepRejected = 100
	// Of a rejected body so much is kept: enough to see what it was.
	maxRejectedBody = 64 << 10
)

// Results of a webhook request, as metrics count them.
const (
	resultStored   = "stored"
	resultPing     = "ping"
	resultRejected = "rejected"
	resultUnknown  = "unknown"
	resultTooLarge = "too_large"
	resultBroken   = "broken_off"
	resultFailed   = "failed"
)

// webhook serves POST /webhooks/{platform}/{token}: limit, verify the raw bytes,
// store, answer. Only what is durable is answered 200, and 200 it is: some
// platforms take nothing else.
func (s *Server) webhook(w http.ResponseWriter, r *http.Request) error {
	platform, integration, err := s.source(r)
	if err != nil {
		return err
	}
	select {
	case s.flights <- struct{}{}:
		defer func() { <-s.flights }()
	default:
		s.metrics.webhook(platform.Name(), resultFailed)
		return enrolld.Errorf(enrolld.Unavailable, "too many deliveries at once: try again shortly")
	}
	body, err := readBody(w, r)
	if err != nil {
		result := resultBroken
		if enrolld.CodeOf(err) == enrolld.TooLarge {
			result = resultTooLarge
		}
		s.metrics.webhook(platform.Name(), result)
		return err
	}
	result, err := s.receive(r, platform, integration, body)
	s.metrics.webhook(platform.Name(), result)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n")
	return nil
}

// webhookProbe serves GET and HEAD /webhooks/{platform}/{token}: checkout tools
// try the URL before they take it.
func (s *Server) webhookProbe(w http.ResponseWriter, r *http.Request) error {
	platform, _, err := s.source(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "This is the webhook for "+platform.Title()+". Deliveries are sent here by POST.\n")
	return nil
}

// source finds what the URL names. Who guesses is slowed down, and once his
// budget is spent costs no query; a token that was good before is not a guess.
func (s *Server) source(r *http.Request) (integrations.Platform, store.Integration, error) {
	vars, ip := mux.Vars(r), s.clientIP(r)
	platform, ok := s.platforms[vars["platform"]]
	if !ok {
		return nil, store.Integration{}, s.miss(ip)
	}
	if !s.sources.knows(platform.Name(), vars["token"]) && s.misses.spent(guesser(ip)) {
		return nil, store.Integration{}, s.miss(ip)
	}
	integration, err := s.sources.find(r.Context(), platform.Name(), vars["token"])
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return nil, integration, s.miss(ip)
	}
	if err != nil {
		s.metrics.webhook(platform.Name(), resultFailed)
		return nil, integration, err
	}
	return platform, integration, nil
}

func (s *Server) miss(ip netip.Addr) error {
	s.metrics.webhook("unknown", resultUnknown)
	if !s.misses.allow(guesser(ip)) {
		return &statusError{http.StatusTooManyRequests, enrolld.Errorf(enrolld.Unavailable, "too many requests")}
	}
	return enrolld.Errorf(enrolld.NotFound, "there is no such webhook: copy its address anew from Enrolld")
}

// prover is somebody who proves deliveries of an integration, or tries to.
type prover struct {
	from        netip.Addr
	integration int64
}

// guesser is who shares a budget of guesses: an IPv4 address, or the network of
// an IPv6 address, of which everybody has more addresses than we could count.
func guesser(ip netip.Addr) netip.Addr {
	if !ip.Is6() {
		return ip
	}
	network, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return ip // not for 64 bits of 128
	}
	return network.Addr()
}

// readBody reads the body whole; its size is stated by nearly every sender.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		return nil, errTooLarge
	}
	var body []byte
	var err error
	if r.ContentLength >= 0 {
		body = make([]byte, r.ContentLength)
		_, err = io.ReadFull(r.Body, body)
	} else {
		body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, enrolld.Wrap(enrolld.Invalid, err, "the delivery broke off")
	}
	return body, nil
}

var errTooLarge = enrolld.Errorf(enrolld.TooLarge, "the delivery is larger than 1 MiB")

// receive proves a delivery and stores it.
func (s *Server) receive(
	r *http.Request, platform integrations.Platform, integration store.Integration, body []byte,
) (string, error) {
	config := integrations.Config{Secrets: integration.Secrets, APIKey: integration.APIKey, Settings: integration.Settings}
	req := integrations.NewRequest(r.Header, body, s.now().UTC().Truncate(time.Microsecond))
	if platform.IsPing(req) {
		return resultPing, nil
	}
	delivery := store.Delivery{
		AccountID: integration.AccountID, IntegrationID: integration.ID, State: enrolld.DeliveryQueued,
		ReceivedAt: req.ReceivedAt, RemoteAddr: s.clientIP(r).String(), RequestID: requestID(r.Context()),
	}
	short, guessable := platform.(integrations.Guessable)
	guessable = guessable && short.ProofBits() < 128
	who := prover{guesser(s.clientIP(r)), integration.ID}
	if guessable && (s.guesses.spent(who) || s.guessesAll.spent(integration.ID)) {
		// Some senders try again after a 503 and after nothing else.
		return resultRejected, enrolld.Errorf(enrolld.Unavailable, "too many deliveries that were not proven: try again later")
	}
	if err := platform.Verify(config, req); err != nil {
		if guessable {
			s.guesses.allow(who)
			s.guessesAll.allow(integration.ID)
		}
		s.reject(r.Context(), platform, config, req, delivery, err)
		return resultRejected, err
	}
	id := platform.Identify(config, req)
	if id.Ping {
		return resultPing, nil
	}
	stored := platform.Redact(config, req)
	delivery.Key, delivery.Event = id.Key, id.Event
	delivery.Header, delivery.Body = storedHeader(stored.Header), stored.Body
	if err := s.inbox.Put(r.Context(), delivery); err != nil {
		if enrolld.CodeOf(err) == enrolld.Internal {
			// Whatever it is, the sender has to try again, and some do so for 503 only.
			err = enrolld.Wrap(enrolld.Unavailable, err, "the delivery could not be stored: try again later")
		}
		return resultFailed, err
	}
	s.wake()
	return resultStored, nil
}

// reject keeps some of what was not proven, for its owner to find out why.
func (s *Server) reject(
	ctx context.Context, platform integrations.Platform, config integrations.Config, req integrations.Request,
	delivery store.Delivery, cause error,
) {
	if !s.rejects.allow(delivery.IntegrationID) {
		return
	}
	stored := platform.Redact(config, req)
	sum := sha256.Sum256(stored.Body)
	delivery.Key = "rejected " + hex.EncodeToString(sum[:])
	delivery.Header, delivery.Body = storedHeader(stored.Header), stored.Body[:min(len(stored.Body), maxRejectedBody)]
	delivery.Note = enrolld.MessageOf(cause)
	if err := s.db.Rejected(ctx, delivery); err != nil {
		s.logger.WarnContext(ctx, "rejected delivery not kept", "request", delivery.RequestID, "error", err)
		return
	}
	if err := s.db.PruneRejected(ctx, delivery.IntegrationID, keepRejected); err != nil {
		s.logger.WarnContext(ctx, "old rejected deliveries not deleted", "request", delivery.RequestID, "error", err)
	}
}

// unstoredHeaders say nothing about a delivery, or are nobody's business.
var unstoredHeaders = []string{"Cookie", "Authorization", "Proxy-Authorization", "X-Api-Key", "X-Forwarded-For", "Forwarded", "Via"}

func storedHeader(h http.Header) http.Header {
	out := h.Clone()
	for _, name := range unstoredHeaders {
		out.Del(name)
	}
	return out
}
