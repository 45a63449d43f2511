package paypalipn_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/paypalipn"
	"enrolld/integrations/platformtest"
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

func sign(_ enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
	return integrations.Request{Header: http.Header{"Content-Type": {s.Type}}, Body: s.Body, ReceivedAt: at}
}

// asked is the body of a question.
func asked(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	return string(body)
}

// verdict stands in for PayPal: it knows the bodies that it sent, to the byte.
func verdict(sent []platformtest.Sample) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		form, ok := strings.CutPrefix(asked(r), "cmd=_notify-validate&")
		host := "ipnpb.paypal.com"
		if strings.Contains(form, "&test_ipn=1") {
			host = "ipnpb.sandbox.paypal.com"
		}
		if !ok || r.Method != http.MethodPost || r.URL.Path != "/cgi-bin/webscr" || r.Host != host ||
			r.Header.Get("User-Agent") == "" || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			http.Error(w, "what is this", http.StatusForbidden)
			return
		}
		for _, s := range sent {
			if string(s.Body) == form {
				_, _ = io.WriteString(w, "VERIFIED")
				return
			}
		}
		_, _ = io.WriteString(w, "INVALID")
	})
}

// config has secrets because the suite wants some: there are none to be used.
func config() integrations.Config {
	return integrations.Config{
		Secrets:  []enrolld.Secret{"unused-secret-1", "unused-secret-2"},
		Settings: []byte(`{"receiver":["shop@example.com","S8XGHLYDW9T3S"]}`),
	}
}

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	const (
		purchase = enrolld.EventPurchase
		payment  = enrolld.EventPayment
		refund   = enrolld.EventRefund
		sub      = enrolld.EventSubscription
		failed   = enrolld.EventPaymentFailed
		cancel   = enrolld.EventCancelled
		ended    = enrolld.EventEnded
		lost     = enrolld.EventDisputeLost
	)
	samples := platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
		"web_accept": kinds(purchase), "web_accept_sandbox": kinds(purchase), "web_accept_japanese": kinds(purchase),
		"express_checkout": kinds(purchase), "cart": kinds(purchase), "echeck_pending": kinds(purchase),
		"echeck_completed": kinds(purchase), "echeck_failed": kinds(failed), "refund_part": kinds(refund),
		"refund_rest": kinds(refund), "cart_refunded": kinds(refund), "new_case": kinds(enrolld.EventDisputeOpened),
		"reversed": kinds(lost), "canceled_reversal": kinds(enrolld.EventDisputeWon), "adjustment": kinds(lost),
		"subscr_signup": kinds(purchase), "subscr_payment": kinds(payment), "subscr_payment_second": kinds(payment),
		"subscr_payment_pending": nil, "subscr_payment_failed": kinds(failed), "subscr_failed": kinds(failed),
		"subscr_payment_recovered": kinds(payment), "subscr_refunded": kinds(refund), "subscr_modify": kinds(sub),
		"subscr_cancel": kinds(cancel), "subscr_signup_old": kinds(purchase), "subscr_payment_old": kinds(payment),
		"subscr_cancel_old": kinds(cancel), "subscr_eot": kinds(ended), "subscr_signup_trial": kinds(purchase),
		"subscr_payment_trial": kinds(payment), "recurring_created": kinds(purchase, payment),
		"recurring_created_trial": kinds(purchase), "recurring_payment": kinds(payment), "recurring_failed": kinds(failed),
		"recurring_skipped": kinds(failed), "recurring_cancelled": kinds(cancel), "recurring_suspended": kinds(sub),
		"recurring_expired": kinds(ended), "send_money": nil, "mp_signup": nil,
		"mp_cancel": nil, "masspay": nil, "merch_pmt": kinds(purchase), "pro_hosted": kinds(purchase),
		"virtual_terminal": kinds(purchase),
	})
	return platformtest.Suite{
		Platform: paypalipn.New(paypalipn.Options{}),
		Config:   config(),
		Sign:     sign, SignsBody: true, Unsigned: true,
		API: verdict(samples), Denies: verdict(nil),
		Connect: func(url string) integrations.Platform {
			return paypalipn.New(paypalipn.Options{BackendURL: url})
		},
		Lacks: map[string]string{
			platformtest.Rotation:  "There is no secret: PayPal itself is asked about every message.",
			platformtest.Catalogue: "PayPal has no list of the buttons of an account that could be asked for.",
			platformtest.RefundAPI: "IPN is a message only: it has no call that gives money back.",
		},
		Samples: samples,
		Lives:   lives,
	}
}

func course(access string) map[string]string { return map[string]string{"course-7": access} }

func monthly(access string) map[string]string { return map[string]string{"subscription": access} }

var lives = []platformtest.Life{
	{
		Name: "bought once, a part given back", Shows: []string{platformtest.Purchase, platformtest.PartialRefund},
		Samples: []string{"web_accept", "refund_part"},
		Want:    []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: course("live paid")}},
	},
	{
		Name: "bought once, all given back", Shows: []string{platformtest.FullRefund},
		Samples: []string{"web_accept", "refund_part", "refund_rest"},
		Want:    []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: course("ended refunded until 2026-03-06T10:15:00Z")}},
	},
	{
		Name: "typed in by the seller", Samples: []string{"virtual_terminal"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: course("live paid")}},
	},
	{
		Name: "hosted checkout", Samples: []string{"pro_hosted"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: course("live paid")}},
	},
	{
		Name: "paid by an agreement, which ends later", Samples: []string{"merch_pmt"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: course("live paid")}},
	},
	{
		Name: "cart", Samples: []string{"cart"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{"course-7": "live paid", "workbook": "live paid"}}},
	},
	{
		Name: "cart, given back", Samples: []string{"cart", "cart_refunded"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{
			"course-7": "ended refunded until 2026-03-06T10:15:00Z", "workbook": "ended refunded until 2026-03-06T10:15:00Z",
		}}},
	},
	{
		Name: "bank transfer on its way", Samples: []string{"echeck_pending"},
		Want: []platformtest.Moment{{At: at(3, 2, 0, 0), Lines: course("ended unpaid until 2026-03-01T10:15:00Z")}},
	},
	{
		Name: "bank transfer that came", Samples: []string{"echeck_pending", "echeck_completed"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: course("live paid")}},
	},
	{
		Name: "dispute open", Shows: []string{platformtest.DisputeOpened}, Samples: []string{"web_accept", "new_case"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: course("suspended dispute_open")}},
	},
	{
		Name: "dispute lost", Shows: []string{platformtest.DisputeLost}, Samples: []string{"web_accept", "new_case", "reversed"},
		Want: []platformtest.Moment{{At: at(3, 22, 0, 0), Lines: course("ended dispute_lost until 2026-03-10T10:15:00Z")}},
	},
	{
		Name: "dispute won", Shows: []string{platformtest.DisputeWon},
		Samples: []string{"web_accept", "new_case", "reversed", "canceled_reversal"},
		Want:    []platformtest.Moment{{At: at(3, 22, 0, 0), Lines: course("live paid")}},
	},
	{
		Name: "dispute closed by an adjustment", Samples: []string{"web_accept", "new_case", "adjustment"},
		Want: []platformtest.Moment{{At: at(3, 22, 0, 0), Lines: course("ended dispute_lost until 2026-03-20T10:15:00Z")}},
	},
	{
		Name: "subscription, cancelled", Shows: []string{platformtest.Rebill, platformtest.Cancelled},
		Samples: []string{"subscr_signup", "subscr_payment", "subscr_payment_second", "subscr_modify", "subscr_cancel"},
		Want: []platformtest.Moment{
			{At: at(3, 10, 0, 0), Lines: monthly("live paid until 2026-04-05T10:15:00Z")},
			{At: at(4, 6, 0, 0), Lines: monthly("ended cancelled until 2026-04-05T10:15:00Z")},
		},
	},
	{
		Name: "subscription, running", Samples: []string{"subscr_signup", "subscr_payment"},
		Want: []platformtest.Moment{{At: at(3, 1, 0, 0), Lines: monthly("live paid")}},
	},
	{
		Name: "subscription without a payment", Samples: []string{"subscr_signup"},
		Want: []platformtest.Moment{{At: at(3, 1, 0, 0), Lines: monthly("ended unpaid until 2026-02-01T10:15:00Z")}},
	},
	{
		Name: "payment without a subscription", Samples: []string{"subscr_payment"},
		Want: []platformtest.Moment{{At: at(3, 1, 0, 0), Lines: monthly("live paid")}},
	},
	{
		Name: "subscription, over", Shows: []string{platformtest.Expired},
		Samples: []string{"subscr_signup_old", "subscr_payment_old", "subscr_cancel_old", "subscr_eot"},
		Want:    []platformtest.Moment{{At: at(3, 3, 0, 0), Lines: monthly("ended cancelled until 2026-03-02T08:00:00Z")}},
	},
	{
		Name: "payment failed", Shows: []string{platformtest.Failed},
		Samples: []string{"subscr_signup", "subscr_payment", "subscr_failed"},
		Want: []platformtest.Moment{
			{At: at(3, 3, 0, 0), Lines: monthly("live grace until 2026-03-05T08:00:00Z")},
			{At: at(3, 6, 0, 0), Lines: monthly("ended payment_failed until 2026-03-05T08:00:00Z")},
		},
	},
	{
		Name: "payment failed and came", Shows: []string{platformtest.Recovered},
		Samples: []string{"subscr_signup", "subscr_payment", "subscr_failed", "subscr_payment_recovered"},
		Want:    []platformtest.Moment{{At: at(3, 20, 0, 0), Lines: monthly("live paid")}},
	},
	{
		Name: "later payment given back", Samples: []string{"subscr_signup", "subscr_payment", "subscr_payment_second", "subscr_refunded"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: monthly("ended refunded until 2026-03-01T10:15:05Z")}},
	},
	{
		Name: "trial", Shows: []string{platformtest.Trial}, Samples: []string{"subscr_signup_trial"},
		Want: []platformtest.Moment{{At: at(3, 3, 0, 0), Lines: monthly("live trial until 2026-03-18T10:15:00Z")}},
	},
	{
		Name: "trial and on", Samples: []string{"subscr_signup_trial", "subscr_payment_trial"},
		Want: []platformtest.Moment{{At: at(4, 1, 0, 0), Lines: monthly("live paid")}},
	},
	{
		Name: "recurring payment", Samples: []string{"recurring_created", "recurring_payment"},
		Want: []platformtest.Moment{{At: at(4, 10, 0, 0), Lines: monthly("live paid until 2026-05-04T10:00:00Z")}},
	},
	{
		Name: "recurring payment, cancelled", Samples: []string{"recurring_created", "recurring_cancelled"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: monthly("live paid until 2026-04-01T10:00:00Z")}},
	},
	{
		Name: "recurring payment, trial", Samples: []string{"recurring_created_trial"},
		Want: []platformtest.Moment{{At: at(3, 3, 0, 0), Lines: monthly("live trial until 2026-03-18T10:00:00Z")}},
	},
	{
		Name: "recurring payment, suspended", Samples: []string{"recurring_created", "recurring_suspended"},
		Want: []platformtest.Moment{{At: at(4, 2, 0, 0), Lines: monthly("ended paused until 2026-04-01T10:00:00Z")}},
	},
}

func TestConformance(t *testing.T) { platformtest.Run(t, suite(t)) }

func BenchmarkAccept(b *testing.B) { platformtest.BenchAccept(b, suite(b)) }

func BenchmarkParse(b *testing.B) { platformtest.BenchParse(b, suite(b)) }

func BenchmarkDelivery(b *testing.B) { platformtest.BenchDelivery(b, suite(b)) }

func FuzzParse(f *testing.F) {
	s := suite(f)
	for _, sample := range s.Samples {
		f.Add(sample.Body, sample.Type)
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		platformtest.Survive(t, s.Platform, s.Config, integrations.Request{
			Header: http.Header{"Content-Type": {contentType}}, Body: body, ReceivedAt: platformtest.Received,
		})
	})
}
