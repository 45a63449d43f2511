package generic_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/generic"
	"enrolld/integrations/platformtest"
)

func at(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)
}

func kinds(k ...enrolld.EventKind) []enrolld.EventKind { return k }

func suite(tb testing.TB, settings string, secrets ...enrolld.Secret) platformtest.Suite {
	tb.Helper()
	sub := kinds(enrolld.EventSubscription)
	return platformtest.Suite{
		Platform: generic.New(),
		Config:   integrations.Config{Secrets: secrets, Settings: []byte(settings)},
		Lives:    lives,
		Lacks: map[string]string{
			platformtest.Confirmation: "Deliveries are proven by the scheme that the settings choose: nothing has to be asked.",
			platformtest.Catalogue:    "The generic source has no API of its own; products are discovered from deliveries.",
			platformtest.RefundAPI:    "The generic source has no API of its own.",
		},
		Samples: platformtest.Load(tb, "testdata/samples", map[string][]enrolld.EventKind{
			"purchase": kinds(enrolld.EventPurchase), "purchase_shop": kinds(enrolld.EventPurchase),
			"zapier":      kinds(enrolld.EventPurchase),
			"refund_line": kinds(enrolld.EventRefund), "refund_rest": kinds(enrolld.EventRefund),
			"dispute": kinds(enrolld.EventDisputeOpened), "dispute_won": kinds(enrolld.EventDisputeWon),
			"chargeback": kinds(enrolld.EventDisputeLost), "sub_trial": kinds(enrolld.EventPurchase),
			"sub_rebill": kinds(enrolld.EventPayment), "sub_failed": kinds(enrolld.EventPaymentFailed),
			"sub_recovered": kinds(enrolld.EventPayment), "sub_cancel": kinds(enrolld.EventCancelled),
			"sub_ended": kinds(enrolld.EventEnded), "sub_trial_ended": kinds(enrolld.EventEnded),
			"sub_paused": sub, "sub_resumed": sub, "sub_completed": sub, "unknown": nil,
			"purchase_test": kinds(enrolld.EventPurchase),
		}),
	}
}

var lives = []platformtest.Life{
	{
		Name:  "one line given back",
		Shows: []string{platformtest.PartialRefund, platformtest.Purchase}, Samples: []string{"purchase", "refund_line"},
		Want: []platformtest.Moment{{At: at(3, 10), Lines: map[string]string{
			"course-7": "live paid", "workbook": "ended refunded until 2026-03-03T10:15:00Z",
		}}},
	},
	{
		Name:  "disputed and won",
		Shows: []string{platformtest.DisputeWon}, Samples: []string{"purchase", "dispute", "dispute_won"},
		Want: []platformtest.Moment{{At: at(3, 10), Lines: map[string]string{"course-7": "live paid", "workbook": "live paid"}}},
	},
	{
		Name:  "all given back",
		Shows: []string{platformtest.FullRefund}, Samples: []string{"purchase", "refund_rest"},
		Want: []platformtest.Moment{{At: at(3, 10), Lines: map[string]string{
			"course-7": "ended refunded until 2026-03-04T10:15:00Z", "workbook": "ended refunded until 2026-03-04T10:15:00Z",
		}}},
	},
	{
		Name:  "charged back",
		Shows: []string{platformtest.DisputeLost}, Samples: []string{"purchase", "dispute", "chargeback"},
		Want: []platformtest.Moment{{At: at(3, 10), Lines: map[string]string{
			"course-7": "ended dispute_lost until 2026-03-06T10:15:00Z", "workbook": "ended dispute_lost until 2026-03-06T10:15:00Z",
		}}},
	},
	{
		Name:    "subscription",
		Shows:   []string{platformtest.Expired},
		Samples: []string{"sub_trial", "sub_rebill", "sub_failed", "sub_recovered", "sub_cancel", "sub_ended"},
		Want: []platformtest.Moment{{At: at(5, 10), Lines: map[string]string{
			"club": "ended cancelled until 2026-05-08T10:15:00Z",
		}}},
	},
	{
		Name: "trial that ends", Samples: []string{"sub_trial", "sub_trial_ended"},
		Want: []platformtest.Moment{
			{At: at(3, 5), Lines: map[string]string{"club": "live paid until 2026-03-08T10:15:00Z"}},
			{At: at(3, 10), Lines: map[string]string{"club": "ended cancelled until 2026-03-08T10:15:00Z"}},
		},
	},
	{
		Name: "trial", Shows: []string{platformtest.Trial}, Samples: []string{"sub_trial"},
		Want: []platformtest.Moment{
			{At: at(3, 5), Lines: map[string]string{"club": "live trial until 2026-03-11T10:15:00Z"}},
		},
	},
	{
		Name: "rebill", Shows: []string{platformtest.Rebill}, Samples: []string{"sub_trial", "sub_rebill"},
		Want: []platformtest.Moment{
			{At: at(4, 5), Lines: map[string]string{"club": "live paid until 2026-04-11T10:15:00Z"}},
		},
	},
	{
		Name: "a payment failed", Shows: []string{platformtest.Failed}, Samples: []string{"sub_trial", "sub_rebill", "sub_failed"},
		Want: []platformtest.Moment{
			{At: at(4, 10), Lines: map[string]string{"club": "live grace until 2026-04-11T10:15:00Z"}},
			{At: at(4, 12), Lines: map[string]string{"club": "ended payment_failed until 2026-04-11T10:15:00Z"}},
		},
	},
	{
		Name: "and came", Shows: []string{platformtest.Recovered}, Samples: []string{"sub_trial", "sub_rebill", "sub_failed", "sub_recovered"},
		Want: []platformtest.Moment{
			{At: at(4, 15), Lines: map[string]string{"club": "live paid until 2026-05-11T10:15:00Z"}},
		},
	},
	{
		Name: "cancelled", Shows: []string{platformtest.Cancelled}, Samples: []string{"sub_trial", "sub_recovered", "sub_cancel"},
		Want: []platformtest.Moment{
			{At: at(4, 25), Lines: map[string]string{"club": "live paid until 2026-05-08T10:15:00Z"}},
			{At: at(5, 9), Lines: map[string]string{"club": "ended cancelled until 2026-05-08T10:15:00Z"}},
		},
	},
	{
		Name: "a dispute under way", Shows: []string{platformtest.DisputeOpened}, Samples: []string{"purchase", "dispute"},
		Want: []platformtest.Moment{{At: at(3, 10), Lines: map[string]string{
			"course-7": "suspended dispute_open", "workbook": "suspended dispute_open",
		}}},
	},
	{
		Name: "paid off", Samples: []string{"sub_trial", "sub_rebill", "sub_completed"},
		Want: []platformtest.Moment{{At: at(12, 1), Lines: map[string]string{"club": "live paid"}}},
	},
}

const (
	standardSettings = `{"auth":{"scheme":"standard-webhooks"}}`
	hmacSettings     = `{"auth":{"scheme":"hmac","header":"X-Signature","prefix":"sha256="}}`
	sha512Settings   = `{"auth":{"scheme":"hmac","header":"X-Sig","algorithm":"sha512","encoding":"base64"}}`
	headerSettings   = `{"auth":{"scheme":"secret","header":"Authorization"}}`
	fieldSettings    = `{"auth":{"scheme":"secret","field":"/token"}}`
)

// plain is a sample with nothing but its body.
func plain(s platformtest.Sample, at time.Time) integrations.Request {
	return integrations.Request{Header: http.Header{"Content-Type": {s.Type}}, Body: s.Body, ReceivedAt: at}
}

func standardSuite(tb testing.TB) platformtest.Suite {
	tb.Helper()
	s := suite(tb, standardSettings, "whsec_6ZxaynnLPesHpNr1+N0SDpAD5dUwZOZ007jXhHeGfn4=", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	s.SignsBody, s.SignsTime = true, true
	s.Sign = func(secret enrolld.Secret, sample platformtest.Sample, at time.Time) integrations.Request {
		r := plain(sample, at)
		t := strconv.FormatInt(at.Unix(), 10)
		r.Header.Set("webhook-id", "msg_"+sample.Name)
		r.Header.Set("webhook-timestamp", t)
		if secret != "" {
			r.Header.Set("webhook-signature", "v1a,AAAA v1,AAAA "+integrations.SignStandard(secret, "msg_"+sample.Name, t, r.Body))
		}
		return r
	}
	return s
}

func suites(tb testing.TB) map[string]platformtest.Suite {
	tb.Helper()
	hmac := suite(tb, hmacSettings, "first secret 123", "second secret 456")
	hmac.SignsBody = true
	hmac.Sign = func(secret enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
		r := plain(s, at)
		if secret != "" {
			r.Header.Set("X-Signature", "sha256="+hex.EncodeToString(integrations.MAC(sha256.New, []byte(secret.Reveal()), r.Body)))
		}
		return r
	}
	long := suite(tb, sha512Settings, "first secret 123", "second secret 456")
	long.SignsBody = true
	long.Sign = func(secret enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
		r := plain(s, at)
		if secret != "" {
			r.Header.Set("X-Sig", base64.URLEncoding.EncodeToString(integrations.MAC(sha512.New, []byte(secret.Reveal()), r.Body)))
		}
		return r
	}
	header := suite(tb, headerSettings, "first-secret-123", "second-secret-456")
	header.Sign = func(secret enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
		r := plain(s, at)
		r.Header.Set("Authorization", "Bearer "+secret.Reveal())
		return r
	}
	field := suite(tb, fieldSettings, "first secret 123", "second secret 456")
	field.Sign = func(secret enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
		if s.Type != "application/json" {
			secret = enrolld.Secret(url.QueryEscape(secret.Reveal()))
		}
		return platformtest.InBody(secret, s, at)
	}
	return map[string]platformtest.Suite{
		"standard": standardSuite(tb), "hmac": hmac, "sha512": long, "header": header, "field": field,
	}
}

func TestConformance(t *testing.T) {
	for name, s := range suites(t) {
		t.Run(name, func(t *testing.T) { platformtest.Run(t, s) })
	}
}

// TestIdentifyByEventAndID: an id may be the order's, so that its purchase and
// its refund have it both. A retry repeats the event too.
func TestIdentifyByEventAndID(t *testing.T) {
	const purchase, refund = `{"id":"A-1","event":"purchase","order_id":"A-1"}`, `{"id":"A-1","event":"refund","order_id":"A-1"}`
	key := func(settings, body, webhookID string) string {
		r := plain(platformtest.Sample{Type: "application/json", Body: []byte(body)}, platformtest.Received)
		if webhookID != "" {
			r.Header.Set("Webhook-Id", webhookID)
		}
		return generic.New().Identify(integrations.Config{Settings: []byte(settings)}, r).Key
	}
	for _, settings := range []string{hmacSettings, sha512Settings, headerSettings, fieldSettings} {
		first := key(settings, purchase, "")
		if got := key(settings, refund, ""); got == first {
			t.Errorf("%s: purchase and refund are one delivery, %q", settings, got)
		}
		// What else a retry says, as the time of sending, does not matter.
		if got := key(settings, `{"sent":2,`+purchase[1:], ""); got != first {
			t.Errorf("%s: a retry is %q, want %q", settings, got, first)
		}
		if got := key(settings, purchase, "msg_1"); got != first { // nobody has signed that header
			t.Errorf("%s: with a header of another scheme it is %q, want %q", settings, got, first)
		}
	}
	if got := key(standardSettings, purchase, "msg_1"); got != "msg_1" {
		t.Errorf("a Standard Webhook is %q, want its header's msg_1", got)
	}
}

func BenchmarkAccept(b *testing.B) { platformtest.BenchAccept(b, standardSuite(b)) }

func BenchmarkParse(b *testing.B) { platformtest.BenchParse(b, standardSuite(b)) }

func BenchmarkDelivery(b *testing.B) { platformtest.BenchDelivery(b, standardSuite(b)) }

func FuzzParse(f *testing.F) {
	s := suites(f)["field"]
	for _, sample := range s.Samples {
		f.Add(sample.Body, sample.Type)
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		platformtest.Survive(t, s.Platform, s.Config, integrations.Request{
			Header: http.Header{"Content-Type": {contentType}}, Body: body, ReceivedAt: platformtest.Received,
		})
	})
}

// FuzzHMACHeader tries what stands in the signature's header: nothing but the
// signature itself is taken, in whichever way it may be written.
func FuzzHMACHeader(f *testing.F) {
	all := suites(f)
	for _, name := range []string{"hmac", "sha512"} {
		r := all[name].Sign(all[name].Config.Secrets[0], all[name].Samples[0], platformtest.Received)
		f.Add(r.Header.Get("X-Signature") + r.Header.Get("X-Sig"))
	}
	for _, odd := range []string{"", "sha256=", "sha256", "sha256=zz", " sha256=00 ", "=", "\x00", "sha256=sha256=00"} {
		f.Add(odd)
	}
	f.Fuzz(func(t *testing.T, header string) {
		for name, newHash := range map[string]func() hash.Hash{"hmac": sha256.New, "sha512": sha512.New} {
			s := all[name]
			r := plain(s.Samples[0], platformtest.Received)
			r.Header["X-Signature"], r.Header["X-Sig"] = []string{header}, []string{header}
			err := s.Platform.Verify(s.Config, r)
			if err != nil && enrolld.CodeOf(err) != enrolld.Unauthorized {
				t.Errorf("%s: got code %q (%v), want unauthorized", name, enrolld.CodeOf(err), err)
			}
			genuine := false
			for _, secret := range s.Config.Secrets {
				sum := integrations.MAC(newHash, []byte(secret.Reveal()), r.Body)
				hexed, _ := strings.CutPrefix(strings.TrimSpace(header), "sha256=")
				genuine = genuine || strings.EqualFold(strings.TrimSpace(hexed), hex.EncodeToString(sum)) ||
					bytes.Equal(integrations.DecodeBase64(header), sum)
			}
			if err == nil && !genuine {
				t.Errorf("%s: taken for genuine: %q", name, header)
			}
		}
	})
}
