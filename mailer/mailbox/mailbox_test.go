package mailbox_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld/mailer/mailbox"
)

const sample = "From: =?utf-8?q?Acm=C3=A9?= <hello@acme.example>\r\n" +
	"To: Maya <maya@example.com>\r\n" +
	"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n" +
	"Message-ID: <m1@acme.example>\r\n" +
	"MIME-Version: 1.0\r\n" +
	"Content-Type: multipart/alternative; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n" +
	"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" +
	"<html><head><title>x</title></head><body><a href=\"https://acme.example\">go</a></body></html>\r\n--b--\r\n"

func start(t *testing.T, o mailbox.Options) *mailbox.Mailbox {
	t.Helper()
	o.Now = func() time.Time { return time.Date(2026, 5, 3, 14, 5, 0, 0, time.UTC) }
	m, err := mailbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return m
}

func send(t *testing.T, m *mailbox.Mailbox, raw string) {
	t.Helper()
	err := smtp.SendMail(m.SMTPAddr(), nil, "hello@acme.example", []string{"maya@example.com"}, []byte(raw))
	if err != nil {
		t.Fatal(err)
	}
}

func TestMessageIsParsed(t *testing.T) {
	m := start(t, mailbox.Options{})
	send(t, m, sample)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	got, err := m.Wait(ctx, func(msg mailbox.Message) bool { return msg.To[0] == "maya@example.com" })
	if err != nil {
		t.Fatal(err)
	}
	if got.Get("message-id") != "<m1@acme.example>" {
		t.Errorf("Get(message-id) = %q", got.Get("message-id"))
	}
	if !strings.Contains(got.Raw, "boundary=b") {
		t.Errorf("Raw = %q, want the source", got.Raw)
	}
	got.Raw, got.Headers = "", nil
	want := mailbox.Message{
		ID: 1, From: "hello@acme.example", To: []string{"maya@example.com"},
		FromHeader: "Acmé <hello@acme.example>", ToHeader: "Maya <maya@example.com>",
		Subject: "Grüße", MessageID: "m1@acme.example", Text: "Hello",
		HTML: "<html><head><title>x</title></head><body>" +
			"<a href=\"https://acme.example\">go</a></body></html>",
		ReceivedAt: time.Date(2026, 5, 3, 14, 5, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

func TestOnlyTheLatestAreKept(t *testing.T) {
	m := start(t, mailbox.Options{Keep: 2})
	for range 3 {
		send(t, m, sample)
	}
	var got []int64
	for _, msg := range m.Messages() {
		got = append(got, msg.ID)
	}
	if diff := cmp.Diff([]int64{2, 3}, got); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
}

func TestWaitEndsWithContext(t *testing.T) {
	m := start(t, mailbox.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Wait(ctx, func(mailbox.Message) bool { return true }); err == nil {
		t.Error("Wait on an empty mailbox with a cancelled context: got no error")
	}
}

func TestPages(t *testing.T) {
	m := start(t, mailbox.Options{})
	web := httptest.NewServer(http.StripPrefix("/mail", m))
	defer web.Close()
	empty := get(t, web.URL+"/mail/", 200)
	if want := "smtp://" + m.SMTPAddr(); !strings.Contains(empty.body, want) {
		t.Errorf("the empty list does not teach %q:\n%s", want, empty.body)
	}
	send(t, m, strings.Replace(sample, "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "<script>alert(1)</script>", 1))
	tests := []struct {
		path, kind, policy string
		status             int
		want               string
	}{
		{"/", "text/html", "default-src 'none'", 200, "&lt;script&gt;alert(1)"},
		{"/messages/1", "text/html", "script-src 'self'", 200, `src="../messages/1/html"`},
		{"/messages/1", "text/html", "frame-ancestors 'none'", 200, "allow-popups-to-escape-sandbox"},
		{"/messages/1/html", "text/html", "sandbox allow-popups", 200, `<head><base target="_blank">`},
		{"/messages/1/raw", "text/plain", "default-src 'none'", 200, "boundary=b"},
		{"/mailbox.css", "text/css", "default-src 'none'", 200, "color-scheme"},
		{"/mailbox.js", "text/javascript", "default-src 'none'", 200, "messages.json"},
		{"/messages/2", "text/html", "default-src 'none'", 404, "No such message"},
		{"/messages/x", "text/html", "default-src 'none'", 404, "No such message"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			got := get(t, web.URL+"/mail"+tt.path, tt.status)
			if !strings.Contains(got.body, tt.want) {
				t.Errorf("body lacks %q:\n%s", tt.want, got.body)
			}
			if p := got.header.Get("Content-Security-Policy"); !strings.Contains(p, tt.policy) {
				t.Errorf("policy = %q, want it to have %q", p, tt.policy)
			}
			if k := got.header.Get("Content-Type"); !strings.HasPrefix(k, tt.kind) {
				t.Errorf("Content-Type = %q, want %q", k, tt.kind)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	m := start(t, mailbox.Options{})
	send(t, m, sample)
	web := httptest.NewServer(m)
	defer web.Close()
	var list struct{ Messages []mailbox.Message }
	if err := json.Unmarshal([]byte(get(t, web.URL+"/messages.json", 200).body), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Messages) != 1 || list.Messages[0].Subject != "Grüße" || list.Messages[0].Raw != "" {
		t.Errorf("list = %+v, want one summary", list)
	}
	var one mailbox.Message
	if err := json.Unmarshal([]byte(get(t, web.URL+"/messages/1.json", 200).body), &one); err != nil {
		t.Fatal(err)
	}
	if want, _ := m.Message(1); cmp.Diff(want, one) != "" {
		t.Errorf("message (-want +got):\n%s", cmp.Diff(want, one))
	}
}

type response struct {
	body   string
	header http.Header
}

func get(t *testing.T, url string, status int) response {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if r.StatusCode != status {
		t.Errorf("GET %s: status %d, want %d", url, r.StatusCode, status)
	}
	return response{string(body), r.Header}
}
