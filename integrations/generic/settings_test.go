package generic_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/generic"
	"enrolld/integrations/platformtest"
)

func TestSettings(t *testing.T) {
	c := integrations.Config{Settings: []byte(`{
		"auth": {"scheme": "secret", "header": "X-API-Key"},
		"fields": {"email": "/buyer/mail", "event": "=purchase", "product_id": "/what", "amount": "/cents", "order_id": "/no"},
		"amounts": "minor"}`), Secrets: []enrolld.Secret{"a secret"}}
	p := generic.New()
	if err := p.CheckConfig(c); err != nil {
		t.Fatal(err)
	}
	got, err := p.Parse(c, integrations.Request{
		Header:     http.Header{},
		Body:       []byte(`{"buyer__mail":"ann@example.org","what":"course-7","cents":"4900","currency":"eur","no":17}`),
		ReceivedAt: platformtest.Received,
	})
	if err != nil {
		t.Fatal(err)
	}
	eur := enrolld.Money{Minor: 4900, Currency: "EUR"}
	want := []enrolld.Event{{
		Kind: enrolld.EventPurchase, At: platformtest.Received, Refs: []string{"order:17"}, Number: "17",
		Buyer: &enrolld.Buyer{Email: "ann@example.org"},
		Lines: []enrolld.EventLine{{
			Key: "course-7", Product: enrolld.ProductRef{ID: "course-7"},
			Sale: &enrolld.Sale{Paid: true, SoldAt: platformtest.Received, Quantity: 1, Amount: eur},
		}},
		Payment: &enrolld.EventPart[enrolld.Payment]{ID: "first", Value: enrolld.Payment{Amount: eur}},
	}}
	if diff := cmp.Diff(want, got.Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestCheckConfigRefuses(t *testing.T) {
	for _, settings := range []string{
		`{`, `{"unknown":1}`, `{"auth":{"scheme":"magic"}}`, `{"auth":{"scheme":"hmac"}}`,
		`{"auth":{"scheme":"hmac","header":"X","algorithm":"md5"}}`, `{"auth":{"scheme":"hmac","header":"X","encoding":"octal"}}`,
		`{"auth":{"scheme":"secret"}}`, `{"auth":{"scheme":"secret","header":"X","field":"/y"}}`,
		`{"fields":{"nothing":"/x"}}`, `{"fields":{"email":"customer.email"}}`, `{"events":{"sale":"sell"}}`, `{"amounts":"pounds"}`,
	} {
		c := integrations.Config{Secrets: []enrolld.Secret{"a secret"}, Settings: []byte(settings)}
		if got := enrolld.CodeOf(generic.New().CheckConfig(c)); got != enrolld.Invalid {
			t.Errorf("settings %s: got code %q, want invalid", settings, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for body, want := range map[string]string{
		`{"event":"purchase","order_id":"1","product_id":"x"}`:                          "no buyer: the delivery names",
		`{"event":"purchase","order_id":"1","email":"ann@example.org"}`:                 "no product",
		`{"event":"purchase","product_id":"x","email":"ann@example.org"}`:               "no order",
		`{"event":"cancel","order_id":"1"}`:                                             "no subscription",
		`{"event":"refund","order_id":"1","amount":"lots"}`:                             "no amount",
		`{"event":"purchase","order_id":"1","email":"a","product_id":"x","amount":1e9}`: "no address",
	} {
		_, err := generic.New().Parse(integrations.Config{}, integrations.Request{
			Header: http.Header{}, Body: []byte(body), ReceivedAt: platformtest.Received,
		})
		if got := enrolld.CodeOf(err); got != enrolld.Invalid {
			t.Errorf("%s (%s): got code %q (%v), want invalid", want, body, got, err)
		}
	}
}
