package sendowl_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/sendowl"
)

func load(tb testing.TB, path ...string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, path...)...))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// hook is a sample as sent for an event, with replacements in its body.
func hook(tb testing.TB, sample, event string, replace ...string) integrations.Request {
	tb.Helper()
	body := string(load(tb, "samples", sample+".json"))
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(body, replace[i]) {
			tb.Fatalf("%s has no %s", sample, replace[i])
		}
	}
	body = strings.NewReplacer(replace...).Replace(body)
	return integrations.Request{Header: http.Header{"X-Sendowl-Event": {event}}, Body: []byte(body), ReceivedAt: platformtest.Received}
}

func parse(tb testing.TB, r integrations.Request) integrations.Parsed {
	tb.Helper()
	p, err := sendowl.New(sendowl.Options{}).Parse(config, r)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func kindsOf(p integrations.Parsed) []enrolld.EventKind {
	var out []enrolld.EventKind
	for _, e := range p.Events {
		out = append(out, e.Kind)
	}
	return out
}

func TestVector(t *testing.T) {
	var v struct {
		Secret       enrolld.Secret
		Header, Body string
	}
	if err := json.Unmarshal(load(t, "vector.json"), &v); err != nil {
		t.Fatal(err)
	}
	p, c := sendowl.New(sendowl.Options{}), integrations.Config{Secrets: []enrolld.Secret{"another", v.Secret}}
	r := integrations.Request{Header: http.Header{}, Body: []byte(v.Body), ReceivedAt: platformtest.Received}
	for header, want := range map[string]enrolld.Code{
		v.Header: "", v.Header + "\n": "", strings.TrimRight(v.Header, "="): "", "": enrolld.Unauthorized,
		"x" + v.Header[1:]: enrolld.Unauthorized, v.Header[:20]: enrolld.Unauthorized, "%%%": enrolld.Unauthorized,
	} {
		r.Header.Set("X-SENDOWL-HMAC-SHA256", header)
		if got := enrolld.CodeOf(p.Verify(c, r)); got != want {
			t.Errorf("signature %q: got code %q, want %q", header, got, want)
		}
	}
	sold := at(3, 1, 10, 0)
	want := []enrolld.Event{{
		Kind: enrolld.EventPurchase, At: sold, Refs: []string{"order:123456"}, Number: "0000123456",
		Buyer: &enrolld.Buyer{Email: "ann@example.org", First: "Ann", Last: "O'Neil"},
		Lines: []enrolld.EventLine{{
			Key: "product-77001", Product: enrolld.ProductRef{ID: "product-77001", Name: "Course A"},
			Sale: &enrolld.Sale{Paid: true, SoldAt: sold, Quantity: 1, Amount: gbp(1500)},
		}},
	}}
	if diff := cmp.Diff(want, parse(t, r).Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestEventSpellings(t *testing.T) {
	for event, want := range map[string]enrolld.EventKind{
		"order_completed": enrolld.EventPurchase, "ORDER_COMPLETED": enrolld.EventPurchase, "Order completed": enrolld.EventPurchase,
		"order-complete": enrolld.EventPurchase, " complete ": enrolld.EventPurchase, "free_order_issued": enrolld.EventPurchase,
		"order_imported": enrolld.EventPurchase, "new_payment": enrolld.EventPayment, "refund_issued": enrolld.EventRefund,
		"order_charged_back": enrolld.EventDisputeLost, "chargeback": enrolld.EventDisputeLost, "in_dispute": enrolld.EventDisputeOpened,
		"order_failed": enrolld.EventPaymentFailed, "subscription_active": enrolld.EventPurchase,
		"subscription_cancelling": enrolld.EventCancelled, "subscription_canceling": enrolld.EventCancelled,
		"subscription_cancelled": enrolld.EventEnded, "subscription_complete": enrolld.EventEnded,
		// What is not known is told by the state: complete.
		"": enrolld.EventPurchase, "something_new": enrolld.EventPurchase,
	} {
		got := kindsOf(parse(t, hook(t, "order_completed", event)))
		if len(got) == 0 || got[0] != want {
			t.Errorf("event %q: got %q, want %q first", event, got, want)
		}
	}
	for state, want := range map[string][]enrolld.EventKind{
		"subscription_cancelled": kinds(enrolld.EventEnded), "refunded": kinds(enrolld.EventRefund), "initial": nil, "fraud_review": nil,
	} {
		got := parse(t, hook(t, "order_completed", "", `"state":"complete"`, `"state":"`+state+`"`))
		if diff := cmp.Diff(want, kindsOf(got)); diff != "" || (want == nil) != (got.Ignored != "") {
			t.Errorf("no event, state %q: ignored %q (-want +got):\n%s", state, got.Ignored, diff)
		}
	}
}

// The header with the event is not signed, the state in the body is.
func TestStateDeniesEvent(t *testing.T) {
	for state, want := range map[string][]enrolld.EventKind{
		"failed": kinds(enrolld.EventPaymentFailed), "fraud_review": nil, "subscription_setup": nil,
		"chargeback":             kinds(enrolld.EventPurchase, enrolld.EventPayment, enrolld.EventDisputeLost),
		"subscription_cancelled": kinds(enrolld.EventPurchase, enrolld.EventPayment, enrolld.EventEnded),
	} {
		got := kindsOf(parse(t, hook(t, "order_completed", "order_completed", `"state":"complete"`, `"state":"`+state+`"`)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("order_completed in state %q (-want +got):\n%s", state, diff)
		}
	}
}

func TestOrderNumber(t *testing.T) {
	for id, want := range map[string]string{`"0000123456"`: "order:123456", `123456`: "order:123456", `"0"`: "order:0"} {
		e := parse(t, hook(t, "order_completed", "order_completed", `"id":"0000123456"`, `"id":`+id)).Events[0]
		if e.Refs[0] != want {
			t.Errorf("order %s: got %q, want %q", id, e.Refs, want)
		}
	}
}

func TestKeys(t *testing.T) {
	p := sendowl.New(sendowl.Options{})
	key := func(r integrations.Request) string { return p.Identify(config, r).Key }
	first := key(hook(t, "refund_part", "refund_issued"))
	later := hook(t, "refund_part", "refund_issued")
	later.ReceivedAt = later.ReceivedAt.Add(time.Hour)
	if key(later) != first {
		t.Error("a retry has another key")
	}
	// A gateway may give a refund the id of the charge.
	second := hook(t, "refund_rest", "refund_issued", `"re_once2"`, `"re_once1"`)
	if key(second) == first {
		t.Error("two refunds have one key")
	}
	if key(hook(t, "refund_part", "new_payment")) == first {
		t.Error("two events have one key")
	}
	refunds := parse(t, second).Events[0].Refunds
	if len(refunds) != 2 || refunds[0].ID == refunds[1].ID {
		t.Errorf("two refunds under one id: %+v", refunds)
	}
}

func TestGift(t *testing.T) {
	for sample, want := range map[string]enrolld.Buyer{
		"order_gift":      {Email: "friend@example.org", First: "Fay", Last: "Friend"},
		"order_completed": {Email: "ann@example.org", First: "Ann", Last: "O'Neil", Country: "GB"},
	} {
		if diff := cmp.Diff(want, *parse(t, hook(t, sample, "order_completed")).Events[0].Buyer); diff != "" {
			t.Errorf("%s (-want +got):\n%s", sample, diff)
		}
	}
}

// A bundle and a product may have one number.
func TestBundle(t *testing.T) {
	sale := func(n int64) *enrolld.Sale {
		return &enrolld.Sale{Paid: true, SoldAt: time.Date(2026, 3, 1, 10, 14, 50, 0, time.UTC), Quantity: 1, Amount: gbp(n)}
	}
	want := []enrolld.EventLine{
		{Key: "package-3", Product: enrolld.ProductRef{ID: "package-3", Name: "Everything"}, Sale: sale(120000)},
		{Key: "package-3/product-11", Product: enrolld.ProductRef{ID: "product-11", Name: "Course B"}, Bundle: "package-3"},
		{Key: "package-3/product-12", Product: enrolld.ProductRef{ID: "product-12", Name: "Course C"}, Bundle: "package-3"},
		{Key: "product-3", Product: enrolld.ProductRef{ID: "product-3", Name: "Workbook"}, Sale: sale(1500)},
	}
	got := parse(t, hook(t, "order_bundle", "order_completed"))
	if diff := cmp.Diff(want, got.Events[0].Lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if paid := got.Events[1].Payment.Value.Amount; paid != gbp(121500) {
		t.Errorf("paid: got %s, want 1215.00 GBP", paid)
	}
	for name, item := range map[string]string{
		"a product of that type": `{"product":{"id":3,"name":"E","product_type":"bundle"}}`, "under its newer name": `{"bundle":{"id":3,"name":"E"}}`,
		"by its parts": `{"product":{"id":3,"name":"E","components":{"product_ids":[11]}}}`, "by number": `{"cart_item":{"product_id":null,"package_id":3}}`,
	} {
		body := `{"order":{"id":"1","state":"complete","buyer_email":"ann@example.org","cart":{"cart_items":[` + item + `]}}}`
		lines := parse(t, integrations.Request{Header: http.Header{}, Body: []byte(body), ReceivedAt: platformtest.Received}).Events[0].Lines
		if lines[0].Key != "package-3" {
			t.Errorf("%s: got %q, want package-3", name, lines[0].Key)
		}
	}
}

func TestMoney(t *testing.T) {
	for _, tc := range []struct {
		gross, currency string
		want            enrolld.Money
	}{
		{`"£1,218.00"`, `"GBP"`, gbp(121800)},
		{`"£18.00"`, `null`, gbp(1800)},
		{`"€18,00"`, `null`, enrolld.Money{Minor: 1800, Currency: "EUR"}},
		{`"$18.00"`, `"AUD"`, enrolld.Money{Minor: 1800, Currency: "AUD"}},
		{`"¥1,500"`, `"JPY"`, enrolld.Money{Minor: 1500, Currency: "JPY"}},
		{`18.5`, `"usd"`, enrolld.Money{Minor: 1850, Currency: "USD"}},
		{`"a lot"`, `"USD"`, enrolld.Money{}},
	} {
		r := hook(t, "order_completed", "order_completed", `"payment_gross":"£18.00"`, `"payment_gross":`+tc.gross,
			`"payment_currency":"GBP"`, `"payment_currency":`+tc.currency, `"settled_currency":"GBP"`, `"settled_currency":null`)
		if got := parse(t, r).Events[1].Payment.Value.Amount; got != tc.want {
			t.Errorf("%s %s: got %v, want %v", tc.gross, tc.currency, got, tc.want)
		}
	}
}

// What a refund means for access is the sum of money, unless SendOwl says that
// access is gone, or nothing else.
func TestRefundAccess(t *testing.T) {
	const counted, uncounted = "refund_part", "order_completed"
	for _, tc := range []struct {
		sample, access, state string
		full                  bool
	}{
		{counted, "true", "complete", false},
		{counted, "false", "complete", true},
		{counted, "null", "complete", false},
		{counted, "null", "refunded", true},
		{counted, "true", "refunded", false},
		{uncounted, "true", "complete", false},
		{uncounted, "null", "complete", true},
		{uncounted, "false", "refunded", true},
	} {
		e := parse(t, hook(t, tc.sample, "refund_issued", `"access_allowed":true`, `"access_allowed":`+tc.access,
			`"state":"complete"`, `"state":"`+tc.state+`"`)).Events[0]
		full := false
		for _, r := range e.Refunds {
			full = full || r.Value.Full
		}
		if full != tc.full || len(e.Refunds) == 0 {
			t.Errorf("%+v: got %+v", tc, e.Refunds)
		}
	}
}

// play merges what came of requests, each at its time.
func play(tb testing.TB, requests ...integrations.Request) enrolld.Order {
	tb.Helper()
	var o enrolld.Order
	for _, r := range requests {
		for _, e := range parse(tb, r).Events {
			o = o.Merge(e.Order())
		}
	}
	return o
}

// A webhook that is tried again for hours must not revive what was cancelled since.
func TestRetryDoesNotRevive(t *testing.T) {
	stop := hook(t, "sub_cancelled", "subscription_cancelled")
	stop.ReceivedAt = at(4, 10, 12, 0)
	late := hook(t, "sub_active", "subscription_active")
	late.ReceivedAt = at(4, 10, 14, 0)
	if s := play(t, stop, late).Subscriptions["subscription"].Value.State; s != enrolld.SubscriptionEnded {
		t.Errorf("got a subscription that is %s, want it ended", s)
	}
}

// Nor must one that stops later, or for a time, undo what ended it for good.
func TestRetryDoesNotReopen(t *testing.T) {
	stop := hook(t, "sub_cancelled", "subscription_cancelled")
	stop.ReceivedAt = at(4, 10, 12, 0)
	late := hook(t, "sub_cancelling", "subscription_cancelling")
	late.ReceivedAt = at(4, 10, 14, 0)
	if s := play(t, stop, late).Subscriptions["subscription"].Value.State; s != enrolld.SubscriptionEnded {
		t.Errorf("got a subscription that is %s, want it ended", s)
	}
	if s := play(t, late).Subscriptions["subscription"].Value; s.State != enrolld.SubscriptionCancelling || !s.EndsAt.Equal(at(5, 1, 10, 15)) {
		t.Errorf("alone: got %+v, want it to run out", s)
	}
	stop, late = hook(t, "charged_back", "order_charged_back"), hook(t, "in_dispute", "in_dispute")
	stop.ReceivedAt, late.ReceivedAt = at(3, 20, 8, 0), at(3, 20, 9, 0)
	if s := play(t, stop, late).Disputes["order"].Value.State; s != enrolld.DisputeLost {
		t.Errorf("got a dispute that is %s, want it lost", s)
	}
}

// A first payment that failed, told late, is none of those that follow.
func TestFirstFailureToldLate(t *testing.T) {
	paid := hook(t, "sub_active", "subscription_active")
	late := hook(t, "sub_active", "order_failed", `"transactions":[{`, `"transactions":[],"none":[{`, `"state":"subscription_active"`, `"state":"failed"`)
	late.ReceivedAt = at(3, 2, 9, 0)
	for _, f := range play(t, paid, late).Failures {
		if f.Value.Subscription != "" {
			t.Errorf("got a missed payment of the subscription: %+v", f)
		}
	}
}

// Each half of the API key is masked by itself.
func TestRedactHalves(t *testing.T) {
	p, c := sendowl.New(sendowl.Options{}), config
	c.APIKey = "apikey0123:apisecret4567"
	r := hook(t, "order_completed", "order_completed", `"tag":null`, `"tag":"apisecret4567"`)
	if got := string(p.Redact(c, r).Body); strings.Contains(got, "apisecret4567") {
		t.Error("the API key's secret is stored")
	}
}

// valid_until is the download link's, not the course's.
func TestValidUntil(t *testing.T) {
	for _, e := range parse(t, hook(t, "order_completed", "order_completed")).Events {
		if e.Payment != nil && !e.Payment.Value.PaidUntil.IsZero() || e.Subscription != nil {
			t.Errorf("the order has an end: %+v", e)
		}
	}
}

func TestPaidUntil(t *testing.T) {
	const interval, value, trial = `"frequency_interval":"month"`, `"frequency_value":1`, `"trial_no_of_occurrences":null`
	for name, tc := range map[string]struct {
		replace []string
		want    time.Time
	}{
		"a month":         {nil, at(4, 1, 10, 15)},
		"ten days":        {[]string{interval, `"frequency_interval":"day"`, value, `"frequency_value":10`}, at(3, 11, 10, 15)},
		"two weeks":       {[]string{interval, `"frequency_interval":"week"`, value, `"frequency_value":2`}, at(3, 15, 10, 15)},
		"an older word":   {[]string{interval, `"frequency_interval":null`, `"frequency":"monthly"`, `"frequency":"quarterly"`}, at(6, 1, 10, 15)},
		"nobody knows":    {[]string{interval, `"frequency_interval":"moon"`}, time.Time{}},
		"SendOwl says":    {[]string{`"next_payment_date":null`, `"next_payment_date":"2026-04-02T09:00:00Z"`}, at(4, 2, 9, 0)},
		"a date passed":   {[]string{`"next_payment_date":null`, `"next_payment_date":"2026-02-02T09:00:00Z"`}, at(4, 1, 10, 15)},
		"a paid trial":    {[]string{trial, `"trial_no_of_occurrences":7`}, time.Date(2026, 3, 8, 10, 14, 50, 0, time.UTC)},
		"31 January goes": {[]string{"2026-03-01T10:15:00Z", "2026-01-31T10:15:00Z"}, at(2, 28, 10, 15)},
	} {
		got := parse(t, hook(t, "sub_active", "subscription_active", tc.replace...)).Events[1].Payment.Value.PaidUntil
		if !got.Equal(tc.want) {
			t.Errorf("%s: paid until %s, want %s", name, got, tc.want)
		}
	}
}

func TestCheckConfig(t *testing.T) {
	p := sendowl.New(sendowl.Options{})
	for key, want := range map[enrolld.Secret]enrolld.Code{
		"": "", "key:secret": "", "key": enrolld.Invalid, "key:": enrolld.Invalid, ":secret": enrolld.Invalid,
	} {
		c := config
		c.APIKey = key
		if got := enrolld.CodeOf(p.CheckConfig(c)); got != want {
			t.Errorf("API key of %d characters: got code %q, want %q", len(key), got, want)
		}
	}
}

func TestBought(t *testing.T) {
	p := sendowl.New(sendowl.Options{})
	for name, body := range map[string]string{
		"no order":   `{"hello":"world"}`,
		"no address": `{"order":{"id":"1","state":"complete","cart":{"cart_items":[{"product":{"id":1}}]}}}`,
		"no items":   `{"order":{"id":"1","state":"complete","buyer_email":"ann@example.org","cart":{"cart_items":[]}}}`,
		"no JSON":    `id=1`,
	} {
		_, err := p.Parse(config, integrations.Request{Header: http.Header{}, Body: []byte(body), ReceivedAt: platformtest.Received})
		if enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("%s: got %v, want code invalid", name, err)
		}
	}
}
