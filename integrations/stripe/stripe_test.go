package stripe_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/stripe"
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

func sign(secret enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
	h := http.Header{"Content-Type": {s.Type}}
	if secret != "" {
		t := strconv.FormatInt(at.Unix(), 10)
		sum := integrations.MAC(sha256.New, []byte(secret.Reveal()), []byte(t+"."), s.Body)
		h.Set("Stripe-Signature", fmt.Sprintf("t=%s,v1=%s,v0=00", t, hex.EncodeToString(sum)))
	}
	return integrations.Request{Header: h, Body: s.Body, ReceivedAt: at}
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	const (
		purchase = enrolld.EventPurchase
		payment  = enrolld.EventPayment
		refund   = enrolld.EventRefund
		sub      = enrolld.EventSubscription
		failed   = enrolld.EventPaymentFailed
	)
	return platformtest.Suite{
		Platform: stripe.New(stripe.Options{}),
		Config: integrations.Config{
			Secrets: []enrolld.Secret{"whsec_first0123456789", "whsec_second012345678"}, APIKey: apiKey,
		},
		Sign:      sign,
		SignsBody: true, SignsTime: true,
		Lives: lives,
		API:   standIn(tb), Connect: connect,
		Catalogue: []string{"prod_A", "prod_A/price_1", "prod_A/price_2", "prod_W"},
		Refund: &integrations.Refund{Key: "refund-1", Payment: "in_A2", Order: enrolld.Order{
			Payments: map[string]enrolld.Latest[enrolld.Payment]{"in_A2": {At: at(4, 1, 0, 0)}},
		}},
		Refunded: []string{"GET /v1/invoices/in_A2 ", "POST /v1/refunds payment_intent=pi_A2"},
		Samples: platformtest.LoadIndented(tb, "testdata/samples", map[string][]enrolld.EventKind{
			"sub_created": kinds(sub), "sub_active": kinds(sub, sub), "session_subscription": kinds(purchase, sub, sub),
			"invoice_first": kinds(purchase, payment), "invoice_first_twin": nil, "invoice_cycle": kinds(sub, payment),
			"invoice_payment": kinds(payment), "sub_cancelling": kinds(enrolld.EventCancelled, sub),
			"sub_deleted": kinds(enrolld.EventEnded, sub), "charge_refunded_new": kinds(refund),
			"sub_changed_plan": kinds(sub, sub), "session_metadata": kinds(purchase),
			"charge_refunded_part": kinds(refund), "charge_refunded_full": kinds(refund),
			"refund_failed": kinds(refund), "refund_created": nil,
			"old_invoice_first": kinds(purchase, payment), "old_invoice_failed": kinds(failed),
			"old_sub_past_due": kinds(sub, sub), "old_invoice_recovered": kinds(sub, payment),
			"old_sub_active": kinds(sub, sub), "old_charge_refunded": kinds(refund),
			"session_unpaid": nil, "session_async_paid": kinds(purchase), "session_async_failed": kinds(failed),
			"dispute_created": kinds(enrolld.EventDisputeOpened), "dispute_review": kinds(enrolld.EventDisputeOpened),
			"dispute_won": kinds(enrolld.EventDisputeWon), "dispute_lost": kinds(enrolld.EventDisputeLost),
			"dispute_inquiry_closed": kinds(enrolld.EventDisputeWon), "dispute_funds": nil,
			"sub_trialing": kinds(sub, sub), "invoice_trial": kinds(purchase), "invoice_after_trial": kinds(sub, payment),
			"sub_trial_over": kinds(sub, sub), "trial_will_end": nil, "sub_paused": kinds(sub, sub),
			"sub_resumed": kinds(sub, sub), "invoice_action_required": nil, "dispute_funds_back": nil,
			"session_setup": nil, "session_free": kinds(purchase), "session_incomplete": kinds(purchase),
			"intent": kinds(purchase), "intent_of_session": nil, "invoice_alone": kinds(purchase, payment), "thin": nil,
		}),
	}
}

var lives = []platformtest.Life{
	{
		Name:  "subscription, cancelled",
		Shows: []string{platformtest.Purchase, platformtest.Rebill, platformtest.Expired, platformtest.Cancelled},
		Samples: []string{
			"sub_created", "session_subscription", "invoice_first", "invoice_cycle", "sub_cancelling", "sub_deleted",
		},
		Want: []platformtest.Moment{
			{At: at(4, 11, 0, 0), Lines: map[string]string{"si_A": "live paid until 2026-05-01T10:15:00Z"}},
			{At: at(5, 1, 12, 0), Lines: map[string]string{"si_A": "ended cancelled until 2026-05-01T10:15:00Z"}},
		},
	},
	{
		Name:    "subscription, cancelling",
		Shows:   []string{platformtest.Cancelled},
		Samples: []string{"sub_created", "sub_active", "invoice_first", "invoice_cycle", "sub_cancelling"},
		Want: []platformtest.Moment{
			{At: at(4, 11, 0, 0), Lines: map[string]string{"si_A": "live paid until 2026-05-01T10:15:00Z"}},
			{At: at(5, 1, 11, 0), Lines: map[string]string{"si_A": "ended cancelled until 2026-05-01T10:15:00Z"}},
		},
	},
	{
		Name:    "refund of a later payment, shapes of basil",
		Samples: []string{"sub_active", "invoice_first", "invoice_cycle", "invoice_payment", "charge_refunded_new"},
		Want: []platformtest.Moment{
			{At: at(4, 13, 0, 0), Lines: map[string]string{"si_A": "ended refunded until 2026-04-01T10:15:00Z"}},
		},
	},
	{
		Name:    "plan changed",
		Samples: []string{"sub_active", "invoice_first", "sub_changed_plan"},
		Want: []platformtest.Moment{{At: at(3, 20, 0, 0), Lines: map[string]string{
			"si_A": "live paid until 2026-04-04T10:15:00Z",
		}}},
	},
	{
		Name:    "bought once, all given back",
		Shows:   []string{platformtest.FullRefund},
		Samples: []string{"session_metadata", "charge_refunded_part", "charge_refunded_full"},
		Want: []platformtest.Moment{
			{At: at(3, 9, 0, 0), Lines: map[string]string{"course-7": "ended refunded until 2026-03-04T10:15:00Z"}},
		},
	},
	{
		Name:    "bought once, the refund failed",
		Shows:   []string{platformtest.PartialRefund},
		Samples: []string{"session_metadata", "charge_refunded_part", "charge_refunded_full", "refund_failed"},
		Want:    []platformtest.Moment{{At: at(3, 9, 0, 0), Lines: map[string]string{"course-7": "live paid"}}},
	},
	{
		Name:  "payment failed and came, old shapes",
		Shows: []string{platformtest.Recovered},
		Samples: []string{
			"old_invoice_first", "old_invoice_failed", "old_sub_past_due", "old_invoice_recovered", "old_sub_active",
		},
		Want: []platformtest.Moment{{At: at(4, 20, 0, 0), Lines: map[string]string{
			"si_C": "live paid until 2026-05-04T10:15:00Z", "price_S": "live paid",
		}}},
	},
	{
		Name:    "payment failed, old shapes",
		Shows:   []string{platformtest.Failed},
		Samples: []string{"old_invoice_first", "old_invoice_failed", "old_sub_past_due"},
		Want: []platformtest.Moment{{At: at(4, 2, 0, 0), Lines: map[string]string{
			"si_C": "live grace until 2026-04-04T11:15:00Z", "price_S": "live paid",
		}}},
	},
	{
		Name:    "later payment given back, old shapes",
		Samples: []string{"old_invoice_first", "old_invoice_recovered", "old_charge_refunded"},
		Want: []platformtest.Moment{{At: at(4, 6, 0, 0), Lines: map[string]string{
			"si_C": "ended refunded until 2026-04-01T10:15:00Z", "price_S": "live paid",
		}}},
	},
	{
		Name:    "dispute won",
		Shows:   []string{platformtest.DisputeWon},
		Samples: []string{"session_async_paid", "dispute_created", "dispute_review", "dispute_won"},
		Want: []platformtest.Moment{
			{At: at(3, 22, 0, 0), Lines: map[string]string{"price_1": "live paid", "price_2": "live paid"}},
		},
	},
	{
		Name:    "dispute lost",
		Shows:   []string{platformtest.DisputeLost},
		Samples: []string{"session_async_paid", "dispute_created", "dispute_lost"},
		Want: []platformtest.Moment{{At: at(3, 22, 0, 0), Lines: map[string]string{
			"price_1": "ended dispute_lost until 2026-03-20T10:15:00Z",
			"price_2": "ended dispute_lost until 2026-03-20T10:15:00Z",
		}}},
	},
	{
		Name:    "dispute open",
		Shows:   []string{platformtest.DisputeOpened},
		Samples: []string{"session_async_paid", "dispute_created"},
		Want: []platformtest.Moment{{At: at(3, 7, 0, 0), Lines: map[string]string{
			"price_1": "suspended dispute_open", "price_2": "suspended dispute_open",
		}}},
	},
	{
		Name:    "trial",
		Shows:   []string{platformtest.Trial},
		Samples: []string{"sub_trialing", "invoice_trial"},
		Want: []platformtest.Moment{
			{At: at(3, 3, 0, 0), Lines: map[string]string{"si_E": "live trial until 2026-03-18T10:15:00Z"}},
		},
	},
	{
		Name:    "trial and on",
		Samples: []string{"sub_trialing", "invoice_trial", "sub_trial_over", "invoice_after_trial"},
		Want: []platformtest.Moment{
			{At: at(3, 20, 0, 0), Lines: map[string]string{"si_E": "live paid until 2026-04-18T10:15:00Z"}},
		},
	},
	{
		Name:    "trial, then paused",
		Samples: []string{"sub_trialing", "invoice_trial", "sub_paused"},
		Want: []platformtest.Moment{
			{At: at(3, 20, 0, 0), Lines: map[string]string{"si_E": "ended paused until 2026-03-15T11:15:00Z"}},
		},
	},
	{
		// A subscription is resumed once its invoice is paid: Stripe says so itself.
		Name:    "trial, paused and on",
		Samples: []string{"sub_trialing", "invoice_trial", "sub_paused", "sub_resumed"},
		Want: []platformtest.Moment{
			{At: at(3, 25, 0, 0), Lines: map[string]string{"si_E": "live paid until 2026-04-23T10:15:00Z"}},
		},
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
