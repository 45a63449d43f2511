package lemonsqueezy_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/lemonsqueezy"
	"enrolld/integrations/platformtest"
)

const (
	ownSecret = "ls-signing-secret-01"
	ownBody   = `{"meta":{"test_mode":true,"event_name":"order_created","custom_data":{"course":"7"}},"data":{"type":"orders","id":"55","attributes":{"store_id":1,"customer_id":9,"identifier":"3f9c1c5e-0000-4000-8000-000000000055","order_number":1055,"user_name":"Ann O'Neil","user_email":"ann@example.org","currency":"USD","total":4900,"status":"paid","refunded":false,"first_order_item":{"order_id":55,"product_id":11,"variant_id":22,"price":4900}}}}`
	ownSum    = "32f676a8c90532fb29b5cfa25af816e95c423c8fec80fd61eb6f9bd50d543777"

	// blankSum is of the same with a line end before and after it: the bytes are
	// signed as they are sent.
	blankSum = "3222e4e8ed004e5b38fc543990ddbe7cf9a4f04bfd6b75a10d8eb48d7558f77e"
)

func TestVectors(t *testing.T) {
	for name, tc := range map[string]struct {
		secret enrolld.Secret
		body   []byte
		sum    string
		want   enrolld.Code
	}{
		"own":          {ownSecret, []byte(ownBody), ownSum, ""},
		"blank lines":  {ownSecret, []byte("\n" + ownBody + "\n"), blankSum, ""},
		"trimmed":      {ownSecret, []byte(ownBody), blankSum, enrolld.Unauthorized},
		"upper case":   {ownSecret, []byte(ownBody), strings.ToUpper(ownSum), ""},
		"other secret": {"signing-secret", []byte(ownBody), ownSum, enrolld.Unauthorized},
		"short":        {ownSecret, []byte(ownBody), ownSum[:32], enrolld.Unauthorized},
		"no hex":       {ownSecret, []byte(ownBody), "sha256=" + ownSum, enrolld.Unauthorized},
	} {
		r := integrations.Request{
			Header: http.Header{"X-Signature": {tc.sum}}, Body: tc.body, ReceivedAt: platformtest.Received,
		}
		c := integrations.Config{Secrets: []enrolld.Secret{tc.secret}}
		if got := enrolld.CodeOf(lemonsqueezy.New(lemonsqueezy.Options{}).Verify(c, r)); got != tc.want {
			t.Errorf("%s: got code %q, want %q", name, got, tc.want)
		}
	}
}

func parse(t *testing.T, r integrations.Request) integrations.Parsed {
	t.Helper()
	got, err := lemonsqueezy.New(lemonsqueezy.Options{}).Parse(integrations.Config{}, r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// merged is the order that some samples tell of.
func merged(t *testing.T, names ...string) enrolld.Order {
	t.Helper()
	var o enrolld.Order
	for _, name := range names {
		for _, e := range parse(t, body(t, name)).Events {
			o = o.Merge(e.Order())
		}
	}
	return o
}

func TestPurchase(t *testing.T) {
	sold := at(3, 1, 10, 15)
	usd := enrolld.Money{Minor: 5880, Currency: "USD"}
	want := []enrolld.Event{{
		Kind: purchase, At: sold, Refs: []string{"order:5501"}, Number: "1055",
		Buyer: &enrolld.Buyer{Email: "ann@example.org", First: "Ann", Last: "O'Neil"},
		Lines: []enrolld.EventLine{{
			Key: "item", Product: enrolld.ProductRef{ID: "311", Variant: "902", Name: "Course A"},
			Sale: &enrolld.Sale{Paid: true, SoldAt: sold, Quantity: 1, Amount: usd},
		}},
		Payment: &enrolld.EventPart[enrolld.Payment]{ID: "first", Value: enrolld.Payment{Amount: usd, Lines: []string{"item"}}},
	}}
	if diff := cmp.Diff(want, parse(t, body(t, "order_paid")).Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if e := parse(t, body(t, "order_test")).Events[0]; !e.Test {
		t.Error("an order of the test mode is taken for a live one")
	}
	for _, b := range [][]byte{[]byte(ownBody), []byte("\n" + ownBody)} {
		got := parse(t, integrations.Request{Header: http.Header{}, Body: b, ReceivedAt: platformtest.Received})
		if len(got.Events) != 1 || got.Events[0].Lines[0].Sale == nil || !got.Events[0].Lines[0].Sale.Paid {
			t.Errorf("an older shape of an order: got %+v", got.Events)
		}
	}
}

// The first purchase of a subscription is told three times.
func TestFirstPurchaseIsOne(t *testing.T) {
	o := merged(t, "first_order", "first_created", "first_paid")
	if diff := cmp.Diff([]string{"invoice:20001", "order:5510", "sub:9001"}, o.Refs.Sorted()); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
	if len(o.Lines) != 1 || len(o.Payments) != 1 || o.Payments["first"].Value.Amount.Minor != 3480 {
		t.Errorf("got lines %v and payments %v, want one of each", o.LineKeys(), o.Payments)
	}
	o = merged(t, "first_order", "first_created", "first_paid", "first_order_refunded", "first_refunded")
	if len(o.Refunds) != 1 {
		t.Errorf("got refunds %v, want one", o.Refunds)
	}
}

// An order shows what was bought at the checkout, even when it changes after the
// subscription got another plan.
func TestPlanOutlivesOldOrder(t *testing.T) {
	o := merged(t, "first_order", "first_created", "plan_changed", "first_order_refunded")
	want := enrolld.ProductRef{ID: "313", Variant: "921", Name: "Membership Plus, Monthly"}
	if got := o.Lines["item"].Product.Value; got != want {
		t.Errorf("got product %+v, want %+v", got, want)
	}
}

func TestEventNameIsTheSignedOne(t *testing.T) {
	r := body(t, "order_paid")
	r.Header.Set("X-Event-Name", "subscription_expired")
	p := lemonsqueezy.New(lemonsqueezy.Options{})
	if id := p.Identify(integrations.Config{}, r); id.Event != "order_created" {
		t.Errorf("got event %q of an unsigned header", id.Event)
	}
	if got := parse(t, r).Events[0].Kind; got != purchase {
		t.Errorf("got kind %q of an unsigned header", got)
	}
	// Nor can an object be read as another kind than it is.
	_, err := p.Parse(integrations.Config{}, body(t, "order_paid", `"order_created"`, `"subscription_expired"`))
	if enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("an order under a subscription's event: got %v, want invalid", err)
	}
}

// A subscription may change twice in the second that updated_at tells.
func TestIdentityWithinASecond(t *testing.T) {
	p := lemonsqueezy.New(lemonsqueezy.Options{})
	key := func(oldnew ...string) string {
		return p.Identify(integrations.Config{}, body(t, "renewed", oldnew...)).Key
	}
	for _, change := range [][]string{
		{`"status": "active"`, `"status": "past_due"`},
		{`"renews_at": "2026-05-01`, `"renews_at": "2026-06-01`},
		{`"variant_id": 911`, `"variant_id": 912`},
		{`"pause": null`, `"pause": {"mode": "free"}`},
		{`"event_name": "subscription_updated"`, `"event_name": "subscription_resumed"`},
	} {
		if key(change...) == key() {
			t.Errorf("%s: has the same identity as before", change[1])
		}
	}
	// The links are signed anew each time; they are not what a delivery says.
	if key("signature=9985e3bf", "signature=00000000") != key() {
		t.Error("a retry with a fresh link has another identity")
	}
}

func TestOrderStates(t *testing.T) {
	for status, paid := range map[string]bool{
		"paid": true, "refunded": true, "partial_refund": true, "pending": false, "failed": false, "fraudulent": false,
	} {
		e := parse(t, body(t, "order_paid", `"status": "paid"`, `"status": "`+status+`"`)).Events[0]
		if s := e.Lines[0].Sale; s == nil || s.Paid != paid {
			t.Errorf("%s: got sale %+v, want paid %v", status, s, paid)
		}
	}
}

func TestSubscriptionStates(t *testing.T) {
	renews := at(5, 1, 10, 15)
	for status, want := range map[string]enrolld.SubscriptionStatus{
		"active":   {State: enrolld.SubscriptionActive, PaidUntil: renews},
		"past_due": {State: enrolld.SubscriptionPastDue},
		"unpaid":   {State: enrolld.SubscriptionPastDue},
		"paused":   {State: enrolld.SubscriptionPaused},
		"on_trial": {State: enrolld.SubscriptionTrialing, PaidUntil: renews},
		// Without ends_at, which they have: until the next payment would be due, and now.
		"cancelled": {State: enrolld.SubscriptionCancelling, PaidUntil: renews, EndsAt: renews},
		"expired":   {State: enrolld.SubscriptionEnded, EndsAt: at(4, 1, 10, 16)},
	} {
		e := parse(t, body(t, "renewed", `"status": "active"`, `"status": "`+status+`"`)).Events[0]
		if got := e.Subscription.Value; got != want {
			t.Errorf("%s: got %+v, want %+v", status, got, want)
		}
	}
	if got := parse(t, body(t, "paused_free")).Events[0].Subscription.Value.State; got != enrolld.SubscriptionActive {
		t.Errorf("a free pause: got %q, want active", got)
	}
}

// The sale that a subscription lets suppose is dated before all else; today's
// address must not become its buyer.
func TestSupposedSaleHasNoBuyer(t *testing.T) {
	got := parse(t, body(t, "renewed")).Events
	if got[0].Buyer == nil || got[1].Buyer != nil || !got[1].At.Before(got[1].Lines[0].Sale.SoldAt) {
		t.Errorf("got %+v", got)
	}
}

func TestAttemptsDiffer(t *testing.T) {
	if o := merged(t, "renewal_failed", "renewal_failed_again"); len(o.Failures) != 2 {
		t.Errorf("got failures %v, want two", o.Failures)
	}
	// A payment that is recovered is told as a success too.
	if o := merged(t, "recovered", "recovered_paid"); len(o.Payments) != 1 {
		t.Errorf("got payments %v, want one", o.Payments)
	}
}

func TestCheckConfig(t *testing.T) {
	for secret, want := range map[enrolld.Secret]enrolld.Code{
		"123456": "", ownSecret: "", "12345": enrolld.Invalid, "": enrolld.Invalid,
		enrolld.Secret(strings.Repeat("x", 41)): enrolld.Invalid,
	} {
		c := integrations.Config{Secrets: []enrolld.Secret{secret}}
		if got := enrolld.CodeOf(lemonsqueezy.New(lemonsqueezy.Options{}).CheckConfig(c)); got != want {
			t.Errorf("a secret of %d characters: got code %q, want %q", len(secret), got, want)
		}
	}
}

func TestRefundBodies(t *testing.T) {
	usd := func(n int64) enrolld.Money { return integrations.Minor(n, "USD") }
	sub := merged(t, "first_order", "first_created", "first_paid", "renewal_paid")
	test := merged(t, "order_test")
	for name, tc := range map[string]struct {
		refund integrations.Refund
		want   string // path and body of the one call; "": none is made
	}{
		"an order":          {integrations.Refund{Order: merged(t, "order_paid")}, `orders/5501/refund {"data":{"id":"5501","type":"orders"}}`},
		"its line":          {integrations.Refund{Order: merged(t, "order_paid"), Line: "item"}, `orders/5501/refund {`},
		"an order in test":  {integrations.Refund{Order: test}, `orders/5590/refund {`},
		"a part":            {integrations.Refund{Order: merged(t, "order_paid"), Amount: usd(100)}, `{"attributes":{"amount":100},"id":"5501"`},
		"the first payment": {integrations.Refund{Order: sub, Payment: "first"}, `orders/5510/refund {"data":{"id":"5510"`},
		"a renewal": {
			integrations.Refund{Order: sub, Payment: "invoice:20002"},
			`subscription-invoices/20002/refund {"data":{"attributes":{"amount":3480},"id":"20002","type":"subscription-invoices"}}`,
		},
		"a part of a renewal":   {integrations.Refund{Order: sub, Payment: "invoice:20002", Amount: usd(5)}, `{"amount":5}`},
		"of which payment":      {integrations.Refund{Order: sub}, ""},
		"of a renewal unnamed":  {integrations.Refund{Order: merged(t, "renewal_paid")}, ""},
		"of another platform":   {integrations.Refund{Order: sub, Payment: "txn_1"}, ""},
		"of nobody knows what":  {integrations.Refund{}, ""},
		"of a strange number":   {integrations.Refund{Order: sub, Payment: "invoice:../1"}, ""},
		"an order not known by": {integrations.Refund{Order: merged(t, "first_paid"), Payment: "first"}, ""},
	} {
		var calls []string
		b := backend()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(text))
			calls = append(calls, r.URL.Path+" "+string(text))
			b.ServeHTTP(w, r)
		}))
		p := lemonsqueezy.New(lemonsqueezy.Options{BackendURL: server.URL})
		err := p.Refund(t.Context(), integrations.Config{APIKey: apiKey}, tc.refund)
		server.Close()
		switch {
		case tc.want == "":
			if enrolld.CodeOf(err) != enrolld.Invalid || len(calls) > 0 {
				t.Errorf("%s: got %v and calls %q, want none", name, err, calls)
			}
		case err != nil || len(calls) != 1 || !strings.Contains(calls[0], tc.want):
			t.Errorf("%s: got %v and calls %q, want %s", name, err, calls, tc.want)
		}
	}
	err := lemonsqueezy.New(lemonsqueezy.Options{}).Refund(t.Context(), integrations.Config{}, integrations.Refund{Order: sub})
	if enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("without a key: got %v, want invalid", err)
	}
}
