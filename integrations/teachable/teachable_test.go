package teachable_test

import (
	"net/http"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/teachable"
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

// plain is a sample with nothing but its body: Teachable signs nothing. It comes in
// when it was made, if that is later.
func plain(_ enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
	r := integrations.Request{Header: http.Header{"Content-Type": {s.Type}}, Body: s.Body, ReceivedAt: at}
	if n, err := r.DecodeJSON(); err == nil {
		if made := n.Get("created").Time(); made.After(platformtest.Received) {
			r.ReceivedAt = made.Add(at.Sub(platformtest.Received))
		}
	}
	return r
}

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	const (
		purchase = enrolld.EventPurchase
		payment  = enrolld.EventPayment
		refund   = enrolld.EventRefund
		sub      = enrolld.EventSubscription
	)
	const chargebacks = "No webhook of Teachable's tells of chargebacks."
	const failures = "No webhook of Teachable's tells of failed payments, only of the enrolment that ends for them."
	return platformtest.Suite{
		Platform: teachable.New(teachable.Options{}),
		Config:   integrations.Config{Secrets: []enrolld.Secret{"not used"}, APIKey: apiKey},
		Sign:     plain, Unsigned: true,
		API: standIn(tb), Denies: &stand{},
		Connect:   func(url string) integrations.Platform { return teachable.New(teachable.Options{BackendURL: url}) },
		Catalogue: []string{"123", "123/7001", "124", "124/7002", "124/7003", "plan-7004 (bundle)"},
		Lives:     lives,
		Samples: platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
			"sale_once": kinds(purchase), "transaction_once": kinds(payment), "refunded": kinds(refund),
			"sale_part": kinds(purchase), "transaction_part": kinds(payment), "refunded_part": kinds(refund),
			"sale_club": kinds(purchase), "transaction_first": kinds(payment), "transaction_rebill": kinds(payment),
			"cancelled": kinds(enrolld.EventCancelled), "sale_trial": kinds(purchase), "enrollment_trial": kinds(sub),
			"sale_by_hand": kinds(purchase), "enrollment_by_hand": kinds(sub),
			"sale_ended": kinds(purchase), "enrollment_ended": kinds(sub), "disabled": kinds(enrolld.EventEnded),
			"array_bundle": kinds(purchase, payment, sub, sub),
			"sale_limited": kinds(purchase), "transaction_limited": kinds(payment), "enrollment_limited": kinds(sub),
			"sale_test": kinds(purchase), "completed": nil, "abandoned": nil, "user_created": nil,
		}),
		Lacks: map[string]string{
			platformtest.Rotation:      "Teachable signs nothing: there is no secret to change.",
			platformtest.RefundAPI:     "Teachable's API gives no money back.",
			platformtest.Failed:        failures,
			platformtest.Recovered:     failures,
			platformtest.DisputeOpened: chargebacks,
			platformtest.DisputeWon:    chargebacks,
			platformtest.DisputeLost:   chargebacks,
		},
	}
}

var lives = []platformtest.Life{
	{
		Name: "bought once", Shows: []string{platformtest.Purchase}, Samples: []string{"sale_limited", "transaction_limited"},
		Want: []platformtest.Moment{{At: at(12, 1, 0, 0), Lines: map[string]string{"sale-90008": "live paid"}}},
	},
	{
		Name: "all of the money back", Shows: []string{platformtest.FullRefund},
		Samples: []string{"sale_once", "transaction_once", "refunded"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{
			"sale-90001": "ended refunded until 2026-03-06T10:15:00Z",
		}}},
	},
	{
		Name: "part of the money back", Shows: []string{platformtest.PartialRefund},
		Samples: []string{"sale_part", "transaction_part", "refunded_part"},
		Want:    []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{"sale-90002": "live paid"}}},
	},
	{
		Name: "subscription, cancelled", Shows: []string{platformtest.Rebill, platformtest.Cancelled},
		Samples: []string{"sale_club", "transaction_first", "transaction_rebill", "cancelled"},
		Want: []platformtest.Moment{
			{At: at(4, 20, 0, 0), Lines: map[string]string{"sale-90003": "live paid until 2026-05-01T10:15:00Z"}},
			{At: at(5, 2, 0, 0), Lines: map[string]string{"sale-90003": "ended cancelled until 2026-05-01T10:15:00Z"}},
		},
	},
	{
		Name: "subscription, one payment", Samples: []string{"sale_club", "transaction_first"},
		Want: []platformtest.Moment{
			{At: at(3, 20, 0, 0), Lines: map[string]string{"sale-90003": "live paid until 2026-04-04T10:15:00Z"}},
			{At: at(4, 5, 0, 0), Lines: map[string]string{"sale-90003": "ended expired until 2026-04-04T10:15:00Z"}},
		},
	},
	{
		Name: "trial", Shows: []string{platformtest.Trial}, Samples: []string{"sale_trial", "enrollment_trial"},
		Want: []platformtest.Moment{
			{At: at(3, 3, 0, 0), Lines: map[string]string{"sale-90004": "live trial until 2026-03-11T10:15:00Z"}},
		},
	},
	{
		Name: "given by hand", Samples: []string{"sale_by_hand", "enrollment_by_hand"},
		Want: []platformtest.Moment{{At: at(12, 1, 0, 0), Lines: map[string]string{"sale-90005": "live paid"}}},
	},
	{
		Name: "unenrolled", Shows: []string{platformtest.Expired},
		Samples: []string{"sale_ended", "enrollment_ended", "disabled"},
		Want: []platformtest.Moment{{At: at(5, 3, 0, 0), Lines: map[string]string{
			"sale-90006": "ended cancelled until 2026-05-02T10:15:00Z",
		}}},
	},
	{
		Name: "for half a year", Samples: []string{"sale_limited", "transaction_limited", "enrollment_limited"},
		Want: []platformtest.Moment{
			{At: at(8, 1, 0, 0), Lines: map[string]string{"sale-90008": "live paid until 2026-09-04T10:15:00Z"}},
			{At: at(9, 5, 0, 0), Lines: map[string]string{"sale-90008": "ended expired until 2026-09-04T10:15:00Z"}},
		},
	},
}

func TestConformance(t *testing.T) { platformtest.Run(t, suite(t)) }

func BenchmarkAccept(b *testing.B) { platformtest.BenchAccept(b, suite(b)) }

func BenchmarkParse(b *testing.B) { platformtest.BenchParse(b, suite(b)) }

func BenchmarkDelivery(b *testing.B) { platformtest.BenchDelivery(b, suite(b)) }

func FuzzParse(f *testing.F) {
	s := suite(f)
	off := s.Config
	off.Settings, off.APIKey = []byte(`{"confirm":"off"}`), ""
	for _, sample := range s.Samples {
		f.Add(sample.Body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := integrations.Request{Header: http.Header{}, Body: body, ReceivedAt: platformtest.Received}
		platformtest.Survive(t, s.Platform, s.Config, r)
		platformtest.Survive(t, s.Platform, off, r)
	})
}
