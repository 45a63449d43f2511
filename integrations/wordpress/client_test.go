package wordpress

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"enrolld"
)

func TestSign(t *testing.T) {
	// Computed apart: printf '1767225600.{"signals":[]}' | openssl dgst -sha256 -hmac key
	const want = "v1=91cc522c7ac745083768d7b8182071b218deea31917131eabec6ff6c9ef2b059"
	if got := sign("key", "1767225600", []byte(`{"signals":[]}`)); got != want {
		t.Errorf("sign = %s, want %s", got, want)
	}
}

func TestClientErrors(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		want   enrolld.Code
		says   string
	}{
		{"signature", 401, `{"code":"enrolld_signature"}`, enrolld.Unauthorized, "key"},
		{"clock", 401, `{"code":"enrolld_clock"}`, enrolld.Unauthorized, "clock"},
		{"not configured", 401, `{"code":"enrolld_not_configured"}`, enrolld.Unauthorized, "configured"},
		{"other plugin", 401, `{"code":"rest_disabled"}`, enrolld.Forbidden, "in front"},
		{"firewall", 403, `<html>`, enrolld.Forbidden, "in front"},
		{"no route", 404, `{"code":"rest_no_route"}`, enrolld.NotFound, "not installed"},
		{"no WordPress", 404, `<html>`, enrolld.NotFound, "not installed"},
		{"moved", 301, "", enrolld.Invalid, "redirects"},
		{"too large", 413, "", enrolld.TooLarge, "too large"},
		{"odd refusal", 418, "", enrolld.Invalid, "418"},
		{"too many requests", 429, "", enrolld.Unavailable, "trouble"},
		{"fatal error", 500, "<b>", enrolld.Unavailable, "trouble"},
		{"maintenance", 503, "Briefly unavailable", enrolld.Unavailable, "trouble"},
		{"another page", 200, "<html>", enrolld.Unavailable, "not the companion's"},
		{"endless", 200, strings.Repeat(" ", maxResponse+1), enrolld.Unavailable, "too long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			calls := 0
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				calls++
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			defer srv.Close()
			_, err := (&Client{BaseURL: srv.URL, Key: testKey}).Health(t.Context())
			if got := enrolld.CodeOf(err); got != tt.want || !strings.Contains(enrolld.MessageOf(err), tt.says) {
				t.Errorf("got %v (%s), want %s with %q", err, got, tt.want, tt.says)
			}
			if calls != 1 {
				t.Errorf("%d calls, want 1", calls)
			}
		})
	}
}

func TestClientUnreachable(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	_, err := (&Client{BaseURL: srv.URL, Key: testKey}).Health(t.Context())
	if got := enrolld.CodeOf(err); got != enrolld.Unavailable {
		t.Errorf("got %v (%s), want %s", err, got, enrolld.Unavailable)
	}
	for _, address := range []string{"", "example.com", "ftp://example.com", "http://", "://"} {
		_, err := (&Client{BaseURL: address, Key: testKey}).Health(t.Context())
		if got := enrolld.CodeOf(err); got != enrolld.Invalid {
			t.Errorf("address %q: got %v (%s), want %s", address, err, got, enrolld.Invalid)
		}
	}
}

func TestClientRequest(t *testing.T) {
	now := func() time.Time { return time.Unix(1767225600, 0) }
	c := &Client{BaseURL: "https://example.com/blog/", Key: "key", Now: now}
	req, err := c.request(t.Context(), http.MethodPost, "/enrolld/v1/signals", []byte(`{"signals":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := "https://example.com/blog/index.php?rest_route=/enrolld/v1/signals"
	if got := req.URL.String(); got != want {
		t.Errorf("URL = %s, want %s", got, want)
	}
	if got, want := req.Header.Get("X-Enrolld-Timestamp"), "1767225600"; got != want {
		t.Errorf("timestamp = %q, want %q", got, want)
	}
	if got := req.Header.Get("X-Enrolld-Signature"); got != sign("key", "1767225600", []byte(`{"signals":[]}`)) {
		t.Errorf("signature = %q, not that of time and body", got)
	}
}
