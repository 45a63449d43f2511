package surecart_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/surecart"
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

func sign(secret enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
	h := http.Header{"Content-Type": {s.Type}}
	stamp := strconv.FormatInt(at.Unix(), 10)
	h.Set("X-Webhook-Timestamp", stamp)
	if secret != "" {
		sum := integrations.MAC(sha256.New, []byte(secret.Reveal()), []byte(stamp+"."), s.Body)
		h.Set("X-Webhook-Signature", hex.EncodeToString(sum))
	}
	return integrations.Request{Header: h, Body: s.Body, ReceivedAt: at}
}

const token = enrolld.Secret("st_0011223344556677")

var config = integrations.Config{
	Secrets: []enrolld.Secret{"sc_signing_0011223344", "sc_signing_5566778899"}, APIKey: token,
}

// standIn speaks SureCart's API about what the samples tell.
func standIn(tb testing.TB) http.Handler {
	tb.Helper()
	text, err := os.ReadFile("testdata/api.json")
	if err != nil {
		tb.Fatal(err)
	}
	var api struct {
		Purchases, Orders map[string]json.RawMessage
		Charges, Products []json.RawMessage
	}
	if err := json.Unmarshal(text, &api); err != nil {
		tb.Fatal(err)
	}
	one := func(of map[string]json.RawMessage) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, ok := of[r.PathValue("id")]
			if !ok {
				http.Error(w, `{"code":"not_found"}`, http.StatusNotFound)
				return
			}
			_, _ = w.Write(body)
		}
	}
	list := func(of []json.RawMessage) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			data := of
			if page := r.URL.Query().Get("page"); page != "" && page != "1" {
				data = nil
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"object": "list", "data": data})
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/purchases/{id}", one(api.Purchases))
	mux.HandleFunc("GET /v1/orders/{id}", one(api.Orders))
	mux.HandleFunc("GET /v1/charges", list(api.Charges))
	mux.HandleFunc("GET /v1/products", list(api.Products))
	mux.HandleFunc("POST /v1/refunds", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"id":"2e3d801e-0000-4000-8000-000000000001","object":"refund","status":"succeeded"}`)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token.Reveal() || r.Host != "api.surecart.com" {
			http.Error(w, `{"code":"unauthorized"}`, http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		mux.ServeHTTP(w, r)
	})
}

// The purchases of the samples.
const (
	once       = "f6d95c40-0000-4000-8000-000000000001"
	subscribed = "f6d95c40-0000-4000-8000-000000000002"
	tried      = "f6d95c40-0000-4000-8000-000000000003"
	limited    = "f6d95c40-0000-4000-8000-000000000005"
	plan       = "f6d95c40-0000-4000-8000-000000000006"
	before     = "f6d95c40-0000-4000-8000-000000000007"
	after      = "f6d95c40-0000-4000-8000-000000000008"

	order  = "0d6edf76-0000-4000-8000-000000000001"
	course = "326f3ca7-0000-4000-8000-000000000006"
	club   = "326f3ca7-0000-4000-8000-000000000007"
)

func bought() enrolld.Order {
	return enrolld.Event{
		Kind: enrolld.EventPurchase, At: at(3, 2, 8, 0), Refs: []string{"purchase:" + once, "order:" + order},
		Lines: []enrolld.EventLine{{Key: once, Product: enrolld.ProductRef{ID: course}, Sale: &enrolld.Sale{Paid: true}}},
	}.Order()
}

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	const (
		purchase = enrolld.EventPurchase
		payment  = enrolld.EventPayment
		sub      = enrolld.EventSubscription
		ended    = enrolld.EventEnded
		noWord   = "SureCart's webhooks tell no dispute; it revokes the purchase, or the seller does."
	)
	connect := func(url string) integrations.Platform { return surecart.New(surecart.Options{BackendURL: url}) }
	return platformtest.Suite{
		Platform: connect(""), Config: config, Sign: sign, SignsBody: true, Lives: lives,
		Samples: platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
			"purchase_created": kinds(purchase), "purchase_revoked": kinds(enrolld.EventRefund),
			"purchase_invoked": kinds(sub), "purchase_updated": kinds(sub),
			"sub_purchase_created": kinds(purchase), "sub_created": kinds(sub), "sub_renewed": kinds(payment),
			"sub_past_due": kinds(enrolld.EventPaymentFailed), "sub_renewed_late": kinds(payment),
			"sub_made_active": kinds(sub), "sub_cancelling": kinds(enrolld.EventCancelled), "sub_canceled": kinds(ended),
			"sub_purchase_revoked": kinds(ended), "sub_purchase_invoked": kinds(sub),
			"trial_purchase_created": kinds(purchase), "trial_made_trialing": kinds(sub), "trial_renewed": kinds(payment),
			"test_purchase_created": kinds(purchase), "limited_purchase_created": kinds(purchase),
			"limited_purchase_unlimited": kinds(sub), "plan_purchase_created": kinds(purchase), "plan_completed": kinds(sub),
			"switch_old_created": kinds(purchase), "switch_old_revoked": kinds(ended),
			"switch_new_created": kinds(purchase), "switch_sub_updated": kinds(sub),
			"order_paid": nil, "refund_succeeded": nil, "customer_updated": nil, "product_updated": nil,
		}),
		API: standIn(tb), Connect: connect,
		Catalogue: []string{
			course, club, club + "/11bd1f0c-0000-4000-8000-000000000002", club + "/11bd1f0c-0000-4000-8000-000000000009",
		},
		Refund: &integrations.Refund{Key: "refund-1", Order: bought()},
		Refunded: []string{
			"GET /v1/orders/" + order, "GET /v1/charges", `POST /v1/refunds "amount":4400`,
		},
		Lacks: map[string]string{
			platformtest.PartialRefund: "SureCart tells by purchase.revoked whether a refund takes access; a refund alone takes none.",
			platformtest.DisputeOpened: noWord, platformtest.DisputeWon: noWord, platformtest.DisputeLost: noWord,
		},
	}
}

type lines = map[string]string

var renewals = []string{"sub_purchase_created", "sub_created", "sub_renewed", "sub_past_due"}

var lives = []platformtest.Life{
	{
		Name:    "bought once",
		Shows:   []string{platformtest.Purchase},
		Samples: []string{"purchase_created"},
		Want:    []platformtest.Moment{{At: at(3, 9, 0, 0), Lines: lines{once: "live paid"}}},
	},
	{
		Name:    "revoked",
		Shows:   []string{platformtest.FullRefund},
		Samples: []string{"purchase_created", "purchase_revoked"},
		Want:    []platformtest.Moment{{At: at(3, 6, 0, 0), Lines: lines{once: "ended refunded until 2026-03-05T08:00:00Z"}}},
	},
	{
		Name:    "revoked and invoked",
		Samples: []string{"purchase_created", "purchase_revoked", "purchase_invoked", "purchase_updated"},
		Want:    []platformtest.Moment{{At: at(3, 9, 0, 0), Lines: lines{once: "live paid"}}},
	},
	{
		Name:    "subscription not paid",
		Shows:   []string{platformtest.Rebill, platformtest.Failed},
		Samples: renewals,
		Want: []platformtest.Moment{{At: at(4, 10, 0, 0), Lines: lines{
			subscribed: "live paid until 2026-05-05T08:00:00Z",
		}}, {At: at(5, 3, 0, 0), Lines: lines{
			subscribed: "live grace until 2026-05-05T08:00:00Z",
		}}, {At: at(5, 6, 0, 0), Lines: lines{
			subscribed: "ended payment_failed until 2026-05-05T08:00:00Z",
		}}},
	},
	{
		Name:    "subscription paid late",
		Shows:   []string{platformtest.Recovered},
		Samples: append([]string{"sub_renewed_late", "sub_made_active"}, renewals...),
		Want: []platformtest.Moment{{At: at(5, 9, 0, 0), Lines: lines{
			subscribed: "live paid until 2026-06-05T08:00:00Z",
		}}},
	},
	{
		Name:    "subscription to be cancelled",
		Shows:   []string{platformtest.Cancelled},
		Samples: append([]string{"sub_renewed_late", "sub_cancelling"}, renewals...),
		Want: []platformtest.Moment{{At: at(5, 11, 0, 0), Lines: lines{
			subscribed: "live paid until 2026-06-02T08:00:00Z",
		}}, {At: at(6, 3, 0, 0), Lines: lines{
			subscribed: "ended cancelled until 2026-06-02T08:00:00Z",
		}}},
	},
	{
		Name:  "subscription over",
		Shows: []string{platformtest.Expired},
		Samples: append([]string{
			"sub_renewed_late", "sub_cancelling", "sub_canceled", "sub_purchase_revoked",
		}, renewals...),
		Want: []platformtest.Moment{{At: at(6, 3, 0, 0), Lines: lines{
			subscribed: "ended cancelled until 2026-06-02T08:00:05Z",
		}}},
	},
	{
		Name:    "trial",
		Shows:   []string{platformtest.Trial},
		Samples: []string{"trial_purchase_created", "trial_made_trialing"},
		Want: []platformtest.Moment{{At: at(3, 5, 0, 0), Lines: lines{
			tried: "live trial until 2026-03-19T08:00:00Z",
		}}},
	},
	{
		Name:    "trial, then paid",
		Samples: []string{"trial_purchase_created", "trial_made_trialing", "trial_renewed"},
		Want: []platformtest.Moment{{At: at(3, 20, 0, 0), Lines: lines{
			tried: "live paid until 2026-04-19T08:00:00Z",
		}}},
	},
	{
		Name:    "to be revoked",
		Samples: []string{"limited_purchase_created"},
		Want: []platformtest.Moment{{At: at(3, 20, 0, 0), Lines: lines{
			limited: "live paid until 2026-04-01T08:00:00Z",
		}}, {At: at(4, 2, 0, 0), Lines: lines{limited: "ended cancelled until 2026-04-01T08:00:00Z"}}},
	},
	{
		Name:    "not to be revoked after all",
		Samples: []string{"limited_purchase_created", "limited_purchase_unlimited"},
		Want:    []platformtest.Moment{{At: at(4, 2, 0, 0), Lines: lines{limited: "live paid"}}},
	},
	{
		Name:    "instalments",
		Samples: []string{"plan_purchase_created", "plan_completed"},
		Want:    []platformtest.Moment{{At: at(12, 2, 0, 0), Lines: lines{plan: "live paid"}}},
	},
	{
		Name:    "changed plan",
		Samples: []string{"switch_old_created", "switch_old_revoked", "switch_new_created", "switch_sub_updated"},
		Want: []platformtest.Moment{{At: at(3, 20, 0, 0), Lines: lines{
			before: "ended cancelled until 2026-03-10T08:00:00Z", after: "live paid until 2026-04-13T08:00:00Z",
		}}},
	},
}

func TestConformance(t *testing.T) { platformtest.Run(t, suite(t)) }

func BenchmarkAccept(b *testing.B)   { platformtest.BenchAccept(b, suite(b)) }
func BenchmarkParse(b *testing.B)    { platformtest.BenchParse(b, suite(b)) }
func BenchmarkDelivery(b *testing.B) { platformtest.BenchDelivery(b, suite(b)) }

func FuzzParse(f *testing.F) {
	s := suite(f)
	for _, sample := range s.Samples {
		f.Add(sample.Body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		h := http.Header{"Content-Type": {"application/json"}}
		platformtest.Survive(t, s.Platform, s.Config, integrations.Request{
			Header: h, Body: body, ReceivedAt: platformtest.Received,
		})
	})
}
