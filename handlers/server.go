package handlers

import (
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"enrolld"
	"enrolld/handlers/course"
	"enrolld/handlers/customers"
	"enrolld/handlers/gate"
	"enrolld/integrations"
	"enrolld/mailer/feedback"
	"enrolld/store"
)

// Config is what a Server needs.
type Config struct {
	DB        *store.DB
	Inbox     *store.Inbox
	Platforms integrations.Registry
	Metrics   *Metrics
	Log       *slog.Logger
	// Proxies are the networks whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	// Wake is called after each stored delivery and must not block.
	Wake func()
	// BaseURL is how the outside reaches the admin: https, or http on this machine.
	BaseURL string
	// Courses lists the courses of an account's site.
	Courses course.Source
	// Access changes what customers have.
	Access customers.Access
	// Now is the clock; the database's when nil.
	Now func() time.Time
}

// Server answers HTTP.
type Server struct {
	db        *store.DB
	inbox     *store.Inbox
	platforms integrations.Registry
	metrics   *Metrics
	logger    *slog.Logger
	proxies   []netip.Prefix
	wake      func()
	now       func() time.Time

	frame   *gate.Frame
	screens []gate.Route

	sources  *sources
	feedback map[string]feedback.Provider
	misses   *limiter[netip.Addr]
	guesses  *limiter[prover]
	// guessesAll are those of an integration from anywhere.
	guessesAll *limiter[int64]
	rejects    *limiter[int64]
	flights    chan struct{} // one element for each delivery that is being received
	prepared   atomic.Bool
	draining   atomic.Bool
}

// New makes a Server. It names what is missing in its configuration.
func New(c Config) (*Server, error) {
	for name, missing := range map[string]bool{
		"Access": c.Access == nil, "BaseURL": c.BaseURL == "", "Courses": c.Courses == nil, "DB": c.DB == nil, "Inbox": c.Inbox == nil, "Platforms": len(c.Platforms) == 0, "Metrics": c.Metrics == nil, "Log": c.Log == nil,
	} {
		if missing {
			return nil, enrolld.Errorf(enrolld.Internal, "handlers: %s is missing", name)
		}
	}
	if c.Now == nil {
		c.Now = c.DB.Now
	}
	if c.Wake == nil {
		c.Wake = func() {}
	}
	s := &Server{
		db: c.DB, inbox: c.Inbox, platforms: c.Platforms, metrics: c.Metrics, logger: c.Log, proxies: c.Proxies,
		wake: c.Wake, now: c.Now, sources: newSources(c.DB, c.Now), feedback: feedback.Providers(nil),
		misses:  newLimiter[netip.Addr](missEvery, missBurst, c.Now),
		guesses: newLimiter[prover](guessEvery, guessBurst, c.Now), guessesAll: newLimiter[int64](guessAllEvery, guessAllBurst, c.Now),
		rejects: newLimiter[int64](rejectEvery, rejectBurst, c.Now),
		flights: make(chan struct{}, maxFlights),
	}
	return s, s.addScreens(c)
}

// Public is the handler of the public listener.
func (s *Server) Public() (http.Handler, error) {
	return s.router(s.Routes(), func(a Access) bool { return a != AccessOperator })
}

// Operator is the handler of the operator's own listener.
func (s *Server) Operator() (http.Handler, error) {
	return s.router(s.Routes(), func(a Access) bool { return a == AccessOperator || a == AccessProbe })
}

// Ready makes /readyz succeed: the schema is there.
func (s *Server) Ready() { s.prepared.Store(true) }

// Drain makes /readyz fail; requests are still answered, and answers that go on for
// a while end.
func (s *Server) Drain() {
	s.draining.Store(true)
	s.frame.Drain()
}
