package samcart_test

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/samcart"
)

func at(month time.Month, day, hour int) time.Time {
	return time.Date(2026, month, day, hour, 0, 0, 0, time.UTC)
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

// received says when samples come in that do not at the usual time: webhooks are
// not dated, so a life takes its time from receipt.
var received = map[string]time.Time{
	"refund_part": at(3, 5, 12), "refund": at(3, 10, 12), "refund_bump": at(3, 8, 12), "order_reversed": at(3, 9, 9),
	"m_rebill": at(4, 2, 8), "m_failed": at(5, 2, 9), "m_recovered": at(5, 4, 9), "m_restarted": at(5, 4, 10),
	"m_sub_recovered": at(5, 4, 9),
	"c_cancel":        at(4, 10, 10), "d_rebill": at(4, 2, 8), "d_failed": at(5, 2, 9), "d_delinquent": at(5, 10, 9),
	"s_completed": at(4, 3, 9), "r_refund": at(4, 5, 12),
}

func sign(secret enrolld.Secret, s platformtest.Sample, when time.Time) integrations.Request {
	r := platformtest.InBody(secret, s, when)
	if t, ok := received[s.Name]; ok {
		r.ReceivedAt = t.Add(when.Sub(platformtest.Received))
	}
	return r
}

const apiKey = enrolld.Secret("sc-api-key-123456")

// standIn answers as SamCart's API does of the orders in testdata/api.json.
func standIn(tb testing.TB) http.Handler {
	tb.Helper()
	b, err := os.ReadFile("testdata/api.json")
	if err != nil {
		tb.Fatal(err)
	}
	var answers map[string]json.RawMessage
	if err := json.Unmarshal(b, &answers); err != nil {
		tb.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("sc-api") != apiKey.Reveal() || r.Host != "api.samcart.com" {
			http.Error(w, `{"message":"Unauthorized"}`, http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodPost && r.URL.Path == "/v1/refunds/charges/9001/" {
			_, _ = w.Write([]byte(`{"id":7999}`))
			return
		}
		answer, ok := answers[r.URL.Path]
		if r.URL.Path == "/v1/products" {
			answer, ok = answers[r.URL.RequestURI()]
		}
		if !ok || r.Method != http.MethodGet {
			http.Error(w, `{"message":"Object could not be found"}`, http.StatusNotFound)
			return
		}
		_, _ = w.Write(answer)
	})
}

func connect(url string) integrations.Platform { return samcart.New(samcart.Options{BackendURL: url}) }

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	const (
		purchase = enrolld.EventPurchase
		payment  = enrolld.EventPayment
		failed   = enrolld.EventPaymentFailed
		refund   = enrolld.EventRefund
		sub      = enrolld.EventSubscription
	)
	return platformtest.Suite{
		Platform: connect(""),
		Config: integrations.Config{
			Secrets: []enrolld.Secret{"samcart-secret-1", "samcart-secret-2"}, APIKey: apiKey,
		},
		Sign: sign, Unsigned: true, API: standIn(tb), Denies: http.NotFoundHandler(), Connect: connect,
		Samples: platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
			"order": kinds(purchase), "order_numbers": kinds(purchase, payment), "order_part": kinds(purchase),
			"refund_part": kinds(refund), "order_refunded": kinds(purchase), "refund": kinds(refund),
			"order_bump": kinds(purchase), "refund_bump": kinds(refund), "order_reversed": kinds(purchase),
			"order_pending": kinds(purchase), "order_test": kinds(purchase),
			"m_order": kinds(purchase, payment), "m_rebill": kinds(payment), "m_failed": kinds(failed),
			"m_recovered": kinds(payment), "m_restarted": kinds(sub), "m_sub_recovered": kinds(sub), "c_order": kinds(purchase, payment),
			"c_cancel": kinds(enrolld.EventCancelled), "d_rebill": kinds(payment), "d_failed": kinds(failed),
			"d_delinquent": kinds(enrolld.EventEnded), "t_order": kinds(purchase), "s_completed": kinds(sub),
			"r_order": kinds(purchase, payment), "r_refund": kinds(refund, payment), "prospect": nil,
		}),
		Lives:     lives,
		Catalogue: []string{"101", "102 (bundle)", "201"},
		Refund: &integrations.Refund{
			Key: "1", Payment: "charge:9001", Amount: enrolld.Money{Minor: 1000, Currency: "USD"},
		},
		Refunded: []string{`POST /v1/refunds/charges/9001/ {"amount":1000}`},
		Lacks: map[string]string{
			platformtest.DisputeOpened: "SamCart sends nothing about disputes.",
			platformtest.DisputeWon:    "SamCart sends nothing about disputes.",
			platformtest.DisputeLost:   "SamCart sends nothing about disputes.",
		},
	}
}

const (
	course   = "101"
	workbook = "102"
	member   = "201"
)

func moment(t time.Time, lines ...string) platformtest.Moment {
	m := platformtest.Moment{At: t, Lines: map[string]string{}}
	for i := 0; i < len(lines); i += 2 {
		m.Lines[lines[i]] = lines[i+1]
	}
	return m
}

var lives = []platformtest.Life{
	{
		Name: "two products", Shows: []string{platformtest.Purchase},
		Samples: []string{"order"},
		Want:    []platformtest.Moment{moment(at(12, 31, 0), course, "live paid", workbook, "live paid")},
	},
	{
		Name: "a part of the money back", Shows: []string{platformtest.PartialRefund},
		Samples: []string{"order_part", "refund_part"},
		Want:    []platformtest.Moment{moment(at(12, 31, 0), course, "live paid")},
	},
	{
		Name: "money back", Shows: []string{platformtest.FullRefund},
		Samples: []string{"order_refunded", "refund"},
		Want:    []platformtest.Moment{moment(at(3, 11, 0), course, "ended refunded until 2026-03-10T12:00:00Z")},
	},
	{
		Name:    "one of two products given back",
		Samples: []string{"order_bump", "refund_bump"},
		Want: []platformtest.Moment{
			moment(at(3, 11, 0), course, "live paid", workbook, "ended refunded until 2026-03-08T12:00:00Z"),
		},
	},
	{
		Name:    "taken back by the bank",
		Samples: []string{"order_reversed"},
		Want:    []platformtest.Moment{moment(at(3, 11, 0), course, "ended refunded until 2026-03-09T09:00:00Z")},
	},
	{
		Name:    "not charged yet",
		Samples: []string{"order_pending"},
		Want:    []platformtest.Moment{moment(at(3, 11, 0), course, "ended unpaid until 2026-03-02T08:00:00Z")},
	},
	{
		Name: "membership", Shows: []string{platformtest.Rebill, platformtest.Failed, platformtest.Recovered},
		Samples: []string{"m_order", "m_rebill", "m_failed", "m_recovered", "m_sub_recovered", "m_restarted"},
		Want:    []platformtest.Moment{moment(at(5, 20, 0), member, "live paid until 2026-06-05T08:00:00Z")},
	},
	{
		Name: "cancelled", Shows: []string{platformtest.Cancelled},
		Samples: []string{"c_order", "c_cancel"},
		Want: []platformtest.Moment{
			moment(at(4, 20, 0), member, "live paid until 2026-05-02T08:00:00Z"),
			moment(at(5, 3, 0), member, "ended cancelled until 2026-05-02T08:00:00Z"),
		},
	},
	{
		Name: "payment missing", Shows: []string{platformtest.Expired},
		Samples: []string{"d_rebill", "d_failed", "d_delinquent"},
		Want: []platformtest.Moment{
			moment(at(5, 1, 0), member, "live paid until 2026-05-05T09:00:00Z"),
			moment(at(5, 3, 0), member, "live grace until 2026-05-05T09:00:00Z"),
			moment(at(5, 6, 0), member, "ended payment_failed until 2026-05-05T09:00:00Z"),
		},
	},
	{
		Name: "trial", Shows: []string{platformtest.Trial},
		Samples: []string{"t_order"},
		Want:    []platformtest.Moment{moment(at(3, 5, 0), member, "live trial until 2026-03-12T08:00:00Z")},
	},
	{
		Name:    "instalments all paid",
		Samples: []string{"s_completed"},
		Want:    []platformtest.Moment{moment(at(12, 31, 0), member, "live paid")},
	},
	{
		Name:    "a month given back",
		Samples: []string{"r_order", "r_refund"},
		Want:    []platformtest.Moment{moment(at(4, 6, 0), member, "ended refunded until 2026-04-02T08:00:00Z")},
	},
}
