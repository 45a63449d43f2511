package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"enrolld"
)

// statuses says which HTTP status a code is.
var statuses = map[enrolld.Code]int{
	enrolld.Invalid:      http.StatusBadRequest,
	enrolld.NotFound:     http.StatusNotFound,
	enrolld.Conflict:     http.StatusConflict,
	enrolld.Unauthorized: http.StatusUnauthorized,
	enrolld.Forbidden:    http.StatusForbidden,
	enrolld.TooLarge:     http.StatusRequestEntityTooLarge,
	enrolld.Unavailable:  http.StatusServiceUnavailable,
	enrolld.Internal:     http.StatusInternalServerError,
}

// statusError is an error with a status that its code does not say.
type statusError struct {
	status int
	error
}

func (e *statusError) Unwrap() error { return e.error }

func statusOf(err error) int {
	if s, ok := errors.AsType[*statusError](err); ok {
		return s.status
	}
	return statuses[enrolld.CodeOf(err)]
}

// retryAfter is what senders are asked to wait when we are not well, in seconds.
const retryAfter = 30

// adapt makes an http.Handler of a route: counts, times and logs it, and turns
// an error into an answer of one plain line that holds the request's id.
func (s *Server) adapt(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		panicked, err := s.call(route, rec, r)
		broken := panicked && rec.wrote // what has left cannot be taken back
		switch {
		case broken:
			rec.status = http.StatusInternalServerError
		case err != nil && !rec.wrote:
			fail(rec, r, err)
		}
		s.metrics.request(route.Name, rec.status, time.Since(begin))
		s.log(r.Context(), route, r, rec.status, time.Since(begin), err)
		if broken {
			panic(http.ErrAbortHandler) // nobody must take the answer for a whole one
		}
	})
}

// call runs a route's handler; a panic becomes an error. Of the panic's value
// only what the runtime says is logged: any other may quote a delivery.
func (s *Server) call(route Route, w http.ResponseWriter, r *http.Request) (panicked bool, err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler { //nolint:errorlint // a sentinel of net/http's, panicked as it is
			panic(p)
		}
		what := fmt.Sprintf("%T", p)
		var fault runtime.Error
		if e, ok := p.(error); ok && errors.As(e, &fault) {
			what = fault.Error()
		}
		s.logger.ErrorContext(r.Context(), "panic", "request", requestID(r.Context()), "route", route.Name,
			"panic", what, "stack", string(debug.Stack()))
		panicked, err = true, enrolld.Errorf(enrolld.Internal, "something went wrong on our side")
	}()
	return false, route.handle(w, r)
}

func fail(w http.ResponseWriter, r *http.Request, err error) {
	status := statusOf(err)
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		h.Set("Retry-After", strconv.Itoa(retryAfter))
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = fmt.Fprintf(w, "%s (request %s)\n", enrolld.MessageOf(err), requestID(r.Context()))
	}
}

// log writes one line per request: failures of ours as errors, the rest quietly.
// The path is the route's, never the request's: it may hold a token.
func (s *Server) log(ctx context.Context, route Route, r *http.Request, status int, took time.Duration, err error) {
	level := slog.LevelDebug
	switch {
	case status >= http.StatusInternalServerError:
		level = slog.LevelError
	case status >= http.StatusBadRequest:
		level = slog.LevelInfo
	}
	if !s.logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request", requestID(ctx)), slog.String("route", route.Name), slog.String("method", r.Method),
		slog.Int("status", status), slog.Duration("took", took),
	}
	if err != nil {
		attrs = append(attrs, slog.Any("error", err))
	}
	s.logger.LogAttrs(ctx, level, "request", attrs...)
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (w *recorder) WriteHeader(status int) {
	if !w.wrote {
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
