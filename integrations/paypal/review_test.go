package paypal_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/paypal"
)

// TestRefundOfFreeLine gives nothing back for a line that cost nothing: a refund
// without an amount would be one of the whole payment.
func TestRefundOfFreeLine(t *testing.T) {
	o := paid(map[string]string{"C1": ""})
	line := func(n int64) enrolld.Line {
		return enrolld.Line{Sale: enrolld.Latest[enrolld.Sale]{At: at(3, 1, 0, 0), Value: enrolld.Sale{Paid: true, Amount: usd(n)}}}
	}
	o.Lines = map[string]enrolld.Line{"course": line(4900), "bonus": line(0)}
	var asked []string
	st := newStand()
	st.asked = func(r *http.Request, b []byte) { asked = append(asked, string(b)) }
	p := serve(t, st)
	if err := p.Refund(t.Context(), config(), integrations.Refund{Key: "k", Order: o, Line: "bonus"}); enrolld.CodeOf(err) != enrolld.Invalid || len(asked) > 0 {
		t.Errorf("got %v after %q, want nothing given back", err, asked)
	}
	if err := p.Refund(t.Context(), config(), integrations.Refund{Key: "k", Order: o, Line: "course"}); err != nil || !strings.Contains(asked[len(asked)-1], "49.00") {
		t.Errorf("got %v after %q, want what the line cost", err, asked)
	}
}

// TestDiscountOnSeveralItems shares what was paid out to the lines: items have their
// price without the discount of the order.
func TestDiscountOnSeveralItems(t *testing.T) {
	item := func(sku, price string) string {
		return `{"sku":"` + sku + `","quantity":"1","unit_amount":{"currency_code":"USD","value":"` + price + `"}}`
	}
	for items, want := range map[string][2]int64{
		item("a", "40.00") + "," + item("b", "9.00"):   {4000, 900},
		item("a", "60.00") + "," + item("b", "38.00"):  {3000, 1900}, // half
		item("a", "100.00") + "," + item("b", "47.01"): {3333, 1567},
		item("a", "98.00") + "," + item("b", "0.00"):   {4900, 0},
		item("a", "0.00") + "," + item("b", "0.00"):    {0, 0},
	} {
		got, err := complete(t, serve(t, ordersOf(somebody, `"items":[`+items+`]`)), config(), change(t, "capture_completed"))
		if err != nil {
			t.Fatal(err)
		}
		l := got.Events[0].Lines
		if len(l) != 2 || l[0].Sale.Amount != usd(want[0]) || l[1].Sale.Amount != usd(want[1]) {
			t.Errorf("%s: got %+v and %+v, want %v", items, l[0].Sale, l[1].Sale, want)
		}
	}
}

// TestReversalNamesSubscription finds the subscription's order whatever id a
// reversal has.
func TestReversalNamesSubscription(t *testing.T) {
	r := change(t, "sale_a_reversed", "2ABA6230Y4260811E", "9RV45624FP2916042")
	got, err := complete(t, serve(t, newStand()), config(), r)
	if err != nil || !slices.Contains(got.Events[0].Refs, "sub:I-BW452GLLEP1A") {
		t.Errorf("got %+v (%v), want the subscription", got.Events, err)
	}
}

// TestNotThereYet asks again for what PayPal does not know moments after it told of
// it, and later leaves it to a person.
func TestNotThereYet(t *testing.T) {
	for age, want := range map[time.Duration]enrolld.Outcome{0: enrolld.OutcomeRetry, 2 * time.Hour: enrolld.OutcomePark} {
		for _, name := range []string{"capture_completed", "sale_a_first"} {
			st := newStand()
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/v2/checkout/") || strings.HasPrefix(r.URL.Path, "/v1/billing/") {
					http.Error(w, `{"name":"RESOURCE_NOT_FOUND"}`, http.StatusNotFound)
					return
				}
				st.ServeHTTP(w, r)
			})
			r := change(t, name)
			r.ReceivedAt = time.Now().Add(-age)
			c := postback()
			if _, err := complete(t, serve(t, h), c, r); enrolld.OutcomeOf(err) != want {
				t.Errorf("%s after %s: got %v, want %s", name, age, err, want)
			}
		}
	}
}

// TestAnswerFromElsewhere asks again where nobody is at PayPal's addresses.
func TestAnswerFromElsewhere(t *testing.T) {
	for _, path := range []string{"/v1/oauth2/token", "/v1/notifications/verify-webhook-signature"} {
		st := newStand()
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == path {
				http.NotFound(w, r)
				return
			}
			st.ServeHTTP(w, r)
		})
		if _, err := complete(t, serve(t, h), postback(), change(t, "capture_completed")); enrolld.OutcomeOf(err) != enrolld.OutcomeRetry {
			t.Errorf("%s: got %v, want another try", path, err)
		}
	}
}

// TestPrices has what was paid for too little wait for a person: where the shop's
// page makes the order in the buyer's browser he can change its amount.
func TestPrices(t *testing.T) {
	for name, tc := range map[string]struct {
		sample, prices string
		change         []string
		want           enrolld.Outcome
	}{
		"the price":           {"capture_completed", `{"course-7":"39.00 USD","workbook":"5.00 USD"}`, nil, enrolld.OutcomeDone},
		"less":                {"capture_completed", `{"course-7":"39.01 USD"}`, nil, enrolld.OutcomePark},
		"in no such money":    {"capture_completed", `{"course-7":"1.00 EUR"}`, nil, enrolld.OutcomePark},
		"no price":            {"capture_completed", `{"other":"99.00 USD"}`, nil, enrolld.OutcomeDone},
		"an order":            {"order_completed", `{"course-7":"9999.00 USD"}`, nil, enrolld.OutcomePark},
		"a subscription":      {"sale_a_first", `{"P-5ML4271244454362WXNWU5NQ":"1.00 USD"}`, nil, enrolld.OutcomeDone},
		"a cheap one":         {"sale_a_first", `{"P-5ML4271244454362WXNWU5NQ":"9999.00 USD"}`, nil, enrolld.OutcomePark},
		"refunds cost naught": {"capture_refunded_part", `{"course-7":"9999.00 USD"}`, nil, enrolld.OutcomeDone},
	} {
		c := config()
		c.Settings = []byte(`{"prices":` + tc.prices + `}`)
		got, err := complete(t, serve(t, newStand()), c, change(t, tc.sample, tc.change...))
		if enrolld.OutcomeOf(err) != tc.want {
			t.Errorf("%s: got %+v (%v), want %s", name, got.Events, err, tc.want)
		}
	}
	c := config()
	c.Settings = []byte(`{"prices":{"a":"49"}}`)
	if err := paypal.New(paypal.Options{}).CheckConfig(c); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("got %v, want invalid", err)
	}
}
