package paddle_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/paddle"
	"enrolld/integrations/platformtest"
)

// Public and own signatures: of the test of PaddleHQ/paddle-go-sdk, of one secret,
// and of a secret that is being changed.
const (
	publicSecret = "pdl_ntfset_01hsdn8d43dt7mezr1ef2jtbaw_hKkRiCGyyRhbFwIUuqiTBgI7gnWoV0Gr"
	publicBody   = `{"data":{"id":"pri_01hsdn96k2hxjzsq5yerecdj9j","name":null,"status":"active","quantity":{"maximum":999999,"minimum":1},"tax_mode":"account_setting","product_id":"pro_01hsdn8qp7yydry3x1yeg6a9rv","unit_price":{"amount":"1000","currency_code":"USD"},"custom_data":null,"description":"testing","import_meta":null,"trial_period":null,"billing_cycle":{"interval":"month","frequency":1},"unit_price_overrides":[]},"event_id":"evt_01hsdn97563968dy0szkmgjwh3","event_type":"price.created","occurred_at":"2024-03-20T10:07:35.590857Z","notification_id":"ntf_01hsdn977e920kbgzt6r6c9rqc"}`
	publicHeader = "ts=1710929255;h1=6c05ef8fa83c44d751be6d259ec955ce5638e2c54095bf128e408e2fce1589c8"

	ownSecret = "pdl_ntfset_01test0000_abcdEFGH"
	ownBody   = `{"event_id":"evt_01test","event_type":"transaction.completed","occurred_at":"2025-10-09T08:53:20.000000Z","notification_id":"ntf_01test","data":{"id":"txn_01test","status":"completed","customer_id":"ctm_01test","subscription_id":null,"origin":"web","currency_code":"USD","items":[{"quantity":1,"price":{"id":"pri_01test","product_id":"pro_01test"}}],"details":{"totals":{"subtotal":"4900","tax":"0","total":"4900","grand_total":"4900","currency_code":"USD"}},"custom_data":{"course":"7"}}}`
	goodSum   = "238111baa299aaf174d8f76048e35c614fc9b8ea7724cb8397549e6d6578e989"
	otherSum  = "5a2a522898e3ee91b37bc210881266d4d7234f3d2ba54c6cdb0873654f7cfc26"
)

func TestVectors(t *testing.T) {
	for name, tc := range map[string]struct {
		secret, body, header string
		at                   int64
		want                 enrolld.Code
	}{
		"public":         {publicSecret, publicBody, publicHeader, 1710929255, ""},
		"own":            {ownSecret, ownBody, "ts=1760000000;h1=" + goodSum, 1760000000, ""},
		"rotated":        {ownSecret, ownBody, "ts=1760000000;h1=" + otherSum + ";h1=" + goodSum, 1760000000, ""},
		"rotated, first": {ownSecret, ownBody, "ts=1760000000;h1=" + goodSum + ";h1=" + otherSum, 1760000000, ""},
		"upper case":     {ownSecret, ownBody, "ts=1760000000; h1=" + strings.ToUpper(goodSum), 1760000000, ""},
		"other":          {ownSecret, ownBody, "ts=1760000000;h1=" + otherSum, 1760000000, enrolld.Unauthorized},
		"other scheme":   {ownSecret, ownBody, "ts=1760000000;h2=" + goodSum, 1760000000, enrolld.Unauthorized},
		"other time":     {ownSecret, ownBody, "ts=1760000001;h1=" + goodSum, 1760000000, enrolld.Unauthorized},
		"no time":        {ownSecret, ownBody, "h1=" + goodSum, 1760000000, enrolld.Unauthorized},
		"short":          {ownSecret, ownBody, "ts=1760000000;h1=" + goodSum[2:], 1760000000, enrolld.Unauthorized},
		"old":            {ownSecret, ownBody, "ts=1760000000;h1=" + goodSum, 1760000301, enrolld.Unauthorized},
	} {
		r := integrations.Request{
			Header: http.Header{"Paddle-Signature": {tc.header}}, Body: []byte(tc.body), ReceivedAt: time.Unix(tc.at, 0),
		}
		c := integrations.Config{Secrets: []enrolld.Secret{enrolld.Secret(tc.secret)}}
		if got := enrolld.CodeOf(paddle.New(paddle.Options{}).Verify(c, r)); got != tc.want {
			t.Errorf("%s: got code %q, want %q", name, got, tc.want)
		}
	}
}

func connect(t *testing.T, h http.Handler) *paddle.Platform {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return paddle.New(paddle.Options{BackendURL: server.URL})
}

func parse(t *testing.T, c integrations.Config, r integrations.Request) integrations.Parsed {
	t.Helper()
	got, err := paddle.New(paddle.Options{}).Parse(c, r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestIdentityIsTheEvent(t *testing.T) {
	p := paddle.New(paddle.Options{})
	first := body(t, "once_completed")
	again := body(t, "once_completed", `"notification_id": "ntf_01kjmoncecompleted00000000"`, `"notification_id": "ntf_01kjmreplay000000000000000"`)
	if a, b := p.Identify(integrations.Config{}, first), p.Identify(integrations.Config{}, again); a != b {
		t.Errorf("an event replayed under another notification_id: got %+v, want %+v", b, a)
	}
}

func TestPurchase(t *testing.T) {
	p := connect(t, newBackend(t))
	c, r := integrations.Config{APIKey: apiKey}, body(t, "sub_first")
	parsed := parse(t, c, r)
	if !parsed.Incomplete {
		t.Fatal("a transaction is not taken for incomplete")
	}
	got, err := p.Complete(t.Context(), c, r, parsed)
	if err != nil {
		t.Fatal(err)
	}
	sold := at(3, 1, 10, 16)
	usd := func(n int64) enrolld.Money { return enrolld.Money{Minor: n, Currency: "USD"} }
	want := []enrolld.Event{{
		Kind: purchase, At: sold, Refs: []string{"sub_01kjmone000000000000000000", txnFirst}, Number: "325-10567",
		Buyer: &enrolld.Buyer{Email: "ann@example.org", First: "Ann", Last: "O'Neil"},
		Lines: []enrolld.EventLine{
			{
				Key: priceM, Subscription: priceM,
				Product: enrolld.ProductRef{ID: proMember, Variant: priceM, Name: "Membership"},
				Sale:    &enrolld.Sale{Paid: true, SoldAt: sold, Quantity: 1, Amount: usd(3480)},
			},
			{
				Key: itemFirstW,
				Product: enrolld.ProductRef{
					ID: "pro_01kjmworkbook0000000000000", Variant: "pri_01kjmw00000000000000000000", Name: "Workbook",
				},
				Sale: &enrolld.Sale{Paid: true, SoldAt: sold, Quantity: 1, Amount: usd(2280)},
			},
		},
		Payment: &enrolld.EventPart[enrolld.Payment]{ID: txnFirst, Value: enrolld.Payment{
			Amount: usd(5760), Lines: []string{priceM, itemFirstW}, PaidUntil: at(4, 1, 10, 15),
		}},
	}}
	if diff := cmp.Diff(want, got.Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestNoLineItems(t *testing.T) {
	got := parse(t, integrations.Config{}, integrations.Request{
		Header: http.Header{}, Body: []byte(ownBody), ReceivedAt: platformtest.Received,
	})
	l := got.Events[0].Lines[0]
	if l.Key != "pri_01test" || l.Product.ID != "pro_01test" || l.Sale.Amount.Minor != 4900 {
		t.Errorf("got line %+v with sale %+v", l, l.Sale)
	}
}

func TestSandbox(t *testing.T) {
	p := connect(t, newBackend(t))
	for name, tc := range map[string]struct {
		key      enrolld.Secret
		settings string
		test     bool
		outcome  enrolld.Outcome
	}{
		"live":                    {apiKey, "", false, enrolld.OutcomeOf(nil)},
		"sandbox key":             {"pdl_sdbx_apikey_01kjm", "", true, enrolld.OutcomeOf(nil)},
		"old key, live":           {"0123456789abcdef", `{"sandbox":false}`, false, enrolld.OutcomeOf(nil)},
		"old key, said so":        {"0123456789abcdef", `{"sandbox":true}`, true, enrolld.OutcomePark},
		"settings cannot be read": {apiKey, `{`, false, enrolld.OutcomeOf(nil)},
	} {
		c := integrations.Config{APIKey: tc.key, Settings: []byte(tc.settings)}
		r := body(t, "once_completed")
		parsed := parse(t, c, r)
		if parsed.Events[0].Test != tc.test {
			t.Errorf("%s: got test %v, want %v", name, parsed.Events[0].Test, tc.test)
		}
		// The stand-in takes keys of the sandbox at the sandbox's host only.
		if _, err := p.Complete(t.Context(), c, r, parsed); enrolld.OutcomeOf(err) != tc.outcome {
			t.Errorf("%s: got outcome %q (%v), want %q", name, enrolld.OutcomeOf(err), err, tc.outcome)
		}
	}
}

func TestWithoutKey(t *testing.T) {
	for _, name := range []string{"once_completed", "imported", "sub_refund_item"} {
		c, r := integrations.Config{}, body(t, name)
		_, err := paddle.New(paddle.Options{}).Complete(t.Context(), c, r, parse(t, c, r))
		var park *enrolld.ParkError
		if !errors.As(err, &park) || !strings.Contains(park.Reason, "customer.read") {
			t.Errorf("%s: got %v, want it parked for a key that may read customers", name, err)
		}
	}
	// What ends access waits for no key.
	for _, name := range []string{"sub_canceled", "sub_past_due", "paused", "refund_full_approved", "chargeback", "sub_refund_rebill"} {
		if parse(t, integrations.Config{}, body(t, name)).Incomplete {
			t.Errorf("%s waits for an answer", name)
		}
	}
}

func TestOtherAccountsKey(t *testing.T) {
	p := connect(t, newBackend(t))
	c, r := integrations.Config{APIKey: apiKey}, body(t, "once_completed", "ctm_01kjmann000000000000000000", "ctm_01kjmother0000000000000000")
	_, err := p.Complete(t.Context(), c, r, parse(t, c, r))
	if enrolld.OutcomeOf(err) != enrolld.OutcomePark || !strings.Contains(enrolld.MessageOf(err), "same Paddle account") {
		t.Errorf("got %v, want it parked for the right account's key", err)
	}
}

func TestSimulatorBuysNothing(t *testing.T) {
	r := body(t, "once_completed", `"event_id": "evt_`, `"event_id": "ntfsimevt_`)
	if got := parse(t, integrations.Config{}, r); got.Ignored == "" || got.Incomplete {
		t.Errorf("got %+v, want it ignored", got)
	}
}

// An order keeps its number when it is renewed.
func TestNumberIsTheFirst(t *testing.T) {
	for name, want := range map[string]string{"sub_first": "325-10567", "sub_rebill": "", "sub_charge": ""} {
		if got := parse(t, integrations.Config{}, body(t, name)).Events[0].Number; got != want {
			t.Errorf("%s: got number %q, want %q", name, got, want)
		}
	}
}

// A customer is asked for once, however many notifications tell of them, and
// separately for each key.
func TestCustomerIsKept(t *testing.T) {
	calls := 0
	backend := newBackend(t)
	p := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		backend.ServeHTTP(w, r)
	}))
	for _, key := range []enrolld.Secret{apiKey, apiKey, apiKey + "x"} {
		for _, name := range []string{"sub_created", "sub_first"} {
			c, r := integrations.Config{APIKey: key}, body(t, name)
			if _, err := p.Complete(t.Context(), c, r, parse(t, c, r)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if calls != 2 {
		t.Errorf("Paddle was asked %d times, want 2", calls)
	}
}

// The sale that a subscription lets suppose is dated before all else; today's
// address must not become its buyer.
func TestSupposedSaleHasNoBuyer(t *testing.T) {
	p := connect(t, newBackend(t))
	c, r := integrations.Config{APIKey: apiKey}, body(t, "sub_renewed")
	got, err := p.Complete(t.Context(), c, r, parse(t, c, r))
	if err != nil {
		t.Fatal(err)
	}
	if got.Events[0].Buyer == nil || got.Events[1].Buyer != nil || got.Events[1].Lines[0].Sale == nil {
		t.Errorf("got buyers %v and %v, want one in the first event only", got.Events[0].Buyer, got.Events[1].Buyer)
	}
	manual := parse(t, c, body(t, "sub_created", `"collection_mode": "automatic"`, `"collection_mode": "manual"`))
	if len(manual.Events) != 1 {
		t.Errorf("a subscription by invoice lets suppose a sale before it is paid: %d events", len(manual.Events))
	}
}

func TestAdjustmentStates(t *testing.T) {
	usd := func(n int64) enrolld.Money { return enrolld.Money{Minor: n, Currency: "USD"} }
	none := enrolld.Refund{Payment: txnOnce, Amount: usd(0)}
	for name, want := range map[string]enrolld.Refund{
		"refund_full_approved": {Payment: txnOnce, Amount: usd(10440), Full: true},
		"refund_full_reversed": none,
		"refund_full_rejected": none,
		"refund_part_approved": {Payment: txnOnce, Line: itemW, Amount: usd(4560), Full: true},
		"refund_some_approved": {Payment: txnOnce, Line: itemA, Amount: usd(1000)},
	} {
		got := parse(t, integrations.Config{}, body(t, name)).Events[0].Refunds
		if len(got) != 1 || got[0].Value != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	for _, name := range []string{"refund_part_pending", "credit"} {
		if got := parse(t, integrations.Config{}, body(t, name)); got.Ignored == "" {
			t.Errorf("%s counts: %+v", name, got.Events)
		}
	}
	pending := body(t, "chargeback", `"status": "approved"`, `"status": "rejected"`)
	if got := parse(t, integrations.Config{}, pending); got.Events[0].Dispute.Value.State != enrolld.DisputeWon {
		t.Errorf("a chargeback that was rejected: got %+v", got.Events[0].Dispute)
	}
}

// Only a renewal that fails says something about a subscription.
func TestFailures(t *testing.T) {
	for origin, counts := range map[string]bool{
		"subscription_recurring": true, "subscription_charge": false, "subscription_update": false, "web": false,
	} {
		r := body(t, "sub_rebill_failed", `"origin": "subscription_recurring"`, `"origin": "`+origin+`"`)
		if got := parse(t, integrations.Config{}, r); (len(got.Events) > 0) != counts {
			t.Errorf("%s: got %d events, want some: %v", origin, len(got.Events), counts)
		}
	}
	first := parse(t, integrations.Config{}, body(t, "sub_rebill_failed"))
	again := parse(t, integrations.Config{}, body(t, "sub_rebill_failed", `"payment_attempt_id": "f2a3c0de-`, `"payment_attempt_id": "a0000000-`))
	if first.Events[0].Failure.ID == again.Events[0].Failure.ID {
		t.Error("two attempts have one identity")
	}
}

func TestCheckConfig(t *testing.T) {
	for name, tc := range map[string]struct {
		c    integrations.Config
		want enrolld.Code
	}{
		"whole":        {integrations.Config{Secrets: []enrolld.Secret{ownSecret}, APIKey: apiKey}, ""},
		"old key":      {integrations.Config{Secrets: []enrolld.Secret{ownSecret}, APIKey: "0123456789"}, ""},
		"no key":       {integrations.Config{Secrets: []enrolld.Secret{ownSecret}}, ""},
		"key twice":    {integrations.Config{Secrets: []enrolld.Secret{apiKey}, APIKey: apiKey}, enrolld.Invalid},
		"secret twice": {integrations.Config{Secrets: []enrolld.Secret{ownSecret}, APIKey: ownSecret}, enrolld.Invalid},
		"broken":       {integrations.Config{Secrets: []enrolld.Secret{ownSecret}, Settings: []byte("{")}, enrolld.Invalid},
		"both worlds": {
			integrations.Config{Secrets: []enrolld.Secret{ownSecret}, APIKey: apiKey, Settings: []byte(`{"sandbox":true}`)}, enrolld.Invalid,
		},
	} {
		if got := enrolld.CodeOf(paddle.New(paddle.Options{}).CheckConfig(tc.c)); got != tc.want {
			t.Errorf("%s: got code %q, want %q", name, got, tc.want)
		}
	}
}
