package paykickstart_test

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/paykickstart"
	"enrolld/integrations/platformtest"
)

func TestConformance(t *testing.T) { platformtest.Run(t, suite(t)) }

func BenchmarkAccept(b *testing.B) { platformtest.BenchAccept(b, suite(b)) }

func BenchmarkParse(b *testing.B) { platformtest.BenchParse(b, suite(b)) }

func BenchmarkDelivery(b *testing.B) { platformtest.BenchDelivery(b, suite(b)) }

// vector is what PHP's functions made of the published rules: é and ü, a trailing
// blank, is_rebill=0, an empty coupon.
var vector = url.Values{
	"event": {"sales"}, "mode": {"test"}, "payment_processor": {"Stripe"}, "amount": {"47.00"}, "buyer_ip": {"203.0.113.9"},
	"buyer_first_name": {"Anné"}, "buyer_last_name": {"Müller "}, "buyer_email": {"ann@example.org"}, "is_rebill": {"0"},
	"transaction_id": {"PK-TEST000001"}, "invoice_id": {"PK-INV000001"}, "transaction_time": {"1760000000"},
	"product_id": {"555"}, "product_name": {"Course A"}, "campaign_id": {"99"}, "affiliate_email": {""}, "coupon_code": {""},
	"custom_var1": {"course-7"}, "hash": {"aea96586c260ce37fa4bf070b748f73b2f4d7b37"},
}

const vectorSecret = enrolld.Secret("pk-campaign-secret")

func config(secrets ...enrolld.Secret) integrations.Config {
	return integrations.Config{Secrets: secrets}
}

// changed returns the vector with fields added, changed or, with "", dropped.
func changed(pairs ...string) url.Values {
	form := maps.Clone(vector)
	for i := 0; i < len(pairs); i += 2 {
		if form.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			form.Del(pairs[i])
		}
	}
	return form
}

func request(form url.Values) integrations.Request {
	return integrations.Request{
		Header:     http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Body:       []byte(form.Encode()),
		ReceivedAt: platformtest.Received,
	}
}

func verify(c integrations.Config, form url.Values) enrolld.Code {
	return enrolld.CodeOf(paykickstart.New(paykickstart.Options{}).Verify(c, request(form)))
}

func TestVector(t *testing.T) {
	if got := verify(config(vectorSecret), vector); got != "" {
		t.Errorf("the vector: got code %q", got)
	}
	for name, form := range map[string]url.Values{
		"another price": changed("amount", "4.70"), "no hash": changed("hash", ""), "half a hash": changed("hash", "aea96586"),
		"another letter": changed("buyer_first_name", "Anne"), "one more value": changed("zzz", "1"), "one less": changed("mode", ""),
	} {
		if got := verify(config(vectorSecret), form); got != enrolld.Unauthorized {
			t.Errorf("%s: got code %q, want unauthorized", name, got)
		}
	}
}

// TestNotSigned shows what the hash leaves open, and that it decides nothing.
func TestNotSigned(t *testing.T) {
	p := paykickstart.New(paykickstart.Options{})
	c := config(vectorSecret)
	want, err := p.Parse(c, request(vector))
	if err != nil {
		t.Fatal(err)
	}
	for name, form := range map[string]url.Values{
		"0 left out":   changed("is_rebill", ""),
		"0 put in":     changed("amount_refunded", "0"),
		"empty put in": changed("transaction_status", " "),
		"list put in":  changed("licenses[]", "HPLD"),
	} {
		if got := verify(c, form); got != "" {
			t.Errorf("%s: got code %q", name, got)
		}
		got, err := p.Parse(c, request(form))
		if err != nil || len(got.Events) != 1 || !got.Events[0].Order().Equal(want.Events[0].Order()) {
			t.Errorf("%s: changes what is understood (%v)", name, err)
		}
	}
}

// TestNamesMovedAlong renames fields so that the values stay in order: the hash
// is right, and still a test does not become a sale, nor another value a product.
func TestNamesMovedAlong(t *testing.T) {
	p := paykickstart.New(paykickstart.Options{})
	c := config(vectorSecret)
	for name, form := range map[string]url.Values{
		"a test without its mark":       changed("mode", "", "modf", "test"),
		"a name for a product's number": changed("product_id", "", "product_i", "555", "product_name", "", "product_id", "Course A"),
	} {
		if got := verify(c, form); got != "" {
			t.Errorf("%s: got code %q, so that this test proves nothing", name, got)
		}
		if got, err := p.Parse(c, request(form)); enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("%s: got %d events, error %v, want code invalid", name, len(got.Events), err)
		}
	}
}

// TestCharsets accepts the hash over UTF-8 too, as other code makes it, and drops
// what Latin-1 cannot write.
func TestCharsets(t *testing.T) {
	const text = "47.00|Zoë 🎓|sales"
	form := url.Values{"amount": {"47.00"}, "buyer_first_name": {"Zoë 🎓"}, "event": {"sales"}}
	for name, signed := range map[string]string{"UTF-8": text, "Latin-1": "47.00|Zo\xeb |sales"} {
		form.Set("hash", mac(vectorSecret, signed))
		if got := verify(config(vectorSecret), form); got != "" {
			t.Errorf("%s: got code %q", name, got)
		}
	}
	form.Set("hash", mac(vectorSecret, "47.00|Zo\xeb|sales"))
	if got := verify(config(vectorSecret), form); got != enrolld.Unauthorized {
		t.Errorf("another text: got code %q, want unauthorized", got)
	}
}

// TestLists accepts hashes that leave lists out, and that have their members.
func TestLists(t *testing.T) {
	form := url.Values{"event": {"sales"}, "licenses[0]": {"HPLD"}, "licenses[1]": {"AWDF"}, "mode": {"live"}}
	for _, signed := range []string{"sales|live", "sales|HPLD|AWDF|live"} {
		form.Set("hash", mac(vectorSecret, signed))
		if got := verify(config(vectorSecret), form); got != "" {
			t.Errorf("%s: got code %q", signed, got)
		}
	}
}

func mac(secret enrolld.Secret, text string) string {
	return hex.EncodeToString(integrations.MAC(sha1.New, []byte(secret.Reveal()), []byte(text)))
}

// TestCampaigns has an integration with the secrets of three campaigns.
func TestCampaigns(t *testing.T) {
	c := config("campaign-98", vectorSecret, "campaign-100")
	if got := verify(c, vector); got != "" {
		t.Errorf("the second campaign: got code %q", got)
	}
	form := changed("campaign_id", "100")
	form.Set("hash", hash("campaign-100", form))
	if got := verify(c, form); got != "" {
		t.Errorf("the third campaign: got code %q", got)
	}
	form.Set("hash", hash("campaign-101", form))
	if got := verify(c, form); got != enrolld.Unauthorized {
		t.Errorf("a campaign that is not ours: got code %q, want unauthorized", got)
	}
}

// TestOldCode makes sure that the older verification_code alone proves nothing.
func TestOldCode(t *testing.T) {
	form := changed("hash", "", "verification_code", mac(vectorSecret, "sales"))
	if got := verify(config(vectorSecret), form); got != enrolld.Unauthorized {
		t.Errorf("got code %q, want unauthorized", got)
	}
}

func TestEventNames(t *testing.T) {
	p := paykickstart.New(paykickstart.Options{})
	for event, want := range map[string]enrolld.EventKind{
		"sales": enrolld.EventPurchase, "subscription_payment": enrolld.EventPayment,
		"Subscription Payment Failed": enrolld.EventPaymentFailed, "rebill-failure": enrolld.EventPaymentFailed,
		"refunds": enrolld.EventRefund, "refund-requested": "", "subscription-refund": enrolld.EventRefund, "chargeback-lost": enrolld.EventDisputeLost,
		"chargeback_won": enrolld.EventDisputeWon, "dispute-created": enrolld.EventDisputeOpened,
		"subscription-trial": enrolld.EventSubscription, "subscription-trial-ended": "", "subscription-expired": enrolld.EventEnded,
		"subscription-reactivated": enrolld.EventSubscription, "subscription-canceled": enrolld.EventCancelled,
		"subscription-cancel-scheduled": "", "subscription-completed": enrolld.EventSubscription, "cart-abandoned": "",
		"subscription-paused": enrolld.EventSubscription, "new-commission": "", "credit-card-expiring": "", "surprise": "",
	} {
		got, err := p.Parse(config(vectorSecret), request(changed("event", event)))
		kind := enrolld.EventKind("")
		if len(got.Events) > 0 {
			kind = got.Events[0].Kind
		}
		if err != nil || kind != want || (want == "") != (got.Ignored != "") {
			t.Errorf("%s: got kind %q, ignored %q, error %v, want kind %q", event, kind, got.Ignored, err, want)
		}
		if strings.Contains(got.Ignored, event) {
			t.Errorf("%s: the reason quotes the delivery", event)
		}
	}
	rebill, err := p.Parse(config(vectorSecret), request(changed("is_rebill", "1")))
	if err != nil || rebill.Events[0].Kind != enrolld.EventPayment {
		t.Errorf("a sale that is a rebill: got %+v, %v", rebill, err)
	}
}

// TestKeyIsNotTold lets the API fail in ways whose errors could have its address,
// in which the key stands.
func TestKeyIsNotTold(t *testing.T) {
	s := suite(t)
	for name, h := range platformtest.Unwell {
		server := httptest.NewServer(h)
		p := paykickstart.New(paykickstart.Options{BackendURL: server.URL})
		for _, sample := range s.Samples {
			r := sign(s.Config.Secrets[0], sample, platformtest.Received)
			parsed, err := p.Parse(s.Config, r)
			if err != nil || !parsed.Incomplete {
				continue
			}
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			_, err = p.Complete(ctx, s.Config, r, parsed)
			cancel()
			if err == nil ||
				strings.Contains(err.Error(), "pk-api-key") || strings.Contains(err.Error(), "ann@") {
				t.Errorf("%s: got error %v, want one without key and address", name, err)
			}
			break
		}
		server.CloseClientConnections()
		server.Close()
	}
}

func FuzzParse(f *testing.F) {
	s := suite(f)
	for _, sample := range s.Samples {
		f.Add(s.Sign(s.Config.Secrets[0], sample, platformtest.Received).Body, sample.Type)
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		platformtest.Survive(t, s.Platform, s.Config, integrations.Request{
			Header: http.Header{"Content-Type": {contentType}}, Body: body, ReceivedAt: platformtest.Received,
		})
	})
}
