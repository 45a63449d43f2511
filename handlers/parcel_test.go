package handlers

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// parcel is a delivery on its way.
type parcel struct {
	header http.Header
	body   []byte
}

func (p parcel) request(ctx context.Context, path string) *http.Request {
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, path, bytes.NewReader(p.body))
	req.Header = p.header.Clone()
	return req
}

// with returns the parcel with another header.
func (p parcel) with(name, value string) parcel {
	p.header = p.header.Clone()
	p.header.Set(name, value)
	return p
}

// carrying returns the parcel with another body under the same headers.
func (p parcel) carrying(body string) parcel {
	p.body = []byte(body)
	return p
}

// cart is a sale as ThriveCart sends it; more fields may follow, as key, value.
func cart(secret, order string, more ...string) parcel {
	f := url.Values{
		"event": {"order.success"}, "mode": {"live"}, "thrivecart_account": {"acme"}, "thrivecart_secret": {secret},
		"order_id": {order}, "invoice_id": {"1"}, "currency": {"USD"}, "customer[email]": {"ann@example.org"},
		"customer[name]": {mark}, "order[charges][0][item_type]": {"product"}, "order[charges][0][reference]": {"12"},
		"order[charges][0][amount]": {"4900"},
	}
	for i := 0; i+1 < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return parcel{http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(f.Encode())}
}

// stripeEvent signs a body as Stripe does.
func stripeEvent(secret string, at time.Time, body string) parcel {
	t := strconv.FormatInt(at.Unix(), 10)
	sig := hex.EncodeToString(mac([]byte(secret), t+"."+body))
	return parcel{
		http.Header{"Content-Type": {"application/json"}, "Stripe-Signature": {"t=" + t + ",v1=" + sig}}, []byte(body),
	}
}

func stripeBody(id string) string {
	return `{"id":"evt_` + id + `","object":"event","type":"checkout.session.completed","livemode":true,"created":1,` +
		`"data":{"object":{"id":"cs_` + id + `","object":"checkout.session","payment_status":"paid","mode":"payment",` +
		`"customer_details":{"email":"ann@example.org","name":"` + mark + `"}}}}`
}

// standard signs a body as Standard Webhooks has it.
func standard(secret string, at time.Time, id, body string) parcel {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		panic(err) // a constant of these tests
	}
	t := strconv.FormatInt(at.Unix(), 10)
	sig := base64.StdEncoding.EncodeToString(mac(key, id+"."+t+"."+body))
	return parcel{http.Header{
		"Content-Type": {"application/json"}, "Webhook-Id": {id}, "Webhook-Timestamp": {t},
		"Webhook-Signature": {"v1," + sig},
	}, []byte(body)}
}

func sourceBody(id string) string {
	return `{"id":"` + id + `","event":"purchase","order_id":"` + id + `","customer":{"email":"ann@example.org",` +
		`"first_name":"` + mark + `"},"items":[{"product_id":"p1"}]}`
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}
