package thrivecart_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/thrivecart"
)

const apiKey = "ABCD-1234-EFGH"

func connect(url string) integrations.Platform {
	return thrivecart.New(thrivecart.Options{BackendURL: url})
}

// standIn is ThriveCart's API.
func standIn() http.Handler {
	answers := map[string]string{
		"GET /api/external/products": `[{"product_id":12,"name":"Course A","type":"digital"},{"product_id":"19","name":"Course B"}]`,
		"GET /api/external/bumps":    `{"bumps":[{"bump_id":12,"name":"Workbook"}]}`,
		"GET /api/external/upsells":  `[{"upsell_id":2,"label":"Coaching"}]`,
		"POST /api/external/refund":  `{"success":true}`,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.Method+" "+r.URL.Path]
		switch {
		case r.Host != "thrivecart.com" || r.Header.Get("Authorization") != "Bearer "+apiKey:
			http.Error(w, `{"error":"auth.missing"}`, http.StatusUnauthorized)
		case r.Header.Get("X-TC-Mode") != "live" && r.Header.Get("X-TC-Mode") != "test":
			http.Error(w, `{"error":"mode"}`, http.StatusBadRequest)
		case !ok:
			http.Error(w, `{"error":"There are none"}`, http.StatusNotFound)
		default:
			_, _ = io.WriteString(w, answer)
		}
	})
}

// TestRefund_refused: the API gives back one item in full and nothing else.
func TestRefund_refused(t *testing.T) {
	t.Parallel()
	order := enrolld.Order{Refs: enrolld.NewRefSet("order:7"), Lines: map[string]enrolld.Line{
		"product-12": {Sale: enrolld.Latest[enrolld.Sale]{Value: enrolld.Sale{Amount: enrolld.Money{Minor: 4900, Currency: "USD"}}}},
		"bump-12":    {},
	}}
	for name, r := range map[string]integrations.Refund{
		"no item of two":    {Order: order},
		"no order":          {Line: "bump-12"},
		"a part":            {Order: order, Line: "product-12", Amount: enrolld.Money{Minor: 100, Currency: "USD"}},
		"not an item":       {Order: order, Line: "payment-1"},
		"no key configured": {Order: order, Line: "bump-12"},
	} {
		c := integrations.Config{APIKey: apiKey}
		if strings.HasPrefix(name, "no key") {
			c.APIKey = ""
		}
		// Nothing listens there: what is asked at all fails in another way.
		err := thrivecart.New(thrivecart.Options{BackendURL: "http://127.0.0.1:1"}).Refund(t.Context(), c, r)
		if enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("%s: got %v, want invalid", name, err)
		}
	}
}

// TestRefund_order finds ThriveCart's number of an order in test mode too, cuts a
// long reason between letters, and does not give back an item where one payment
// of several is meant.
func TestRefund_order(t *testing.T) {
	t.Parallel()
	var mode, body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mode, body = r.Header.Get("X-TC-Mode"), string(b)
		standIn().ServeHTTP(w, r)
	}))
	defer server.Close()
	p, c := thrivecart.New(thrivecart.Options{BackendURL: server.URL}), integrations.Config{APIKey: apiKey}
	pay := func(id string) enrolld.Order {
		return enrolld.Event{
			At: at(3, 1, 0, 0), Test: true, Refs: []string{"order:7"}, Lines: []enrolld.EventLine{{Key: "product-12"}},
			Payment: &enrolld.EventPart[enrolld.Payment]{ID: id, Value: enrolld.Payment{Lines: []string{"product-12"}}},
		}.Order()
	}
	give := integrations.Refund{Order: pay("first:product-12"), Payment: "first:product-12", Reason: "x" + strings.Repeat("é", 150)}
	if err := p.Refund(t.Context(), c, give); err != nil {
		t.Fatal(err)
	}
	form, err := url.ParseQuery(body)
	if err != nil || mode != "test" || form.Get("order_id") != "7" || form.Get("reference") != "product-12" {
		t.Errorf("got mode %q and body %q, %v", mode, body, err)
	}
	if reason := form.Get("reason"); !utf8.ValidString(reason) || len(reason) > 200 || len(reason) < 190 {
		t.Errorf("got reason %q of %d bytes", reason, len(reason))
	}
	give.Order = give.Order.Merge(pay("invoice:7-2"))
	if err := p.Refund(t.Context(), c, give); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("one payment of two: got %v, want invalid", err)
	}
}
