package shopify_test

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
	"enrolld/integrations/shopify"
)

const base = "/admin/api/2026-10"

// standIn speaks Shopify's Admin API about what the samples tell.
func standIn(tb testing.TB) http.Handler {
	tb.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"/orders/{id}", http.NotFound)
	mux.HandleFunc("GET "+base+"/orders/5001/transactions.json", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, transactions)
	})
	mux.HandleFunc("GET "+base+"/products.json", products)
	mux.HandleFunc("POST "+base+"/graphql.json", graphQL)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "acme.myshopify.com" {
			http.Error(w, `{"errors":"Not Found"}`, http.StatusNotFound)
			return
		}
		if r.Header.Get("X-Shopify-Access-Token") != token.Reveal() {
			http.Error(w, `{"errors":"[API] Invalid API key or access token"}`, http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		mux.ServeHTTP(w, r)
	})
}

// transactions: 56.50 were paid, in an authorization and its capture; 22.60 went
// back, and 5.00 more failed to.
const transactions = `{"transactions":[
 {"id":900000,"order_id":5001,"kind":"authorization","gateway":"shopify_payments","status":"success","amount":"56.50",
  "currency":"USD","parent_id":null,"test":false},
 {"id":900001,"order_id":5001,"kind":"capture","gateway":"shopify_payments","status":"success","amount":"56.50",
  "currency":"USD","parent_id":900000,"test":false},
 {"id":900002,"order_id":5001,"kind":"refund","gateway":"shopify_payments","status":"success","amount":"22.60",
  "currency":"USD","parent_id":900001,"test":false},
 {"id":900003,"order_id":5001,"kind":"refund","gateway":"shopify_payments","status":"failure","amount":"5.00",
  "currency":"USD","parent_id":900001,"test":false}]}`

func products(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("limit") != "250" {
		http.Error(w, `{"errors":"limit"}`, http.StatusBadRequest)
		return
	}
	if q.Get("page_info") == "" {
		w.Header().Set("Link", `<https://acme.myshopify.com`+base+`/products.json?limit=250&page_info=abc%3D>; rel="next"`)
		_, _ = io.WriteString(w, `{"products":[{"id":632910392,"title":"Course A","variants":[
		 {"id":808950810,"title":"Lifetime"},{"id":808950812,"title":"One year"}]}]}`)
		return
	}
	if q.Get("page_info") != "abc=" {
		http.Error(w, `{"errors":"page_info"}`, http.StatusBadRequest)
		return
	}
	w.Header().Set("Link", `<https://acme.myshopify.com`+base+`/products.json?limit=250&page_info=zzz>; rel="previous"`)
	_, _ = io.WriteString(w, `{"products":[{"id":632910400,"title":"Club","variants":[{"id":808950900,"title":"Default Title"}]}]}`)
}

func graphQL(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Query     string
		Variables struct {
			ID, After, Key string
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, "{}", http.StatusBadRequest)
		return
	}
	switch {
	case strings.Contains(q.Query, "refundCreate") && len(q.Variables.Key) == 36:
		_, _ = io.WriteString(w, `{"data":{"refundCreate":{"refund":{"id":"gid://shopify/Refund/1"},"userErrors":[]}}}`)
	case q.Variables.ID == "gid://shopify/SubscriptionContract/3001":
		_, _ = io.WriteString(w, contract("3001", "ACTIVE", 5010, 20001, 20002, `{"nodes":[],"pageInfo":{"hasNextPage":false}}`))
	case q.Variables.ID == "gid://shopify/SubscriptionContract/3002" && q.Variables.After == "":
		// The first page has the order that the contract began with once more.
		_, _ = io.WriteString(w, contract("3002", "CANCELLED", 5020, 20101, 20102, `{"nodes":[
		 {"id":"gid://shopify/Order/5020","processedAt":"2026-03-02T08:00:00Z","cancelledAt":null,"displayFinancialStatus":"PAID",
		  "totalPriceSet":{"shopMoney":{"amount":"39.0","currencyCode":"USD"}},
		  "lineItems":{"nodes":[{"id":"gid://shopify/LineItem/20101"},{"id":"gid://shopify/LineItem/20102"}]}}
		 ],"pageInfo":{"hasNextPage":true,"endCursor":"c1"}}`))
	case q.Variables.ID == "gid://shopify/SubscriptionContract/3002" && q.Variables.After == "c1":
		_, _ = io.WriteString(w, contract("3002", "CANCELLED", 5020, 20101, 20102, `{"nodes":[
		 {"id":"gid://shopify/Order/5021","processedAt":"2026-04-05T08:00:00Z","cancelledAt":null,"displayFinancialStatus":"PAID",
		  "totalPriceSet":{"shopMoney":{"amount":"29.0","currencyCode":"USD"}},
		  "lineItems":{"nodes":[{"id":"gid://shopify/LineItem/20111"}]}}
		 ],"pageInfo":{"hasNextPage":false,"endCursor":"c2"}}`))
	default:
		_, _ = io.WriteString(w, `{"data":{"subscriptionContract":null}}`)
	}
}

func contract(id, status string, order, line, other int, orders string) string {
	return fmt.Sprintf(`{"data":{"subscriptionContract":{"status":%q,
	 "billingPolicy":{"interval":"MONTH","intervalCount":1},
	 "lines":{"nodes":[{"productId":"gid://shopify/Product/632910400","variantId":"gid://shopify/ProductVariant/808950900"}]},
	 "originOrder":{"id":"gid://shopify/Order/%d","processedAt":"2026-03-02T08:00:00Z","cancelledAt":null,"displayFinancialStatus":"PAID",
	  "totalPriceSet":{"shopMoney":{"amount":"39.0","currencyCode":"USD"}},
	  "lineItems":{"nodes":[
	   {"id":"gid://shopify/LineItem/%d","contract":{"id":"gid://shopify/SubscriptionContract/%s"},
	    "product":{"id":"gid://shopify/Product/632910400"},"variant":{"id":"gid://shopify/ProductVariant/808950900"}},
	   {"id":"gid://shopify/LineItem/%d","contract":null,
	    "product":{"id":"gid://shopify/Product/632910393"},"variant":{"id":"gid://shopify/ProductVariant/808950811"}}]}},
	 "orders":%s}}}`, status, order, line, id, other, orders)
}

// answering makes the platform with an API that gives one answer to all questions
// in GraphQL, and the stand-in's to others.
func answering(t *testing.T, answer string) *shopify.Platform {
	t.Helper()
	s := standIn(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/graphql.json") {
			_, _ = io.WriteString(w, answer)
			return
		}
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return shopify.New(shopify.Options{BackendURL: server.URL})
}

// TestErrorsOfGraphQL: they come with status 200.
func TestErrorsOfGraphQL(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		want   enrolld.Outcome
	}{
		"throttled":      {`{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}`, enrolld.OutcomeRetry},
		"no right":       {`{"errors":[{"message":"no","extensions":{"code":"ACCESS_DENIED"}}],"data":{"x":null}}`, enrolld.OutcomePark},
		"another's":      {`{"data":{"subscriptionContract":null}}`, enrolld.OutcomePark},
		"unknown field":  {`{"errors":[{"message":"Field 'x' doesn't exist"}]}`, enrolld.OutcomePark},
		"nothing at all": {`{}`, enrolld.OutcomeRetry},
	} {
		p, r := answering(t, c.answer), request(t, "contract_active")
		parsed, err := p.Parse(config, r)
		if err != nil || !parsed.Incomplete {
			t.Fatalf("Parse: got incomplete %t (%v)", parsed.Incomplete, err)
		}
		_, err = p.Complete(t.Context(), config, r, parsed)
		if got := enrolld.OutcomeOf(err); got != c.want {
			t.Errorf("%s: got outcome %q (%v), want %q", name, got, err, c.want)
		}
	}
}

// TestContractWithoutKey: without the API nobody knows what a contract is about.
func TestContractWithoutKey(t *testing.T) {
	p, r := shopify.New(shopify.Options{}), request(t, "contract_active")
	c := integrations.Config{Secrets: config.Secrets}
	parsed, err := p.Parse(c, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = p.Complete(t.Context(), c, r, parsed); enrolld.OutcomeOf(err) != enrolld.OutcomePark {
		t.Errorf("got %v, want it parked", err)
	}
}

// TestOriginOrderWithoutContracts: where the lines of the first order do not name
// their contract they are known by product and variant.
func TestOriginOrderWithoutContracts(t *testing.T) {
	answer := strings.ReplaceAll(
		contract("3001", "ACTIVE", 5010, 20001, 20002, `{"nodes":[]}`),
		`"contract":{"id":"gid://shopify/SubscriptionContract/3001"}`, `"contract":null`)
	p, r := answering(t, answer), request(t, "contract_active")
	parsed, err := p.Parse(config, r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Complete(t.Context(), config, r, parsed)
	if err != nil {
		t.Fatal(err)
	}
	if l := got.Events[0].Lines; len(l) != 1 || l[0].Key != "20001" || l[0].Subscription != "contract:3001" {
		t.Errorf("got lines %+v, want 20001 alone", l)
	}
}

// TestContractOrderNotPaid: an order of the contract that is not paid, or in part,
// carries it nowhere.
func TestContractOrderNotPaid(t *testing.T) {
	for status, want := range map[string]int{
		"PAID": 1, "PARTIALLY_REFUNDED": 1, "REFUNDED": 1,
		"PENDING": 0, "AUTHORIZED": 0, "PARTIALLY_PAID": 0, "VOIDED": 0, "EXPIRED": 0, "": 0,
	} {
		answer := contract("3001", "ACTIVE", 5010, 20001, 20002, `{"nodes":[],"pageInfo":{"hasNextPage":false}}`)
		p := answering(t, strings.ReplaceAll(answer, `"displayFinancialStatus":"PAID"`, `"displayFinancialStatus":"`+status+`"`))
		r := request(t, "contract_active")
		parsed, err := p.Parse(config, r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Complete(t.Context(), config, r, parsed)
		if err != nil || len(got.Events) != 1+want || len(got.Events[0].Lines) != 1 {
			t.Errorf("%s: got %+v (%v), want %d payments", status, got.Events, err, want)
		}
	}
}

// TestBillingThatCrossesACancellation: a charge that was under way when the buyer
// cancelled does not bring the subscription back.
func TestBillingThatCrossesACancellation(t *testing.T) {
	s := suite(t)
	server := httptest.NewServer(s.API)
	t.Cleanup(server.Close)
	p, r := s.Connect(server.URL), request(t, "renewed_attempt_success")
	parsed, err := p.Parse(config, r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.(integrations.Completer).Complete(t.Context(), config, r, parsed) //nolint:forcetypeassert // it is one
	if err != nil {
		t.Fatal(err)
	}
	if state := got.Events[0].Subscription.Value.State; state != enrolld.SubscriptionCancelled {
		t.Errorf("got state %q, want cancelled", state)
	}
}

// TestRefunds tries what the suite's one refund does not.
func TestRefunds(t *testing.T) {
	usd := func(n int64) enrolld.Money { return integrations.Minor(n, "USD") }
	order := paidOrder()
	for name, c := range map[string]struct {
		refund integrations.Refund
		answer string
		want   enrolld.Code
		said   []string
	}{
		"a whole line": {
			refund: integrations.Refund{Line: "11002"},
			said:   []string{`"amount":"11.30"`, `"lineItemId":"gid://shopify/LineItem/11002"`, `"quantity":1`, `"NO_RESTOCK"`},
		},
		"a part of a line": {refund: integrations.Refund{Line: "11001", Amount: usd(500)}, said: []string{`"amount":"5.00"`, `"parentId":"gid://shopify/OrderTransaction/900001"`}},
		"too much":         {refund: integrations.Refund{Amount: usd(5000)}, want: enrolld.Invalid},
		"another currency": {refund: integrations.Refund{Amount: integrations.Minor(100, "EUR")}, want: enrolld.Invalid},
		"no such line":     {refund: integrations.Refund{Line: "9"}, want: enrolld.Invalid},
		"refused": {
			answer: `{"data":{"refundCreate":{"refund":null,"userErrors":[{"field":null,"message":"no"}]}}}`, want: enrolld.Invalid,
		},
		"done with other values": {
			answer: `{"errors":[{"extensions":{"code":"IDEMPOTENCY_KEY_PARAMETER_MISMATCH"}}]}`, want: enrolld.Conflict,
		},
	} {
		var body string
		answer := c.answer
		if answer == "" {
			answer = `{"data":{"refundCreate":{"refund":{"id":"gid://shopify/Refund/1"},"userErrors":[]}}}`
		}
		s := standIn(t)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/graphql.json") {
				b, _ := io.ReadAll(r.Body)
				body = string(b)
				_, _ = io.WriteString(w, answer)
				return
			}
			s.ServeHTTP(w, r)
		}))
		c.refund.Key, c.refund.Order = "k", order
		err := shopify.New(shopify.Options{BackendURL: server.URL}).Refund(t.Context(), config, c.refund)
		server.Close()
		if got := enrolld.CodeOf(err); got != c.want {
			t.Errorf("%s: got code %q (%v), want %q", name, got, err, c.want)
		}
		for _, part := range c.said {
			if !strings.Contains(body, part) {
				t.Errorf("%s: Shopify was not told %s", name, part)
			}
		}
		if strings.HasPrefix(name, "a part") && strings.Contains(body, "refundLineItems") {
			t.Errorf("%s: the item is taken out of the order", name)
		}
	}
}
