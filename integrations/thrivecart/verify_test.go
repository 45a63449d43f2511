package thrivecart_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/thrivecart"
)

// sign puts the secret into the body, escaped as the body's format wants.
func sign(secret enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
	text := url.QueryEscape(secret.Reveal())
	if strings.HasSuffix(s.Type, "json") {
		quoted, err := json.Marshal(secret.Reveal())
		if err != nil {
			panic(err)
		}
		text = strings.Trim(string(quoted), `"`)
	}
	return platformtest.InBody(enrolld.Secret(text), s, at)
}

func TestConformance(t *testing.T) { platformtest.Run(t, suite(t)) }

func BenchmarkAccept(b *testing.B) { platformtest.BenchAccept(b, suite(b)) }

func BenchmarkParse(b *testing.B) { platformtest.BenchParse(b, suite(b)) }

func BenchmarkDelivery(b *testing.B) { platformtest.BenchDelivery(b, suite(b)) }

// vector is the form in testdata/vector.json, made with PHP's http_build_query.
func vector(tb testing.TB) (form, secret string) {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "vector.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var v struct{ Secret, Form string }
	if err := json.Unmarshal(b, &v); err != nil {
		tb.Fatal(err)
	}
	return v.Form, v.Secret
}

func request(body string) integrations.Request {
	return integrations.Request{
		Header:     http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Body:       []byte(body),
		ReceivedAt: platformtest.Received,
	}
}

func TestVector(t *testing.T) {
	form, secret := vector(t)
	p, c := thrivecart.New(thrivecart.Options{}), integrations.Config{Secrets: []enrolld.Secret{enrolld.Secret(secret)}}
	if err := p.Verify(c, request(form)); err != nil {
		t.Fatal(err)
	}
	got, err := p.Parse(c, request(form))
	if err != nil {
		t.Fatal(err)
	}
	sold := at(3, 1, 10, 15)
	usd := func(n int64) enrolld.Money { return enrolld.Money{Minor: n, Currency: "USD"} }
	buyer := &enrolld.Buyer{Email: "Ann@Example.org", First: "Ann", Last: "O'Neil", Country: "US"}
	base := enrolld.Event{
		Kind: enrolld.EventPayment, At: sold, Refs: []string{"order:1514394", "sub:sub_1"}, Test: true, Buyer: buyer,
	}
	main, first, second := base, base, base
	main.Kind, main.Number = enrolld.EventPurchase, "000000004"
	main.Lines = []enrolld.EventLine{
		{
			Key: "product-12", Product: enrolld.ProductRef{ID: "product-12", Name: "Course A"}, Subscription: "product-12",
			Sale: &enrolld.Sale{Paid: true, SoldAt: sold, Quantity: 1, Amount: usd(4900)},
		},
		{
			Key: "bump-12", Product: enrolld.ProductRef{ID: "bump-12"},
			Sale: &enrolld.Sale{Paid: true, SoldAt: sold, Amount: usd(2000)},
		},
	}
	first.Payment = &enrolld.EventPart[enrolld.Payment]{
		ID: "first:product-12", Value: enrolld.Payment{Amount: usd(4900), Subscription: "product-12"},
	}
	second.Payment = &enrolld.EventPart[enrolld.Payment]{
		ID: "first:bump-12", Value: enrolld.Payment{Amount: usd(2000), Lines: []string{"bump-12"}},
	}
	if diff := cmp.Diff([]enrolld.Event{main, first, second}, got.Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestRedactKeepsBytes(t *testing.T) {
	form, secret := vector(t)
	c := integrations.Config{Secrets: []enrolld.Secret{enrolld.Secret(secret)}}
	got := string(thrivecart.New(thrivecart.Options{}).Redact(c, request(form)).Body)
	want := strings.Replace(form, "="+secret, "=%5Bredacted%5D", 1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("redacted form (-want +got):\n%s", diff)
	}
}

func TestAccount(t *testing.T) {
	form, secret := vector(t)
	for account, want := range map[string]enrolld.Code{"": "", "acme": "", "ACME": "", "other": enrolld.Unauthorized} {
		c := integrations.Config{Secrets: []enrolld.Secret{enrolld.Secret(secret)}, Settings: []byte(`{"account":"` + account + `"}`)}
		if got := enrolld.CodeOf(thrivecart.New(thrivecart.Options{}).Verify(c, request(form))); got != want {
			t.Errorf("account %q: got code %q, want %q", account, got, want)
		}
	}
}

func TestIsPing(t *testing.T) {
	for body, want := range map[string]bool{
		"": true, "&": true, "test=1": true, "{}": true, "event=order.success": false, "order_id=1": false,
		"order[id]=1": false, `{"webhook_id":"x"}`: false, `{"event":"x"}`: false, "[[[": false,
	} {
		if got := thrivecart.New(thrivecart.Options{}).IsPing(request(body)); got != want {
			t.Errorf("IsPing(%q) = %v, want %v", body, got, want)
		}
	}
	if blank := " \n"; !thrivecart.New(thrivecart.Options{}).IsPing(request(blank)) {
		t.Error("a blank body is not taken for a ping")
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
