package shopify_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/shopify"
)

func request(tb testing.TB, name string) integrations.Request {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "samples", name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return integrations.Request{Header: header(name), Body: body, ReceivedAt: platformtest.Received}
}

func parse(t *testing.T, r integrations.Request) integrations.Parsed {
	t.Helper()
	p, err := shopify.New(shopify.Options{}).Parse(config, r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// changed is a sample with other values in its top level.
func changed(t *testing.T, name string, values map[string]any) integrations.Request {
	t.Helper()
	r := request(t, name)
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(string(r.Body)))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	maps.Copy(m, values)
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	r.Body = body
	return r
}

func TestVectors(t *testing.T) {
	const body = `{"id":820982911946154508,"name":"#1001","email":"ann@example.org","financial_status":"paid",` +
		`"currency":"USD","total_price":"19.00","test":true,"line_items":[{"id":1,"product_id":632910392,` +
		`"variant_id":808950810,"sku":"COURSE-A","quantity":1,"price":"19.00"}]}`
	const signature = "kWlsvNQVcRGS/eobf67tWJSfwJ5NHeccujc6KcYw75I="
	p, c := shopify.New(shopify.Options{}), integrations.Config{Secrets: []enrolld.Secret{"shpss_0123456789abcdef"}}
	for name, v := range map[string]struct {
		body, signature string
		ok              bool
	}{
		"public":            {body, signature, true},
		"another body":      {body + " ", signature, false},
		"another signature": {body, "k" + signature[:len(signature)-2] + "=", false},
		"hex":               {body, "91696cbcd415711192fdea1b7faeed58949fc09e4d1de71cba373a29c630ef92", false},
		"none":              {body, "", false},
	} {
		r := integrations.Request{
			Header: http.Header{"X-Shopify-Hmac-Sha256": {v.signature}}, Body: []byte(v.body), ReceivedAt: platformtest.Received,
		}
		err := p.Verify(c, r)
		if (err == nil) != v.ok || err != nil && enrolld.CodeOf(err) != enrolld.Unauthorized {
			t.Errorf("%s: got %v, want ok %t", name, err, v.ok)
		}
		if v.ok {
			got := parse(t, r)
			if e := got.Events[0]; !e.Test || e.Lines[0].Product.ID != "632910392" || !e.Lines[0].Sale.Paid {
				t.Errorf("%s: got %+v, want a paid test order", name, e)
			}
		}
	}
}

// TestShopIsChecked: a secret may be shared by the shops of one app.
func TestShopIsChecked(t *testing.T) {
	s := suite(t)
	r := sign(config.Secrets[0], s.Samples[0], platformtest.Received)
	r.Header.Set("X-Shopify-Shop-Domain", "other.myshopify.com")
	if err := s.Platform.Verify(config, r); enrolld.CodeOf(err) != enrolld.Unauthorized {
		t.Errorf("got %v, want it refused", err)
	}
	c := config
	c.Settings = nil
	if err := s.Platform.Verify(c, r); err != nil {
		t.Errorf("without a shop in the settings: %v", err)
	}
}

func TestConfig(t *testing.T) {
	p := shopify.New(shopify.Options{})
	for settings, ok := range map[string]bool{
		"": false, `{"shop":"Acme.myshopify.com"}`: true, `{"shop":"https://acme.myshopify.com"}`: false,
		`{"shop":"acme.example.org"}`: false, `{"shop":"a.b.myshopify.com"}`: false, `{"store":"x"}`: false,
	} {
		c := config
		c.Settings = []byte(settings)
		if err := p.CheckConfig(c); (err == nil) != ok {
			t.Errorf("%s with a token: got %v, want ok %t", settings, err, ok)
		}
	}
}

// TestIdentity: the event's id with the topic, as one act may be an event of
// several topics; else the delivery's; else what the body says.
func TestIdentity(t *testing.T) {
	p := shopify.New(shopify.Options{})
	r := request(t, "order_paid")
	key := func() string { return p.Identify(config, r).Key }
	if got, want := key(), "orders/paid|98880550-order_paid"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r.Header.Del("X-Shopify-Event-Id")
	if got, want := key(), "orders/paid|b54557e4-order_paid"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r.Header.Del("X-Shopify-Webhook-Id")
	if got, want := key(), "orders/paid|5001|2026-03-01T10:20:00-05:00"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestRefundIsOne: the refund in the order and the one in refunds/create say the
// same, word for word.
func TestRefundIsOne(t *testing.T) {
	for alone, within := range map[string]string{"refund_one_piece": "order_refunded_part", "refund_rest": "order_refunded"} {
		order := parse(t, request(t, within)).Events[0].Order()
		for id, want := range parse(t, request(t, alone)).Events[0].Order().Refunds {
			if diff := cmp.Diff(want, order.Refunds[id]); diff != "" {
				t.Errorf("%s, %s (-alone +in the order):\n%s", alone, id, diff)
			}
		}
	}
}

func refundBody(subtotal, tax, amount, status, currency string) string {
	return `{"id":1,"order_id":2,"created_at":"2026-03-05T09:00:00Z","refund_line_items":[{"id":3,"line_item_id":4,` +
		`"quantity":9,"subtotal":` + subtotal + `,"total_tax":` + tax + `,"subtotal_set":{"shop_money":{"amount":"1","currency_code":"USD"}}}],` +
		`"transactions":[{"id":5,"kind":"refund","status":"` + status + `","amount":"` + amount + `","currency":"` + currency + `"}]}`
}

// TestRefundMoney: the item's share of what went back, whether or not prices
// contain the tax, and never more than went back.
func TestRefundMoney(t *testing.T) {
	for name, c := range map[string]struct {
		body       string
		line, rest int64
		currency   string
	}{
		"tax beside the price": {refundBody("90", "17.1", "107.10", "success", "USD"), 10710, 0, "USD"},
		"tax in the price":     {refundBody("90", "14.37", "90.00", "success", "USD"), 9000, 0, "USD"},
		"shipping too":         {refundBody("90", "0", "95.00", "success", "USD"), 9000, 500, "USD"},
		"less than the price":  {refundBody("90", "0", "10.00", "success", "USD"), 1000, 0, "USD"},
		"under way":            {refundBody("90", "0", "90.00", "pending", "USD"), 9000, 0, "USD"},
		"failed":               {refundBody("90", "0", "90.00", "failure", "USD"), 0, 0, "USD"},
		"a buyer's currency":   {refundBody("90", "0", "81.00", "success", "EUR"), 9000, 0, "USD"},
	} {
		r := integrations.Request{
			Header: http.Header{"X-Shopify-Topic": {"refunds/create"}}, Body: []byte(c.body), ReceivedAt: platformtest.Received,
		}
		o := parse(t, r).Events[0].Order()
		line, rest := o.Refunds["refund:1:4"].Value, o.Refunds["refund:1"].Value
		if line.Amount.Minor != c.line || line.Quantity != 9 || rest.Amount.Minor != c.rest || line.Amount.Currency != c.currency {
			t.Errorf("%s: got %+v and %+v, want %d and %d", name, line, rest, c.line, c.rest)
		}
	}
}

// TestRefundThatFailed: the word that it failed is newer than the refund.
func TestRefundThatFailed(t *testing.T) {
	refund := func(status string) any {
		return json.RawMessage(`[{"id":1,"order_id":5002,"created_at":"2026-03-05T09:00:00Z","refund_line_items":[],` +
			`"transactions":[{"id":5,"kind":"refund","status":"` + status + `","amount":"10.00","currency":"USD"}]}]`)
	}
	order := parse(t, changed(t, "order_create_paid", map[string]any{
		"refunds": refund("pending"), "financial_status": "refunded", "updated_at": "2026-03-05T09:00:01Z",
	})).Events[0].Order()
	if !order.Refunds["order:5002"].Value.Full || order.Refunds["refund:1"].Value.Amount.Minor != 1000 {
		t.Errorf("under way: got %+v, want all given back", order.Refunds)
	}
	order = order.Merge(parse(t, changed(t, "order_create_paid", map[string]any{
		"refunds": refund("failure"), "updated_at": "2026-03-07T09:00:00Z",
	})).Events[0].Order())
	if order.Refunds["order:5002"].Value.Full || order.Refunds["refund:1"].Value.Amount.Minor != 0 {
		t.Errorf("failed: got %+v, want nothing given back", order.Refunds)
	}
}

// TestProductDeletedLater: an order's later deliveries do not name a product that
// is no longer in the catalogue; the line stays what it was.
func TestProductDeletedLater(t *testing.T) {
	r := request(t, "order_create_paid")
	before := parse(t, r).Events[0].Order()
	r.Body = []byte(strings.NewReplacer(
		`"product_id":632910393`, `"product_id":null`, `"variant_id":808950811`, `"variant_id":null`,
		`"product_exists":true`, `"product_exists":false`, `"updated_at":"2026-03-02T08:00:01Z"`, `"updated_at":"2026-03-20T08:00:00Z"`,
	).Replace(string(r.Body)))
	got := before
	for _, e := range parse(t, r).Events {
		got = got.Merge(e.Order())
	}
	want := enrolld.ProductRef{ID: "632910393", Variant: "808950811", Name: "Course B"}
	if p := got.Lines["12001"].Product.Value; p != want {
		t.Errorf("got product %+v, want %+v", p, want)
	}
}

func TestCustomItems(t *testing.T) {
	var o enrolld.Order
	for _, e := range parse(t, request(t, "order_custom_item")).Events {
		o = o.Merge(e.Order())
	}
	for line, want := range map[string]string{"15001": "sku-COACHING-1", "15002": "custom-Workbook & notes"} {
		if got := o.Lines[line].Product.Value.ID; got != want {
			t.Errorf("line %s: got product %q, want %q", line, got, want)
		}
	}
}

// TestStaleRetry: a retry carries the body of its first try.
func TestStaleRetry(t *testing.T) {
	paid, refunded := parse(t, request(t, "order_paid")), parse(t, request(t, "order_refunded"))
	want := refunded.Events[0].Order().Merge(paid.Events[0].Order())
	got := want.Merge(parse(t, request(t, "order_paid")).Events[0].Order())
	if !got.Equal(want) {
		t.Errorf("a retry changed the order (-before +after):\n%s", cmp.Diff(want, got))
	}
}

func TestFinancialStatus(t *testing.T) {
	for status, want := range map[string]bool{
		"paid": true, "partially_refunded": true, "refunded": true,
		"pending": false, "authorized": false, "voided": false, "expired": false, "new one": false,
	} {
		e := parse(t, changed(t, "order_create_paid", map[string]any{"financial_status": status})).Events[0]
		if got := e.Lines[0].Sale.Paid; got != want || (e.Payment != nil) != want {
			t.Errorf("%s: got paid %t and payment %v, want %t", status, got, e.Payment, want)
		}
	}
}

// TestPartiallyPaid: an order that a seller adds something to is no longer paid as
// a whole, but what was paid before stays; one paid in part gives nothing.
func TestPartiallyPaid(t *testing.T) {
	edited := map[string]any{"financial_status": "partially_paid", "updated_at": "2026-03-03T12:00:00Z"}
	e := parse(t, changed(t, "order_create_paid", edited)).Events[0]
	if e.Lines[0].Sale != nil || e.Payment != nil {
		t.Errorf("got sale %+v and payment %+v, want nothing said of either", e.Lines[0].Sale, e.Payment)
	}
	o := parse(t, request(t, "order_create_paid")).Events[0].Order().Merge(e.Order())
	if !o.Lines["12001"].Sale.Value.Paid {
		t.Error("what was paid is not any more")
	}
	edited["cancelled_at"] = "2026-03-04T12:00:00Z"
	e = parse(t, changed(t, "order_create_paid", edited)).Events[0]
	if len(e.Refunds) != 1 || !e.Refunds[0].Value.Full {
		t.Errorf("cancelled: got refunds %+v, want the line's", e.Refunds)
	}
	edited = map[string]any{"financial_status": "partially_paid", "refunds": nil}
	if s := parse(t, changed(t, "order_item_removed", edited)).Events[0].Lines[1].Sale; s == nil || s.Paid {
		t.Errorf("removed: got sale %+v, want it not paid", s)
	}
}

// TestHeadersAreNotSigned: what a body says counts more than a header that came
// with it.
func TestHeadersAreNotSigned(t *testing.T) {
	r := request(t, "contract_cancelled")
	r.Header.Set("X-Shopify-Triggered-At", "2099-01-01T00:00:00Z")
	if e := parse(t, r).Events[0]; !e.At.Equal(r.ReceivedAt) {
		t.Errorf("a date ahead: got %s, want when it came in", e.At)
	}
	r = request(t, "renewed_attempt_success")
	r.Header.Set("X-Shopify-Topic", "subscription_billing_attempts/failure")
	if e := parse(t, r).Events[0]; e.Failure != nil || e.Subscription == nil {
		t.Errorf("a success called a failure: got %+v", e)
	}
	r = request(t, "attempt_failure")
	r.Header.Set("X-Shopify-Topic", "subscription_billing_attempts/success")
	if e := parse(t, r).Events[0]; e.Failure == nil || e.Subscription != nil {
		t.Errorf("a failure called a success: got %+v", e)
	}
	r = request(t, "refund_one_piece")
	r.Header.Set("X-Shopify-Topic", "disputes/create")
	if p, err := shopify.New(shopify.Options{}).Parse(config, r); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("a refund called a dispute: got %+v (%v)", p, err)
	}
}

// TestLineAmounts: less the discounts, with the taxes where prices leave them out.
func TestLineAmounts(t *testing.T) {
	item := func(more string) any {
		return json.RawMessage(`[{"id":1,"product_id":2,"quantity":2,"price":"50.00","tax_lines":[{"price":"9.50"}]` + more + `}]`)
	}
	for name, c := range map[string]struct {
		values map[string]any
		want   int64
	}{
		"tax beside":       {map[string]any{"line_items": item("")}, 10950},
		"tax within":       {map[string]any{"line_items": item(""), "taxes_included": true}, 10000},
		"discount":         {map[string]any{"line_items": item(`,"discount_allocations":[{"amount":"30.00"}],"total_discount":"5.00"`)}, 7950},
		"old discount":     {map[string]any{"line_items": item(`,"total_discount":"30.00"`)}, 7950},
		"without decimals": {map[string]any{"line_items": item(""), "currency": "JPY", "taxes_included": true}, 100},
	} {
		e := parse(t, changed(t, "order_create_paid", c.values)).Events[0]
		if got := e.Lines[0].Sale.Amount.Minor; got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}

// TestWithoutAddress: an order of a till is kept, for nobody yet.
func TestWithoutAddress(t *testing.T) {
	if e := parse(t, request(t, "order_no_email")).Events[0]; e.Buyer != nil || len(e.Lines) != 1 {
		t.Errorf("got buyer %v and %d lines, want nobody and one line", e.Buyer != nil, len(e.Lines))
	}
}

// TestTestMode: refunds tell it by their transactions, others by a header at most.
func TestTestMode(t *testing.T) {
	for _, name := range []string{"order_test", "refund_test"} {
		if !parse(t, request(t, name)).Events[0].Test {
			t.Errorf("%s is not taken for a test", name)
		}
	}
	r := request(t, "dispute_created")
	r.Header.Set("X-Shopify-Test", "true")
	if !parse(t, r).Events[0].Test {
		t.Error("the header is passed over")
	}
}

// TestTopicsWithoutMeaning are answered and left alone, privacy requests too.
func TestTopicsWithoutMeaning(t *testing.T) {
	for _, topic := range []string{
		"customers/redact", "customers/data_request", "shop/redact", "orders/delete", "orders/edited",
		"checkouts/create", "products/update", "app/uninstalled", "something/new", "orders/risk_assessment_changed",
	} {
		r := request(t, "order_deleted")
		r.Header.Set("X-Shopify-Topic", topic)
		if p := parse(t, r); p.Ignored == "" || len(p.Events) > 0 {
			t.Errorf("%s: got %+v, want it ignored", topic, p)
		}
	}
}

// TestItemRemoved: an order that was edited has no piece of it any more, whether or
// not a refund says so.
func TestItemRemoved(t *testing.T) {
	r := request(t, "order_item_removed")
	for name, c := range map[string]struct {
		r    integrations.Request
		paid bool
	}{"with its refund": {r, true}, "alone": {changed(t, "order_item_removed", map[string]any{"refunds": nil}), false}} {
		if got := parse(t, c.r).Events[0].Lines[1].Sale.Paid; got != c.paid {
			t.Errorf("%s: got paid %t, want %t", name, got, c.paid)
		}
	}
}
