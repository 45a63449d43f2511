package paykickstart_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/paykickstart"
	"enrolld/integrations/platformtest"
)

func at(month time.Month, day, hour int) time.Time {
	return time.Date(2026, month, day, hour, 0, 0, 0, time.UTC)
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

// text is what PayKickstart's published function signs, in other words than the
// adapter's: it drops lists, and writes Latin-1.
func text(form url.Values) []byte {
	names := make([]string, 0, len(form))
	for name := range form {
		if !strings.Contains(name, "[") && name != "hash" && name != "verification_code" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var parts [][]byte
	for _, name := range names {
		v := strings.TrimSpace(form.Get(name))
		if v == "" || v == "0" {
			continue
		}
		var latin []byte
		for _, r := range v {
			if r < 256 {
				latin = append(latin, byte(r))
			}
		}
		parts = append(parts, latin)
	}
	return bytes.Join(parts, []byte("|"))
}

func hash(secret enrolld.Secret, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(secret.Reveal()))
	mac.Write(text(form))
	return hex.EncodeToString(mac.Sum(nil))
}

// crypto makes the cryptography of verifying, over the text that is signed.
func crypto(secrets []enrolld.Secret) func(integrations.Request) {
	texts := map[*byte][]byte{}
	return func(r integrations.Request) {
		signed, ok := texts[&r.Body[0]]
		if !ok {
			form, err := url.ParseQuery(string(r.Body))
			if err != nil {
				panic(err)
			}
			signed = text(form)
			texts[&r.Body[0]] = signed
		}
		for _, secret := range secrets {
			integrations.MAC(sha1.New, []byte(secret.Reveal()), signed)
		}
	}
}

// received says when samples come in whose time is that of receipt.
var received = map[string]time.Time{
	"sub_a_cancelled": at(5, 20, 10), "sub_c_cancelled": at(4, 10, 10), "chargeback": at(3, 8, 9),
}

func sign(secret enrolld.Secret, s platformtest.Sample, when time.Time) integrations.Request {
	if t, ok := received[s.Name]; ok {
		when = t.Add(when.Sub(platformtest.Received))
	}
	r := integrations.Request{Header: http.Header{"Content-Type": {s.Type}}, ReceivedAt: when, Body: s.Body}
	if secret == "" {
		return r
	}
	form, err := url.ParseQuery(string(s.Body))
	if err != nil {
		panic(err)
	}
	r.Body = append(slices.Clone(s.Body), "&hash="+hash(secret, form)+"&verification_code=e2288202ad23b877c3498a6db6214b5a417b75a4"...)
	return r
}

// api stands in for PayKickstart's: it knows when purchases are charged next.
func api(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || r.URL.Path != "/api/purchase/get" || r.Host != "app.paykickstart.com" {
		http.Error(w, "no such route", http.StatusTeapot)
		return
	}
	if r.URL.Query().Get("auth_token") != "pk-api-key-123456" {
		http.Error(w, "{}", http.StatusUnauthorized)
		return
	}
	switch id := r.URL.Query().Get("id"); id {
	case "PK-INVSUBA":
		_, _ = fmt.Fprintf(w, `{"id":%q,"subscriptions":[{"id":9,"status":1,"next_date":"2026-06-02 08:00:00"}]}`, id)
	case "PK-INVSUBB":
		_, _ = fmt.Fprintf(w, `{"id":%q,"subscriptions":[{"plan_id":1,"next_date":"2027-01-01 00:00:00"},{"plan_id":777,"next_date":"2026-05-02 08:00:00"}]}`, id)
	case "PK-INVTRY1":
		_, _ = fmt.Fprintf(w, `{"id":%q,"subscriptions":[{"next_date":"2026-03-09 08:00:00"}]}`, id)
	default:
		http.Error(w, "{}", http.StatusNotFound)
	}
}

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	const (
		purchase = enrolld.EventPurchase
		payment  = enrolld.EventPayment
		failed   = enrolld.EventPaymentFailed
		refund   = enrolld.EventRefund
		sub      = enrolld.EventSubscription
		over     = enrolld.EventCancelled
	)
	connect := func(url string) integrations.Platform { return paykickstart.New(paykickstart.Options{BackendURL: url}) }
	secrets := []enrolld.Secret{"pk-campaign-secret", "pk-other-campaign"}
	return platformtest.Suite{
		Platform: connect(""),
		Config: integrations.Config{
			Secrets: secrets, APIKey: "pk-api-key-123456", Settings: []byte(`{"currency":"usd"}`),
		},
		Crypto: crypto(secrets),
		Sign:   sign, API: http.HandlerFunc(api), Connect: connect,
		Samples: platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
			"sales": kinds(purchase), "sales_test": kinds(purchase), "sales_licenses": kinds(purchase),
			"refund_part": kinds(refund), "refund_rest": kinds(refund), "refund": kinds(refund),
			"chargeback":  kinds(enrolld.EventDisputeOpened),
			"sub_a_sales": kinds(purchase), "sub_a_created": kinds(sub), "sub_a_rebill": kinds(payment),
			"sub_b_sales": kinds(purchase), "sub_b_created": kinds(sub), "sub_b_rebill": kinds(payment),
			"sub_c_sales": kinds(purchase), "sub_c_created": kinds(sub), "sub_c_rebill": kinds(payment),
			"sub_a_failed": kinds(failed), "sub_b_failed": kinds(failed), "sub_a_recovered": kinds(payment),
			"sub_a_cancelled": kinds(over), "sub_c_cancelled": kinds(over), "sub_c_refund": kinds(refund),
			"trial": kinds(sub), "sub_a_changed": nil, "affiliate_approved": nil, "unknown": nil,
		}),
		Lives: lives,
		Lacks: map[string]string{
			platformtest.DisputeWon:  "PayKickstart documents no notification of how a chargeback ended.",
			platformtest.DisputeLost: "PayKickstart documents no notification of how a chargeback ended.",
			platformtest.Expired:     "PayKickstart documents no end of a subscription other than its cancellation.",
			platformtest.Catalogue:   "PayKickstart's API documents no list of products.",
			platformtest.RefundAPI:   "PayKickstart's API documents no way to give money back.",
		},
	}
}

const (
	member = "777"
	course = "555"
)

func moment(t time.Time, line, access string) platformtest.Moment {
	return platformtest.Moment{At: t, Lines: map[string]string{line: access}}
}

var lives = []platformtest.Life{
	{
		Name: "a course", Shows: []string{platformtest.Purchase, platformtest.PartialRefund},
		Samples: []string{"sales", "refund_part"},
		Want:    []platformtest.Moment{moment(at(12, 31, 0), course, "live paid")},
	},
	{
		Name:    "money back in two parts",
		Samples: []string{"sales", "refund_part", "refund_rest"},
		Want:    []platformtest.Moment{moment(at(3, 7, 0), course, "ended refunded until 2026-03-06T12:00:00Z")},
	},
	{
		Name: "money back", Shows: []string{platformtest.FullRefund},
		Samples: []string{"sales", "refund"},
		Want:    []platformtest.Moment{moment(at(3, 8, 0), course, "ended refunded until 2026-03-07T12:00:00Z")},
	},
	{
		Name: "chargeback", Shows: []string{platformtest.DisputeOpened},
		Samples: []string{"sales", "chargeback"},
		Want:    []platformtest.Moment{moment(at(3, 9, 0), course, "suspended dispute_open")},
	},
	{
		Name: "membership", Shows: []string{platformtest.Rebill, platformtest.Failed, platformtest.Recovered, platformtest.Cancelled},
		Samples: []string{"sub_a_sales", "sub_a_created", "sub_a_rebill", "sub_a_failed", "sub_a_recovered", "sub_a_cancelled"},
		Want: []platformtest.Moment{
			moment(at(5, 25, 0), member, "live paid until 2026-06-02T08:00:00Z"),
			moment(at(6, 3, 0), member, "ended cancelled until 2026-06-02T08:00:00Z"),
		},
	},
	{
		Name:    "payment missing",
		Samples: []string{"sub_b_sales", "sub_b_created", "sub_b_rebill", "sub_b_failed"},
		Want: []platformtest.Moment{
			moment(at(5, 1, 0), member, "live paid until 2026-05-05T09:00:00Z"),
			moment(at(5, 3, 0), member, "live grace until 2026-05-05T09:00:00Z"),
			moment(at(5, 6, 0), member, "ended payment_failed until 2026-05-05T09:00:00Z"),
		},
	},
	{
		Name:    "membership of which the API does not know",
		Samples: []string{"sub_c_sales", "sub_c_created", "sub_c_rebill"},
		Want:    []platformtest.Moment{moment(at(12, 31, 0), member, "live paid")},
	},
	{
		Name:    "the same, cancelled",
		Samples: []string{"sub_c_sales", "sub_c_created", "sub_c_rebill", "sub_c_cancelled"},
		Want:    []platformtest.Moment{moment(at(4, 11, 0), member, "ended cancelled until 2026-04-10T10:00:00Z")},
	},
	{
		Name:    "a month given back",
		Samples: []string{"sub_c_sales", "sub_c_created", "sub_c_rebill", "sub_c_refund"},
		Want:    []platformtest.Moment{moment(at(4, 6, 0), member, "ended refunded until 2026-04-02T08:00:00Z")},
	},
	{
		Name:    "rebill of a sale from before",
		Samples: []string{"sub_b_rebill"},
		Want:    []platformtest.Moment{moment(at(4, 20, 0), member, "live paid until 2026-05-05T08:00:00Z")},
	},
	{
		Name: "trial", Shows: []string{platformtest.Trial},
		Samples: []string{"trial"},
		Want:    []platformtest.Moment{moment(at(3, 5, 0), member, "live trial until 2026-03-12T08:00:00Z")},
	},
}
