package sendowl_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/sendowl"
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

// sent is the event that a sample is sent for, and when it comes in where that
// matters.
var sent = map[string]struct {
	event string
	at    time.Time
}{
	"order_completed": {"order_completed", time.Time{}}, "new_payment": {"new_payment", time.Time{}},
	"refund_part": {"refund_issued", at(3, 3, 9, 5)}, "refund_rest": {"refund_issued", at(3, 5, 9, 5)},
	"completed_revoked": {"order_completed", time.Time{}}, "refund_revoked": {"refund_issued", at(3, 3, 9, 5)},
	"in_dispute": {"in_dispute", at(3, 6, 8, 0)}, "charged_back": {"order_charged_back", at(3, 20, 8, 0)},
	"order_failed": {"order_failed", at(3, 1, 10, 16)}, "fraud_review": {"fraud_review", time.Time{}},
	"order_free": {"free_order_issued", time.Time{}}, "order_imported": {"order_imported", time.Time{}},
	"order_gift": {"order_completed", time.Time{}}, "order_bundle": {"order_completed", time.Time{}},
	"sub_setup": {"subscription_setup", time.Time{}}, "sub_active": {"subscription_active", time.Time{}},
	"sub_payment": {"new_payment", at(4, 1, 10, 16)}, "sub_cancelling": {"subscription_cancelling", at(4, 10, 12, 0)},
	"sub_cancelled": {"subscription_cancelled", at(5, 1, 10, 20)}, "sub_refund": {"refund_issued", at(4, 3, 9, 5)},
	"fixed_active": {"subscription_active", time.Time{}}, "fixed_payment": {"new_payment", at(4, 1, 10, 16)},
	"fixed_complete": {"subscription_complete", at(4, 1, 10, 17)},
	"trial_active":   {"subscription_active", time.Time{}}, "trial_payment": {"new_payment", at(3, 8, 10, 16)},
	// The API's shape, and names as SendOwl's own pages write them.
	"old_completed": {"Order completed", time.Time{}}, "old_refund": {"Refund issued", at(3, 4, 9, 31)},
}

func sign(secret enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
	h := http.Header{"Content-Type": {s.Type}}
	h.Set("X-SENDOWL-EVENT", sent[s.Name].event)
	if secret != "" {
		sum := integrations.MAC(sha256.New, []byte(secret.Reveal()), s.Body)
		h.Set("X-SENDOWL-HMAC-SHA256", base64.StdEncoding.EncodeToString(sum))
	}
	if t := sent[s.Name].at; !t.IsZero() {
		at = t
	}
	return integrations.Request{Header: h, Body: s.Body, ReceivedAt: at}
}

var config = integrations.Config{
	Secrets: []enrolld.Secret{"so_signing_first0123", "so_signing_second45"}, APIKey: "apikey0123:apisecret4567",
}

func connect(url string) integrations.Platform { return sendowl.New(sendowl.Options{BackendURL: url}) }

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	const (
		purchase = enrolld.EventPurchase
		payment  = enrolld.EventPayment
		refund   = enrolld.EventRefund
	)
	return platformtest.Suite{
		Platform: sendowl.New(sendowl.Options{}), Config: config, Sign: sign, SignsBody: true,
		API: api, Connect: connect, Lives: lives,
		Samples: platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
			"order_completed": kinds(purchase, payment), "new_payment": kinds(payment),
			"refund_part": kinds(refund), "refund_rest": kinds(refund),
			"completed_revoked": kinds(purchase, payment), "refund_revoked": kinds(refund),
			"in_dispute": kinds(enrolld.EventDisputeOpened), "charged_back": kinds(enrolld.EventDisputeLost),
			"order_failed": kinds(enrolld.EventPaymentFailed), "fraud_review": nil,
			"order_free": kinds(purchase), "order_imported": kinds(purchase, payment), "order_gift": kinds(purchase, payment),
			"order_bundle": kinds(purchase, payment), "sub_setup": nil, "sub_active": kinds(purchase, payment),
			"sub_payment": kinds(payment), "sub_cancelling": kinds(enrolld.EventCancelled),
			"sub_cancelled": kinds(enrolld.EventEnded), "sub_refund": kinds(refund),
			"fixed_active": kinds(purchase, payment), "fixed_payment": kinds(payment), "fixed_complete": kinds(enrolld.EventEnded),
			"trial_active": kinds(purchase), "trial_payment": kinds(payment),
			"old_completed": kinds(purchase), "old_refund": kinds(refund),
		}),
		Catalogue: []string{"package-3 (bundle)", "product-2811", "product-3", "subscription-3"},
		Refund:    &partBack,
		Refunded:  []string{`POST /api/v1/orders/123456/refund {"amount":"3.00","cancel_subscription":false,"revoke_access":false}`},
		Lacks: map[string]string{
			platformtest.Failed:       "SendOwl's order_failed is told for a first payment only; no webhook tells of a missed subscription payment.",
			platformtest.Recovered:    "No webhook tells of a missed subscription payment, so none of one made good.",
			platformtest.DisputeWon:   "A dispute won is told by the same 'order completed' as the sale: access stays suspended.",
			platformtest.TestMode:     "Webhooks do not say that an order was made in a gateway's test mode.",
			platformtest.Confirmation: "Webhooks are signed and complete: nothing has to be asked.",
		},
	}
}

const (
	course  = "product-2811"
	monthly = "subscription-7489"
)

var lives = []platformtest.Life{
	{
		Name: "bought once", Shows: []string{platformtest.Purchase},
		Samples: []string{"order_completed", "new_payment"},
		Want:    []platformtest.Moment{{At: at(12, 31, 0, 0), Lines: map[string]string{course: "live paid"}}},
	},
	{
		Name: "a part given back", Shows: []string{platformtest.PartialRefund},
		Samples: []string{"order_completed", "new_payment", "refund_part"},
		Want:    []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{course: "live paid"}}},
	},
	{
		Name: "all given back in two parts", Shows: []string{platformtest.FullRefund},
		Samples: []string{"order_completed", "refund_part", "refund_rest"},
		Want: []platformtest.Moment{
			{At: at(3, 10, 0, 0), Lines: map[string]string{course: "ended refunded until 2026-03-05T09:00:00Z"}},
		},
	},
	{
		Name:    "a part given back, and access taken",
		Samples: []string{"completed_revoked", "refund_revoked"},
		Want: []platformtest.Moment{
			{At: at(3, 10, 0, 0), Lines: map[string]string{course: "ended refunded until 2026-03-03T09:05:00Z"}},
		},
	},
	{
		Name: "dispute", Shows: []string{platformtest.DisputeOpened},
		Samples: []string{"order_completed", "in_dispute"},
		Want:    []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{course: "suspended dispute_open"}}},
	},
	{
		Name: "charged back", Shows: []string{platformtest.DisputeLost},
		Samples: []string{"order_completed", "in_dispute", "charged_back"},
		Want: []platformtest.Moment{
			{At: at(3, 21, 0, 0), Lines: map[string]string{course: "ended dispute_lost until 2026-03-20T08:00:00Z"}},
		},
	},
	{
		Name: "subscription", Shows: []string{platformtest.Purchase, platformtest.Rebill},
		Samples: []string{"sub_active", "sub_payment"},
		Want: []platformtest.Moment{
			{At: at(4, 20, 0, 0), Lines: map[string]string{monthly: "live paid until 2026-05-04T10:15:00Z"}},
			{At: at(5, 5, 0, 0), Lines: map[string]string{monthly: "ended expired until 2026-05-04T10:15:00Z"}},
		},
	},
	{
		Name: "subscription, cancelled", Shows: []string{platformtest.Cancelled},
		Samples: []string{"sub_active", "sub_payment", "sub_cancelling"},
		Want: []platformtest.Moment{
			{At: at(4, 20, 0, 0), Lines: map[string]string{monthly: "live paid until 2026-05-01T10:15:00Z"}},
			{At: at(5, 2, 0, 0), Lines: map[string]string{monthly: "ended cancelled until 2026-05-01T10:15:00Z"}},
		},
	},
	{
		Name: "subscription, over", Shows: []string{platformtest.Cancelled, platformtest.Expired},
		Samples: []string{"sub_active", "sub_payment", "sub_cancelling", "sub_cancelled"},
		Want: []platformtest.Moment{
			{At: at(5, 2, 0, 0), Lines: map[string]string{monthly: "ended cancelled until 2026-05-01T10:20:00Z"}},
		},
	},
	{
		Name:    "subscription, the last payment given back",
		Samples: []string{"sub_active", "sub_payment", "sub_refund"},
		Want: []platformtest.Moment{
			{At: at(4, 4, 0, 0), Lines: map[string]string{monthly: "ended refunded until 2026-04-01T10:15:00Z"}},
		},
	},
	{
		Name:    "fixed number of payments, all made",
		Samples: []string{"fixed_active", "fixed_payment", "fixed_complete"},
		Want:    []platformtest.Moment{{At: at(12, 31, 0, 0), Lines: map[string]string{"subscription-7490": "live paid"}}},
	},
	{
		Name:    "fixed number of payments, not all made",
		Samples: []string{"fixed_active", "fixed_payment"},
		Want: []platformtest.Moment{
			{At: at(12, 31, 0, 0), Lines: map[string]string{"subscription-7490": "ended expired until 2026-05-04T10:15:00Z"}},
		},
	},
	{
		Name: "trial", Shows: []string{platformtest.Trial, platformtest.Purchase},
		Samples: []string{"trial_active"},
		Want: []platformtest.Moment{
			{At: at(3, 3, 0, 0), Lines: map[string]string{"subscription-7491": "live trial until 2026-03-11T10:14:50Z"}},
		},
	},
	{
		Name: "trial and on", Shows: []string{platformtest.Rebill},
		Samples: []string{"trial_active", "trial_payment"},
		Want: []platformtest.Moment{
			{At: at(3, 20, 0, 0), Lines: map[string]string{"subscription-7491": "live paid until 2026-04-11T10:14:50Z"}},
		},
	},
	{
		Name:    "bundle",
		Samples: []string{"order_bundle"},
		Want: []platformtest.Moment{{At: at(3, 3, 0, 0), Lines: map[string]string{
			"package-3": "live paid", "package-3/product-11": "live paid", "package-3/product-12": "live paid", "product-3": "live paid",
		}}},
	},
	{
		Name:    "the API's shape, a part given back",
		Samples: []string{"old_completed", "old_refund"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{
			course: "live paid", "package-3": "live paid",
		}}},
	},
}

func TestConformance(t *testing.T) { platformtest.Run(t, suite(t)) }

func BenchmarkAccept(b *testing.B) { platformtest.BenchAccept(b, suite(b)) }

func BenchmarkParse(b *testing.B) { platformtest.BenchParse(b, suite(b)) }

func BenchmarkDelivery(b *testing.B) { platformtest.BenchDelivery(b, suite(b)) }

func FuzzParse(f *testing.F) {
	s := suite(f)
	for _, sample := range s.Samples {
		f.Add(sample.Body, sent[sample.Name].event)
	}
	f.Fuzz(func(t *testing.T, body []byte, event string) {
		platformtest.Survive(t, s.Platform, s.Config, integrations.Request{
			Header: http.Header{"X-Sendowl-Event": {event}}, Body: body, ReceivedAt: platformtest.Received,
		})
	})
}
