package lemonsqueezy_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/lemonsqueezy"
	"enrolld/integrations/platformtest"
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

func sign(secret enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
	h := http.Header{"Content-Type": {s.Type}}
	if secret != "" {
		sum := integrations.MAC(sha256.New, []byte(secret.Reveal()), s.Body)
		h.Set("X-Signature", hex.EncodeToString(sum))
		h.Set("X-Event-Name", "order_created")
	}
	return integrations.Request{Header: h, Body: s.Body, ReceivedAt: at}
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

const (
	purchase = enrolld.EventPurchase
	paid     = enrolld.EventPayment
	refund   = enrolld.EventRefund
	sub      = enrolld.EventSubscription
	failed   = enrolld.EventPaymentFailed
)

// samples says what each sample becomes. A subscription says how it stands and
// lets suppose its sale; an order that changed, how it is and how it was made.
var samples = map[string][]enrolld.EventKind{
	"order_paid": kinds(purchase), "order_test": kinds(purchase), "license": nil, "license_updated": nil,
	"order_refunded_part": kinds(refund, purchase), "order_refunded_full": kinds(refund, purchase),
	"order_pending": kinds(purchase), "order_pending_paid": kinds(purchase, purchase),
	"order_failed": kinds(failed, purchase), "order_fraudulent": kinds(refund, purchase),
	"first_order": kinds(purchase), "first_created": kinds(sub, sub), "first_paid": kinds(paid),
	"renewed": kinds(sub, sub), "renewal_paid": kinds(paid), "renewal_failed": kinds(failed),
	"renewal_failed_again": kinds(failed), "past_due": kinds(sub, sub), "recovered_paid": kinds(paid),
	"recovered": kinds(paid), "recovered_active": kinds(sub, sub), "unpaid": kinds(sub, sub),
	"cancelled": kinds(enrolld.EventCancelled, sub), "resumed": kinds(sub, sub),
	"expired": kinds(enrolld.EventEnded, sub), "renewal_refunded": kinds(refund),
	"renewal_refunded_part": kinds(refund), "first_refunded": kinds(refund),
	"first_order_refunded": kinds(refund, purchase), "plan_changed": kinds(sub, sub), "plan_paid": kinds(paid),
	"paused_void": kinds(sub, sub), "paused_free": kinds(sub, sub), "unpaused": kinds(sub, sub),
	"trial_order": kinds(purchase), "trial_created": kinds(sub, sub), "trial_invoice": nil,
	"trial_over": kinds(sub, sub), "trial_paid": kinds(paid),
}

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	const noDisputes = "Lemon Squeezy tells of no disputes: it answers them itself and refunds the order."
	connect := func(url string) integrations.Platform {
		return lemonsqueezy.New(lemonsqueezy.Options{BackendURL: url})
	}
	return platformtest.Suite{
		Platform: connect(""),
		Config: integrations.Config{
			Secrets: []enrolld.Secret{"first-signing-secret-01", "second-signing-secret-02"}, APIKey: apiKey,
		},
		Sign:      sign,
		SignsBody: true,
		Lives:     lives,
		Samples:   platformtest.Load(tb, "testdata/samples", samples),
		API:       backend(), Connect: connect,
		Catalogue: []string{"311", "311/902", "312", "312/911", "312/912"},
		Refund: &integrations.Refund{Key: "r-1", Order: enrolld.Event{
			At: at(3, 1, 10, 15), Refs: []string{"order:5501"},
		}.Order()},
		Refunded: []string{`POST /v1/orders/5501/refund {"data":{"id":"5501","type":"orders"}}`},
		Lacks: map[string]string{
			platformtest.DisputeOpened: noDisputes, platformtest.DisputeWon: noDisputes, platformtest.DisputeLost: noDisputes,
			platformtest.Confirmation: "Deliveries are signed and complete: nothing has to be asked.",
		},
	}
}

const apiKey = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.example"

// backend stands in for Lemon Squeezy's API.
func backend() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/products", func(w http.ResponseWriter, r *http.Request) {
		page, name := "1", `{"type":"products","id":"311","attributes":{"store_id":7781,"name":"Course A","status":"published"}}`
		if r.URL.Query().Get("page[number]") == "2" {
			page, name = "2", `{"type":"products","id":"312","attributes":{"store_id":7781,"name":"Membership","status":"published"}}`
		}
		_, _ = io.WriteString(w, `{"meta":{"page":{"currentPage":`+page+`,"lastPage":2,"perPage":1,"total":2}},"data":[`+name+`]}`)
	})
	mux.HandleFunc("GET /v1/variants", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"meta":{"page":{"currentPage":1,"lastPage":1,"perPage":100,"total":4}},"data":[
			{"type":"variants","id":"902","attributes":{"product_id":311,"name":"Default","status":"pending"}},
			{"type":"variants","id":"911","attributes":{"product_id":312,"name":"Monthly","status":"published"}},
			{"type":"variants","id":"912","attributes":{"product_id":312,"name":"Yearly","status":"published"}},
			{"type":"variants","id":"999","attributes":{"product_id":4,"name":"Of a product that is not there","status":"published"}}]}`)
	})
	refund := func(kind string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			var body struct {
				Data struct {
					Type, ID   string
					Attributes struct{ Amount int64 }
				}
			}
			if json.NewDecoder(r.Body).Decode(&body) != nil || body.Data.Type != kind || body.Data.ID != r.PathValue("id") ||
				kind == "subscription-invoices" && body.Data.Attributes.Amount <= 0 {
				w.WriteHeader(http.StatusUnprocessableEntity)
				return
			}
			_, _ = io.WriteString(w, `{"data":{"type":"`+kind+`","id":"`+body.Data.ID+`"}}`)
		}
	}
	mux.HandleFunc("POST /v1/orders/{id}/refund", refund("orders"))
	mux.HandleFunc("POST /v1/subscription-invoices/{id}/refund", refund("subscription-invoices"))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const media = "application/vnd.api+json"
		if r.Header.Get("Authorization") != "Bearer "+apiKey || r.Host != "api.lemonsqueezy.com" {
			http.Error(w, `{"errors":[{"status":"401"}]}`, http.StatusUnauthorized)
			return
		}
		if r.Header.Get("Accept") != media || r.Header.Get("Content-Type") != media {
			http.Error(w, `{"errors":[{"status":"415"}]}`, http.StatusUnsupportedMediaType)
			return
		}
		w.Header().Set("Content-Type", media)
		mux.ServeHTTP(w, r)
	})
}

func item(state string) map[string]string { return map[string]string{"item": state} }

var lives = []platformtest.Life{
	{
		Name:    "bought once",
		Shows:   []string{platformtest.Purchase},
		Samples: []string{"order_paid"},
		Want:    []platformtest.Moment{{At: at(12, 31, 0, 0), Lines: item("live paid")}},
	},
	{
		Name:    "a part given back",
		Shows:   []string{platformtest.PartialRefund},
		Samples: []string{"order_paid", "order_refunded_part"},
		Want:    []platformtest.Moment{{At: at(3, 6, 0, 0), Lines: item("live paid")}},
	},
	{
		Name:    "a part given back, then the rest",
		Shows:   []string{platformtest.FullRefund},
		Samples: []string{"order_paid", "order_refunded_part", "order_refunded_full"},
		Want:    []platformtest.Moment{{At: at(3, 6, 0, 0), Lines: item("ended refunded until 2026-03-04T12:00:00Z")}},
	},
	{
		Name:    "pending",
		Samples: []string{"order_pending"},
		Want:    []platformtest.Moment{{At: at(3, 2, 0, 0), Lines: item("ended unpaid until 2026-03-01T10:15:00Z")}},
	},
	{
		Name:    "pending, then paid",
		Samples: []string{"order_pending", "order_pending_paid"},
		Want:    []platformtest.Moment{{At: at(3, 3, 0, 0), Lines: item("live paid")}},
	},
	{
		Name:    "fraudulent",
		Samples: []string{"order_fraudulent"},
		Want:    []platformtest.Moment{{At: at(3, 6, 0, 0), Lines: item("ended unpaid until 2026-03-05T10:00:00Z")}},
	},
	{
		Name:    "renewed",
		Shows:   []string{platformtest.Rebill},
		Samples: []string{"first_order", "first_created", "first_paid", "renewed", "renewal_paid"},
		Want:    []platformtest.Moment{{At: at(4, 20, 0, 0), Lines: item("live paid until 2026-05-04T10:15:00Z")}},
	},
	{
		Name:    "renewed, in an order from before",
		Samples: []string{"renewed", "renewal_paid"},
		Want:    []platformtest.Moment{{At: at(4, 20, 0, 0), Lines: item("live paid until 2026-05-04T10:15:00Z")}},
	},
	{
		Name:  "payment failed",
		Shows: []string{platformtest.Failed},
		Samples: []string{
			"first_order", "first_created", "first_paid", "renewal_paid", "renewal_failed", "past_due", "renewal_failed_again",
		},
		Want: []platformtest.Moment{
			{At: at(5, 2, 0, 0), Lines: item("live grace until 2026-05-04T10:20:00Z")},
			{At: at(5, 5, 0, 0), Lines: item("ended payment_failed until 2026-05-04T10:20:00Z")},
		},
	},
	{
		Name:    "payment failed for good",
		Samples: []string{"first_order", "first_created", "first_paid", "renewal_paid", "renewal_failed", "past_due", "unpaid"},
		Want: []platformtest.Moment{
			{At: at(5, 16, 0, 0), Lines: item("ended payment_failed until 2026-05-04T10:20:00Z")},
		},
	},
	{
		Name:    "payment failed for good, and over",
		Samples: []string{"first_created", "first_paid", "renewal_paid", "renewal_failed", "past_due", "unpaid", "expired"},
		Want: []platformtest.Moment{
			{At: at(6, 2, 0, 0), Lines: item("ended payment_failed until 2026-05-04T10:20:00Z")},
		},
	},
	{
		Name:  "payment failed and recovered",
		Shows: []string{platformtest.Recovered},
		Samples: []string{
			"first_order", "first_created", "renewal_failed", "past_due", "recovered_paid", "recovered", "recovered_active",
		},
		Want: []platformtest.Moment{{At: at(5, 5, 0, 0), Lines: item("live paid until 2026-06-04T10:15:00Z")}},
	},
	{
		Name:    "cancelled",
		Shows:   []string{platformtest.Cancelled},
		Samples: []string{"first_order", "first_created", "first_paid", "renewal_paid", "recovered_active", "cancelled"},
		Want:    []platformtest.Moment{{At: at(5, 20, 0, 0), Lines: item("live paid until 2026-06-01T10:15:00Z")}},
	},
	{
		Name:    "cancelled and resumed",
		Samples: []string{"first_order", "first_created", "first_paid", "recovered_active", "cancelled", "resumed"},
		Want:    []platformtest.Moment{{At: at(5, 20, 0, 0), Lines: item("live paid until 2026-06-04T10:15:00Z")}},
	},
	{
		Name:    "cancelled and over",
		Shows:   []string{platformtest.Expired},
		Samples: []string{"first_order", "first_created", "first_paid", "recovered_active", "cancelled", "expired"},
		Want:    []platformtest.Moment{{At: at(6, 2, 0, 0), Lines: item("ended cancelled until 2026-06-01T10:15:00Z")}},
	},
	{
		Name:    "a part of a renewal given back",
		Samples: []string{"first_order", "first_created", "first_paid", "renewed", "renewal_paid", "renewal_refunded_part"},
		Want:    []platformtest.Moment{{At: at(4, 6, 0, 0), Lines: item("live paid until 2026-05-04T10:15:00Z")}},
	},
	{
		Name:    "a renewal given back",
		Samples: []string{"first_order", "first_created", "first_paid", "renewal_paid", "renewal_refunded_part", "renewal_refunded"},
		Want:    []platformtest.Moment{{At: at(4, 6, 0, 0), Lines: item("ended refunded until 2026-04-01T10:20:00Z")}},
	},
	{
		Name:    "the first payment given back, told twice",
		Samples: []string{"first_order", "first_created", "first_paid", "first_order_refunded", "first_refunded"},
		Want:    []platformtest.Moment{{At: at(4, 7, 0, 0), Lines: item("ended refunded until 2026-04-06T12:00:02Z")}},
	},
	{
		Name: "the first payment given back, the renewal not",
		Samples: []string{
			"first_order", "first_created", "first_paid", "renewed", "renewal_paid", "first_order_refunded", "first_refunded",
		},
		Want: []platformtest.Moment{{At: at(4, 7, 0, 0), Lines: item("live paid until 2026-05-04T10:15:00Z")}},
	},
	{
		Name:    "another plan",
		Samples: []string{"first_order", "first_created", "first_paid", "plan_changed", "plan_paid"},
		Want:    []platformtest.Moment{{At: at(3, 20, 0, 0), Lines: item("live paid until 2026-04-04T10:15:00Z")}},
	},
	{
		Name:    "paused",
		Samples: []string{"first_order", "first_created", "first_paid", "paused_void"},
		Want:    []platformtest.Moment{{At: at(3, 21, 0, 0), Lines: item("ended paused until 2026-03-20T08:00:00Z")}},
	},
	{
		Name:    "paused and free",
		Samples: []string{"first_order", "first_created", "first_paid", "paused_free"},
		Want:    []platformtest.Moment{{At: at(4, 21, 0, 0), Lines: item("live paid until 2026-05-23T08:00:00Z")}},
	},
	{
		Name:    "paused and on",
		Samples: []string{"first_order", "first_created", "first_paid", "paused_void", "unpaused"},
		Want:    []platformtest.Moment{{At: at(3, 26, 0, 0), Lines: item("live paid until 2026-04-04T10:15:00Z")}},
	},
	{
		Name:    "trial",
		Shows:   []string{platformtest.Trial},
		Samples: []string{"trial_order", "trial_created"},
		Want:    []platformtest.Moment{{At: at(3, 5, 0, 0), Lines: item("live trial until 2026-03-18T10:15:00Z")}},
	},
	{
		Name:    "trial and on",
		Samples: []string{"trial_order", "trial_created", "trial_over", "trial_paid"},
		Want:    []platformtest.Moment{{At: at(3, 20, 0, 0), Lines: item("live paid until 2026-04-18T10:15:00Z")}},
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

// body is a sample's, with something in it replaced.
func body(tb testing.TB, name string, oldnew ...string) integrations.Request {
	tb.Helper()
	for _, s := range platformtest.Load(tb, "testdata/samples", samples) {
		if s.Name != name {
			continue
		}
		text := string(s.Body)
		for i := range oldnew { // as JSON is sent
			oldnew[i] = strings.ReplaceAll(oldnew[i], `": `, `":`)
		}
		for i := 0; i < len(oldnew); i += 2 {
			if !strings.Contains(text, oldnew[i]) {
				tb.Fatalf("%s has no %s", name, oldnew[i])
			}
		}
		return integrations.Request{
			Header: http.Header{}, Body: []byte(strings.NewReplacer(oldnew...).Replace(text)), ReceivedAt: platformtest.Received,
		}
	}
	tb.Fatalf("there is no sample %s", name)
	return integrations.Request{}
}
