package paypal_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/paypal"
	"enrolld/integrations/platformtest"
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

func config() integrations.Config {
	return integrations.Config{Secrets: []enrolld.Secret{webhook, webhook2}, APIKey: apiKey}
}

// catalogue is what the stand-in has.
func catalogue() []string {
	var keys []string
	for i := 1; i <= 23; i++ {
		keys = append(keys, fmt.Sprintf("P-%02d", i))
	}
	return append(keys, "course-01", "course-02")
}

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	const (
		purchase = enrolld.EventPurchase
		payment  = enrolld.EventPayment
		refund   = enrolld.EventRefund
		sub      = enrolld.EventSubscription
		failed   = enrolld.EventPaymentFailed
		opened   = enrolld.EventDisputeOpened
	)
	denies := newStand()
	denies.chain, denies.status = pki().stranger.chain, "FAILURE"
	return platformtest.Suite{
		Platform: paypal.New(paypal.Options{Roots: roots()}),
		Config:   config(),
		Sign:     sign, SignsBody: true, Unsigned: true,
		API: newStand(), Denies: denies,
		Connect:   func(url string) integrations.Platform { return connect(url) },
		Catalogue: catalogue(),
		Refund: &integrations.Refund{
			Key: "refund-1", Payment: "42311647XV020574X", Amount: enrolld.Money{Minor: 2000, Currency: "USD"}, Reason: "As agreed",
			Order: enrolld.Order{Payments: map[string]enrolld.Latest[enrolld.Payment]{"42311647XV020574X": {At: at(3, 1, 10, 15)}}},
		},
		Refunded: []string{
			"POST /v1/oauth2/token",
			`POST /v2/payments/captures/42311647XV020574X/refund "amount":{"currency_code":"USD","value":"20.00"}`,
		},
		Sandbox: &integrations.Config{Secrets: config().Secrets, Settings: []byte(`{"sandbox":true}`)},
		Samples: platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
			"capture_completed": kinds(purchase), "capture_refunded_part": kinds(refund), "capture_refunded_rest": kinds(refund),
			"refund_failed": kinds(refund), "disputed_completed": kinds(purchase), "capture_reversed": kinds(refund),
			"part_reversed": kinds(refund), "dispute_created": kinds(opened), "dispute_updated": kinds(opened),
			"dispute_won": kinds(enrolld.EventDisputeWon), "dispute_lost": kinds(enrolld.EventDisputeLost),
			"dispute_part": kinds(enrolld.EventDisputeWon), "order_completed": kinds(purchase, purchase),
			"order_part_completed": kinds(purchase), "order_approved": nil, "capture_pending": nil,
			"capture_denied": kinds(failed), "capture_declined": kinds(failed),
			"sub_created": nil, "sub_a_activated": kinds(purchase), "sub_b_activated": kinds(purchase),
			"sub_c_activated": kinds(purchase), "sub_t_activated": kinds(purchase),
			"sale_a_first": kinds(payment, sub), "sale_b_first": kinds(payment, sub), "sale_c_first": kinds(payment, sub),
			"sale_t_first": kinds(payment, sub), "sale_a_rebill": kinds(payment, sub), "sale_b_recovered": kinds(payment, sub),
			"sub_a_updated": kinds(sub), "sub_a_cancelled": kinds(enrolld.EventCancelled), "sale_a_refunded": kinds(refund),
			"sale_a_reversed": kinds(refund), "sub_b_failed": kinds(failed), "sub_b_suspended": kinds(sub),
			"sub_b_reactivated": kinds(sub), "sub_c_expired": kinds(enrolld.EventEnded), "sale_pending": nil,
			"sale_denied": kinds(failed), "plan_created": nil,
		}),
		Lives: lives,
	}
}

func course(access string) map[string]string { return map[string]string{"course-7": access} }

func monthly(access string) map[string]string { return map[string]string{"subscription": access} }

var lives = []platformtest.Life{
	{
		Name: "bought once, a part given back", Shows: []string{platformtest.Purchase, platformtest.PartialRefund},
		Samples: []string{"capture_completed", "capture_refunded_part"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{
			"course-7": "live paid", "workbook": "live paid",
		}}},
	},
	{
		Name: "bought once, all given back", Shows: []string{platformtest.FullRefund},
		Samples: []string{"capture_completed", "capture_refunded_part", "capture_refunded_rest"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{
			"course-7": "ended refunded until 2026-03-06T10:15:00Z", "workbook": "ended refunded until 2026-03-06T10:15:00Z",
		}}},
	},
	{
		Name:    "bought once, one refund failed",
		Samples: []string{"capture_completed", "capture_refunded_part", "capture_refunded_rest", "refund_failed"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{
			"course-7": "live paid", "workbook": "live paid",
		}}},
	},
	{
		Name: "dispute open", Shows: []string{platformtest.DisputeOpened},
		Samples: []string{"disputed_completed", "dispute_created", "dispute_updated"},
		Want:    []platformtest.Moment{{At: at(3, 15, 0, 0), Lines: course("suspended dispute_open")}},
	},
	{
		Name: "reversed, dispute won", Shows: []string{platformtest.DisputeWon},
		Samples: []string{"disputed_completed", "dispute_created", "capture_reversed", "dispute_updated", "dispute_won"},
		Want:    []platformtest.Moment{{At: at(3, 22, 0, 0), Lines: course("live paid")}},
	},
	{
		Name: "reversed, dispute lost", Shows: []string{platformtest.DisputeLost},
		Samples: []string{"disputed_completed", "dispute_created", "capture_reversed", "dispute_lost"},
		Want:    []platformtest.Moment{{At: at(3, 22, 0, 0), Lines: course("ended dispute_lost until 2026-03-20T10:15:00Z")}},
	},
	{
		Name:    "reversed, of a dispute nothing is heard",
		Samples: []string{"disputed_completed", "capture_reversed"},
		Want:    []platformtest.Moment{{At: at(3, 22, 0, 0), Lines: course("ended refunded until 2026-03-10T10:15:00Z")}},
	},
	{
		Name:    "dispute about a part",
		Samples: []string{"disputed_completed", "dispute_created", "part_reversed", "dispute_part"},
		Want:    []platformtest.Moment{{At: at(3, 22, 0, 0), Lines: course("live paid")}},
	},
	{
		Name:    "order of two units, told twice",
		Samples: []string{"order_completed", "order_part_completed"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{
			"course-7": "live paid", "course-8": "live paid",
		}}},
	},
	{
		Name: "subscription, cancelled", Shows: []string{platformtest.Rebill, platformtest.Cancelled},
		Samples: []string{"sub_a_activated", "sale_a_first", "sale_a_rebill", "sub_a_updated", "sub_a_cancelled"},
		Want: []platformtest.Moment{
			{At: at(4, 11, 0, 0), Lines: monthly("live paid until 2026-05-01T10:02:00Z")},
			{At: at(5, 2, 0, 0), Lines: monthly("ended cancelled until 2026-05-01T10:02:00Z")},
		},
	},
	{
		Name:    "subscription of which only payments are heard",
		Samples: []string{"sale_a_first"},
		Want:    []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: monthly("live paid until 2026-04-04T10:00:00Z")}},
	},
	{
		Name:    "subscription without a payment",
		Samples: []string{"sub_b_failed"},
		Want:    []platformtest.Moment{{At: at(4, 10, 0, 0), Lines: monthly("ended payment_failed until 2026-04-04T10:05:00Z")}},
	},
	{
		Name: "payment failed", Shows: []string{platformtest.Failed},
		Samples: []string{"sub_b_activated", "sale_b_first", "sub_b_failed"},
		Want: []platformtest.Moment{
			{At: at(4, 2, 0, 0), Lines: monthly("live grace until 2026-04-04T10:05:00Z")},
			{At: at(4, 5, 0, 0), Lines: monthly("ended payment_failed until 2026-04-04T10:05:00Z")},
		},
	},
	{
		Name: "payment failed and came", Shows: []string{platformtest.Recovered},
		Samples: []string{"sub_b_activated", "sale_b_first", "sub_b_failed", "sale_b_recovered"},
		Want:    []platformtest.Moment{{At: at(4, 20, 0, 0), Lines: monthly("live paid until 2026-05-09T10:00:00Z")}},
	},
	{
		Name:    "suspended",
		Samples: []string{"sub_b_activated", "sale_b_first", "sub_b_failed", "sub_b_suspended"},
		Want:    []platformtest.Moment{{At: at(4, 12, 0, 0), Lines: monthly("ended payment_failed until 2026-04-04T10:05:00Z")}},
	},
	{
		Name:    "suspended and active again",
		Samples: []string{"sub_b_activated", "sale_b_first", "sub_b_failed", "sub_b_suspended", "sub_b_reactivated"},
		Want:    []platformtest.Moment{{At: at(5, 1, 0, 0), Lines: monthly("live paid until 2026-05-23T10:00:00Z")}},
	},
	{
		Name: "trial", Shows: []string{platformtest.Trial},
		Samples: []string{"sub_t_activated"},
		Want:    []platformtest.Moment{{At: at(3, 3, 0, 0), Lines: monthly("live trial until 2026-03-18T10:00:00Z")}},
	},
	{
		Name:    "trial and on",
		Samples: []string{"sub_t_activated", "sale_t_first"},
		Want:    []platformtest.Moment{{At: at(3, 20, 0, 0), Lines: monthly("live paid until 2026-04-18T10:03:00Z")}},
	},
	{
		Name: "all payments made", Shows: []string{platformtest.Expired},
		Samples: []string{"sub_c_activated", "sale_c_first", "sub_c_expired"},
		Want:    []platformtest.Moment{{At: at(4, 2, 0, 0), Lines: monthly("ended cancelled until 2026-04-01T10:30:00Z")}},
	},
	{
		Name:    "later payment given back",
		Samples: []string{"sub_a_activated", "sale_a_first", "sale_a_rebill", "sale_a_refunded"},
		Want:    []platformtest.Moment{{At: at(4, 10, 0, 0), Lines: monthly("ended refunded until 2026-04-01T10:00:00Z")}},
	},
	{
		Name:    "later payment reversed",
		Samples: []string{"sub_a_activated", "sale_a_first", "sale_a_rebill", "sale_a_reversed"},
		Want:    []platformtest.Moment{{At: at(4, 10, 0, 0), Lines: monthly("ended refunded until 2026-04-01T10:00:00Z")}},
	},
}

func TestConformance(t *testing.T) { platformtest.Run(t, suite(t)) }

func BenchmarkAccept(b *testing.B) { platformtest.BenchAccept(b, suite(b)) }

func BenchmarkParse(b *testing.B) { platformtest.BenchParse(b, suite(b)) }

func BenchmarkDelivery(b *testing.B) { platformtest.BenchDelivery(b, suite(b)) }

func FuzzParse(f *testing.F) {
	s := suite(f)
	for _, sample := range s.Samples {
		f.Add(sample.Body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		platformtest.Survive(t, s.Platform, s.Config, integrations.Request{
			Header: http.Header{}, Body: body, ReceivedAt: platformtest.Received,
		})
	})
}
