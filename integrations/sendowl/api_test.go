package sendowl_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"enrolld"
	"enrolld/integrations"
)

// api stands in for SendOwl's.
var api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if key, secret, ok := r.BasicAuth(); !ok || key+":"+secret != config.APIKey.Reveal() {
		http.Error(w, "HTTP Basic: Access denied.", http.StatusUnauthorized)
		return
	}
	if r.Header.Get("Accept") != "application/json" {
		http.Error(w, "Please specify a supported `Accept` header.", http.StatusUnsupportedMediaType)
		return
	}
	list := map[string]string{
		"/api/v1/products": `[{"product":{"id":2811,"name":"Course A","product_type":"digital","price":15,"currency_code":"GBP"}},
			{"product":{"id":3,"name":"Workbook","product_type":"digital","price":15,"currency_code":"GBP"}}]`,
		"/api/v1/packages": `[{"package":{"id":3,"name":"Everything","price":"1200.00","components":{"product_ids":[11,12]}}}]`,
		"/api/v1/subscriptions": `[{"subscription":{"id":3,"name":"Membership","recurring_price":"15.00","frequency_interval":"month",
			"frequency_value":1,"recurring_type":"ongoing"}}]`,
	}[r.URL.Path]
	switch {
	case r.Method == http.MethodGet && list != "" && r.URL.Query().Get("per_page") == "50" && r.URL.Query().Get("page") == "1":
		_, _ = io.WriteString(w, list)
	case r.Method == http.MethodPost && r.URL.Path == "/api/v1/orders/123456/refund" && r.Header.Get("Content-Type") == "application/json":
		var asked struct{ Amount string }
		if json.NewDecoder(r.Body).Decode(&asked) != nil || asked.Amount == "" {
			http.Error(w, `{"errors":["Amount is invalid"]}`, http.StatusUnprocessableEntity)
		}
	default:
		http.NotFound(w, r)
	}
})

func gbp(n int64) enrolld.Money { return enrolld.Money{Minor: n, Currency: "GBP"} }

var partBack = integrations.Refund{
	Key: "r1", Amount: gbp(300), Order: enrolld.Order{
		Refs:     enrolld.NewRefSet("order:123456"),
		Payments: map[string]enrolld.Latest[enrolld.Payment]{"ch_once1": {Value: enrolld.Payment{Amount: gbp(1800)}}},
		Refunds:  map[string]enrolld.Latest[enrolld.Refund]{"re_0": {Value: enrolld.Refund{Amount: gbp(500)}}},
	},
}

func TestRefund(t *testing.T) {
	all, much, dollars, nameless := partBack, partBack, partBack, partBack
	all.Amount = enrolld.Money{}
	much.Amount.Minor = 1400
	dollars.Amount.Currency = "USD"
	nameless.Order.Refs = enrolld.NewRefSet("order:1/../2")
	for name, tc := range map[string]struct {
		refund integrations.Refund
		body   string
		want   enrolld.Code
	}{
		"a part":                  {partBack, `{"amount":"3.00","cancel_subscription":false,"revoke_access":false}`, ""},
		"what is left":            {all, `{"amount":"13.00","cancel_subscription":false,"revoke_access":false}`, ""},
		"more than that":          {much, "", enrolld.Invalid},
		"in another currency":     {dollars, "", enrolld.Invalid},
		"an order with no number": {nameless, "", enrolld.Invalid},
	} {
		var got string
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			got += string(b)
		}))
		err := connect(server.URL).(integrations.Refunder).Refund(t.Context(), config, tc.refund)
		server.Close()
		if code := enrolld.CodeOf(err); code != tc.want || got != tc.body {
			t.Errorf("%s: got code %q (%v) and asked %s, want %q and %s", name, code, err, got, tc.want, tc.body)
		}
	}
}

func TestRefundAnswers(t *testing.T) {
	for status, want := range map[int]enrolld.Code{200: "", 422: enrolld.Invalid, 429: enrolld.Unavailable, 500: enrolld.Conflict} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		err := connect(server.URL).(integrations.Refunder).Refund(t.Context(), config, partBack)
		server.Close()
		if got := enrolld.CodeOf(err); got != want {
			t.Errorf("status %d: got code %q (%v), want %q", status, got, err, want)
		}
	}
}

// The catalogue is read page by page, with pauses after the first few.
func TestCataloguePages(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, strings.TrimPrefix(r.URL.String(), "/api/v1/"))
		var items []string
		if strings.Contains(r.URL.Path, "products") && r.URL.Query().Get("page") == "1" {
			for i := range 50 {
				items = append(items, fmt.Sprintf(`{"product":{"id":%d,"name":"P"}}`, i+1))
			}
		}
		_, _ = io.WriteString(w, "["+strings.Join(items, ",")+"]")
	}))
	defer server.Close()
	got, err := connect(server.URL).(integrations.Cataloguer).Catalogue(t.Context(), config)
	if err != nil || len(got) != 50 || len(asked) != 4 || asked[1] != "products?per_page=50&page=2" {
		t.Errorf("got %d products (%v) by %q", len(got), err, asked)
	}
	none := config
	none.APIKey = ""
	if _, err := connect(server.URL).(integrations.Cataloguer).Catalogue(t.Context(), none); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("without a key: got %v, want code invalid", err)
	}
}
