package unsubscribe

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/page/pagetest"
	"enrolld/store"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestTemplates(t *testing.T) {
	t.Parallel()
	pagetest.Check(t, subscriptionView)
}

// TestUnsubscribe: looking changes nothing; the button and a mailbox's click end the
// mail, in whatever shape it comes, and only the customer begins it again.
func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	rig := gatetest.New(t, func(f *gate.Frame) []gate.Route { return New(f).Routes() })
	id := rig.Insert(`INSERT INTO enrolld_customers (account_id, email_key, email, courses, created_at) VALUES (?,?,?,0,?)`,
		rig.Account.ID, "ann@example.org", "ann@example.org", rig.DB.Now())
	token := rig.DB.Keys().UnsubscribeToken(store.Subscription{AccountID: rig.Account.ID, CustomerID: id, Kind: "expiring"})
	path := store.UnsubscribePath + token
	b := rig.Browser()
	ended := func() bool { return rig.Number("SELECT COUNT(*) FROM enrolld_mail_optouts") == 1 }

	if a := b.Get(path); a.Status != http.StatusOK || !strings.Contains(a.Body, "reminders before access ends") ||
		!strings.Contains(a.Body, "Ink &amp; Wash") || strings.Contains(a.Body, "ann@") || ended() {
		t.Errorf("the page: %d, ended %t\n%s", a.Status, ended(), a.Body)
	}
	if a := b.Post(path, url.Values{field: {wishEnd}}); a.Status != http.StatusSeeOther || a.Location != path || !ended() {
		t.Errorf("the button: %d to %s, ended %t", a.Status, a.Location, ended())
	}
	if a := b.Get(path); !strings.Contains(a.Body, "Get them again") {
		t.Errorf("the page then:\n%s", a.Body)
	}
	if a := b.Post(path, url.Values{field: {wishBegin}}); a.Status != http.StatusSeeOther || ended() {
		t.Errorf("the other button: %d, ended %t", a.Status, ended())
	}
	multipart := "--B\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--B--\r\n"
	for kind, body := range map[string]string{"application/x-www-form-urlencoded": "List-Unsubscribe=One-Click", "multipart/form-data; boundary=B": multipart} {
		rig.Exec("DELETE FROM enrolld_mail_optouts")
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		req.Header.Set("Content-Type", kind)
		if a := b.Do(req); a.Status != http.StatusOK || !ended() {
			t.Errorf("one click as %s: %d, ended %t", kind, a.Status, ended())
		}
	}
	for _, bad := range []string{store.UnsubscribePath + "x", path + "x", strings.Replace(path, "expiring", "welcome", 1)} {
		if a := b.Get(bad); a.Status != http.StatusNotFound {
			t.Errorf("GET %s: %d, want 404", bad, a.Status)
		}
		if a := b.Post(bad, nil); a.Status != http.StatusNotFound {
			t.Errorf("POST %s: %d, want 404", bad, a.Status)
		}
	}
	rig.Exec("DELETE FROM enrolld_customers")
	if a := b.Post(path, nil); a.Status != http.StatusNotFound {
		t.Errorf("somebody who is gone: %d", a.Status)
	}
	for range again.Burst {
		b.Post(path, url.Values{field: {wishBegin}})
	}
	if a := b.Post(path, url.Values{field: {wishBegin}}); a.Status != http.StatusTooManyRequests {
		t.Errorf("begun again too often: %d, want 429", a.Status)
	}
}
