package kajabi_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/kajabi"
	"enrolld/integrations/platformtest"
)

var (
	on  = integrations.Config{APIKey: apiKey}
	off = integrations.Config{Settings: []byte(`{"confirm":"off"}`)}
)

func load(tb testing.TB, name string) integrations.Request {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "samples", name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return integrations.Request{Header: http.Header{}, Body: body, ReceivedAt: platformtest.Received}
}

func serve(tb testing.TB, h http.Handler) *kajabi.Platform {
	tb.Helper()
	s := httptest.NewServer(h)
	tb.Cleanup(s.Close)
	return kajabi.New(kajabi.Options{BackendURL: s.URL})
}

// understand parses and completes a request.
func understand(tb testing.TB, p *kajabi.Platform, c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	tb.Helper()
	parsed, err := p.Parse(c, r)
	if err != nil || !parsed.Incomplete {
		return parsed, err
	}
	return p.Complete(tb.Context(), c, r, parsed)
}

func TestCheckConfig(t *testing.T) {
	for name, tc := range map[string]struct {
		key      enrolld.Secret
		settings string
		want     enrolld.Code
	}{
		"key": {apiKey, "", ""}, "no key": {"", "", enrolld.Invalid}, "no key, off": {"", `{"confirm":"off"}`, ""},
		"half a key": {"client-1:", "", enrolld.Invalid}, "a whole": {"client-1", "", enrolld.Invalid},
		"odd": {apiKey, `{"confirm":"maybe"}`, enrolld.Invalid}, "broken": {apiKey, `{`, enrolld.Invalid},
	} {
		c := integrations.Config{APIKey: tc.key, Settings: []byte(tc.settings)}
		p := kajabi.New(kajabi.Options{})
		if got := enrolld.CodeOf(p.CheckConfig(c)); got != tc.want {
			t.Errorf("%s: got code %q, want %q", name, got, tc.want)
		}
		if err := p.Verify(c, load(t, "purchase")); (err == nil) != (tc.want == "") && tc.key != "client-1" && tc.key != "client-1:" {
			t.Errorf("%s: Verify says %v", name, err)
		}
	}
}

// TestBelievesTheAPI: whatever a delivery claims, what Kajabi answers counts.
func TestBelievesTheAPI(t *testing.T) {
	p := serve(t, standIn(t))
	r := load(t, "purchase")
	for old, lie := range map[string]string{
		"ann@example.org": "eve@example.org", `"4900"`: `"1"`, "4900": "1", "2147501": "2147503", "Course A": "Gold",
	} {
		r.Body = []byte(strings.ReplaceAll(string(r.Body), old, lie))
	}
	got, err := understand(t, p, on, r)
	if err != nil {
		t.Fatal(err)
	}
	e := got.Events[0]
	if e.Buyer.Email != "ann@example.org" || e.Lines[0].Key != courseA || e.Lines[0].Product.Name != "Course A" ||
		e.Lines[0].Sale.Amount.Minor != 4900 || got.Incomplete {
		t.Errorf("got %+v", got)
	}
}

func TestUnknownIsNotGenuine(t *testing.T) {
	p := serve(t, standIn(t))
	for sample, lie := range map[string][2]string{
		"purchase": {`"501"`, `"99501"`}, "payment_bumps": {`"901"`, `"99901"`}, "order_created": {`"701"`, `"99701"`},
		"flat_nested": {"2147502", "2147503"}, "pulled_refund": {"926", "99926"},
	} {
		r := load(t, sample)
		r.Body = []byte(strings.ReplaceAll(string(r.Body), lie[0], lie[1]))
		_, err := understand(t, p, on, r)
		if enrolld.OutcomeOf(err) != enrolld.OutcomeDead || strings.Contains(err.Error(), "example.org") {
			t.Errorf("%s: got %v, want dead", sample, err)
		}
	}
}

// TestFlatIsFoundByBuyerAndOffer: where a settings page's delivery has no number of
// a transaction, its buyer's purchase of the offer confirms it.
func TestFlatIsFoundByBuyerAndOffer(t *testing.T) {
	got, err := understand(t, serve(t, standIn(t)), on, load(t, "flat_nested"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"purchase:514"}, got.Events[0].Refs); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
}

// TestBundledPayment: one transaction without an offer covers two purchases.
func TestBundledPayment(t *testing.T) {
	got, err := understand(t, serve(t, standIn(t)), on, load(t, "payment_bumps"))
	if err != nil {
		t.Fatal(err)
	}
	e := got.Events[0]
	if diff := cmp.Diff([]string{"purchase:501", "purchase:502", "transaction:901"}, e.Refs); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{courseA, workbook}, e.Payment.Value.Lines); diff != "" || e.Payment.Value.Amount.Minor != 6900 {
		t.Errorf("payment %+v", e.Payment)
	}
}

func TestConfirmOff(t *testing.T) {
	p := kajabi.New(kajabi.Options{BackendURL: "http://127.0.0.1:1"})
	for sample, refs := range map[string][]string{
		"purchase":      {"purchase:501", "customer:456/offer:2147501"},
		"payment_first": {"transaction:921", "customer:456/offer:2147503"},
		"flat_purchase": {"transaction:941", "member:1457/offer:2147501"},
		"flat_payment":  {"transaction:941", "member:1457/offer:2147501"},
	} {
		got, err := understand(t, p, off, load(t, sample))
		if err != nil || got.Incomplete || len(got.Events) == 0 {
			t.Errorf("%s: got %+v (%v)", sample, got, err)
			continue
		}
		if diff := cmp.Diff(refs, got.Events[0].Refs); diff != "" {
			t.Errorf("%s: references (-want +got):\n%s", sample, diff)
		}
		if e := got.Events[0]; e.Buyer == nil || len(e.Lines) != 1 {
			t.Errorf("%s: got %+v, want a buyer and a line", sample, e)
		}
	}
}

func TestCompleteWithoutKeyParks(t *testing.T) {
	p := kajabi.New(kajabi.Options{BackendURL: "http://127.0.0.1:1"})
	_, err := understand(t, p, integrations.Config{}, load(t, "purchase"))
	if _, ok := errors.AsType[*enrolld.ParkError](err); !ok {
		t.Errorf("got %v, want parked", err)
	}
}

func TestTokenIsKept(t *testing.T) {
	s := standIn(t)
	p := serve(t, s)
	for range 3 {
		if _, err := understand(t, p, on, load(t, "purchase")); err != nil {
			t.Fatal(err)
		}
	}
	if s.tokens != 1 {
		t.Errorf("asked for %d tokens, want 1", s.tokens)
	}
}

// pull collects what Pull hands over, by the deliveries' keys.
func pull(tb testing.TB, p *kajabi.Platform, since time.Time) (keys []string, requests map[string]integrations.Request) {
	tb.Helper()
	requests = map[string]integrations.Request{}
	err := p.Pull(tb.Context(), on, since, func(r integrations.Request) error {
		key := p.Identify(on, r).Key
		keys = append(keys, key)
		requests[key] = r
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return keys, requests
}

// TestPullGivesTheWebhooksKeys: what came by webhook and did not change since is
// the same delivery when it is pulled, and so is what is pulled twice.
func TestPullGivesTheWebhooksKeys(t *testing.T) {
	p := serve(t, standIn(t))
	keys, pulled := pull(t, p, at(2, 1, 0, 0))
	for _, sample := range []string{
		"purchase", "purchase_bump", "payment_bumps", "payment_rebill", "pulled_refund", "pulled_deactivated", "pulled_dispute", "pulled_reactivated",
	} {
		if key := p.Identify(on, load(t, sample)).Key; pulled[key].Body == nil {
			t.Errorf("%s is not among what is pulled: %q", sample, key)
		}
	}
	again, _ := pull(t, p, at(2, 1, 0, 0))
	if diff := cmp.Diff(keys, again); diff != "" {
		t.Errorf("pulled twice (-first +second):\n%s", diff)
	}
	for key, r := range pulled {
		if got, err := understand(t, p, on, r); err != nil || len(got.Events) == 0 {
			t.Errorf("%s: got %+v (%v)", key, got, err)
		}
	}
}

func TestPullIsOldestFirstAndSince(t *testing.T) {
	p := serve(t, standIn(t))
	var times []time.Time
	err := p.Pull(t.Context(), on, at(4, 1, 10, 15), func(r integrations.Request) error {
		times = append(times, r.ReceivedAt)
		return nil
	})
	if err != nil || len(times) == 0 {
		t.Fatalf("got %d deliveries (%v)", len(times), err)
	}
	for i, x := range times {
		if x.Before(at(4, 1, 10, 15)) || i > 0 && x.Before(times[i-1]) {
			t.Errorf("delivery %d is of %s", i, x)
		}
	}
}

// TestPullFindsWhatNoWebhookTells: a purchase is deactivated, and taken up again.
func TestPullFindsWhatNoWebhookTells(t *testing.T) {
	s := standIn(t)
	p := serve(t, s)
	first := load(t, "purchase_club")
	parsed, err := understand(t, p, on, first)
	if err != nil {
		t.Fatal(err)
	}
	order := parsed.Events[0].Order()
	seen := map[string]bool{p.Identify(on, first).Key: true}
	step := func(moment string, deactivated any, since time.Time) enrolld.SubscriptionState {
		t.Helper()
		s.change("purchases/504", "deactivated_at", deactivated)
		s.change("purchases/504", "updated_at", moment)
		keys, pulled := pull(t, p, since)
		for _, key := range keys {
			if !strings.HasPrefix(key, "purchase|purchases|504|") {
				continue
			}
			if seen[key] {
				t.Errorf("%s has the key of another state", moment)
			}
			seen[key] = true
			got, err := understand(t, p, on, pulled[key])
			if err != nil {
				t.Fatal(err)
			}
			order = order.Merge(got.Events[0].Order())
		}
		return order.Subscriptions[club].Value.State
	}
	if got := step("2026-04-20T10:15:00Z", "2026-04-20T10:15:00Z", at(4, 20, 0, 0)); got != enrolld.SubscriptionEnded {
		t.Errorf("deactivated: got state %q", got)
	}
	if got := step("2026-04-22T10:15:00Z", nil, at(4, 22, 0, 0)); got != enrolld.SubscriptionActive {
		t.Errorf("reactivated: got state %q", got)
	}
}

// TestPullIsBounded: who lists without end is not read without end, and what was
// read is handed over.
func TestPullIsBounded(t *testing.T) {
	pages := 0
	p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/oauth/token":
			_, _ = w.Write([]byte(`{"access_token":"token-1"}`))
		case "/v1/purchases":
			pages++
			one := `{"id":"501","type":"purchases","attributes":{"updated_at":"2026-03-01T10:15:00Z"}}`
			_, _ = w.Write([]byte(`{"data":[` + strings.Repeat(one+",", 99) + one + `],"links":{"next":"https://api.kajabi.com/v1/purchases"}}`))
		default:
			_, _ = w.Write([]byte(`{"data":[]}`))
		}
	}))
	taken := 0
	err := p.Pull(t.Context(), on, at(1, 1, 0, 0), func(integrations.Request) error { taken++; return nil })
	if enrolld.CodeOf(err) != enrolld.Conflict || pages != 50 || taken != 5000 {
		t.Errorf("got %d deliveries from %d pages (%v)", taken, pages, err)
	}
}

func TestPullNeedsTheAPI(t *testing.T) {
	p := kajabi.New(kajabi.Options{BackendURL: "http://127.0.0.1:1"})
	for _, c := range []integrations.Config{{}, off, {APIKey: apiKey, Settings: off.Settings}} {
		err := p.Pull(t.Context(), c, at(1, 1, 0, 0), func(integrations.Request) error { return nil })
		if enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("got %v, want invalid", err)
		}
	}
}
