package stripe_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/stripe"
)

// object is the object that a sample tells of.
func object(tb testing.TB, name string) json.RawMessage {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "samples", name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	var e struct {
		Data struct{ Object json.RawMessage }
	}
	if err := json.Unmarshal(body, &e); err != nil {
		tb.Fatal(err)
	}
	return e.Data.Object
}

func list(members ...string) string {
	return `{"object":"list","has_more":false,"data":[` + strings.Join(members, ",") + `]}`
}

// standIn is Stripe's API as it knows what the samples tell of.
func standIn(tb testing.TB) http.Handler {
	tb.Helper()
	answers := map[string]string{
		"GET /v1/checkout/sessions/cs_live_I/line_items": lineItems,
		"GET /v1/subscriptions/sub_A":                    string(object(tb, "sub_active")),
		"GET /v1/charges/ch_A2":                          `{"id":"ch_A2","currency":"usd","amount_refunded":4900,"refunded":true,"invoice":"in_A2"}`,
		"GET /v1/charges/ch_B":                           `{"id":"ch_B","currency":"usd","amount_refunded":2000,"refunded":false,"invoice":null}`,
		"GET /v1/charges/ch_D":                           `{"id":"ch_D","currency":"usd","amount_refunded":0,"refunded":false,"invoice":null}`,
		"GET /v1/products":                               list(`{"id":"prod_A","name":"Course A"}`, `{"id":"prod_W","name":"Workbook"}`),
		"GET /v1/prices": list(`{"id":"price_1","product":"prod_A","nickname":"monthly"}`,
			`{"id":"price_2","product":"prod_A","nickname":null}`, `{"id":"price_3","product":"prod_W","nickname":null}`),
		"GET /v1/invoices/in_A2": `{"id":"in_A2","payment_intent":"pi_A2","charge":"ch_A2"}`,
		"POST /v1/refunds":       `{"id":"re_1","object":"refund","status":"succeeded"}`,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+apiKey {
			http.Error(w, `{"error":{"type":"invalid_request_error","message":"no key"}}`, http.StatusUnauthorized)
			return
		}
		answer, ok := answers[r.Method+" "+r.URL.Path]
		if !ok {
			http.Error(w, `{"error":{"type":"invalid_request_error","message":"no such thing"}}`, http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	})
}

const apiKey = "rk_live_0123456789"

func connect(url string) integrations.Platform { return stripe.New(stripe.Options{BackendURL: url}) }

// TestRefund_onlyOnce: a key makes Stripe see one refund, whichever payment is
// meant is asked for, and an order of the other mode is refused.
func TestRefund(t *testing.T) {
	t.Parallel()
	order := func(test bool, payments ...string) enrolld.Order {
		o := enrolld.Order{Test: test, Payments: map[string]enrolld.Latest[enrolld.Payment]{}}
		for _, p := range payments {
			o.Payments[p] = enrolld.Latest[enrolld.Payment]{At: at(3, 1, 0, 0)}
		}
		return o
	}
	for _, tt := range []struct {
		name string
		give integrations.Refund
		want string // what is posted; "" where it is refused
	}{
		{"one payment", integrations.Refund{Key: "k", Order: order(false, "pi_1")}, "payment_intent=pi_1&reason=requested_by_customer"},
		{"a part", integrations.Refund{Key: "k", Order: order(false, "pi_1"), Amount: enrolld.Money{Minor: 700, Currency: "USD"}},
			"payment_intent=pi_1&reason=requested_by_customer&amount=700"},
		{"a charge", integrations.Refund{Key: "k", Order: order(false, "pi_1", "ch_2"), Payment: "ch_2"}, "charge=ch_2&reason=requested_by_customer"},
		{"an invoice", integrations.Refund{Key: "k", Order: order(false, "in_A1", "in_A2"), Payment: "in_A2"}, "payment_intent=pi_A2&reason=requested_by_customer"},
		{"no payment, but its id", integrations.Refund{Key: "k", Order: enrolld.Order{Refs: enrolld.NewRefSet("cs_1", "pi_9")}}, "payment_intent=pi_9&reason=requested_by_customer"},
		{"which of two", integrations.Refund{Key: "k", Order: order(false, "in_A1", "in_A2")}, ""},
		{"test order, live key", integrations.Refund{Key: "k", Order: order(true, "pi_1")}, ""},
	} {
		var posted, key string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				body, _ := io.ReadAll(r.Body)
				posted, key = string(body), r.Header.Get("Idempotency-Key")
			}
			standIn(t).ServeHTTP(w, r)
		}))
		err := stripe.New(stripe.Options{BackendURL: server.URL}).Refund(t.Context(), integrations.Config{APIKey: apiKey}, tt.give)
		server.Close()
		if (err == nil) != (tt.want != "") {
			t.Errorf("%s: got error %v", tt.name, err)
		}
		got, want := strings.Split(posted, "&"), strings.Split(tt.want, "&")
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: posted (-want +got):\n%s", tt.name, diff)
		}
		if tt.want != "" && key != "k" {
			t.Errorf("%s: got idempotency key %q", tt.name, key)
		}
	}
}

// pullServer knows an event that was not delivered, and objects of all kinds,
// over two pages.
func pullServer(t *testing.T) (url string, asked *[]string) {
	t.Helper()
	event, err := os.ReadFile(filepath.Join("testdata", "samples", "invoice_cycle.json"))
	if err != nil {
		t.Fatal(err)
	}
	refundOfOld, err := os.ReadFile(filepath.Join("testdata", "samples", "charge_refunded_new.json"))
	if err != nil {
		t.Fatal(err)
	}
	asked = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.Path+"?"+r.URL.RawQuery)
		q := r.URL.Query()
		answer := list()
		switch {
		case r.URL.Path == "/v1/events" && q.Get("delivery_success") == "false":
			answer = list(string(event))
		case r.URL.Path == "/v1/events": // what was delivered, or never sent
			answer = list(string(event), string(refundOfOld))
		case r.URL.Path == "/v1/checkout/sessions" && q.Get("starting_after") == "":
			answer = strings.Replace(list(string(object(t, "session_metadata"))), `"has_more":false`, `"has_more":true`, 1)
		case r.URL.Path == "/v1/checkout/sessions":
			answer = list(string(object(t, "session_unpaid")))
		case r.URL.Path == "/v1/invoices":
			answer = list(string(object(t, "old_invoice_first")))
		case r.URL.Path == "/v1/subscriptions":
			answer = list(string(object(t, "sub_active")), string(object(t, "sub_deleted")))
		case r.URL.Path == "/v1/charges":
			answer = list(string(object(t, "charge_refunded_part")), `{"id":"ch_9","amount_refunded":0}`)
		case r.URL.Path == "/v1/disputes":
			answer = list(string(object(t, "dispute_lost")))
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func TestPull(t *testing.T) {
	t.Parallel()
	url, asked := pullServer(t)
	p, c := stripe.New(stripe.Options{BackendURL: url}), integrations.Config{APIKey: apiKey}
	since := time.Now().AddDate(0, 0, -90)
	var events []string
	err := p.Pull(t.Context(), c, since, func(r integrations.Request) error {
		id := p.Identify(c, r)
		events = append(events, id.Event)
		if id.Event == "invoice.paid" && strings.Contains(string(r.Body), "in_A2") && !strings.HasPrefix(id.Key, "evt_") {
			t.Errorf("an event that was not delivered has key %q, want Stripe's own", id.Key)
		}
		parsed, err := p.Parse(c, r)
		if err != nil || len(parsed.Events) == 0 {
			t.Errorf("%s: %d events, %v", id.Event, len(parsed.Events), err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(events)
	want := []string{
		"charge.dispute.closed", "charge.refunded", "charge.refunded", "checkout.session.completed", "customer.subscription.deleted",
		"customer.subscription.updated", "invoice.paid", "invoice.paid",
	}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("pulled (-want +got):\n%s", diff)
	}
	var failed, paged, typed bool
	for _, q := range *asked {
		typed = typed || strings.HasPrefix(q, "/v1/events?") && strings.Contains(q, "types") && strings.Contains(q, "charge.refunded")
		failed = failed || strings.HasPrefix(q, "/v1/events?") && strings.Contains(q, "delivery_success=false")
		paged = paged || strings.HasPrefix(q, "/v1/checkout/sessions?") && strings.Contains(q, "starting_after=cs_")
	}
	if !failed || !paged || !typed {
		t.Errorf("asked for what was not delivered: %t, for the second page: %t, for events by type: %t, want all: %q",
			failed, paged, typed, *asked)
	}
	for name, h := range platformtest.Unwell {
		server := httptest.NewServer(h)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		err := stripe.New(stripe.Options{BackendURL: server.URL}).Pull(ctx, c, since, func(integrations.Request) error { return nil })
		cancel()
		if enrolld.CodeOf(err) != enrolld.Unavailable {
			t.Errorf("API %s: got %v, want unavailable", name, err)
		}
		server.CloseClientConnections()
		server.Close()
	}
}
