package kajabi_test

import (
	"net/http"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/kajabi"
	"enrolld/integrations/platformtest"
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

// plain is a sample with nothing but its body: Kajabi signs nothing.
func plain(_ enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
	return integrations.Request{Header: http.Header{"Content-Type": {s.Type}}, Body: s.Body, ReceivedAt: at}
}

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	const (
		purchase = enrolld.EventPurchase
		payment  = enrolld.EventPayment
		refund   = enrolld.EventRefund
		ended    = enrolld.EventEnded
	)
	return platformtest.Suite{
		Platform: kajabi.New(kajabi.Options{}),
		Config:   integrations.Config{Secrets: []enrolld.Secret{"not used"}, APIKey: apiKey},
		Sign:     plain, Unsigned: true,
		API: standIn(tb), Denies: knowsNothing(),
		Connect:   func(url string) integrations.Platform { return kajabi.New(kajabi.Options{BackendURL: url}) },
		Catalogue: []string{"2147501", "2147502", "2147503 (bundle)", "2147504"},
		Lives:     lives,
		Samples: platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
			"purchase": kinds(purchase), "purchase_bump": kinds(purchase),
			"payment_bumps": kinds(payment, purchase, purchase), "pulled_refund_bump": kinds(refund, purchase),
			"purchase_trial": kinds(purchase), "purchase_club": kinds(purchase),
			"payment_first": kinds(payment, purchase), "payment_rebill": kinds(payment, purchase),
			"pulled_refund_part": kinds(refund, purchase),
			"purchase_ended":     kinds(ended), "pulled_deactivated": kinds(ended),
			"purchase_trial_paid": kinds(purchase), "payment_after_trial": kinds(payment, purchase),
			"purchase_refunded": kinds(purchase), "payment_refunded": kinds(payment, purchase), "pulled_refund": kinds(refund, purchase),
			"purchase_disputed": kinds(purchase), "payment_disputed": kinds(payment, purchase),
			"pulled_dispute": kinds(enrolld.EventDisputeOpened, purchase),
			"order_created":  kinds(purchase, payment, purchase, purchase), "purchase_cart": kinds(purchase),
			"purchase_plan": kinds(purchase), "payment_plan_1": kinds(payment, purchase),
			"payment_plan_2": kinds(payment, purchase), "payment_plan_3": kinds(payment, purchase),
			"pulled_reactivated": kinds(purchase), "form_submission": nil, "payment_test": nil, "sample": nil,
			"flat_purchase": kinds(payment, purchase), "flat_payment": kinds(payment, purchase),
			"flat_nested": kinds(purchase), "flat_cart": kinds(purchase, purchase), "flat_form": nil,
		}),
		Lacks: map[string]string{
			platformtest.Rotation:    "Kajabi signs nothing: there is no secret to change.",
			platformtest.TestMode:    "Kajabi marks transactions of its test mode, which are passed over, but not purchases.",
			platformtest.RefundAPI:   "Kajabi's API gives no money back.",
			platformtest.Failed:      "Neither webhooks nor API tell of failed payments.",
			platformtest.Recovered:   "Neither webhooks nor API tell of failed payments.",
			platformtest.DisputeWon:  "Kajabi lists a dispute, but not how it ends.",
			platformtest.DisputeLost: "Kajabi lists a dispute, but not how it ends.",
			platformtest.Cancelled:   "Kajabi tells when a purchase is deactivated, not that a subscription will not go on.",
		},
	}
}

const (
	courseA  = "2147501"
	workbook = "2147502"
	club     = "2147503"
	plan     = "2147504"
)

var lives = []platformtest.Life{
	{
		Name: "two offers in one payment, one of them given back", Shows: []string{platformtest.Purchase},
		Samples: []string{"purchase", "purchase_bump", "payment_bumps", "pulled_refund_bump"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{
			courseA: "live paid", workbook: "ended refunded until 2026-03-05T10:15:00Z",
		}}},
	},
	{
		Name: "trial", Shows: []string{platformtest.Trial}, Samples: []string{"purchase_trial"},
		Want: []platformtest.Moment{
			{At: at(3, 3, 0, 0), Lines: map[string]string{club: "live trial until 2026-03-11T10:15:00Z"}},
			{At: at(3, 12, 0, 0), Lines: map[string]string{club: "ended expired until 2026-03-11T10:15:00Z"}},
		},
	},
	{
		Name: "trial, then paid", Samples: []string{"purchase_trial_paid", "payment_after_trial"},
		Want: []platformtest.Moment{{At: at(3, 20, 0, 0), Lines: map[string]string{club: "live paid"}}},
	},
	{
		Name: "subscription, part of a payment back", Shows: []string{platformtest.Rebill, platformtest.PartialRefund},
		Samples: []string{"purchase_club", "payment_first", "payment_rebill", "pulled_refund_part"},
		Want:    []platformtest.Moment{{At: at(5, 20, 0, 0), Lines: map[string]string{club: "live paid"}}},
	},
	{
		Name: "deactivated", Shows: []string{platformtest.Expired},
		Samples: []string{"purchase_ended", "pulled_deactivated"},
		Want: []platformtest.Moment{{At: at(4, 11, 0, 0), Lines: map[string]string{
			club: "ended cancelled until 2026-04-10T10:15:00Z",
		}}},
	},
	{
		Name: "all the money back", Shows: []string{platformtest.FullRefund},
		Samples: []string{"purchase_refunded", "payment_refunded", "pulled_refund"},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{
			courseA: "ended refunded until 2026-03-06T10:15:00Z",
		}}},
	},
	{
		Name: "dispute", Shows: []string{platformtest.DisputeOpened},
		Samples: []string{"purchase_disputed", "payment_disputed", "pulled_dispute"},
		Want:    []platformtest.Moment{{At: at(3, 22, 0, 0), Lines: map[string]string{courseA: "suspended dispute_open"}}},
	},
	{
		Name: "cart", Samples: []string{"order_created", "purchase_cart"},
		Want: []platformtest.Moment{{At: at(3, 22, 0, 0), Lines: map[string]string{courseA: "live paid", workbook: "live paid"}}},
	},
	{
		Name:    "payment plan, all paid",
		Samples: []string{"purchase_plan", "payment_plan_1", "payment_plan_2", "payment_plan_3"},
		Want:    []platformtest.Moment{{At: at(12, 31, 0, 0), Lines: map[string]string{plan: "live paid"}}},
	},
	{
		Name: "settings pages' webhooks", Samples: []string{"flat_purchase", "flat_payment"},
		Want: []platformtest.Moment{{At: at(3, 22, 0, 0), Lines: map[string]string{courseA: "live paid"}}},
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
