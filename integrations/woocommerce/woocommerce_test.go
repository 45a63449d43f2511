package woocommerce_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/woocommerce"
)

const (
	apiKey   = enrolld.Secret("ck_0123456789abcdef:cs_fedcba9876543210")
	shop     = "https://shop.example.com"
	settings = `{"shop":"` + shop + `"}`
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

// topic reads a sample's topic off its name: "real_order.updated_paid".
func topic(name string) string {
	name = strings.TrimPrefix(name, "real_")
	if strings.HasPrefix(name, "action.") {
		return name
	}
	topic, _, _ := strings.Cut(name, "_")
	return topic
}

func sign(secret enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
	h := http.Header{"Content-Type": {s.Type}}
	resource, event, _ := strings.Cut(topic(s.Name), ".")
	h.Set("X-WC-Webhook-Source", shop+"/")
	h.Set("X-WC-Webhook-Topic", topic(s.Name))
	h.Set("X-WC-Webhook-Resource", resource)
	h.Set("X-WC-Webhook-Event", event)
	h.Set("X-WC-Webhook-ID", "2")
	h.Set("X-WC-Webhook-Delivery-ID", "7c696aa78a41df8e06af538c5eaa654b")
	h.Set("User-Agent", "WooCommerce/10.5.2 Hookshot (WordPress/6.9.1)")
	if secret != "" {
		sum := integrations.MAC(sha256.New, []byte(secret.Reveal()), s.Body)
		h.Set("X-WC-Webhook-Signature", base64.StdEncoding.EncodeToString(sum))
	}
	return integrations.Request{Header: h, Body: s.Body, ReceivedAt: at}
}

func config() integrations.Config {
	return integrations.Config{
		Secrets: []enrolld.Secret{`wc_secret_&_quote"x`, "second-0123456789"},
		APIKey:  apiKey, Settings: []byte(settings),
	}
}

func samples(tb testing.TB) []platformtest.Sample {
	tb.Helper()
	const (
		purchase  = enrolld.EventPurchase
		payment   = enrolld.EventPayment
		refund    = enrolld.EventRefund
		sub       = enrolld.EventSubscription
		failed    = enrolld.EventPaymentFailed
		cancelled = enrolld.EventCancelled
		ended     = enrolld.EventEnded
	)
	return platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
		"real_order.created_once": nil, "real_order.updated_oncepaid": kinds(purchase),
		"real_order.updated_oncepart": kinds(refund), "real_order.updated_oncefull": kinds(refund),
		"real_order.updated_refunddeleted": kinds(purchase),
		"real_order.created_club":          nil, "real_order.updated_clubpaid": kinds(purchase),
		"real_order.updated_clubdone": kinds(purchase), "real_order.updated_clubr1": kinds(payment),
		"real_order.updated_clubr2": kinds(failed), "real_order.updated_clubr2paid": kinds(payment),
		"real_order.updated_clubr2part": kinds(refund), "real_order.updated_clubrefund": kinds(refund),
		"real_subscription.created_club": kinds(sub), "real_subscription.updated_clubpaid": kinds(sub, sub),
		"real_subscription.updated_clubr1": kinds(sub, sub), "real_subscription.updated_clubr2": kinds(sub, sub),
		"real_subscription.updated_clubr2paid": kinds(sub, sub), "real_subscription.updated_clubpc": kinds(cancelled, sub),
		"real_subscription.updated_clubend": kinds(ended, sub), "real_subscription.created_trial": kinds(sub),
		"real_order.updated_trialpaid": kinds(purchase), "real_order.updated_trialr1": kinds(payment),
		"real_subscription.updated_trialpaid": kinds(sub, sub), "real_subscription.updated_trialr1": kinds(sub, sub),
		"real_subscription.updated_trialhold": kinds(sub, sub), "real_subscription.updated_trialreact": kinds(sub, sub),
		"real_subscription.updated_trialcancel": kinds(ended, sub),
		"real_order.updated_planpaid":           kinds(purchase), "real_order.updated_planr1": kinds(payment),
		"real_order.updated_planr2": kinds(payment), "real_subscription.updated_planpaid": kinds(sub, sub),
		"real_subscription.updated_planr1": kinds(sub, sub), "real_subscription.updated_planr2": kinds(sub, sub),
		"real_subscription.updated_planexp": kinds(ended, sub),
		"real_order.updated_bank":           kinds(purchase), "real_order.updated_bankpaid": kinds(purchase),
		"real_order.deleted_banktrash": nil, "real_order.restored_bankback": kinds(purchase),
		"real_order.updated_bankcancel": kinds(cancelled), "real_order.updated_fail": kinds(failed),
		"real_order.updated_twopaid": kinds(purchase), "real_subscription.updated_twopaid1": kinds(sub, sub),
		"real_subscription.updated_twopaid2": kinds(sub, sub), "real_order.updated_twor1": kinds(failed),
		"real_subscription.updated_twor1": kinds(sub, sub), "real_order.updated_two2trash": kinds(failed),
		"real_subscription.updated_two2trash": kinds(ended, sub), "real_subscription.deleted_two2trash": kinds(ended),
		"real_subscription.deleted_two1del": kinds(ended), "real_subscription.updated_two1del": nil,
		"real_order.updated_paidhold": kinds(purchase), "real_order.created_resub": nil,
		"real_order.updated_resubpaid": kinds(purchase), "real_subscription.updated_resub": kinds(ended, sub),

		"real_order.updated_swpaid": kinds(purchase), "real_subscription.updated_swpaid": kinds(sub, sub),
		"real_subscription.updated_swswitch": kinds(sub, sub), "real_order.updated_swswpaid": kinds(purchase),
		"real_subscription.switched_swswpaid": kinds(sub, sub, sub, sub), "real_subscription.updated_swswpaid": kinds(sub, sub, sub, sub),
		"real_order.updated_cptr1": kinds(payment), "real_order.updated_cptpart": kinds(refund),
		"real_subscription.updated_cptr1": kinds(sub, sub),

		"order.updated_clublate":         kinds(purchase),
		"subscription.updated_exchanged": kinds(sub, sub, sub),
		"subscription.updated_switched":  kinds(ended, sub), "order.updated_bundle": kinds(purchase),
		"order.updated_shipped": kinds(purchase), "order.created_refunded": kinds(refund),
		"order.updated_clubr1hold": kinds(sub), "customer.updated_mia": nil, "product.updated_bread": nil,
		"action.woocommerce_add_to_cart_basket": nil,
	})
}

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	const noDispute = "WooCommerce has no disputes: they are at the payment method, which may put the order on hold."
	all := samples(tb)
	return platformtest.Suite{
		Platform: woocommerce.New(woocommerce.Options{}), Config: config(), Samples: all, Lives: lives,
		Sign: sign, SignsBody: true,
		API:       standIn(all),
		Connect:   func(u string) integrations.Platform { return woocommerce.New(woocommerce.Options{BackendURL: u}) },
		Catalogue: []string{"10", "12", "12/13", "12/14", "18 (bundle)"},
		Refund: &integrations.Refund{
			Key: "refund-1", Order: enrolld.Order{Payments: map[string]enrolld.Latest[enrolld.Payment]{
				"order:46": {At: at(3, 2, 10, 15), Value: enrolld.Payment{Amount: enrolld.Money{Minor: 17700, Currency: "EUR"}}},
			}},
			Amount: enrolld.Money{Minor: 4900, Currency: "EUR"}, Reason: "asked for",
		},
		Refunded: []string{
			"GET /wp-json/wc/v3/orders/46 ",
			`POST /wp-json/wc/v3/orders/46/refunds {"amount":"49.00","reason":"asked for","api_refund":true}`,
		},
		Lacks: map[string]string{
			platformtest.DisputeOpened: noDispute, platformtest.DisputeWon: noDispute, platformtest.DisputeLost: noDispute,
			platformtest.TestMode:     "Orders have no mark for tests: whether money moved only the payment method knows.",
			platformtest.Confirmation: "Deliveries are signed and complete: nothing has to be asked.",
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
		f.Add(topic(sample.Name), sample.Body)
	}
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		platformtest.Survive(t, s.Platform, s.Config, integrations.Request{
			Header: http.Header{"X-Wc-Webhook-Topic": {topic}}, Body: body, ReceivedAt: platformtest.Received,
		})
	})
}
