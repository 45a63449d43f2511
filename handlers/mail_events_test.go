package handlers

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"enrolld"
	"enrolld/store"
)

// told adds a source of mail events and returns how to post to it.
func (r *rig) told(source store.MailSource) func(body string, secret string) answer {
	r.t.Helper()
	added, err := r.db.AddMailSource(r.t.Context(), source)
	if err != nil {
		r.t.Fatal(err)
	}
	r.tokens["mail "+source.Provider] = added.Token.Reveal()
	return func(body, secret string) answer {
		req := httptest.NewRequestWithContext(r.t.Context(), http.MethodPost, "/mail-events/"+added.Token.Reveal(), strings.NewReader(body))
		if secret != "" {
			req.Header.Set("Authorization", "Bearer "+secret)
		}
		return r.do(req)
	}
}

// sentTo puts a message into the table that went out, and returns its Message-ID.
func (r *rig) sentTo(address, cause string) string {
	r.t.Helper()
	r.exec("INSERT IGNORE INTO enrolld_customers (account_id, email_key, email, courses, created_at) VALUES (1,?,?,0,?)", address, address, r.clock.Now())
	res := r.exec(`INSERT INTO enrolld_messages (account_id, customer_id, kind, cause, recipient, data, state, due_at, created_at, sent_at)
		SELECT 1, id, 'welcome', ?, ?, '{}', 'sent', ?, ?, ? FROM enrolld_customers WHERE email_key = ?`,
		cause, address, r.clock.Now(), r.clock.Now(), r.clock.Now(), address)
	id, err := res.LastInsertId()
	if err != nil {
		r.t.Fatal(err)
	}
	return enrolld.MessageID(id, r.db.Keys().MessageMark(&enrolld.Message{ID: id, AccountID: 1, Cause: cause}), "mail.example")
}

func brevoBounce(id, address string) string {
	return `{"event":"hard_bounce","email":"` + address + `","message-id":"<` + id + `>","reason":"550 ` + mark + ` no such user"}`
}

// TestMailEvents: what is proven and about a message of ours is noted before it is
// answered 200, once; everything else says why not.
func TestMailEvents(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.db.SetClock(r.clock.Now)
	id := r.sentTo("ann@example.org", "a")
	brevo := r.told(store.MailSource{Provider: "brevo", Secrets: []enrolld.Secret{"bearer-secret"}})
	state := func() string {
		var s string
		if err := r.db.Conn().QueryRowContext(t.Context(), "SELECT state FROM enrolld_messages LIMIT 1").Scan(&s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	tests := []struct {
		name, body, secret string
		status             int
		says, state        string
	}{
		{"unproven", brevoBounce(id, "ann@example.org"), "guess", 401, "not proven", "sent"},
		{"no JSON", "<xml>", "bearer-secret", 400, "not the JSON", "sent"},
		{"nothing to note", `{"event":"delivered"}`, "bearer-secret", 200, "nothing that is noted", "sent"},
		{"somebody else's", brevoBounce("x@y.example", "cleo@example.org"), "bearer-secret", 200, "1 not about a message of ours", "sent"},
		{"too large", strings.Repeat("x", maxBody+1), "bearer-secret", 413, "larger than", "sent"},
		{"a bounce", brevoBounce(id, "ann@example.org"), "bearer-secret", 200, "ok: 1 noted", "bounced"},
		{"again", brevoBounce(id, "ann@example.org"), "bearer-secret", 200, "1 known already", "bounced"},
	}
	for _, tt := range tests {
		got := brevo(tt.body, tt.secret)
		if got.status != tt.status || !strings.Contains(got.body, tt.says) || state() != tt.state {
			t.Errorf("%s: %d %q, message %s; want %d %q, %s", tt.name, got.status, got.body, state(), tt.status, tt.says, tt.state)
		}
	}
	r.wantMetric(`enrolld_mail_events_total{provider="brevo",result="bounced"} 1`)
	r.wantMetric(`enrolld_mail_events_total{provider="brevo",result="known"} 1`)
	r.wantMetric(`enrolld_mail_events_total{provider="brevo",result="unknown"} 1`)

	// A mailbox is open to everybody: the address alone proves nothing there.
	r.sentTo("bob@example.org", "b")
	dsn := "Content-Type: multipart/report; boundary=B\r\n\r\n--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n" +
		"Final-Recipient: rfc822; bob@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--B--\r\n"
	if got := r.told(store.MailSource{Provider: "mailbox"})(dsn, ""); got.status != 200 || !strings.Contains(got.body, "0 noted") {
		t.Errorf("a notice that names no message: %d %q", got.status, got.body)
	}
	// With the database away nothing is answered 200.
	r.exec("RENAME TABLE enrolld_mail_suppressions TO elsewhere")
	again := r.sentTo("cleo@example.org", "c")
	if got := brevo(brevoBounce(again, "cleo@example.org"), "bearer-secret"); got.status != http.StatusServiceUnavailable {
		t.Errorf("without the table: %d %q", got.status, got.body)
	}
	r.exec("RENAME TABLE elsewhere TO enrolld_mail_suppressions")
	if got := brevo(brevoBounce(again, "cleo@example.org"), "bearer-secret"); !strings.Contains(got.body, "1 noted") {
		t.Errorf("told again: %d %q", got.status, got.body)
	}
}

// TestMailEventGuessers are slowed down.
func TestMailEventGuessers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	guess := func(n int) int {
		return r.do(httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mail-events/guess"+strconv.Itoa(n), strings.NewReader("{}"))).status
	}
	for n := range missBurst {
		if got := guess(n); got != http.StatusNotFound {
			t.Fatalf("guess %d: %d", n, got)
		}
	}
	if got := guess(missBurst); got != http.StatusTooManyRequests {
		t.Errorf("one guess more: %d, want 429", got)
	}
}
