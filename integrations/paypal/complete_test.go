package paypal_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
)

// change signs a sample in which some text is another.
func change(tb testing.TB, name string, replace ...string) integrations.Request {
	tb.Helper()
	body := strings.NewReplacer(replace...).Replace(string(load(tb, name)))
	return pki().good.sign(webhook, []byte(body), platformtest.Received)
}

func usd(n int64) enrolld.Money { return enrolld.Money{Minor: n, Currency: "USD"} }

// TestCapture asks the order of a capture who bought what.
func TestCapture(t *testing.T) {
	got, err := complete(t, serve(t, newStand()), config(), change(t, "capture_completed"))
	if err != nil {
		t.Fatal(err)
	}
	sold := at(3, 1, 10, 15)
	sale := func(n int64, q int) *enrolld.Sale {
		return &enrolld.Sale{Paid: true, SoldAt: sold, Quantity: q, Amount: usd(n)}
	}
	want := []enrolld.Event{{
		Kind: enrolld.EventPurchase, At: sold, Refs: []string{"order:5O190127TN364715T", "payment:42311647XV020574X"},
		Number: "INV-1", Buyer: &enrolld.Buyer{Email: "ann@example.org", First: "Ann", Last: "Müller", Country: "DE"},
		Lines: []enrolld.EventLine{
			{Key: "course-7", Product: enrolld.ProductRef{ID: "course-7", Name: "Course A"}, Sale: sale(3900, 1)},
			{Key: "workbook", Product: enrolld.ProductRef{ID: "workbook", Name: "Workbook"}, Sale: sale(1000, 2)},
		},
		Payment: &enrolld.EventPart[enrolld.Payment]{ID: "42311647XV020574X", Value: enrolld.Payment{Amount: usd(4900)}},
	}}
	if diff := cmp.Diff(want, got.Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestWithoutKey parks what cannot be understood without the API, saying what to
// give, and understands what says enough by itself.
func TestWithoutKey(t *testing.T) {
	c := config()
	c.APIKey = ""
	p := serve(t, newStand())
	for _, name := range []string{"capture_completed", "sale_a_first"} {
		_, err := complete(t, p, c, change(t, name))
		park, ok := errors.AsType[*enrolld.ParkError](err)
		if !ok || !strings.Contains(park.Reason, "API key") {
			t.Errorf("%s: got %v, want parked for an API key", name, err)
		}
	}
	for _, name := range []string{"sub_a_activated", "order_completed", "capture_refunded_part", "dispute_won"} {
		if _, err := complete(t, p, c, change(t, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.Catalogue(t.Context(), c); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("catalogue: got %v, want invalid", err)
	}
}

// ordersOf is a stand-in with one order for all, made of a unit and a payer.
func ordersOf(payer, unit string) http.Handler {
	st := newStand()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v2/checkout/orders/") {
			_, _ = fmt.Fprintf(w, `{"id":"X","status":"COMPLETED",%s,"purchase_units":[{"amount":{"currency_code":"USD","value":"49.00"},`+
				`"payments":{"captures":[{"id":"42311647XV020574X","status":"COMPLETED","amount":{"currency_code":"USD","value":"49.00"}}]},%s}]}`, payer, unit)
			return
		}
		st.ServeHTTP(w, r)
	})
}

const somebody = `"payer":{"email_address":"ann@example.org"}`

// TestProductIdentity has what names a product where PayPal offers several things.
func TestProductIdentity(t *testing.T) {
	item := func(fields string) string {
		return `"items":[{"quantity":"1","unit_amount":{"currency_code":"USD","value":"40.00"},` + fields + `}]`
	}
	for name, tc := range map[string]struct{ settings, unit, want string }{
		"sku":                    {``, item(`"sku":"S-1","name":"Course"`) + `,"custom_id":"c"`, "S-1"},
		"custom_id":              {``, item(`"name":"Course"`) + `,"custom_id":"c"`, "c"},
		"name":                   {``, item(`"name":"Course &amp; more"`), "Course & more"},
		"unit by custom_id":      {``, `"custom_id":"c","description":"Course","invoice_id":"INV-1"`, "c"},
		"unit by description":    {``, `"description":"Course","reference_id":"r"`, "Course"},
		"unit by reference":      {``, `"reference_id":"r"`, "r"},
		"custom_id is preferred": {`{"product":"custom_id"}`, item(`"sku":"S-1","name":"Course"`) + `,"custom_id":"c"`, "c"},
		"name is preferred":      {`{"product":"name"}`, item(`"sku":"S-1","name":"Course"`) + `,"custom_id":"c"`, "Course"},
		"nothing":                {``, `"reference_id":"default","invoice_id":"INV-1"`, ""},
	} {
		c := config()
		c.Settings = []byte(tc.settings)
		got, err := complete(t, serve(t, ordersOf(somebody, tc.unit)), c, change(t, "capture_completed"))
		if tc.want == "" {
			if enrolld.OutcomeOf(err) != enrolld.OutcomePark {
				t.Errorf("%s: got %v, want parked", name, err)
			}
			continue
		}
		if err != nil || len(got.Events[0].Lines) != 1 {
			t.Errorf("%s: got %+v (%v), want one line", name, got.Events, err)
			continue
		}
		if l := got.Events[0].Lines[0]; l.Product.ID != tc.want || l.Sale.Amount != usd(4900) {
			t.Errorf("%s: got %s for %s, want %s for what was paid", name, l.Product.ID, l.Sale.Amount, tc.want)
		}
	}
}

// TestPayer finds the buyer of orders that were paid without an account.
func TestPayer(t *testing.T) {
	for payer, want := range map[string]string{
		somebody: "ann@example.org",
		`"payment_source":{"card":{"name":"Ann"},"venmo":{"email_address":"bob@example.org"}}`: "bob@example.org",
		`"payment_source":{"card":{"name":"Ann M","last_digits":"1234"}}`:                      "",
	} {
		got, err := complete(t, serve(t, ordersOf(payer, `"custom_id":"c"`)), config(), change(t, "capture_completed"))
		switch {
		case want == "" && enrolld.OutcomeOf(err) != enrolld.OutcomePark:
			t.Errorf("nobody: got %v, want parked", err)
		case want != "" && (err != nil || got.Events[0].Buyer.Email != want):
			t.Errorf("got %+v (%v), want %s", got.Events, err, want)
		}
	}
	unit := `"custom_id":"c","shipping":{"name":{"full_name":"Ann M"},"email_address":"ann@example.org"}`
	got, err := complete(t, serve(t, ordersOf(`"payer":{}`, unit)), config(), change(t, "capture_completed"))
	if err != nil || got.Events[0].Buyer.First != "Ann" {
		t.Errorf("who it was sent to: got %+v (%v)", got.Events, err)
	}
}

// TestUnitOfCapture gives a capture the lines of its purchase unit only.
func TestUnitOfCapture(t *testing.T) {
	got, err := complete(t, serve(t, newStand()), config(), change(t, "order_part_completed"))
	if err != nil {
		t.Fatal(err)
	}
	e := got.Events[0]
	if len(e.Lines) != 1 || e.Lines[0].Key != "course-8" || !cmp.Equal(e.Payment.Value.Lines, []string{"course-8"}) {
		t.Errorf("got lines %+v of a payment for %q, want course-8", e.Lines, e.Payment.Value.Lines)
	}
}

func TestSaleReach(t *testing.T) {
	p := serve(t, newStand())
	for name, want := range map[string]time.Time{
		"sale_a_first":  at(4, 1, 10, 0), // the subscription's last payment: its next billing
		"sale_a_rebill": at(5, 1, 10, 2), // another one: the plan's interval
	} {
		got, err := complete(t, p, config(), change(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if until := got.Events[0].Payment.Value.PaidUntil; !until.Equal(want) {
			t.Errorf("%s: got %s, want %s", name, until, want)
		}
	}
}

// TestUnknownToAPI parks: the delivery is genuine, so it is the key that is not of
// the same account.
func TestUnknownToAPI(t *testing.T) {
	for name, id := range map[string]string{"capture_completed": "5O190127TN364715T", "sale_a_first": "I-BW452GLLEP1A"} {
		_, err := complete(t, serve(t, newStand()), config(), change(t, name, id, "XX"))
		if enrolld.OutcomeOf(err) != enrolld.OutcomePark {
			t.Errorf("%s: got %v, want parked", name, err)
		}
	}
}

// TestOldAPIs parks what PayPal's older APIs sell, as it says too little; but not
// before it is proved.
func TestOldAPIs(t *testing.T) {
	for _, r := range []integrations.Request{
		change(t, "sale_a_first", `"billing_agreement_id"`, `"x"`),
		change(t, "sub_a_activated", `"resource_type": "subscription"`, `"resource_type": "Agreement"`),
	} {
		if _, err := complete(t, serve(t, newStand()), config(), r); enrolld.OutcomeOf(err) != enrolld.OutcomePark {
			t.Errorf("got %v, want parked", err)
		}
		if _, err := complete(t, serve(t, chain(pki().stranger)), config(), r); enrolld.OutcomeOf(err) != enrolld.OutcomeDead {
			t.Errorf("forged: got %v, want dead", err)
		}
	}
}

// TestInstalments keeps access when a plan of the settings has run its course.
func TestInstalments(t *testing.T) {
	for settings, want := range map[string]enrolld.SubscriptionState{
		`{"instalments":["P-5ML4271244454362WXNWU5NQ"]}`: enrolld.SubscriptionCompleted,
		`{"instalments":["P-OTHER"]}`:                    enrolld.SubscriptionCancelled,
	} {
		c := config()
		c.Settings = []byte(settings)
		got, err := complete(t, serve(t, newStand()), c, change(t, "sub_c_expired"))
		if err != nil || got.Events[0].Subscription.Value.State != want {
			t.Errorf("%s: got %+v (%v), want %s", settings, got.Events, err, want)
		}
	}
}

func TestDisputeOutcomes(t *testing.T) {
	for code, want := range map[string]struct {
		state    enrolld.DisputeState
		reverses bool
	}{
		"RESOLVED_BUYER_FAVOUR": {enrolld.DisputeLost, false}, "ACCEPTED": {enrolld.DisputeLost, false},
		"RESOLVED_SELLER_FAVOUR": {enrolld.DisputeWon, true}, "CANCELED_BY_BUYER": {enrolld.DisputeWon, true},
		"DENIED": {enrolld.DisputeWon, true}, "RESOLVED_WITH_PAYOUT": {enrolld.DisputeWon, true},
		"NONE": {enrolld.DisputeWon, false}, "": {enrolld.DisputeWon, false}, "SOMETHING_NEW": {enrolld.DisputeWon, false},
	} {
		got, err := complete(t, serve(t, newStand()), config(), change(t, "dispute_won", "RESOLVED_SELLER_FAVOUR", code))
		if err != nil {
			t.Fatal(err)
		}
		e := got.Events[0]
		if e.Dispute.Value.State != want.state || (len(e.Refunds) == 1) != want.reverses {
			t.Errorf("%s: got %s and %d reversals undone, want %+v", code, e.Dispute.Value.State, len(e.Refunds), want)
		}
	}
}

// TestTokenKept asks for one token only, and for another when there is nothing left
// of it.
func TestTokenKept(t *testing.T) {
	for lasts, want := range map[string]int{"31668": 1, "30": 2} {
		tokens := 0
		st := newStand()
		p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/oauth2/token" {
				tokens++
				_, _ = fmt.Fprintf(w, `{"access_token":%q,"expires_in":%s}`, access, lasts)
				return
			}
			st.ServeHTTP(w, r)
		}))
		if _, err := complete(t, p, config(), change(t, "capture_completed")); err != nil {
			t.Fatal(err)
		}
		if tokens != want {
			t.Errorf("a token for %s s: asked for %d, want %d", lasts, tokens, want)
		}
	}
}

// TestOddAnswers survives answers of the API in which anything is something else:
// what comes out is usable, or an error that says what becomes of the delivery.
func TestOddAnswers(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6)) // repeatable on purpose
	const alphabet = `0123456789-."[]{}:,nulltruefalse`
	st := newStand()
	p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || strings.Contains(r.URL.Path, "/certs/") {
			st.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		st.ServeHTTP(rec, r)
		b := rec.Body.Bytes()
		for range 1 + random.IntN(6) {
			b[random.IntN(len(b))] = alphabet[random.IntN(len(alphabet))]
		}
		_, _ = w.Write(b)
	}))
	for _, name := range []string{"capture_completed", "sale_a_first", "order_part_completed"} {
		r := change(t, name)
		for range 100 {
			got, err := complete(t, p, config(), r)
			for _, e := range got.Events {
				if e.Check() != nil || err != nil || e.Order().Refs == nil {
					t.Errorf("%s: an event that is not usable, or an error beside it (%v)", name, err)
				}
			}
			if code := enrolld.CodeOf(err); code == enrolld.Internal && enrolld.OutcomeOf(err) != enrolld.OutcomePark {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// paid is an order with payments: of a subscription where one is named.
func paid(payments map[string]string) enrolld.Order {
	o := enrolld.Order{Payments: map[string]enrolld.Latest[enrolld.Payment]{}}
	for id, sub := range payments {
		o.Payments[id] = enrolld.Latest[enrolld.Payment]{At: at(3, 1, 0, 0), Value: enrolld.Payment{Subscription: sub}}
	}
	return o
}

func TestRefund(t *testing.T) {
	for name, tc := range map[string]struct {
		refund     integrations.Refund
		path, body string
	}{
		"all of a capture": {
			integrations.Refund{Key: "k", Order: paid(map[string]string{"C1": ""})},
			"/v2/payments/captures/C1/refund", `{}`,
		},
		"part of a sale": {
			integrations.Refund{Key: "k", Payment: "S1", Amount: usd(2000), Reason: "Sorry", Order: paid(map[string]string{"S1": "I-1", "S2": "I-1"})},
			"/v1/payments/sale/S1/refund", `{"amount":{"currency":"USD","total":"20.00"},"description":"Sorry"}`,
		},
		"a currency without decimals": {
			integrations.Refund{Key: "k", Amount: enrolld.Money{Minor: 100000, Currency: "HUF"}, Order: paid(map[string]string{"C1": ""})},
			"/v2/payments/captures/C1/refund", `{"amount":{"currency_code":"HUF","value":"1000"}}`,
		},
	} {
		var path, body, key string
		st := newStand()
		st.asked = func(r *http.Request, b []byte) {
			path, body, key = r.URL.Path, string(b), r.Header.Get("Paypal-Request-Id")
		}
		if err := serve(t, st).Refund(t.Context(), config(), tc.refund); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if path != tc.path || body != tc.body || key != "k" {
			t.Errorf("%s: got %s %s with key %q, want %s %s", name, path, body, key, tc.path, tc.body)
		}
	}
	long := ""
	st := newStand()
	st.asked = func(r *http.Request, _ []byte) { long = r.Header.Get("Paypal-Request-Id") }
	if err := serve(t, st).Refund(t.Context(), config(), integrations.Refund{Key: strings.Repeat("k", 99), Order: paid(map[string]string{"C1": ""})}); err != nil || len(long) != 38 {
		t.Errorf("a long key: got %q (%v), want 38 characters", long, err)
	}
}

func TestRefundRefused(t *testing.T) {
	one := integrations.Refund{Key: "k", Order: paid(map[string]string{"C1": ""})}
	several := integrations.Refund{Key: "k", Order: paid(map[string]string{"C1": "", "C2": ""})}
	unknown := integrations.Refund{Key: "k", Payment: "C3", Order: several.Order}
	for name, tc := range map[string]struct {
		refund integrations.Refund
		status int
		body   string
		want   enrolld.Code
	}{
		"which of several": {several, 201, "{}", enrolld.Invalid},
		"not of the order": {unknown, 201, "{}", enrolld.Invalid},
		"refunded already": {one, 422, `{"name":"UNPROCESSABLE_ENTITY","details":[{"issue":"CAPTURE_FULLY_REFUNDED"}]}`, enrolld.Invalid},
		"no reason":        {one, 400, `<html>`, enrolld.Invalid},
		"unknown payment":  {one, 404, `{}`, enrolld.NotFound},
		"being made":       {one, 409, `{}`, enrolld.Unavailable},
		"token gone":       {one, 401, `{}`, enrolld.Unavailable},
	} {
		st := newStand()
		err := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/refund") {
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
				return
			}
			st.ServeHTTP(w, r)
		})).Refund(t.Context(), config(), tc.refund)
		if got := enrolld.CodeOf(err); got != tc.want {
			t.Errorf("%s: got code %q (%v), want %q", name, got, err, tc.want)
		}
		if name == "refunded already" && !strings.Contains(err.Error(), "CAPTURE_FULLY_REFUNDED") {
			t.Errorf("%s: got %q, want PayPal's reason in it", name, err)
		}
	}
}

// TestOrderWithoutBuyer asks the API for an order whose delivery leaves the buyer out.
func TestOrderWithoutBuyer(t *testing.T) {
	r := change(t, "order_completed", `"payer"`, `"x"`, `"payment_source"`, `"y"`)
	got, err := complete(t, serve(t, newStand()), config(), r)
	if err != nil || len(got.Events) != 2 || got.Events[0].Buyer.Email != "ann@example.org" {
		t.Errorf("got %+v (%v), want two sales to the buyer", got.Events, err)
	}
	c := config()
	c.APIKey = ""
	if _, err := complete(t, serve(t, newStand()), c, r); enrolld.OutcomeOf(err) != enrolld.OutcomePark {
		t.Errorf("without a key: got %v, want parked", err)
	}
}

// TestCaptureWithoutOrder parks a capture that was not made by PayPal Checkout, and
// finds an order by its link.
func TestCaptureWithoutOrder(t *testing.T) {
	p := serve(t, newStand())
	if _, err := complete(t, p, config(), change(t, "capture_completed", `"order_id"`, `"x"`)); err != nil {
		t.Errorf("an order by its link: %v", err)
	}
	r := change(t, "capture_completed", `"order_id"`, `"x"`, `"up"`, `"x"`)
	if _, err := complete(t, p, config(), r); enrolld.OutcomeOf(err) != enrolld.OutcomePark {
		t.Errorf("no order: got %v, want parked", err)
	}
}

// TestLineOfSeveralItems makes one line of the items of one product, and keeps a
// line's name short.
func TestLineOfSeveralItems(t *testing.T) {
	long := strings.Repeat("x", 200)
	item := `{"sku":"` + long + `","quantity":"2","unit_amount":{"currency_code":"USD","value":"10.00"}}`
	unit := `"items":[` + item + "," + item + `,{"sku":"b","quantity":"1","unit_amount":{"currency_code":"USD","value":"9.00"}}]`
	got, err := complete(t, serve(t, ordersOf(somebody, unit)), config(), change(t, "capture_completed"))
	if err != nil {
		t.Fatal(err)
	}
	lines := got.Events[0].Lines
	if len(lines) != 2 || lines[0].Sale.Quantity != 4 || lines[0].Sale.Amount != usd(4000) || lines[0].Product.ID != long || len(lines[0].Key) > 100 {
		t.Errorf("got %+v, want two lines", lines)
	}
}
