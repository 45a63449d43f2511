package woocommerce_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/platformtest"
	"enrolld/integrations/woocommerce"
)

// parse reads a body as the topic's delivery.
func parse(t *testing.T, topic, body string) (integrations.Parsed, error) {
	t.Helper()
	h := http.Header{}
	h.Set("X-WC-Webhook-Topic", topic)
	return woocommerce.New(woocommerce.Options{}).Parse(config(), integrations.Request{
		Header: h, Body: []byte(body), ReceivedAt: platformtest.Received,
	})
}

// sample is a sample's body with texts in it changed for others.
func sample(t *testing.T, name string, changes ...string) string {
	t.Helper()
	s := string(body(samples(t), name))
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(s, changes[i]) {
			t.Fatalf("%s has no %q", name, changes[i])
		}
		s = strings.ReplaceAll(s, changes[i], changes[i+1])
	}
	return s
}

func event(t *testing.T, topic, body string) enrolld.Event {
	t.Helper()
	p, err := parse(t, topic, body)
	if err != nil || len(p.Events) == 0 {
		t.Fatalf("got %d events, ignored %q, error %v", len(p.Events), p.Ignored, err)
	}
	return p.Events[0]
}

// TestOneOrder joins the order of a checkout, its subscription and the renewals,
// whose lines are the same though their line items have other numbers.
func TestOneOrder(t *testing.T) {
	first := event(t, "order.updated", sample(t, "real_order.updated_clubpaid"))
	renewal := event(t, "order.updated", sample(t, "real_order.updated_clubr1"))
	sub := event(t, "subscription.updated", sample(t, "real_subscription.updated_clubr1"))
	for name, c := range map[string]struct {
		e    enrolld.Event
		refs []string
		keys []string
	}{
		"order":        {first, []string{"order:49"}, []string{"10", "15"}},
		"renewal":      {renewal, []string{"order:51", "sub:50"}, []string{"15"}},
		"subscription": {sub, []string{"sub:50", "order:49"}, []string{"15"}},
	} {
		if diff := cmp.Diff(c.refs, c.e.Refs); diff != "" {
			t.Errorf("%s: references (-want +got):\n%s", name, diff)
		}
		var keys []string
		for _, l := range c.e.Lines {
			keys = append(keys, l.Key)
		}
		if diff := cmp.Diff(c.keys, keys); diff != "" {
			t.Errorf("%s: lines (-want +got):\n%s", name, diff)
		}
	}
	if renewal.Lines[0].Sale != nil || renewal.Number != "" {
		t.Error("a renewal is told as a sale")
	}
	want := &enrolld.EventPart[enrolld.Payment]{
		ID: "order:51", At: time.Date(2026, 4, 1, 10, 15, 7, 0, time.UTC),
		Value: enrolld.Payment{Amount: enrolld.Money{Minor: 2500, Currency: "EUR"}, Lines: []string{"15"}},
	}
	if diff := cmp.Diff(want, renewal.Payment); diff != "" {
		t.Errorf("payment of the renewal (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"10", "15"}, first.Payment.Value.Lines); diff != "" {
		t.Errorf("what the first payment paid for (-want +got):\n%s", diff)
	}
}

// TestResubscribed is a new sale: the old subscription stays what it was.
func TestResubscribed(t *testing.T) {
	e := event(t, "order.updated", sample(t, "real_order.updated_resubpaid"))
	if diff := cmp.Diff([]string{"order:68"}, e.Refs); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
}

// TestRefundsAreASum states all refunds of an order as one, so that one which is
// deleted again is not remembered.
func TestRefundsAreASum(t *testing.T) {
	full := event(t, "order.updated", sample(t, "real_order.updated_oncefull"))
	want := []enrolld.EventPart[enrolld.Refund]{{ID: "order:46", Value: enrolld.Refund{
		Amount: enrolld.Money{Minor: 17700, Currency: "EUR"}, Full: true, Payment: "order:46",
	}}}
	if diff := cmp.Diff(want, full.Refunds); diff != "" {
		t.Errorf("two refunds (-want +got):\n%s", diff)
	}
	none := event(t, "order.updated", sample(t, "real_order.updated_oncepaid"))
	want[0].Value.Amount.Minor, want[0].Value.Full = 0, false
	if diff := cmp.Diff(want, none.Refunds); diff != "" {
		t.Errorf("no refund (-want +got):\n%s", diff)
	}
	// A shop may leave a refunded order in another status.
	e := event(t, "order.updated", sample(t, "real_order.updated_oncefull", `"refunded"`, `"completed"`))
	if !e.Refunds[0].Value.Full {
		t.Error("refunds of the whole sum do not count as a full refund")
	}
}

// TestRefundOfThreeDecimals takes no part for the whole where a shop shows a third
// decimal: "200.000" are two hundred.
func TestRefundOfThreeDecimals(t *testing.T) {
	e := event(t, "order.updated", sample(t, "real_order.updated_oncepart",
		`"total":"177.00"`, `"total":"1770.000"`, `"total":"-49.00"`, `"total":"-200.000"`))
	r := e.Refunds[0].Value
	if r.Full || r.Amount.Minor != 20000 || e.Payment.Value.Amount.Minor != 177000 {
		t.Errorf("got %+v of %s, want 200.00 of 1770.00", r, e.Payment.Value.Amount)
	}
}

// TestRefundedWithoutAddress takes access back also when the order has lost its
// buyer's address.
func TestRefundedWithoutAddress(t *testing.T) {
	e := event(t, "order.updated", sample(t, "real_order.updated_oncefull", "ann@example.org", ""))
	if e.Buyer != nil || !e.Refunds[0].Value.Full {
		t.Errorf("got %+v, want a full refund of nobody's", e.Refunds)
	}
}

// TestDeletedIsANumberOnly believes that a subscription is gone only of a delivery
// that has nothing but its number: the topic is not signed.
func TestDeletedIsANumberOnly(t *testing.T) {
	const name = "real_subscription.updated_clubpaid"
	want := event(t, "subscription.updated", sample(t, name)).Subscription.Value
	if got := event(t, "subscription.deleted", sample(t, name)).Subscription.Value; got != want {
		t.Errorf("a whole subscription under the topic deleted: got %+v, want %+v", got, want)
	}
}

// TestSnapshotMovesOn takes access away and gives it again as the shop changes
// its mind.
func TestSnapshotMovesOn(t *testing.T) {
	const modified = "2026-03-02T10:15:06"
	var o enrolld.Order
	for i, c := range []struct {
		status string
		paid   bool
		full   bool
	}{{"processing", true, false}, {"on-hold", false, false}, {"processing", true, false}, {"refunded", true, true}, {"completed", true, false}, {"cancelled", false, false}} {
		later := strings.Replace(modified, "T10", "T1"+string(rune('1'+i)), 1)
		e := event(t, "order.updated", sample(t, "real_order.updated_oncepaid", `"processing"`, `"`+c.status+`"`, modified, later))
		o = o.Merge(e.Order())
		if got := o.Lines["10"].Sale.Value.Paid; got != c.paid {
			t.Errorf("%d, %s: got paid %t, want %t", i, c.status, got, c.paid)
		}
		if got := o.Refunds["order:46"].Value.Full; got != c.full && c.paid {
			t.Errorf("%d, %s: got refunded %t, want %t", i, c.status, got, c.full)
		}
	}
}

// TestDatesHaveNoZone reads the dates that end in _gmt as UTC, whatever the
// shop's own time.
func TestDatesHaveNoZone(t *testing.T) {
	e := event(t, "order.updated", sample(t, "real_order.updated_oncepaid"))
	if want := time.Date(2026, 3, 2, 10, 15, 6, 0, time.UTC); !e.At.Equal(want) {
		t.Errorf("got %s, want %s", e.At, want)
	}
	if want := time.Date(2026, 3, 2, 10, 15, 5, 0, time.UTC); !e.Lines[0].Sale.SoldAt.Equal(want) {
		t.Errorf("sold at %s, want %s", e.Lines[0].Sale.SoldAt, want)
	}
}

// TestAmounts reads what was paid with taxes, also of shops that count finer than
// their currency.
func TestAmounts(t *testing.T) {
	for _, c := range []struct{ total, tax, want string }{
		{`"82.35"`, `"15.65"`, "98.00 EUR"}, {`"82.3529"`, `"15.6471"`, "98.00 EUR"},
		{`"82.350"`, `"15.650"`, "98.00 EUR"}, {`"82.350"`, `"-0.350"`, "82.00 EUR"},
		{`"0.005"`, `"0"`, "0.01 EUR"}, {`"1234567.004"`, `"0.00"`, "1234567.00 EUR"}, {`98`, `null`, "98.00 EUR"},
	} {
		e := event(t, "order.updated", sample(t, "real_order.updated_oncepaid",
			`"total":"82.35","total_tax":"15.65","taxes"`, `"total":`+c.total+`,"total_tax":`+c.tax+`,"taxes"`))
		if got := e.Lines[0].Sale.Amount.String(); got != c.want {
			t.Errorf("%s and %s: got %s, want %s", c.total, c.tax, got, c.want)
		}
	}
}

// TestInstalments keeps access of payment plans that the settings name.
func TestInstalments(t *testing.T) {
	c := config()
	c.Settings = []byte(`{"shop":"` + shop + `","instalments":["17"]}`)
	r := integrations.Request{Header: http.Header{}, Body: []byte(sample(t, "real_subscription.updated_planexp")), ReceivedAt: platformtest.Received}
	p, err := woocommerce.New(woocommerce.Options{}).Parse(c, r)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Events[0].Subscription.Value.State; got != enrolld.SubscriptionCompleted {
		t.Errorf("got %s, want completed", got)
	}
}

// TestSubscriptionStates translates every status.
func TestSubscriptionStates(t *testing.T) {
	for name, want := range map[string]enrolld.SubscriptionState{
		"real_subscription.created_club": enrolld.SubscriptionIncomplete, "real_subscription.updated_clubpaid": enrolld.SubscriptionActive,
		"real_subscription.updated_clubr2": enrolld.SubscriptionPastDue, "real_subscription.updated_trialpaid": enrolld.SubscriptionTrialing,
		"real_subscription.updated_trialr1": enrolld.SubscriptionActive, "real_subscription.updated_trialhold": enrolld.SubscriptionPaused,
		"real_subscription.updated_clubpc": enrolld.SubscriptionCancelling, "real_subscription.updated_clubend": enrolld.SubscriptionEnded,
		"real_subscription.updated_planexp": enrolld.SubscriptionEnded, "subscription.updated_switched": enrolld.SubscriptionEnded,
		"real_subscription.updated_two2trash": enrolld.SubscriptionEnded, "real_subscription.deleted_two1del": enrolld.SubscriptionEnded,
	} {
		if got := event(t, topic(name), sample(t, name)).Subscription.Value.State; got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	// By bank: on hold until the first money comes.
	e := event(t, "subscription.updated", sample(t, "real_subscription.created_club", `"pending"`, `"on-hold"`))
	if got := e.Subscription.Value.State; got != enrolld.SubscriptionIncomplete {
		t.Errorf("on hold, never paid: got %s, want incomplete", got)
	}
}

// TestIgnored has a sentence for all that has no meaning for access.
func TestIgnored(t *testing.T) {
	for name, c := range map[string]struct{ topic, body, says string }{
		"deleted":        {"order.deleted", `{"id":62}`, "not a refund"},
		"trash":          {"order.updated", sample(t, "real_order.updated_oncepaid", `"processing"`, `"trash"`), "not a refund"},
		"gone":           {"subscription.updated", `[]`, "gone"},
		"pending":        {"order.created", sample(t, "real_order.created_once"), "not paid yet"},
		"draft":          {"order.created", sample(t, "real_order.created_once", `"pending"`, `"checkout-draft"`), "not paid yet"},
		"no products":    {"order.updated", `{"id":5,"status":"completed","date_modified_gmt":"2026-03-02T10:15:06","line_items":[]}`, "no products"},
		"customer":       {"customer.updated", `{"id":2}`, "stays with the address"},
		"coupon":         {"coupon.created", `{"id":2}`, "coupon"},
		"action":         {"action.woocommerce_add_to_cart", `{"action":"woocommerce_add_to_cart","arg":"x"}`, "action"},
		"another":        {"booking.created", `{"id":2}`, "no meaning"},
		"nothing at all": {"order.updated", `{"a":1}`, "no order"},
		"odd status":     {"subscription.updated", sample(t, "real_subscription.updated_clubpaid", `"active"`, `"like-new"`), "does not know"},
	} {
		p, err := parse(t, c.topic, c.body)
		if err != nil || len(p.Events) > 0 || !strings.Contains(p.Ignored, c.says) {
			t.Errorf("%s: got %d events, ignored %q, error %v, want it to say %q", name, len(p.Events), p.Ignored, err, c.says)
		}
	}
}

// TestUnusable says what to mend in the webhook.
func TestUnusable(t *testing.T) {
	for name, c := range map[string]struct{ body, says string }{
		"no right": {`{"code":"woocommerce_rest_cannot_view","message":"Sorry, you cannot view this resource.","data":{"status":401}}`, "shop manager"},
		"legacy":   {`{"order":{"id":727,"order_number":"727","status":"completed"}}`, "v3"},
		"v1":       {`{"id":727,"status":"completed","date_modified":"2026-03-02T11:15:06"}`, "v3"},
		"no buyer": {sample(t, "real_order.updated_oncepaid", "ann@example.org", ""), "no buyer"},
	} {
		p, err := parse(t, "order.updated", c.body)
		if enrolld.CodeOf(err) != enrolld.Invalid || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %d events, ignored %q, error %v, want it to say %q", name, len(p.Events), p.Ignored, err, c.says)
		}
	}
}

// TestFailureKeepsItsDate dates a failed renewal when it was made: tried again,
// it gives no new grace.
func TestFailureKeepsItsDate(t *testing.T) {
	first := event(t, "order.updated", sample(t, "real_order.updated_clubr2")).Failure
	again := event(t, "order.updated", sample(t, "real_order.updated_clubr2",
		`"date_modified_gmt":"2026-05-01T10:15:07"`, `"date_modified_gmt":"2026-05-02T20:00:00"`)).Failure
	if diff := cmp.Diff(first, again); diff != "" || first.At.IsZero() {
		t.Errorf("tried again (-first +again):\n%s", diff)
	}
}

// TestSwitched ends what a buyer switched from, though no delivery names it, and
// keeps it ended when renewals come.
func TestSwitched(t *testing.T) {
	var o enrolld.Order
	for _, name := range []string{
		"real_order.updated_swpaid", "real_subscription.updated_swpaid", "real_order.updated_swswpaid", "real_subscription.updated_swswpaid",
	} {
		p, err := parse(t, topic(name), sample(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Events {
			o = o.Merge(e.Order())
		}
	}
	renewal := sample(t, "real_order.updated_clubr1", `"value":"50"`, `"value":"82"`, `"product_id":15,"variation_id":0`, `"product_id":78,"variation_id":79`)
	o = o.Merge(event(t, "order.updated", renewal).Order())
	rules := func(string, enrolld.ProductRef) (enrolld.Rule, bool) {
		return enrolld.Rule{Courses: []enrolld.CourseRef{{LMS: "page", ID: 1}}}, true
	}
	got := map[string]enrolld.GrantState{}
	for _, g := range enrolld.Derive([]enrolld.Sold{{OrderID: 1, Platform: "woocommerce", Order: o}}, rules, at(4, 2, 0, 0)).Grants {
		got[g.Cause.Line] = g.State
	}
	want := map[string]enrolld.GrantState{"78-79": enrolld.GrantLive, "78-80": enrolld.GrantEnded}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("access (-want +got):\n%s", diff)
	}
}
