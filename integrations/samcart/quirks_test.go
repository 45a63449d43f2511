package samcart_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/samcart"
)

// sample is an order of two products as it is documented.
const sample = `{"type":"Order","api_key":null,"product":{"id":"101,102","name":"Course A, Workbook","price":"49.00,20.00",` +
	`"transaction_id":"ch_1"},"customer":{"customer_id":7,"first_name":"Ann","last_name":"O'Neil","email":"ann@example.org",` +
	`"billing_country":"US"},"order":{"id":5501,"total":"69.00","ip_address":"203.0.113.9","subscription_id":null,` +
	`"custom_fields":[]},"affiliate":{"id":null,"token":null},"processor":"stripe"}`

var off = integrations.Config{Settings: []byte(`{"confirm":"off","currency":"usd"}`)}

func request(body string, when time.Time) integrations.Request {
	return integrations.Request{Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body), ReceivedAt: when}
}

// replaced is the sample with some of its text changed.
func replaced(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(sample) }

func serve(t *testing.T, h http.Handler) *samcart.Platform {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return samcart.New(samcart.Options{BackendURL: server.URL})
}

func TestCheckConfig(t *testing.T) {
	for name, c := range map[string]struct {
		config integrations.Config
		want   enrolld.Code
	}{
		"an API key":          {integrations.Config{APIKey: apiKey}, ""},
		"nothing":             {integrations.Config{}, enrolld.Invalid},
		"a secret alone":      {integrations.Config{Secrets: []enrolld.Secret{"s"}}, enrolld.Invalid},
		"not to be asked":     {off, ""},
		"another word":        {integrations.Config{APIKey: apiKey, Settings: []byte(`{"confirm":"no"}`)}, enrolld.Invalid},
		"unreadable":          {integrations.Config{APIKey: apiKey, Settings: []byte(`{`)}, enrolld.Invalid},
		"to be asked, no key": {integrations.Config{Settings: []byte(`{"confirm":"on"}`)}, enrolld.Invalid},
	} {
		if got := enrolld.CodeOf(samcart.New(samcart.Options{}).CheckConfig(c.config)); got != c.want {
			t.Errorf("%s: got code %q, want %q", name, got, c.want)
		}
	}
}

// TestAPIKeyInBody compares it where there is something to compare.
func TestAPIKeyInBody(t *testing.T) {
	on := integrations.Config{APIKey: apiKey}
	secret := func(c integrations.Config) integrations.Config {
		c.Secrets = []enrolld.Secret{"abc"}
		return c
	}
	for name, c := range map[string]struct {
		config integrations.Config
		key    string
		want   enrolld.Code
	}{
		"null, no secret": {on, `null`, ""}, "null, a secret, asked": {secret(on), `null`, ""},
		"null, a secret, not asked": {secret(off), `null`, enrolld.Unauthorized},
		"empty, not asked":          {secret(off), `""`, enrolld.Unauthorized},
		"right":                     {secret(off), `"abc"`, ""}, "right, asked": {secret(on), `"abc"`, ""},
		"wrong": {secret(off), `"abd"`, enrolld.Unauthorized}, "wrong, asked": {secret(on), `"abd"`, enrolld.Unauthorized},
		"a list": {secret(on), `["abc"]`, enrolld.Unauthorized}, "no secret": {off, `"whatever"`, ""},
	} {
		r := request(replaced(`"api_key":null`, `"api_key":`+c.key), platformtest.Received)
		if got := enrolld.CodeOf(samcart.New(samcart.Options{}).Verify(c.config, r)); got != c.want {
			t.Errorf("%s: got code %q, want %q", name, got, c.want)
		}
	}
}

func TestRedact(t *testing.T) {
	r := request(replaced(`"api_key":null`, `"api_key":"0123456789"`), platformtest.Received)
	got := string(samcart.New(samcart.Options{}).Redact(off, r).Body)
	if diff := cmp.Diff(replaced(`"api_key":null`, `"api_key":"[redacted]"`), got); diff != "" {
		t.Errorf("redacted body (-want +got):\n%s", diff)
	}
}

// TestCommas reads an order of two products, without asking anybody.
func TestCommas(t *testing.T) {
	got, err := samcart.New(samcart.Options{}).Parse(off, request(sample, platformtest.Received))
	if err != nil {
		t.Fatal(err)
	}
	usd := func(n int64) enrolld.Money { return enrolld.Money{Minor: n, Currency: "USD"} }
	line := func(id, name string, n int64) enrolld.EventLine {
		return enrolld.EventLine{Key: id, Product: enrolld.ProductRef{ID: id, Name: name}, Sale: &enrolld.Sale{
			Paid: true, SoldAt: platformtest.Received, Quantity: 1, Amount: usd(n),
		}}
	}
	want := []enrolld.Event{{
		Kind: enrolld.EventPurchase, At: platformtest.Received, Refs: []string{"order:5501"}, Number: "5501",
		Buyer: &enrolld.Buyer{Email: "ann@example.org", First: "Ann", Last: "O'Neil", Country: "US"},
		Lines: []enrolld.EventLine{line("101", "Course A", 4900), line("102", "Workbook", 2000)},
		Payment: &enrolld.EventPart[enrolld.Payment]{
			ID: "txn:ch_1", Value: enrolld.Payment{Amount: usd(6900), Lines: []string{"101", "102"}},
		},
	}}
	if diff := cmp.Diff(want, got.Events); diff != "" || got.Incomplete {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestNumbers(t *testing.T) {
	for name, c := range map[string]struct {
		id, name, price string
		want            []int64
	}{
		"numbers":                {`101`, `"Course, A"`, `49`, []int64{4900}},
		"a decimal number":       {`"101"`, `"Course, A"`, `49.5`, []int64{4950}},
		"thousands":              {`"101"`, `"Course, A"`, `"1,249.00"`, []int64{124900}},
		"names that do not fit":  {`"101, 102"`, `"Course, A, Workbook"`, `"49.00, 20"`, []int64{4900, 2000}},
		"prices that do not fit": {`"101,102"`, `"A,B"`, `"69.00"`, []int64{0, 0}},
	} {
		body := replaced(`"101,102"`, c.id, `"Course A, Workbook"`, c.name, `"49.00,20.00"`, c.price)
		got, err := samcart.New(samcart.Options{}).Parse(off, request(body, platformtest.Received))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var prices []int64
		for _, l := range got.Events[0].Lines {
			prices = append(prices, l.Sale.Amount.Minor)
		}
		if diff := cmp.Diff(c.want, prices); diff != "" {
			t.Errorf("%s: prices (-want +got):\n%s", name, diff)
		}
	}
}

// TestUnasked lives a few lives without asking anybody, in both orders.
func TestUnasked(t *testing.T) {
	one := func(typ, id, txn, sub, more string) string {
		return replaced(`"Order"`, `"`+typ+`"`, `"101,102"`, `"`+id+`"`, `"49.00,20.00"`, `"27.00"`, `"69.00"`, `"27.00"`,
			`"ch_1"`, `"`+txn+`"`, `"subscription_id":null`, `"subscription_id":`+sub, `"processor"`, more+`"processor"`)
	}
	for name, c := range map[string]struct {
		now    time.Time
		bodies map[string]time.Time
		want   map[string]string
	}{
		"one product given back": {at(3, 9, 0), map[string]time.Time{
			sample: at(3, 2, 8), one("Refund", "102", "ch_1", "null", `"refund_transaction_id":"re_1",`): at(3, 8, 8),
		}, map[string]string{"101": "live paid", "102": "ended refunded"}},
		"a part given back": {at(3, 9, 0), map[string]time.Time{
			one("Order", "101", "ch_1", "null", ""):                                        at(3, 2, 8),
			one("PartialRefund", "101", "ch_1", "null", `"refund_transaction_id":"re_1",`): at(3, 8, 8),
		}, map[string]string{"101": "live paid"}},
		"a membership that runs": {at(9, 9, 0), map[string]time.Time{
			one("Order", "201", "ch_1", "301", ""): at(3, 2, 8), one("RecurringPaymentSucceeded", "201", "ch_2", "301", ""): at(4, 2, 8),
		}, map[string]string{"201": "live paid"}},
		"a payment missing": {at(5, 9, 0), map[string]time.Time{
			one("Order", "201", "ch_1", "301", ""): at(3, 2, 8), one("RecurringPaymentFailed", "201", "", "301", ""): at(5, 2, 8),
		}, map[string]string{"201": "ended payment_failed"}},
		"recovered": {at(5, 9, 0), map[string]time.Time{
			one("Order", "201", "ch_1", "301", ""): at(3, 2, 8), one("RecurringPaymentFailed", "201", "", "301", ""): at(5, 2, 8),
			one("RecurringPaymentRecovered", "201", "ch_3", "301", ""): at(5, 4, 8),
		}, map[string]string{"201": "live paid"}},
		"cancelled": {at(5, 9, 0), map[string]time.Time{
			one("Order", "201", "ch_1", "301", ""): at(3, 2, 8), one("Cancel", "201", "", "301", ""): at(5, 2, 8),
		}, map[string]string{"201": "ended cancelled"}},
	} {
		var order enrolld.Order
		for body, when := range c.bodies {
			got, err := samcart.New(samcart.Options{}).Parse(off, request(body, when))
			if err != nil || got.Incomplete {
				t.Fatalf("%s: incomplete %t, error %v", name, got.Incomplete, err)
			}
			order = order.Merge(got.Events[0].Order())
		}
		rules := func(string, enrolld.ProductRef) (enrolld.Rule, bool) {
			return enrolld.Rule{Courses: []enrolld.CourseRef{{LMS: "page", ID: 1}}}, true
		}
		got := map[string]string{}
		for _, g := range enrolld.Derive([]enrolld.Sold{{OrderID: 1, Platform: "samcart", Order: order}}, rules, c.now).Grants {
			got[g.Cause.Line] = string(g.State) + " " + string(g.Reason)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: access (-want +got):\n%s", name, diff)
		}
	}
}

// TestOnlyTheAPIIsBelieved makes up a webhook about an order that there is.
func TestOnlyTheAPIIsBelieved(t *testing.T) {
	s := suite(t)
	p := serve(t, s.API)
	r := request(replaced("ann@example.org", "mallory@example.org", `"101,102"`, `"201"`, `"69.00"`, `"0.01"`, "Ann", "Mallory"),
		platformtest.Received)
	parsed, err := p.Parse(s.Config, r)
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.Events[0].Lines) > 0 || parsed.Events[0].Buyer != nil {
		t.Error("Parse believes what nobody was asked about")
	}
	got, err := p.Complete(t.Context(), s.Config, r, parsed)
	if err != nil {
		t.Fatal(err)
	}
	e := got.Events[0]
	want := &enrolld.Buyer{Email: "ann@example.org", First: "Ann", Last: "O'Neil", Country: "US"}
	if diff := cmp.Diff(want, e.Buyer); diff != "" {
		t.Errorf("buyer (-want +got):\n%s", diff)
	}
	if len(e.Lines) != 2 || e.Lines[0].Key != "101" || e.Payment.Value.Amount.Minor != 6900 || got.Incomplete {
		t.Errorf("got %d lines and payment %+v, want the API's", len(e.Lines), e.Payment)
	}
}

// TestDenied asks about what cannot be genuine.
func TestDenied(t *testing.T) {
	s := suite(t)
	asked := 0
	p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path == "/v1/orders/1" {
			_, _ = w.Write([]byte(`{"id":5501,"customer_id":7}`)) // another one than was asked for
			return
		}
		s.API.ServeHTTP(w, r)
	}))
	for name, c := range map[string]struct {
		body string
		ask  bool
	}{
		"no such order":            {replaced("5501", "77"), true},
		"no such subscription":     {replaced(`"subscription_id":null`, `"subscription_id":99`), true},
		"another order's answer":   {replaced("5501", "1"), true},
		"a path for a number":      {replaced("5501", `"5501/../../customers/7"`), false},
		"a question for a number":  {replaced("5501", `"5501?x=1"`), false},
		"a negative number":        {replaced("5501", "-5501"), false},
		"a list for a number":      {replaced("5501", "[5501]"), false},
		"a sum that is no number":  {replaced("5501", `"0"`), false},
		"no order, no subcription": {replaced(`"id":5501,`, ""), false},
	} {
		asked = 0
		r := request(c.body, platformtest.Received)
		parsed, err := p.Parse(s.Config, r)
		if err == nil {
			_, err = p.Complete(t.Context(), s.Config, r, parsed)
		}
		if got := enrolld.CodeOf(err); got != enrolld.Invalid || (asked > 0) != c.ask {
			t.Errorf("%s: got code %q (%v) after %d questions, want invalid", name, got, err, asked)
		}
	}
}

// TestNotShownYet tells of a refund before the API shows it.
func TestNotShownYet(t *testing.T) {
	s := suite(t)
	p := serve(t, s.API)
	r := request(replaced(`"Order"`, `"Refund"`), platformtest.Received)
	parsed, err := p.Parse(s.Config, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = p.Complete(t.Context(), s.Config, r, parsed); enrolld.OutcomeOf(err) != enrolld.OutcomeRetry {
		t.Errorf("got error %v, want one to be tried again", err)
	}
}

// TestCatalogueStaysAtSamCart refuses a next page that is elsewhere.
func TestCatalogueStaysAtSamCart(t *testing.T) {
	p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"data":[{"id":1,"product_name":"A"}],"pagination":{"next":"https://example.org/v1/products"}}`))
	}))
	if _, err := p.Catalogue(t.Context(), integrations.Config{APIKey: apiKey}); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("got error %v, want code invalid", err)
	}
	if _, err := p.Catalogue(t.Context(), off); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("without a key: got error %v, want code invalid", err)
	}
}

func TestRefund(t *testing.T) {
	order := enrolld.Order{
		Lines: map[string]enrolld.Line{
			"101": {Sale: enrolld.Latest[enrolld.Sale]{At: at(3, 2, 8), Value: enrolld.Sale{Amount: enrolld.Money{Minor: 4900}}}},
			"102": {}, "103": {},
		},
		Payments: map[string]enrolld.Latest[enrolld.Payment]{
			"charge:1": {At: at(3, 2, 8), Value: enrolld.Payment{Lines: []string{"101", "102"}}},
			"charge:2": {At: at(3, 2, 8), Value: enrolld.Payment{Lines: []string{"103"}}},
			"txn:pi_3": {At: at(3, 2, 8), Value: enrolld.Payment{Lines: []string{"104"}}},
		},
	}
	for name, c := range map[string]struct {
		refund integrations.Refund
		call   string
		want   enrolld.Code
	}{
		"a charge":                  {integrations.Refund{Payment: "charge:1"}, "/v1/refunds/charges/1/ {}", ""},
		"a part of it":              {integrations.Refund{Payment: "charge:1", Amount: enrolld.Money{Minor: 50}}, `/v1/refunds/charges/1/ {"amount":50}`, ""},
		"a line of two":             {integrations.Refund{Line: "101"}, `/v1/refunds/charges/1/ {"amount":4900}`, ""},
		"a line of its own":         {integrations.Refund{Line: "103"}, "/v1/refunds/charges/2/ {}", ""},
		"a line without a price":    {integrations.Refund{Line: "102"}, "", enrolld.Invalid},
		"an order of several":       {integrations.Refund{}, "", enrolld.Invalid},
		"not known as a charge":     {integrations.Refund{Line: "104"}, "", enrolld.Invalid},
		"a path":                    {integrations.Refund{Payment: "charge:1/../2"}, "", enrolld.Invalid},
		"less than nothing":         {integrations.Refund{Payment: "charge:1", Amount: enrolld.Money{Minor: -1}}, "", enrolld.Invalid},
		"no such line in the order": {integrations.Refund{Line: "999"}, "", enrolld.Invalid},
	} {
		got := ""
		p := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			var body strings.Builder
			_ = r.Write(&body)
			got = r.URL.Path + " " + body.String()[strings.LastIndex(body.String(), "\n")+1:]
		}))
		c.refund.Order = order
		err := p.Refund(t.Context(), integrations.Config{APIKey: apiKey}, c.refund)
		if enrolld.CodeOf(err) != c.want || got != c.call {
			t.Errorf("%s: got call %q, error %v, want %q and code %q", name, got, err, c.call, c.want)
		}
	}
}

// TestSaidAgain: webhooks about a subscription look the same months apart.
func TestSaidAgain(t *testing.T) {
	p := samcart.New(samcart.Options{})
	key := func(typ string, when time.Time) string {
		body := replaced(`"Order"`, `"`+typ+`"`, `"ch_1"`, `null`, `"subscription_id":null`, `"subscription_id":301`)
		return p.Identify(integrations.Config{}, request(body, when)).Key
	}
	for _, typ := range []string{"RecurringPaymentFailed", "Cancel", "SubscriptionDelinquent", "SubscriptionRestarted", "PartialRefund"} {
		if key(typ, at(5, 2, 9)) != key(typ, at(5, 2, 11)) {
			t.Errorf("%s: a retry has another key", typ)
		}
		if key(typ, at(5, 2, 9)) == key(typ, at(8, 2, 9)) {
			t.Errorf("%s: three months later it is the same delivery", typ)
		}
	}
	if key("Order", at(5, 2, 9)) != key("Order", at(8, 2, 9)) {
		t.Error("an order is another one three months later")
	}
}

// TestUnknownYet: the API may be behind the webhook.
func TestUnknownYet(t *testing.T) {
	s := suite(t)
	p := serve(t, s.API)
	for name, body := range map[string]string{
		"order": replaced("5501", "77"), "subscription": replaced(`"subscription_id":null`, `"subscription_id":99`),
	} {
		r := request(body, time.Now())
		parsed, err := p.Parse(s.Config, r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = p.Complete(t.Context(), s.Config, r, parsed); enrolld.OutcomeOf(err) != enrolld.OutcomeRetry {
			t.Errorf("%s: got %v, want it to be tried again", name, err)
		}
	}
}

// TestRefundWithoutAnswer: nobody knows then whether money moved.
func TestRefundWithoutAnswer(t *testing.T) {
	for _, status := range []int{http.StatusRequestTimeout, http.StatusBadGateway} {
		p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		order := enrolld.Order{Payments: map[string]enrolld.Latest[enrolld.Payment]{"charge:1": {}}}
		err := p.Refund(t.Context(), integrations.Config{APIKey: apiKey}, integrations.Refund{Order: order, Payment: "charge:1"})
		if enrolld.CodeOf(err) != enrolld.Conflict {
			t.Errorf("status %d: got %v, want code conflict", status, err)
		}
	}
}

// TestChargesOverPages: a subscription may have more charges than a page has, and the
// one that was given back may be on any.
func TestChargesOverPages(t *testing.T) {
	s := suite(t)
	const path = "/v1/subscriptions/301/charges"
	pages := 0
	p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == path && r.URL.Query().Get("offset") == "":
			pages++
			_, _ = w.Write([]byte(`{"data":[{"id":9901,"total":2700,"currency":"USD","created_at":"2026-03-09 08:00:00"}],` +
				`"pagination":{"next":"https://api.samcart.com` + path + `?offset=1"}}`))
		case r.URL.Path == path:
			pages++
			_, _ = w.Write([]byte(`{"data":[{"id":9902,"total":2700,"currency":"USD","created_at":"2026-03-16 08:00:00",` +
				`"charge_refund_status":"refunded"}],"pagination":{"next":"https://api.samcart.com` + path + `?offset=1"}}`))
		default:
			s.API.ServeHTTP(w, r)
		}
	}))
	r := request(replaced(`"Order"`, `"Refund"`, "5501", "5510", `"subscription_id":null`, `"subscription_id":301`), at(5, 2, 9))
	parsed, err := p.Parse(s.Config, r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Complete(t.Context(), s.Config, r, parsed)
	if err != nil || len(got.Events[0].Refunds) != 1 || got.Events[0].Refunds[0].Value.Payment != "charge:9902" {
		t.Errorf("got %+v (%v), want the charge of the second page to be given back", got.Events, err)
	}
	if pages > 20 {
		t.Errorf("asked for %d pages of a list without end", pages)
	}
}
