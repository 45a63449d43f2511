package jvzoo_test

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/jvzoo"
	"enrolld/integrations/platformtest"
)

const (
	apiKey   = "jvzoo-api-key-0123456789"
	settings = `{"periods":{"401235":"1 month","401235:Club | Monthly":"1 month","401237:Club with a trial":"1 month"}}`
)

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

// cverify is the proof of either version, made from the facts and not by our code.
func cverify(form url.Values, secret string) string {
	names := []string{"paykey", "customer_email", "product_name", "transaction_type", "date"}
	if !form.Has("paykey") {
		names = nil
		for name := range form {
			if name != "cverify" {
				names = append(names, name)
			}
		}
		slices.Sort(names)
	}
	text := ""
	for _, name := range names {
		text += form.Get(name) + "|"
	}
	sum := sha1.Sum([]byte(text + secret))
	return strings.ToUpper(hex.EncodeToString(sum[:])[:8])
}

func request(form string) integrations.Request {
	return integrations.Request{
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Body:   []byte(form), ReceivedAt: platformtest.Received,
	}
}

func sign(secret enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
	form, err := url.ParseQuery(string(s.Body))
	if err != nil {
		panic(err)
	}
	r := request(string(s.Body))
	if secret != "" {
		r = request(string(s.Body) + "&cverify=" + cverify(form, secret.Reveal()))
	}
	r.ReceivedAt = at
	return r
}

// api stands in for api.jvzoo.com: it knows the transactions of the samples.
func api(tb testing.TB) http.Handler {
	tb.Helper()
	rows := map[string]map[string]any{}
	for _, s := range samples(tb) {
		form, err := url.ParseQuery(string(s.Body))
		if err != nil {
			tb.Fatal(err)
		}
		rows[form.Get("paykey")] = map[string]any{
			"transaction_id": form.Get("transaction_id"), "date": form.Get("date"), "product_name": form.Get("product_name"),
			"product_id": json.Number(form.Get("product_id") + ""), "status": form.Get("status"), "price": form.Get("total"),
			"customer_email": form.Get("customer_email"), "affiliate_id": 0, "affiliate_name": "", "affiliate_commission": "0.00",
		}
	}
	delete(rows, "")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v2.0/transactions/summaries/{paykey}", func(w http.ResponseWriter, r *http.Request) {
		var results []any
		if row, ok := rows[r.PathValue("paykey")]; ok {
			results = append(results, row)
		}
		answer(w, 200, results)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != apiKey || password != "x" || r.Host != "api.jvzoo.com" {
			http.Error(w, `{"meta":{"status":{"http_status_code":401}}}`, http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, status int, results []any) {
	text, err := json.Marshal(map[string]any{
		"meta":    map[string]any{"status": map[string]any{"http_status_code": status}, "results_count": len(results)},
		"results": results,
	})
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(text)
}

func serve(tb testing.TB, h http.Handler) string {
	tb.Helper()
	s := httptest.NewServer(h)
	tb.Cleanup(s.Close)
	return s.URL
}

func connect(url string) integrations.Platform { return jvzoo.New(jvzoo.Options{BackendURL: url}) }

func samples(tb testing.TB) []platformtest.Sample {
	tb.Helper()
	purchase, payment, refund := kinds(enrolld.EventPurchase), kinds(enrolld.EventPayment), kinds(enrolld.EventRefund)
	lost, cancelled, sub := kinds(enrolld.EventDisputeLost), kinds(enrolld.EventCancelled), kinds(enrolld.EventSubscription)
	return platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
		"v1_sale": purchase, "v1_refund": refund, "v1_sub_sale": purchase, "v1_sub_bill": payment, "v1_sub_refund_bill": refund,
		"v1_sub_cancel": cancelled, "v1_sub_cancel_later": cancelled, "v1_sub_uncancel": sub, "v1_upsell": purchase,
		"v1_chargeback": lost, "v1_echeck_sale": purchase, "v1_echeck_bounced": lost, "v1_test": purchase,
		"v2_sale": purchase, "v2_refund": refund, "v2_sub_sale": purchase, "v2_sub_bill": payment, "v2_sub_refund_bill": refund,
		"v2_sub_cancel": cancelled, "v2_sub_uncancel": sub, "v2_trial_sale": purchase, "v2_trial_bill": payment,
		"v2_chargeback_sale": purchase, "v2_chargeback": lost, "v2_pending": purchase, "v2_bill_pending": nil, "v2_unknown": nil,
	})
}

func config() integrations.Config {
	return integrations.Config{
		Secrets: []enrolld.Secret{"jv-secret-1", "jv-secret-2"}, APIKey: apiKey, Settings: []byte(settings),
	}
}

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	return platformtest.Suite{
		Platform: connect(""), Connect: connect, API: api(tb), Config: config(), Sign: sign,
		Samples: samples(tb), Lives: lives,
		Crypto: func(r integrations.Request) {
			for range 2 {
				sha1.Sum(r.Body[:min(len(r.Body), 300)])
			}
		},
		Lacks: map[string]string{
			platformtest.Failed:        "JVZoo has no message about failed rebills; INSF, a bounced e-check, is told and counts as a lost dispute.",
			platformtest.Recovered:     "JVZoo has no message about failed rebills, so none of one made good.",
			platformtest.PartialRefund: "JVZoo documents no partial refunds: each counts as the whole payment.",
			platformtest.DisputeOpened: "JVZoo tells of a chargeback when the money is gone.",
			platformtest.DisputeWon:    "JVZoo does not tell of chargebacks that the seller won.",
			platformtest.Expired:       "JVZoo does not tell when the paid time of a cancelled subscription is over.",
			platformtest.Catalogue:     "JVZoo's API does not list products.",
			platformtest.RefundAPI:     "JVZoo's API gives no money back.",
		},
	}
}

func TestConformance(t *testing.T) { platformtest.Run(t, suite(t)) }

func BenchmarkAccept(b *testing.B) { platformtest.BenchAccept(b, suite(b)) }

func BenchmarkParse(b *testing.B) { platformtest.BenchParse(b, suite(b)) }

func BenchmarkDelivery(b *testing.B) { platformtest.BenchDelivery(b, suite(b)) }

func FuzzParse(f *testing.F) {
	s := suite(f)
	for _, sample := range s.Samples {
		f.Add(s.Sign(s.Config.Secrets[0], sample, platformtest.Received).Body, sample.Type)
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		platformtest.Survive(t, s.Platform, s.Config, integrations.Request{
			Header: http.Header{"Content-Type": {contentType}}, Body: body, ReceivedAt: platformtest.Received,
		})
	})
}
