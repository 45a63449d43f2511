package paddle_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"enrolld"
	"enrolld/integrations"
)

// orderSub has two payments: the first with a workbook, and a renewal.
func orderSub() enrolld.Order {
	pay := func(id string, n int64, lines ...string) enrolld.Order {
		return enrolld.Event{At: at(3, 1, 10, 16), Refs: []string{id}, Payment: &enrolld.EventPart[enrolld.Payment]{
			ID: id, Value: enrolld.Payment{Amount: integrations.Minor(n, "USD"), Lines: lines},
		}}.Order()
	}
	return pay(txnFirst, 5760, priceM, itemFirstW).Merge(pay("txn_01kjmsecond000000000000000", 3480, priceM))
}

func TestRefundBodies(t *testing.T) {
	usd := func(n int64) enrolld.Money { return integrations.Minor(n, "USD") }
	for name, tc := range map[string]struct {
		refund integrations.Refund
		want   string // the body of the call that gives money back; "": none is made
	}{
		"all of the only payment": {integrations.Refund{Order: orderOnce()}, `"type":"full","transaction_id":"` + txnOnce + `"`},
		"its whole sum":           {integrations.Refund{Order: orderOnce(), Amount: usd(10440)}, `"type":"full"`},
		"a line": {
			integrations.Refund{Order: orderOnce(), Line: itemW}, `"items":[{"item_id":"` + itemW + `","type":"full"}]`,
		},
		"a part of a line": {
			integrations.Refund{Order: orderOnce(), Line: itemW, Amount: usd(100)},
			`"items":[{"item_id":"` + itemW + `","type":"partial","amount":"100"}]`,
		},
		"a part of a renewal": {
			integrations.Refund{Order: orderSub(), Payment: "txn_01kjmsecond000000000000000", Amount: usd(100)},
			`"items":[{"item_id":"txnitm_01kjmsecondm00000000000000","type":"partial","amount":"100"}]`,
		},
		"a line that renews": {
			integrations.Refund{Order: orderSub(), Payment: txnFirst, Line: priceM},
			`"items":[{"item_id":"txnitm_01kjmfirstm000000000000000","type":"full"}]`,
		},
		"a line of one payment":        {integrations.Refund{Order: orderSub(), Line: itemFirstW}, `"item_id":"` + itemFirstW + `"`},
		"a part of several lines":      {integrations.Refund{Order: orderOnce(), Amount: usd(100)}, ""},
		"of which payment":             {integrations.Refund{Order: orderSub()}, ""},
		"a line of which payment":      {integrations.Refund{Order: orderSub(), Line: priceM}, ""},
		"a payment of somewhere else":  {integrations.Refund{Order: orderSub(), Payment: "in_1"}, ""},
		"nothing that was ever paid":   {integrations.Refund{}, ""},
		"a line that was not paid for": {integrations.Refund{Order: orderSub(), Payment: txnFirst, Line: priceC}, ""},
	} {
		var bodies []string
		backend := newBackend(t)
		p := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				b, _ := io.ReadAll(r.Body)
				bodies = append(bodies, string(b))
				r.Body = io.NopCloser(strings.NewReader(string(b)))
			}
			backend.ServeHTTP(w, r)
		}))
		err := p.Refund(t.Context(), integrations.Config{APIKey: apiKey}, tc.refund)
		switch {
		case tc.want == "":
			if enrolld.CodeOf(err) != enrolld.Invalid || len(bodies) > 0 {
				t.Errorf("%s: got %v and calls %q, want none", name, err, bodies)
			}
		case err != nil || len(bodies) != 1 || !strings.Contains(bodies[0], tc.want):
			t.Errorf("%s: got %v and calls %q, want %s", name, err, bodies, tc.want)
		}
	}
}

func TestRefundRefused(t *testing.T) {
	p := connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		problem(w, http.StatusBadRequest, "adjustment_total_amount_above_remaining_allowed")
	}))
	err := p.Refund(t.Context(), integrations.Config{APIKey: apiKey}, integrations.Refund{Order: orderOnce()})
	if enrolld.CodeOf(err) != enrolld.Invalid || !strings.Contains(err.Error(), "above_remaining_allowed") {
		t.Errorf("got %v, want Paddle's reason", err)
	}
	if err := p.Refund(t.Context(), integrations.Config{}, integrations.Refund{Order: orderOnce()}); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("without a key: got %v, want invalid", err)
	}
}
