package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestWebhook walks through what may come in: what is answered, and whether it
// is stored (state) or not ("").
func TestWebhook(t *testing.T) {
	r := newRig(t)
	now := r.clock.Now()
	stale, early := now.Add(-time.Hour), now.Add(time.Hour)
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	tests := []struct {
		name, platform string
		parcel         parcel
		status         int
		state          string
	}{
		{"thrivecart: good", "thrivecart", cart(cartSecret, "1"), 200, "queued"},
		{"thrivecart: second live secret", "thrivecart", cart(cartSecret2, "1"), 200, "queued"},
		{"thrivecart: wrong secret", "thrivecart", cart("guess", "1"), 401, "rejected"},
		{"thrivecart: empty secret", "thrivecart", cart("", "1"), 401, "rejected"},
		{"thrivecart: no secret", "thrivecart", parcel{form, []byte("event=order.success&order_id=1")}, 401, "rejected"},
		{"thrivecart: URL validation, nothing", "thrivecart", parcel{form, nil}, 200, ""},
		{"thrivecart: URL validation, no event", "thrivecart", parcel{form, []byte("test=1&x=" + mark)}, 200, ""},
		{"thrivecart: unknown event", "thrivecart", cart(cartSecret, "1", "event", "order.dreamt"), 200, "queued"},
		{
			"thrivecart: brackets without end", "thrivecart",
			cart(cartSecret, "1", "a"+strings.Repeat("[b]", 3000), mark), 401, "rejected",
		},
		{
			"thrivecart: absurd index", "thrivecart",
			cart(cartSecret, "1", "order[charges][999999999999][amount]", "1"), 200, "queued",
		},
		{
			"thrivecart: too many fields", "thrivecart",
			cart("", "").carrying("thrivecart_secret=" + cartSecret + strings.Repeat("&a[]=1", 9000)), 401, "rejected",
		},
		{
			"thrivecart: escapes that are none", "thrivecart",
			cart("", "").carrying("event=x&thrivecart_secret=" + cartSecret + "&order_id=%zz&a=%&b=%\xff"), 200, "queued",
		},
		{"thrivecart: JSON", "thrivecart", parcel{
			http.Header{"Content-Type": {"application/json"}},
			[]byte(`{"event":"order_payment_product","webhook_id":"7d1f","thrivecart_secret":"` + cartSecret + `"}`),
		}, 200, "queued"},
		{"thrivecart: cut JSON proves nothing", "thrivecart", parcel{
			http.Header{"Content-Type": {"application/json"}},
			[]byte(`{"event":"order_payment_product","thrivecart_secret":"` + cartSecret + `"`),
		}, 401, "rejected"},

		{"stripe: good", "stripe", stripeEvent(stripeSecret, now, stripeBody("1")), 200, "queued"},
		{"stripe: second live secret", "stripe", stripeEvent(stripeSecret2, now, stripeBody("1")), 200, "queued"},
		{"stripe: other secret", "stripe", stripeEvent("whsec_other", now, stripeBody("1")), 401, "rejected"},
		{
			"stripe: other body", "stripe",
			stripeEvent(stripeSecret, now, stripeBody("1")).carrying(stripeBody("2")), 401, "rejected",
		},
		{"stripe: stale", "stripe", stripeEvent(stripeSecret, stale, stripeBody("1")), 401, "rejected"},
		{
			"stripe: no signature", "stripe",
			parcel{http.Header{"Content-Type": {"application/json"}}, []byte(stripeBody("1"))}, 401, "rejected",
		},
		{
			"stripe: nonsense for a signature", "stripe",
			stripeEvent(stripeSecret, now, stripeBody("1")).with("Stripe-Signature", "t=,v1=zz,,="), 401, "rejected",
		},
		{"stripe: signed nonsense", "stripe", stripeEvent(stripeSecret, now, `{"id":`+mark), 200, "queued"},
		{"stripe: signed, deep", "stripe", stripeEvent(stripeSecret, now, deep), 200, "queued"},

		{"generic: good", "generic", standard(sourceSecret, now, "m1", sourceBody("1")), 200, "queued"},
		{"generic: second live secret", "generic", standard(sourceSecret2, now, "m1", sourceBody("1")), 200, "queued"},
		{
			"generic: other id", "generic",
			standard(sourceSecret, now, "m1", sourceBody("1")).with("Webhook-Id", "m2"), 401, "rejected",
		},
		{"generic: stale", "generic", standard(sourceSecret, stale, "m1", sourceBody("1")), 401, "rejected"},
		{"generic: from the future", "generic", standard(sourceSecret, early, "m1", sourceBody("1")), 401, "rejected"},
		{"generic: signed, cut JSON", "generic", standard(sourceSecret, now, "m1", `{"order_id":"1",`+mark), 200, "queued"},
		{"generic: signed, deep", "generic", standard(sourceSecret, now, "m1", deep), 200, "queued"},
		{"generic: signed, no text", "generic", standard(sourceSecret, now, "m1", "\x00\xff\xfe"+mark), 200, "queued"},
		{
			"generic: signed form with absurd keys", "generic",
			standard(sourceSecret, now, "m1", "a[[[]=1&[=2&a[b]c=3&=&&=4&order_id="+mark).
				with("Content-Type", "application/x-www-form-urlencoded"), 200, "queued",
		},
		{"generic: nothing", "generic", parcel{http.Header{}, nil}, 200, ""},
		{"generic: blanks", "generic", parcel{http.Header{}, []byte(" \r\n")}, 200, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r.clear()
			r.rejects = newLimiter[int64](rejectEvery, rejectBurst, r.now)
			got := r.post(tt.platform, tt.parcel)
			if got.status != tt.status {
				t.Errorf("status = %d, want %d; %s", got.status, tt.status, got.body)
			}
			rows := r.rows()
			state := ""
			if len(rows) == 1 {
				state = rows[0].State
			}
			if state != tt.state || len(rows) > 1 {
				t.Errorf("stored as %q (%d rows), want %q", state, len(rows), tt.state)
			}
			// ThriveCart's has its secret masked.
			if state == "queued" && tt.platform != "thrivecart" && rows[0].Body != string(tt.parcel.body) {
				t.Errorf("body stored as %q, want %q", rows[0].Body, tt.parcel.body)
			}
		})
	}
}

// TestProbes are the requests by which checkout tools try a URL.
func TestProbes(t *testing.T) {
	r := newRig(t)
	web := r.listen()
	for _, tt := range []struct {
		name, method, path string
		status             int
		body               bool
	}{
		{"GET", http.MethodGet, r.hook("stripe"), 200, true},
		{"HEAD", http.MethodHead, r.hook("stripe"), 200, false},
		{"GET of an unknown token", http.MethodGet, "/webhooks/stripe/none", 404, true},
		{"HEAD of an unknown token", http.MethodHead, "/webhooks/stripe/none", 404, false},
		{"token of another platform", http.MethodGet, "/webhooks/generic/" + r.tokens["stripe"], 404, true},
		{"PUT", http.MethodPut, r.hook("stripe"), 405, true},
		{"DELETE", http.MethodDelete, r.hook("stripe"), 405, true},
		{"OPTIONS", http.MethodOptions, r.hook("stripe"), 405, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := call(t, tt.method, web.URL+tt.path, nil)
			if got.status != tt.status || (got.body != "") != tt.body {
				t.Errorf("got %d %q, want %d, with a body: %t", got.status, got.body, tt.status, tt.body)
			}
		})
	}
	if n := len(r.rows()); n != 0 {
		t.Errorf("%d probes are stored, want none", n)
	}
}

// TestCrookedPaths: a redirect would turn a sale into a GET that is answered 200.
func TestCrookedPaths(t *testing.T) {
	r := newRig(t)
	web := r.listen()
	hook := r.hook("thrivecart")
	for _, path := range []string{
		"/" + hook, strings.Replace(hook, "/thrivecart", "//thrivecart", 1), hook + "/", "/x/.." + hook, "/./" + hook[1:],
		strings.Replace(hook, "webhooks", "Webhooks", 1), hook + "/more",
	} {
		p := cart(cartSecret, "1")
		req := p.request(t.Context(), "/")
		req.URL.Scheme, req.URL.Host, req.URL.Path, req.RequestURI = "http", strings.TrimPrefix(web.URL, "http://"), path, ""
		if got := client(t, req); got.status != http.StatusNotFound {
			t.Errorf("POST %s: %d, want 404", strings.Replace(path, r.tokens["thrivecart"], "TOKEN", 1), got.status)
		}
	}
	if n := len(r.rows()); n != 0 {
		t.Errorf("%d deliveries are stored, want none", n)
	}
}

func TestDuplicatesAreCounted(t *testing.T) {
	r := newRig(t)
	for range 3 {
		if got := r.post("thrivecart", cart(cartSecret, "1")); got.status != http.StatusOK {
			t.Fatalf("status = %d, want 200", got.status)
		}
	}
	if got := r.one().Duplicates; got != 2 {
		t.Errorf("duplicates = %d, want 2", got)
	}
	if got := len(r.wakes); got != 3 {
		t.Errorf("the workers were woken %d times, want 3", got)
	}
	r.wantMetric(`enrolld_webhooks_total{platform="thrivecart",result="stored"} 3`)
}

// TestSecretsChange: a new secret is in force once the memory of the old ones is gone.
func TestSecretsChange(t *testing.T) {
	r := newRig(t)
	if got := r.post("thrivecart", cart(cartSecret, "1")); got.status != http.StatusOK {
		t.Fatalf("status = %d, want 200", got.status)
	}
	i, err := r.db.IntegrationByToken(t.Context(), "thrivecart", r.tokens["thrivecart"])
	if err != nil {
		t.Fatal(err)
	}
	i.Secrets = i.Secrets[1:]
	if err := r.db.UpdateIntegration(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(sourceTTL)
	if got := r.post("thrivecart", cart(cartSecret, "2")); got.status != http.StatusUnauthorized {
		t.Errorf("the old secret: %d, want 401", got.status)
	}
	if got := r.post("thrivecart", cart(cartSecret2, "3")); got.status != http.StatusOK {
		t.Errorf("the new secret: %d, want 200", got.status)
	}
	gone := r.clock.Now()
	i.DisabledAt = &gone
	if err := r.db.UpdateIntegration(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(sourceTTL)
	if got := r.post("thrivecart", cart(cartSecret2, "4")); got.status != http.StatusNotFound {
		t.Errorf("a disabled integration: %d, want 404", got.status)
	}
}
