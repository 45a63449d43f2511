package thrivecart_test

import (
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/thrivecart"
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
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
		Platform: thrivecart.New(thrivecart.Options{}),
		Config: integrations.Config{
			Secrets:  []enrolld.Secret{"TCSECRET&1=23+%", "TCSECRET456"},
			Settings: []byte(`{"account":"acme"}`), APIKey: apiKey,
		},
		Sign: sign,
		API:  standIn(), Connect: connect,
		Catalogue: []string{"bump-12", "product-12", "product-19", "upsell-2"},
		Refund: &integrations.Refund{Key: "1", Line: "bump-12", Reason: "asked for", Order: enrolld.Order{
			Refs: enrolld.NewRefSet("order:1514394", "sub:sub_1"),
		}},
		Refunded: []string{"POST /api/external/refund order_id=1514394&reason=asked+for&reference=bump-12"},
		Lacks: map[string]string{
			platformtest.DisputeOpened: "ThriveCart sends nothing about disputes; connect Stripe or PayPal beside it.",
			platformtest.DisputeWon:    "ThriveCart sends nothing about disputes; connect Stripe or PayPal beside it.",
			platformtest.DisputeLost:   "ThriveCart sends nothing about disputes; connect Stripe or PayPal beside it.",
			platformtest.Expired:       "ThriveCart tells of a cancellation, not of the end; the paid term runs out by our clock.",
			platformtest.Confirmation:  "Deliveries have the secret word and are complete: nothing has to be asked.",
		},
		Samples: platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
			"success_subscription": kinds(purchase, payment, payment), "rebill": kinds(payment, purchase),
			"rebill_failed": kinds(failed), "rebill_recovered": kinds(payment, purchase),
			"refund_bump": kinds(refund), "subscription_cancelled": kinds(enrolld.EventCancelled),
			"success_instalments": kinds(purchase, payment, payment), "instalment_2": kinds(payment, purchase),
			"instalment_3_last": kinds(payment, purchase), "instalments_over": kinds(enrolld.EventCancelled),
			"success_once": kinds(purchase, payment), "refund_part": kinds(refund), "refund_rest": kinds(refund),
			"success_trial": kinds(purchase, sub), "trial_paid": kinds(payment, purchase),
			"subscription_paused": kinds(sub), "subscription_resumed": kinds(sub),
			"refund_undated": kinds(refund), "success_test_mode": kinds(purchase, payment),
			"customer_updated": nil, "cart_abandoned": nil, "affiliate": nil,
			"b_order_created":   kinds(purchase, payment, payment),
			"b_payment_product": kinds(purchase, payment), "b_payment_bump": kinds(purchase, payment),
			"b_rebill": kinds(payment), "b_rebill_completed": kinds(sub), "b_refund_bump": kinds(refund),
			"b_rebill_failed": kinds(failed), "b_once_product": kinds(purchase, payment),
			"b_payment_upsell": kinds(purchase, payment), "b_payment_downsell": kinds(purchase, payment),
			"b_refund_product": kinds(refund), "b_refund_upsell": kinds(refund), "b_refund_downsell": kinds(refund),
			"b_sub_product": kinds(purchase, payment), "b_subscription_paused": kinds(sub),
			"b_subscription_resumed": kinds(sub), "b_rebill_cancelled": kinds(enrolld.EventCancelled),
		}),
		Lives: lives,
	}
}

var lives = []platformtest.Life{
	{
		Name:  "subscription with a bump",
		Shows: []string{platformtest.Purchase, platformtest.Rebill, platformtest.Recovered, platformtest.FullRefund, platformtest.Cancelled},
		Samples: []string{
			"success_subscription", "rebill", "rebill_failed", "rebill_recovered", "refund_bump", "subscription_cancelled",
		},
		Want: []platformtest.Moment{{At: at(3, 10, 0, 0), Lines: map[string]string{
			"product-12": "live paid until 2026-06-01T10:15:00Z", "bump-12": "ended refunded until 2026-05-04T10:15:00Z",
		}}, {At: at(6, 2, 0, 0), Lines: map[string]string{
			"product-12": "ended cancelled until 2026-06-01T10:15:00Z", "bump-12": "ended refunded until 2026-05-04T10:15:00Z",
		}}},
	},
	{
		Name:    "payment missing",
		Shows:   []string{platformtest.Failed},
		Samples: []string{"success_subscription", "rebill", "rebill_failed"},
		Want: []platformtest.Moment{{At: at(4, 15, 0, 0), Lines: map[string]string{
			"product-12": "live paid until 2026-05-04T10:15:00Z", "bump-12": "live paid",
		}}, {At: at(5, 2, 0, 0), Lines: map[string]string{
			"product-12": "live grace until 2026-05-04T10:15:00Z", "bump-12": "live paid",
		}}, {At: at(5, 5, 0, 0), Lines: map[string]string{
			"product-12": "ended payment_failed until 2026-05-04T10:15:00Z", "bump-12": "live paid",
		}}},
	},
	{
		Name:    "instalments",
		Samples: []string{"success_instalments", "instalment_2", "instalment_3_last", "instalments_over"},
		Want: []platformtest.Moment{{At: at(12, 31, 0, 0), Lines: map[string]string{
			"product-12": "live paid", "downsell-9": "live paid", "upsell-2": "live paid",
		}}},
	},
	{
		Name:    "instalments not all paid",
		Samples: []string{"success_instalments", "instalment_2"},
		Want: []platformtest.Moment{{At: at(12, 31, 0, 0), Lines: map[string]string{
			"product-12": "live paid", "downsell-9": "live paid", "upsell-2": "ended expired until 2026-05-04T10:15:00Z",
		}}},
	},
	{
		Name:    "rebill of an order from before",
		Samples: []string{"rebill"},
		Want: []platformtest.Moment{{At: at(4, 2, 0, 0), Lines: map[string]string{
			"product-12": "live paid until 2026-05-04T10:15:00Z",
		}}},
	},
	{
		Name:    "part of the money back",
		Shows:   []string{platformtest.PartialRefund},
		Samples: []string{"success_once", "refund_part"},
		Want:    []platformtest.Moment{{At: at(3, 7, 0, 0), Lines: map[string]string{"product-12": "live paid"}}},
	},
	{
		Name:    "all of the money back in two parts",
		Samples: []string{"success_once", "refund_part", "refund_rest"},
		Want: []platformtest.Moment{{At: at(3, 7, 0, 0), Lines: map[string]string{
			"product-12": "ended refunded until 2026-03-06T10:15:00Z",
		}}},
	},
	{
		Name:    "trial, paused, resumed",
		Samples: []string{"success_trial", "trial_paid", "subscription_paused", "subscription_resumed"},
		Want: []platformtest.Moment{{At: at(5, 21, 0, 0), Lines: map[string]string{
			"product-12": "live paid until 2026-06-23T10:15:00Z",
		}}},
	},
	{
		Name:    "trial",
		Shows:   []string{platformtest.Trial},
		Samples: []string{"success_trial"},
		Want: []platformtest.Moment{{At: at(3, 2, 0, 0), Lines: map[string]string{
			"product-12": "live trial until 2026-03-11T10:15:00Z",
		}}},
	},
	{
		Name: "event subscriptions",
		Samples: []string{
			"b_order_created", "b_payment_product", "b_payment_bump", "b_rebill", "b_rebill_completed", "b_refund_bump",
		},
		Want: []platformtest.Moment{{At: at(12, 31, 0, 0), Lines: map[string]string{
			"product-12": "live paid", "bump-12": "ended refunded until 2026-04-02T10:15:00Z",
		}}},
	},
	{
		Name:    "event subscriptions, upsell and downsell",
		Samples: []string{"b_once_product", "b_payment_upsell", "b_payment_downsell", "b_refund_upsell", "b_refund_downsell"},
		Want: []platformtest.Moment{{At: at(3, 8, 0, 0), Lines: map[string]string{
			"product-19": "live paid", "upsell-2": "ended refunded until 2026-03-05T10:15:00Z", "downsell-9": "live paid",
		}}},
	},
	{
		Name:    "event subscriptions, product given back",
		Samples: []string{"b_once_product", "b_payment_upsell", "b_payment_downsell", "b_refund_product"},
		Want: []platformtest.Moment{{At: at(3, 8, 0, 0), Lines: map[string]string{
			"product-19": "ended refunded until 2026-03-07T10:15:00Z", "upsell-2": "live paid", "downsell-9": "live paid",
		}}},
	},
	{
		Name:    "event subscriptions, paused",
		Samples: []string{"b_sub_product", "b_subscription_paused"},
		Want: []platformtest.Moment{{At: at(3, 25, 0, 0), Lines: map[string]string{
			"product-12": "live paid until 2026-04-01T10:15:00Z",
		}}, {At: at(4, 2, 0, 0), Lines: map[string]string{
			"product-12": "ended paused until 2026-04-01T10:15:00Z",
		}}},
	},
	{
		Name:    "event subscriptions, paused and resumed",
		Samples: []string{"b_sub_product", "b_subscription_paused", "b_subscription_resumed"},
		Want: []platformtest.Moment{{At: at(5, 21, 0, 0), Lines: map[string]string{
			"product-12": "live paid until 2026-06-23T10:15:00Z",
		}}},
	},
	{
		Name:    "event subscriptions, cancelled",
		Samples: []string{"b_sub_product", "b_subscription_paused", "b_subscription_resumed", "b_rebill_cancelled"},
		Want: []platformtest.Moment{{At: at(6, 10, 0, 0), Lines: map[string]string{
			"product-12": "live paid until 2026-06-20T10:15:00Z",
		}}, {At: at(6, 21, 0, 0), Lines: map[string]string{
			"product-12": "ended cancelled until 2026-06-20T10:15:00Z",
		}}},
	},
}
