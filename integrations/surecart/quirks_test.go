package surecart_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/surecart"
)

func request(tb testing.TB, name string) integrations.Request {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "samples", name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return integrations.Request{Header: http.Header{}, Body: body, ReceivedAt: platformtest.Received}
}

func serve(t *testing.T, h http.Handler) *surecart.Platform {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return surecart.New(surecart.Options{BackendURL: server.URL})
}

// complete does what the worker does.
func complete(t *testing.T, p *surecart.Platform, c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	t.Helper()
	parsed, err := p.Parse(c, r)
	if err != nil || !parsed.Incomplete {
		t.Fatalf("Parse: got incomplete %t (%v)", parsed.Incomplete, err)
	}
	return p.Complete(t.Context(), c, r, parsed)
}

const vector = `{"id":"5bafe7b7-0000-4000-8000-000000000001","object":"event","type":"purchase.created","data":{"object":` +
	`{"id":"f6d95c40-0000-4000-8000-000000000002","object":"purchase","live_mode":false,"quantity":1,"revoked":false,` +
	`"customer":"3cd552c9-0000-4000-8000-000000000003","initial_order":"0d6edf76-0000-4000-8000-000000000004",` +
	`"price":"11bd1f0c-0000-4000-8000-000000000005","product":"326f3ca7-0000-4000-8000-000000000006","subscription":null,` +
	`"variant":null,"created_at":1760000000,"updated_at":1760000000}},"account":"b7cfbc09-0000-4000-8000-000000000007",` +
	`"created_at":1760000000}`

// TestVectors has the signature's vector; it is months old when it comes in, which
// is as old as a retry may be for all that is known.
func TestVectors(t *testing.T) {
	const signature, stamp = "b380ff74af75bec5480e08c7e9f32a9ef7e699f387a114c94034f805034713da", "1760000000"
	p, c := surecart.New(surecart.Options{}), integrations.Config{Secrets: []enrolld.Secret{"sc_signing_0011223344"}}
	for name, v := range map[string]struct {
		body, stamp, signature string
		ok                     bool
	}{
		"as sent":      {vector, stamp, signature, true},
		"upper case":   {vector, stamp, strings.ToUpper(signature), true},
		"another time": {vector, "1760000001", signature, false},
		"no time":      {vector, "", signature, false},
		"another body": {vector + " ", stamp, signature, false},
		"no signature": {vector, stamp, "", false},
		"cut off":      {vector, stamp, signature[:32], false},
	} {
		r := integrations.Request{Body: []byte(v.body), ReceivedAt: platformtest.Received, Header: http.Header{
			"X-Webhook-Timestamp": {v.stamp}, "X-Webhook-Signature": {v.signature},
		}}
		err := p.Verify(c, r)
		if (err == nil) != v.ok || err != nil && enrolld.CodeOf(err) != enrolld.Unauthorized {
			t.Errorf("%s: got %v, want ok %t", name, err, v.ok)
		}
	}
	parsed, err := p.Parse(c, integrations.Request{Body: []byte(vector), ReceivedAt: platformtest.Received})
	if err != nil {
		t.Fatal(err)
	}
	if e := parsed.Events[0]; !e.Test || !parsed.Incomplete || e.At.Unix() != 1760000000 {
		t.Errorf("got %+v, want an incomplete test purchase", e)
	}
}

// TestComplete: who bought, what it is called, how far it is paid.
func TestComplete(t *testing.T) {
	got, err := complete(t, serve(t, standIn(t)), config, request(t, "sub_purchase_created"))
	if err != nil {
		t.Fatal(err)
	}
	e := got.Events[0]
	if b := (enrolld.Buyer{Email: "ann@example.org", First: "Ann", Last: "Buyer", Country: "CA"}); e.Buyer == nil || *e.Buyer != b {
		t.Error("another buyer")
	}
	if e.Number != "0008" || e.Lines[0].Product.Name != "Club" {
		t.Errorf("got number %q and product %+v", e.Number, e.Lines[0].Product)
	}
	if until := at(4, 2, 8, 0); !e.Subscription.Value.PaidUntil.Equal(until) || !e.Payment.Value.PaidUntil.Equal(until) {
		t.Errorf("got %+v, paid %+v, want both until %s", e.Subscription, e.Payment, until)
	}
}

// TestWithoutKey: nobody is given anything before SureCart said who bought, but
// what takes needs no name.
func TestWithoutKey(t *testing.T) {
	p, c := surecart.New(surecart.Options{}), integrations.Config{Secrets: config.Secrets}
	if _, err := complete(t, p, c, request(t, "purchase_created")); enrolld.OutcomeOf(err) != enrolld.OutcomePark {
		t.Errorf("got %v, want it parked", err)
	}
	parsed, err := p.Parse(c, request(t, "purchase_revoked"))
	if err != nil || parsed.Incomplete || len(parsed.Events) != 1 {
		t.Errorf("a revocation: got %+v (%v), want it complete", parsed, err)
	}
}

// TestAnotherStore: a token of another store does not know the purchase.
func TestAnotherStore(t *testing.T) {
	r := request(t, "purchase_created")
	r.Body = bytes.ReplaceAll(r.Body, []byte(once), []byte("f6d95c40-0000-4000-8000-00000000ffff"))
	if _, err := complete(t, serve(t, standIn(t)), config, r); enrolld.OutcomeOf(err) != enrolld.OutcomePark {
		t.Errorf("got %v, want it parked", err)
	}
}

// TestExpanded: ids may come as the objects that they name.
func TestExpanded(t *testing.T) {
	r := request(t, "purchase_created")
	p := surecart.New(surecart.Options{})
	want, err := p.Parse(config, r)
	if err != nil {
		t.Fatal(err)
	}
	r.Body = bytes.Replace(r.Body, []byte(`"product": "`+course+`"`), []byte(`"product": {"id": "`+course+`"}`), 1)
	got, err := p.Parse(config, r)
	if err != nil || got.Events[0].Lines[0].Product != want.Events[0].Lines[0].Product {
		t.Errorf("got %+v (%v), want %+v", got, err, want)
	}
}

// TestVariant: the variant names what was bought, else the price does.
func TestVariant(t *testing.T) {
	for name, want := range map[string]string{
		"purchase_created":         "11bd1f0c-0000-4000-8000-000000000001",
		"limited_purchase_created": "a2b1c3d4-0000-4000-8000-000000000001",
	} {
		parsed, err := surecart.New(surecart.Options{}).Parse(config, request(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := parsed.Events[0].Lines[0].Product.Variant; got != want {
			t.Errorf("%s: got variant %q, want %q", name, got, want)
		}
	}
}

// TestRevokedSubscriptionInvoked: it stands again.
func TestRevokedSubscriptionInvoked(t *testing.T) {
	p := serve(t, standIn(t))
	revoked, err := p.Parse(config, request(t, "sub_purchase_revoked"))
	if err != nil {
		t.Fatal(err)
	}
	invoked, err := complete(t, p, config, request(t, "sub_purchase_invoked"))
	if err != nil {
		t.Fatal(err)
	}
	o := revoked.Events[0].Order()
	if s := o.Subscriptions[subscribed].Value.State; s != enrolld.SubscriptionEnded {
		t.Errorf("revoked: got state %q", s)
	}
	o = o.Merge(invoked.Events[0].Order())
	if s := o.Subscriptions[subscribed].Value.State; s != enrolld.SubscriptionActive {
		t.Errorf("invoked: got state %q", s)
	}
}

// TestRevokedStaysRevoked: what becomes of a subscription does not give back a
// purchase that was revoked, as SureCart may do at the first payment that fails.
func TestRevokedStaysRevoked(t *testing.T) {
	stand, revoked := standIn(t), true
	p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		stand.ServeHTTP(rec, r)
		w.WriteHeader(rec.Code)
		_, _ = w.Write(bytes.ReplaceAll(rec.Body.Bytes(), []byte(`"revoked": false`), []byte(`"revoked": `+strconv.FormatBool(revoked))))
	}))
	for _, name := range []string{"sub_past_due", "sub_renewed_late", "sub_made_active", "sub_cancelling", "plan_completed"} {
		got, err := complete(t, p, config, request(t, name))
		if err != nil || len(got.Events) > 0 || got.Ignored == "" {
			t.Errorf("%s: got %+v (%v), want it to change nothing", name, got, err)
		}
	}
	revoked = false
	got, err := complete(t, p, config, request(t, "sub_renewed_late"))
	if err != nil || len(got.Events) != 1 || got.Events[0].Payment == nil {
		t.Errorf("not revoked: got %+v (%v), want the payment", got, err)
	}
	parsed, err := p.Parse(config, request(t, "sub_canceled"))
	if err != nil || parsed.Incomplete {
		t.Errorf("canceled: got incomplete %t (%v), want it at once", parsed.Incomplete, err)
	}
}

// TestAnswerOfAnother: an answer that is not about the purchase says nothing of it.
func TestAnswerOfAnother(t *testing.T) {
	p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"id":"`+once+`","customer":{"email":"eve@example.org"}}`)
	}))
	for _, name := range []string{"sub_renewed", "sub_purchase_created"} {
		if got, err := complete(t, p, config, request(t, name)); enrolld.OutcomeOf(err) != enrolld.OutcomeRetry {
			t.Errorf("%s: got %+v (%v), want it tried again", name, got, err)
		}
	}
}

// TestRefunds tries what the suite's one refund does not.
func TestRefunds(t *testing.T) {
	two := bought()
	two.Lines = map[string]enrolld.Line{once: {}, "another": {}}
	joined := bought()
	joined.Refs = enrolld.NewRefSet("order:"+order, "order:another")
	usd := func(n int64) enrolld.Money { return integrations.Minor(n, "USD") }
	for name, c := range map[string]struct {
		refund integrations.Refund
		want   enrolld.Code
		said   string
	}{
		"a part":             {integrations.Refund{Order: bought(), Amount: usd(700)}, "", `"amount":700`},
		"a part of a line":   {integrations.Refund{Order: two, Line: once, Amount: usd(700)}, "", `"charge_id":"66feaa0a-0000-4000-8000-000000000001"`},
		"a line of two":      {integrations.Refund{Order: two, Line: once}, enrolld.Invalid, ""},
		"too much":           {integrations.Refund{Order: bought(), Amount: usd(4401)}, enrolld.Invalid, ""},
		"less than nothing":  {integrations.Refund{Order: bought(), Amount: usd(-700)}, enrolld.Invalid, ""},
		"another currency":   {integrations.Refund{Order: bought(), Amount: integrations.Minor(700, "EUR")}, enrolld.Invalid, ""},
		"of a renewal":       {integrations.Refund{Order: bought(), Payment: "period:1"}, enrolld.Invalid, ""},
		"of several orders":  {integrations.Refund{Order: joined}, enrolld.Invalid, ""},
		"an order not known": {integrations.Refund{Order: enrolld.Order{Refs: enrolld.NewRefSet("order:x")}}, enrolld.NotFound, ""},
	} {
		said, stand := "", standIn(t)
		p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				b, _ := io.ReadAll(r.Body)
				said = string(b)
			}
			stand.ServeHTTP(w, r)
		}))
		err := p.Refund(context.Background(), config, c.refund)
		if got := enrolld.CodeOf(err); got != c.want {
			t.Errorf("%s: got code %q (%v), want %q", name, got, err, c.want)
		}
		if !strings.Contains(said, c.said) || (said == "") != (c.want != "") {
			t.Errorf("%s: SureCart was told %q, want %q in it", name, said, c.said)
		}
	}
}
