package gumroad_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/gumroad"
	"enrolld/integrations/platformtest"
)

// ping is a form with some fields of a sample changed or added; "" takes a field
// out.
func ping(tb testing.TB, sample string, change map[string]string) integrations.Request {
	tb.Helper()
	var fields []string
	for line := range strings.Lines(string(load(tb, "samples", sample+".form"))) {
		line = strings.TrimSpace(line)
		key, _, _ := strings.Cut(line, "=")
		if v, ok := change[key]; ok {
			delete(change, key)
			if line = key + "=" + url.QueryEscape(v); v == "" {
				continue
			}
		}
		fields = append(fields, line)
	}
	for key, v := range change {
		fields = append(fields, key+"="+url.QueryEscape(v))
	}
	return request(strings.Join(fields, "&"))
}

func request(body string) integrations.Request {
	return integrations.Request{
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(body), ReceivedAt: platformtest.Received,
	}
}

// ask parses a ping and completes it against the stand-in, which answers as for
// a sample.
func ask(tb testing.TB, sample string, r integrations.Request) (integrations.Parsed, []string, error) {
	tb.Helper()
	api := newStandIn(tb)
	api.asked(sample)
	p, err := completed(tb, api, r)
	return p, api.calls, err
}

func completed(tb testing.TB, api http.Handler, r integrations.Request) (integrations.Parsed, error) {
	tb.Helper()
	server := httptest.NewServer(api)
	defer server.Close()
	p := gumroad.New(gumroad.Options{BackendURL: server.URL})
	parsed, err := p.Parse(config, r)
	if err != nil || !parsed.Incomplete {
		return parsed, err
	}
	return p.Complete(tb.Context(), config, r, parsed)
}

func parked(err error) bool { return enrolld.OutcomeOf(err) == enrolld.OutcomePark }

// What a buyer writes into a seller's own fields stands in the places of
// Gumroad's; the API's word counts.
func TestCustomFieldsAreNotBelieved(t *testing.T) {
	want, _, err := ask(t, "sale_once", ping(t, "sale_once", nil))
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := ask(t, "sale_once", ping(t, "sale_once", map[string]string{
		"email": "mallory@example.org", "custom_fields[email]": "mallory@example.org", "price": "1", "custom_fields[price]": "1",
		"test": "true", "custom_fields[test]": "true", "product_id": "other==", "seller_id": "x", "custom_fields[seller_id]": "x",
	}))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("with fields that hide Gumroad's (-without +with, %v):\n%s", err, diff)
	}
	if b := got.Events[0].Buyer; b.Email != "ann@example.org" || b.First != "Ann" || b.Last != "O'Neil" || b.Country != "US" {
		t.Errorf("the buyer is not the one that the API tells of: %+v", b)
	}
}

func TestHiddenSaleID(t *testing.T) {
	_, calls, err := ask(t, "sale_once", ping(t, "sale_once", map[string]string{
		"sale_id": "my favourite one", "custom_fields[sale_id]": "my favourite one",
	}))
	if enrolld.CodeOf(err) != enrolld.Invalid || !strings.Contains(enrolld.MessageOf(err), "label") || len(calls) > 0 {
		t.Errorf("got %v and calls %q, want code invalid, naming the label, and no call", err, calls)
	}
	_, _, err = ask(t, "sale_once", ping(t, "sale_once", map[string]string{"sale_id": "unknown0==", "custom_fields[sale_id]": "unknown0=="}))
	if enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("an id that Gumroad does not know: got %v, want code invalid", err)
	}
}

func TestIDsStayInTheirPlace(t *testing.T) {
	for _, id := range []string{"../user", "a/b", "a?x=1", "a%2Fb", strings.Repeat("a", 65), "é"} {
		_, calls, err := ask(t, "sale_once", ping(t, "sale_once", map[string]string{"sale_id": id}))
		if enrolld.CodeOf(err) != enrolld.Invalid || len(calls) > 0 {
			t.Errorf("id %q: got %v and calls %q, want code invalid and no call", id, err, calls)
		}
	}
}

func TestNotGenuine(t *testing.T) {
	for name, h := range map[string]http.Handler{"a success that is none": denies, "not found": http.NotFoundHandler()} {
		for _, sample := range []string{"sale_once", "cancellation"} {
			p, err := completed(t, h, ping(t, sample, nil))
			if enrolld.CodeOf(err) != enrolld.Invalid || len(p.Events) > 0 || !strings.Contains(enrolld.MessageOf(err), "not genuine") {
				t.Errorf("%s, %s: got %d events and %v, want code invalid", name, sample, len(p.Events), err)
			}
		}
	}
}

func TestSeller(t *testing.T) {
	p := gumroad.New(gumroad.Options{})
	verify := func(settings string, r integrations.Request) enrolld.Code {
		c := config
		c.Settings = []byte(settings)
		return enrolld.CodeOf(p.Verify(c, r))
	}
	const other = `{"seller_id":"other=="}`
	hidden := func() integrations.Request {
		return ping(t, "sale_once", map[string]string{"custom_fields[seller_id]": "x"})
	}
	for name, tc := range map[string]struct {
		settings string
		r        integrations.Request
		want     enrolld.Code
	}{
		"none set":                  {"", ping(t, "sale_once", nil), ""},
		"ours":                      {string(config.Settings), ping(t, "sale_once", nil), ""},
		"another's":                 {other, ping(t, "sale_once", nil), enrolld.Unauthorized},
		"missing":                   {other, ping(t, "sale_once", map[string]string{"seller_id": ""}), enrolld.Unauthorized},
		"a membership's has none":   {other, ping(t, "cancellation", nil), ""},
		"hidden, the API will say":  {other, hidden(), ""},
		"hidden, nobody else knows": {`{"seller_id":"other==","confirm":"off"}`, hidden(), enrolld.Unauthorized},
	} {
		if got := verify(tc.settings, tc.r); got != tc.want {
			t.Errorf("%s: got code %q, want %q", name, got, tc.want)
		}
	}
	c := config
	c.Settings = []byte(other)
	server := httptest.NewServer(newStandIn(t))
	defer server.Close()
	_, err := gumroad.New(gumroad.Options{BackendURL: server.URL}).Complete(t.Context(), c, ping(t, "sale_once", nil), integrations.Parsed{})
	if enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("a sale of another seller by the API: got %v, want code invalid", err)
	}
}

// A test ping tells of the latest real sale: it must neither grant it nor stand
// in its way.
func TestTestPing(t *testing.T) {
	p := gumroad.New(gumroad.Options{})
	r := ping(t, "test_ping", nil)
	got, err := p.Parse(config, r)
	if err != nil || !strings.Contains(got.Ignored, "test ping") || p.IsPing(r) {
		t.Errorf("got %+v (%v), ping %v, want it stored and ignored", got, err, p.IsPing(r))
	}
	test, real := p.Identify(config, r), p.Identify(config, ping(t, "sale_once", nil))
	if test.Key == real.Key || test.Ping || test.Event != "test ping" {
		t.Errorf("got identity %+v, want another one than the sale's %+v", test, real)
	}
	bought, _, err := ask(t, "sale_by_seller", ping(t, "sale_by_seller", nil))
	if err != nil || !bought.Events[0].Test {
		t.Errorf("the seller's own purchase: got %+v (%v), want a test", bought.Events, err)
	}
}

func TestKeys(t *testing.T) {
	p := gumroad.New(gumroad.Options{})
	key := func(sample string, change map[string]string) string {
		return p.Identify(config, ping(t, sample, change)).Key
	}
	for _, sample := range []string{"sale_once", "refund_part", "cancellation", "subscription_updated"} {
		if first, retry := key(sample, nil), key(sample, map[string]string{"retry_count": "2"}); first != retry {
			t.Errorf("%s: a retry has the key %q, not %q", sample, retry, first)
		}
	}
	for name, other := range map[string]string{
		"another sale": key("sale_once", map[string]string{"sale_id": "other=="}),
		"hidden id":    key("sale_once", map[string]string{"order_number": "7"}),
		"refund":       key("refund_part", nil), "all of it": key("refund_full", nil),
	} {
		if other == key("sale_once", nil) {
			t.Errorf("%s: the key is the sale's", name)
		}
	}
	if key("cancellation", nil) == key("cancellation", map[string]string{"cancelled_at": "2026-08-01T10:15:00Z"}) {
		t.Error("two cancellations have one key")
	}
	if key("subscription_updated", nil) == key("subscription_updated", map[string]string{"new_plan[recurrence]": "yearly"}) {
		t.Error("two changes of a plan have one key")
	}
}

// Prices are in cents of US dollars; what can still be refunded is in what the
// buyer saw.
func TestCurrencies(t *testing.T) {
	usd := func(n int64) enrolld.Money { return enrolld.Money{Minor: n, Currency: "USD"} }
	for sample, want := range map[string]enrolld.Refund{
		"refund_part": {Amount: usd(2000), Payment: saleA},
		"refund_full": {Amount: usd(4900), Payment: saleA, Full: true},
		"sale_euro":   {Payment: "EUROXN-dbxYaBdahG97Y-Q=="},
	} {
		got, _, err := ask(t, sample, ping(t, sample, nil))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range got.Events {
			for _, r := range e.Refunds {
				if diff := cmp.Diff(want, r.Value); diff != "" {
					t.Errorf("%s (-want +got):\n%s", sample, diff)
				}
			}
			if e.Payment != nil && e.Payment.Value.Amount.Currency != "USD" {
				t.Errorf("%s: paid %s", sample, e.Payment.Value.Amount)
			}
		}
	}
}

// What only is, is dated by the API's answer; without a date there by the receipt.
func TestSnapshotTime(t *testing.T) {
	api := newStandIn(t)
	api.asked("refund_full")
	dateless := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api.ServeHTTP(undated{w}, r)
	})
	for name, tc := range map[string]struct {
		h    http.Handler
		want time.Time
	}{
		"dated": {api, at(3, 5, 9, 0)}, "undated": {dateless, platformtest.Received},
	} {
		got, err := completed(t, tc.h, ping(t, "refund_full", nil))
		if err != nil {
			t.Fatal(err)
		}
		if e := got.Events[0]; !e.At.Equal(tc.want) || !got.Events[1].At.Equal(at(3, 1, 10, 15)) {
			t.Errorf("%s: refunded at %s, bought at %s", name, e.At, got.Events[1].At)
		}
	}
}

// undated keeps an answer from being dated.
type undated struct{ http.ResponseWriter }

func (u undated) Write(b []byte) (int, error) {
	u.Header()["Date"] = nil
	return u.ResponseWriter.Write(b)
}

func TestTierIsTheVariant(t *testing.T) {
	for sample, want := range map[string]enrolld.ProductRef{
		"sale_membership": {ID: member, Variant: "Basic", Name: "Membership"},
		"sale_upgrade":    {ID: member, Variant: "Pro", Name: "Membership"},
	} {
		got, _, err := ask(t, sample, ping(t, sample, nil))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Events[0].Lines[0].Product); diff != "" {
			t.Errorf("%s (-want +got):\n%s", sample, diff)
		}
		if len(got.Events[1].Lines) > 0 {
			t.Errorf("%s: the membership's state speaks of the product, which it does not know", sample)
		}
	}
}

func TestGift(t *testing.T) {
	got, _, err := ask(t, "sale_gift", ping(t, "sale_gift", nil))
	if err != nil || got.Events[0].Buyer.Email != "friend@example.org" || got.Events[0].Payment != nil {
		t.Errorf("got %+v (%v), want the receiver and no payment", got.Events, err)
	}
	giver := func(resource string) (integrations.Parsed, error) {
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"success":true,"sale":{"id":%q,"created_at":"2026-03-01T10:15:00Z","product_id":"p",
				"seller_id":"kL0paVL2SdmJSYsNs-OCMg==","is_gift_sender_purchase":true,"disputed":true}}`, saleA)
		})
		return completed(t, h, ping(t, "dispute", map[string]string{"resource_name": resource}))
	}
	_, err = giver("dispute")
	if !parked(err) {
		t.Errorf("the dispute of a gift: got %v, want it parked for a person", err)
	}
	if p, err := giver("sale"); err != nil || p.Ignored == "" {
		t.Errorf("the giver's sale: got %+v (%v), want it ignored", p, err)
	}
}

func TestRedact(t *testing.T) {
	got := string(gumroad.New(gumroad.Options{}).Redact(config, request("a=1&card[visual]=%2A%204242&card%5Btype%5D=visa&ip_country=Chad&z="+token)).Body)
	if want := "a=1&card[visual]=%5Bredacted%5D&card%5Btype%5D=%5Bredacted%5D&ip_country=%5Bredacted%5D&z=redacted"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r := integrations.Request{Header: http.Header{"Content-Type": {"application/json"}}, Body: load(t, "samples", "sale_json.json")}
	if body := gumroad.New(gumroad.Options{}).Redact(config, r).Body; strings.Contains(string(body), "4242") || strings.Contains(string(body), "United") {
		t.Error("a JSON ping still has the card or the country in it")
	}
}

func TestCheckConfig(t *testing.T) {
	p := gumroad.New(gumroad.Options{})
	for settings, want := range map[string]enrolld.Code{
		"": enrolld.Invalid, `{"confirm":"off"}`: "", `{"confirm":"no"}`: enrolld.Invalid, `{"seller_id":"x"}`: enrolld.Invalid,
	} {
		err := p.CheckConfig(integrations.Config{Settings: []byte(settings)})
		if got := enrolld.CodeOf(err); got != want {
			t.Errorf("settings %s without a token: got code %q (%v), want %q", settings, got, err, want)
		}
	}
}
