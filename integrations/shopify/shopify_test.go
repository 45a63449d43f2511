package shopify_test

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
	"enrolld/integrations/shopify"
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

// sent says of samples which topic they come under, and when they were triggered
// where the body does not say when it happened.
var sent = map[string]struct{ topic, triggered string }{
	"order_pending":              {"orders/create", ""},
	"order_paid":                 {"orders/paid", ""},
	"order_create_paid":          {"orders/create", ""},
	"order_cancelled":            {"orders/cancelled", ""},
	"order_voided":               {"orders/updated", ""},
	"order_deleted":              {"orders/delete", "2026-03-05T08:00:00.123Z"},
	"order_edited":               {"orders/edited", ""},
	"sub_order_first":            {"orders/paid", ""},
	"renewed_order_first":        {"orders/paid", ""},
	"renewed_order_renewal":      {"orders/paid", ""},
	"order_test":                 {"orders/paid", ""},
	"order_custom_item":          {"orders/paid", ""},
	"order_no_email":             {"orders/paid", ""},
	"order_two_items":            {"orders/paid", ""},
	"dispute_created":            {"disputes/create", "2026-03-10T13:00:09Z"},
	"dispute_inquiry":            {"disputes/create", "2026-03-10T13:00:08Z"},
	"contract_active":            {"subscription_contracts/create", "2026-03-02T08:00:02.5Z"},
	"contract_paused":            {"subscription_contracts/pause", "2026-03-20T08:00:00Z"},
	"contract_cancelled":         {"subscription_contracts/update", "2026-03-20T08:00:00Z"},
	"contract_expired":           {"subscription_contracts/expire", "2026-04-02T09:00:00Z"},
	"contract_failed":            {"subscription_contracts/fail", "2026-04-09T09:00:00Z"},
	"contract_stale":             {"subscription_contracts/update", "2026-04-09T09:00:00Z"},
	"attempt_failure":            {"subscription_billing_attempts/failure", "2026-04-02T08:05:00Z"},
	"attempt_challenged":         {"subscription_billing_attempts/challenged", "2026-04-02T08:05:00Z"},
	"renewed_contract_active":    {"subscription_contracts/create", "2026-03-02T08:00:02.5Z"},
	"renewed_contract_cancelled": {"subscription_contracts/cancel", "2026-04-20T08:00:00Z"},
	"renewed_attempt_failure":    {"subscription_billing_attempts/failure", "2026-04-02T08:05:00Z"},
	"renewed_attempt_success":    {"subscription_billing_attempts/success", "2026-04-05T08:00:05Z"},
	"gdpr_customers_redact":      {"customers/redact", ""},
	"gdpr_data_request":          {"customers/data_request", ""},
	"customer_update":            {"customers/update", ""},
}

func header(name string) http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	s, ok := sent[name]
	group, _, _ := strings.Cut(name, "_")
	switch {
	case ok:
	case group == "order":
		s.topic = "orders/updated"
	case group == "refund":
		s.topic = "refunds/create"
	case group == "dispute":
		s.topic = "disputes/update"
	}
	h.Set("X-Shopify-Topic", s.topic)
	h.Set("X-Shopify-Shop-Domain", "acme.myshopify.com")
	h.Set("X-Shopify-Api-Version", "2026-10")
	h.Set("X-Shopify-Webhook-Id", "b54557e4-"+name)
	h.Set("X-Shopify-Event-Id", "98880550-"+name)
	if s.triggered != "" {
		h.Set("X-Shopify-Triggered-At", s.triggered)
	}
	return h
}

func sign(secret enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
	h := header(s.Name)
	if t, err := time.Parse(time.RFC3339Nano, h.Get("X-Shopify-Triggered-At")); err == nil && t.After(at) {
		at = t
	}
	if secret != "" {
		sum := integrations.MAC(sha256.New, []byte(secret.Reveal()), s.Body)
		h.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(sum))
	}
	return integrations.Request{Header: h, Body: s.Body, ReceivedAt: at}
}

const token = enrolld.Secret("shpat_0011223344556677")

var config = integrations.Config{
	Secrets:  []enrolld.Secret{"shpss_0123456789abcdef", "9d1c2f0a7b6e5d4c3b2a190807060504"},
	APIKey:   token,
	Settings: []byte(`{"shop":"acme.myshopify.com"}`),
}

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	const (
		purchase  = enrolld.EventPurchase
		refund    = enrolld.EventRefund
		sub       = enrolld.EventSubscription
		failed    = enrolld.EventPaymentFailed
		cancelled = enrolld.EventCancelled
		opened    = enrolld.EventDisputeOpened
		won       = enrolld.EventDisputeWon
	)
	connect := func(url string) integrations.Platform { return shopify.New(shopify.Options{BackendURL: url}) }
	return platformtest.Suite{
		Platform: connect(""), Config: config, Sign: sign, SignsBody: true, Lives: lives,
		Samples: platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
			"order_pending": kinds(purchase), "order_paid": kinds(purchase), "order_create_paid": kinds(purchase),
			"order_cancelled": kinds(cancelled), "order_voided": kinds(cancelled), "order_test": kinds(purchase),
			"order_custom_item": kinds(purchase, purchase), "order_no_email": kinds(purchase),
			"order_two_items": kinds(purchase), "order_added_to": kinds(purchase), "order_item_removed": kinds(refund),
			"order_refunded_part": kinds(refund), "order_refunded": kinds(refund),
			"refund_one_piece": kinds(refund), "refund_rest": kinds(refund), "refund_amount_only": kinds(refund),
			"refund_restock_only": kinds(refund), "refund_test": kinds(refund),
			"dispute_created": kinds(opened), "dispute_inquiry": kinds(opened), "dispute_review": kinds(opened),
			"dispute_won": kinds(won), "dispute_refunded": kinds(won), "dispute_lost": kinds(enrolld.EventDisputeLost),
			"sub_order_first": kinds(purchase), "contract_active": kinds(sub, sub), "contract_paused": kinds(sub, sub),
			"contract_cancelled": kinds(cancelled, sub), "contract_expired": kinds(enrolld.EventEnded, sub),
			"contract_failed": kinds(failed, sub), "contract_stale": nil, "attempt_failure": kinds(failed, sub),
			"attempt_challenged": nil, "renewed_order_first": kinds(purchase),
			"renewed_order_renewal": kinds(enrolld.EventPayment), "renewed_contract_active": kinds(sub, sub, sub),
			"renewed_contract_cancelled": kinds(cancelled, sub, sub), "renewed_attempt_failure": kinds(failed, sub, sub),
			"renewed_attempt_success": kinds(sub, sub, sub),
			"order_deleted":           nil, "order_edited": nil, "gdpr_customers_redact": nil, "gdpr_data_request": nil,
			"customer_update": nil,
		}),
		API: standIn(tb), Connect: connect,
		Catalogue: []string{"632910392", "632910392/808950810", "632910392/808950812", "632910400"},
		Refund: &integrations.Refund{
			Key: "refund-1", Order: paidOrder(), Payment: "order:5001", Reason: "asked for",
		},
		Refunded: []string{
			"GET /admin/api/2026-10/orders/5001/transactions.json",
			`POST /admin/api/2026-10/graphql.json "amount":"33.90"`,
		},
		Lacks: map[string]string{
			platformtest.Trial: "Shopify's orders and subscription contracts know no trial; a free order is a purchase.",
		},
	}
}

func paidOrder() enrolld.Order {
	e := enrolld.Event{
		Kind: enrolld.EventPurchase, At: at(3, 1, 15, 20), Refs: []string{"order:5001"},
		Lines: []enrolld.EventLine{
			{Key: "11001", Sale: &enrolld.Sale{Paid: true, Quantity: 2, Amount: integrations.Minor(4520, "USD")}},
			{Key: "11002", Sale: &enrolld.Sale{Paid: true, Quantity: 1, Amount: integrations.Minor(1130, "USD")}},
		},
		Payment: &enrolld.EventPart[enrolld.Payment]{ID: "order:5001", Value: enrolld.Payment{
			Amount: integrations.Minor(5650, "USD"), Lines: []string{"11001", "11002"},
		}},
	}
	return e.Order()
}

type lines = map[string]string

var lives = []platformtest.Life{
	{
		Name:    "paid late, one piece of two back",
		Shows:   []string{platformtest.Purchase, platformtest.PartialRefund},
		Samples: []string{"order_pending", "order_paid", "refund_one_piece", "order_refunded_part"},
		Want:    []platformtest.Moment{{At: at(3, 7, 0, 0), Lines: lines{"11001": "live paid", "11002": "live paid"}}},
	},
	{
		Name:    "not paid yet",
		Samples: []string{"order_pending"},
		Want: []platformtest.Moment{{At: at(3, 7, 0, 0), Lines: lines{
			"11001": "ended unpaid until 2026-03-01T15:15:02Z", "11002": "ended unpaid until 2026-03-01T15:15:02Z",
		}}},
	},
	{
		Name:  "all back in two parts",
		Shows: []string{platformtest.FullRefund},
		Samples: []string{
			"order_paid", "refund_one_piece", "order_refunded_part", "refund_rest", "order_refunded",
		},
		Want: []platformtest.Moment{{At: at(3, 9, 0, 0), Lines: lines{
			"11001": "ended refunded until 2026-03-08T14:00:00Z", "11002": "ended refunded until 2026-03-08T14:00:00Z",
		}}},
	},
	{
		Name:    "all back, told by the refunds alone",
		Samples: []string{"order_paid", "refund_one_piece", "refund_rest"},
		Want: []platformtest.Moment{{At: at(3, 9, 0, 0), Lines: lines{
			"11001": "ended refunded until 2026-03-08T14:00:00Z", "11002": "ended refunded until 2026-03-08T14:00:00Z",
		}}},
	},
	{
		Name:    "some money back",
		Samples: []string{"order_paid", "refund_amount_only"},
		Want:    []platformtest.Moment{{At: at(3, 9, 0, 0), Lines: lines{"11001": "live paid", "11002": "live paid"}}},
	},
	{
		Name:    "cancelled, the money kept",
		Samples: []string{"order_create_paid", "order_cancelled"},
		Want: []platformtest.Moment{{At: at(3, 9, 0, 0), Lines: lines{
			"12001": "ended refunded until 2026-03-04T12:00:00Z",
		}}},
	},
	{
		Name:    "voided",
		Samples: []string{"order_voided"},
		Want: []platformtest.Moment{{At: at(3, 9, 0, 0), Lines: lines{
			"13001": "ended unpaid until 2026-03-04T12:00:00Z",
		}}},
	},
	{
		Name:    "an item removed",
		Samples: []string{"order_two_items", "refund_restock_only", "order_item_removed"},
		Want: []platformtest.Moment{{At: at(3, 9, 0, 0), Lines: lines{
			"14001": "live paid", "14002": "ended refunded until 2026-03-03T08:00:00Z",
		}}},
	},
	{
		// What was added is not paid yet, what was there before is.
		Name:    "added to",
		Samples: []string{"order_create_paid", "order_added_to"},
		Want:    []platformtest.Moment{{At: at(3, 9, 0, 0), Lines: lines{"12001": "live paid"}}},
	},
	{
		Name:    "disputed, won",
		Shows:   []string{platformtest.DisputeWon},
		Samples: []string{"order_create_paid", "dispute_inquiry", "dispute_created", "dispute_review", "dispute_won"},
		Want:    []platformtest.Moment{{At: at(4, 3, 0, 0), Lines: lines{"12001": "live paid"}}},
	},
	{
		Name:    "disputed",
		Shows:   []string{platformtest.DisputeOpened},
		Samples: []string{"order_create_paid", "dispute_inquiry", "dispute_review"},
		Want:    []platformtest.Moment{{At: at(3, 11, 0, 0), Lines: lines{"12001": "suspended dispute_open"}}},
	},
	{
		Name:    "disputed, lost",
		Shows:   []string{platformtest.DisputeLost},
		Samples: []string{"order_create_paid", "dispute_created", "dispute_review", "dispute_lost"},
		Want: []platformtest.Moment{{At: at(4, 3, 0, 0), Lines: lines{
			"12001": "ended dispute_lost until 2026-04-02T14:00:00Z",
		}}},
	},
	{
		Name:    "custom items",
		Samples: []string{"order_custom_item"},
		Want:    []platformtest.Moment{{At: at(4, 3, 0, 0), Lines: lines{"15001": "live paid", "15002": "live paid"}}},
	},
	{
		Name:    "subscription",
		Samples: []string{"sub_order_first", "contract_active"},
		Want: []platformtest.Moment{{At: at(3, 21, 0, 0), Lines: lines{
			"20001": "live paid until 2026-04-05T08:00:00Z", "20002": "live paid",
		}}, {At: at(4, 6, 0, 0), Lines: lines{
			"20001": "ended expired until 2026-04-05T08:00:00Z", "20002": "live paid",
		}}},
	},
	{
		Name:    "subscription cancelled",
		Shows:   []string{platformtest.Cancelled},
		Samples: []string{"sub_order_first", "contract_active", "contract_cancelled"},
		Want: []platformtest.Moment{{At: at(3, 21, 0, 0), Lines: lines{
			"20001": "live paid until 2026-04-02T08:00:00Z", "20002": "live paid",
		}}, {At: at(4, 3, 0, 0), Lines: lines{
			"20001": "ended cancelled until 2026-04-02T08:00:00Z", "20002": "live paid",
		}}},
	},
	{
		Name:    "subscription paused",
		Samples: []string{"sub_order_first", "contract_active", "contract_paused"},
		Want: []platformtest.Moment{{At: at(3, 21, 0, 0), Lines: lines{
			"20001": "live paid until 2026-04-02T08:00:00Z", "20002": "live paid",
		}}, {At: at(4, 3, 0, 0), Lines: lines{
			"20001": "ended paused until 2026-04-02T08:00:00Z", "20002": "live paid",
		}}},
	},
	{
		Name:    "subscription over",
		Shows:   []string{platformtest.Expired},
		Samples: []string{"sub_order_first", "contract_active", "contract_expired"},
		Want: []platformtest.Moment{{At: at(4, 3, 0, 0), Lines: lines{
			"20001": "ended cancelled until 2026-04-02T09:00:00Z", "20002": "live paid",
		}}},
	},
	{
		Name:    "subscription not paid",
		Shows:   []string{platformtest.Failed},
		Samples: []string{"sub_order_first", "contract_active", "attempt_failure", "contract_failed"},
		Want: []platformtest.Moment{{At: at(3, 15, 0, 0), Lines: lines{
			"20001": "live paid until 2026-04-05T08:05:00Z", "20002": "live paid",
		}}, {At: at(4, 3, 0, 0), Lines: lines{
			"20001": "live grace until 2026-04-05T08:05:00Z", "20002": "live paid",
		}}, {At: at(4, 10, 0, 0), Lines: lines{
			"20001": "ended payment_failed until 2026-04-05T08:05:00Z", "20002": "live paid",
		}}},
	},
	{
		Name:  "subscription paid late, then cancelled",
		Shows: []string{platformtest.Rebill, platformtest.Recovered},
		Samples: []string{
			"renewed_order_first", "renewed_contract_active", "renewed_attempt_failure", "renewed_order_renewal",
			"renewed_attempt_success", "renewed_contract_cancelled",
		},
		Want: []platformtest.Moment{{At: at(4, 21, 0, 0), Lines: lines{
			"20101": "ended payment_failed until 2026-04-05T08:05:00Z", "20102": "live paid",
			"20111": "live paid until 2026-05-05T08:00:00Z",
		}}, {At: at(5, 6, 0, 0), Lines: lines{
			"20101": "ended payment_failed until 2026-04-05T08:05:00Z", "20102": "live paid",
			"20111": "ended cancelled until 2026-05-05T08:00:00Z",
		}}},
	},
	{
		Name:    "renewal that no contract is told of",
		Samples: []string{"renewed_order_renewal"},
		Want:    []platformtest.Moment{{At: at(12, 1, 0, 0), Lines: lines{"20111": "live paid"}}},
	},
}

func TestConformance(t *testing.T) { platformtest.Run(t, suite(t)) }

func BenchmarkAccept(b *testing.B)   { platformtest.BenchAccept(b, suite(b)) }
func BenchmarkParse(b *testing.B)    { platformtest.BenchParse(b, suite(b)) }
func BenchmarkDelivery(b *testing.B) { platformtest.BenchDelivery(b, suite(b)) }

func FuzzParse(f *testing.F) {
	s := suite(f)
	for _, sample := range s.Samples {
		f.Add(header(sample.Name).Get("X-Shopify-Topic"), sample.Body)
	}
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		h := http.Header{"Content-Type": {"application/json"}, "X-Shopify-Topic": {topic}}
		platformtest.Survive(t, s.Platform, s.Config, integrations.Request{
			Header: h, Body: body, ReceivedAt: platformtest.Received,
		})
	})
}
