package gumroad_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/gumroad"
)

func TestRefund(t *testing.T) {
	part, dollars := partBack, enrolld.Money{Minor: 2000, Currency: "USD"}
	all, most, euros, several, unknown := part, part, part, part, part
	all.Amount = enrolld.Money{}
	most.Amount.Minor = 4900
	euros.Amount.Currency = "EUR"
	several.Order.Payments = map[string]enrolld.Latest[enrolld.Payment]{saleA: {}, "other==": {}}
	unknown.Payment = "other=="
	const put = "PUT /v2/sales/" + saleA + "/refund"
	for name, tc := range map[string]struct {
		refund integrations.Refund
		sample string
		calls  []string
		want   enrolld.Code
	}{
		"a part":                 {part, "sale_once", []string{"GET /v2/sales/" + saleA, put}, ""},
		"all":                    {all, "sale_once", []string{put}, ""},
		"all, in words":          {most, "sale_once", []string{put}, ""},
		"another currency":       {euros, "sale_once", nil, enrolld.Invalid},
		"which one of several":   {several, "sale_once", nil, enrolld.Invalid},
		"none of the order's":    {unknown, "sale_once", nil, enrolld.Invalid},
		"more than there is":     {part, "refund_full", []string{"GET /v2/sales/" + saleA}, enrolld.Invalid},
		"a part, bought for 49€": {ofEuro(dollars), "sale_euro", []string{"GET /v2/sales/EUROXN-dbxYaBdahG97Y-Q=="}, enrolld.Invalid},
	} {
		api := newStandIn(t)
		api.asked(tc.sample)
		server := httptest.NewServer(api)
		err := gumroad.New(gumroad.Options{BackendURL: server.URL}).Refund(t.Context(), config, tc.refund)
		server.Close()
		if got := enrolld.CodeOf(err); got != tc.want {
			t.Errorf("%s: got code %q (%v), want %q", name, got, err, tc.want)
		}
		if diff := cmp.Diff(tc.calls, api.calls); diff != "" {
			t.Errorf("%s: calls (-want +got):\n%s", name, diff)
		}
	}
}

func ofEuro(amount enrolld.Money) integrations.Refund {
	return integrations.Refund{Amount: amount, Order: enrolld.Order{Payments: map[string]enrolld.Latest[enrolld.Payment]{
		"EUROXN-dbxYaBdahG97Y-Q==": {Value: enrolld.Payment{Amount: enrolld.Money{Minor: 5347, Currency: "USD"}}},
	}}}
}

func TestRefundAnswers(t *testing.T) {
	all := partBack
	all.Amount = enrolld.Money{}
	for name, tc := range map[string]struct {
		status int
		body   string
		want   enrolld.Code
	}{
		"refused":     {200, `{"success":false,"message":"Purchase is already refunded."}`, enrolld.Invalid},
		"made":        {200, `{"success":true,"sale":{}}`, ""},
		"made, I say": {200, `<html>`, ""},
		"unwell":      {502, ``, enrolld.Conflict},
		"not yet":     {429, ``, enrolld.Unavailable},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tc.status)
			_, _ = w.Write([]byte(tc.body))
		}))
		err := gumroad.New(gumroad.Options{BackendURL: server.URL}).Refund(t.Context(), config, all)
		server.Close()
		if got := enrolld.CodeOf(err); got != tc.want {
			t.Errorf("%s: got code %q (%v), want %q", name, got, err, tc.want)
		}
		if err != nil && strings.Contains(err.Error(), "already refunded.") {
			t.Errorf("%s: the error quotes the answer", name)
		}
	}
}

// FuzzComplete lets the API answer anything.
func FuzzComplete(f *testing.F) {
	f.Add([]byte(`{"success":true,"sale":{"id":"FO8TXN-dbxYaBdahG97Y-Q==","created_at":"2026-03-01T10:15:00Z","price":1}}`), "")
	f.Add(load(f, "api", "sale.json"), "Sun, 01 Mar 2026 10:15:00 GMT")
	f.Add(load(f, "api", "subscriber.json"), "Sun, 01 Mar 9999 10:15:00 GMT")
	var answer []byte
	var date string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", date)
		switch {
		case strings.HasPrefix(string(answer), `{"success"`):
			_, _ = w.Write(answer)
		case strings.Contains(r.URL.Path, "subscribers"):
			_, _ = w.Write([]byte(`{"success":true,"subscriber":` + string(answer) + `}`))
		default:
			_, _ = w.Write([]byte(`{"success":true,"sale":` + string(answer) + `}`))
		}
	}))
	f.Cleanup(server.Close)
	p, c := gumroad.New(gumroad.Options{BackendURL: server.URL}), config
	c.Settings = nil
	f.Fuzz(func(t *testing.T, body []byte, at string) {
		answer, date = body, strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return -1
			}
			return r
		}, at)
		for _, sample := range []string{"sale_once", "cancellation"} {
			r := ping(t, sample, nil)
			got, err := p.Complete(t.Context(), c, r, integrations.Parsed{})
			if err == nil && (got.Ignored == "") == (len(got.Events) == 0) {
				t.Errorf("%s: %d events and ignored %q, want one or the other", sample, len(got.Events), got.Ignored)
			}
			for _, e := range got.Events {
				if err := e.Check(); err != nil {
					t.Errorf("%s: an event is not usable: %v", sample, err)
				}
			}
		}
	})
}
