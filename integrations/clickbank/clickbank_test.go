package clickbank_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/clickbank"
	"enrolld/integrations/platformtest"
)

const (
	apiKey   = "API-TESTKEY0123456789TESTKEY0123456789AB"
	settings = `{"vendor":"myvendor","legacy":true}`
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

// seal makes the envelope that ClickBank sends, which has no blanks to spare.
func seal(secret enrolld.Secret, plain []byte) []byte {
	var short bytes.Buffer
	if json.Compact(&short, plain) == nil {
		plain = short.Bytes()
	}
	sum := sha1.Sum([]byte(secret.Reveal()))
	block, err := aes.NewCipher([]byte(hex.EncodeToString(sum[:])[:32]))
	if err != nil {
		panic(err)
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	text := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	iv := []byte("0123456789ABCDEF")
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(text, text)
	out, err := json.Marshal(map[string]string{
		"notification": base64.StdEncoding.EncodeToString(text), "iv": base64.StdEncoding.EncodeToString(iv),
	})
	if err != nil {
		panic(err)
	}
	return out
}

// cverify is the proof of the old form, made from the facts and not by our code.
func cverify(form url.Values, secret string) string {
	var names []string
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	text := ""
	for _, name := range names {
		text += form.Get(name) + "|"
	}
	sum := sha1.Sum([]byte(text + secret))
	return strings.ToUpper(hex.EncodeToString(sum[:])[:8])
}

func request(body, contentType string) integrations.Request {
	return integrations.Request{
		Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body), ReceivedAt: platformtest.Received,
	}
}

// sign seals a notification. Without a secret it is sent as it would be stored.
func sign(secret enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
	r := integrations.Request{Header: http.Header{"Content-Type": {s.Type}}, Body: s.Body, ReceivedAt: at}
	switch {
	case s.Type != "application/json":
		form, err := url.ParseQuery(string(s.Body))
		if err != nil {
			panic(err)
		}
		if secret != "" {
			r.Body = []byte(string(s.Body) + "&cverify=" + cverify(form, secret.Reveal()))
		}
	case secret == "":
		r.Body = []byte(`{"enrolld_decrypted":` + string(s.Body) + `}`)
	default:
		r.Body = seal(secret, s.Body)
	}
	return r
}

// api stands in for api.clickbank.com.
func api(tb testing.TB) http.Handler {
	tb.Helper()
	text, err := os.ReadFile("testdata/api/orders.json")
	if err != nil {
		tb.Fatal(err)
	}
	var orders map[string]json.RawMessage
	if err := json.Unmarshal(text, &orders); err != nil {
		tb.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /rest/1.3/orders2/{receipt}", func(w http.ResponseWriter, r *http.Request) {
		order, ok := orders[r.PathValue("receipt")]
		if !ok {
			http.Error(w, "Forbidden", http.StatusForbidden)
			return
		}
		_, _ = w.Write(order)
	})
	mux.HandleFunc("GET /rest/1.3/products/list", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Get("site") != "myvendor":
			http.Error(w, "Forbidden", http.StatusForbidden)
		case r.Header.Get("Page") == "1":
			w.WriteHeader(http.StatusPartialContent)
			_, _ = io.WriteString(w, `{"products":{"product":[
				{"@sku":"1","id":101,"status":"ACTIVE","digital":true,"digitalRecurring":false,"site":"myvendor","title":"Course A &amp; B"},
				{"@sku":"club","id":102,"status":"ACTIVE","digital":false,"digitalRecurring":true,"site":"myvendor","title":"Club"}]},
				"total_record_count":3}`)
		default:
			_, _ = io.WriteString(w, `{"products":{"product":{"@sku":"2","id":103,"status":"ACTIVE","site":"myvendor","title":"Workbook"}},"total_record_count":3}`)
		}
	})
	mux.HandleFunc("POST /rest/1.3/tickets/{receipt}", func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); q.Get("type") != "rfnd" || q.Get("reason") == "" || q.Get("refundType") == "" {
			http.Error(w, "Bad Request", http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, `{"ticketData":{"ticketId":1,"receipt":"`+r.PathValue("receipt")+`","status":"OPEN","type":"REFUND"}}`)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != apiKey || r.Header.Get("Accept") != "application/json" || r.Host != "api.clickbank.com" {
			http.Error(w, "Unauthorized", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func connect(url string) integrations.Platform {
	return clickbank.New(clickbank.Options{BackendURL: url})
}

func config() integrations.Config {
	return integrations.Config{
		Secrets: []enrolld.Secret{"TESTSECRETKEY001", "TESTSECRETKEY002"}, APIKey: apiKey, Settings: []byte(settings),
	}
}

func suite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	const (
		purchase = enrolld.EventPurchase
		payment  = enrolld.EventPayment
		refund   = enrolld.EventRefund
		sub      = enrolld.EventSubscription
		lost     = enrolld.EventDisputeLost
	)
	cancelled := kinds(enrolld.EventCancelled)
	return platformtest.Suite{
		Platform: connect(""), Connect: connect, Config: config(), Sign: sign, API: api(tb), Lives: lives,
		Catalogue: []string{"1", "2", "club"},
		Refund:    &integrations.Refund{Key: "r1", Order: soldOnce(), Line: "item-2", Reason: "asked for it"},
		Refunded:  []string{"POST /rest/1.3/tickets/CWOGBLFN "},
		Lacks: map[string]string{
			platformtest.DisputeOpened: "ClickBank tells of a chargeback when it is decided.",
			platformtest.DisputeWon:    "ClickBank does not tell of chargebacks that the seller won.",
			platformtest.Expired:       "ClickBank does not tell when the paid time of a cancelled subscription is over.",
		},
		Samples: platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
			"sale_bump": kinds(purchase, payment), "refund_part": kinds(refund), "refund_rest": kinds(refund),
			"sale_upsell": kinds(purchase), "refund_upsell": kinds(refund),
			"sub_sale": kinds(purchase), "sub_auth_failure": kinds(enrolld.EventPaymentFailed), "sub_bill": kinds(payment),
			"sub_refund_bill": kinds(refund), "sub_cancel": cancelled, "sub_cancel_after_bill": cancelled,
			"sub_cancel_by_refund": cancelled, "sub_uncancel": kinds(sub),
			"sub_change": kinds(sub, sub), "sub_change_sale": kinds(purchase),
			"trial_sale": kinds(purchase), "trial_bill": kinds(payment),
			"plan_sale": kinds(purchase), "plan_bill": kinds(payment),
			"cart_sale": kinds(purchase, payment), "cart_chargeback": kinds(lost, lost),
			"echeck_sale": kinds(purchase), "echeck_bounced": kinds(lost),
			"test_sale": kinds(purchase), "test_bill": kinds(payment), "test_refund": kinds(refund),
			"test_cancel": cancelled, "test_uncancel": kinds(sub), "test_url": nil,
			"affiliate": nil, "abandoned": nil, "email_update": nil, "card_update": nil, "details_sent": nil,
			"legacy_sale": kinds(purchase), "legacy_refund": kinds(refund), "legacy_test": nil,
			"legacy_sub_sale": kinds(purchase), "legacy_bill": kinds(payment),
			"legacy_cancel": cancelled, "legacy_uncancel": kinds(sub),
			"legacy_card_sale": kinds(purchase), "legacy_chargeback": kinds(lost),
			"legacy_echeck_sale": kinds(purchase), "legacy_echeck_bounced": kinds(lost),
		}),
	}
}

func TestConformance(t *testing.T) { platformtest.Run(t, suite(t)) }

func BenchmarkAccept(b *testing.B) { platformtest.BenchAccept(b, suite(b)) }

func BenchmarkParse(b *testing.B) { platformtest.BenchParse(b, suite(b)) }

// BenchmarkDelivery sends one envelope over and over, which is opened once: what
// it measures has no cryptography in it. See BenchmarkOpen.
func BenchmarkDelivery(b *testing.B) { platformtest.BenchDelivery(b, suite(b)) }

// BenchmarkOpen verifies and reads envelopes that differ from one to the next, with
// two secrets, as while one is being changed.
func BenchmarkOpen(b *testing.B) {
	p, c := connect(""), config()
	var bodies [2][]byte
	for i, name := range []string{"sub_sale", "sub_bill"} {
		text, err := os.ReadFile("testdata/samples/" + name + ".json")
		if err != nil {
			b.Fatal(err)
		}
		bodies[i] = seal(c.Secrets[i], text)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := integrations.NewRequest(http.Header{"Content-Type": {"application/json"}}, bodies[i%2], platformtest.Received)
		if err := p.Verify(c, r); err != nil {
			b.Fatal(err)
		}
		if _, err := p.Parse(c, r); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzParse tries requests as they come in, and what an envelope may hold.
func FuzzParse(f *testing.F) {
	s := suite(f)
	for _, sample := range s.Samples {
		f.Add(s.Sign(s.Config.Secrets[0], sample, platformtest.Received).Body, sample.Type)
		f.Add(s.Sign("", sample, platformtest.Received).Body, sample.Type)
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		platformtest.Survive(t, s.Platform, s.Config, request(string(body), contentType))
		platformtest.Survive(t, s.Platform, s.Config, request(string(seal(s.Config.Secrets[0], body)), "application/json"))
	})
}
