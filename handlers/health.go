package handlers

import (
	"context"
	"io"
	"net/http"
	"time"

	"enrolld"
)

const readyTimeout = 2 * time.Second

// healthz serves GET /healthz: the process runs.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	return plain(w, "ok\n")
}

// readyz serves GET /readyz: deliveries can be stored. It fails before the
// schema is there and while the service drains, so that a load balancer looks
// elsewhere.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	if s.draining.Load() {
		return enrolld.Errorf(enrolld.Unavailable, "shutting down")
	}
	if !s.prepared.Load() {
		return enrolld.Errorf(enrolld.Unavailable, "starting: waiting for the database and its schema")
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if err := s.db.Ping(ctx); err != nil {
		return err
	}
	return plain(w, "ready\n")
}

func plain(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, text)
	return nil
}
