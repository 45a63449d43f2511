package teachable_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/teachable"
)

var (
	on  = integrations.Config{APIKey: apiKey}
	off = integrations.Config{Settings: []byte(`{"confirm":"off"}`)}
)

func load(tb testing.TB, name string) integrations.Request {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "samples", name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return integrations.Request{Header: http.Header{}, Body: body, ReceivedAt: platformtest.Received}
}

func serve(tb testing.TB, h http.Handler) *teachable.Platform {
	tb.Helper()
	s := httptest.NewServer(h)
	tb.Cleanup(s.Close)
	return teachable.New(teachable.Options{BackendURL: s.URL})
}

func understand(tb testing.TB, p *teachable.Platform, c integrations.Config, r integrations.Request) (integrations.Parsed, error) {
	tb.Helper()
	parsed, err := p.Parse(c, r)
	if err != nil || !parsed.Incomplete {
		return parsed, err
	}
	return p.Complete(tb.Context(), c, r, parsed)
}

func replaced(r integrations.Request, pairs ...string) integrations.Request {
	r.Body = []byte(strings.NewReplacer(pairs...).Replace(string(r.Body)))
	return r
}

func TestCheckConfig(t *testing.T) {
	for name, tc := range map[string]struct {
		key      enrolld.Secret
		settings string
		want     enrolld.Code
	}{
		"key": {apiKey, "", ""}, "no key": {"", "", enrolld.Invalid}, "no key, off": {"", `{"confirm":"off"}`, ""},
		"odd": {apiKey, `{"confirm":"maybe"}`, enrolld.Invalid}, "broken": {apiKey, `{`, enrolld.Invalid},
	} {
		c := integrations.Config{APIKey: tc.key, Settings: []byte(tc.settings)}
		p := teachable.New(teachable.Options{})
		if got := enrolld.CodeOf(p.CheckConfig(c)); got != tc.want {
			t.Errorf("%s: got code %q, want %q", name, got, tc.want)
		}
		if err := p.Verify(c, load(t, "sale_once")); (err == nil) != (tc.want == "") {
			t.Errorf("%s: Verify says %v", name, err)
		}
	}
}

// TestArrayIsOneDelivery: several events may come at once; the key has all ids.
func TestArrayIsOneDelivery(t *testing.T) {
	p := serve(t, standIn(t))
	r := load(t, "array_bundle")
	id := p.Identify(on, r)
	if strings.Count(id.Key, "|") != 8 || id.Event != "Sale.created" {
		t.Errorf("identity %+v, want four events with their ids", id)
	}
	if other := p.Identify(on, replaced(r, `"Enrollment.created"`, `"Enrollment.disabled"`)); other.Key == id.Key {
		t.Error("other events have the same key")
	}
	got, err := understand(t, p, on, r)
	if err != nil {
		t.Fatal(err)
	}
	// A bundle is one sale of a plan that has no course.
	want := []enrolld.EventLine{{
		Key: "sale-90007", Product: enrolld.ProductRef{ID: "plan-7004", Name: "Everything"}, Subscription: "enrollment",
		Sale: &enrolld.Sale{Paid: true, SoldAt: at(3, 1, 10, 15), Amount: enrolld.Money{Minor: 9900, Currency: "USD"}},
	}}
	if diff := cmp.Diff(want, got.Events[0].Lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"enrollment:55507/124"}, got.Events[3].Refs); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
}

// TestBelievesTheAPI: whatever a delivery claims, what Teachable answers counts.
func TestBelievesTheAPI(t *testing.T) {
	r := replaced(load(t, "sale_once"), "ann@example.org", "eve@example.org", "4900", "1", `"id": 123`, `"id": 124`, "Course A", "Gold")
	got, err := understand(t, serve(t, standIn(t)), on, r)
	if err != nil {
		t.Fatal(err)
	}
	e := got.Events[0]
	want := enrolld.ProductRef{ID: "123", Variant: "7001", Name: "Course A"}
	if diff := cmp.Diff(want, e.Lines[0].Product); diff != "" || e.Buyer.Email != "ann@example.org" || e.Lines[0].Sale.Amount.Minor != 4900 {
		t.Errorf("got %+v:\n%s", e, diff)
	}
}

func TestUnknownIsNotGenuine(t *testing.T) {
	p := serve(t, standIn(t))
	for name, r := range map[string]integrations.Request{
		"user":            replaced(load(t, "sale_once"), "55501", "99501"),
		"sale, course":    replaced(load(t, "sale_once"), "90001", "99001", `"id": 123`, `"id": 124`),
		"transaction":     replaced(load(t, "transaction_once"), "88001", "99001"),
		"another's money": replaced(load(t, "transaction_once"), "55501", "55502"),
		"cancellation":    replaced(load(t, "cancelled"), "90003", "99003", `"id": 124`, `"id": 125`),
		"enrolment":       replaced(load(t, "enrollment_by_hand"), "123", "124"),
	} {
		_, err := understand(t, p, on, r)
		if enrolld.OutcomeOf(err) != enrolld.OutcomeDead || strings.Contains(err.Error(), "example.org") {
			t.Errorf("%s: got %v, want dead", name, err)
		}
	}
}

// TestAPIBehind: for two minutes the API may not know what happened. It is asked
// again, and only later believed that nothing did.
func TestAPIBehind(t *testing.T) {
	p := serve(t, standIn(t))
	for name, tc := range map[string]struct {
		r     integrations.Request
		later enrolld.Outcome
	}{
		"a transaction that is not there":  {replaced(load(t, "transaction_once"), "88001", "99001"), enrolld.OutcomeDead},
		"a refund that is not there":       {replaced(load(t, "refunded"), "88001", "88008", "55501", "55508"), enrolld.OutcomeDead},
		"a sale that was paid, unpaid":     {replaced(load(t, "sale_limited"), "90008", "99008"), enrolld.OutcomeOf(nil)},
		"an enrolment that is still there": {replaced(load(t, "disabled"), "55506", "55505"), enrolld.OutcomeOf(nil)},
	} {
		_, err := understand(t, p, on, tc.r)
		if got := enrolld.OutcomeOf(err); got != tc.later {
			t.Errorf("%s, later: got outcome %q (%v), want %q", name, got, err, tc.later)
		}
		tc.r.ReceivedAt = time.Now()
		if _, err = understand(t, p, on, tc.r); enrolld.OutcomeOf(err) != enrolld.OutcomeRetry {
			t.Errorf("%s: got %v, want to be tried again", name, err)
		}
	}
}

// TestClaimedPlanIsOfTheCourse: a trial comes from a plan that is the course's own.
func TestClaimedPlanIsOfTheCourse(t *testing.T) {
	r := replaced(load(t, "sale_by_hand"), `"product": null`, `"product": {"id": 7003}`)
	got, err := understand(t, serve(t, standIn(t)), on, r)
	if err != nil || got.Events[0].Subscription != nil || got.Events[0].Lines[0].Product.Variant != "" {
		t.Errorf("got %+v (%v), want the course without that plan", got.Events, err)
	}
}

// TestEnrollmentIsAsItIsNow: an event says how an enrolment was, the API how it is.
func TestEnrollmentIsAsItIsNow(t *testing.T) {
	r := replaced(load(t, "disabled"), "55506", "55505")
	got, err := understand(t, serve(t, standIn(t)), on, r)
	if err != nil || got.Events[0].Subscription.Value.State != enrolld.SubscriptionActive {
		t.Errorf("got %+v (%v), want active", got.Events, err)
	}
}

func TestTransactionsOverPages(t *testing.T) {
	s := standIn(t)
	s.most = 1
	got, err := understand(t, serve(t, s), on, load(t, "transaction_rebill"))
	if err != nil {
		t.Fatal(err)
	}
	if until := got.Events[0].Payment.Value.PaidUntil; !until.Equal(at(5, 1, 10, 15)) {
		t.Errorf("paid until %s", until)
	}
}

func TestConfirmOff(t *testing.T) {
	p := teachable.New(teachable.Options{BackendURL: "http://127.0.0.1:1"})
	order := enrolld.Order{}
	for _, sample := range []string{"transaction_first", "sale_club", "transaction_rebill", "cancelled"} {
		got, err := understand(t, p, off, load(t, sample))
		if err != nil || got.Incomplete || len(got.Events) != 1 {
			t.Fatalf("%s: got %+v (%v)", sample, got, err)
		}
		order = order.Merge(got.Events[0].Order())
	}
	l := order.Lines["sale-90003"]
	want := enrolld.ProductRef{ID: "124", Variant: "7002", Name: "Club"}
	if diff := cmp.Diff(want, l.Product.Value); diff != "" || !l.Sale.Value.Paid || len(order.Payments) != 2 {
		t.Errorf("got %+v:\n%s", order, diff)
	}
	// Nobody knows how far it is paid: Enrollment.disabled will tell.
	if len(order.Subscriptions) != 0 {
		t.Errorf("the cancellation says %+v", order.Subscriptions)
	}
	if got, err := understand(t, p, off, load(t, "refunded")); err != nil || !got.Events[0].Refunds[0].Value.Full {
		t.Errorf("refund: got %+v (%v), want all of it", got, err)
	}
	r := replaced(load(t, "sale_once"), "ann@example.org", "nobody")
	if _, err := understand(t, p, off, r); enrolld.OutcomeOf(err) != enrolld.OutcomeDead {
		t.Errorf("a sale to nobody: got %v, want dead", err)
	}
}

func TestCompleteWithoutKeyParks(t *testing.T) {
	p := teachable.New(teachable.Options{BackendURL: "http://127.0.0.1:1"})
	_, err := understand(t, p, integrations.Config{}, load(t, "sale_once"))
	if _, ok := errors.AsType[*enrolld.ParkError](err); !ok {
		t.Errorf("got %v, want parked", err)
	}
}

func TestLivemode(t *testing.T) {
	p := serve(t, standIn(t))
	for _, sample := range []string{"sale_test", "sale_by_hand"} {
		got, err := understand(t, p, on, load(t, sample))
		if err != nil || got.Events[0].Test != (sample == "sale_test") {
			t.Errorf("%s: got %+v (%v)", sample, got, err)
		}
	}
}
