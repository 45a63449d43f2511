package paypal_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations/paypal"
)

// TestForgedChecksum knows a delivery again by what is signed whole. A body is signed
// by its CRC-32 only, for which anybody can make another body: whoever has one
// delivery could send it again and again with other words in it.
func TestForgedChecksum(t *testing.T) {
	p := paypal.New(paypal.Options{})
	genuine := change(t, "capture_completed")
	forged := genuine
	forged.Body = []byte(strings.ReplaceAll(string(genuine.Body), "WH-", "WX-"))
	if a, b := p.Identify(config(), genuine).Key, p.Identify(config(), forged).Key; a != b {
		t.Errorf("got keys %q and %q for one transmission", a, b)
	}
	if a, b := p.Identify(config(), genuine).Key, p.Identify(config(), change(t, "capture_denied")).Key; a == b {
		t.Errorf("got key %q for two transmissions", a)
	}
}

// orderWith is a stand-in with one order for all, and what its captures are.
func orderWith(captures string) http.Handler {
	st := newStand()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v2/checkout/orders/") {
			_, _ = fmt.Fprintf(w, `{"id":"X",%s,"purchase_units":[{"custom_id":"course-7",`+
				`"amount":{"currency_code":"USD","value":"49.00"},"payments":{"captures":[%s]}}]}`, somebody, captures)
			return
		}
		st.ServeHTTP(w, r)
	})
}

// TestCaptureOfTheOrder believes a capture only that its order has, and the order's
// word on how much it was.
func TestCaptureOfTheOrder(t *testing.T) {
	one := func(id, status, value string) string {
		return `{"id":"` + id + `","status":"` + status + `","amount":{"currency_code":"USD","value":"` + value + `"}}`
	}
	const id = "42311647XV020574X"
	for name, tc := range map[string]struct {
		captures string
		age      time.Duration
		want     enrolld.Outcome
		paid     int64
	}{
		"its own":              {one(id, "COMPLETED", "49.00"), 0, enrolld.OutcomeDone, 4900},
		"of another amount":    {one(id, "COMPLETED", "4.00"), 0, enrolld.OutcomeDone, 400},
		"given back since":     {one(id, "REFUNDED", "49.00"), 0, enrolld.OutcomeDone, 4900},
		"a part of it":         {one(id, "PARTIALLY_REFUNDED", "49.00"), 0, enrolld.OutcomeDone, 4900},
		"held":                 {one(id, "PENDING", "49.00"), 2 * time.Hour, enrolld.OutcomePark, 0},
		"another":              {one("OTHER", "COMPLETED", "49.00"), 2 * time.Hour, enrolld.OutcomePark, 0},
		"an unpaid order":      {"", 2 * time.Hour, enrolld.OutcomePark, 0},
		"an order not yet so":  {"", 0, enrolld.OutcomeRetry, 0},
		"a capture not yet so": {one(id, "PENDING", "49.00"), 0, enrolld.OutcomeRetry, 0},
	} {
		c := postback()
		r := change(t, "capture_completed")
		r.ReceivedAt = time.Now().Add(-tc.age)
		got, err := complete(t, serve(t, orderWith(tc.captures)), c, r)
		if enrolld.OutcomeOf(err) != tc.want {
			t.Errorf("%s: got %+v (%v), want %s", name, got.Events, err, tc.want)
			continue
		}
		if err == nil && got.Events[0].Payment.Value.Amount != usd(tc.paid) {
			t.Errorf("%s: got %s paid, want %d", name, got.Events[0].Payment.Value.Amount, tc.paid)
		}
	}
	c := config()
	c.Settings = []byte(`{"prices":{"course-7":"49.00 USD"}}`)
	if _, err := complete(t, serve(t, orderWith(one(id, "COMPLETED", "4.00"))), c, change(t, "capture_completed")); enrolld.OutcomeOf(err) != enrolld.OutcomePark {
		t.Errorf("less than the order asks for: got %v, want parked", err)
	}
}

// TestOddTransmission refuses ids of transmissions that no key can be made of.
func TestOddTransmission(t *testing.T) {
	for _, id := range []string{"\xff\xfe", "b2384410 f8d2", "ü", strings.Repeat("x", 200), "a\x7f"} {
		r := change(t, "capture_completed")
		r.Header.Set("Paypal-Transmission-Id", id)
		if err := paypal.New(paypal.Options{}).Verify(config(), r); enrolld.CodeOf(err) != enrolld.Unauthorized {
			t.Errorf("%q: got %v, want refused", id, err)
		}
	}
}
