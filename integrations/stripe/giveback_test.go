package stripe_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/stripe"
)

// sold is an order of lines with these prices, paid by one payment.
func sold(payment string, prices map[string]int64) enrolld.Order {
	e := enrolld.Event{At: at(3, 1, 0, 0), Refs: []string{payment}}
	var total int64
	for key, price := range prices {
		total += price
		e.Lines = append(e.Lines, enrolld.EventLine{Key: key, Sale: &enrolld.Sale{Paid: true, Amount: integrations.Minor(price, "USD")}})
	}
	e.Payment = &enrolld.EventPart[enrolld.Payment]{ID: payment, Value: enrolld.Payment{Amount: integrations.Minor(total, "USD")}}
	return e.Order()
}

// TestRefund_line gives back a line's price, not the payment that it was a part of.
func TestRefund_line(t *testing.T) {
	t.Parallel()
	two := sold("pi_1", map[string]int64{"price_1": 4900, "price_2": 2000})
	one := sold("pi_1", map[string]int64{"price_1": 4900})
	unpriced := sold("pi_1", map[string]int64{"price_1": 4900, "price_2": 0})
	test := sold("pi_1", map[string]int64{"price_1": 4900})
	test.Test, test.Payments, test.Refs = true, nil, enrolld.NewRefSet("test:cs_1", "test:pi_9")
	renewed := one.Merge(sold("in_A2", map[string]int64{"price_1": 4900}))
	eur := integrations.Minor(100, "EUR")
	for name, tt := range map[string]struct {
		give integrations.Refund
		want string // what is posted beside the reason; "" where it is refused
	}{
		"one of two":          {integrations.Refund{Order: two, Line: "price_2"}, "amount=2000&payment_intent=pi_1"},
		"a part of it":        {integrations.Refund{Order: two, Line: "price_2", Amount: integrations.Minor(500, "USD")}, "amount=500&payment_intent=pi_1"},
		"more than the line":  {integrations.Refund{Order: two, Line: "price_2", Amount: integrations.Minor(2001, "USD")}, ""},
		"the only one":        {integrations.Refund{Order: one, Line: "price_1"}, "payment_intent=pi_1"},
		"of an unknown price": {integrations.Refund{Order: unpriced, Line: "price_2"}, ""},
		"of which payment":    {integrations.Refund{Order: renewed, Line: "price_1"}, ""},
		"another currency":    {integrations.Refund{Order: one, Amount: eur}, ""},
		"test mode":           {integrations.Refund{Order: test}, "payment_intent=pi_9"},
	} {
		var posted string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				body, _ := io.ReadAll(r.Body)
				posted = string(body)
			}
			_, _ = io.WriteString(w, `{"id":"re_1","object":"refund","status":"succeeded"}`)
		}))
		key := enrolld.Secret(apiKey)
		if tt.give.Order.Test {
			key = "rk_test_0123456789"
		}
		err := stripe.New(stripe.Options{BackendURL: server.URL}).Refund(t.Context(), integrations.Config{APIKey: key}, tt.give)
		server.Close()
		got := slices.Sorted(slices.Values(slices.DeleteFunc(strings.Split(posted, "&"), func(s string) bool {
			return s == "" || strings.HasPrefix(s, "reason=")
		})))
		if diff := cmp.Diff(tt.want, strings.Join(got, "&")); diff != "" {
			t.Errorf("%s: posted (-want +got, %v):\n%s", name, err, diff)
		}
		if tt.want == "" && enrolld.CodeOf(err) != enrolld.Invalid || tt.want != "" && err != nil {
			t.Errorf("%s: got error %v", name, err)
		}
	}
}

// TestPull_tooMuch: what is beyond the last page that is read is not passed over
// in silence, and what was read is not lost.
func TestPull_tooMuch(t *testing.T) {
	t.Parallel()
	pages := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/charges" {
			_, _ = io.WriteString(w, list())
			return
		}
		pages++
		_, _ = fmt.Fprintf(w, `{"object":"list","has_more":true,"data":[{"id":"ch_%d","object":"charge","amount_refunded":100,
			"refunded":true,"currency":"usd","livemode":true,"created":1772360100}]}`, pages)
	}))
	defer server.Close()
	p, c, taken := stripe.New(stripe.Options{BackendURL: server.URL}), integrations.Config{APIKey: apiKey}, 0
	err := p.Pull(t.Context(), c, time.Now().AddDate(0, 0, -90), func(integrations.Request) error {
		taken++
		return nil
	})
	if enrolld.CodeOf(err) != enrolld.Invalid || !strings.Contains(err.Error(), "charges") {
		t.Errorf("got %v, want an error that says what was too much", err)
	}
	if taken != pages || pages < 100 {
		t.Errorf("took %d of %d", taken, pages)
	}
}
