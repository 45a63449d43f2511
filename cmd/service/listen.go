package service

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
)

// listening is a listener and, once it is served, its server.
type listening struct {
	net.Listener
	server *http.Server
}

// serve answers with h until the server is shut down; what ends it otherwise
// goes to errs.
func (l *listening) serve(h http.Handler, log *slog.Logger, errs chan<- error) {
	l.server = &http.Server{
		Handler: h, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: keepAlive, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := l.server.Serve(l.Listener); !errors.Is(err, http.ErrServerClosed) {
			errs <- fmt.Errorf("serve %s: %w", l.Addr(), err)
		}
	}()
}
