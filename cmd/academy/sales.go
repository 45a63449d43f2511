package academy

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The secrets that the academy shares with its checkout tools.
const (
	ThriveCartSecret = "ink-and-wash-secret-word"
	StripeSecret     = "whsec_inkandwash0123456789"
	GenericSecret    = "whsec_aW5rIGFuZCB3YXNoIGdlbmVyaWMgc291cmNlIGtleQ=="
)

// Sale is what a checkout tool sends.
type Sale struct {
	Platform string
	Header   http.Header
	Body     []byte
}

// Person is somebody who buys.
type Person struct{ Email, First, Last string }

// ThriveCart makes an order.success of the product, with the bump when bump is true.
func ThriveCart(order string, p Person, bump bool, at time.Time) Sale {
	f := url.Values{
		"event": {"order.success"}, "mode": {"live"}, "mode_int": {"2"}, "thrivecart_account": {"inkandwash"},
		"thrivecart_secret": {ThriveCartSecret}, "base_product": {"12"}, "base_product_name": {"Ink & Wash"},
		"order_id": {order}, "invoice_id": {"0000" + order}, "order_timestamp": {strconv.FormatInt(at.Unix(), 10)},
		"currency": {"USD"}, "customer[email]": {p.Email}, "customer[first_name]": {p.First}, "customer[last_name]": {p.Last},
		"customer[name]": {p.First + " " + p.Last}, "order[id]": {order}, "order[total]": {"4900"},
		"order[date_unix]": {strconv.FormatInt(at.Unix(), 10)}, "transactions[product-12]": {"pi_" + order},
	}
	charge := func(n int, kind, name, amount string) {
		k := "order[charges][" + strconv.Itoa(n) + "]"
		for field, v := range map[string]string{
			"name": name, "reference": "12", "item_type": kind, "item_identifier": kind + "_12", "amount": amount,
			"type": "single", "quantity": "1",
		} {
			f.Set(k+"["+field+"]", v)
		}
	}
	charge(0, "product", "Ink & Wash", "4900")
	if bump {
		charge(1, "bump", "Urban Sketching", "2000")
		f.Set("order[total]", "6900")
		f.Set("transactions[bump-12]", "pi_"+order)
	}
	return formSale("thrivecart", f)
}

// ThriveCartRefund refunds the product or the bump of an order in full.
func ThriveCartRefund(order, kind string, p Person, at time.Time) Sale {
	amount := "4900"
	if kind == "bump" {
		amount = "2000"
	}
	return formSale("thrivecart", url.Values{
		"event": {"order.refund"}, "mode": {"live"}, "mode_int": {"2"}, "thrivecart_account": {"inkandwash"},
		"thrivecart_secret": {ThriveCartSecret}, "order_id": {order}, "invoice_id": {"0000" + order}, "currency": {"USD"},
		"customer[email]": {p.Email}, "refund[type]": {kind}, "refund[id]": {"12"}, "refund[" + kind + "_id]": {"12"},
		"refund[amount]": {amount}, "date_unix": {strconv.FormatInt(at.Unix(), 10)},
	})
}

func formSale(platform string, f url.Values) Sale {
	return Sale{platform, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(f.Encode())}
}

// Stripe makes a checkout.session.completed for the watercolour course.
func Stripe(id string, p Person, at time.Time) Sale {
	return StripeEvent("evt_"+id, "checkout.session.completed", map[string]any{
		"id": "cs_" + id, "object": "checkout.session", "mode": "payment", "payment_status": "paid", "amount_total": 7900,
		"currency": "usd", "payment_intent": "pi_" + id, "livemode": true,
		"customer_details": map[string]any{"email": p.Email, "name": p.First + " " + p.Last},
		"metadata":         map[string]any{"enrolld_product": "prod_watercolour"},
	}, at)
}

// StripeRefund refunds a Stripe sale in full.
func StripeRefund(id string, at time.Time) Sale {
	return StripeEvent("evt_refund_"+id, "charge.refunded", map[string]any{
		"id": "ch_" + id, "object": "charge", "amount": 7900, "amount_refunded": 7900, "refunded": true, "currency": "usd",
		"payment_intent": "pi_" + id, "livemode": true,
	}, at)
}

// StripeEvent signs an event as Stripe does.
func StripeEvent(id, kind string, object map[string]any, at time.Time) Sale {
	body := encode(map[string]any{
		"id": id, "object": "event", "api_version": "2025-03-31.basil", "created": at.Unix(), "livemode": true, "type": kind,
		"data": map[string]any{"object": object},
	})
	t := strconv.FormatInt(time.Now().Unix(), 10)
	sig := hex.EncodeToString(sign([]byte(StripeSecret), t, ".", string(body)))
	return Sale{"stripe", http.Header{
		"Content-Type": {"application/json; charset=utf-8"}, "Stripe-Signature": {"t=" + t + ",v1=" + sig},
	}, body}
}

// Generic makes a purchase of everything, signed as Standard Webhooks has it.
func Generic(id string, p Person, at time.Time) Sale {
	return GenericEvent(id, map[string]any{
		"id": id, "event": "purchase", "occurred_at": at.UTC().Format(time.RFC3339), "order_id": id,
		"customer": map[string]any{"email": p.Email, "first_name": p.First, "last_name": p.Last},
		"items":    []any{map[string]any{"product_id": "everything", "quantity": 1, "amount": "149.00"}},
		"amount":   "149.00", "currency": "EUR",
	})
}

// GenericEvent signs any body of the generic source.
func GenericEvent(id string, fields map[string]any) Sale {
	body := encode(fields)
	t := strconv.FormatInt(time.Now().Unix(), 10)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(GenericSecret, "whsec_"))
	if err != nil {
		panic(err) // a constant of this file
	}
	return Sale{"generic", http.Header{
		"Content-Type": {"application/json"}, "Webhook-Id": {"msg_" + id}, "Webhook-Timestamp": {t},
		"Webhook-Signature": {"v1," + base64.StdEncoding.EncodeToString(sign(key, "msg_"+id, ".", t, ".", string(body)))},
	}, body}
}

func sign(key []byte, parts ...string) []byte {
	mac := hmac.New(sha256.New, key)
	for _, p := range parts {
		mac.Write([]byte(p))
	}
	return mac.Sum(nil)
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain maps always marshal
	}
	return b
}

var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 128}}

// Post sends a sale to Enrolld and returns the status of the answer.
func (a *Academy) Post(ctx context.Context, s Sale) (int, error) {
	return Post(ctx, a.Hooks[s.Platform], s)
}

// Post sends a sale to an address.
func Post(ctx context.Context, hook string, s Sale) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook, strings.NewReader(string(s.Body)))
	if err != nil {
		return 0, fmt.Errorf("post a sale: %w", err)
	}
	req.Header = s.Header.Clone()
	res, err := client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("post a sale: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}
