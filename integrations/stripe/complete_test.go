package stripe_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/stripe"
)

func load(tb testing.TB, name string) integrations.Request {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "samples", name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return integrations.Request{Header: http.Header{}, Body: body, ReceivedAt: platformtest.Received}
}

// complete parses and completes a sample.
func complete(tb testing.TB, url string, key enrolld.Secret, r integrations.Request) (integrations.Parsed, error) {
	tb.Helper()
	p, c := stripe.New(stripe.Options{BackendURL: url}), integrations.Config{APIKey: key}
	parsed, err := p.Parse(c, r)
	if err != nil || !parsed.Incomplete {
		tb.Fatalf("Parse: got incomplete %v (%v), want an incomplete delivery", parsed.Incomplete, err)
	}
	return p.Complete(tb.Context(), c, r, parsed)
}

func TestCompleteAgainstStripeMock(t *testing.T) {
	url := startMock(t)
	for _, name := range []string{
		"session_incomplete", "session_subscription", "charge_refunded_new", "refund_failed", "dispute_created",
	} {
		got, err := complete(t, url, "sk_test_123", load(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Incomplete {
			t.Errorf("%s: still incomplete", name)
		}
		for _, e := range got.Events {
			if err := e.Check(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if name == "session_incomplete" && len(got.Events[0].Lines) == 0 {
			t.Error("session_incomplete: no lines")
		}
	}
	if _, err := complete(t, url, "no_key_at_all", load(t, "session_incomplete")); enrolld.OutcomeOf(err) != enrolld.OutcomePark {
		t.Errorf("with a key that is none: got %v, want parked", err)
	}
}

// stand is a stand-in for the API that always answers the same.
func stand(t *testing.T, status int, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

const (
	lineItems = `{"object":"list","url":"/v1/checkout/sessions/cs/line_items","has_more":false,"data":[
		{"id":"li_1","object":"item","amount_total":4900,"currency":"usd","description":"x","quantity":1,
		 "price":{"id":"price_1","metadata":{},"product":{"id":"prod_A","name":"Course A"}}},
		{"id":"li_2","object":"item","amount_total":2000,"currency":"usd","description":"Workbook","quantity":2,
		 "price":{"id":"price_2","metadata":{"enrolld_product":"workbook"},"product":"prod_W"}}]}`
	chargeOfInvoice = `{"id":"ch_A2","object":"charge","currency":"usd","amount_refunded":2000,"refunded":false,"invoice":"in_A2"}`
)

func TestCompleteSession(t *testing.T) {
	got, err := complete(t, stand(t, 200, lineItems), "rk_test_1", load(t, "session_incomplete"))
	if err != nil {
		t.Fatal(err)
	}
	sale := func(n int64, q int) *enrolld.Sale {
		return &enrolld.Sale{
			Paid: true, SoldAt: at(3, 1, 10, 15), Quantity: q, Amount: enrolld.Money{Minor: n, Currency: "USD"},
		}
	}
	want := []enrolld.EventLine{
		{Key: "price_1", Product: enrolld.ProductRef{ID: "prod_A", Variant: "price_1", Name: "Course A"}, Sale: sale(4900, 1)},
		{Key: "price_2", Product: enrolld.ProductRef{ID: "workbook", Variant: "price_2", Name: "Workbook"}, Sale: sale(2000, 2)},
	}
	if diff := cmp.Diff(want, got.Events[0].Lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestCompleteCharge(t *testing.T) {
	url := stand(t, 200, chargeOfInvoice)
	got, err := complete(t, url, "rk_test_1", load(t, "charge_refunded_new"))
	if err != nil {
		t.Fatal(err)
	}
	e := got.Events[0]
	if diff := cmp.Diff([]string{"pi_A2", "ch_A2", "in_A2"}, e.Refs); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
	if e.Refunds[0].Value.Payment != "in_A2" || !e.Refunds[0].Value.Full {
		t.Errorf("refund: got %+v, want all of in_A2", e.Refunds[0].Value)
	}
	if got, err = complete(t, url, "rk_test_1", load(t, "refund_failed")); err != nil {
		t.Fatal(err)
	}
	want := enrolld.Refund{Amount: enrolld.Money{Minor: 2000, Currency: "USD"}, Payment: "in_A2"}
	if diff := cmp.Diff(want, got.Events[0].Refunds[0].Value); diff != "" {
		t.Errorf("refund after one failed (-want +got):\n%s", diff)
	}
	if got, err = complete(t, url, "rk_test_1", load(t, "dispute_created")); err != nil {
		t.Fatal(err)
	}
	if p := got.Events[0].Dispute.Value.Payment; p != "in_A2" {
		t.Errorf("dispute: got payment %q, want in_A2", p)
	}
}

func TestCompleteWithoutKey(t *testing.T) {
	_, err := complete(t, "http://127.0.0.1:1", "", load(t, "session_incomplete"))
	var park *enrolld.ParkError
	if !errors.As(err, &park) || !strings.Contains(park.Reason, "API key") {
		t.Errorf("a session without lines: got %v, want parked for an API key", err)
	}
	for _, name := range []string{"session_subscription", "charge_refunded_new", "dispute_created", "refund_failed"} {
		if _, err := complete(t, "http://127.0.0.1:1", "", load(t, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := load(t, "session_incomplete")
	r.Body = []byte(strings.Replace(string(r.Body), `"client_reference_id": null`, `"client_reference_id": "course-7"`, 1))
	got, err := complete(t, "http://127.0.0.1:1", "", r)
	if err != nil || len(got.Events[0].Lines) != 1 || got.Events[0].Lines[0].Product.ID != "course-7" {
		t.Errorf("with client_reference_id: got %+v (%v), want the line course-7", got.Events, err)
	}
}

func TestCompleteFailures(t *testing.T) {
	const key = "rk_test_secret0123456789"
	problem := `{"error":{"type":"invalid_request_error","message":"Invalid API Key provided: ` + key + `"}}`
	for name, tc := range map[string]struct {
		status int
		body   string
		want   enrolld.Outcome
	}{
		"unauthorized": {401, problem, enrolld.OutcomePark},
		"forbidden":    {403, problem, enrolld.OutcomePark},
		"not found":    {404, problem, enrolld.OutcomePark},
		"too many":     {429, problem, enrolld.OutcomeRetry},
		"down":         {500, problem, enrolld.OutcomeRetry},
		"proxy page":   {502, "<html>", enrolld.OutcomeRetry},
		"truncated":    {200, lineItems[:100], enrolld.OutcomeRetry},
		"redirect":     {302, "", enrolld.OutcomeRetry},
	} {
		url := stand(t, tc.status, tc.body)
		for _, sample := range []string{"session_incomplete", "session_subscription", "charge_refunded_new"} {
			_, err := complete(t, url, key, load(t, sample))
			if got := enrolld.OutcomeOf(err); got != tc.want {
				t.Errorf("%s, %s: got outcome %s (%v), want %s", name, sample, got, err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), key) {
				t.Errorf("%s: the error has the API key in it", name)
			}
		}
	}
}

func TestCompleteDeadline(t *testing.T) {
	released := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-released:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(released); s.Close() })
	p, c, r := stripe.New(stripe.Options{BackendURL: s.URL}), integrations.Config{APIKey: "rk_test_1"}, load(t, "session_incomplete")
	parsed, err := p.Parse(c, r)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Complete(ctx, c, r, parsed); enrolld.CodeOf(err) != enrolld.Unavailable {
		t.Errorf("got %v, want unavailable", err)
	}
}
