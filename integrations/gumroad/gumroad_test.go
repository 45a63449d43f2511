package gumroad_test

import (
	"net/http"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/gumroad"
	"enrolld/integrations/platformtest"
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

func connect(url string) integrations.Platform { return gumroad.New(gumroad.Options{BackendURL: url}) }

var config = integrations.Config{
	Secrets: []enrolld.Secret{"unused-by-gumroad"}, APIKey: token, Settings: []byte(`{"seller_id":"kL0paVL2SdmJSYsNs-OCMg=="}`),
}

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	const (
		purchase = enrolld.EventPurchase
		payment  = enrolld.EventPayment
		refund   = enrolld.EventRefund
		sub      = enrolld.EventSubscription
		ended    = enrolld.EventEnded
	)
	api := newStandIn(tb)
	return platformtest.Suite{
		Platform: gumroad.New(gumroad.Options{}), Config: config, Unsigned: true,
		Sign: func(_ enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
			api.asked(s.Name)
			return integrations.Request{Header: http.Header{"Content-Type": {s.Type}}, Body: s.Body, ReceivedAt: at}
		},
		API: api, Denies: denies, Connect: connect,
		Samples: platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
			"sale_once": kinds(purchase), "refund_part": kinds(refund, purchase), "refund_full": kinds(refund, purchase),
			"dispute": kinds(enrolld.EventDisputeOpened, purchase), "dispute_won": kinds(enrolld.EventDisputeWon, purchase),
			"test_ping": nil, "sale_by_seller": kinds(purchase), "sale_gift": kinds(purchase), "sale_preorder": nil,
			"sale_bundle": kinds(purchase), "sale_bundle_part": nil, "sale_euro": kinds(purchase, refund), "sale_json": kinds(purchase),
			"sale_membership": kinds(purchase, sub), "sale_rebill": kinds(payment, sub), "sale_upgrade": kinds(payment, sub),
			"refund_membership": kinds(refund, payment, sub), "subscription_updated": kinds(sub),
			"cancellation": kinds(enrolld.EventCancelled), "subscription_ended": kinds(ended),
			"cancellation_failed": kinds(enrolld.EventPaymentFailed), "subscription_ended_failed": kinds(ended),
			"subscription_restarted": kinds(sub), "sale_restarted": kinds(payment, sub),
			"dispute_membership":     kinds(enrolld.EventDisputeOpened, purchase, ended),
			"dispute_won_membership": kinds(enrolld.EventDisputeWon, purchase, sub),
			"cancellation_disputed":  kinds(enrolld.EventCancelled), "restarted_dispute_won": kinds(sub),
			"sale_trial": kinds(purchase, sub), "sale_after_trial": kinds(payment, sub),
			"sale_instalment_1": kinds(purchase, sub), "sale_instalment_2": kinds(payment, sub),
			"sale_instalment_3": kinds(payment, sub), "instalments_over": kinds(ended),
		}),
		Lives: lives,
		Catalogue: []string{
			member, member + "/Basic", member + "/Pro", courseA, courseA + "/Deutsch, Basic", courseA + "/Deutsch, Pro",
			courseA + "/English, Basic", courseA + "/English, Pro", "BUNDLEainqpLj1B_WIwVlMw==",
		},
		Refund:   &partBack,
		Refunded: []string{"GET /v2/sales/" + saleA, "PUT /v2/sales/" + saleA + "/refund amount_cents=2000"},
		Lacks: map[string]string{
			platformtest.Rotation:    "Pings are not signed: there is no secret to change.",
			platformtest.DisputeLost: "Gumroad does not tell that a dispute was lost: access stays suspended.",
		},
	}
}

var partBack = integrations.Refund{
	Key: "r1", Order: enrolld.Order{Payments: map[string]enrolld.Latest[enrolld.Payment]{
		saleA: {At: at(3, 1, 10, 15), Value: enrolld.Payment{Amount: enrolld.Money{Minor: 4900, Currency: "USD"}}},
	}},
	Amount: enrolld.Money{Minor: 2000, Currency: "USD"},
}

var lives = []platformtest.Life{
	{
		Name: "bought once, all given back in two parts", Shows: []string{platformtest.FullRefund},
		Samples: []string{"sale_once", "refund_part", "refund_full"},
		Want: []platformtest.Moment{
			{At: at(3, 10, 0, 0), Lines: map[string]string{courseA: "ended refunded until 2026-03-05T09:00:00Z"}},
		},
	},
	{
		Name: "a part given back", Shows: []string{platformtest.Purchase, platformtest.PartialRefund},
		Samples: []string{"sale_once", "refund_part"},
		Want:    []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{courseA: "live paid"}}},
	},
	{
		Name: "dispute open", Shows: []string{platformtest.DisputeOpened},
		Samples: []string{"sale_once", "dispute"},
		Want:    []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{courseA: "suspended dispute_open"}}},
	},
	{
		Name: "dispute won", Shows: []string{platformtest.DisputeWon},
		Samples: []string{"sale_once", "dispute", "dispute_won"},
		Want:    []platformtest.Moment{{At: at(3, 21, 0, 0), Lines: map[string]string{courseA: "live paid"}}},
	},
	{
		Name: "membership, cancelled", Shows: []string{platformtest.Rebill, platformtest.Cancelled, platformtest.Expired},
		Samples: []string{"sale_membership", "sale_rebill", "cancellation", "subscription_ended"},
		Want: []platformtest.Moment{
			{At: at(4, 20, 0, 0), Lines: map[string]string{member: "live paid until 2026-05-01T10:15:00Z"}},
			{At: at(5, 2, 0, 0), Lines: map[string]string{member: "ended cancelled until 2026-05-01T10:15:00Z"}},
		},
	},
	{
		Name: "membership, cancelled and not over yet", Shows: []string{platformtest.Cancelled},
		Samples: []string{"sale_membership", "sale_rebill", "cancellation"},
		Want: []platformtest.Moment{
			{At: at(4, 20, 0, 0), Lines: map[string]string{member: "live paid until 2026-05-01T10:15:00Z"}},
		},
	},
	{
		Name: "membership, not paid any more", Shows: []string{platformtest.Failed},
		Samples: []string{"sale_membership", "sale_rebill", "cancellation_failed", "subscription_ended_failed"},
		// Three days of grace after the paid month; Gumroad gives up after five.
		Want: []platformtest.Moment{
			{At: at(5, 7, 0, 0), Lines: map[string]string{member: "ended payment_failed until 2026-05-04T10:15:00Z"}},
		},
	},
	{
		Name: "membership, failed and started again", Shows: []string{platformtest.Recovered, platformtest.Rebill},
		Samples: []string{
			"sale_membership", "sale_rebill", "cancellation_failed", "subscription_ended_failed", "subscription_restarted", "sale_restarted",
		},
		Want: []platformtest.Moment{
			{At: at(5, 11, 0, 0), Lines: map[string]string{member: "live paid until 2026-06-13T08:00:00Z"}},
		},
	},
	{
		Name:    "membership, another tier",
		Samples: []string{"sale_membership", "sale_upgrade", "subscription_updated"},
		Want: []platformtest.Moment{
			{At: at(4, 2, 0, 0), Lines: map[string]string{member: "live paid until 2026-04-18T09:00:00Z"}},
		},
	},
	{
		Name:    "membership, the last payment given back",
		Samples: []string{"sale_membership", "sale_rebill", "refund_membership"},
		Want: []platformtest.Moment{
			{At: at(4, 4, 0, 0), Lines: map[string]string{member: "ended refunded until 2026-04-01T10:15:00Z"}},
		},
	},
	{
		Name:    "membership, disputed",
		Samples: []string{"sale_membership", "cancellation_disputed", "dispute_membership"},
		Want: []platformtest.Moment{
			{At: at(3, 10, 0, 0), Lines: map[string]string{member: "ended cancelled until 2026-03-06T09:00:00Z"}},
		},
	},
	{
		Name: "membership, dispute won", Shows: []string{platformtest.DisputeWon},
		Samples: []string{
			"sale_membership", "cancellation_disputed", "dispute_membership", "restarted_dispute_won", "dispute_won_membership",
		},
		Want: []platformtest.Moment{
			{At: at(3, 22, 0, 0), Lines: map[string]string{member: "live paid until 2026-04-04T10:15:00Z"}},
		},
	},
	{
		Name: "trial", Shows: []string{platformtest.Trial, platformtest.Purchase},
		Samples: []string{"sale_trial"},
		Want: []platformtest.Moment{
			{At: at(3, 3, 0, 0), Lines: map[string]string{member: "live trial until 2026-03-11T10:15:00Z"}},
			{At: at(3, 12, 0, 0), Lines: map[string]string{member: "ended expired until 2026-03-11T10:15:00Z"}},
		},
	},
	{
		Name: "trial and on", Shows: []string{platformtest.Rebill},
		Samples: []string{"sale_trial", "sale_after_trial"},
		Want: []platformtest.Moment{
			{At: at(3, 20, 0, 0), Lines: map[string]string{member: "live paid until 2026-04-11T10:15:00Z"}},
		},
	},
	{
		Name:    "instalments, all paid",
		Samples: []string{"sale_instalment_1", "sale_instalment_2", "sale_instalment_3", "instalments_over"},
		Want:    []platformtest.Moment{{At: at(12, 31, 0, 0), Lines: map[string]string{courseA: "live paid"}}},
	},
	{
		Name:    "instalments, not all paid",
		Samples: []string{"sale_instalment_1", "sale_instalment_2"},
		Want: []platformtest.Moment{
			{At: at(12, 31, 0, 0), Lines: map[string]string{courseA: "ended expired until 2026-05-04T10:15:00Z"}},
		},
	},
	{
		Name: "gift", Samples: []string{"sale_gift"},
		Want: []platformtest.Moment{{At: at(3, 3, 0, 0), Lines: map[string]string{courseA: "live paid"}}},
	},
}

func TestConformance(t *testing.T) { platformtest.Run(t, suite(t)) }

func BenchmarkAccept(b *testing.B) { platformtest.BenchAccept(b, suite(b)) }

func BenchmarkParse(b *testing.B) { platformtest.BenchParse(b, suite(b)) }

func BenchmarkDelivery(b *testing.B) { platformtest.BenchDelivery(b, suite(b)) }
