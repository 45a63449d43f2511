package service

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"

	"enrolld/store/storetest"
)

// at8765 is a listener that nobody calls.
type at8765 struct{ net.Listener }

func (at8765) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero, Port: 8765} }

// TestDefaultsOfTeamMail: links lead somewhere and there is a sender whatever is
// configured, and who set a base URL hears when it makes no good sender.
func TestDefaultsOfTeamMail(t *testing.T) {
	db := storetest.New(t)
	tests := []struct {
		baseURL, mailFrom string
		wantURL, wantFrom string
		warns             bool
	}{
		{"", "", "http://localhost:8765", "enrolld@localhost.localdomain", false},
		{"https://hooks.example.com:8443", "", "https://hooks.example.com:8443", "enrolld@hooks.example.com", false},
		{"https://hooks.example.com", "team@example.com", "https://hooks.example.com", "team@example.com", false},
		{"http://192.0.2.7", "", "http://192.0.2.7", "enrolld@localhost.localdomain", true},
		{"http://[::1]:8765", "team@example.com", "http://[::1]:8765", "team@example.com", false},
	}
	for _, tt := range tests {
		t.Run(tt.baseURL+" "+tt.mailFrom, func(t *testing.T) {
			var log bytes.Buffer
			s := &Service{cfg: Config{
				Log: slog.New(slog.NewTextHandler(&log, nil)), BaseURL: tt.baseURL, MailFrom: tt.mailFrom,
			}, public: &listening{Listener: at8765{}}}
			s.setDefaults()
			if s.cfg.BaseURL != tt.wantURL || s.cfg.MailFrom != tt.wantFrom {
				t.Errorf("base URL %q, sender %q, want %q and %q", s.cfg.BaseURL, s.cfg.MailFrom, tt.wantURL, tt.wantFrom)
			}
			if got := strings.Contains(log.String(), "--mail-from"); got != tt.warns {
				t.Errorf("warned: %t, want %t: %s", got, tt.warns, log.String())
			}
		})
	}
	if s := start(t, Config{DB: db}); s.cfg.BaseURL != "http://localhost:"+s.Addr()[strings.LastIndex(s.Addr(), ":")+1:] {
		t.Errorf("a service that was started has the base URL %q, listening on %s", s.cfg.BaseURL, s.Addr())
	}
}
