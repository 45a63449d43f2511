package handlers

import (
	"fmt"
	"io"
	"net/http"

	"github.com/gorilla/mux"

	"enrolld"
	"enrolld/mailer/feedback"
	"enrolld/store"
)

// Results of a mail event, as metrics count them, beside what became of reports.
const (
	eventRejected  = "rejected"
	eventFailed    = "failed"
	eventConfirmed = "confirmed"
	eventNothing   = "nothing" // it says nothing that we note
)

// mailEvents serves POST /mail-events/{token}: what mail providers and mail servers
// tell of mail that went out. 200 means that it is noted, or that there is nothing to
// note; which, the answer says.
func (s *Server) mailEvents(w http.ResponseWriter, r *http.Request) error {
	source, provider, err := s.mailSource(r)
	if err != nil {
		return err
	}
	select {
	case s.flights <- struct{}{}:
		defer func() { <-s.flights }()
	default:
		s.metrics.mailEvents.WithLabelValues(provider.Name(), eventFailed).Inc()
		return enrolld.Errorf(enrolld.Unavailable, "too many deliveries at once: try again shortly")
	}
	body, err := readBody(w, r)
	if err != nil {
		s.metrics.mailEvents.WithLabelValues(provider.Name(), eventRejected).Inc()
		return err
	}
	said, err := s.takeMailEvent(r, source, provider, feedback.Request{Header: r.Header, Body: body})
	if err != nil {
		result := eventRejected
		if code := enrolld.CodeOf(err); code == enrolld.Unavailable || code == enrolld.Internal {
			result = eventFailed
		}
		s.metrics.mailEvents.WithLabelValues(provider.Name(), result).Inc()
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, said+"\n")
	return nil
}

// mailSource finds whom the address belongs to. Who guesses is slowed down as at the
// webhooks of checkout tools.
func (s *Server) mailSource(r *http.Request) (store.MailSource, feedback.Provider, error) {
	ip := s.clientIP(r)
	if s.misses.spent(guesser(ip)) {
		return store.MailSource{}, nil, s.miss(ip)
	}
	source, err := s.db.MailSourceByToken(r.Context(), mux.Vars(r)["token"])
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return source, nil, s.miss(ip)
	}
	if err != nil {
		return source, nil, err
	}
	provider, ok := s.feedback[source.Provider]
	if !ok {
		return source, nil, enrolld.Errorf(enrolld.Unavailable, "this version does not know the provider of this address")
	}
	return source, provider, nil
}

// takeMailEvent proves, reads and notes a request, and says what it came to.
func (s *Server) takeMailEvent(
	r *http.Request, source store.MailSource, provider feedback.Provider, req feedback.Request,
) (string, error) {
	if err := provider.Verify(r.Context(), source.Secrets, req); err != nil {
		return "", err
	}
	count := s.metrics.mailEvents.WithLabelValues
	if c, ok := provider.(feedback.Confirmer); ok {
		if asked, err := c.Confirm(r.Context(), req); asked || err != nil {
			if err == nil {
				count(provider.Name(), eventConfirmed).Inc()
			}
			return "confirmed", err
		}
	}
	reports, err := provider.Parse(req.Body)
	if err != nil {
		return "", err
	}
	if len(reports) == 0 {
		count(provider.Name(), eventNothing).Inc()
		return "ok: it says nothing that is noted here", nil
	}
	results, err := s.db.TakeReports(r.Context(), source.AccountID, provider.ByAddress(), reports)
	if err != nil {
		if enrolld.CodeOf(err) == enrolld.Internal {
			err = enrolld.Wrap(enrolld.Unavailable, err, "the mail event could not be stored: try again later")
		}
		return "", err
	}
	sums := map[string]int{}
	for i, result := range results {
		sums[result]++
		if result == store.ReportTaken {
			result = string(reports[i].Kind)
		}
		count(provider.Name(), result).Inc()
	}
	return fmt.Sprintf("ok: %d noted, %d known already, %d not about a message of ours",
		sums[store.ReportTaken], sums[store.ReportKnown], sums[store.ReportUnknown]), nil
}
