package clickbank_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
)

func soldOnce() enrolld.Order {
	t := at(3, 1, 18, 15)
	usd := func(n int64) enrolld.Money { return enrolld.Money{Minor: n, Currency: "USD"} }
	pay := func(n int64, line string) enrolld.Latest[enrolld.Payment] {
		return enrolld.Latest[enrolld.Payment]{At: t, Value: enrolld.Payment{Amount: usd(n), Lines: []string{line}}}
	}
	return enrolld.Order{
		Refs: enrolld.NewRefSet("receipt:CWOGBLFN"), Lines: map[string]enrolld.Line{"item-1": {}, "item-2": {}},
		Payments: map[string]enrolld.Latest[enrolld.Payment]{
			"CWOGBLFN:item-1": pay(5000, "item-1"), "CWOGBLFN:item-2": pay(1700, "item-2"),
		},
	}
}

// confirm parses and completes a notification against a stand-in.
func confirm(t *testing.T, h http.Handler, text string) (integrations.Parsed, error) {
	t.Helper()
	p, c := connect(serve(t, h)), config()
	r := request(string(seal(c.Secrets[0], []byte(text))), "application/json")
	parsed, err := p.Parse(c, r)
	if err != nil || !parsed.Incomplete {
		t.Fatalf("Parse: incomplete %t (%v), want a claim", parsed.Incomplete, err)
	}
	return p.(integrations.Completer).Complete(t.Context(), c, r, parsed)
}

func serve(tb testing.TB, h http.Handler) string {
	tb.Helper()
	s := httptest.NewServer(h)
	tb.Cleanup(s.Close)
	return s.URL
}

// The address, the items and the amounts that count are those of ClickBank.
func TestConfirmedValuesCount(t *testing.T) {
	text := string(load(t, "sale_bump"))
	for _, swap := range [][2]string{
		{"ann@example.org", "eve@example.org"}, {`"itemNo": "2"`, `"itemNo": "99"`}, {`"productPrice": 47.0`, `"productPrice": 1.0`},
	} {
		text = strings.ReplaceAll(text, swap[0], swap[1])
	}
	got, err := confirm(t, api(t), text)
	if err != nil {
		t.Fatal(err)
	}
	e := got.Events[0]
	if got.Incomplete || e.Buyer.Email != "ann@example.org" || e.Lines[0].Sale.Amount.Minor != 5000 || e.Lines[1].Product.ID != "2" {
		t.Errorf("got %+v, want what the API says", e)
	}
}

func TestNotGenuine(t *testing.T) {
	sale := string(load(t, "sale_bump"))
	other := strings.Replace(string(load(t, "sub_cancel")), `"itemNo": "club"`, `"itemNo": "1"`, 1)
	for what, tc := range map[string]struct {
		text string
		want enrolld.Outcome
	}{
		"an unknown receipt":        {strings.ReplaceAll(sale, "CWOGBLFN", "NOSUCHRE"), enrolld.OutcomePark},
		"no such refund":            {strings.ReplaceAll(string(load(t, "refund_part")), "CWOGBLFN", "KBR7XQ2M"), enrolld.OutcomeDead},
		"a test made a sale":        {strings.Replace(string(load(t, "test_sale")), "TEST_SALE", "SALE", 1), enrolld.OutcomeDead},
		"an item of another order":  {other, enrolld.OutcomeDead},
		"a sale made a rebill":      {strings.Replace(sale, `"SALE"`, `"BILL"`, 1), enrolld.OutcomeDead},
		"a chargeback that is none": {strings.Replace(sale, `"SALE"`, `"CGBK"`, 1), enrolld.OutcomeDead},
	} {
		got, err := confirm(t, api(t), tc.text)
		if enrolld.OutcomeOf(err) != tc.want {
			t.Errorf("%s: got %+v (%v), want %s", what, got.Events, err, tc.want)
		}
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"orderData":{"receipt":"CWOGBLFN","transactionType":"SALE","vendor":"other","email":"a@example.org"}}`))
	})
	if _, err := confirm(t, h, sale); enrolld.OutcomeOf(err) != enrolld.OutcomeDead {
		t.Errorf("another vendor's receipt: got %v", err)
	}
}

// What ClickBank told of a moment ago it may not list yet.
func TestNotListedYet(t *testing.T) {
	sale := string(load(t, "sale_bump"))
	for what, text := range map[string]string{
		"an unknown receipt": strings.ReplaceAll(sale, "CWOGBLFN", "NOSUCHRE"),
		"no such refund":     strings.ReplaceAll(string(load(t, "refund_part")), "CWOGBLFN", "KBR7XQ2M"),
	} {
		p := connect(serve(t, api(t)))
		r := request(string(seal(config().Secrets[0], []byte(text))), "application/json")
		r.ReceivedAt = time.Now()
		parsed, err := p.Parse(config(), r)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.(integrations.Completer).Complete(t.Context(), config(), r, parsed); enrolld.OutcomeOf(err) != enrolld.OutcomeRetry {
			t.Errorf("%s: got %+v (%v), want another try", what, got.Events, err)
		}
	}
}

// A rebill that failed has a receipt which ClickBank lists nowhere.
func TestFailedRebillIsAskedOfItsSale(t *testing.T) {
	text := strings.Replace(string(load(t, "sub_auth_failure")), "KBR7XQ2M", "KBR7XQ2M-B009", 1)
	got, err := confirm(t, api(t), text)
	if err != nil || got.Events[0].Failure == nil || got.Events[0].Refs[0] != "receipt:KBR7XQ2M" {
		t.Errorf("got %+v (%v), want a failure of the sale's subscription", got.Events, err)
	}
}

// ClickBank answers 403 for what is not there, what may not be seen, and when it
// was asked too often.
func TestForbidden(t *testing.T) {
	for body, want := range map[string]enrolld.Outcome{
		"Access denied": enrolld.OutcomePark, "Rate limit exceeded": enrolld.OutcomeRetry,
	} {
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, body, http.StatusForbidden) })
		if _, err := confirm(t, h, string(load(t, "sale_bump"))); enrolld.OutcomeOf(err) != want {
			t.Errorf("%s: got %v, want %s", body, err, want)
		}
	}
}

// The type of a ticket is rfnd always: cncl gives all back where nothing recurs.
func TestRefundCall(t *testing.T) {
	usd := func(n int64) enrolld.Money { return enrolld.Money{Minor: n, Currency: "USD"} }
	club := enrolld.Order{Payments: map[string]enrolld.Latest[enrolld.Payment]{
		"KBR7XQ2M:item-club":      {At: at(3, 1, 0, 0), Value: enrolld.Payment{Amount: usd(2900), Subscription: "item-club"}},
		"KBR7XQ2M-B001:item-club": {At: at(4, 1, 0, 0), Value: enrolld.Payment{Amount: usd(2900), Subscription: "item-club"}},
	}}
	first := enrolld.Order{Payments: map[string]enrolld.Latest[enrolld.Payment]{"KBR7XQ2M:item-club": club.Payments["KBR7XQ2M:item-club"]}}
	for what, tc := range map[string]struct {
		refund integrations.Refund
		want   string // path and query; "": refused
	}{
		"all of a line": {
			integrations.Refund{Order: soldOnce(), Line: "item-2"},
			"/rest/1.3/tickets/CWOGBLFN?reason=ticket.type.refund.8&refundType=FULL&sku=2&type=rfnd",
		},
		"a part": {
			integrations.Refund{Order: soldOnce(), Payment: "CWOGBLFN:item-1", Amount: usd(1250), Reason: "late"},
			"/rest/1.3/tickets/CWOGBLFN?comment=late&reason=ticket.type.refund.8&refundAmount=12.50&refundType=PARTIAL_AMOUNT&sku=1&type=rfnd",
		},
		"one payment of a subscription": {
			integrations.Refund{Order: club, Payment: "KBR7XQ2M-B001:item-club"},
			"/rest/1.3/tickets/KBR7XQ2M-B001?reason=ticket.type.refund.8&refundType=FULL&retainSubscription=true&sku=club&type=rfnd",
		},
		"all there is of a subscription": {
			integrations.Refund{Order: first},
			"/rest/1.3/tickets/KBR7XQ2M?reason=ticket.type.refund.8&refundType=FULL&retainSubscription=false&sku=club&type=rfnd",
		},
		"more than one payment": {integrations.Refund{Order: club}, ""},
		"two lines":             {integrations.Refund{Order: soldOnce()}, ""},
		"nothing paid":          {integrations.Refund{}, ""},
		"another order's":       {integrations.Refund{Order: soldOnce(), Payment: "KBR7XQ2M:item-club"}, ""},
		"no receipt":            {integrations.Refund{Order: soldOnce(), Payment: "../x:item-1"}, ""},
	} {
		var calls []string
		p := connect(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls = append(calls, r.URL.String())
			api(t).ServeHTTP(w, r)
		})))
		err := p.(integrations.Refunder).Refund(t.Context(), config(), tc.refund)
		if tc.want == "" {
			if code(t, what, err, enrolld.Invalid); len(calls) != 0 {
				t.Errorf("%s: ClickBank was asked %q", what, calls)
			}
			continue
		}
		if err != nil || !slices.Equal(calls, []string{tc.want}) {
			t.Errorf("%s (%v): got %q, want %q", what, err, calls, tc.want)
		}
	}
}

func TestRefundUnknown(t *testing.T) {
	for name, h := range map[string]http.Handler{
		"down": platformtest.Unwell["down"], "cut off": platformtest.Unwell["cut off"], "too long": platformtest.Unwell["too long"],
	} {
		err := connect(serve(t, h)).(integrations.Refunder).Refund(t.Context(), config(), integrations.Refund{Order: soldOnce(), Line: "item-2"})
		code(t, name, err, enrolld.Conflict)
	}
}
